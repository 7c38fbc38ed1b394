//! The plan on disk: a line a run, and where each line starts, so that a worker reads its own line alone.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::atomic::Batch;
use super::error::{At, LostLine, StoreError};
use crate::plan::{Argument, Plan};
use crate::sweep::RunNames;

/// The width of one entry of the index: fifteen digits and a newline.
const ENTRY: u64 = 16;

/// One run, as the plan on disk has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlannedRun {
    /// The number in the launch.
    pub run: u64,
    /// Which repeat of its point.
    pub repeat: u64,
    /// Its name in the launch; launches of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The point, a JSON object with its numbers as the user wrote them.
    pub params: Box<RawValue>,
    /// The program and its arguments.
    pub argv: Vec<Argument>,
    /// Variables of the environment that give parameters to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// What values are called that have names of their own, by parameter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Which point and repeat a run is, and nothing of how it is executed.
#[derive(Debug, Clone, Deserialize)]
pub struct PlannedPoint {
    /// The number in the launch.
    pub run: u64,
    /// Which repeat of its point.
    pub repeat: u64,
    /// The point, a JSON object.
    pub params: Box<RawValue>,
}

/// Writes the plan and its index, to be made durable with the rest of the batch.
pub(super) fn write(
    batch: &mut Batch,
    runs: &Path,
    index: &Path,
    plan: &Plan,
    names: &RunNames<'_>,
) -> Result<(), StoreError> {
    let mut lines = BufWriter::with_capacity(1 << 16, batch.create(runs)?);
    let mut starts = BufWriter::with_capacity(1 << 14, batch.create(index)?);
    let mut offset = 0;
    let mut line = PlanLine::new(plan, names).map_err(unreadable(runs))?;
    for number in 0..plan.len() {
        let line = line.of(number).map_err(unreadable(runs))?;
        starts.write_all(&entry(offset)).at("write", index)?;
        offset += line.len() as u64;
        lines.write_all(line).at("write", runs)?;
    }
    lines.flush().at("write", runs)?;
    starts.flush().at("write", index)
}

/// Writes the lines of a plan, each as [`PlannedRun`] reads it, without making the runs.
struct PlanLine<'a> {
    plan: &'a Plan,
    names: &'a RunNames<'a>,
    name: String,
    command: String,
    params: String,
    line: Vec<u8>,
}

impl<'a> PlanLine<'a> {
    fn new(plan: &'a Plan, names: &'a RunNames<'a>) -> serde_json::Result<Self> {
        let mut command = String::new();
        for word in plan.shared_arguments() {
            command.push_str(&serde_json::to_string(&Argument(word.clone()))?);
            command.push(',');
        }
        Ok(Self { plan, names, name: String::new(), command, params: String::new(), line: Vec::new() })
    }

    fn of(&mut self, number: u64) -> serde_json::Result<&[u8]> {
        let Self { plan, names, name, command, params, line } = self;
        params.clear();
        name.clear();
        let planned = plan.at(number);
        planned.write_params(params);
        planned.write_name(names, name);
        line.clear();
        line.extend_from_slice(b"{\"run\":");
        serde_json::to_writer(&mut *line, &number)?;
        line.extend_from_slice(b",\"repeat\":");
        serde_json::to_writer(&mut *line, &planned.repeat())?;
        if !name.is_empty() {
            line.extend_from_slice(b",\"name\":");
            serde_json::to_writer(&mut *line, name)?;
        }
        line.extend_from_slice(b",\"params\":");
        line.extend_from_slice(params.as_bytes());
        line.extend_from_slice(b",\"argv\":[");
        line.extend_from_slice(command.as_bytes());
        for word in planned.own_arguments() {
            match word.to_str() {
                Some(text) => serde_json::to_writer(&mut *line, text)?,
                None => serde_json::to_writer(&mut *line, &Argument(word.to_owned()))?,
            }
            line.push(b',');
        }
        if line.last() == Some(&b',') {
            line.pop();
        }
        line.push(b']');
        let env: BTreeMap<_, _> = planned.variables().map(|(name, value)| (name, value)).collect();
        if !env.is_empty() {
            line.extend_from_slice(b",\"env\":");
            serde_json::to_writer(&mut *line, &env)?;
        }
        let labels: BTreeMap<_, _> = planned.labels().collect();
        if !labels.is_empty() {
            line.extend_from_slice(b",\"labels\":");
            serde_json::to_writer(&mut *line, &labels)?;
        }
        line.extend_from_slice(b"}\n");
        Ok(line)
    }
}

/// Writes an entry of the index: fifteen digits and a newline.
fn entry(offset: u64) -> [u8; 16] {
    let mut entry = *b"000000000000000\n";
    let mut rest = offset;
    for digit in entry[..15].iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    entry
}

fn unreadable(path: &Path) -> impl Fn(serde_json::Error) -> StoreError + '_ {
    |source| StoreError::Unreadable { path: path.to_owned(), source }
}

fn not_planned(path: &Path, run: u64, how: LostLine) -> StoreError {
    StoreError::NotPlanned { path: path.to_owned(), run, how }
}

/// Reads the line of a run.
fn parse<T: DeserializeOwned>(line: &[u8], path: &Path, run: u64) -> Result<T, StoreError> {
    serde_json::from_slice(line).map_err(|error| {
        let how = match line {
            [] => LostLine::Missing,
            _ if error.is_eof() => LostLine::Cut,
            _ => LostLine::Damaged,
        };
        not_planned(path, run, how)
    })
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
        let planned: PlannedRun = parse(line.strip_suffix(b"\n").unwrap_or(&line), &self.runs, number)?;
        // Whoever changed the file has moved its lines.
        if planned.run == number {
            Ok(planned)
        } else {
            Err(not_planned(&self.runs, number, LostLine::Damaged))
        }
    }

    /// Reads every run in order.
    pub fn all(&self) -> impl Iterator<Item = Result<PlannedRun, StoreError>> + '_ {
        self.each()
    }

    /// Reads the point and the repeat of every run in order: a third of the work of reading them whole.
    pub fn points(&self) -> impl Iterator<Item = Result<PlannedPoint, StoreError>> + '_ {
        self.each()
    }

    /// Reads every line in order, and tells where there are fewer than the index has: a file that was cut between two
    /// lines looks whole.
    fn each<T: DeserializeOwned>(&self) -> impl Iterator<Item = Result<T, StoreError>> + '_ {
        let text = BufReader::with_capacity(1 << 16, ReadFrom { file: &self.lines, offset: 0 });
        let (mut lines, mut next) = (text.split(b'\n'), 0);
        std::iter::from_fn(move || {
            let run = next;
            next += 1;
            match lines.next() {
                Some(line) => {
                    Some(line.at("read", &self.runs).and_then(|line| parse(&line, &self.runs, run)))
                }
                None if self.starts.metadata().is_ok_and(|index| run * ENTRY < index.len()) => {
                    next = u64::MAX / ENTRY;
                    Some(Err(not_planned(&self.runs, run, LostLine::Missing)))
                }
                None => None,
            }
        })
    }

    fn start(&self, number: u64) -> Result<u64, StoreError> {
        let mut entry = [0; 15];
        match self.starts.read_exact_at(&mut entry, number * ENTRY) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(not_planned(&self.index, number, LostLine::Missing));
            }
            read => read.at("read", &self.index)?,
        }
        let digits = std::str::from_utf8(&entry).ok().and_then(|digits| digits.parse().ok());
        digits.ok_or_else(|| not_planned(&self.index, number, LostLine::Damaged))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Source;
    use crate::plan::{Earlier, Run};
    use crate::sweep::Sweep;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn every_run_is_read_as_it_was_planned() {
        let text = r#"{"lr": [0.10, 1e-4, null], "name": ["a \"b\"\n", {"value": "ü", "label": "\"u\""}]}"#;
        let sweep = Sweep::read(&Source { name: "params.json".to_owned(), text: text.to_owned() }).unwrap();
        let command = vec!["python".into(), OsString::from_vec(vec![b'x', 0xff])];
        let plan = Plan::new(command, Some(sweep), 2).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (runs, index) = (dir.path().join("runs"), dir.path().join("index"));
        let mut batch = Batch::default();
        write(&mut batch, &runs, &index, &plan, &plan.names("train")).unwrap();
        batch.sync().unwrap();
        let reader = PlanReader::open(runs, index).unwrap();
        let all: Vec<PlannedRun> = reader.all().map(Result::unwrap).collect();
        assert_eq!(all.len() as u64, plan.len());
        for (planned, meant) in all.iter().zip(plan.runs()) {
            let alone = reader.run(meant.number).unwrap();
            for read in [planned, &alone] {
                assert_eq!((read.run, read.repeat), (meant.number, meant.repeat));
                assert_eq!((read.params.get(), read.command()), (meant.params.as_str(), meant.argv.clone()));
                assert_eq!(listed(&read.labels), meant.labels);
            }
        }
        let names: Vec<_> = all.iter().filter_map(|run| run.name.as_deref()).collect();
        assert_eq!(names.len() as u64, plan.len());
        assert_eq!(names[..3], ["lr0.10-name-a_b-r0", "lr0.10-name-a_b-r1", "lr0.10-name-u-r0"]);
    }

    fn listed(map: &BTreeMap<String, String>) -> Vec<(String, String)> {
        map.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    #[test]
    fn runs_of_an_earlier_plan_are_written_as_they_stood_there() {
        let dir = tempfile::tempdir().unwrap();
        let run = |number, repeat, word: &[u8]| Run {
            variables: Vec::new(),
            name: (number == 7).then(|| "lr1e-4-r1".to_owned()),
            labels: vec![("lr".to_owned(), "small".to_owned())],
            number,
            repeat,
            params: r#"{"lr":1e-4}"#.to_owned(),
            argv: vec!["python".into(), OsString::from_vec(word.to_vec())],
        };
        let runs = vec![run(7, 1, b"--lr=1e-4"), run(3, 0, b"\xff,]")];
        let plan = Plan::again(Earlier {
            command: vec!["python".into()],
            parameters: vec!["lr".to_owned()],
            repeats: 2,
            runs: runs.clone(),
        })
        .unwrap();
        let (lines, index) = (dir.path().join("runs"), dir.path().join("index"));
        let mut batch = Batch::default();
        write(&mut batch, &lines, &index, &plan, &plan.names("train")).unwrap();
        batch.sync().unwrap();
        let read: Vec<PlannedRun> =
            PlanReader::open(lines, index).unwrap().all().map(Result::unwrap).collect();
        assert_eq!(read.iter().map(|run| (run.run, run.repeat)).collect::<Vec<_>>(), [(0, 1), (1, 0)]);
        for (read, meant) in read.iter().zip(&runs) {
            assert_eq!((read.params.get(), read.command()), (meant.params.as_str(), meant.argv.clone()));
            assert_eq!((&read.name, listed(&read.labels)), (&meant.name, meant.labels.clone()));
        }
        assert_eq!(plan.parameter_names().collect::<Vec<_>>(), ["lr"]);
    }

    #[test]
    fn what_is_cut_damaged_or_moved_is_told_by_its_run() {
        let plan = Plan::new(vec!["true".into()], None, 3).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (runs, index) = (dir.path().join("runs"), dir.path().join("index"));
        let mut batch = Batch::default();
        write(&mut batch, &runs, &index, &plan, &plan.names("train")).unwrap();
        batch.sync().unwrap();
        let whole = std::fs::read_to_string(&runs).unwrap();
        let second = whole.find('\n').unwrap() + 1;
        let third = second + whole[second..].find('\n').unwrap() + 1;
        let told = |text: &str| {
            std::fs::write(&runs, text).unwrap();
            let reader = PlanReader::open(runs.clone(), index.clone()).unwrap();
            let all: Result<Vec<_>, _> = reader.all().collect();
            let points: Result<Vec<_>, _> = reader.points().collect();
            let told = all.map(drop).unwrap_err();
            assert_eq!(told.to_string(), points.map(drop).unwrap_err().to_string());
            match (told, reader.run(0), reader.run(2)) {
                (StoreError::NotPlanned { run, how, .. }, first, third) => {
                    (run, how, first.is_ok(), third.is_ok())
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(told(""), (0, LostLine::Missing, false, false));
        assert_eq!(told(&whole[..third]), (2, LostLine::Missing, true, false), "cut between two lines");
        assert_eq!(told(&whole[..third + 9]), (2, LostLine::Cut, true, false));
        assert_eq!(told(&whole.replacen("{\"run\":1", "{garbage", 1)), (1, LostLine::Damaged, true, true));
        // Lines as long as those that stood there.
        std::fs::write(&runs, whole.replacen("\"run\":2", "\"run\":1", 1)).unwrap();
        assert!(PlanReader::open(runs, index).unwrap().run(2).is_err(), "another run's arguments");
    }

    #[test]
    fn an_entry_has_its_width() {
        assert_eq!(&entry(0), b"000000000000000\n");
        assert_eq!(&entry(120_345), b"000000000120345\n");
    }
}
