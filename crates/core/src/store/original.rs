//! Whether a launch stands where it was made. A copy of its folder carries the same keys: by them, whoever acts on the
//! copy would stop, or start again, what belongs to the original.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::StoreError;
use super::{Launch, LaunchDir};

impl LaunchDir {
    /// Fails where this folder is a copy, and the one that it was copied from still has the launch. A folder that was
    /// moved, or is reached by another path, is no copy.
    pub fn check_original(&self) -> Result<(), StoreError> {
        let Ok(launch) = self.read() else { return Ok(()) };
        match &launch.made_in {
            Some(made_in) if self.is_copy_of(Path::new(&made_in.0), &launch) => {
                Err(StoreError::Copied { id: launch.id, original: made_in.0.clone().into() })
            }
            Some(_) | None => Ok(()),
        }
    }

    fn is_copy_of(&self, other: &Path, launch: &Launch) -> bool {
        if other == self.path() {
            return false;
        }
        let identity = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino()));
        let is_another = match (identity(self.path()), identity(other)) {
            (Ok(here), Ok(there)) => here != there,
            _ => false,
        };
        is_another && LaunchDir::at(other.to_owned()).read().is_ok_and(|there| there.key == launch.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn another_path_to_the_same_folder_is_no_copy() {
        let root = tempfile::tempdir().unwrap();
        let (real, link) = (root.path().join("real"), root.path().join("link"));
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write(&real.join("3"), "abcd2345", &real.join("3"));
        LaunchDir::at(link.join("3")).check_original().unwrap();
    }
}
