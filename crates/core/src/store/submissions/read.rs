//! Reads the record of submissions: records into submissions, and what of it is damaged.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Answer, Submission, SubmissionEvent, SubmissionRecord, Submissions, Wish};
use crate::store::error::{At, StoreError};

/// Where a record of submissions was damaged, so that some submission may be missing in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// This line, counted from 1, holds something else than a record.
    Line(usize),
    /// This line tells of something that only a newer version knows.
    Newer(usize),
    /// This line ends in its middle.
    Torn(usize),
    /// The intent of this submission is missing, though later records are there.
    NoIntent(u32),
    /// There is no first intent, which is written before the launch can be seen.
    Empty,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line} is damaged"),
            Self::Newer(line) => write!(f, "line {line} is of a newer version"),
            Self::Torn(line) => write!(f, "line {line} is torn"),
            Self::Empty => f.write_str("everything is missing"),
            Self::NoIntent(number) => write!(f, "the intent of submission {number} is missing"),
        }
    }
}

/// A record of which the event is not known.
#[derive(Deserialize)]
struct Unknown {
    #[serde(rename = "time")]
    _time: Timestamp,
    #[serde(rename = "submission")]
    _submission: u32,
    #[serde(rename = "event")]
    _event: serde::de::IgnoredAny,
}

/// Tells whether a line is a record of something that is not known here. What is skipped over in it may be no text at all,
/// and is damaged then.
fn is_of_a_newer_version(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(|line| serde_json::from_str::<Unknown>(line).is_ok())
}

impl Submissions {
    pub(in crate::store) fn read(path: &Path) -> Result<Self, StoreError> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::parse(b"")),
            Err(error) => return Err(error).at("read", path),
        };
        Ok(Self::parse(&text))
    }

    pub(super) fn parse(text: &[u8]) -> Self {
        let (mut records, mut unreadable) = (Vec::new(), 0);
        let (mut newer, mut damaged, mut torn) = (None, None, None);
        let mut ends_torn = false;
        let mut lines = text.split(|byte| *byte == b'\n').zip(1..).peekable();
        while let Some((line, number)) = lines.next() {
            match serde_json::from_slice(line) {
                Ok(record @ SubmissionRecord { event: SubmissionEvent::Mended, .. }) => {
                    (unreadable, damaged, torn) = (0, None, None);
                    records.push(record);
                }
                Ok(record) => records.push(record),
                Err(_) if line.is_empty() => {}
                // A torn line is one whose client died before it did what it says, or the end of a file that was cut.
                Err(error) if error.is_eof() => {
                    ends_torn = lines.peek().is_none();
                    // The last one may still be written.
                    unreadable += u64::from(!ends_torn);
                    torn = torn.or(Some(Damage::Torn(number)));
                }
                Err(_) if is_of_a_newer_version(line) => {
                    unreadable += 1;
                    newer = newer.or(Some(Damage::Newer(number)));
                }
                Err(_) => {
                    unreadable += 1;
                    damaged = damaged.or(Some(Damage::Line(number)));
                }
            }
        }
        let read: Self = records.into_iter().collect();
        let empty = (read.next == 0).then_some(Damage::Empty);
        Self { unreadable, damage: newer.or(damaged).or(read.damage).or(empty), torn, ends_torn, ..read }
    }
}

impl FromIterator<SubmissionRecord> for Submissions {
    fn from_iter<I: IntoIterator<Item = SubmissionRecord>>(records: I) -> Self {
        let mut all = Self::default();
        for SubmissionRecord { time, submission: number, event } in records {
            let missing = match event {
                SubmissionEvent::Withdrawn { .. }
                | SubmissionEvent::Retry { .. }
                | SubmissionEvent::Mended => None,
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
                    // One that was lost and is written down again has the place that it had.
                    let place = all.list.partition_point(|other| other.number < number);
                    let submission = Submission { number, chunk, time, host, client, options, answer: None };
                    all.list.insert(place, submission);
                    continue;
                }
                SubmissionEvent::Retry { runs, attempt, options } => {
                    all.forget_wishes(&runs);
                    all.wishes.push(Wish { runs, attempt, options, time });
                    continue;
                }
                SubmissionEvent::Withdrawn { runs } => {
                    all.forget_wishes(&runs);
                    all.withdrawn = [all.withdrawn, runs].into_iter().collect();
                    continue;
                }
                SubmissionEvent::Mended => {
                    (all.next, all.damage) = (all.next.max(number), None);
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
        all.settle_wishes();
        all
    }
}
