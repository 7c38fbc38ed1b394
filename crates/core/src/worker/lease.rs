//! What a run asks for before it starts and gives back after its end: a share of the machine that others want, too.

use std::ffi::OsString;
use std::fmt::Debug;
use std::time::Instant;

use crate::event::GivenGpu;
use crate::id::RunId;
use crate::process::ProcessId;

/// Hands out shares of the machine to the runs of one worker.
///
/// All calls come from the worker's only thread, which waits for nothing else meanwhile: none may block.
pub trait Leases: Debug {
    /// Asks for what a run needs. It is asked again after [`Answer::Wait`], and holds nothing until then.
    ///
    /// `behind` it, so many more runs are to be started: what they need is kept from those who came later.
    fn ask(&mut self, run: RunId, behind: u64) -> Answer;

    /// Learns which process the program of a run is: should this one be killed, that still has what the run holds.
    fn started(&mut self, run: RunId, program: &ProcessId);

    /// Tells whether runs hold anything at all.
    fn holds_anything(&self) -> bool;

    /// Takes back what a run holds: its last process is gone, or it is not started after all.
    fn release(&mut self, run: RunId);

    /// Learns that no further run is to be started; told more than once.
    fn nothing_left(&mut self);
}

/// What became of a question for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The run may start.
    Granted(Grant),
    /// Not now: it is asked again when another run of this worker has ended, and at `again` at the latest.
    Wait {
        /// What it waits for, in words that follow "waits for": `a GPU: GPU 0 is leased to launch 12`; `None` where only
        /// runs of its own are in the way, or nothing is known yet.
        reason: Option<String>,
        /// When to ask again, since others may have given something back.
        again: Instant,
    },
}

/// What a run was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// The variables that tell its program, `CUDA_VISIBLE_DEVICES` say; they win over the environment.
    pub variables: Vec<(OsString, OsString)>,
    /// The GPUs, for the record.
    pub gpus: Vec<GivenGpu>,
}

/// Grants everything: the runs need nothing that others want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unleased;

impl Leases for Unleased {
    fn ask(&mut self, _run: RunId, _behind: u64) -> Answer {
        Answer::Granted(Grant::default())
    }

    fn started(&mut self, _run: RunId, _program: &ProcessId) {}

    fn holds_anything(&self) -> bool {
        false
    }

    fn release(&mut self, _run: RunId) {}

    fn nothing_left(&mut self) {}
}
