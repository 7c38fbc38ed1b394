//! What executes runs, everywhere: on this machine and inside a job.
//!
//! A worker is two processes. The first, [`supervise`], starts a shell that activates the env and ends by
//! becoming the second, [`execute`], so that exports, limits and the folder survive; the first stays to see a
//! shell that ended early. The second claims each run, executes its argv, and writes down what happened.

mod activation;
mod admission;
mod asking;
mod attempts;
mod attend;
mod birth;
mod children;
mod crew;
mod ending;
mod execute;
mod failures;
mod folder;
mod gpus;
mod guard;
mod heirs;
mod keeping;
mod lease;
mod leftovers;
mod limits;
mod logout;
mod memory;
mod node;
mod orphans;
mod past;
mod points;
mod program;
mod reaping;
mod relay;
mod running;
mod signals;
mod stopping;
mod succession;
mod supervise;
mod terminal;
mod tether;

use std::io;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::patience::Patience;
use crate::process::ProcessId;
use crate::ranges::Ranges;
use crate::resources::LocalFault;
use crate::store::StoreError;

pub(crate) use asking::last_lines;
pub use asking::{AskError, Question, Said, ask};
pub use execute::{Beginning, execute};
pub use folder::starting_folder;
pub use gpus::GpuDesk;
pub use guard::{Guard, Limits, Unlimited};
pub use lease::{Answer, Grant, Leases, Unleased};
pub use limits::{Keeper, Means, processors};
pub use logout::Logout;
pub use node::Node;
pub use orphans::{WORKER, end_leftovers, end_workers, leftover};
pub use program::Environment;
pub use signals::Signals;
pub use supervise::supervise;
pub use tether::Leash;

/// What a worker is to do.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The folder of the launch.
    pub launch: PathBuf,
    /// The key of the submission.
    pub key: String,
    /// The runs, executed in this order.
    pub runs: Ranges,
    /// The attempt that each of them is.
    pub attempt: u32,
    /// The attempt that each of them was when the task was first started: the scheduler starts a task again.
    pub first_attempt: u32,
    /// How long to wait where an earlier attempt may still live out of reach.
    pub fence: Duration,
    /// The process that is the worker's first half.
    pub first_half: ProcessId,
    /// Where this is.
    pub node: Node,
    /// Who sends the signals and owns the terminal.
    pub setting: Setting,
    /// How many programs run at once; a task of a job executes one after the other.
    pub jobs: NonZeroU32,
    /// What runs that fail mean for the others.
    pub patience: Patience,
    /// How the memory of runs is limited, where it is.
    pub means: Means,
}

/// Where a worker stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// In a task of a Slurm job, `4711_3`: Slurm signals every process of the job itself.
    Job(String),
    /// On this machine, started by a command that passes signals on. It ends with that command, unless that lets it go.
    Foreground(Input),
}

/// What the program reads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Nothing.
    Nothing,
    /// The terminal.
    Terminal,
}

impl Setting {
    fn job(&self) -> Option<String> {
        match self {
            Self::Job(task) => Some(task.clone()),
            Self::Foreground(_) => None,
        }
    }
}

/// Has the system tell this process to stop when its parent dies, however that dies: on this machine a second half
/// without its first would go on unseen.
#[cfg(target_os = "linux")]
fn stop_with_the_parent(setting: &Setting) {
    if matches!(setting, Setting::Foreground(_)) {
        // Every kernel that runs this has it; without it the launch would go on to its end.
        let _unsupported = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM);
    }
}

#[cfg(not(target_os = "linux"))]
fn stop_with_the_parent(_setting: &Setting) {}

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every run succeeded.
    Succeeded,
    /// Some run did not.
    Failed,
    /// The second half failed itself, with this exit code, and has said why.
    Broke(u8),
}

/// Tells what a worker could not do.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The launch asks for what means nothing on this machine.
    #[error("the worker cannot read the resources of its launch")]
    Resources(#[from] LocalFault),
    /// The system refused.
    #[error("the worker cannot {action}")]
    System {
        /// What was tried, as a verb.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

trait Doing<T> {
    fn doing(self, action: &'static str) -> Result<T, WorkerError>;
}

impl<T, E: Into<io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, action: &'static str) -> Result<T, WorkerError> {
        self.map_err(|source| WorkerError::System { action, source: source.into() })
    }
}
