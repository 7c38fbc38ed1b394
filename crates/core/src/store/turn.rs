//! Turns: of the clients that start only what is not there already, one decides at a time, so that no two start the same.
//!
//! A turn is held from the last look at the launches until the new one can be seen. What makes that visible is a rename
//! of its description out of the folder of turns. Whoever takes over from a client that gave no sign of life removes
//! what that one has written there before it looks: should it wake up after all, its rename finds nothing, and of its
//! launch nothing can be seen or started.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::{At, StoreError};
use super::held::{Held, Holding, OwnedBy, hold};
use super::{Store, atomic};

/// The turn to decide what is new and to make a launch of it, held until it is dropped.
#[derive(Debug)]
pub struct Turn {
    held: Held,
}

/// What became of the wish to have the turn.
#[derive(Debug)]
pub enum TurnTaking {
    /// It is ours until the guard is dropped.
    Ours(Turn),
    /// A client that lives has it.
    Theirs(OwnedBy),
}

impl Store {
    /// Takes the turn, unless a client that lives has it. The launches that are seen after that are all that there are
    /// of those that were made in turns.
    pub fn take_turn(&self) -> Result<TurnTaking, StoreError> {
        self.prepare()?;
        let folder = self.root().join("turns");
        atomic::create_folder(&folder)?;
        loop {
            let held = match hold(&folder)? {
                Holding::Ours(held) => held,
                Holding::Theirs(client) => return Ok(TurnTaking::Theirs(client)),
            };
            // Who was asleep since it listed the folder may have taken a number from long ago.
            if held.check().is_ok() {
                remove_drafts(&held)?;
                held.remove_older();
                return Ok(TurnTaking::Ours(Turn { held }));
            }
        }
    }
}

/// Removes what clients left that did not come to the end of their turns.
fn remove_drafts(held: &Held) -> Result<(), StoreError> {
    let folder = held.folder();
    for entry in fs::read_dir(folder).at("list", folder)? {
        let path = entry.at("list", folder)?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        match fs::remove_file(&path) {
            // Its client may have been faster, with its rename.
            Err(error) if path.symlink_metadata().is_ok() => return Err(error).at("remove", &path),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

impl Turn {
    /// Names the file to write what the launch is to, before [`Self::publish`].
    pub(super) fn draft(&self) -> PathBuf {
        self.held.folder().join(format!("{}.json", self.held.number()))
    }

    /// Gives the draft its lasting name, unless another client has taken over.
    pub(super) fn publish(&self, path: &Path) -> Result<(), StoreError> {
        self.held.check()?;
        match fs::rename(self.draft(), path) {
            Ok(()) => Ok(()),
            Err(_) if self.held.check().is_err() => self.held.check(),
            Err(error) => Err(error).at("create", path),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::store::held::{STALE, owner_file};

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path().join(".neu"));
        (dir, store)
    }

    fn ours(store: &Store) -> Turn {
        match store.take_turn().unwrap() {
            TurnTaking::Ours(turn) => turn,
            TurnTaking::Theirs(client) => panic!("{client} has it"),
        }
    }

    #[test]
    fn one_has_the_turn_and_the_next_when_it_is_over() {
        let (dir, store) = store();
        let turn = ours(&store);
        assert!(matches!(store.take_turn().unwrap(), TurnTaking::Theirs(_)));
        let visible = dir.path().join("launch.json");
        fs::write(turn.draft(), "first").unwrap();
        turn.publish(&visible).unwrap();
        drop(turn);
        assert_eq!(fs::read_to_string(&visible).unwrap(), "first");
        for _ in 0..5 {
            drop(ours(&store));
        }
        assert_eq!(fs::read_dir(store.root().join("turns")).unwrap().count(), 1, "what is over is removed");
    }

    #[test]
    fn who_wakes_up_after_another_took_over_makes_nothing_visible() {
        let (dir, store) = store();
        let sleeper = ours(&store);
        let early = dir.path().join("early.json");
        fs::write(sleeper.draft(), "early").unwrap();
        let record = owner_file(sleeper.held.folder(), sleeper.held.number());
        let long_ago = SystemTime::now() - STALE - Duration::from_secs(1);
        fs::File::options().write(true).open(record).unwrap().set_modified(long_ago).unwrap();
        let turn = ours(&store);
        // It had asked whether it still has the turn a moment before.
        assert!(fs::rename(sleeper.draft(), &early).is_err());
        fs::write(sleeper.draft(), "late").unwrap();
        assert!(matches!(sleeper.publish(&early), Err(StoreError::TakenOver { .. })));
        assert!(!early.exists());
        drop(sleeper);
        let visible = dir.path().join("launch.json");
        fs::write(turn.draft(), "mine").unwrap();
        turn.publish(&visible).unwrap();
    }

    #[test]
    fn of_many_at_once_each_has_a_turn_alone() {
        let (dir, store) = store();
        let (inside, together) = (dir.path().join("inside"), Barrier::new(8));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    let turn = loop {
                        match store.take_turn().unwrap() {
                            TurnTaking::Ours(turn) => break turn,
                            TurnTaking::Theirs(_) => thread::yield_now(),
                        }
                    };
                    fs::create_dir(&inside).unwrap();
                    fs::remove_dir(&inside).unwrap();
                    drop(turn);
                });
            }
        });
    }
}
