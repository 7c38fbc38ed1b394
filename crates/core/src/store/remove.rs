//! Removing launches: one rename takes a launch away, and its number is marked as used for good.
//!
//! `12.removed` is the mark, a link that points nowhere: it holds the time, needs no room on a full disk, and is there
//! before anything is taken away. `12.removing` is what is being deleted; a removal that was killed leaves it to the next.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::{At, StoreError, is_not_there};
use super::{Store, atomic};
use crate::id::LaunchId;

/// How often a folder is emptied again that somebody else empties, or writes into, at the same moment.
const TRIES: u32 = 5;

/// A launch as it stood when somebody began to ask whether it may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    id: LaunchId,
    /// The length of its record of submissions: who takes the launch up again writes there first.
    submissions: u64,
}

/// What became of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// The launch is gone.
    Gone,
    /// Somebody else had removed it.
    Already,
    /// Somebody handed more of it to its support meanwhile: it stays.
    TakenUp,
}

/// What a name in the folder of launches is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Launch(LaunchId),
    Mark(LaunchId),
    Removing(LaunchId),
    Strange(PathBuf),
}

impl Entry {
    pub(super) fn of(name: &Path) -> Self {
        let text = name.to_str().unwrap_or_default();
        let number = |digits: &str| digits.parse().ok().map(LaunchId);
        let known = match text.split_once('.') {
            None => number(text).map(Self::Launch),
            Some((digits, "removed")) => number(digits).map(Self::Mark),
            Some((digits, "removing")) => number(digits).map(Self::Removing),
            Some(_) => None,
        };
        known.unwrap_or_else(|| Self::Strange(name.to_owned()))
    }

    /// Gives the number that it takes.
    pub(super) fn number(&self) -> Option<LaunchId> {
        match self {
            Self::Launch(id) | Self::Mark(id) | Self::Removing(id) => Some(*id),
            Self::Strange(_) => None,
        }
    }
}

/// Reads the mark of a removed launch beside its folder.
pub(super) fn removed_on(launch: &Path) -> Option<Timestamp> {
    Mark::read(&beside(launch, "removed")).map(|mark| mark.time)
}

fn beside(launch: &Path, what: &str) -> PathBuf {
    let mut name = launch.as_os_str().to_owned();
    name.push(".");
    name.push(what);
    PathBuf::from(name)
}

/// What a mark says: `2026-11-22T21:52:08Z,412`.
struct Mark {
    time: Timestamp,
    submissions: u64,
}

impl Mark {
    fn read(path: &Path) -> Option<Self> {
        let target = fs::read_link(path).ok()?;
        let (time, submissions) = target.to_str()?.split_once(',')?;
        Some(Self { time: time.parse().ok()?, submissions: submissions.parse().ok()? })
    }

    /// Writes it over an older one, of a removal that was killed before it took the launch away.
    fn write(&self, path: &Path) -> Result<(), StoreError> {
        let target = format!("{},{}", self.time.strftime("%Y-%m-%dT%H:%M:%SZ"), self.submissions);
        match symlink(&target, path) {
            Ok(()) => {}
            Err(_) if path.symlink_metadata().is_ok() => {
                let folder = path.parent().unwrap_or(path);
                let written = tempfile::Builder::new()
                    .prefix(".writing-")
                    .make_in(folder, |written| symlink(&target, written))
                    .at("create a link in", folder)?;
                written.persist(path).map_err(|error| error.error).at("create", path)?;
            }
            Err(error) => return Err(error).at("create", path),
        }
        path.parent().map_or(Ok(()), atomic::sync_folder)
    }
}

impl Store {
    /// Notes how a launch stands, before it is asked whether it is over.
    pub fn standing(&self, id: LaunchId) -> Result<Standing, StoreError> {
        let path = self.launch(id).submissions_file();
        Ok(Standing { id, submissions: length(&path)?.unwrap_or(0) })
    }

    /// Tells when a launch was removed, where it was and is gone.
    pub fn removed(&self, id: LaunchId) -> Option<Timestamp> {
        let dir = self.launch(id);
        if dir.path().symlink_metadata().is_ok() { None } else { removed_on(dir.path()) }
    }

    /// Removes a launch, unless more of it was handed to its support since it stood so.
    pub fn remove(&self, standing: &Standing) -> Result<Removal, StoreError> {
        let dir = self.launch(standing.id);
        if dir.path().symlink_metadata().is_err() {
            return Ok(Removal::Already);
        }
        let mark = Mark { time: Timestamp::now(), submissions: standing.submissions };
        mark.write(&beside(dir.path(), "removed"))?;
        let taken = beside(dir.path(), "removing");
        match fs::rename(dir.path(), &taken) {
            Ok(()) => self.finish(standing.id),
            Err(_) if dir.path().symlink_metadata().is_err() => Ok(Removal::Already),
            Err(error) => Err(error).at("remove", dir.path()),
        }
    }

    /// Finds the launches that a killed removal took away and did not delete.
    pub fn half_removed(&self) -> Result<Vec<LaunchId>, StoreError> {
        let half = |entry| match entry {
            Entry::Removing(id) => Some(id),
            Entry::Launch(_) | Entry::Mark(_) | Entry::Strange(_) => None,
        };
        let mut ids: Vec<LaunchId> = self.entries()?.into_iter().filter_map(half).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Gives the folder of a launch that is being deleted.
    pub fn removing(&self, id: LaunchId) -> PathBuf {
        beside(self.launch(id).path(), "removing")
    }

    /// Deletes what was taken away of a launch, or puts it back where somebody had taken the launch up again first.
    pub fn finish(&self, id: LaunchId) -> Result<Removal, StoreError> {
        let dir = self.launch(id);
        let taken = self.removing(id);
        let marked = Mark::read(&beside(dir.path(), "removed")).map(|mark| mark.submissions);
        // A deletion that has begun may have come as far as this file.
        let found = length(&taken.join("submissions.jsonl"))?;
        if found.is_some() && marked != found {
            atomic::rename(&taken, dir.path())?;
            return Ok(Removal::TakenUp);
        }
        delete(&taken)?;
        Ok(Removal::Gone)
    }
}

fn length(path: &Path) -> Result<Option<u64>, StoreError> {
    match fs::metadata(path) {
        Ok(file) => Ok(Some(file.len())),
        Err(error) if is_not_there(&error) => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// Deletes a file, a link, or a folder with all that is in it. What is not there any more is fine, and no link is
/// followed.
pub(super) fn delete(path: &Path) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let Ok(what) = path.symlink_metadata() else { return Ok(()) };
        let deleted = if what.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        tries += 1;
        match deleted {
            Ok(()) => return Ok(()),
            Err(_) if path.symlink_metadata().is_err() => return Ok(()),
            Err(error) if tries == TRIES => return Err(error).at("delete", path),
            Err(_) => {}
        }
    }
}

/// Sums up the bytes of the files at and below a path; links are not followed, and what cannot be read counts nothing.
pub fn size(path: &Path) -> u64 {
    let Ok(what) = path.symlink_metadata() else { return 0 };
    if !what.is_dir() {
        return what.len();
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| size(&entry.path())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// A store with launches 1 to `count`, each with a record of submissions and a log.
    fn store(count: u64) -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path().join(".neu"));
        for _ in 0..count {
            let (_, launch) = store.create_launch().unwrap();
            fs::create_dir(launch.path().join("logs")).unwrap();
            fs::write(launch.path().join("logs/0.1.out"), "log").unwrap();
            fs::write(launch.submissions_file(), "one").unwrap();
        }
        (dir, store)
    }

    fn ids(store: &Store) -> Vec<u64> {
        store.launches().unwrap().into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn names_are_read_and_strange_ones_kept_apart() {
        let of = |name: &str| Entry::of(Path::new(name));
        assert_eq!(of("12"), Entry::Launch(LaunchId(12)));
        assert_eq!(of("12.removed"), Entry::Mark(LaunchId(12)));
        assert_eq!(of("12.removing"), Entry::Removing(LaunchId(12)));
        for name in ["", "x", "12.", ".removed", "12.removed.old", "12.bak", "-1"] {
            assert_eq!(of(name), Entry::Strange(name.into()), "{name}");
        }
    }

    #[test]
    fn the_highest_number_is_not_used_again() {
        let (_dir, store) = store(3);
        for id in [3, 2] {
            let standing = store.standing(LaunchId(id)).unwrap();
            assert_eq!(store.remove(&standing).unwrap(), Removal::Gone);
        }
        assert_eq!(ids(&store), [1]);
        assert_eq!(store.create_launch().unwrap().0, LaunchId(4));
        assert!(store.removed(LaunchId(3)).is_some() && store.removed(LaunchId(4)).is_none());
        assert!(matches!(store.launch(LaunchId(3)).read(), Err(StoreError::Removed { id: 3, .. })));
        assert!(matches!(store.launch(LaunchId(9)).read(), Err(StoreError::NoLaunch { id: 9, .. })));
    }

    #[test]
    fn a_launch_that_was_taken_up_again_is_put_back() {
        let (_dir, store) = store(1);
        let standing = store.standing(LaunchId(1)).unwrap();
        fs::write(store.launch(LaunchId(1)).submissions_file(), "one two").unwrap();
        assert_eq!(store.remove(&standing).unwrap(), Removal::TakenUp);
        assert_eq!(ids(&store), [1]);
        assert_eq!(store.removed(LaunchId(1)), None);
        assert_eq!(fs::read(store.launch(LaunchId(1)).path().join("logs/0.1.out")).unwrap(), b"log");
        let standing = store.standing(LaunchId(1)).unwrap();
        assert_eq!(store.remove(&standing).unwrap(), Removal::Gone);
    }

    #[test]
    fn what_a_killed_removal_left_is_finished() {
        let (_dir, store) = store(2);
        let launches = store.root().join("launches");
        symlink("2026-11-22T21:52:08Z,3", launches.join("2.removed")).unwrap();
        assert_eq!((ids(&store), store.removed(LaunchId(2))), (vec![1, 2], None), "not taken away yet");
        fs::rename(launches.join("2"), launches.join("2.removing")).unwrap();
        assert_eq!((ids(&store), store.half_removed().unwrap()), (vec![1], vec![LaunchId(2)]));
        assert_eq!(store.create_launch().unwrap().0, LaunchId(3));
        fs::remove_file(launches.join("2.removing/submissions.jsonl")).unwrap();
        assert_eq!(store.finish(LaunchId(2)).unwrap(), Removal::Gone);
        assert_eq!((ids(&store), store.half_removed().unwrap()), (vec![1, 3], vec![]));
        assert_eq!(store.removed(LaunchId(2)).unwrap().to_string(), "2026-11-22T21:52:08Z");
    }

    #[test]
    fn of_many_at_once_one_removes_and_none_fails() {
        let (_dir, store) = store(1);
        let standing = store.standing(LaunchId(1)).unwrap();
        let outcomes: Vec<Removal> = thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| store.remove(&standing).unwrap())).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Removal::Gone).count(), 1, "{outcomes:?}");
        assert!(!outcomes.contains(&Removal::TakenUp), "{outcomes:?}");
        assert_eq!(store.half_removed().unwrap(), []);
    }

    #[test]
    fn links_are_removed_and_not_followed() {
        let (dir, store) = store(1);
        let elsewhere = dir.path().join("data");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("precious"), "precious").unwrap();
        symlink(&elsewhere, store.launch(LaunchId(1)).path().join("data")).unwrap();
        assert!(size(store.root()) < 1000);
        store.remove(&store.standing(LaunchId(1)).unwrap()).unwrap();
        assert_eq!(fs::read(elsewhere.join("precious")).unwrap(), b"precious");
        symlink(&elsewhere, store.launch(LaunchId(2)).path()).unwrap();
        store.remove(&store.standing(LaunchId(2)).unwrap()).unwrap();
        assert_eq!(fs::read(elsewhere.join("precious")).unwrap(), b"precious");
    }

    #[test]
    fn a_launch_that_never_was_is_no_removal() {
        let (_dir, store) = store(1);
        assert_eq!(store.remove(&store.standing(LaunchId(7)).unwrap()).unwrap(), Removal::Already);
        assert_eq!(store.create_launch().unwrap().0, LaunchId(2));
    }
}
