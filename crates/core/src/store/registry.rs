//! The stores that a user has used: one small file for each, so that a launch is found from any folder.
//!
//! It is a convenience. What cannot be written is not, and nobody is told: a launch does not fail or wait for it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

use super::error::{At, StoreError};
use super::{Store, atomic};

/// The folder of the entries.
#[derive(Debug, Clone)]
pub struct Registry {
    folder: PathBuf,
}

/// A store that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The folder of the store, without links.
    pub root: PathBuf,
    file: PathBuf,
}

impl Registry {
    /// Names the registry in the folder where the user's programs keep their state; nothing is touched.
    pub fn at(state: &Path) -> Self {
        Self { folder: state.join("stores") }
    }

    /// Remembers a store that is there. Where it is known already, as nearly always, that is one look.
    pub fn remember(&self, store: &Store) {
        let Ok(root) = store.root().canonicalize() else { return };
        let path = root.as_os_str().as_bytes();
        let file = self.file(path);
        // One of another length was cut short by a power cut.
        if fs::metadata(&file).is_ok_and(|known| known.len() == path.len() as u64) {
            return;
        }
        let _not_remembered = atomic::create_folder(&self.folder).and_then(|()| atomic::replace(&file, path));
    }

    /// Gives the stores, by their path, whether or not they are there now.
    pub fn stores(&self) -> Result<Vec<Entry>, StoreError> {
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).at("list", &self.folder),
        };
        let mut entries = Vec::new();
        for file in files {
            let file = file.at("list", &self.folder)?.path();
            // Whatever does not bear the name of its content is not whole, or not ours.
            let content = fs::read(&file).unwrap_or_default();
            if !content.is_empty() && self.file(&content) == file {
                entries.push(Entry { root: PathBuf::from(OsString::from_vec(content)), file });
            }
        }
        entries.sort_by(|one, other| one.root.cmp(&other.root));
        Ok(entries)
    }

    /// Forgets a store.
    pub fn forget(&self, entry: &Entry) -> Result<(), StoreError> {
        match fs::remove_file(&entry.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).at("delete", &entry.file),
            _ => Ok(()),
        }
    }

    fn file(&self, path: &[u8]) -> PathBuf {
        self.folder.join(format!("{:032x}", xxh3_128(path)))
    }
}

impl Entry {
    /// Tells whether the store is not there now: removed, or on a file system that is not mounted.
    pub fn is_missing(&self) -> bool {
        fs::metadata(&self.root).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    fn roots(registry: &Registry) -> Vec<PathBuf> {
        registry.stores().unwrap().into_iter().map(|entry| entry.root).collect()
    }

    #[test]
    fn a_store_is_remembered_once_whatever_it_is_called() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let root = top.join(OsString::from_vec(b"a\n\xff".to_vec()));
        fs::create_dir(&root).unwrap();
        symlink(&root, top.join("link")).unwrap();
        let registry = Registry::at(&top.join("state"));
        assert_eq!(roots(&registry), Vec::<PathBuf>::new());
        registry.remember(&Store::at(root.clone()));
        let file = registry.stores().unwrap()[0].file.clone();
        let written = fs::metadata(&file).unwrap().ino();
        registry.remember(&Store::at(top.join("link")));
        assert_eq!(roots(&registry), [root]);
        assert_eq!(fs::metadata(&file).unwrap().ino(), written, "not written again");
    }

    #[test]
    fn an_entry_that_was_cut_short_is_ignored_and_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let registry = Registry::at(&root.join("state"));
        let store = Store::at(root.clone());
        registry.remember(&store);
        fs::write(&registry.stores().unwrap()[0].file, "").unwrap();
        fs::write(root.join("state/stores/README"), "mine").unwrap();
        assert_eq!(roots(&registry), Vec::<PathBuf>::new());
        registry.remember(&store);
        assert_eq!(roots(&registry), [root]);
    }

    #[test]
    fn a_registry_that_cannot_be_written_is_nobodys_business() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let registry = Registry::at(&dir.path().join("file"));
        registry.remember(&Store::at(dir.path().to_owned()));
        Registry::at(Path::new("/proc/nowhere")).remember(&Store::at(dir.path().to_owned()));
        Registry::at(dir.path()).remember(&Store::at(dir.path().join("never made")));
        assert_eq!(roots(&Registry::at(dir.path())), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_missing_store_is_kept_until_it_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("gone");
        fs::create_dir(&root).unwrap();
        let registry = Registry::at(dir.path());
        registry.remember(&Store::at(root.clone()));
        fs::remove_dir(&root).unwrap();
        let entries = registry.stores().unwrap();
        assert!(entries[0].is_missing());
        registry.forget(&entries[0]).unwrap();
        registry.forget(&entries[0]).unwrap();
        assert_eq!(roots(&registry), Vec::<PathBuf>::new());
    }
}
