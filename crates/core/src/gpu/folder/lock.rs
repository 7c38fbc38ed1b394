//! A lock that any user of the machine can take: a file in the shared folder, opened to read and locked with `flock(2)`.
//!
//! It keeps two from deciding at once, and says nothing of who has what: whoever is killed with it leaves nothing behind.
//! Nobody is waited for without a limit, since any user may hold it for ever.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{Doing, FolderError, in_the_way, open_plain};
use crate::gpu::words;

/// Nobody else holds it until this is dropped.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "it is held, not used")] File);

impl Lock {
    /// Waits for it.
    pub(super) fn take(folder: &Path, name: &str, patience: Duration) -> Result<Self, FolderError> {
        let path = folder.join(name);
        let began = Instant::now();
        let mut pause = Duration::from_micros(200);
        loop {
            let Some(lock) = open(folder, &path)? else { continue };
            match lock.try_lock() {
                Ok(()) if is_at(&lock, &path) => return Ok(Self(lock)),
                // Whoever owns the folder removed the lock, and others may hold the new one.
                Ok(()) => continue,
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(source)) => return Err(source).doing("lock", &path),
            }
            if began.elapsed() >= patience {
                return Err(FolderError::Locked { holder: holder(&lock), path });
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }
}

/// Opens the lock, only to read: that is enough to lock it, and every user can. `None` where it vanished meanwhile.
///
/// It is opened without being created first: with `fs.protected_regular` the system refuses to open the file of another
/// user in a folder like this with `O_CREAT` (`proc_sys_fs(5)`).
fn open(folder: &Path, path: &Path) -> Result<Option<File>, FolderError> {
    match open_plain(path) {
        Ok(Some(lock)) => return Ok(Some(lock)),
        Ok(None) => {
            let owner = fs::symlink_metadata(path).map_or(0, |found| found.uid());
            return Err(in_the_way(path, "a plain file", owner));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(source).doing("open", path),
    }
    // It appears with its permissions, or others could not open it for a moment.
    let made = tempfile::Builder::new()
        .prefix(".lock-")
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)
        .doing("make a file in", folder)?;
    fs::set_permissions(made.path(), fs::Permissions::from_mode(0o644)).doing("open to all", made.path())?;
    match fs::hard_link(made.path(), path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error).doing("make", path),
        _ => Ok(None),
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let same =
        |one: &fs::Metadata, other: &fs::Metadata| (one.dev(), one.ino()) == (other.dev(), other.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(there)) => same(&open, &there),
        _ => false,
    }
}

/// Tells who holds a lock, as `/proc/locks` has it (`proc_locks(5)`), `1: FLOCK ADVISORY WRITE 4711 08:01:1234 0 EOF`.
fn holder(lock: &File) -> String {
    let inode = lock.metadata().map_or(0, |found| found.ino());
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let pid = locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, pid, file, ..] = words.as_slice() else { return None };
        (file.rsplit(':').next()?.parse() == Ok(inode)).then(|| (*pid).to_owned())
    });
    let Some(pid) = pid else { return "somebody".to_owned() };
    match fs::metadata(format!("/proc/{pid}")) {
        Ok(process) => format!("pid {pid}, {}", words::user_name(process.uid())),
        Err(_) => format!("pid {pid}"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn take(folder: &Path) -> Result<Lock, FolderError> {
        Lock::take(folder, "lock", Duration::from_millis(5))
    }

    #[test]
    fn whoever_waits_for_the_lock_is_told_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let held = take(folder.path()).unwrap();
        let error = take(folder.path()).unwrap_err();
        let expected = format!(
            "is locked by pid {}, {}",
            std::process::id(),
            words::user_name(nix::unistd::geteuid().as_raw())
        );
        assert!(error.to_string().ends_with(&expected), "{error}");
        Lock::take(folder.path(), "another", Duration::ZERO).unwrap();
        drop(held);
        take(folder.path()).unwrap();
    }

    #[test]
    fn what_is_in_its_way_is_told() {
        let folder = tempfile::tempdir().unwrap();
        symlink("/etc/passwd", folder.path().join("lock")).unwrap();
        let error = take(folder.path()).unwrap_err().to_string();
        assert!(error.contains("lock is not a plain file; its owner, "), "{error}");
    }

    #[test]
    fn a_lock_that_its_owner_replaced_is_taken_anew() {
        let folder = tempfile::tempdir().unwrap();
        let _old = take(folder.path()).unwrap();
        fs::remove_file(folder.path().join("lock")).unwrap();
        let _new = take(folder.path()).unwrap();
        assert!(take(folder.path()).is_err());
    }
}
