//! The programs that queued jobs will start, kept by content.

use std::fs::{self, File, Metadata};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use xxhash_rust::xxh3::xxh3_128;

use super::atomic;
use super::error::{At, StoreError};

/// How often a program that is used is marked as used.
const MARKED_EVERY: Duration = Duration::from_hours(1);

/// Copies `program` to `<folder>/<content>/neu` unless it is there, and gives that path.
///
/// Reading megabytes for each launch would cost more than the rest of it, so the content of a file that was seen
/// before is remembered under the file's identity.
pub(super) fn keep(folder: &Path, program: &Path) -> Result<PathBuf, StoreError> {
    let seen = fs::metadata(program).at("read", program)?;
    let remembered = folder.join("by-file").join(identity(&seen));
    if let Ok(content) = fs::read_link(&remembered) {
        let kept = folder.join(content).join("neu");
        if fs::metadata(&kept).is_ok_and(|there| there.len() == seen.len() && is_in_use(&kept, &there)) {
            return Ok(kept);
        }
    }
    let content = fs::read(program).at("read", program)?;
    let name = format!("{:032x}", xxh3_128(&content));
    let home = folder.join(&name);
    let kept = home.join("neu");
    let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
    if !fs::metadata(&kept).is_ok_and(|there| there.len() == size && is_in_use(&kept, &there)) {
        atomic::create_folder(&home)?;
        atomic::write_with_mode(&kept, &content, 0o700)?;
        atomic::sync_folder(&home)?;
    }
    atomic::create_folder(&folder.join("by-file"))?;
    // It only saves time: what cannot be remembered is read again.
    let _forgotten = fs::remove_file(&remembered);
    let _not_remembered = symlink(&name, &remembered);
    Ok(kept)
}

/// Marks a program as used lately, so that nobody takes it for one that may go; tells whether it is there.
fn is_in_use(kept: &Path, there: &Metadata) -> bool {
    let lately = |used: SystemTime| used.elapsed().is_ok_and(|age| age < MARKED_EVERY);
    there.modified().is_ok_and(lately)
        || File::open(kept).and_then(|kept| kept.set_modified(SystemTime::now())).is_ok()
}

/// Names what a file is as long as nobody writes to it.
fn identity(file: &Metadata) -> String {
    let (changed, nanoseconds) = (file.ctime(), file.ctime_nsec());
    format!("{:x}-{:x}-{:x}-{changed:x}.{nanoseconds:x}", file.dev(), file.ino(), file.len())
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
