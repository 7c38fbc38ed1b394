//! Answers of Slurm that are a few seconds old, shared by all commands of a store.

use std::path::Path;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::cache::Cache;
use crate::tool::{Invocation, Reply, Runner, Status, ToolError};

/// How long an answer may be used again.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(5);

/// The longest answer that is kept, in bytes.
const LONGEST: usize = 8 << 20;

const FILE: &str = "answers.json";

/// How fresh an answer has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// One that another command was given a few seconds ago will do: somebody looks.
    Recent,
    /// It is asked for now: something is decided by it.
    Now,
}

/// What was answered lately.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    answers: Vec<Answer>,
    /// When each cluster answered last.
    answered: Vec<(Vec<String>, Timestamp)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    time: Timestamp,
    cluster: Vec<String>,
    question: Vec<String>,
    text: String,
}

/// Asks, unless the same was answered just now.
pub(super) struct Answers<'a> {
    runner: &'a dyn Runner,
    cache: &'a Cache,
    freshness: Freshness,
    news: Option<Timestamp>,
    kept: Mutex<Kept>,
    /// When the oldest of the answers was given that were used.
    oldest: Mutex<Option<Timestamp>>,
}

impl<'a> Answers<'a> {
    /// Uses no answer that is older than `news`: what the journal says since would be put together with what Slurm
    /// said before.
    pub(super) fn new(
        runner: &'a dyn Runner,
        cache: &'a Cache,
        freshness: Freshness,
        news: Option<Timestamp>,
    ) -> Self {
        let kept = cache.read(Path::new(FILE)).unwrap_or_default();
        Self { runner, cache, freshness, news, kept: Mutex::new(kept), oldest: Mutex::new(None) }
    }

    /// Gives since when what was answered may have changed: from when the oldest answer is that was used.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.oldest.lock().ok().and_then(|oldest| *oldest)
    }

    fn use_one_of(&self, time: Timestamp) {
        if let Ok(mut oldest) = self.oldest.lock() {
            *oldest = Some(oldest.map_or(time, |known| known.min(time)));
        }
    }

    fn recent(&self, question: &[String], cluster: &[String]) -> Option<Reply> {
        if self.freshness == Freshness::Now {
            return None;
        }
        let kept = self.kept.lock().ok()?;
        let now = Timestamp::now();
        let found = kept.answers.iter().rev().find(|answer| {
            let is_it = answer.question == question && answer.cluster == cluster;
            is_it && is_good(answer, now) && self.news.is_none_or(|news| news < answer.time)
        })?;
        self.use_one_of(found.time);
        Some(Reply { status: Status::Code(0), stdout: found.text.clone(), stderr: String::new() })
    }

    /// Keeps an answer as what was so when it was `asked` for: what happened while it was on its way is not in it.
    fn keep(&self, question: Vec<String>, cluster: Vec<String>, asked: Timestamp, reply: &Reply) {
        let Ok(mut kept) = self.kept.lock() else { return };
        let now = Timestamp::now();
        kept.answers.retain(|answer| is_good(answer, now) && answer.question != question);
        kept.answered.retain(|(known, _)| *known != cluster);
        kept.answered.push((cluster.clone(), now));
        if reply.stdout.len() <= LONGEST {
            kept.answers.push(Answer { time: asked, cluster, question, text: reply.stdout.clone() });
        }
        self.cache.keep(Path::new(FILE), &*kept);
    }
}

/// Tells when the cluster that `runner` talks to answered last, as far as the cache knows.
pub(super) fn last_answer(cache: &Cache, cluster: &[String]) -> Option<Timestamp> {
    let kept: Kept = cache.read(Path::new(FILE))?;
    kept.answered.into_iter().find(|(known, _)| known == cluster).map(|(_, time)| time)
}

/// One from the future was given before the clock was set back, and its age is not known.
fn is_good(answer: &Answer, now: Timestamp) -> bool {
    let age = now.duration_since(answer.time);
    age < GOOD_FOR && !age.is_negative()
}

impl Runner for Answers<'_> {
    fn run(&self, invocation: &Invocation) -> Result<Reply, ToolError> {
        let args = invocation.args.iter().map(|arg| arg.to_string_lossy().into_owned());
        let question: Vec<String> = std::iter::once(invocation.program.clone()).chain(args).collect();
        let cluster = self.runner.cluster();
        if let Some(reply) = self.recent(&question, &cluster) {
            return Ok(reply);
        }
        let asked = Timestamp::now();
        self.use_one_of(asked);
        let reply = self.runner.run(invocation)?;
        // What came with words of an error is used once, by whoever can read them.
        if reply.succeeded() && reply.stderr.trim().is_empty() {
            self.keep(question, cluster, asked, &reply);
        }
        Ok(reply)
    }

    fn cluster(&self) -> Vec<String> {
        self.runner.cluster()
    }
}
