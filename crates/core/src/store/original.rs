//! Whether a launch stands where it was made. A copy of its folder carries the same keys: by them, whoever acts on the
//! copy would stop, or start again, what belongs to the original. What goes on there, the copy does not hear of.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::{StoreError, is_not_there};
use super::{Launch, LaunchDir, atomic};

/// The file with the path of a launch that was moved, where somebody acted on it since.
const MOVED_TO: &str = "moved-to";

/// Gives the project of a launch's folder, `.neu/launches/12`.
fn project(dir: &Path) -> Option<&Path> {
    dir.ancestors().nth(3)
}

impl LaunchDir {
    /// Fails where this folder is a copy, and the one that it was copied from still has the launch. A folder that was
    /// moved, or is reached by another path, is no copy.
    pub fn check_original(&self) -> Result<(), StoreError> {
        let Ok(launch) = self.read() else { return Ok(()) };
        match self.original(&launch) {
            Some(original) => Err(StoreError::Copied { id: launch.id, original }),
            None => Ok(()),
        }
    }

    /// Fails as [`LaunchDir::check_original`] does, and else writes down where the launch is now, if it was moved: what
    /// is copied from here is then known for a copy.
    pub(super) fn settle(&self) -> Result<(), StoreError> {
        self.check_original()?;
        let Ok(launch) = self.read() else { return Ok(()) };
        match self.home(&launch) {
            Some(home) if fs::metadata(&home).is_err_and(|error| is_not_there(&error)) => {
                atomic::write(&self.path().join(MOVED_TO), self.path().as_os_str().as_bytes())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Gives the folder that this one, which has `launch`, is a copy of, while that has the launch, too.
    pub fn original(&self, launch: &Launch) -> Option<PathBuf> {
        self.home(launch).filter(|home| self.is_copy_of(home, launch))
    }

    /// Gives the folder where a launch was made, or where somebody acted on it after it was moved.
    fn home(&self, launch: &Launch) -> Option<PathBuf> {
        let moved_to = fs::read(self.path().join(MOVED_TO)).ok();
        let moved_to = moved_to.map(|path| PathBuf::from(OsString::from_vec(path)));
        moved_to.or_else(|| Some(PathBuf::from(&launch.made_in.as_ref()?.0)))
    }

    /// Gives the folder that a launch was started in; of a project that was moved or copied as a whole since, the
    /// folder in its place.
    pub fn folder_today(&self, launch: &Launch) -> PathBuf {
        let then = Path::new(&launch.folder.0);
        let moved = || {
            let made_in = project(Path::new(&launch.made_in.as_ref()?.0))?;
            let here = project(self.path()).filter(|here| *here != made_in)?;
            let rest = then.strip_prefix(made_in).ok()?;
            Some(if rest.as_os_str().is_empty() { here.to_owned() } else { here.join(rest) })
        };
        moved().filter(|moved| moved.is_dir()).unwrap_or_else(|| then.to_owned())
    }

    fn is_copy_of(&self, other: &Path, launch: &Launch) -> bool {
        if other == self.path() {
            return false;
        }
        let identity = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino()));
        match (identity(self.path()), identity(other)) {
            (Ok(here), Ok(there)) if here == there => false,
            (_, Err(error)) if is_not_there(&error) => false,
            // What cannot be looked at just now, as on a server that does not answer, may have the launch.
            (_, Err(_)) => true,
            // A network file system that is mounted twice gives each file two identities.
            (_, Ok(_)) => has(other, launch) && !atomic::is_reached_by(self.path(), other).unwrap_or(false),
        }
    }
}

/// Tells whether a folder has a launch.
fn has(dir: &Path, launch: &Launch) -> bool {
    LaunchDir::at(dir.to_owned()).read().is_ok_and(|there| there.key == launch.key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Argument;

    /// Writes a launch with a key, made in a folder, into another.
    fn write(dir: &Path, key: &str, made_in: &Path) -> LaunchDir {
        fs::create_dir_all(dir).unwrap();
        let launch = serde_json::json!({
            "id": 3, "key": key, "created": "2026-11-27T12:00:00Z", "folder": "/work", "made_in": made_in,
            "place": {"support": "local", "kind": "local", "device": null}, "command": ["true"], "runs": 1,
        });
        fs::write(dir.join("launch.json"), launch.to_string()).unwrap();
        LaunchDir::at(dir.to_owned())
    }

    #[test]
    fn a_copy_is_known_while_its_original_is_there() {
        let root = tempfile::tempdir().unwrap();
        let (first, second) = (root.path().join("first/3"), root.path().join("second/3"));
        let original = write(&first, "abcd2345", &first);
        let copy = write(&second, "abcd2345", &first);
        original.check_original().unwrap();
        let error = copy.check_original().unwrap_err();
        assert!(matches!(&error, StoreError::Copied { id: 3, original } if *original == first), "{error}");
        fs::remove_dir_all(&first).unwrap();
        copy.check_original().unwrap();
        write(&first, "another2", &first);
        copy.check_original().unwrap();
    }

    #[test]
    fn a_copy_of_what_was_moved_is_known_once_somebody_has_acted_there() {
        let root = tempfile::tempdir().unwrap();
        let [first, moved, copied] = ["first", "moved", "copied"].map(|name| root.path().join(name));
        write(&first, "abcd2345", &first).settle().unwrap();
        assert!(!first.join(MOVED_TO).exists());
        fs::rename(&first, &moved).unwrap();
        LaunchDir::at(moved.clone()).settle().unwrap();
        fs::create_dir(&copied).unwrap();
        for file in ["launch.json", MOVED_TO] {
            fs::copy(moved.join(file), copied.join(file)).unwrap();
        }
        let copy = LaunchDir::at(copied);
        let error = copy.settle().unwrap_err();
        assert!(matches!(&error, StoreError::Copied { original, .. } if *original == moved), "{error}");
        LaunchDir::at(moved.clone()).settle().unwrap();
        fs::remove_dir_all(&moved).unwrap();
        copy.settle().unwrap();
    }

    #[test]
    fn an_original_that_cannot_be_looked_at_may_be_there() {
        let root = tempfile::tempdir().unwrap();
        let first = root.path().join("first");
        let copy = write(&root.path().join("second"), "abcd2345", &first);
        copy.check_original().unwrap();
        // A link to itself stands for a server that does not answer.
        std::os::unix::fs::symlink(&first, &first).unwrap();
        assert!(matches!(copy.check_original(), Err(StoreError::Copied { .. })));
    }

    #[test]
    fn another_path_to_the_same_folder_is_no_copy() {
        let root = tempfile::tempdir().unwrap();
        let (real, link) = (root.path().join("real"), root.path().join("link"));
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write(&real.join("3"), "abcd2345", &real.join("3"));
        LaunchDir::at(link.join("3")).check_original().unwrap();
    }

    #[test]
    fn the_folder_of_a_launch_goes_with_its_project() {
        let root = tempfile::tempdir().unwrap();
        let (old, new) = (root.path().join("old"), root.path().join("new"));
        fs::create_dir_all(new.join("sub")).unwrap();
        let made_in = old.join(".neu/launches/3");
        let dir = write(&new.join(".neu/launches/3"), "abcd2345", &made_in);
        let started_in = |folder: PathBuf| {
            let launch = Launch { folder: Argument(folder.into()), ..dir.read().unwrap() };
            dir.folder_today(&launch)
        };
        assert_eq!(started_in(old.join("sub")), new.join("sub"));
        assert_eq!(started_in(old.clone()).as_os_str(), new.as_os_str());
        assert_eq!(started_in(old.join("gone")), old.join("gone"), "it is not there any more");
        assert_eq!(started_in("/elsewhere".into()), Path::new("/elsewhere"));
    }
}
