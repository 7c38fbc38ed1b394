//! The claim of an attempt: whoever creates its log owns it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::atomic::create_folder;
use super::error::{At, StoreError};

/// What became of a claim.
#[derive(Debug)]
pub enum Claim {
    /// The attempt is ours; its output goes here.
    Ours(File),
    /// Somebody else has it.
    Taken,
}

/// Claims an attempt by creating its log exclusively.
///
/// On a network file system the loser of a race may see other errors than "exists", so any error is followed by a
/// fresh look, and by another try where nothing is there. A folder of logs that was removed is made again: the
/// attempt is worth more than the place that its log was to have.
pub fn claim_log(log: &Path) -> Result<Claim, StoreError> {
    let mut pause = Duration::from_millis(20);
    loop {
        match OpenOptions::new().append(true).create_new(true).mode(0o600).open(log) {
            Ok(file) => return Ok(Claim::Ours(file)),
            Err(_) if log.symlink_metadata().is_ok() => return Ok(Claim::Taken),
            Err(error) if pause > Duration::from_secs(1) => return Err(error).at("create", log),
            Err(error) => {
                if let (io::ErrorKind::NotFound, Some(folder)) = (error.kind(), log.parent()) {
                    create_folder(folder)?;
                }
                thread::sleep(pause);
            }
        }
        pause *= 2;
    }
}

/// Gives the attempts at a run that were claimed, ascending: `log` is where any one of them has its log.
///
/// The folder is listed anew each time: a network file system may keep for a while that a name was not there, but not
/// what a folder holds once it is opened again.
pub(super) fn claimed_attempts(log: &Path, run: u64) -> Result<Vec<u32>, StoreError> {
    let folder = log.parent().unwrap_or(log);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).at("list", folder),
    };
    let mut attempts = Vec::new();
    for entry in entries {
        let name = entry.at("list", folder)?.file_name();
        attempts.extend(name.to_str().and_then(|name| attempt_of(name, run)));
    }
    attempts.sort_unstable();
    Ok(attempts)
}

/// Reads the attempt in the name of a log of `run`, `3.1.out`.
fn attempt_of(name: &str, run: u64) -> Option<u32> {
    let (of, attempt) = name.strip_suffix(".out")?.split_once('.')?;
    (of.parse() == Ok(run)).then(|| attempt.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn one_of_many_wins() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("3.1.out");
        let winners = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| match claim_log(&log).unwrap() {
                    Claim::Ours(_) => winners.fetch_add(1, Ordering::Relaxed),
                    Claim::Taken => 0,
                });
            }
        });
        assert_eq!(winners.into_inner(), 1);
    }

    #[test]
    fn a_folder_that_was_removed_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("logs/1000/1003.1.out");
        assert!(claimed_attempts(&log, 1003).unwrap().is_empty());
        assert!(matches!(claim_log(&log).unwrap(), Claim::Ours(_)));
        assert!(matches!(claim_log(&log).unwrap(), Claim::Taken));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_with_its_path() {
        let error = claim_log(Path::new("/dev/null/3.1.out")).unwrap_err();
        assert_eq!(error.to_string(), "cannot create `/dev/null/3.1.out`");
    }

    #[test]
    fn the_attempts_at_a_run_are_its_logs_and_no_others() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["3.10.out", "3.2.out", "33.1.out", "3.out", "3.4", "3.5.out.old", "x.1.out", ".3.6.out"]
        {
            fs::write(dir.path().join(name), "").unwrap();
        }
        assert_eq!(claimed_attempts(&dir.path().join("3.1.out"), 3).unwrap(), [2, 10]);
    }
}
