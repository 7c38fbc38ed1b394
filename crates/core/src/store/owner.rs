//! Who may submit runs of a launch: who holds its folder.

use super::LaunchDir;
use super::error::StoreError;
use super::held::{self, Held, Holding, OwnedBy, Owner};
use super::submissions::{SubmissionRecord, Submissions};

/// The right to submit runs of a launch, held until it is dropped.
#[derive(Debug)]
pub struct Owned {
    dir: LaunchDir,
    held: Held,
}

/// What became of the wish to own a launch.
#[derive(Debug)]
pub enum Ownership {
    /// It is ours until the guard is dropped.
    Ours(Owned),
    /// A client that lives has it.
    Theirs(OwnedBy),
}

impl LaunchDir {
    /// Takes the right to submit, unless a client that lives has it. A copy of a launch gives it to nobody.
    pub fn own(&self) -> Result<Ownership, StoreError> {
        self.settle()?;
        Ok(self.owned(held::hold(self.path())?))
    }

    /// Takes the right to submit a launch that this process is just writing: nobody else looks for it, so that nothing
    /// has to be looked for.
    pub fn own_new(&self) -> Result<Ownership, StoreError> {
        Ok(self.owned(held::hold_new(self.path())?))
    }

    /// Gives the client that is submitting the launch just now; nothing is written.
    pub fn owner(&self) -> Result<Owner, StoreError> {
        held::owner(self.path())
    }

    fn owned(&self, holding: Holding) -> Ownership {
        match holding {
            Holding::Ours(held) => Ownership::Ours(Owned { dir: self.clone(), held }),
            Holding::Theirs(client) => Ownership::Theirs(client),
        }
    }
}

impl Owned {
    /// Gives the folder of the launch.
    pub fn dir(&self) -> &LaunchDir {
        &self.dir
    }

    /// Makes sure that nobody has taken over meanwhile, as happens to a client that was stopped for minutes.
    pub fn check(&self) -> Result<(), StoreError> {
        self.held.check()
    }

    /// Appends to the record of submissions, durably.
    pub fn append(&self, record: &SubmissionRecord) -> Result<(), StoreError> {
        self.append_all(std::slice::from_ref(record))
    }

    /// Appends several records in one go, so that no other event comes between them.
    pub fn append_all(&self, records: &[SubmissionRecord]) -> Result<(), StoreError> {
        self.check()?;
        Submissions::append(&self.dir.submissions_file(), records)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;
    use std::time::SystemTime;

    use super::*;
    use crate::process::{ProcessId, host};
    use crate::store::held::{OwnerRecord, REFRESH, STALE, owner_file};

    fn folder() -> (tempfile::TempDir, LaunchDir) {
        let dir = tempfile::tempdir().unwrap();
        let launch = LaunchDir::at(dir.path().to_owned());
        (dir, launch)
    }

    fn ours(dir: &LaunchDir) -> Owned {
        match dir.own().unwrap() {
            Ownership::Ours(owned) => owned,
            Ownership::Theirs(theirs) => panic!("{theirs:?}"),
        }
    }

    fn names(dir: &LaunchDir) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn leave_record(dir: &LaunchDir, number: u64, record: &OwnerRecord) {
        fs::write(owner_file(dir.path(), number), serde_json::to_vec(record).unwrap()).unwrap();
    }

    #[test]
    fn a_living_owner_keeps_others_away_until_it_lets_go() {
        let (_kept, dir) = folder();
        assert_eq!(dir.owner().unwrap(), Owner::Never);
        let owned = ours(&dir);
        let Ownership::Theirs(theirs) = dir.own().unwrap() else { panic!("two owners") };
        assert_eq!((theirs.host, theirs.pid), (host(), ProcessId::current().pid));
        assert!(matches!(dir.owner().unwrap(), Owner::Lives(_)));
        owned.check().unwrap();
        drop(owned);
        assert_eq!((names(&dir), dir.owner().unwrap()), (vec!["owner.1.released".to_owned()], Owner::Gone));
        drop(ours(&dir));
        assert_eq!(names(&dir), ["owner.1.released", "owner.2.released"]);
    }

    #[test]
    fn a_dead_owner_is_followed_by_the_next_number_and_knows_it_when_it_wakes() {
        let (_kept, dir) = folder();
        let sleeper = ours(&dir);
        let mut client = ProcessId::current();
        client.start += 1;
        leave_record(&dir, 1, &OwnerRecord { host: host(), client });
        let owned = ours(&dir);
        owned.check().unwrap();
        assert_eq!(owned.held.number(), 2);
        assert!(matches!(sleeper.check(), Err(StoreError::TakenOver { .. })));
        drop(sleeper);
        owned.check().unwrap();
    }

    #[test]
    fn an_owner_elsewhere_counts_until_its_record_is_two_minutes_old() {
        let (_kept, dir) = folder();
        let client = ProcessId { pid: 1, start: 1, boot: "another".to_owned() };
        leave_record(&dir, 7, &OwnerRecord { host: "elsewhere".to_owned(), client });
        assert!(matches!(dir.own().unwrap(), Ownership::Theirs(_)));
        let old = SystemTime::now() - STALE - REFRESH;
        File::options().write(true).open(owner_file(dir.path(), 7)).unwrap().set_modified(old).unwrap();
        assert_eq!(dir.owner().unwrap(), Owner::Gone);
        assert_eq!(ours(&dir).held.number(), 8);
    }

    #[test]
    fn one_of_many_takes_over() {
        let (_kept, dir) = folder();
        let client = ProcessId { boot: "an earlier boot".to_owned(), ..ProcessId::current() };
        leave_record(&dir, 1, &OwnerRecord { host: host(), client });
        let (owners, together) = (AtomicU32::new(0), Barrier::new(16));
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    together.wait();
                    let ownership = dir.own().unwrap();
                    if matches!(ownership, Ownership::Ours(_)) {
                        owners.fetch_add(1, Ordering::Relaxed);
                    }
                    together.wait();
                });
            }
        });
        assert_eq!(owners.into_inner(), 1);
    }
}
