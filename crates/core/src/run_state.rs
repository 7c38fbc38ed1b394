//! The states that a run can be in, and their words.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It is planned, and nothing has it yet or its worker has others to execute first.
    Waiting,
    /// The scheduler has it in its queue.
    Pending,
    /// It is executing, or its worker prepares to.
    Running,
    /// Its program ended with exit code 0.
    Succeeded,
    /// Its program ended otherwise, or could not be started, or the scheduler refused it.
    Failed,
    /// Somebody stopped it, or said that it should not start.
    Cancelled,
    /// The time limit ended it: the scheduler's, or that of this machine's device.
    TimedOut,
    /// It used more memory than it had asked for.
    OutOfMemory,
    /// Its node was lost.
    NodeFailed,
    /// The scheduler gave its place to another job.
    Preempted,
    /// Its env could not be activated; the program was not started.
    EnvFailed,
    /// Nothing executes it, and nothing says how it ended.
    Lost,
    /// It cannot be told from here and now.
    Unknown,
}

/// What a state comes to for whoever would start the run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Succeeded,
    /// It is over, and did not succeed.
    Unsuccessful,
    /// It waits or executes.
    Alive,
    /// Nobody can tell whether it lives.
    Unknown,
}

impl RunState {
    /// Every state, in the order in which they are shown.
    pub const ALL: [Self; 13] = [
        Self::Waiting,
        Self::Pending,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::TimedOut,
        Self::OutOfMemory,
        Self::NodeFailed,
        Self::Preempted,
        Self::EnvFailed,
        Self::Lost,
        Self::Unknown,
    ];

    /// Gives the word that is shown, typed, and written in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed-out",
            Self::OutOfMemory => "out-of-memory",
            Self::NodeFailed => "node-failed",
            Self::Preempted => "preempted",
            Self::EnvFailed => "env-failed",
            Self::Lost => "lost",
            Self::Unknown => "unknown",
        }
    }

    /// Gives what it comes to.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Succeeded => Outcome::Succeeded,
            Self::Waiting | Self::Pending | Self::Running => Outcome::Alive,
            Self::Unknown => Outcome::Unknown,
            Self::Failed
            | Self::Cancelled
            | Self::TimedOut
            | Self::OutOfMemory
            | Self::NodeFailed
            | Self::Preempted
            | Self::EnvFailed
            | Self::Lost => Outcome::Unsuccessful,
        }
    }

    /// Tells whether nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        matches!(self.outcome(), Outcome::Succeeded | Outcome::Unsuccessful)
    }

    /// Tells whether a scheduler that says so counts more than a program that ended with exit code 0.
    pub fn outweighs_success(self) -> bool {
        matches!(self, Self::TimedOut | Self::OutOfMemory)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
