//! The journal of a launch: append-only records, one file for each node and boot.
//!
//! Two mounts of one network folder that append to one file lose lines, hence a file for each node; a killed
//! writer's torn line swallows its neighbour's, hence every record begins and ends with a newline.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::error::{At, StoreError};
use crate::event::{Event, Record, Stopped};

/// What one record may weigh, so that it is written in one piece.
const LONGEST_RECORD: usize = 4096;

/// How long one record may take to be written and to be seen through a network file system.
const ONE_WRITE: Duration = Duration::from_mins(1);

/// Appends to one node's journal.
#[derive(Debug)]
pub struct JournalWriter {
    file: File,
    path: PathBuf,
}

impl JournalWriter {
    /// Opens the journal of one boot of `node` in the launch's folder of events.
    pub fn open(events: &Path, node: &str, boot: &str) -> Result<Self, StoreError> {
        let path = events.join(format!("{}-{boot}.jsonl", file_name(node)));
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).at("open", &path)?;
        Ok(Self { file, path })
    }

    /// Appends what happened now. A process that is killed afterwards loses nothing of it.
    pub fn append(&mut self, event: Event) -> Result<(), StoreError> {
        let record = Record { time: Timestamp::now(), event };
        let mut line = b"\n".to_vec();
        serde_json::to_writer(&mut line, &record)
            .map_err(|source| StoreError::Unreadable { path: self.path.clone(), source })?;
        line.push(b'\n');
        if line.len() > LONGEST_RECORD {
            return Err(StoreError::RecordTooLong { bytes: line.len(), path: self.path.clone() });
        }
        let written = self.file.write(&line).at("append to", &self.path)?;
        if written < line.len() {
            // The newline that begins the next record closes the torn one.
            return Err(io::Error::from(io::ErrorKind::WriteZero)).at("append to", &self.path);
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

    /// Makes everything so far survive a power cut, and visible to the other nodes of a network file system.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_data().at("write", &self.path)
    }
}

/// Keeps a name that is safe in a file name.
fn file_name(node: &str) -> String {
    node.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
}

/// Reads the journals of a launch, each record once, and goes on where it stopped.
#[derive(Debug)]
pub struct JournalReader {
    events: PathBuf,
    read: BTreeMap<PathBuf, u64>,
    unreadable: u64,
    unfinished: u64,
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

    /// Gives the records that are new since the last call, ordered within each node's journal.
    pub fn read_new(&mut self) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::new();
        let entries = match fs::read_dir(&self.events) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(records),
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
            let offset = self.read.entry(path.clone()).or_default();
            let text = read_from(&path, *offset).at("read", &path)?;
            // What follows the last newline is still being written.
            let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            *offset += whole as u64;
            self.unfinished += u64::from(whole < text.len() && is_left(&path));
            for line in text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                match serde_json::from_slice(line) {
                    Ok(record) => records.push(record),
                    Err(_) => self.unreadable += 1,
                }
            }
        }
        Ok(records)
    }
}

/// Tells whether nobody writes to a file any more: the end of its last record then never comes.
fn is_left(path: &Path) -> bool {
    let changed = fs::metadata(path).and_then(|found| found.modified());
    changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > ONE_WRITE))
}

fn read_from(path: &Path, offset: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut text = Vec::new();
    if file.metadata()?.len() > offset {
        file.seek(SeekFrom::Start(offset))?;
        file.read_to_end(&mut text)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranges::Ranges;

    fn stopped(reason: &str) -> Event {
        Event::Stopped(Stopped { runs: Ranges::single(1), reason: reason.to_owned() })
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
    fn a_record_that_could_tear_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::open(dir.path(), "n/1", "boot").unwrap();
        assert!(matches!(writer.append(stopped(&"x".repeat(5000))), Err(StoreError::RecordTooLong { .. })));
        assert!(dir.path().join("n_1-boot.jsonl").is_file());
    }
}
