//! The claim of an attempt: whoever creates its log owns it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

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
/// fresh look, and by another try where nothing is there.
pub fn claim_log(log: &Path) -> Result<Claim, StoreError> {
    let mut pause = Duration::from_millis(20);
    loop {
        match OpenOptions::new().append(true).create_new(true).mode(0o600).open(log) {
            Ok(file) => return Ok(Claim::Ours(file)),
            Err(_) if log.symlink_metadata().is_ok() => return Ok(Claim::Taken),
            Err(error) if pause > Duration::from_secs(1) => return Err(error).at("create", log),
            Err(_) => thread::sleep(pause),
        }
        pause *= 2;
    }
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
    fn a_missing_folder_is_an_error_with_its_path() {
        let error = claim_log(Path::new("/nonexistent/3.1.out")).unwrap_err();
        assert_eq!(error.to_string(), "cannot create `/nonexistent/3.1.out`");
    }
}
