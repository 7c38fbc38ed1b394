//! What an exit code means: documented in the README, and tested.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done,
    /// It worked, and the answer is that some runs did not succeed.
    SomeFailed,
    /// The command line or a configuration is wrong.
    Usage,
    /// The scheduler or another tool failed.
    Scheduler,
    /// The store or the disk failed.
    Store,
    /// A mistake of ours.
    Bug,
    /// The time that was given for waiting is over, and the runs are not; as timeout(1) has it.
    TimedOut,
    /// Interrupted by the user.
    Interrupted,
    /// A program's own exit code, for a single run in the foreground.
    Program(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::SomeFailed => 1,
            Exit::Usage => 2,
            Exit::Scheduler => 3,
            Exit::Store => 4,
            Exit::Bug => 70,
            Exit::TimedOut => 124,
            Exit::Interrupted => 130,
            Exit::Program(code) => code,
        })
    }
}
