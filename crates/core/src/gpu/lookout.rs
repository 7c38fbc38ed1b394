//! Looks at the GPUs now and then, in a thread: a tool takes from 20 ms to half a minute, and nobody can wait for it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Seen;
use super::find::{FindError, look};
use crate::tool::Runner;

/// How old a look may be to give away a GPU by it. Each look is a call of a tool, and runs may be short.
const FRESH: Duration = Duration::from_secs(2);

/// How old a look may be to refuse a GPU by it: memory that a run has just given back is still told as used.
const CURRENT: Duration = Duration::from_millis(200);

/// What came of a look.
type Found = Result<Vec<Seen>, FindError>;

/// What can be seen, and what is being looked at.
pub(super) struct Lookout {
    runner: Arc<dyn Runner>,
    under_way: Option<(Instant, Receiver<Found>)>,
    latest: Option<(Instant, Result<Vec<Seen>, String>)>,
}

impl Lookout {
    pub(super) fn new(runner: Arc<dyn Runner>) -> Self {
        Self { runner, under_way: None, latest: None }
    }

    /// Takes in what came of a look, and tells whether one is under way.
    pub(super) fn is_looking(&mut self) -> bool {
        let Some((began, answer)) = &self.under_way else { return false };
        let seen = match answer.try_recv() {
            Err(TryRecvError::Empty) => return true,
            Err(TryRecvError::Disconnected) => Err("the GPUs could not be looked at".to_owned()),
            Ok(seen) => seen.map_err(|error| with_causes(&error)),
        };
        self.latest = Some((*began, seen));
        self.under_way = None;
        false
    }

    /// Begins a look, unless one is under way.
    pub(super) fn begin(&mut self) {
        if self.under_way.is_some() {
            return;
        }
        let (sender, receiver) = channel();
        let runner = Arc::clone(&self.runner);
        self.under_way = Some((Instant::now(), receiver));
        // A thread that cannot be started drops the sender, which is told.
        let _unwatched = thread::Builder::new().spawn(move || {
            let _nobody_waits = sender.send(look(&*runner));
        });
    }

    /// Gives what was seen last, however long ago; `None` before the first look.
    pub(super) fn last(&self) -> Option<Result<&[Seen], &str>> {
        self.latest.as_ref().map(|(_, seen)| seen.as_deref().map_err(String::as_str))
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

/// Joins an error and its causes, as a message does.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl std::fmt::Debug for Lookout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookout").field("latest", &self.latest).finish_non_exhaustive()
    }
}
