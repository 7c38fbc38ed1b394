//! What was submitted: the intent before sbatch is called, and what Slurm answered.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::{At, StoreError};
use crate::process::{ProcessId, host};
use crate::ranges::Ranges;
use crate::resources::Resources;

/// One line of the record of submissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmissionRecord {
    /// When it was written.
    pub time: Timestamp,
    /// Which submission of the launch it is about, from 0.
    pub submission: u32,
    /// What happened.
    pub event: SubmissionEvent,
}

/// What happened to a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubmissionEvent {
    /// It is about to be made, by this process of this host.
    Intent {
        /// What is submitted.
        chunk: Chunk,
        /// The host of the client.
        host: String,
        /// The client.
        client: ProcessId,
        /// The options for the scheduler, where they are not the launch's own.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        options: Option<Resources>,
    },
    /// Slurm accepted it as this job.
    Accepted {
        /// Slurm's id of the job, or of the array.
        job: u32,
    },
    /// Slurm refused it for good.
    Refused {
        /// Slurm's words.
        words: String,
    },
    /// Whether Slurm has it is not known.
    Uncertain {
        /// What was seen.
        words: String,
    },
    /// Slurm surely has nothing of it: its runs are as if they had never been handed over.
    Void {
        /// Why: the words of a queue that is full, say.
        words: String,
    },
    /// Runs that were cancelled before they were handed over, and will not be. It is about the launch.
    Withdrawn {
        /// The runs.
        runs: Ranges,
    },
}

impl From<Answer> for SubmissionEvent {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Accepted(job) => Self::Accepted { job },
            Answer::Refused(words) => Self::Refused { words },
            Answer::Uncertain(words) => Self::Uncertain { words },
        }
    }
}

/// The runs that one submission hands to workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// The key of the submission: in the name of its job, and in the records of its workers.
    pub key: String,
    /// The runs.
    pub runs: Ranges,
    /// What is added to a task's index to get its run.
    pub base: u64,
    /// Whether it is an array; a single run needs none.
    pub array: bool,
    /// The number of the attempts that it makes.
    pub attempt: u32,
}

/// One submission as far as its story goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its number in the launch.
    pub number: u32,
    /// What was submitted.
    pub chunk: Chunk,
    /// When it was intended.
    pub time: Timestamp,
    /// The host of the client.
    pub host: String,
    /// The client.
    pub client: ProcessId,
    /// The options for the scheduler, where they are not the launch's own.
    pub options: Option<Resources>,
    /// What Slurm answered; nothing while its client still works on it, or where that was killed.
    pub answer: Option<Answer>,
}

/// What Slurm answered to a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is this job.
    Accepted(u32),
    /// Slurm refused it, with these words.
    Refused(String),
    /// It may be in the queue or not; this was seen.
    Uncertain(String),
}

/// Every submission of a launch, in their order; those of which Slurm surely has nothing are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Submissions {
    list: Vec<Submission>,
    withdrawn: Ranges,
    next: u32,
    unreadable: u64,
    damage: Option<Damage>,
}

/// Where a record of submissions was damaged, so that some submission may be missing in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// This line, counted from 1, holds something else than a record.
    Line(usize),
    /// The intent of this submission is missing, though later records are there.
    NoIntent(u32),
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line} is damaged"),
            Self::NoIntent(number) => write!(f, "the intent of submission {number} is missing"),
        }
    }
}

impl Submissions {
    pub(super) fn read(path: &Path) -> Result<Self, StoreError> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).at("read", path),
        };
        Ok(Self::parse(&text))
    }

    fn parse(text: &[u8]) -> Self {
        let (mut records, mut unreadable, mut damaged) = (Vec::new(), 0, None);
        let mut lines = text.split(|byte| *byte == b'\n').zip(1..).peekable();
        while let Some((line, number)) = lines.next() {
            match serde_json::from_slice(line) {
                Ok(record) => records.push(record),
                Err(_) if line.is_empty() => {}
                // It is still being written.
                Err(error) if error.is_eof() && lines.peek().is_none() => {}
                // A torn line is one whose client died before it did what it says: its submission stays open.
                Err(error) if error.is_eof() => unreadable += 1,
                Err(_) => {
                    unreadable += 1;
                    damaged = damaged.or(Some(Damage::Line(number)));
                }
            }
        }
        let read: Self = records.into_iter().collect();
        Self { unreadable, damage: damaged.or(read.damage), ..read }
    }

    /// Appends a record, durably; only the launch's owner may.
    pub(super) fn append(path: &Path, record: &SubmissionRecord) -> Result<(), StoreError> {
        let line = line(path, record)?;
        let mut file = File::options().append(true).create(true).mode(0o600).open(path).at("open", path)?;
        file.write_all(&line).and_then(|()| file.sync_data()).at("append to", path)
    }

    /// Gives them in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Submission> {
        self.list.iter()
    }

    /// Takes note of the job of a submission whose answer was lost; what Slurm answered itself stays.
    pub fn adopt(&mut self, number: u32, job: u32) {
        let lost =
            self.list.iter_mut().find(|submission| submission.number == number && submission.is_lost());
        if let Some(submission) = lost {
            submission.answer = Some(Answer::Accepted(job));
        }
    }

    /// Counts the lines that could not be read.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Gives the first place where a submission may be missing: what is not handed over is not known then.
    pub fn damage(&self) -> Option<Damage> {
        self.damage
    }

    /// Gives the number of the next submission.
    pub fn next_number(&self) -> u32 {
        self.next
    }

    /// Gives the runs that were cancelled before they were handed over.
    pub fn withdrawn(&self) -> &Ranges {
        &self.withdrawn
    }

    /// Gives the runs of a launch of `runs` runs that were never handed over and still should be.
    pub fn unhanded(&self, runs: u64) -> Ranges {
        let handed = self.list.iter().map(|submission| submission.chunk.runs.clone());
        let settled: Ranges = handed.chain([self.withdrawn.clone()]).collect();
        Ranges::span(0, runs.saturating_sub(1)).without(&settled)
    }

    /// Gives the runs that Slurm has taken at least once.
    pub fn accepted(&self) -> Ranges {
        let accepted = self.list.iter().filter(|submission| submission.job().is_some());
        accepted.map(|submission| submission.chunk.runs.clone()).collect()
    }

    /// Tells whether a launch of `runs` runs is half submitted, where no client is at work on it: a run was never
    /// handed over, or an answer was lost. That is for launches on a scheduler alone.
    pub fn needs_resume(&self, runs: u64) -> bool {
        self.list.iter().any(Submission::is_lost) || !self.unhanded(runs).is_empty()
    }

    /// Gives the latest submission that holds `run`.
    pub fn of_run(&self, run: u64) -> Option<&Submission> {
        self.list.iter().rev().find(|submission| submission.chunk.runs.contains(run))
    }
}

/// Writes a record as a line of its own, whatever stands before it.
pub(super) fn line(path: &Path, record: &SubmissionRecord) -> Result<Vec<u8>, StoreError> {
    let mut line = b"\n".to_vec();
    serde_json::to_writer(&mut line, record)
        .map_err(|source| StoreError::Unreadable { path: path.to_owned(), source })?;
    line.push(b'\n');
    Ok(line)
}

impl FromIterator<SubmissionRecord> for Submissions {
    fn from_iter<I: IntoIterator<Item = SubmissionRecord>>(records: I) -> Self {
        let mut all = Self::default();
        for SubmissionRecord { time, submission: number, event } in records {
            let missing = match event {
                SubmissionEvent::Withdrawn { .. } => None,
                SubmissionEvent::Intent { .. } => (number > all.next).then_some(all.next),
                SubmissionEvent::Accepted { .. }
                | SubmissionEvent::Refused { .. }
                | SubmissionEvent::Uncertain { .. }
                | SubmissionEvent::Void { .. } => (number >= all.next).then_some(number),
            };
            all.damage = all.damage.or(missing.map(Damage::NoIntent));
            let answer = match event {
                SubmissionEvent::Intent { chunk, host, client, options } => {
                    all.next = all.next.max(number.saturating_add(1));
                    all.list.retain(|submission| submission.number != number);
                    all.list.push(Submission { number, chunk, time, host, client, options, answer: None });
                    continue;
                }
                SubmissionEvent::Withdrawn { runs } => {
                    all.withdrawn = [all.withdrawn, runs].into_iter().collect();
                    continue;
                }
                SubmissionEvent::Void { .. } => {
                    all.list.retain(|submission| submission.number != number);
                    continue;
                }
                SubmissionEvent::Accepted { job } => Answer::Accepted(job),
                SubmissionEvent::Refused { words } => Answer::Refused(words),
                SubmissionEvent::Uncertain { words } => Answer::Uncertain(words),
            };
            if let Some(submission) = all.list.iter_mut().rfind(|submission| submission.number == number) {
                submission.answer = Some(answer);
            }
        }
        all
    }
}

impl SubmissionRecord {
    /// Records that this process is about to make submission `submission` of a launch.
    pub fn intent(submission: u32, chunk: Chunk) -> Self {
        Self::intent_with(submission, chunk, None)
    }

    /// The same, with options for the scheduler that are not the launch's own.
    pub fn intent_with(submission: u32, chunk: Chunk, options: Option<Resources>) -> Self {
        let event = SubmissionEvent::Intent { chunk, host: host(), client: ProcessId::current(), options };
        Self { time: Timestamp::now(), submission, event }
    }

    /// Records something that happened now.
    pub fn now(submission: u32, event: SubmissionEvent) -> Self {
        Self { time: Timestamp::now(), submission, event }
    }
}

impl Submission {
    /// Tells whether it may be in the queue without its job being known.
    pub fn is_lost(&self) -> bool {
        matches!(self.answer, None | Some(Answer::Uncertain(_)))
    }

    /// Gives the job that Slurm accepted it as.
    pub fn job(&self) -> Option<u32> {
        match self.answer {
            Some(Answer::Accepted(job)) => Some(job),
            Some(Answer::Refused(_) | Answer::Uncertain(_)) | None => None,
        }
    }

    /// Gives the task that executes `run`, as Slurm addresses it: `4711_3`, or `4711` where it is no array.
    pub fn task(&self, run: u64) -> Option<String> {
        self.job().map(|job| match self.chunk.array {
            true => format!("{job}_{}", run - self.chunk.base),
            false => job.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{Resource, Setting};

    fn intent(number: u32, runs: &str) -> SubmissionRecord {
        let chunk = Chunk {
            key: format!("key-{number}"),
            runs: runs.parse().unwrap(),
            base: 0,
            array: true,
            attempt: 1,
        };
        SubmissionRecord::intent(number, chunk)
    }

    fn accepted(number: u32) -> SubmissionRecord {
        SubmissionRecord::now(number, SubmissionEvent::Accepted { job: 100 + number })
    }

    fn void(number: u32) -> SubmissionRecord {
        SubmissionRecord::now(number, SubmissionEvent::Void { words: "full".to_owned() })
    }

    fn withdrawn(runs: &str) -> SubmissionRecord {
        SubmissionRecord::now(9, SubmissionEvent::Withdrawn { runs: runs.parse().unwrap() })
    }

    fn read(records: impl IntoIterator<Item = SubmissionRecord>) -> Submissions {
        records.into_iter().collect()
    }

    #[test]
    fn what_no_submission_holds_is_not_handed_over() {
        assert!(read([]).needs_resume(1));
        let half = read([intent(0, "0-4"), accepted(0)]);
        assert_eq!((half.unhanded(12).to_string(), half.needs_resume(12)), ("5-11".to_owned(), true));
        assert!(!half.needs_resume(5));
        // A refused submission was answered; `neu retry` is for it.
        let refused = SubmissionRecord::now(0, SubmissionEvent::Refused { words: "no".to_owned() });
        assert!(!read([intent(0, "0-4"), refused]).needs_resume(5));
    }

    #[test]
    fn an_answer_that_is_lost_needs_somebody() {
        let uncertain = || SubmissionRecord::now(0, SubmissionEvent::Uncertain { words: "?".to_owned() });
        assert!(read([intent(0, "0-4")]).needs_resume(5));
        assert!(read([intent(0, "0-4"), uncertain()]).needs_resume(5));
        assert!(!read([intent(0, "0-4"), uncertain(), accepted(0)]).needs_resume(5));
    }

    #[test]
    fn a_void_submission_is_as_if_it_had_never_been_but_its_number_is_gone() {
        let void = read([intent(0, "0-4"), void(0)]);
        assert_eq!((void.iter().count(), void.next_number()), (0, 1));
        assert_eq!(void.unhanded(5).to_string(), "0-4");
    }

    #[test]
    fn what_was_withdrawn_is_not_handed_over_unless_it_is_asked_for_again() {
        let records = || [intent(0, "0-4"), void(0), withdrawn("0-2,4")];
        let some = read(records());
        assert_eq!((some.unhanded(5).to_string(), some.next_number()), ("3".to_owned(), 1));
        let retried = read(records().into_iter().chain([intent(1, "2"), accepted(1)]));
        assert_eq!(retried.unhanded(5).to_string(), "3");
        assert_eq!(retried.of_run(2).map(|submission| submission.number), Some(1));
    }

    #[test]
    fn records_of_the_first_version_are_read_and_unknown_ones_skipped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("submissions.jsonl");
        let text = r#"
{"time":"2026-11-23T00:00:00Z","submission":0,"event":{"intent":{"chunk":{"key":"k","runs":"0-1","base":0,"array":true,"attempt":1},"host":"h","client":{"pid":1,"start":2,"boot":"b"}}}}

{"time":"2026-11-23T00:00:01Z","submission":0,"event":{"accepted":{"job":67}}}
{"time":"2026-11-23T00:00:02Z","submission":0,"event":{"of-the-future":{}}}
{"time":"2026-11-23T00:00:03Z","submi"#;
        fs::write(&path, text).unwrap();
        let read = Submissions::read(&path).unwrap();
        let only = read.iter().next().unwrap();
        assert_eq!((only.job(), only.options.clone(), read.needs_resume(2)), (Some(67), None, false));
    }

    fn text(lines: impl IntoIterator<Item = SubmissionRecord>) -> Vec<String> {
        lines.into_iter().map(|record| serde_json::to_string(&record).unwrap()).collect()
    }

    #[test]
    fn a_damaged_line_is_told_from_one_that_a_dying_client_left() {
        let whole = text([intent(0, "0-4"), accepted(0), intent(1, "5-9"), accepted(1)]);
        let read = |lines: &[&str]| {
            let read = Submissions::parse(lines.join("\n").as_bytes());
            (read.unreadable(), read.damage())
        };
        let [first, answer, second, answered] =
            [&whole[0], &whole[1], &whole[2], &whole[3]].map(String::as_str);
        assert_eq!(read(&[first, answer, "", second, answered, ""]), (0, None));
        assert_eq!(read(&[first, answer, &second[..40]]), (0, None), "it is being written");
        assert_eq!(
            read(&[first, answer, &second[..40], second, answered, ""]),
            (1, None),
            "it was made again"
        );
        assert_eq!(read(&[first, answer, "\0\0\0", ""]), (1, Some(Damage::Line(3))));
        assert_eq!(read(&[first, answer, &second[..40], answered, ""]), (1, Some(Damage::NoIntent(1))));
        assert_eq!(read(&[second, answered, ""]), (0, Some(Damage::NoIntent(0))));
    }

    #[test]
    fn options_of_its_own_survive() {
        let memory = Resource::new("mem", Setting::Value("64G".to_owned())).unwrap();
        let options: Resources = [memory].into_iter().collect();
        let record = SubmissionRecord::intent_with(3, intent(3, "1").chunk(), Some(options));
        let read: SubmissionRecord = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!(read, record);
    }

    impl SubmissionRecord {
        fn chunk(self) -> Chunk {
            match self.event {
                SubmissionEvent::Intent { chunk, .. } => chunk,
                other => panic!("{other:?}"),
            }
        }
    }
}
