//! The journal of a launch: append-only records, one file for each node and boot.
//!
//! Two mounts of one network folder that append to one file lose lines, hence a file for each node; a killed
//! writer's torn line swallows its neighbour's, hence every record begins and ends with a newline.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::error::{At, StoreError};
use crate::event::{Event, Record, Stopped};
use crate::process::{Liveness, ProcessId, boot_id};

/// What one record may weigh, so that it is written in one piece.
const LONGEST_RECORD: usize = 4096;

/// How long one record may take to be written and to be seen through a network file system.
const ONE_WRITE: Duration = Duration::from_mins(1);

/// How long one write takes at the most to be seen whole by this very machine, which keeps it in its own memory.
const ONE_WRITE_HERE: Duration = Duration::from_millis(100);

/// Appends to one node's journal.
#[derive(Debug)]
pub struct JournalWriter {
    file: File,
    path: PathBuf,
    /// Records that are not written yet, whole.
    added: Vec<u8>,
    /// The bytes that were written since anybody asked.
    written: u64,
    unsynced: Unsynced,
}

/// How often at the most what was written is made to survive a power cut while more is written.
const SYNC_EVERY: Duration = Duration::from_secs(5);

/// What a power cut may still take.
#[derive(Debug)]
struct Unsynced {
    since: Instant,
    is_some: bool,
    at_work: Option<JoinHandle<io::Result<()>>>,
}

impl JournalWriter {
    /// Opens the journal of one boot of `node` in the launch's folder of events.
    pub fn open(events: &Path, node: &str, boot: &str) -> Result<Self, StoreError> {
        let path = events.join(format!("{}-{boot}.jsonl", file_name(node)));
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).at("open", &path)?;
        Ok(Self { file, path, added: Vec::new(), written: 0, unsynced: Unsynced::default() })
    }

    /// Appends what happened now. A process that is killed afterwards loses nothing of it.
    pub fn append(&mut self, event: Event) -> Result<(), StoreError> {
        self.add(event)?;
        self.flush()
    }

    /// Adds what happened now to what is written next: several records that belong together cost one write.
    pub fn add(&mut self, event: Event) -> Result<(), StoreError> {
        let record = Record { time: Timestamp::now(), event };
        let before = self.added.len();
        self.added.push(b'\n');
        let made = serde_json::to_writer(&mut self.added, &record);
        self.added.push(b'\n');
        let bytes = self.added.len() - before;
        if let Err(source) = made {
            self.added.truncate(before);
            return Err(StoreError::Unreadable { path: self.path.clone(), source });
        }
        if bytes > LONGEST_RECORD {
            self.added.truncate(before);
            return Err(StoreError::RecordTooLong { bytes, path: self.path.clone() });
        }
        if self.added.len() > LONGEST_RECORD {
            let last = self.added.split_off(before);
            self.flush()?;
            self.added = last;
        }
        Ok(())
    }

    /// Writes what was added, in one piece.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        if self.added.is_empty() {
            return Ok(());
        }
        let written = self.file.write(&self.added).at("append to", &self.path);
        let bytes = self.added.len();
        self.added.clear();
        let written = written?;
        self.written += written as u64;
        self.unsynced.is_some = true;
        if written < bytes {
            return Err(why_not_more(&mut self.file)).at("append to", &self.path);
        }
        Ok(())
    }

    /// Appends that runs will not be started, in as many records as their list needs.
    pub fn append_stopped(&mut self, stopped: Stopped) -> Result<(), StoreError> {
        match self.append(Event::Stopped(stopped.clone())) {
            Err(StoreError::RecordTooLong { .. }) if stopped.runs.stretches().len() > 1 => {
                let (first, second) = stopped.runs.halves();
                self.append_stopped(Stopped { runs: first, ..stopped.clone() })?;
                self.append_stopped(Stopped { runs: second, ..stopped })
            }
            done => done,
        }
    }

    /// Makes everything so far survive a power cut, every few seconds, while this process goes on.
    ///
    /// What it cannot do is tried again by [`Self::sync`], which says so.
    pub fn sync_aside(&mut self) {
        let Unsynced { since, is_some, at_work } = &mut self.unsynced;
        let is_free = at_work.as_ref().is_none_or(JoinHandle::is_finished);
        if !*is_some || !is_free || since.elapsed() < SYNC_EVERY {
            return;
        }
        if let Ok(file) = self.file.try_clone() {
            *at_work = Some(thread::spawn(move || file.sync_data()));
        }
        (*since, *is_some) = (Instant::now(), false);
    }

    /// Makes everything so far survive a power cut, and visible to the other nodes of a network file system.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_data().at("write", &self.path)
    }
}

impl Default for Unsynced {
    fn default() -> Self {
        Self { since: Instant::now(), is_some: false, at_work: None }
    }
}

/// Keeps a name that is safe in a file name.
fn file_name(node: &str) -> String {
    node.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
}

/// How many bytes of a journal are in memory at once.
const BLOCK: u64 = 1 << 20;

/// Reads the journals of a launch, each record once, and goes on where it stopped.
#[derive(Debug)]
pub struct JournalReader {
    events: PathBuf,
    read: BTreeMap<PathBuf, Progress>,
    unreadable: u64,
    unfinished: u64,
}

/// How far one journal was read.
#[derive(Debug, Default)]
struct Progress {
    /// Up to where, in bytes.
    offset: u64,
    /// The workers that write, or wrote, to it.
    writers: Vec<ProcessId>,
    /// The size of a torn end that nobody will finish.
    left_at: Option<u64>,
}

impl Progress {
    /// Tells whether what follows the last newline will never be finished. `size` is that of the whole file.
    fn is_left(&mut self, path: &Path, size: u64) -> bool {
        if self.left_at != Some(size) && (is_old(path) || self.is_left_on_this_machine(path, size)) {
            self.left_at = Some(size);
        }
        self.left_at == Some(size)
    }

    /// A record is one write, which a reader on the same machine sees in part for an instant only: what stays as it is
    /// without a worker that lives is all that there will be.
    fn is_left_on_this_machine(&self, path: &Path, size: u64) -> bool {
        let is_of_this_boot =
            path.file_stem().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(&boot_id()));
        if !is_of_this_boot || self.writers.iter().any(|writer| writer.liveness() != Liveness::Gone) {
            return false;
        }
        thread::sleep(ONE_WRITE_HERE);
        fs::metadata(path).is_ok_and(|now| now.len() == size)
    }
}

impl JournalReader {
    /// Reads from the start of every journal in `events`.
    pub fn new(events: PathBuf) -> Self {
        Self { events, read: BTreeMap::new(), unreadable: 0, unfinished: 0 }
    }

    /// Counts the lines so far that could not be read: torn by a kill, or damaged.
    pub fn unreadable(&self) -> u64 {
        self.unreadable + self.unfinished
    }

    /// Gives the records that are new since the last call in the one journal that `writer` appends to, where others
    /// append, too; all but its own where nobody has. That is one system call then.
    pub fn read_beside(&mut self, writer: &mut JournalWriter) -> Result<Vec<Record>, StoreError> {
        let size = writer.file.metadata().at("read", &writer.path)?.len();
        let own = std::mem::take(&mut writer.written);
        if let Some(progress) = self.read.get_mut(&writer.path)
            && progress.offset + own == size
        {
            progress.offset = size;
            return Ok(Vec::new());
        }
        self.read_new()
    }

    /// Gives the records that are new since the last call, ordered within each node's journal.
    pub fn read_new(&mut self) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::new();
        self.read_each(|record| records.push(record))?;
        Ok(records)
    }

    /// Hands over the records that are new since the last call, one at a time: a journal may be longer than what it says
    /// is worth keeping.
    pub fn read_each(&mut self, mut take: impl FnMut(Record)) -> Result<(), StoreError> {
        let entries = match fs::read_dir(&self.events) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).at("list", &self.events),
        };
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in entries {
            let path = entry.at("list", &self.events)?.path();
            if path.extension().is_some_and(|extension| extension == "jsonl") {
                paths.push(path);
            }
        }
        paths.sort_unstable();
        self.unfinished = 0;
        for path in paths {
            let progress = self.read.entry(path.clone()).or_default();
            let mut block = BLOCK;
            loop {
                let text = read_from(&path, progress.offset, block).at("read", &path)?;
                // What follows the last newline is still being written, or is the start of the next block.
                let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
                let size = progress.offset + text.len() as u64;
                progress.offset += whole as u64;
                for line in text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    match serde_json::from_slice::<Record>(line) {
                        Ok(record) => {
                            if let Event::Worker(worker) = &record.event {
                                progress.writers.push(worker.process.clone());
                            }
                            take(record);
                        }
                        Err(_) => self.unreadable += 1,
                    }
                }
                if (text.len() as u64) < block {
                    self.unfinished += u64::from(whole < text.len() && progress.is_left(&path, size));
                    break;
                }
                if whole == 0 {
                    // Damage: no record is that long.
                    block *= 2;
                }
            }
        }
        Ok(())
    }
}

/// Tells whether nobody has written to a file for long: the end of its last record then never comes.
fn is_old(path: &Path) -> bool {
    let changed = fs::metadata(path).and_then(|found| found.modified());
    changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > ONE_WRITE))
}

/// Reads up to `most` bytes from an offset on.
fn read_from(path: &Path, offset: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut text = Vec::new();
    if file.metadata()?.len() > offset {
        file.seek(SeekFrom::Start(offset))?;
        file.take(most).read_to_end(&mut text)?;
    }
    Ok(text)
}

/// Asks the system why it took a part of a record only: with one more newline, which tears nothing. That which begins the
/// next record closes the torn one.
fn why_not_more(file: &mut impl Write) -> io::Error {
    file.write_all(b"\n").err().unwrap_or_else(|| io::ErrorKind::WriteZero.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Worker;
    use crate::ranges::Ranges;

    fn stopped(reason: &str) -> Event {
        Event::Stopped(Stopped { runs: Ranges::single(1), reason: reason.to_owned() })
    }

    #[test]
    fn a_journal_longer_than_what_is_read_at_once_is_read_whole_and_what_is_no_record_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("n1-boot.jsonl");
        let line = |place: u64| {
            let event = Event::Stopped(Stopped { runs: Ranges::single(place), reason: "x".repeat(3000) });
            format!("\n{}\n", serde_json::to_string(&Record { time: Timestamp::now(), event }).unwrap())
        };
        let damage = "y".repeat(3 * usize::try_from(BLOCK).unwrap());
        let text: String =
            (0..400).map(line).chain([damage, line(400)]).chain((401..800).map(line)).collect();
        fs::write(&path, text).unwrap();
        let mut reader = JournalReader::new(dir.path().to_owned());
        let mut runs = Vec::new();
        reader
            .read_each(|record| {
                let Event::Stopped(Stopped { runs: of, .. }) = record.event else { panic!() };
                runs.extend(of.iter());
            })
            .unwrap();
        assert_eq!(runs, (0..800).collect::<Vec<_>>());
        assert_eq!(reader.unreadable(), 1);
        assert!(reader.read_new().unwrap().is_empty());
    }

    #[test]
    fn a_reader_gets_every_record_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::open(dir.path(), "n1", "boot").unwrap();
        let mut reader = JournalReader::new(dir.path().to_owned());
        assert!(reader.read_new().unwrap().is_empty());
        writer.append(stopped("one")).unwrap();
        assert_eq!(reader.read_new().unwrap().len(), 1);
        writer.append(stopped("two")).unwrap();
        let new = reader.read_new().unwrap();
        assert_eq!(new.iter().map(|record| &record.event).collect::<Vec<_>>(), [&stopped("two")]);
    }

    #[test]
    fn a_torn_line_costs_itself_alone() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::open(dir.path(), "n1", "boot").unwrap();
        writer.append(stopped("one")).unwrap();
        writer.file.write_all(b"\n{\"time\":\"2026-01").unwrap();
        writer.append(stopped("two")).unwrap();
        writer.file.write_all(b"\n\xff\n").unwrap();
        let mut reader = JournalReader::new(dir.path().to_owned());
        assert_eq!(reader.read_new().unwrap().len(), 2);
        assert_eq!(reader.unreadable(), 2);
    }

    #[test]
    fn a_last_line_that_nobody_finishes_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::open(dir.path(), "n1", "boot").unwrap();
        writer.append(stopped("one")).unwrap();
        writer.file.write_all(b"\n{\"time\":\"2026-01").unwrap();
        let mut reader = JournalReader::new(dir.path().to_owned());
        assert_eq!(reader.read_new().unwrap().len(), 1);
        assert_eq!(reader.unreadable(), 0, "it may still be written");
        writer.file.set_modified(std::time::SystemTime::now() - Duration::from_hours(1)).unwrap();
        assert_eq!(reader.read_new().unwrap().len(), 0);
        assert_eq!(reader.read_new().unwrap().len(), 0);
        assert_eq!(reader.unreadable(), 1);
    }

    #[test]
    fn the_torn_end_of_a_dead_worker_of_this_machine_is_lost_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let torn = |node: &str, boot: &str, process: ProcessId| {
            let mut writer = JournalWriter::open(dir.path(), node, boot).unwrap();
            let (key, version) = ("k".to_owned(), "0".to_owned());
            let worker = Worker { key, node: node.to_owned(), process, job: None, version };
            writer.append(Event::Worker(worker)).unwrap();
            writer.file.write_all(b"\n{\"time\":\"2026-01").unwrap();
        };
        let dead = ProcessId { start: 1, ..ProcessId::current() };
        let unreadable = || {
            let mut reader = JournalReader::new(dir.path().to_owned());
            reader.read_new().unwrap();
            reader.unreadable()
        };
        torn("n1", &boot_id(), ProcessId::current());
        torn("n2", "another boot", dead.clone());
        assert_eq!(unreadable(), 0, "they may still be written");
        torn("n3", &boot_id(), dead);
        assert_eq!(unreadable(), 1);
    }

    #[test]
    fn a_record_that_could_tear_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::open(dir.path(), "n/1", "boot").unwrap();
        assert!(matches!(writer.append(stopped(&"x".repeat(5000))), Err(StoreError::RecordTooLong { .. })));
        assert!(dir.path().join("n_1-boot.jsonl").is_file());
    }

    #[test]
    fn a_disk_that_takes_a_part_is_asked_why() {
        let mut full = File::options().write(true).open("/dev/full").unwrap();
        assert_eq!(why_not_more(&mut full).kind(), io::ErrorKind::StorageFull);
        assert_eq!(why_not_more(&mut Vec::new()).kind(), io::ErrorKind::WriteZero);
    }
}
