//! The numbers a user types: launches, runs, and ranges of runs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Numbers a launch within one store, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LaunchId(pub u64);

impl fmt::Display for LaunchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names run `run` of launch `launch`, written `12.3`; runs count from 0, as Slurm counts array tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId {
    /// The launch.
    pub launch: LaunchId,
    /// The run's number in the launch.
    pub run: u64,
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.launch, self.run)
    }
}

/// Says which runs a user means: `12`, `12.3`, `12.3-7`, or a Slurm job `slurm:4711_3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Every run of a launch.
    Launch(LaunchId),
    /// Runs `first` to `last` of a launch, both included.
    Runs {
        /// The launch.
        launch: LaunchId,
        /// The first run.
        first: u64,
        /// The last run, included.
        last: u64,
    },
    /// Whatever a Slurm job, or one task of its array, executes.
    SlurmJob {
        /// Slurm's job id (of the array, where it is one).
        job: u32,
        /// The task of the array; `None` means the whole job.
        task: Option<u32>,
    },
}

/// Tells why a word is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// It has none of the forms.
    #[error(
        "`{word}` is not an id; write a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`"
    )]
    NoForm {
        /// What was typed.
        word: String,
    },
    /// The first run stands after the last.
    #[error("`{word}` begins after its end; write `{launch}.{last}-{first}`")]
    Reversed {
        /// What was typed.
        word: String,
        /// The launch.
        launch: u64,
        /// What was typed first.
        first: u64,
        /// What was typed last.
        last: u64,
    },
}

impl FromStr for Selection {
    type Err = SelectionError;

    fn from_str(word: &str) -> Result<Self, SelectionError> {
        let parsed = match word.strip_prefix("slurm:") {
            Some(job) => parse_job(job),
            None => parse_runs(word),
        };
        match parsed {
            Some(Selection::Runs { launch: LaunchId(launch), first, last }) if last < first => {
                Err(SelectionError::Reversed { word: word.to_owned(), launch, first, last })
            }
            Some(selection) => Ok(selection),
            None => Err(SelectionError::NoForm { word: word.to_owned() }),
        }
    }
}

fn parse_job(word: &str) -> Option<Selection> {
    let (job, task) = match word.split_once('_') {
        Some((job, task)) => (job, Some(number(task)?)),
        None => (word, None),
    };
    Some(Selection::SlurmJob { job: number(job)?, task })
}

fn parse_runs(word: &str) -> Option<Selection> {
    let Some((launch, runs)) = word.split_once('.') else {
        return number(word).map(|id| Selection::Launch(LaunchId(id)));
    };
    let launch = LaunchId(number(launch)?);
    let (first, last) = match runs.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(runs)?, number(runs)?),
    };
    Some(Selection::Runs { launch, first, last })
}

/// Reads plain digits; a sign, which `str::parse` would take, is no id.
fn number<T: FromStr>(digits: &str) -> Option<T> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let twelve = LaunchId(12);
        assert_eq!("12".parse(), Ok(Selection::Launch(twelve)));
        assert_eq!("12.3".parse(), Ok(Selection::Runs { launch: twelve, first: 3, last: 3 }));
        assert_eq!("12.3-7".parse(), Ok(Selection::Runs { launch: twelve, first: 3, last: 7 }));
        assert_eq!("slurm:4711_3".parse(), Ok(Selection::SlurmJob { job: 4711, task: Some(3) }));
        assert_eq!("slurm:4711".parse(), Ok(Selection::SlurmJob { job: 4711, task: None }));
    }

    #[test]
    fn anything_else_is_refused_with_the_forms() {
        for word in ["", "x", "12.", ".3", "12.3-", "+12", "12.-3", "slurm:", "slurm:1_", "1.2.3"] {
            let refused = word.parse::<Selection>().unwrap_err();
            assert!(refused.to_string().contains("12.3-7"), "{word}");
        }
    }

    #[test]
    fn runs_in_the_wrong_order_are_refused_with_the_right_one() {
        let refused = "12.7-3".parse::<Selection>().unwrap_err();
        assert_eq!(refused.to_string(), "`12.7-3` begins after its end; write `12.3-7`");
    }
}
