//! All attempts at runs, as journals and logs tell of them: history, where a survey is about how things are now.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::event::{Event, Exit, GivenGpu, Record};
use crate::ranges::Ranges;
use crate::state::RunState;
use crate::store::{JournalReader, LaunchDir, StoreError};

/// One attempt at a run, as far as its story goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttemptStory {
    /// Its number, from 1.
    pub number: u32,
    /// The task that executed it, on a scheduler.
    pub job: Option<String>,
    /// Where it was.
    pub node: Option<String>,
    /// The GPUs that it was given, on this machine.
    pub gpus: Vec<GivenGpu>,
    /// When its program started.
    pub started: Option<Timestamp>,
    /// When it was over, by whoever found that first.
    pub ended: Option<Timestamp>,
    /// What became of it, in the order of the records of each node.
    pub happened: Vec<(Timestamp, Happening)>,
    /// Its log, where it has claimed one.
    pub log: Option<PathBuf>,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// It waited for an earlier one; the words say how long.
    Fenced(String),
    /// It was told to stop, by this signal.
    Interrupted(String),
    /// Its program ended.
    Ended(Exit),
    /// Its worker ended it for this later attempt.
    Superseded(u32),
    /// Whoever started the next one found it in this state, for this reason.
    Concluded(RunState, String),
    /// Its env could not be activated; the sentence says more.
    EnvFailed(String),
    /// A worker did not execute it, for this reason.
    Refused(String),
}

/// Tells of the attempts at the runs `wanted` of a launch of `runs` runs, by run, ascending.
pub fn attempts(
    dir: &LaunchDir,
    runs: u64,
    wanted: &Ranges,
) -> Result<BTreeMap<u64, Vec<AttemptStory>>, StoreError> {
    let mut stories = stories(JournalReader::new(dir.events()).read_new()?, wanted);
    for run in wanted.iter() {
        for attempt in dir.claimed_attempts(runs, run)? {
            story(&mut stories, run, attempt).log = Some(dir.log(runs, run, attempt));
        }
    }
    let in_order = stories.into_iter().map(|(run, stories)| (run, stories.into_values().collect()));
    Ok(in_order.collect())
}

type Stories = BTreeMap<u64, BTreeMap<u32, AttemptStory>>;

fn story(stories: &mut Stories, run: u64, number: u32) -> &mut AttemptStory {
    let story = stories.entry(run).or_default().entry(number).or_default();
    story.number = number;
    story
}

fn stories(records: Vec<Record>, wanted: &Ranges) -> Stories {
    let mut stories = Stories::new();
    for Record { time, event } in records {
        for (run, number, happening) in happenings(&event) {
            if !wanted.contains(run) {
                continue;
            }
            let story = story(&mut stories, run, number);
            if let Event::Started(started) = &event {
                (story.started, story.node, story.job) =
                    (Some(time), Some(started.node.clone()), started.job.clone());
                story.gpus.clone_from(&started.gpus);
            }
            if let Event::EnvFailed(failed) = &event {
                (story.node, story.job) = (Some(failed.node.clone()), failed.job.clone());
            }
            let Some(happening) = happening else { continue };
            if happening.is_end() {
                story.ended = story.ended.or(Some(time));
            }
            story.happened.push((time, happening));
        }
    }
    stories
}

/// Gives the attempts that an event is about, and what it says of each beside its start.
fn happenings(event: &Event) -> Vec<(u64, u32, Option<Happening>)> {
    let one = |run, attempt, happening| vec![(run, attempt, Some(happening))];
    match event {
        Event::Started(it) => vec![(it.run, it.attempt, None)],
        Event::Fenced(it) => one(it.run, it.attempt, Happening::Fenced(it.sentence())),
        Event::Interrupted(it) => one(it.run, it.attempt, Happening::Interrupted(it.signal.clone())),
        Event::Ended(it) => one(it.run, it.attempt, Happening::Ended(it.exit.clone())),
        Event::Superseded(it) => one(it.run, it.attempt, Happening::Superseded(it.by)),
        Event::Concluded(it) => one(it.run, it.attempt, Happening::Concluded(it.state, it.cause.clone())),
        Event::Refused(it) => one(it.run, it.attempt, Happening::Refused(it.reason.clone())),
        Event::EnvFailed(it) => {
            let of = |run| (run, it.attempt, Some(Happening::EnvFailed(it.sentence())));
            it.runs.iter().map(of).collect()
        }
        Event::Worker(_) | Event::Stopped(_) | Event::Waits(_) => Vec::new(),
    }
}

impl Happening {
    /// Gives the word of the journal for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Fenced(_) => "fenced",
            Self::Interrupted(_) => "interrupted",
            Self::Ended(_) => "ended",
            Self::Superseded(_) => "superseded",
            Self::Concluded(..) => "concluded",
            Self::EnvFailed(_) => "env-failed",
            Self::Refused(_) => "refused",
        }
    }

    /// Says more of it, for people.
    pub fn words(&self) -> String {
        match self {
            Self::Fenced(words) | Self::EnvFailed(words) | Self::Refused(words) => words.clone(),
            Self::Interrupted(signal) => signal.clone(),
            Self::Ended(Exit::Code(code)) => format!("exit code {code}"),
            Self::Ended(Exit::Signal(signal)) => format!("signal {signal}"),
            Self::Ended(Exit::Unstarted { code, reason }) => format!("exit code {code}: {reason}"),
            Self::Superseded(by) => format!("by attempt {by}"),
            Self::Concluded(state, cause) => format!("{state}: {cause}"),
        }
    }

    /// Tells whether nothing of the attempt goes on after it. Another worker that was refused ends nothing.
    fn is_end(&self) -> bool {
        match self {
            Self::Ended(_) | Self::Superseded(_) | Self::Concluded(..) | Self::EnvFailed(_) => true,
            Self::Fenced(_) | Self::Interrupted(_) | Self::Refused(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Ended, Interrupted, Refused, Superseded};

    #[test]
    fn each_attempt_keeps_its_own_story() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let events = [
            Event::Interrupted(Interrupted { run: 3, attempt: 1, signal: "SIGTERM".to_owned() }),
            Event::Superseded(Superseded { run: 3, attempt: 1, by: 2 }),
            Event::Refused(Refused { run: 3, attempt: 2, reason: "attempt 1 may live".to_owned() }),
            Event::Ended(Ended::of(3, 2, Exit::Code(0))),
            Event::Ended(Ended::of(4, 1, Exit::Code(1))),
        ];
        let records = events.into_iter().zip(1..).map(|(event, second)| Record { time: at(second), event });
        let stories = stories(records.collect(), &Ranges::single(3));
        assert_eq!(stories.keys().collect::<Vec<_>>(), [&3]);
        let told: Vec<String> = stories[&3]
            .values()
            .map(|story| {
                let words = story.happened.iter().map(|(_, it)| format!("{} {}", it.word(), it.words()));
                let words: Vec<String> = words.collect();
                format!("{} over {}: {}", story.number, story.ended.unwrap().as_second(), words.join(", "))
            })
            .collect();
        assert_eq!(
            told,
            [
                "1 over 2: interrupted SIGTERM, superseded by attempt 2",
                "2 over 4: refused attempt 1 may live, ended exit code 0"
            ]
        );
    }
}
