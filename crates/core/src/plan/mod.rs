//! The plan: a command, times the points of a sweep, times the repeats. Pure; nothing is touched.
//!
//! Runs are numbered from 0. All repeats of a point come before the next point, as a loop over points that
//! calls `neurun --runs=N` would start them. A run is made when it is asked for, so a plan of a million runs
//! costs no memory. A plan that leaves some out keeps a byte or two for each that stays.

pub mod argument;
mod earlier_runs;
mod planned;
pub mod quote;
pub mod script;
pub mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::ops::Range;

use crate::document::Problems;
use crate::kept::{Ascending, Kept};
use crate::sweep::style::Wanted;
use crate::sweep::{Choice, RunNames, StartLimit, Sweep};

pub use argument::Argument;
pub use earlier_runs::{Code, Comparison, EarlierRun, EarlierRuns, RunIdentity, Standing};
use planned::Of;
pub use planned::Planned;
pub use template::Hint;
use template::Template;

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
    Made {
        sweep: Option<Sweep>,
        /// Their places among all runs that the sweep and the repeats make; others are left out.
        places: Kept,
        /// The words that all runs begin with.
        shared: Vec<OsString>,
        /// The words of the command from the first on that has a value in it.
        rest: Template,
    },
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
    /// Variables of the environment that give parameters to it.
    pub variables: Vec<(String, String)>,
    /// The name that an earlier plan gave to it; one that is new gets its name when it is written down.
    pub name: Option<String>,
    /// What values are called that have names of their own, by parameter.
    pub labels: Vec<(String, String)>,
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
        let count = points.checked_mul(repeats).filter(|runs| *runs <= MOST_RUNS);
        let count = count.ok_or(PlanError::TooMany { points, repeats })?;
        let names: Vec<_> = sweep.iter().flat_map(Sweep::parameters).map(|it| it.name.as_str()).collect();
        let (shared, rest) = Template::parse(&command, &names).split();
        check_lengths(&shared, &rest, sweep.as_ref())?;
        Ok(Self { command, repeats, runs: Runs::Made { sweep, places: Kept::All(count), shared, rest } })
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

    /// Plans only those runs that `is_wanted` picks, in their order and with new numbers; `None` where it picks none.
    /// Each stays what it is: its point, its repeat and its name.
    pub fn only(&self, mut is_wanted: impl FnMut(&Planned<'_>) -> bool) -> Option<Self> {
        let wanted = (0..self.len()).map(|number| self.at(number)).filter(|planned| is_wanted(planned));
        let runs = match &self.runs {
            Runs::Made { sweep, shared, rest, .. } => {
                let mut places = Ascending::default();
                wanted.for_each(|planned| places.push(planned.place.into()));
                let (sweep, shared, rest) = (sweep.clone(), shared.clone(), rest.clone());
                Runs::Made { sweep, places: Kept::Some(places), shared, rest }
            }
            Runs::Listed { parameters, .. } => {
                let list = wanted.zip(0..).map(|(planned, number)| Run { number, ..planned.run() }).collect();
                Runs::Listed { parameters: parameters.clone(), list }
            }
        };
        let plan = Self { command: self.command.clone(), repeats: self.repeats, runs };
        (!plan.is_empty()).then_some(plan)
    }

    /// Counts the runs.
    pub fn len(&self) -> u64 {
        match &self.runs {
            Runs::Made { places, .. } => places.count(),
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
        let swept = sweep.into_iter().flat_map(Sweep::parameters).map(|parameter| parameter.name.as_str());
        swept.chain(parameters.iter().map(String::as_str))
    }

    /// Gives what the files of the sweep say of how many runs may be started without a word.
    pub fn limits(&self) -> &[StartLimit] {
        match &self.runs {
            Runs::Made { sweep, .. } => sweep.as_ref().map_or(&[], Sweep::limits),
            Runs::Listed { .. } => &[],
        }
    }

    /// Says of each of those limits that it is exceeded, where it is.
    pub fn excesses(&self) -> Vec<Problems> {
        let excess = |limit: &StartLimit| limit.excess(self.runs_at(limit.points()));
        self.limits().iter().filter_map(excess).collect()
    }

    /// Counts the runs at some points of the sweep.
    fn runs_at(&self, points: &Range<u64>) -> u64 {
        match &self.runs {
            Runs::Made { places: Kept::All(_), .. } => (points.end - points.start) * self.repeats,
            Runs::Made { places: Kept::Some(_), .. } | Runs::Listed { .. } => {
                let is_there = |number: &u64| points.contains(&(self.at(*number).place / self.repeats));
                (0..self.len()).filter(is_there).count() as u64
            }
        }
    }

    /// Decides how the runs are named, in a launch that has a name itself.
    pub fn names(&self, launch: &str) -> RunNames<'_> {
        match &self.runs {
            Runs::Made { sweep, .. } => RunNames::new(sweep.as_ref(), launch, self.repeats),
            Runs::Listed { .. } => RunNames::new(None, launch, self.repeats),
        }
    }

    /// Gives the arguments that every run begins with.
    pub fn shared_arguments(&self) -> &[OsString] {
        match &self.runs {
            Runs::Made { shared, .. } => shared,
            Runs::Listed { .. } => &[],
        }
    }

    /// Gives what the program has to know for each parameter that is appended to the command.
    pub fn wanted(&self) -> BTreeSet<(&str, Wanted)> {
        match &self.runs {
            Runs::Made { sweep, rest, .. } => {
                let wanted = sweep.iter().flat_map(Sweep::wanted);
                wanted.filter(|(name, _)| !rest.uses(name)).collect()
            }
            Runs::Listed { .. } => BTreeSet::new(),
        }
    }

    /// Gives the braces of the command that look like a slip of a swept name.
    pub fn hints(&self) -> &[Hint] {
        match &self.runs {
            Runs::Made { rest, .. } => rest.hints(),
            Runs::Listed { .. } => &[],
        }
    }

    /// Gives run `number`, which must be below [`Plan::len`], without making its argv.
    pub fn at(&self, number: u64) -> Planned<'_> {
        let place = match &self.runs {
            Runs::Made { places, .. } => u64::try_from(places.at(number)).unwrap_or(u64::MAX),
            Runs::Listed { .. } => number,
        };
        let of = match &self.runs {
            Runs::Made { sweep, rest, .. } => {
                match sweep.as_ref().and_then(|sweep| sweep.point(place / self.repeats)) {
                    Some(point) => {
                        let words = if rest.is_empty() {
                            Vec::new()
                        } else {
                            rest.fill(|name| point.choice(name).and_then(Choice::text))
                        };
                        Of::Point { point, words, rest }
                    }
                    None => Of::Command,
                }
            }
            Runs::Listed { list, .. } => {
                match usize::try_from(number).ok().and_then(|number| list.get(number)) {
                    Some(run) => Of::Earlier(run),
                    None => Of::Command,
                }
            }
        };
        Planned { plan: self, number, place, of }
    }

    /// Makes every run, in order, one at a time.
    pub fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        (0..self.len()).map(|number| self.run(number))
    }

    /// Makes run `number`, which must be below [`Plan::len`].
    pub fn run(&self, number: u64) -> Run {
        self.at(number).run()
    }
}

/// Checks the longest run that the plan can have, so that no run is refused by the kernel when it starts.
fn check_lengths(shared: &[OsString], rest: &Template, sweep: Option<&Sweep>) -> Result<(), PlanError> {
    let mut total = 0;
    let mut longest: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (name, choice) in sweep.into_iter().flat_map(Sweep::listed_choices) {
        let mut bytes = 0;
        for argument in choice.arguments() {
            bytes += check_argument(argument.as_ref())?;
        }
        let (most, text) = longest.entry(name).or_default();
        *most = bytes.max(*most);
        *text = choice.text().filter(|other| other.len() > text.len()).unwrap_or(text);
    }
    let words = rest.fill(|name| longest.get(name).map(|(_, text)| *text));
    for word in shared.iter().chain(&words) {
        total += check_argument(word)?;
    }
    total += longest.iter().filter(|(name, _)| !rest.uses(name)).map(|(_, (bytes, _))| bytes).sum::<usize>();
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
