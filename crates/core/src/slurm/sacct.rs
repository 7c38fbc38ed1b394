//! `sacct`: what accounting remembers of jobs, also of those that the controller has forgotten.
//!
//! Accounting lags behind by seconds, and many sites have none.

use std::time::Duration;

use jiff::Timestamp;

use super::id::{JobId, Tasks, read_job_column};
use super::query::{FIELD, QueryError, Wanted, epoch, output_of, present};
use super::since::starttime;
use super::state::SlurmState;
use crate::tool::{Invocation, Reply, Runner};

const PROGRAM: &str = "sacct";

/// What is printed of a job, the name last (`man sacct`, --format).
const FIELDS: [&str; 13] = [
    "JobID",
    "JobIDRaw",
    "State",
    "ExitCode",
    "DerivedExitCode",
    "Submit",
    "Start",
    "End",
    "ElapsedRaw",
    "NodeList",
    "Reason",
    "UID",
    "JobName",
];

/// How a job or step ended, as `code:signal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitCode {
    /// The exit code.
    pub code: i32,
    /// The signal that ended it, 0 for none. Slurm uses 125 for "out of memory".
    pub signal: i32,
}

/// One execution of a job or task, or tasks that wait.
///
/// A requeued job has a row for each execution. For a while after a requeue there is no row for what waits: the
/// last one says how the execution before ended (REQUEUED, PREEMPTED, `NODE_FAIL`). So even a final state
/// here does not prove that the task is over while the queue still has it; and a task that was cancelled before
/// it started may have no row at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountingRow {
    /// The job, for tasks the whole array.
    pub job: JobId,
    /// The id of the row itself. For display only.
    pub raw: JobId,
    /// Which tasks the row speaks of.
    pub tasks: Tasks,
    /// Its state.
    pub state: SlurmState,
    /// How its script ended.
    pub exit: Option<ExitCode>,
    /// The worst end among its steps.
    pub derived_exit: Option<ExitCode>,
    /// When it was submitted; seconds since 1970.
    pub submitted: Option<i64>,
    /// When it started; seconds since 1970.
    pub start: Option<i64>,
    /// When it ended; seconds since 1970.
    pub end: Option<i64>,
    /// How many seconds it has run.
    pub elapsed: Option<u64>,
    /// The nodes, in Slurm's notation.
    pub nodes: Option<String>,
    /// Why it waited last, in Slurm's words.
    pub reason: Option<String>,
    /// The numeric id of its user, where accounting knows it.
    pub uid: Option<u32>,
    /// Its name.
    pub name: String,
}

/// Describes the question for jobs that ended after `since` (seconds since 1970) or have not ended.
///
/// The default of `sacct` is last midnight, and without any bound an id that was used before, by an earlier life
/// of the cluster, would come back too. No user is named: a user sees the own jobs anyway, and `--user` refuses
/// one without a name in the user database.
pub fn invocation(wanted: &Wanted, since: i64, deadline: Duration) -> Invocation {
    Invocation::query(PROGRAM, deadline)
        .args(["--noheader", "--parsable2", "--allocations", "--duplicates"])
        .arg(format!("--delimiter={FIELD}"))
        .arg(format!("--format={}", FIELDS.join(",")))
        .arg(starttime(since, Timestamp::now()))
        .args(wanted.job_list().map(|jobs| format!("--jobs={jobs}")))
        .args(wanted.name_filter().map(|name| format!("--name={name}")))
}

/// Reads the answer: exactly the rows that were asked for, those of one task in the order of its executions.
pub fn rows(wanted: &Wanted, reply: &Reply) -> Result<Vec<AccountingRow>, QueryError> {
    let output = output_of(PROGRAM, reply)?;
    let mut rows = Vec::new();
    for text in whole_rows(output) {
        let row =
            read(&text).ok_or_else(|| QueryError::Unreadable { program: PROGRAM, row: text.clone() })?;
        let is_wanted = row.uid.map_or_else(
            || matches!(wanted, Wanted::Jobs(jobs) if jobs.contains(&row.job)),
            |uid| wanted.includes(row.job, &row.name, uid),
        );
        if is_wanted {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Asks.
pub fn query(
    runner: &dyn Runner,
    wanted: &Wanted,
    since: i64,
    deadline: Duration,
) -> Result<Vec<AccountingRow>, QueryError> {
    if matches!(wanted, Wanted::Jobs(jobs) if jobs.is_empty()) {
        return Ok(Vec::new());
    }
    rows(wanted, &runner.run(&invocation(wanted, since, deadline))?)
}

/// Puts lines together to rows: a name with a newline goes on in the next line, which then has too few fields
/// and no job id to begin with.
fn whole_rows(output: &str) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for line in output.lines() {
        let is_begin = line.split(FIELD).count() >= FIELDS.len();
        match rows.last_mut() {
            Some(row) if !is_begin => {
                row.push('\n');
                row.push_str(line);
            }
            _ => rows.push(line.to_owned()),
        }
    }
    rows
}

fn read(row: &str) -> Option<AccountingRow> {
    let fields: Vec<&str> = row.splitn(FIELDS.len(), FIELD).collect();
    let [id, raw, state, exit, derived, submitted, start, end, elapsed, nodes, reason, uid, name] =
        fields[..]
    else {
        return None;
    };
    let (job, tasks) = read_job_column(id).ok()?;
    Some(AccountingRow {
        job,
        raw: raw.parse().ok()?,
        tasks,
        state: SlurmState::parse(state),
        exit: read_exit(exit),
        derived_exit: read_exit(derived),
        submitted: epoch(submitted),
        start: epoch(start),
        end: epoch(end),
        elapsed: elapsed.parse().ok(),
        nodes: present(nodes),
        reason: present(reason),
        uid: uid.parse().ok(),
        name: name.to_owned(),
    })
}

fn read_exit(text: &str) -> Option<ExitCode> {
    let (code, signal) = text.split_once(':')?;
    Some(ExitCode { code: code.parse().ok()?, signal: signal.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::{command_line, reply};

    /// Printed by Slurm 22.05.8, `^_` standing for the separator.
    const REAL: &str = "\
1^_1^_PENDING^_0:0^_0:0^_1795382579^_Unknown^_Unknown^_0^_None assigned^_PartitionTimeLimit^_0^_s.sh
2_0^_3^_REQUEUED^_0:0^_0:0^_1795382580^_1795382581^_1795382586^_5^_n1^_None^_0^_s.sh
2_2^_2^_CANCELLED by 0^_0:0^_0:0^_1795382580^_1795382581^_1795382589^_8^_n1^_None^_0^_s.sh
3_[4,10-59%3]^_3^_PENDING^_0:0^_0:0^_1795382094^_Unknown^_Unknown^_0^_None assigned^_JobArrayTaskLimit^_0^_Quick.ab
5^_5^_RUNNING^_0:0^_0:0^_1795382582^_1795382582^_Unknown^_7^_n1^_None^_0^_s.sh
7^_7^_RUNNING^_0:0^_0:0^_1795382094^_1795382094^_Unknown^_74^_n2^_None^_0^_new
line^_sep|x
8^_8^_FAILED^_3:0^_0:0^_1795382094^_1795382094^_1795382094^_0^_n1^_None^_65534^_s.sh
9_0^_10^_NODE_FAIL^_0:0^_0:0^_1795382094^_1795382095^_1795382096^_1^_n1^_None^_4242^_una.x
9_0^_10^_NODE_FAIL^_0:0^_0:0^_1795382096^_1795382097^_1795382098^_1^_n2^_None^_4242^_una.x
6^_6^_TIMEOUT^_0:0^_0:0^_1795383072^_1795383094^_1795383179^_85^_n2^_None^_0^_dq`q
4_18^_21^_PREEMPTED^_0:0^_0:0^_1795382094^_1795382895^_1795383073^_178^_n1^_None^_0^_a,b
4_18^_21^_PENDING^_0:0^_0:0^_1795383073^_Unknown^_Unknown^_0^_None assigned^_BeginTime^_0^_a,b
";

    fn printed(text: &str) -> Reply {
        reply(0, &text.replace("^_", "\x1f"), "")
    }

    #[test]
    fn real_rows_are_read() {
        let wanted = Wanted::Jobs((1..10).map(JobId).collect());
        let rows = rows(&wanted, &printed(REAL)).unwrap();
        let shown: Vec<String> = rows
            .iter()
            .map(|row| {
                let exit = row.exit.map(|exit| (exit.code, exit.signal)).unwrap();
                let index =
                    if let Tasks::Index(task) = row.tasks { format!("_{task}") } else { String::new() };
                format!("{}{index} {} {exit:?} {:?} {:?}", row.job, row.state.word(), row.end, row.name)
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        1 PENDING (0, 0) None "s.sh"
        2_0 REQUEUED (0, 0) Some(1795382586) "s.sh"
        2_2 CANCELLED (0, 0) Some(1795382589) "s.sh"
        3 PENDING (0, 0) None "Quick.ab"
        5 RUNNING (0, 0) None "s.sh"
        7 RUNNING (0, 0) None "new\nline\u{1f}sep|x"
        8 FAILED (3, 0) Some(1795382094) "s.sh"
        9_0 NODE_FAIL (0, 0) Some(1795382096) "una.x"
        9_0 NODE_FAIL (0, 0) Some(1795382098) "una.x"
        6 TIMEOUT (0, 0) Some(1795383179) "dq`q"
        4_18 PREEMPTED (0, 0) Some(1795383073) "a,b"
        4_18 PENDING (0, 0) None "a,b"
        "#);
        assert!(rows[3].tasks.contains(59));
        assert_eq!((rows[0].nodes.clone(), rows[1].reason.clone(), rows[5].elapsed), (None, None, Some(74)));
    }

    #[test]
    fn only_exactly_the_name_and_the_user_count() {
        let count = |name: &str, uid| {
            rows(&Wanted::Named { name: name.to_owned(), uid }, &printed(REAL)).unwrap().len()
        };
        assert_eq!((count("Quick.ab", 0), count("quick.ab", 0), count("Quick.ab", 1)), (1, 0, 0));
        assert_eq!((count("dq\"q", 0), count("a,b", 0)), (1, 2));
    }

    #[test]
    fn the_question_has_a_beginning_in_time() {
        let wanted = Wanted::Named { name: "a.k".to_owned(), uid: 7 };
        let asked = command_line(&invocation(&wanted, 1_795_380_000, Duration::from_secs(1)));
        insta::assert_snapshot!(asked.replace('\x1f', "^_"), @"sacct --noheader --parsable2 --allocations --duplicates --delimiter=^_ --format=JobID,JobIDRaw,State,ExitCode,DerivedExitCode,Submit,Start,End,ElapsedRaw,NodeList,Reason,UID,JobName --starttime=uts1795380000 --name=a.k");
    }

    #[test]
    fn an_answer_that_is_cut_anywhere_is_none() {
        let row = "5^_5^_RUNNING^_0:0^_0:0^_1^_1^_Unknown^_7^_n1^_None^_0^_a.k3y\n".replace("^_", "\x1f");
        let named = Wanted::Named { name: "a.k3y".to_owned(), uid: 0 };
        for end in 1..row.len() {
            assert!(rows(&named, &reply(0, &row[..end], "")).is_err(), "{:?}", &row[..end]);
        }
    }

    #[test]
    fn nothing_found_is_told_from_nothing_known() {
        let wanted = Wanted::Jobs(vec![JobId(1)]);
        assert_eq!(rows(&wanted, &reply(0, "", "")).unwrap(), []);
        let none = reply(1, "", "Slurm accounting storage is disabled\n");
        assert!(matches!(rows(&wanted, &none), Err(QueryError::AccountingDisabled)));
        let down = reply(1, "", "sacct: error: Problem talking to the database: Connection refused\n");
        assert!(matches!(rows(&wanted, &down), Err(QueryError::Failed { .. })));
        assert!(matches!(rows(&wanted, &printed("what is this\n")), Err(QueryError::Unreadable { .. })));
    }
}
