//! The ids that Slurm gives: of a job, and of a task of an array.

use std::fmt;
use std::str::FromStr;

use super::ranges::ArraySpec;
use super::ranges::digits;

/// The id of a job. For an array this is the id of the whole array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u32);

/// A job that is no array, or one task of an array: `4711` or `4711_3`.
///
/// Tasks have ids of their own too, but the last task's own id is the array's, so a task must only ever be
/// addressed in this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The job, or the whole array.
    pub job: JobId,
    /// The index in the array.
    pub task: Option<u32>,
}

/// Which tasks of its job a row of `squeue` or `sacct` speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tasks {
    /// The job is no array.
    None,
    /// One task, usually one that has been started.
    Index(u32),
    /// Several tasks, none of which has been started: they wait, or were cancelled all together.
    Set(ArraySpec),
}

impl Tasks {
    /// Counts the tasks; a job without an array is one.
    pub fn count(&self) -> u64 {
        match self {
            Self::None | Self::Index(_) => 1,
            Self::Set(spec) => spec.indices.len(),
        }
    }

    /// Says whether the row speaks of the task with this index.
    pub fn contains(&self, index: u32) -> bool {
        match self {
            Self::None => false,
            Self::Index(task) => *task == index,
            Self::Set(spec) => spec.indices.contains(index.into()),
        }
    }
}

/// What was read is not an id that Slurm gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a Slurm job id such as 4711 or 4711_3")]
pub struct BadId {
    text: String,
}

impl BadId {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned() }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.task {
            Some(task) => write!(f, "{}_{task}", self.job),
            None => write!(f, "{}", self.job),
        }
    }
}

impl FromStr for JobId {
    type Err = BadId;

    /// Reads a positive number: Slurm counts jobs from 1 (`FirstJobId`).
    fn from_str(text: &str) -> Result<Self, BadId> {
        match digits(text) {
            Some(id) if id > 0 => Ok(Self(id)),
            _ => Err(BadId::new(text)),
        }
    }
}

impl FromStr for TaskId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = |_| BadId::new(text);
        match text.split_once('_') {
            None => Ok(Self { job: text.parse()?, task: None }),
            Some((job, task)) => {
                let task = digits(task).ok_or_else(|| BadId::new(text))?;
                Ok(Self { job: job.parse().map_err(bad)?, task: Some(task) })
            }
        }
    }
}

/// Reads the job id column of `sacct`: `4711`, `4711_3`, `4711_[4,10-59%3]`, and `4711+1` for a part of a
/// heterogeneous job, which counts as the job.
pub fn read_job_column(text: &str) -> Result<(JobId, Tasks), BadId> {
    let bad = || BadId::new(text);
    let (job, tasks) = match text.split_once('_') {
        None => (text.split('+').next().unwrap_or(text), Tasks::None),
        Some((job, tasks)) => match tasks.strip_prefix('[') {
            None => (job, Tasks::Index(digits(tasks).ok_or_else(bad)?)),
            Some(set) => {
                let set = set.strip_suffix(']').ok_or_else(bad)?;
                (job, Tasks::Set(set.parse().map_err(|_| bad())?))
            }
        },
    };
    Ok((job.parse().map_err(|_| bad())?, tasks))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(job in 1u32.., task: Option<u32>) {
            let id = TaskId { job: JobId(job), task };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn other_texts_are_no_ids() {
        for text in ["", "0", "+3", "-3", " 3", "3_", "_3", "3_x", "3_[1-2]", "3.batch", "4294967296", "3;c"]
        {
            assert!(text.parse::<TaskId>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_job_column_has_four_forms() {
        assert_eq!(read_job_column("4711"), Ok((JobId(4711), Tasks::None)));
        assert_eq!(read_job_column("4711_3"), Ok((JobId(4711), Tasks::Index(3))));
        assert_eq!(read_job_column("4711+1"), Ok((JobId(4711), Tasks::None)));
        let (job, tasks) = read_job_column("3_[4,10-59%3]").unwrap();
        assert_eq!(job, JobId(3));
        assert!(tasks.contains(59) && tasks.contains(4) && !tasks.contains(5));
        assert!(read_job_column("3_[4,...]").is_err());
        assert!(read_job_column("3_[4").is_err());
    }
}
