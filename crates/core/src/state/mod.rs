//! The state of a run: a pure function of what the journal says and what its support sees.
//!
//! `fold` finds the attempt that counts; what that comes to, `ended`, `started` or `unstarted` says, by how far it got.

mod class;
mod ended;
mod fold;
mod lateness;
mod started;
mod unstarted;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{Exit, Usage};

pub use crate::run_state::RunState;
pub use class::{FailureClass, classify};
pub(crate) use ended::is_for_slurm_to_tell;
pub use fold::fold;
pub(crate) use fold::{is_followed, succeeded_before};
pub use lateness::{LAG, Lateness, Moment};
pub use unstarted::Handed;
pub(crate) use unstarted::stopped;

/// What a support sees of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// It was not looked for, since the journal says enough.
    Unasked,
    /// Nothing was handed to the support yet.
    NotHanded,
    /// The support refused it for good, in these words.
    Refused(String),
    /// It could not be found out; the words say why.
    Unclear(String),
    /// Its worker lives.
    WorkerLives,
    /// Neither its worker nor its task is anywhere.
    Gone,
    /// The support answered, twice, and knows of no task; what its worker wrote last may still be on its way.
    Missing {
        /// When that was seen first.
        since: Timestamp,
    },
    /// Its task left the queue without having started, while the rest of its job is known.
    Left {
        /// When it was missed first.
        since: Timestamp,
    },
    /// Its task on the scheduler.
    Task(Task),
}

/// A task, as the scheduler has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its state.
    pub state: TaskState,
    /// The scheduler's own words for it.
    pub words: String,
    /// The scheduler's code for why it waits, or for how it ended, where it gives one.
    #[serde(default)]
    pub reason: Option<String>,
    /// The node, where it has or had one.
    pub node: Option<String>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// The state of a task, in terms that every scheduler has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskState {
    /// In the queue, for the first time or again.
    Pending,
    /// Executing, starting, or ending.
    Running,
    /// Ended by itself with exit code 0.
    Completed,
    /// Ended by itself otherwise, or for a reason of the scheduler's.
    Failed,
    /// The scheduler could not even start it on its node.
    Unlaunched,
    /// Cancelled by a person.
    Cancelled,
    /// Ended at its time limit.
    TimedOut,
    /// Ended for its memory.
    OutOfMemory,
    /// Ended with its node.
    NodeFailed,
    /// Ended for another job.
    Preempted,
}

impl TaskState {
    /// Tells whether the scheduler is done with it, unless it is put into the queue again.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }
}

/// What is known of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Where it is.
    pub state: RunState,
    /// The latest attempt; 0 where none has begun.
    pub attempt: u32,
    /// How the program ended.
    pub exit: Option<Exit>,
    /// Why it is in this state, in a sentence.
    pub cause: Option<String>,
    /// The scheduler's own words for its task, where it was asked; they may disagree with `exit`.
    pub scheduler: Option<String>,
    /// The scheduler's code for why it waits, while it does.
    pub reason: Option<String>,
    /// Where it is or was.
    pub node: Option<String>,
    /// When its program started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What its program used, where that was measured.
    pub usage: Option<Usage>,
}

impl Status {
    fn new(state: RunState, cause: Option<String>) -> Self {
        Self {
            state,
            attempt: 0,
            exit: None,
            cause,
            scheduler: None,
            reason: None,
            node: None,
            started: None,
            ended: None,
            usage: None,
        }
    }

    /// Says that a run is in a state because of what the scheduler calls its task.
    fn by_words_of(task: &Task, state: RunState) -> Self {
        Self::new(state, Some(format!("Slurm says {}", task.words)))
    }
}

#[cfg(test)]
mod tests;
