//! Who may submit runs of a launch: `owner.1`, `owner.2`, … in its folder, of which the highest counts.
//!
//! A number is taken by an exclusive create and never given back: a takeover creates the next one, and who lets go
//! renames `owner.N` to `owner.N.released`. So a client that was believed dead and wakes up sees that it is no longer
//! the owner. None of it is synced: after a power cut, a record that is lost means a client that is dead.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::LaunchDir;
use super::error::{At, StoreError};
use super::submissions::{SubmissionRecord, Submissions};
use crate::process::{Liveness, ProcessId, boot_id, host};

/// How often a living owner says so.
const REFRESH: Duration = Duration::from_secs(20);

/// How long a record may go without that before another takes over.
const STALE: Duration = Duration::from_mins(2);

/// The right to submit runs of a launch, held until it is dropped.
#[derive(Debug)]
pub struct Owned {
    dir: LaunchDir,
    number: u64,
    refresh: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What became of the wish to own a launch.
#[derive(Debug)]
pub enum Ownership {
    /// It is ours until the guard is dropped.
    Ours(Owned),
    /// A client that lives has it.
    Theirs(OwnedBy),
}

/// A client that submits a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedBy {
    /// Its host; empty where it has only just begun.
    pub host: String,
    /// Its pid there; 0 where it has only just begun.
    pub pid: i32,
    /// How long ago it last said that it lives.
    pub age: Duration,
}

impl fmt::Display for OwnedBy {
    /// Names it for people: where to look for it, as far as that is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, pid, .. } = self;
        if host.is_empty() { f.write_str("another process") } else { write!(f, "process {pid} on `{host}`") }
    }
}

/// Who submits a launch, as far as it can be seen without taking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A client that lives is at work on it.
    Lives(OwnedBy),
    /// Nobody, any more.
    Gone,
    /// Nobody ever was: it is on this machine, or of an earlier version.
    Never,
}

/// What an owner writes of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OwnerRecord {
    host: String,
    client: ProcessId,
}

/// What can be said of an owner from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Lives,
    Dead,
}

/// Judges an owner by its record, read on the host `here` in the boot `boot`; `liveness` is asked of a process of
/// this boot.
fn verdict(
    record: Option<&OwnerRecord>,
    age: Duration,
    here: &str,
    boot: &str,
    liveness: impl Fn(&ProcessId) -> Liveness,
) -> Verdict {
    if age >= STALE {
        return Verdict::Dead;
    }
    // A record without content was created just now, or its client was killed in that instant.
    let Some(OwnerRecord { host, client }) = record else { return Verdict::Lives };
    if host != here {
        return Verdict::Lives;
    }
    if client.boot != boot {
        return Verdict::Dead;
    }
    match liveness(client) {
        Liveness::Gone => Verdict::Dead,
        Liveness::Alive | Liveness::Elsewhere => Verdict::Lives,
    }
}

/// The record with the highest number in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Highest {
    number: u64,
    released: bool,
}

impl LaunchDir {
    /// Takes the right to submit, unless a client that lives has it. A copy of a launch gives it to nobody.
    pub fn own(&self) -> Result<Ownership, StoreError> {
        self.check_original()?;
        let mut pause = Duration::from_millis(10);
        loop {
            let highest = self.highest_owner()?;
            if let Some(Highest { number, released: false }) = highest
                && let Some(theirs) = self.living(number)?
            {
                return Ok(Ownership::Theirs(theirs));
            }
            let number = highest.map_or(1, |highest| highest.number + 1);
            match self.take(number) {
                Ok(owned) => return Ok(Ownership::Ours(owned)),
                // Whatever the error was: somebody may have been faster, so there is a fresh look.
                Err(StoreError::Io { .. }) if pause < Duration::from_secs(1) => thread::sleep(pause),
                Err(error) => return Err(error),
            }
            pause *= 2;
        }
    }

    /// Takes the right to submit a launch that this process is just writing: nobody else looks for it, so that nothing
    /// has to be looked for.
    pub fn own_new(&self) -> Result<Ownership, StoreError> {
        match self.take(1) {
            Ok(owned) => Ok(Ownership::Ours(owned)),
            Err(_) => self.own(),
        }
    }

    /// Gives the client that is submitting the launch just now; nothing is written.
    pub fn owner(&self) -> Result<Owner, StoreError> {
        let Some(Highest { number, released }) = self.highest_owner()? else { return Ok(Owner::Never) };
        if released {
            return Ok(Owner::Gone);
        }
        let path = self.owner_file(number);
        let age = SystemTime::now().duration_since(modified(&path)?).unwrap_or_default();
        Ok(judge(&path, age).map_or(Owner::Gone, Owner::Lives))
    }

    fn owner_file(&self, number: u64) -> PathBuf {
        self.path().join(format!("owner.{number}"))
    }

    /// Lists the folder: a cache of names may not know yet of a record that another host has made.
    fn highest_owner(&self) -> Result<Option<Highest>, StoreError> {
        let mut highest: Option<Highest> = None;
        for entry in fs::read_dir(self.path()).at("list", self.path())? {
            let name = entry.at("list", self.path())?.file_name();
            let Some(rest) = name.to_str().and_then(|name| name.strip_prefix("owner.")) else { continue };
            let (digits, released) = match rest.strip_suffix(".released") {
                Some(digits) => (digits, true),
                None => (rest, false),
            };
            let Ok(number) = digits.parse() else { continue };
            if highest.is_none_or(|highest| highest.number < number || highest.number == number && released) {
                highest = Some(Highest { number, released });
            }
        }
        Ok(highest)
    }

    /// Gives the owner of a record where it lives, by the clock that also stamps the record.
    fn living(&self, number: u64) -> Result<Option<OwnedBy>, StoreError> {
        let path = self.owner_file(number);
        let touched = tempfile::Builder::new()
            .prefix(".clock-")
            .tempfile_in(self.path())
            .at("create a file in", self.path())?;
        let now = touched.as_file().metadata().and_then(|metadata| metadata.modified());
        let age = now.at("read", touched.path())?.duration_since(modified(&path)?).unwrap_or_default();
        Ok(judge(&path, age))
    }

    fn take(&self, number: u64) -> Result<Owned, StoreError> {
        let path = self.owner_file(number);
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).at("create", &path)?;
        let content = content(&path)?;
        file.write_all(&content).at("write", &path)?;
        drop(file);
        let (stop, stopped) = mpsc::channel();
        let refresh = thread::spawn(move || {
            while matches!(stopped.recv_timeout(REFRESH), Err(RecvTimeoutError::Timeout)) {
                // A record that is gone or cannot be written is noticed before the next thing is submitted.
                let _unwritten = touch(&path, &content);
            }
        });
        Ok(Owned { dir: self.clone(), number, refresh: Some((stop, refresh)) })
    }
}

fn content(path: &Path) -> Result<Vec<u8>, StoreError> {
    let record = OwnerRecord { host: host(), client: ProcessId::current() };
    serde_json::to_vec(&record).map_err(|source| StoreError::Unreadable { path: path.to_owned(), source })
}

/// Writes the same again, so that the file server stamps it with its own clock.
fn touch(path: &Path, content: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.write_all(content)
}

/// Gives when a record was last written; one that was released meanwhile is as old as can be.
fn modified(path: &Path) -> Result<SystemTime, StoreError> {
    match fs::metadata(path).and_then(|metadata| metadata.modified()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(SystemTime::UNIX_EPOCH),
        time => time.at("read", path),
    }
}

fn judge(path: &Path, age: Duration) -> Option<OwnedBy> {
    let record: Option<OwnerRecord> = fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok());
    match verdict(record.as_ref(), age, &host(), &boot_id(), ProcessId::liveness) {
        Verdict::Dead => None,
        Verdict::Lives => {
            let (host, pid) =
                record.map_or_else(|| (String::new(), 0), |record| (record.host, record.client.pid));
            Some(OwnedBy { host, pid, age })
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
        let ours = Highest { number: self.number, released: false };
        if self.dir.highest_owner()? == Some(ours) {
            return Ok(());
        }
        Err(StoreError::TakenOver { folder: self.dir.path().to_owned() })
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

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some((stop, refresh)) = self.refresh.take() {
            drop(stop);
            let _panicked = refresh.join();
        }
        let path = self.dir.owner_file(self.number);
        // Where that fails, this process is seen to be dead, or the record grows old.
        let _kept = fs::rename(&path, path.with_file_name(format!("owner.{}.released", self.number)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};

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
        fs::write(dir.owner_file(number), serde_json::to_vec(record).unwrap()).unwrap();
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
        assert_eq!(owned.number, 2);
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
        File::options().write(true).open(dir.owner_file(7)).unwrap().set_modified(old).unwrap();
        assert_eq!(dir.owner().unwrap(), Owner::Gone);
        assert_eq!(ours(&dir).number, 8);
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

    #[test]
    fn an_owner_is_judged_by_what_is_known() {
        let record = |host: &str, boot: &str| OwnerRecord {
            host: host.to_owned(),
            client: ProcessId { pid: 5, start: 6, boot: boot.to_owned() },
        };
        let fresh = Duration::from_secs(5);
        let judged = |record: Option<OwnerRecord>, age, liveness| {
            verdict(record.as_ref(), age, "here", "now", |_| liveness)
        };
        assert_eq!(judged(None, fresh, Liveness::Gone), Verdict::Lives);
        assert_eq!(judged(None, STALE, Liveness::Gone), Verdict::Dead);
        assert_eq!(judged(Some(record("here", "now")), fresh, Liveness::Alive), Verdict::Lives);
        assert_eq!(judged(Some(record("here", "now")), fresh, Liveness::Gone), Verdict::Dead);
        assert_eq!(judged(Some(record("here", "now")), STALE, Liveness::Alive), Verdict::Dead);
        assert_eq!(judged(Some(record("here", "before")), fresh, Liveness::Alive), Verdict::Dead);
        assert_eq!(judged(Some(record("there", "now")), fresh, Liveness::Gone), Verdict::Lives);
        assert_eq!(judged(Some(record("there", "now")), STALE, Liveness::Gone), Verdict::Dead);
    }
}
