//! The plan: a command, times the points of a sweep, times the repeats. Pure; nothing is touched.
//!
//! Runs are numbered from 0. All repeats of a point come before the next point, as a loop over points that
//! calls `neurun --runs=N` would start them. A run is made when it is asked for, so a plan of a million runs
//! costs no memory.

pub mod argument;
pub mod quote;
pub mod script;

use std::ffi::{OsStr, OsString};

use crate::sweep::{Axis, Choice, Point, Sweep};

pub use argument::Argument;

/// The longest argument that Linux passes to a program, in bytes: `MAX_ARG_STRLEN` (32 pages, execve(2)) less
/// the byte that ends it.
pub const LONGEST_ARGUMENT: usize = 131_071;

/// What all arguments and the environment may weigh together: a quarter of the default 8 MiB stack
/// (execve(2)), less 128 KiB for the environment, pointers not counted.
pub const LONGEST_COMMAND: usize = 2 * 1024 * 1024 - 128 * 1024;

/// More runs than this are a mistake: no cluster would take them, and the plan alone would fill a disk.
pub const MOST_RUNS: u64 = 100_000_000;

/// The list of runs that one command line asks for.
#[derive(Debug, Clone)]
pub struct Plan {
    command: Vec<OsString>,
    sweep: Option<Sweep>,
    repeats: u64,
    runs: u64,
}

/// One execution that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The number in the launch, from 0.
    pub number: u64,
    /// Which repeat of its point this is, from 0.
    pub repeat: u64,
    /// The point as a JSON object, numbers as they stand in the parameter file.
    pub params: String,
    /// What is executed: the program, then its arguments.
    pub argv: Vec<OsString>,
}

/// Tells why a plan cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// There are more runs than can be counted.
    #[error(
        "{points} points times {repeats} repeats are more than {MOST_RUNS} runs, the most that one launch can have"
    )]
    TooMany {
        /// Points of the sweep.
        points: u64,
        /// Repeats of each.
        repeats: u64,
    },
    /// `--runs=0`.
    #[error("nothing to run: `--runs` must be at least 1")]
    NoRepeats,
    /// An argument that the kernel would refuse.
    #[error(
        "an argument of {bytes} bytes (`{start}…`) is longer than Linux passes to a program ({LONGEST_ARGUMENT} bytes); \
         write the value to a file and pass its path"
    )]
    ArgumentTooLong {
        /// Its length.
        bytes: usize,
        /// Its first characters.
        start: String,
    },
    /// All arguments together are more than the kernel would take.
    #[error(
        "the arguments of a run are {bytes} bytes together, more than Linux passes to a program ({LONGEST_COMMAND} bytes); \
         write the values to a file and pass its path"
    )]
    CommandTooLong {
        /// Their length, ends counted.
        bytes: usize,
    },
}

impl Plan {
    /// Plans `repeats` runs of `command` for every point of `sweep`, or of the command alone.
    pub fn new(command: Vec<OsString>, sweep: Option<Sweep>, repeats: u64) -> Result<Self, PlanError> {
        if repeats == 0 {
            return Err(PlanError::NoRepeats);
        }
        let points = sweep.as_ref().map_or(1, Sweep::count);
        let runs = points.checked_mul(repeats).filter(|runs| *runs <= MOST_RUNS);
        let runs = runs.ok_or(PlanError::TooMany { points, repeats })?;
        check_lengths(&command, sweep.as_ref())?;
        Ok(Self { command, sweep, repeats, runs })
    }

    /// Counts the runs.
    pub fn len(&self) -> u64 {
        self.runs
    }

    /// Tells whether there is nothing to run, which a plan never is.
    pub fn is_empty(&self) -> bool {
        self.runs == 0
    }

    /// Gives the repeats of each point.
    pub fn repeats(&self) -> u64 {
        self.repeats
    }

    /// Gives the command without the parameters of a point.
    pub fn command(&self) -> &[OsString] {
        &self.command
    }

    /// Gives the sweep, where there is one.
    pub fn sweep(&self) -> Option<&Sweep> {
        self.sweep.as_ref()
    }

    /// Gives the names of the swept parameters, in their order.
    pub fn parameter_names(&self) -> impl Iterator<Item = &str> {
        self.sweep.iter().flat_map(Sweep::axes).map(Axis::name)
    }

    /// Gives what run `number` adds to the command, as it is typed: `--lr=0.1`.
    pub fn flags(&self, number: u64) -> impl Iterator<Item = &str> {
        self.point(number).into_iter().flat_map(Point::flags)
    }

    /// Appends the point of run `number` as a JSON object.
    pub fn write_params(&self, out: &mut String, number: u64) {
        match self.point(number) {
            Some(point) => point.write_json(out),
            None => out.push_str("{}"),
        }
    }

    fn point(&self, number: u64) -> Option<Point<'_>> {
        self.sweep.as_ref().and_then(|sweep| sweep.point(number / self.repeats))
    }

    /// Appends the command of run `number` as a shell would accept it; a million of them cost no memory.
    pub fn write_command(&self, out: &mut Vec<u8>, number: u64) {
        let flags = self.flags(number).map(OsStr::new);
        quote::write_command(out, self.command.iter().map(OsString::as_os_str).chain(flags));
    }

    /// Makes every run, in order, one at a time.
    pub fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        (0..self.runs).map(|number| self.run(number))
    }

    /// Makes run `number`, which must be below [`Plan::len`].
    pub fn run(&self, number: u64) -> Run {
        let mut params = String::new();
        self.write_params(&mut params, number);
        let argv = self.command.iter().cloned().chain(self.flags(number).map(OsString::from)).collect();
        Run { number, repeat: number % self.repeats, params, argv }
    }
}

/// Checks the longest run that the plan can have, so that no run is refused by the kernel when it starts.
fn check_lengths(command: &[OsString], sweep: Option<&Sweep>) -> Result<(), PlanError> {
    let mut total = 0;
    for word in command {
        total += check_argument(word)?;
    }
    for axis in sweep.map(Sweep::axes).unwrap_or_default() {
        let mut longest = 0;
        for flag in axis.choices().iter().filter_map(Choice::flag) {
            longest = longest.max(check_argument(flag.as_ref())?);
        }
        total += longest;
    }
    if total > LONGEST_COMMAND {
        return Err(PlanError::CommandTooLong { bytes: total });
    }
    Ok(())
}

/// Gives what the argument takes, its end included.
fn check_argument(word: &OsStr) -> Result<usize, PlanError> {
    if word.len() > LONGEST_ARGUMENT {
        let start = word.to_string_lossy().chars().take(40).collect();
        return Err(PlanError::ArgumentTooLong { bytes: word.len(), start });
    }
    Ok(word.len() + 1)
}

#[cfg(test)]
mod tests;
