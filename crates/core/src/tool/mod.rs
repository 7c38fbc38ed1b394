//! The one place that starts a scheduler's commands: what to run, how long to wait, what came back.
//!
//! Everything above describes an [`Invocation`] and reads a [`Reply`], both plain data, and hands them to a
//! [`Runner`]. [`SystemRunner`] is the real one.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

mod capture;
mod environment;
mod impatient;
#[cfg(test)]
pub(crate) mod scripted;
mod system;
#[cfg(test)]
mod tests;

pub use environment::{CHOOSE_CLUSTER, ToolEnvironment, scheduler_environment};
pub use impatient::Impatient;
pub use system::SystemRunner;

/// One call of a command, described and not yet made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The command's name, looked up on the `PATH` of the environment it gets, or a path with a slash.
    pub program: String,
    /// Its arguments, exactly as it receives them.
    pub args: Vec<OsString>,
    /// What it reads on its standard input; nothing means an empty one.
    pub stdin: Option<Vec<u8>>,
    /// How long it may take before it is killed with all that it started.
    pub deadline: Duration,
    /// Which environment it gets.
    pub environment: ToolEnvironment,
    /// The folder that it is called in; nothing means that of this process.
    pub folder: Option<PathBuf>,
}

impl Invocation {
    /// Describes a call that only asks: its environment is the one that gives output a fixed shape.
    pub fn query(program: &str, deadline: Duration) -> Self {
        Self {
            program: program.to_owned(),
            args: Vec::new(),
            stdin: None,
            deadline,
            environment: ToolEnvironment::Queries,
            folder: None,
        }
    }

    /// Describes a call whose environment travels into the job, so nothing is added to it.
    pub fn submission(program: &str, deadline: Duration) -> Self {
        Self { environment: ToolEnvironment::Submission, ..Self::query(program, deadline) }
    }

    /// Calls it in `folder`.
    #[must_use]
    pub fn within(self, folder: PathBuf) -> Self {
        Self { folder: Some(folder), ..self }
    }

    /// Appends one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Appends several arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It exited by itself, with this code.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
}

/// What a command answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// How it ended.
    pub status: Status,
    /// Its standard output; bytes that are not UTF-8 became U+FFFD.
    pub stdout: String,
    /// Its standard error, likewise.
    pub stderr: String,
}

impl Reply {
    /// Says whether the command exited with code 0.
    pub fn succeeded(&self) -> bool {
        self.status == Status::Code(0)
    }
}

/// Makes calls. The product has one implementation; tests script another.
pub trait Runner: Send + Sync {
    /// Runs the command to its end, or to its deadline.
    ///
    /// A command that ran and failed is a [`Reply`]; an error means that there is no answer at all.
    fn run(&self, invocation: &Invocation) -> Result<Reply, ToolError>;

    /// Names the cluster that its commands talk to: the variables that choose one, as they are set. Answers of one
    /// cluster are never used for another.
    fn cluster(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Why a command gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// It is in no folder of `PATH`.
    #[error("`{program}` is not on PATH; is this a machine of the cluster, and is its module loaded?")]
    Missing {
        /// The command.
        program: String,
    },
    /// The system refused to start it.
    #[error("cannot start `{program}`")]
    Spawn {
        /// The command.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It was started, and then its output or its end could not be read.
    #[error("lost touch with `{program}` while it ran")]
    Lost {
        /// The command.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It did not end in time and was killed. What it asked of the scheduler may have happened.
    #[error("`{program}` gave no answer within {} s{}", .after.as_secs_f64(), spoken(.stderr))]
    Deadline {
        /// The command.
        program: String,
        /// How long it was given.
        after: Duration,
        /// What it had written to standard error by then.
        stderr: String,
    },
    /// It wrote more than any answer can be long, and was killed.
    #[error("`{program}` wrote more than {limit} bytes")]
    Flood {
        /// The command.
        program: String,
        /// The bound, in bytes.
        limit: usize,
    },
}

fn spoken(stderr: &str) -> String {
    match stderr.trim() {
        "" => String::new(),
        words => format!(" (it had said: {words})"),
    }
}
