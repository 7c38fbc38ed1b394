//! `squeue` and `sacct`: with which command lines jobs were submitted, which tells of a job all that its submission
//! said where the record of it is lost.

use std::time::Duration;

use jiff::Timestamp;

use super::id::{JobId, read_job_column};
use super::query::{FIELD, QueryError, epoch, output_of};
use super::since::starttime;
use crate::tool::{Invocation, Reply, Runner};

const SQUEUE: &str = "squeue";
const SACCT: &str = "sacct";

/// Starts a row of squeue: a job's name may hold a newline, so lines are not rows.
const ROW: char = '\x1e';

/// What squeue prints of a job: the array, its user, when it was submitted, its script with arguments, its name
/// (`man squeue`, --format).
const QUEUED: [&str; 5] = ["%F", "%U", "%V", "%o", "%j"];

/// What sacct prints of a job (`man sacct`, --format). `SubmitLine` is known since Slurm 21.08.
const REMEMBERED: [&str; 5] = ["JobID", "UID", "Submit", "JobName", "SubmitLine"];

/// A job, and how it was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The job, for tasks the whole array.
    pub job: JobId,
    /// The numeric id of its user, where it is told.
    pub uid: Option<u32>,
    /// When it was submitted, or requeued; seconds since 1970.
    pub time: Option<i64>,
    /// The script and its arguments, of accounting the whole command line; nothing is quoted.
    pub command: String,
    /// Its name.
    pub name: String,
}

/// Describes the question for all jobs that the queue knows. No user is named: `squeue` refuses one without a name in
/// the user database.
fn of_queue(deadline: Duration) -> Invocation {
    let format = QUEUED.join(&FIELD.to_string());
    Invocation::query(SQUEUE, deadline)
        .args(["--noheader", "--states=all"])
        .arg(format!("--format={ROW}{format}"))
}

/// Describes the question for all jobs of this user that ended after `since` (seconds since 1970) or have not ended.
fn of_accounting(since: i64, deadline: Duration) -> Invocation {
    Invocation::query(SACCT, deadline)
        .args(["--noheader", "--parsable2", "--allocations", "--duplicates"])
        .arg(format!("--delimiter={FIELD}"))
        .arg(format!("--format={}", REMEMBERED.join(",")))
        .arg(starttime(since, Timestamp::now()))
}

/// Asks the queue for all jobs that it knows.
pub fn queued(runner: &dyn Runner, deadline: Duration) -> Result<Vec<Submitted>, QueryError> {
    queued_in(&runner.run(&of_queue(deadline))?)
}

/// Asks accounting for the jobs that ended after `since`, in seconds since 1970, or have not ended.
pub fn remembered(runner: &dyn Runner, since: i64, deadline: Duration) -> Result<Vec<Submitted>, QueryError> {
    remembered_in(&runner.run(&of_accounting(since, deadline))?)
}

fn queued_in(reply: &Reply) -> Result<Vec<Submitted>, QueryError> {
    // Before the first row may stand the title of a cluster.
    let rows = output_of(SQUEUE, reply)?.split(ROW).skip(1);
    let rows = rows.map(|row| {
        let row = row.strip_suffix('\n').unwrap_or(row);
        let fields: Vec<&str> = row.splitn(QUEUED.len(), FIELD).collect();
        let read = match fields[..] {
            [job, uid, time, command, name] => submitted([job, uid, time, command, name]),
            _ => None,
        };
        read.ok_or_else(|| QueryError::Unreadable { program: SQUEUE, row: row.to_owned() })
    });
    rows.collect()
}

fn remembered_in(reply: &Reply) -> Result<Vec<Submitted>, QueryError> {
    let mut rows: Vec<String> = Vec::new();
    for line in output_of(SACCT, reply)?.lines() {
        // A name or a path with a newline goes on in the next line.
        match rows.last_mut() {
            Some(row) if !begins_row(line) => {
                row.push('\n');
                row.push_str(line);
            }
            _ => rows.push(line.to_owned()),
        }
    }
    let rows = rows.into_iter().map(|row| {
        let fields: Vec<&str> = row.splitn(REMEMBERED.len(), FIELD).collect();
        let read = match fields[..] {
            [job, uid, time, name, command] => submitted([job, uid, time, command, name]),
            _ => None,
        };
        read.ok_or_else(|| QueryError::Unreadable { program: SACCT, row: row.clone() })
    });
    rows.collect()
}

fn begins_row(line: &str) -> bool {
    let fields: Vec<&str> = line.split(FIELD).collect();
    fields.len() >= REMEMBERED.len() - 1 && read_job_column(fields[0]).is_ok()
}

fn submitted([job, uid, time, command, name]: [&str; 5]) -> Option<Submitted> {
    Some(Submitted {
        job: read_job_column(job).ok()?.0,
        uid: uid.parse().ok(),
        time: epoch(time),
        command: command.to_owned(),
        name: name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::reply;

    fn printed(text: &str) -> Reply {
        reply(0, &text.replace("^^", "\x1e").replace("^_", "\x1f"), "")
    }

    #[test]
    fn the_queue_tells_scripts_with_their_arguments() {
        let found = queued_in(&printed(
            "^^3^_0^_1795382094^_/c/s.sh --key ab --runs 0-3^_a.b\n^^9^_4242^_1^_/c/s.sh^_new\nline\n",
        ));
        let found = found.unwrap();
        let command = "/c/s.sh --key ab --runs 0-3".to_owned();
        let first = Submitted {
            job: JobId(3),
            uid: Some(0),
            time: Some(1_795_382_094),
            command,
            name: "a.b".to_owned(),
        };
        assert_eq!(found[0], first);
        assert_eq!((found[1].name.as_str(), found.len()), ("new\nline", 2));
        assert_eq!(queued_in(&printed("")).unwrap(), []);
    }

    #[test]
    fn accounting_tells_whole_command_lines() {
        let found = remembered_in(&printed(
            "3_[0-3]^_0^_1795382094^_a.b^_sbatch --parsable /c/s.sh --key ab\n9^_^_1^_new\nline^_sbatch x\n",
        ));
        let found = found.unwrap();
        assert_eq!(
            (found[0].job, found[0].command.as_str()),
            (JobId(3), "sbatch --parsable /c/s.sh --key ab")
        );
        assert_eq!((found[1].name.as_str(), found[1].uid), ("new\nline", None));
    }

    #[test]
    fn what_cannot_be_read_is_no_answer() {
        assert!(matches!(queued_in(&printed("^^3^_0\n")), Err(QueryError::Unreadable { .. })));
        assert!(matches!(queued_in(&printed("^^3^_0^_s^_a.")), Err(QueryError::CutOff { .. })));
        assert!(matches!(remembered_in(&printed("what now?\n")), Err(QueryError::Unreadable { .. })));
    }
}
