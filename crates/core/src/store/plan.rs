//! The plan on disk: a line a run, and where each line starts, so that a worker reads its own line alone.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::atomic::Batch;
use super::error::{At, StoreError};
use crate::plan::{Argument, Plan};

/// The width of one entry of the index: fifteen digits and a newline.
const ENTRY: u64 = 16;

/// One run, as the plan on disk has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlannedRun {
    /// The number in the launch.
    pub run: u64,
    /// Which repeat of its point.
    pub repeat: u64,
    /// The point, a JSON object with its numbers as the user wrote them.
    pub params: Box<RawValue>,
    /// The program and its arguments.
    pub argv: Vec<Argument>,
}

/// Writes the plan and its index, to be made durable with the rest of the batch.
pub(super) fn write(batch: &mut Batch, runs: &Path, index: &Path, plan: &Plan) -> Result<(), StoreError> {
    let mut lines = BufWriter::with_capacity(1 << 16, batch.create(runs)?);
    let mut starts = BufWriter::with_capacity(1 << 14, batch.create(index)?);
    let mut offset = 0;
    let mut line = Vec::new();
    for run in plan.runs() {
        let planned = PlannedRun {
            run: run.number,
            repeat: run.repeat,
            params: RawValue::from_string(run.params).map_err(unreadable(runs))?,
            argv: run.argv.into_iter().map(Argument).collect(),
        };
        line.clear();
        serde_json::to_writer(&mut line, &planned).map_err(unreadable(runs))?;
        line.push(b'\n');
        writeln!(starts, "{offset:015}").at("write", index)?;
        offset += line.len() as u64;
        lines.write_all(&line).at("write", runs)?;
    }
    lines.flush().at("write", runs)?;
    starts.flush().at("write", index)
}

fn unreadable(path: &Path) -> impl Fn(serde_json::Error) -> StoreError + '_ {
    |source| StoreError::Unreadable { path: path.to_owned(), source }
}

/// Reads the plan of a launch.
#[derive(Debug)]
pub struct PlanReader {
    runs: PathBuf,
    lines: File,
    index: PathBuf,
    starts: File,
}

impl PlanReader {
    pub(super) fn open(runs: PathBuf, index: PathBuf) -> Result<Self, StoreError> {
        let lines = File::open(&runs).at("open", &runs)?;
        let starts = File::open(&index).at("open", &index)?;
        Ok(Self { runs, lines, index, starts })
    }

    /// Reads one run: two small reads, whatever the size of the plan.
    pub fn run(&self, number: u64) -> Result<PlannedRun, StoreError> {
        let start = self.start(number)?;
        let mut lines = BufReader::new(ReadFrom { file: &self.lines, offset: start });
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line).at("read", &self.runs)?;
        serde_json::from_slice(&line).map_err(unreadable(&self.runs))
    }

    /// Reads every run in order.
    pub fn all(&self) -> impl Iterator<Item = Result<PlannedRun, StoreError>> + '_ {
        BufReader::with_capacity(1 << 16, ReadFrom { file: &self.lines, offset: 0 })
            .split(b'\n')
            .map(|line| serde_json::from_slice(&line.at("read", &self.runs)?).map_err(unreadable(&self.runs)))
    }

    fn start(&self, number: u64) -> Result<u64, StoreError> {
        let mut entry = [0; 15];
        self.starts.read_exact_at(&mut entry, number * ENTRY).at("read", &self.index)?;
        let digits = std::str::from_utf8(&entry).ok().and_then(|digits| digits.parse().ok());
        digits.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidData)).at("read", &self.index)
    }
}

/// Reads a file from a place on without moving its shared offset.
struct ReadFrom<'a> {
    file: &'a File,
    offset: u64,
}

impl std::io::Read for ReadFrom<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl PlannedRun {
    /// Gives the program and its arguments in the system's form.
    pub fn command(&self) -> Vec<OsString> {
        self.argv.iter().map(|argument| argument.0.clone()).collect()
    }
}
