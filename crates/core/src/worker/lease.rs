//! What a run asks for before it starts and gives back after its end: a share of the machine that others want, too.

use std::ffi::OsString;
use std::fmt::Debug;
use std::time::Instant;

use crate::id::RunId;

/// Hands out shares of the machine to the runs of one worker.
///
/// All calls come from the worker's only thread, which waits for nothing else meanwhile: none may block.
pub trait Leases: Debug {
    /// Asks for what a run needs. It is asked again after [`Answer::Wait`], and holds nothing until then.
    fn ask(&mut self, run: RunId) -> Answer;

    /// Takes back what a run holds: its last process is gone, or it is not started after all.
    fn release(&mut self, run: RunId);
}

/// What became of a question for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The run may start.
    Granted(Grant),
    /// Not now: it is asked again when another run of this worker has ended, and at `again` at the latest.
    Wait {
        /// What it waits for, in words that follow "waits for": `a GPU: all 4 are in use`.
        reason: String,
        /// When to ask again, since others may have given something back.
        again: Instant,
    },
}

/// What a run was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// The variables that tell its program, `CUDA_VISIBLE_DEVICES` say; they win over the environment.
    pub variables: Vec<(OsString, OsString)>,
}

/// Grants everything: the runs need nothing that others want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unleased;

impl Leases for Unleased {
    fn ask(&mut self, _run: RunId) -> Answer {
        Answer::Granted(Grant::default())
    }

    fn release(&mut self, _run: RunId) {}
}
