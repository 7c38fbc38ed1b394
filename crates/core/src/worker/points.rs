//! The files that programs may read their parameters from: one for each program that runs at once, written anew only where
//! the next program's parameters are others.

use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The files of one worker; they are removed with it.
#[derive(Debug, Default)]
pub(super) struct Points {
    files: Vec<Point>,
}

/// One file, and what is in it.
#[derive(Debug)]
struct Point {
    path: PathBuf,
    /// How a program is told: `NEU_PARAMS_FILE=…`.
    variable: CString,
    file: File,
    text: String,
    is_taken: bool,
}

/// Which file a program has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

impl Points {
    /// Gives a program the file with `text`; `path` is where a new one is made, if none is free.
    pub(super) fn take(&mut self, text: &str, path: impl FnOnce() -> PathBuf) -> io::Result<Place> {
        let free = |point: &Point| !point.is_taken;
        let same = self.files.iter().position(|point| free(point) && point.text == text);
        let place = if let Some(place) = same.or_else(|| self.files.iter().position(free)) {
            place
        } else {
            self.files.push(Point::create(path())?);
            self.files.len() - 1
        };
        if let Some(point) = self.files.get_mut(place) {
            point.hold(text)?;
            point.is_taken = true;
        }
        Ok(Place(place))
    }

    /// Gives the variable that tells a program of its file.
    pub(super) fn variable(&self, place: Place) -> Option<&CString> {
        self.files.get(place.0).map(|point| &point.variable)
    }

    /// Takes a file back: nothing of the run is left that may read it.
    pub(super) fn give_back(&mut self, place: Place) {
        if let Some(point) = self.files.get_mut(place.0) {
            point.is_taken = false;
        }
    }
}

impl Drop for Points {
    fn drop(&mut self) {
        for point in &self.files {
            // A program may have removed it.
            let _absent = fs::remove_file(&point.path);
        }
    }
}

impl Point {
    fn create(path: PathBuf) -> io::Result<Self> {
        let variable = CString::new([b"NEU_PARAMS_FILE=", path.as_os_str().as_bytes()].concat())?;
        let file = open(&path)?;
        Ok(Self { path, variable, file, text: String::new(), is_taken: false })
    }

    /// Sees to it that the file is there and holds `text`, whatever programs before have done to it.
    fn hold(&mut self, text: &str) -> io::Result<()> {
        let found = self.file.metadata()?;
        if found.nlink() == 0 {
            self.file = open(&self.path)?;
        } else if self.text == text && found.len() == text.len() as u64 {
            return Ok(());
        }
        self.file.set_len(0)?;
        self.file.write_all_at(text.as_bytes(), 0)?;
        text.clone_into(&mut self.text);
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(points: &Points, place: Place) -> String {
        fs::read_to_string(&points.files[place.0].path).unwrap()
    }

    #[test]
    fn each_program_has_its_own_file_and_a_later_one_that_which_is_free() {
        let dir = tempfile::tempdir().unwrap();
        let mut points = Points::default();
        let path = |name: &str| dir.path().join(name);
        let first = points.take("{\"lr\":0.001}", || path("a")).unwrap();
        let second = points.take("{}", || path("b")).unwrap();
        assert_eq!((read(&points, first), read(&points, second)), ("{\"lr\":0.001}".into(), "{}".into()));
        points.give_back(first);
        points.give_back(second);
        assert_eq!(points.take("{}", || unreachable!()).unwrap(), second);
        let third = points.take("{\"lr\":1}", || unreachable!()).unwrap();
        assert_eq!((third, read(&points, third)), (first, "{\"lr\":1}".into()));
        drop(points);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_program_did_to_its_file_is_undone_for_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let mut points = Points::default();
        let path = dir.path().join("a");
        for damage in
            [|path: &Path| fs::remove_file(path).unwrap(), |path: &Path| fs::write(path, "").unwrap()]
        {
            let place = points.take("{}", || path.clone()).unwrap();
            assert_eq!(read(&points, place), "{}");
            damage(&path);
            points.give_back(place);
        }
        let place = points.take("{}", || path.clone()).unwrap();
        assert_eq!(read(&points, place), "{}");
    }
}
