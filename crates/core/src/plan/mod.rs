//! The plan: a command, times the points of a sweep, times the repeats. Pure; nothing is touched.
//!
//! Runs are numbered from 0. All repeats of a point come before the next point, as a loop over points that
//! calls `neurun --runs=N` would start them. A run is made when it is asked for, so a plan of a million runs
//! costs no memory.

pub mod argument;
pub mod quote;
pub mod script;
pub mod template;

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
    repeats: u64,
    runs: Runs,
}

/// Where the runs of a plan come from.
#[derive(Debug, Clone)]
enum Runs {
    /// Made when they are asked for: the repeats of each point.
    Made { sweep: Option<Sweep>, count: u64 },
    /// Of an earlier plan, each as it stands there.
    Listed { parameters: Vec<String>, list: Vec<Run> },
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

/// Runs of an earlier plan, and what that plan says of all of them.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// The command without the parameters of a point.
    pub command: Vec<OsString>,
    /// The names of the swept parameters.
    pub parameters: Vec<String>,
    /// The repeats of each point.
    pub repeats: u64,
    /// The runs.
    pub runs: Vec<Run>,
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
        Ok(Self { command, repeats, runs: Runs::Made { sweep, count: runs } })
    }

    /// Plans runs of an earlier plan once more: each keeps its arguments, its point and its repeat, and gets a new
    /// number.
    pub fn again(earlier: Earlier) -> Result<Self, PlanError> {
        let Earlier { command, parameters, repeats, runs } = earlier;
        if runs.is_empty() {
            return Err(PlanError::NoRepeats);
        }
        let list = runs.into_iter().zip(0..).map(|(run, number)| Run { number, ..run }).collect();
        Ok(Self { command, repeats, runs: Runs::Listed { parameters, list } })
    }

    /// Counts the runs.
    pub fn len(&self) -> u64 {
        match &self.runs {
            Runs::Made { count, .. } => *count,
            Runs::Listed { list, .. } => list.len() as u64,
        }
    }

    /// Tells whether there is nothing to run, which a plan never is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives the repeats of each point.
    pub fn repeats(&self) -> u64 {
        self.repeats
    }

    /// Gives the command without the parameters of a point.
    pub fn command(&self) -> &[OsString] {
        &self.command
    }

    /// Gives the names of the swept parameters, in their order.
    pub fn parameter_names(&self) -> impl Iterator<Item = &str> {
        let (sweep, parameters): (_, &[String]) = match &self.runs {
            Runs::Made { sweep, .. } => (sweep.as_ref(), &[]),
            Runs::Listed { parameters, .. } => (None, parameters),
        };
        let swept = sweep.into_iter().flat_map(Sweep::axes).map(Axis::name);
        swept.chain(parameters.iter().map(String::as_str))
    }

    /// Gives the arguments that every run begins with.
    pub fn shared_arguments(&self) -> &[OsString] {
        match &self.runs {
            Runs::Made { .. } => &self.command,
            Runs::Listed { .. } => &[],
        }
    }

    /// Gives the arguments of run `number` after those that all share, as they are typed: `--lr=0.1`.
    pub fn own_arguments(&self, number: u64) -> impl Iterator<Item = &OsStr> {
        let flags = self.point(number).into_iter().flat_map(Point::flags).map(OsStr::new);
        let words = self.listed(number).map(|run| run.argv.as_slice()).unwrap_or_default();
        flags.chain(words.iter().map(OsString::as_os_str))
    }

    /// Appends the point of run `number` as a JSON object.
    pub fn write_params(&self, out: &mut String, number: u64) {
        match (self.point(number), self.listed(number)) {
            (Some(point), _) => point.write_json(out),
            (None, Some(run)) => out.push_str(&run.params),
            (None, None) => out.push_str("{}"),
        }
    }

    /// Gives which repeat of its point run `number` is.
    pub fn repeat(&self, number: u64) -> u64 {
        self.listed(number).map_or(number % self.repeats, |run| run.repeat)
    }

    fn point(&self, number: u64) -> Option<Point<'_>> {
        match &self.runs {
            Runs::Made { sweep, .. } => sweep.as_ref()?.point(number / self.repeats),
            Runs::Listed { .. } => None,
        }
    }

    fn listed(&self, number: u64) -> Option<&Run> {
        match &self.runs {
            Runs::Made { .. } => None,
            Runs::Listed { list, .. } => list.get(usize::try_from(number).ok()?),
        }
    }

    /// Appends the command of run `number` as a shell would accept it; a million of them cost no memory.
    pub fn write_command(&self, out: &mut Vec<u8>, number: u64) {
        let shared = self.shared_arguments().iter().map(OsString::as_os_str);
        quote::write_command(out, shared.chain(self.own_arguments(number)));
    }

    /// Makes every run, in order, one at a time.
    pub fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        (0..self.len()).map(|number| self.run(number))
    }

    /// Makes run `number`, which must be below [`Plan::len`].
    pub fn run(&self, number: u64) -> Run {
        let mut params = String::new();
        self.write_params(&mut params, number);
        let shared = self.shared_arguments().iter().cloned();
        let argv = shared.chain(self.own_arguments(number).map(OsStr::to_owned)).collect();
        Run { number, repeat: self.repeat(number), params, argv }
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
