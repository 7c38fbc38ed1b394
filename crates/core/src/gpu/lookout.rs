//! Looks at the GPUs now and then: a tool takes from 20 ms to half a minute, and runs may be short.

use std::time::{Duration, Instant};

use super::Seen;
use super::eye::{Eye, Sight};

/// How old a look may be to give away a GPU by it. Each look is a call of a tool.
const FRESH: Duration = Duration::from_secs(2);

/// How old a look may be to refuse a GPU by it: memory that a run has just given back is still told as used.
const CURRENT: Duration = Duration::from_millis(200);

/// What was seen, and when, and whether a look is under way.
#[derive(Debug)]
pub(super) struct Lookout {
    eye: Box<dyn Eye>,
    under_way: Option<Instant>,
    latest: Option<(Instant, Sight)>,
}

impl Lookout {
    pub(super) fn new(eye: Box<dyn Eye>) -> Self {
        Self { eye, under_way: None, latest: None }
    }

    /// Takes in what came of a look, and tells whether one is under way.
    pub(super) fn is_looking(&mut self) -> bool {
        let Some(began) = self.under_way else { return false };
        let Some(sight) = self.eye.sight() else { return true };
        self.latest = Some((began, sight));
        self.under_way = None;
        false
    }

    /// Begins a look, unless one is under way.
    pub(super) fn begin(&mut self) {
        if self.under_way.is_none() {
            self.under_way = Some(Instant::now());
            self.eye.begin();
        }
    }

    /// Gives what was seen last, however long ago; `None` before the first look.
    pub(super) fn last(&self) -> Option<Result<&[Seen], &str>> {
        self.latest.as_ref().map(|(_, sight)| match sight {
            Sight::Seen(seen) => Ok(seen.as_slice()),
            Sight::Trouble(words) => Err(words.as_str()),
        })
    }

    /// Tells whether the last look is good enough to give a GPU away.
    pub(super) fn is_fresh(&self) -> bool {
        self.latest.as_ref().is_some_and(|(began, _)| began.elapsed() < FRESH)
    }

    /// Tells whether the last look is good enough to refuse one.
    pub(super) fn is_current(&self) -> bool {
        self.latest.as_ref().is_some_and(|(began, _)| began.elapsed() < CURRENT)
    }
}
