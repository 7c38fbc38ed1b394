//! Who chooses processors now: one worker of this machine at a time, of whichever user.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::gpu::folder::{Folder, FolderError, Lock};

/// The name of the lock.
const NAME: &str = "lock-processors";

/// How long to wait for a turn. One takes as long as a look at all processes of the machine: a few milliseconds.
const PATIENCE: Duration = Duration::from_millis(200);

/// For how long nobody is waited for after somebody kept the lock for longer: any user of the machine can.
const DISTRUST: Duration = Duration::from_secs(10);

/// Takes turns with all other workers of the machine.
#[derive(Debug)]
pub(super) struct Turns {
    path: PathBuf,
    kept_at: Option<Instant>,
}

impl Turns {
    /// Takes them in the folder `path`, which is made when it is first needed.
    pub(super) fn in_folder(path: PathBuf) -> Self {
        Self { path, kept_at: None }
    }

    /// Waits for a moment until nobody else chooses. `None` where that cannot be had: a run whose processors somebody else
    /// may have chosen, too, is better than one that does not start.
    pub(super) fn take(&mut self) -> Option<Lock> {
        let patience = match self.kept_at {
            Some(at) if at.elapsed() < DISTRUST => Duration::ZERO,
            Some(_) | None => PATIENCE,
        };
        match Folder::open(self.path.clone()).and_then(|folder| folder.take(NAME, patience)) {
            Ok(turn) => {
                self.kept_at = None;
                Some(turn)
            }
            Err(FolderError::Locked { .. }) if !patience.is_zero() => {
                self.kept_at = Some(Instant::now());
                None
            }
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_had_by_one_at_a_time_and_nobody_waits_for_long() {
        let dir = tempfile::tempdir().unwrap();
        let of = |name: &str| Turns::in_folder(dir.path().join(name));
        let (mut one, mut other) = (of("shared"), of("shared"));
        let held = one.take();
        assert!(held.is_some());
        let began = Instant::now();
        assert!(other.take().is_none());
        let first = began.elapsed();
        assert!(first >= PATIENCE, "{first:?}");
        for _ in 0..100 {
            assert!(other.take().is_none());
        }
        assert!(began.elapsed() < first + PATIENCE, "it waited each time");
        drop(held);
        assert!(other.take().is_some());
        assert!(one.take().is_some());
    }

    #[test]
    fn where_no_folder_can_be_had_nobody_waits() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Turns::in_folder(file.path().to_owned()).take().is_none());
    }
}
