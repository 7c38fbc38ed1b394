//! A run between the start of its program and the end of all that it left behind.

use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::guard::Guard;
use super::leftovers::{Clearing, TICK};
use super::points::Place;
use super::relay::Canary;
use crate::event::{Exceeded, Exit, Usage};

/// A run that is being executed.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) run: u64,
    /// Its program's process, which leads a group.
    pub(super) program: Pid,
    /// A moment before it was started, in the ticks of `/proc`; `None` where the system has none.
    pub(super) born: Option<u64>,
    pub(super) phase: Phase,
    pub(super) canary: Canary,
    pub(super) kill_at: Option<Instant>,
    /// When to look for a later attempt.
    pub(super) look_at: Option<Instant>,
    pub(super) replaced: Option<Replaced>,
    pub(super) guard: Option<Box<dyn Guard>>,
    /// The file of its parameters.
    pub(super) point: Place,
    /// The limit that it is being ended for.
    pub(super) exceeded: Option<Exceeded>,
    /// Which of its processes were told to end for that.
    pub(super) told: Vec<Pid>,
    /// Whether it was told to end: everybody was, or it was for what came of another run.
    pub(super) is_stopped: bool,
    /// Until when its worker may be told of the stop that its program seems to have ended of.
    pub(super) heard_by: Option<Instant>,
}

/// How far it has come.
#[derive(Debug)]
pub(super) enum Phase {
    /// The program runs.
    Executing,
    /// The program has ended; what it left behind is being ended.
    Clearing(Exit, Usage, Clearing),
}

/// That a later attempt has replaced this one, whose program has been told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Replaced {
    /// The later attempt.
    pub(super) by: u32,
    /// When what is left of the program is killed: before the fence of that attempt is over.
    pub(super) until: Instant,
}

impl Running {
    /// Begins with a program that was just started.
    pub(super) fn begin(run: u64, program: Pid, point: Place) -> Self {
        Self {
            run,
            program,
            born: None,
            phase: Phase::Executing,
            canary: Canary::default(),
            kill_at: None,
            look_at: None,
            replaced: None,
            guard: None,
            point,
            exceeded: None,
            told: Vec::new(),
            is_stopped: false,
            heard_by: None,
        }
    }

    pub(super) fn is_executing(&self) -> bool {
        matches!(self.phase, Phase::Executing)
    }

    /// Gives the time of the next thing to do; `None` where there is only an end to wait for.
    pub(super) fn next(&self) -> Option<Instant> {
        match self.phase {
            Phase::Executing => {
                let guard = self.guard.as_ref().and_then(|guard| guard.next());
                [self.kill_at, self.look_at, self.canary.next(), guard].into_iter().flatten().min()
            }
            Phase::Clearing(..) => Some(Instant::now() + TICK),
        }
    }
}

/// Gives the time that is left until the first of `times`.
pub(super) fn until_first(times: impl IntoIterator<Item = Option<Instant>>) -> Option<Duration> {
    let next = times.into_iter().flatten().min();
    next.map(|at| at.saturating_duration_since(Instant::now()))
}

/// Tells whether a time has come.
pub(super) fn is_due(time: Option<Instant>) -> bool {
    time.is_some_and(|at| at <= Instant::now())
}
