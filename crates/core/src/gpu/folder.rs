//! The folder in which all users of a machine write down who has which GPU.
//!
//! Anybody may write here, so nothing is believed: a file speaks for the user who owns it and for nobody else, links are not
//! followed, and what is no plain small file is as if it were not there.

mod lock;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::fcntl::OFlag;

use super::words;

pub(crate) use lock::Lock;

/// How long to wait for the lock: it is held for a millisecond, and whoever waits has runs to attend to.
const PATIENCE: Duration = Duration::from_millis(30);

/// The size above which no file of ours is, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Why the folder cannot be used now.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused something.
    #[error("cannot {doing} {}", .path.display())]
    Io {
        /// What was done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Something else has the name.
    #[error("{} is not {what}; its owner, {owner}, has to remove it", .path.display())]
    InTheWay {
        /// The path.
        path: PathBuf,
        /// What it has to be.
        what: &'static str,
        /// Whose it is.
        owner: String,
    },
    /// Somebody does not let go of the lock.
    #[error("{} is locked by {holder}", .path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
        /// Who holds it: `pid 4711, alice`.
        holder: String,
    },
}

trait Doing<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, FolderError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, FolderError> {
        self.map_err(|source| FolderError::Io { doing, path: path.to_owned(), source })
    }
}

/// The folder.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

/// The folder while nobody else decides.
#[derive(Debug)]
pub(super) struct Locked<'a> {
    folder: &'a Folder,
    _lock: Lock,
}

/// A file that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// Whose it is, and for whom it speaks.
    pub(super) uid: u32,
    pub(super) text: String,
    /// How long ago it was written last.
    pub(super) age: Duration,
}

impl Folder {
    /// Opens the folder at `path`; where there is none, one is made for all users, in which nobody can remove the files of
    /// another.
    pub fn open(path: PathBuf) -> Result<Self, FolderError> {
        let folder = Self { path };
        match folder.kind()? {
            Some(()) => {}
            None => folder.make()?,
        }
        Ok(folder)
    }

    fn kind(&self) -> Result<Option<()>, FolderError> {
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_dir() => Ok(Some(())),
            Ok(found) => Err(in_the_way(&self.path, "a folder", found.uid())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(source).doing("look at", &self.path),
        }
    }

    /// Makes it under another name, so that nobody sees one that is not yet open to all.
    fn make(&self) -> Result<(), FolderError> {
        let parent = self.path.parent().unwrap_or(Path::new("."));
        let made = tempfile::Builder::new()
            .prefix(".neuromanager-")
            .tempdir_in(parent)
            .doing("make a folder in", parent)?;
        fs::set_permissions(made.path(), fs::Permissions::from_mode(0o1777))
            .doing("open to all", made.path())?;
        match fs::rename(made.path(), &self.path) {
            // Somebody was faster.
            Err(_) if self.kind()?.is_some() => Ok(()),
            renamed => renamed.doing("make", &self.path),
        }
    }

    /// Waits for the lock of whoever decides about GPUs.
    pub(super) fn lock(&self) -> Result<Locked<'_>, FolderError> {
        Ok(Locked { folder: self, _lock: self.take("lock", PATIENCE)? })
    }

    /// Waits for the lock of this name.
    pub(crate) fn take(&self, name: &str, patience: Duration) -> Result<Lock, FolderError> {
        Lock::take(&self.path, name, patience)
    }

    /// Appends a line to a file of ours.
    pub(super) fn append(&self, name: &str, line: &str) -> Result<(), FolderError> {
        let path = self.path.join(name);
        let file = File::options().append(true).custom_flags(OFlag::O_NOFOLLOW.bits()).open(&path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).doing("write", &path)
    }

    /// Removes a file of ours, whether it is there or not; emptied first, since somebody may have linked it elsewhere.
    pub(super) fn remove(&self, name: &str) {
        let path = self.path.join(name);
        let _gone = File::options()
            .write(true)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(&path)
            .and_then(|file| file.set_len(0));
        let _gone = fs::remove_file(&path);
    }
}

impl Locked<'_> {
    /// Reads all files whose names begin with one of `prefixes`. What cannot be read, or is no plain file, is left out.
    pub(super) fn entries(&self, prefixes: &[&str]) -> Result<Vec<Entry>, FolderError> {
        let path = &self.folder.path;
        let mut entries = Vec::new();
        for found in fs::read_dir(path).doing("list", path)? {
            let Ok(name) = found.doing("list", path)?.file_name().into_string() else { continue };
            if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
                entries.extend(read_plain(path, name));
            }
        }
        Ok(entries)
    }

    /// Makes a file that all users can read; an error where the name is taken.
    pub(super) fn create(&self, name: &str, text: &str) -> Result<(), FolderError> {
        let path = self.folder.path.join(name);
        let mut file =
            File::options().write(true).create_new(true).mode(0o644).open(&path).doing("make", &path)?;
        let written = file
            .set_permissions(fs::Permissions::from_mode(0o644))
            .and_then(|()| file.write_all(text.as_bytes()));
        written.doing("write", &path).inspect_err(|_| self.folder.remove(name))
    }

    /// Removes a file; that of another user stays.
    pub(super) fn remove(&self, name: &str) {
        self.folder.remove(name);
    }
}

/// Opens a file that is not a link, a pipe, or a device; `None` for those. Never blocks.
fn open_plain(path: &Path) -> io::Result<Option<File>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(None);
    }
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let file = File::options().read(true).custom_flags(flags.bits()).open(path)?;
    Ok(file.metadata()?.is_file().then_some(file))
}

fn read_plain(folder: &Path, name: String) -> Option<Entry> {
    let file = open_plain(&folder.join(&name)).ok()??;
    let found = file.metadata().ok()?;
    let (uid, written) = (found.uid(), found.modified().ok()?);
    // One from the future is as old as can be: it cannot keep anything.
    let age = SystemTime::now().duration_since(written).unwrap_or(Duration::MAX);
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text).ok()?;
    Some(Entry { name, uid, age, text: String::from_utf8(text).ok()? })
}

fn in_the_way(path: &Path, what: &'static str, uid: u32) -> FolderError {
    FolderError::InTheWay { path: path.to_owned(), what, owner: words::user_name(uid) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn folder() -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path().join("gpus")).unwrap();
        (dir, folder)
    }

    fn names(folder: &Folder) -> Vec<String> {
        let mut names: Vec<_> = folder
            .lock()
            .unwrap()
            .entries(&["lease-"])
            .unwrap()
            .into_iter()
            .map(|entry| entry.name)
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_folder_is_open_to_all_and_made_once() {
        let (_dir, folder) = folder();
        let mode = fs::metadata(&folder.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o1777);
        let lock = folder.lock().unwrap();
        assert_eq!(fs::metadata(folder.path.join("lock")).unwrap().permissions().mode() & 0o777, 0o644);
        drop(lock);
        Folder::open(folder.path.clone()).unwrap().lock().unwrap();
        assert_eq!(fs::read_dir(&folder.path).unwrap().count(), 1);
        assert_eq!(fs::read_dir(folder.path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_written_is_read_and_can_be_added_to() {
        let (_dir, folder) = folder();
        let locked = folder.lock().unwrap();
        locked.create("lease-1", "one\n").unwrap();
        assert!(locked.create("lease-1", "other\n").is_err());
        folder.append("lease-1", "two\n").unwrap();
        let entries = locked.entries(&["lease-"]).unwrap();
        let us = nix::unistd::geteuid().as_raw();
        assert_eq!((entries.len(), entries[0].uid, entries[0].text.as_str()), (1, us, "one\ntwo\n"));
        assert!(entries[0].age < Duration::from_mins(1));
        folder.remove("lease-1");
        assert_eq!(locked.entries(&["lease-"]).unwrap(), []);
    }

    #[test]
    fn what_is_no_plain_file_is_left_out_and_blocks_nobody() {
        let (dir, folder) = folder();
        let secret = dir.path().join("secret");
        fs::write(&secret, "of somebody").unwrap();
        symlink(&secret, folder.path.join("lease-link")).unwrap();
        symlink("/nowhere", folder.path.join("lease-dangling")).unwrap();
        fs::create_dir(folder.path.join("lease-folder")).unwrap();
        nix::unistd::mkfifo(&folder.path.join("lease-pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        fs::write(folder.path.join("lease-garbage"), b"\xff\xfe").unwrap();
        fs::write(folder.path.join("lease-ours"), "{}").unwrap();
        fs::write(folder.path.join("other"), "{}").unwrap();
        assert_eq!(names(&folder), ["lease-ours"]);
        folder.remove("lease-link");
        assert_eq!(fs::read_to_string(&secret).unwrap(), "of somebody");
    }

    #[test]
    fn a_removed_file_says_nothing_where_it_is_linked() {
        let (_dir, folder) = folder();
        folder.lock().unwrap().create("lease-1", "one\n").unwrap();
        fs::hard_link(folder.path.join("lease-1"), folder.path.join("lease-2")).unwrap();
        folder.remove("lease-1");
        assert_eq!(folder.lock().unwrap().entries(&["lease-"]).unwrap()[0].text, "");
    }

    #[test]
    fn what_is_in_the_way_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gpus");
        symlink("/tmp", &path).unwrap();
        let error = Folder::open(path).unwrap_err().to_string();
        assert!(error.contains("gpus is not a folder; its owner, "), "{error}");
    }
}
