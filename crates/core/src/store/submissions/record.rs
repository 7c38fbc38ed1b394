//! One line of the record of submissions, and how it is written.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Answer, Submissions};
use crate::process::{ProcessId, host};
use crate::ranges::Ranges;
use crate::resources::Resources;
use crate::store::error::{At, StoreError};

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
    /// Runs are to be tried again: written before the first of them is handed over, and true until each is or was
    /// withdrawn. It is about the launch.
    Retry {
        /// The runs.
        runs: Ranges,
        /// The number of their attempt.
        attempt: u32,
        /// The options for the scheduler, where they are not the launch's own.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        options: Option<Resources>,
    },
    /// What of the record could not be read was looked for elsewhere, and is written down again: all before this tells
    /// no more than what can be read. Its number is one that no submission has had.
    Mended,
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

impl Submissions {
    /// Appends records in one go, durably; only the launch's owner may.
    pub(in crate::store) fn append(path: &Path, records: &[SubmissionRecord]) -> Result<(), StoreError> {
        let lines: Vec<Vec<u8>> =
            records.iter().map(|record| line(path, record)).collect::<Result<_, _>>()?;
        let mut file = File::options().append(true).create(true).mode(0o600).open(path).at("open", path)?;
        file.write_all(&lines.concat()).and_then(|()| file.sync_data()).at("append to", path)
    }
}

/// Writes a record as a line of its own, whatever stands before it.
pub(in crate::store) fn line(path: &Path, record: &SubmissionRecord) -> Result<Vec<u8>, StoreError> {
    let mut line = b"\n".to_vec();
    serde_json::to_writer(&mut line, record)
        .map_err(|source| StoreError::Unreadable { path: path.to_owned(), source })?;
    line.push(b'\n');
    Ok(line)
}
