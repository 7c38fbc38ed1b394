//! Reads the record of submissions: records into submissions, and what of it is damaged.

use std::fs;
use std::io;
use std::path::Path;

use super::{Answer, Submission, SubmissionEvent, SubmissionRecord, Submissions};
use crate::store::error::{At, StoreError};

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
    pub(in crate::store) fn read(path: &Path) -> Result<Self, StoreError> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).at("read", path),
        };
        Ok(Self::parse(&text))
    }

    pub(super) fn parse(text: &[u8]) -> Self {
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
