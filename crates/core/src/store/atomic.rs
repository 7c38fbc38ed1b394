//! Files that are there whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;

use tempfile::NamedTempFile;

use super::error::{At, StoreError};

/// Writes a file durably: a temporary one beside it, synced, renamed over it.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    write_with_mode(path, content, 0o600)
}

/// Writes a file durably with the permissions `mode`.
pub(super) fn write_with_mode(path: &Path, content: &[u8], mode: u32) -> Result<(), StoreError> {
    let file = written(path, content, mode)?;
    file.as_file().sync_all().at("write", path)?;
    persist(file, path)
}

/// Writes a file that may be lost in a power cut, but is never seen half written.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    persist(written(path, content, 0o600)?, path)
}

/// Changes a folder and leaves it as it was.
pub(super) fn create_and_remove(folder: &Path) -> Result<(), StoreError> {
    created(folder, 0o600)?.close().at("remove a file of", folder)
}

/// Tells whether `other` is the folder itself, by another way: what is made here is seen there, for a moment.
pub(super) fn is_reached_by(folder: &Path, other: &Path) -> Result<bool, StoreError> {
    let made = created(folder, 0o600)?;
    Ok(made.path().file_name().is_some_and(|name| other.join(name).symlink_metadata().is_ok()))
}

fn created(folder: &Path, mode: u32) -> Result<NamedTempFile, StoreError> {
    tempfile::Builder::new()
        .prefix(".writing-")
        .permissions(fs::Permissions::from_mode(mode))
        .tempfile_in(folder)
        .at("create a file in", folder)
}

fn written(path: &Path, content: &[u8], mode: u32) -> Result<NamedTempFile, StoreError> {
    let mut file = created(path.parent().unwrap_or(Path::new(".")), mode)?;
    file.write_all(content).at("write", path)?;
    Ok(file)
}

fn persist(file: NamedTempFile, path: &Path) -> Result<(), StoreError> {
    file.persist(path).map_err(|error| error.error).at("create", path)?;
    Ok(())
}

/// Files of a new folder that are made durable together.
///
/// A file system commits syncs that come at the same time in one go: five files cost little more than one.
#[derive(Debug, Default)]
pub(super) struct Batch {
    files: Vec<(File, PathBuf)>,
}

impl Batch {
    /// Creates a file, private to the user, that must not be there yet.
    pub(super) fn create(&mut self, path: &Path) -> Result<File, StoreError> {
        let file = File::options().write(true).create_new(true).mode(0o600).open(path).at("create", path)?;
        self.files.push((file.try_clone().at("create", path)?, path.to_owned()));
        Ok(file)
    }

    /// Creates a file with its content.
    pub(super) fn write(&mut self, path: &Path, content: &[u8]) -> Result<(), StoreError> {
        self.create(path)?.write_all(content).at("write", path)
    }

    /// Creates a file that may be lost in a power cut, since what it holds can be made again.
    pub(super) fn write_for_now(path: &Path, content: &[u8]) -> Result<(), StoreError> {
        Self::default().write(path, content)
    }

    /// Makes every file survive a power cut.
    pub(super) fn sync(self) -> Result<(), StoreError> {
        let Some(((first, path), others)) = self.files.split_first() else { return Ok(()) };
        thread::scope(|scope| {
            let others: Vec<_> =
                others.iter().map(|(file, path)| (scope.spawn(|| file.sync_all()), path)).collect();
            first.sync_all().at("write", path)?;
            for (sync, path) in others {
                sync.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).at("write", path)?;
            }
            Ok(())
        })
    }
}

/// Gives a file its lasting name.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).at("create", to)
}

/// Makes a folder and those above it, private to the user; one that is there is fine.
pub(super) fn create_folder(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).at("create", path)
}

/// Makes the names in a folder survive a power cut.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|folder| folder.sync_all()).at("write", path)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_folder_is_changed_and_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        File::open(folder.path()).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        create_and_remove(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let changed = fs::metadata(folder.path()).unwrap().modified().unwrap();
        assert!(changed > SystemTime::UNIX_EPOCH, "whoever lists it has to ask anew");
        assert!(create_and_remove(&folder.path().join("absent")).is_err());
    }
}
