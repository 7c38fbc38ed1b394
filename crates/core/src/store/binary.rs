//! The programs that queued jobs will start, kept by content.

use std::fs;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

use super::atomic;
use super::error::{At, StoreError};

/// Copies `program` to `<folder>/<content>/neu` unless it is there, and gives that path.
pub(super) fn keep(folder: &Path, program: &Path) -> Result<PathBuf, StoreError> {
    let content = fs::read(program).at("read", program)?;
    let home = folder.join(format!("{:032x}", xxh3_128(&content)));
    let kept = home.join("neu");
    let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
    if fs::metadata(&kept).is_ok_and(|there| there.len() == size) {
        return Ok(kept);
    }
    atomic::create_folder(&home)?;
    atomic::write_with_mode(&kept, &content, 0o700)?;
    atomic::sync_folder(&home)?;
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_is_kept_once_and_another_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("program");
        fs::write(&program, "one").unwrap();
        let first = keep(dir.path(), &program).unwrap();
        assert_eq!(keep(dir.path(), &program).unwrap(), first);
        fs::write(&program, "two").unwrap();
        let second = keep(dir.path(), &program).unwrap();
        assert_ne!(first, second);
        assert_eq!(fs::read_to_string(first).unwrap(), "one");
    }

    #[test]
    fn a_copy_that_was_cut_short_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("program");
        fs::write(&program, "whole").unwrap();
        let kept = keep(dir.path(), &program).unwrap();
        fs::write(&kept, "wh").unwrap();
        keep(dir.path(), &program).unwrap();
        assert_eq!(fs::read_to_string(kept).unwrap(), "whole");
    }
}
