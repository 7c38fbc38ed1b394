//! Who holds a folder for something that one client does at a time: `owner.1`, `owner.2`, … in it, of which the highest
//! counts.
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

use super::error::{At, StoreError};
use crate::process::{Liveness, ProcessId, boot_id, host};

/// How often a living owner says so.
pub(super) const REFRESH: Duration = Duration::from_secs(20);

/// How long a record may go without that before another takes over.
pub(super) const STALE: Duration = Duration::from_mins(2);

/// A folder that is held until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    folder: PathBuf,
    number: u64,
    refresh: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What became of the wish to hold a folder.
#[derive(Debug)]
pub(super) enum Holding {
    /// It is ours until the guard is dropped.
    Ours(Held),
    /// A client that lives has it.
    Theirs(OwnedBy),
}

/// A client that holds a folder: that submits a launch, say.
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

/// Who holds a folder, as far as it can be seen without taking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A client that lives is at work on it.
    Lives(OwnedBy),
    /// Nobody, any more.
    Gone,
    /// Nobody ever was: a launch is on this machine, or of an earlier version.
    Never,
}

/// What an owner writes of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OwnerRecord {
    pub(super) host: String,
    pub(super) client: ProcessId,
}

/// What can be said of an owner from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Lives,
    Dead,
}

/// Judges an owner by its record, read on the host `here` in the boot `boot`; `liveness` is asked of a process of
/// this boot.
pub(super) fn verdict(
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

/// Takes a folder, unless a client that lives has it.
pub(super) fn hold(folder: &Path) -> Result<Holding, StoreError> {
    let mut pause = Duration::from_millis(10);
    loop {
        let highest = highest_owner(folder)?;
        if let Some(Highest { number, released: false }) = highest
            && let Some(theirs) = living(folder, number)?
        {
            return Ok(Holding::Theirs(theirs));
        }
        let number = highest.map_or(1, |highest| highest.number + 1);
        match Held::take(folder, number) {
            Ok(held) => return Ok(Holding::Ours(held)),
            // Whatever the error was: somebody may have been faster, so there is a fresh look.
            Err(StoreError::Io { .. }) if pause < Duration::from_secs(1) => thread::sleep(pause),
            Err(error) => return Err(error),
        }
        pause *= 2;
    }
}

/// Takes a folder that this process is just filling: nobody else looks for it, so that nothing has to be looked for.
pub(super) fn hold_new(folder: &Path) -> Result<Holding, StoreError> {
    match Held::take(folder, 1) {
        Ok(held) => Ok(Holding::Ours(held)),
        Err(_) => hold(folder),
    }
}

/// Gives the client that holds a folder just now; nothing is written.
pub(super) fn owner(folder: &Path) -> Result<Owner, StoreError> {
    let Some(Highest { number, released }) = highest_owner(folder)? else { return Ok(Owner::Never) };
    if released {
        return Ok(Owner::Gone);
    }
    let path = owner_file(folder, number);
    let age = SystemTime::now().duration_since(modified(&path)?).unwrap_or_default();
    Ok(judge(&path, age).map_or(Owner::Gone, Owner::Lives))
}

/// Names the record with a number.
pub(super) fn owner_file(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("owner.{number}"))
}

/// Gives the name of a record whose client has let go.
fn released(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".released");
    path.with_file_name(name)
}

/// Lists the folder: a cache of names may not know yet of a record that another host has made.
fn highest_owner(folder: &Path) -> Result<Option<Highest>, StoreError> {
    let mut highest: Option<Highest> = None;
    for entry in fs::read_dir(folder).at("list", folder)? {
        let name = entry.at("list", folder)?.file_name();
        let Some(Highest { number, released }) = name.to_str().and_then(Highest::of_name) else { continue };
        if highest.is_none_or(|highest| highest.number < number || highest.number == number && released) {
            highest = Some(Highest { number, released });
        }
    }
    Ok(highest)
}

impl Highest {
    /// Reads the name of a record.
    fn of_name(name: &str) -> Option<Self> {
        let rest = name.strip_prefix("owner.")?;
        let (digits, released) = match rest.strip_suffix(".released") {
            Some(digits) => (digits, true),
            None => (rest, false),
        };
        Some(Self { number: digits.parse().ok()?, released })
    }
}

/// Gives the owner of a record where it lives, by the clock that also stamps the record.
fn living(folder: &Path, number: u64) -> Result<Option<OwnedBy>, StoreError> {
    let path = owner_file(folder, number);
    let touched =
        tempfile::Builder::new().prefix(".clock-").tempfile_in(folder).at("create a file in", folder)?;
    let now = touched.as_file().metadata().and_then(|metadata| metadata.modified());
    let age = now.at("read", touched.path())?.duration_since(modified(&path)?).unwrap_or_default();
    Ok(judge(&path, age))
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

impl Held {
    fn take(folder: &Path, number: u64) -> Result<Self, StoreError> {
        let path = owner_file(folder, number);
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).at("create", &path)?;
        let content = content(&path)?;
        if let Err(error) = file.write_all(&content) {
            // On a disk that is full it would look like a client that has just begun, for minutes.
            let _kept = fs::rename(&path, released(&path));
            return Err(error).at("write", &path);
        }
        drop(file);
        let (stop, stopped) = mpsc::channel();
        let refresh = thread::spawn(move || {
            while matches!(stopped.recv_timeout(REFRESH), Err(RecvTimeoutError::Timeout)) {
                // A record that is gone or cannot be written is noticed before the next thing is done.
                let _unwritten = touch(&path, &content);
            }
        });
        Ok(Self { folder: folder.to_owned(), number, refresh: Some((stop, refresh)) })
    }

    /// Gives the number of its record, which nobody else has or had.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Gives the folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes sure that nobody has taken over meanwhile, as happens to a client that was stopped for minutes.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let ours = Highest { number: self.number, released: false };
        if highest_owner(&self.folder)? == Some(ours) {
            return Ok(());
        }
        Err(StoreError::TakenOver { folder: self.folder.clone() })
    }

    /// Removes the records of those who had it before and let go; only the highest counts.
    pub(super) fn remove_older(&self) {
        for number in (1..self.number).rev() {
            let released = self.folder.join(format!("owner.{number}.released"));
            let dead = owner_file(&self.folder, number);
            if fs::remove_file(released).is_err() && fs::remove_file(dead).is_err() {
                break;
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((stop, refresh)) = self.refresh.take() {
            drop(stop);
            let _panicked = refresh.join();
        }
        let path = owner_file(&self.folder, self.number);
        // Where that fails, this process is seen to be dead, or the record grows old.
        let _kept = fs::rename(&path, released(&path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
