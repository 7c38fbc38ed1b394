//! The words of the journal: what a worker, or whoever stops one, writes down.
//!
//! Every record is one line of JSON under 4 kB: `{"time": …, "event": {"started": {…}}}`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::gpu::GpuId;
use crate::gpu::amount::Share;
use crate::process::ProcessId;
use crate::ranges::Ranges;
use crate::run_state::RunState;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When it was written, by the clock of the node that wrote it.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A worker began, before it did anything else.
    Worker(Worker),
    /// The env of a worker could not be activated; none of its runs was started.
    EnvFailed(EnvFailed),
    /// A run's program was started.
    Started(Started),
    /// A worker was told to stop while a run was executing; written first, since KILL may follow.
    Interrupted(Interrupted),
    /// A run's program ended.
    Ended(Ended),
    /// A worker that executes nothing waits for what others have.
    Waits(Waits),
    /// A worker did not execute a run, and why.
    Refused(Refused),
    /// A worker waits before it starts a run, since an earlier attempt may still live.
    Fenced(Fenced),
    /// A worker ended its program, since a later attempt at the run exists.
    Superseded(Superseded),
    /// Whoever starts the next attempt found that this one is over, though its worker never said so.
    Concluded(Concluded),
    /// Runs that will not be started any more.
    Stopped(Stopped),
}

impl Event {
    /// Gives the run that it is about, where that is a single one.
    pub fn run(&self) -> Option<u64> {
        match self {
            Self::Started(it) => Some(it.run),
            Self::Interrupted(it) => Some(it.run),
            Self::Ended(it) => Some(it.run),
            Self::Waits(it) => Some(it.run),
            Self::Refused(it) => Some(it.run),
            Self::Fenced(it) => Some(it.run),
            Self::Superseded(it) => Some(it.run),
            Self::Concluded(it) => Some(it.run),
            Self::Worker(_) | Self::EnvFailed(_) | Self::Stopped(_) => None,
        }
    }
}

/// A worker began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    /// The key of the submission that it belongs to.
    pub key: String,
    /// The node.
    pub node: String,
    /// The process.
    pub process: ProcessId,
    /// The task that it is, on a scheduler: `4711_3`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub job: Option<String>,
    /// The version of neuromanager.
    pub version: String,
}

/// The env could not be activated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvFailed {
    /// The runs that were not started for it.
    pub runs: Ranges,
    /// The attempt of each.
    pub attempt: u32,
    /// The line that failed, cut to a readable length.
    pub line: String,
    /// What became of the shell: `exit code 1`, say.
    pub outcome: String,
    /// The end of what the env printed.
    pub output: String,
    /// The node.
    pub node: String,
    /// The task, on a scheduler.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub job: Option<String>,
}

/// A run's program was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The run's number in the launch.
    pub run: u64,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The node.
    pub node: String,
    /// The program's process, which leads its process group.
    pub process: ProcessId,
    /// The task, on a scheduler.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub job: Option<String>,
    /// The GPUs that it was given, on this machine.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub gpus: Vec<GivenGpu>,
}

/// A GPU that a run was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenGpu {
    /// Its lasting name.
    pub id: GpuId,
    /// What people call it: `0`.
    pub index: String,
    /// How much of it.
    pub share: Share,
}

/// A worker that executes nothing waits for what others have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// The run that is next.
    pub run: u64,
    /// The attempt that it will be.
    pub attempt: u32,
    /// What it waits for, in words that follow "waits for".
    pub reason: String,
}

/// A worker was told to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interrupted {
    /// The run.
    pub run: u64,
    /// The attempt.
    pub attempt: u32,
    /// The signal's name, `SIGTERM`, and why where the worker stops the run by itself.
    pub signal: String,
}

/// A run's program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The run.
    pub run: u64,
    /// The attempt.
    pub attempt: u32,
    /// How.
    pub exit: Exit,
    /// Whether the worker had been told to stop it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub stopped: bool,
    /// Whether the kernel killed something of the job for its memory meanwhile.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub out_of_memory: bool,
    /// What it used; `None` where it was not started, and in the journals of versions that did not measure it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub usage: Option<Usage>,
    /// The limit that its worker ended it for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exceeded: Option<Exceeded>,
}

impl Usage {
    /// Gives the time of processors in seconds.
    #[expect(clippy::cast_precision_loss, reason = "a double is exact to the microsecond for 285 years")]
    pub fn cpu_seconds(self) -> f64 {
        self.cpu_micros as f64 / 1e6
    }
}

impl Ended {
    /// Says how an attempt ended, and nothing besides.
    pub fn of(run: u64, attempt: u32, exit: Exit) -> Self {
        Self { run, attempt, exit, stopped: false, out_of_memory: false, usage: None, exceeded: None }
    }

    /// Tells whether the program ended well, by itself, and within what it may use.
    pub fn has_succeeded(&self) -> bool {
        self.exit == Exit::Code(0) && !self.stopped && !self.out_of_memory
    }
}

/// What a program and the descendants that it waited for used (getrusage(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The time of processors, of the user and of the system, in microseconds.
    pub cpu_micros: u64,
    /// The most memory that one of the processes held at once, in bytes. The kernel counts from before the program
    /// took over its process: it is never told less than what the worker itself holds.
    pub peak_bytes: u64,
}

/// A limit of this machine that a run has exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exceeded {
    /// It ran longer than so many seconds.
    Time {
        /// The limit.
        seconds: u64,
    },
    /// Its processes together had more memory than so many bytes.
    Memory {
        /// The limit.
        bytes: u64,
    },
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It could not be started; a sentence says why. Its code is 127 where nothing was found, else 126.
    Unstarted {
        /// The code that a shell would give.
        code: i32,
        /// Why.
        reason: String,
    },
}

impl Exit {
    /// Gives the exit code as a shell would: 128 more than the signal's number for a signal.
    pub fn code(&self) -> i32 {
        match self {
            Self::Code(code) | Self::Unstarted { code, .. } => *code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

/// A worker did not execute a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The run.
    pub run: u64,
    /// The attempt that it would have been.
    pub attempt: u32,
    /// Why.
    pub reason: String,
}

/// A worker waits until an earlier attempt, which may still live, has had the time to see that it was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fenced {
    /// The run.
    pub run: u64,
    /// The attempt that waits.
    pub attempt: u32,
    /// The earlier attempt.
    pub earlier: u32,
    /// Where that is or was: `on n1, job 9_3`.
    pub place: String,
    /// How long it waits at the most, in seconds.
    pub seconds: u64,
    /// The node that waits.
    pub node: String,
}

/// A worker ended its program for a later attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    /// The run.
    pub run: u64,
    /// The attempt that was ended.
    pub attempt: u32,
    /// The later attempt.
    pub by: u32,
}

/// An attempt without an end record of its own was found to be over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concluded {
    /// The run.
    pub run: u64,
    /// The attempt.
    pub attempt: u32,
    /// The state that it ended in.
    pub state: RunState,
    /// Why, in the words that were shown for it.
    pub cause: String,
}

/// Runs that will not be started any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// The runs.
    pub runs: Ranges,
    /// Why: `Ctrl-C`, `neu cancel`.
    pub reason: String,
}

impl Stopped {
    /// The reason that `neu cancel` gives.
    const ASKED: &str = "neu cancel";

    /// Says that somebody does not want these runs any more.
    pub fn asked(runs: Ranges) -> Self {
        Self { runs, reason: Self::ASKED.to_owned() }
    }

    /// Tells whether somebody asked for it, and not for the end of a worker: the runs are not taken up again then.
    pub fn is_asked(&self) -> bool {
        self.reason == Self::ASKED
    }
}

/// As people say it: `0 (GPU-…)`, `0.5 of 0 (GPU-…)`.
impl std::fmt::Display for GivenGpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.share != Share::WHOLE {
            write!(f, "{} of ", self.share)?;
        }
        write!(f, "{} ({})", self.index, self.id)
    }
}

impl Fenced {
    /// Says what is waited for, and how long.
    pub fn sentence(&self) -> String {
        format!("waits {} s: attempt {} may still run {}", self.seconds, self.earlier, self.place)
    }
}

impl EnvFailed {
    /// Says what happened, with the line and what it printed.
    pub fn sentence(&self) -> String {
        let Self { line, outcome, output, .. } = self;
        let printed = if output.is_empty() {
            "it printed nothing".to_owned()
        } else {
            format!("it printed:\n{output}")
        };
        match line.as_str() {
            "" => format!("the env {outcome}; {printed}"),
            line => format!("the env line `{line}` {outcome}; {printed}"),
        }
    }
}
