//! What a program may not exceed: whoever guards it prepares its start, looks at it now and then, and has the last word.

use std::fmt::Debug;
use std::io;
use std::time::Instant;

use nix::unistd::Pid;

use crate::event::Exceeded;
use crate::id::RunId;

/// Keeps limits over the runs of one worker.
///
/// All calls come from the worker's only thread, which waits for nothing else meanwhile: none may block.
pub trait Limits: Debug {
    /// Prepares the start of a run's program, in this process, just before it is spawned; `None` where there is
    /// nothing to keep. An error is an end of the run: it could not be prepared.
    fn guard(&mut self, run: RunId) -> io::Result<Option<Box<dyn Guard>>>;
}

/// Keeps the limits of one program.
pub trait Guard: Debug {
    /// Learns that the program runs, in this process group of its own, since now; also puts back what
    /// [`Limits::guard`] has changed about this process.
    fn started(&mut self, program: Pid);

    /// Puts back what [`Limits::guard`] has changed, where the program could not be started.
    fn not_started(&mut self);

    /// Gives the time at which it wants to look at the program; `None` where only the end is waited for.
    fn next(&self) -> Option<Instant>;

    /// Looks at the program. A limit that was exceeded, told once, ends it: TERM, a grace, KILL.
    fn look(&mut self, now: Instant) -> Option<Exceeded>;

    /// Has the last word, when the last process of the run is gone; also cleans up.
    fn ended(&mut self) -> Option<Exceeded>;
}

/// Keeps no limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unlimited;

impl Limits for Unlimited {
    fn guard(&mut self, _run: RunId) -> io::Result<Option<Box<dyn Guard>>> {
        Ok(None)
    }
}
