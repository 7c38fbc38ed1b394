//! `scontrol show job`: whether the controller itself knows a job that squeue does not list.
//!
//! An empty answer of squeue is no word about a job: a wrapper that fails, or the commands of another cluster, give the
//! same. `scontrol` says of a job that is not there that its id is invalid (`ESLURM_INVALID_JOB_ID` in `slurm_errno.c`).

use std::time::Duration;

use super::id::JobId;
use super::query::{QueryError, output_of};
use crate::tool::{Invocation, Reply, Runner};

const PROGRAM: &str = "scontrol";

/// What the controller says of an id that it does not have.
const NO_SUCH_JOB: &str = "Invalid job id specified";

/// Whether the controller knows a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knowledge {
    /// It has the job, or a task of it.
    Known,
    /// It has no job with this id, or another one.
    Unknown,
}

/// Asks the controller for a job whose name ends with `.` and `key`.
pub fn ask(runner: &dyn Runner, job: JobId, key: &str, deadline: Duration) -> Result<Knowledge, QueryError> {
    let invocation = Invocation::query(PROGRAM, deadline).args(["--oneliner", "show", "job"]);
    read(&runner.run(&invocation.arg(job.to_string()))?, key)
}

fn read(reply: &Reply, key: &str) -> Result<Knowledge, QueryError> {
    if reply.stderr.contains(NO_SUCH_JOB) {
        return Ok(Knowledge::Unknown);
    }
    let output = output_of(PROGRAM, reply)?;
    let records: Vec<&str> = output.lines().filter(|line| line.starts_with("JobId=")).collect();
    if records.is_empty() {
        return Err(QueryError::Unreadable { program: PROGRAM, row: output.trim().to_owned() });
    }
    let is_ours = |record: &&str| {
        let name = record.split(' ').find_map(|word| word.strip_prefix("JobName="));
        name.and_then(|name| name.strip_suffix(key)).is_some_and(|rest| rest.ends_with('.'))
    };
    Ok(if records.iter().any(is_ours) { Knowledge::Known } else { Knowledge::Unknown })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::reply;

    /// What Slurm 22.05.8 prints of an array of two tasks that wait, cut after the fourth field.
    const WAITS: &str = "JobId=7 ArrayJobId=7 ArrayTaskId=0-1 JobName=train.k3y UserId=root(0)\n";

    fn after(code: i32, stdout: &str, stderr: &str) -> Option<Knowledge> {
        read(&reply(code, stdout, stderr), "k3y").ok()
    }

    #[test]
    fn only_clear_words_of_the_controller_are_an_answer() {
        assert_eq!(after(0, WAITS, ""), Some(Knowledge::Known));
        let invalid = "slurm_load_jobs error: Invalid job id specified\n";
        assert_eq!(after(1, "", invalid), Some(Knowledge::Unknown));
        let reused = WAITS.replace("k3y", "other");
        assert_eq!(after(0, &reused, ""), Some(Knowledge::Unknown), "the id is another job's now");
        for (code, stdout, stderr) in [
            (0, "", ""),
            (0, "ClusterName = a\n", ""),
            (1, "", "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n"),
            (0, "JobId=7 ArrayJobId=7 Array", ""),
        ] {
            assert_eq!(after(code, stdout, stderr), None, "{stdout}{stderr}");
        }
    }
}
