//! Jobs of a launch that its record of submissions does not tell of, as when a line of it is damaged.

use jiff::Timestamp;

use super::find::{is_submitting, job_name, with_cause};
use super::{BEFORE, DEADLINE};
use crate::slurm::id::JobId;
use crate::slurm::query::QueryError;
use crate::slurm::submitted::{self, Submitted};
use crate::store::{Chunk, Launch};
use crate::tool::Runner;

/// A job of a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Slurm's id of it.
    pub job: JobId,
    /// The number of the submission.
    pub number: u32,
    /// What was submitted.
    pub chunk: Chunk,
    /// When.
    pub time: Timestamp,
}

/// Looks in the queue and in accounting for all jobs of a launch, by the beginning of their names, in the order of their
/// ids; or says who does not answer. Accounting that the cluster does not keep counts as asked.
pub fn jobs_of(runner: &dyn Runner, launch: &Launch) -> Result<Vec<Stray>, String> {
    let prefix = format!("--job-name={}", job_name(&launch.name, &launch.key));
    if is_submitting(|word| word.starts_with(prefix.as_bytes())) {
        return Err("an sbatch of it is still at work".to_owned());
    }
    let mut rows = submitted::queued(runner, DEADLINE)
        .map_err(|error| format!("squeue does not answer: {}", with_cause(&error)))?;
    match submitted::remembered(runner, launch.created.as_second() - BEFORE, DEADLINE) {
        Ok(remembered) => rows.extend(remembered),
        Err(QueryError::AccountingDisabled) => {}
        Err(error) => return Err(format!("sacct does not answer: {}", with_cause(&error))),
    }
    strays(launch, rows)
}

fn strays(launch: &Launch, rows: Vec<Submitted>) -> Result<Vec<Stray>, String> {
    let mut found: Vec<Stray> = Vec::new();
    for row in rows.into_iter().filter(|row| row.uid == Some(launch.uid)) {
        let Some(number) = number_in(&row.name, launch) else { continue };
        if found.iter().any(|stray| stray.job == row.job) {
            continue;
        }
        let Some(chunk) = chunk_in(&row.command) else {
            return Err(format!("the runs of job {} are not told: {:?}", row.job, row.command));
        };
        let time = row.time.and_then(|second| Timestamp::from_second(second).ok());
        // A launch of one run is no array, and only the launch tells.
        let chunk = Chunk { array: launch.runs > 1, ..chunk };
        found.push(Stray { job: row.job, number, chunk, time: time.unwrap_or(launch.created) });
    }
    found.sort_unstable_by_key(|stray| stray.job);
    Ok(found)
}

/// Reads the number of the submission from the name of its job.
fn number_in(job: &str, launch: &Launch) -> Option<u32> {
    let key = job.strip_prefix(&job_name(&launch.name, ""))?;
    number_of_key(key, &launch.key)
}

/// Reads the number of a submission from its key: that of its launch, for all but the first with a number.
pub fn number_of_key(key: &str, of_launch: &str) -> Option<u32> {
    match key.strip_prefix(of_launch)? {
        "" => Some(0),
        rest => rest.strip_prefix('-')?.parse().ok(),
    }
}

/// Reads what was submitted from the arguments of the script. The path before them may hold anything.
fn chunk_in(command: &str) -> Option<Chunk> {
    let (_, words) = command.rsplit_once(" --key ")?;
    let words: Vec<&str> = words.split(' ').collect();
    let [key, "--runs", runs, "--base", base, "--attempt", attempt, "--setting", "job"] = words[..] else {
        return None;
    };
    Some(Chunk {
        key: key.to_owned(),
        runs: runs.parse().ok()?,
        base: base.parse().ok()?,
        array: true,
        attempt: attempt.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::{ScriptedRunner, reply};

    fn launch() -> Launch {
        let text = r#"{"id":1,"name":"my train","key":"k3y","created":"2026-11-23T00:00:00Z","folder":"/a","runs":10,
            "place":{"support":"slurm","kind":"slurm","device":"cpu"},"command":["python"]}"#;
        serde_json::from_str(text).unwrap()
    }

    fn row(job: u32, name: &str, command: &str) -> String {
        format!("\x1e{job}\x1f0\x1f1795382094\x1f{command}\x1f{name}\n")
    }

    fn look(queued: &[String], remembered: (i32, &str, &str)) -> Result<Vec<Stray>, String> {
        let (code, out, err) = remembered;
        let runner = ScriptedRunner::new([Ok(reply(0, &queued.concat(), "")), Ok(reply(code, out, err))]);
        jobs_of(&runner, &launch())
    }

    const NONE: (i32, &str, &str) = (1, "", "Slurm accounting storage is disabled\n");
    const COMMAND: &str = "/a b/job.sh --key k3y-1 --runs 4-7,9 --base 4 --attempt 1 --setting job";

    #[test]
    fn a_job_of_the_launch_tells_all_of_its_submission() {
        let found = look(
            &[
                row(9, "my_train.k3y-1", COMMAND),
                row(9, "my_train.k3y-1", COMMAND),
                row(7, "my_train.k3y2", COMMAND),
                row(8, "my_train.k3y-x", COMMAND),
                row(5, "other.k3y", COMMAND),
            ],
            NONE,
        );
        let runs = "4-7,9".parse().unwrap();
        let chunk = Chunk { key: "k3y-1".to_owned(), runs, base: 4, array: true, attempt: 1 };
        let time = Timestamp::from_second(1_795_382_094).unwrap();
        assert_eq!(found, Ok(vec![Stray { job: JobId(9), number: 1, chunk, time }]));
    }

    #[test]
    fn what_the_queue_has_forgotten_accounting_tells() {
        let line = format!("6_[0-3]\x1f0\x1f1795382094\x1fmy_train.k3y-1\x1fsbatch --parsable {COMMAND}\n");
        let found = look(&[], (0, &line, "")).unwrap();
        assert_eq!((found[0].job, found[0].number, found[0].chunk.base), (JobId(6), 1, 4));
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        assert!(look(&[row(9, "my_train.k3y", "/a b/job.sh --key k3y --ru")], NONE).is_err());
        assert!(look(&[], (1, "", "sacct: error: Invalid field requested\n")).is_err());
        let silent = ScriptedRunner::new([Ok(reply(1, "", "slurm_load_jobs error: Socket timed out\n"))]);
        assert!(jobs_of(&silent, &launch()).is_err());
        assert_eq!(look(&[], NONE), Ok(Vec::new()));
    }
}
