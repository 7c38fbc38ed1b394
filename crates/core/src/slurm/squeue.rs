//! `squeue`: which jobs the controller knows, and what they do.
//!
//! The controller forgets a job `MinJobAge` seconds after its end, and right after a start the row of a task may
//! still say that it waits.

use std::time::Duration;

use super::id::{JobId, Tasks};
use super::query::{FIELD, QueryError, Wanted, epoch, output_of, present};
use super::state::SlurmState;
use crate::tool::{Invocation, Reply, Runner};

const PROGRAM: &str = "squeue";

/// Starts a row: a job's name may hold a newline, so lines are not rows.
const ROW: char = '\x1e';

/// What is printed of a job, the name last (`man squeue`, --format).
const FIELDS: [&str; 11] = ["%F", "%A", "%K", "%T", "%r", "%N", "%U", "%V", "%S", "%e", "%j"];

/// What stands above the rows where `SLURM_CLUSTERS` names the cluster.
const CLUSTER_TITLE: &str = "CLUSTER: ";

/// Exit code 1 with these words means that no job that was asked for is known. Other failures share the code.
const NONE_KNOWN: &str = "Invalid job id specified";

/// What `squeue --user` says of a numeric id without a name in the user database.
const NAMELESS_USER: &str = "Invalid user";

/// One job, one task that was started, or all tasks of an array that still wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    /// The job, for tasks the whole array.
    pub job: JobId,
    /// The id of the row itself, which for all but the last task of an array is its own. For display only.
    pub raw: JobId,
    /// Which tasks the row speaks of.
    pub tasks: Tasks,
    /// Their state.
    pub state: SlurmState,
    /// Why it waits or how it failed, in Slurm's words.
    pub reason: Option<String>,
    /// The nodes, in Slurm's notation.
    pub nodes: Option<String>,
    /// The numeric id of its user.
    pub uid: u32,
    /// When it was submitted, or requeued; seconds since 1970.
    pub submitted: Option<i64>,
    /// When it started or is expected to; seconds since 1970.
    pub start: Option<i64>,
    /// When it ended or has to, by its time limit; seconds since 1970.
    pub end: Option<i64>,
    /// Its name.
    pub name: String,
}

/// Describes the question for all states, finished ones too.
pub fn invocation(wanted: &Wanted, deadline: Duration) -> Invocation {
    without_user(wanted, deadline).args(wanted.uid().map(|uid| format!("--user={uid}")))
}

/// The same question about everybody's jobs: dearer for the controller, but free of the user database.
fn without_user(wanted: &Wanted, deadline: Duration) -> Invocation {
    let format: String = FIELDS.join(&FIELD.to_string());
    Invocation::query(PROGRAM, deadline)
        .args(["--noheader", "--states=all"])
        .arg(format!("--format={ROW}{format}"))
        .args(wanted.job_list().map(|jobs| format!("--jobs={jobs}")))
        .args(wanted.name_filter().map(|name| format!("--name={name}")))
}

/// Reads the answer: exactly the rows that were asked for, in Slurm's order.
pub fn rows(wanted: &Wanted, reply: &Reply) -> Result<Vec<QueueRow>, QueryError> {
    if !reply.succeeded() && reply.stderr.contains(NONE_KNOWN) {
        return Ok(Vec::new());
    }
    let output = output_of(PROGRAM, reply)?;
    let mut chunks = output.split(ROW);
    let before_first = chunks.next().unwrap_or_default().trim();
    if !before_first.is_empty() && !before_first.starts_with(CLUSTER_TITLE) {
        return Err(unreadable(before_first));
    }
    let mut rows = Vec::new();
    for chunk in chunks {
        let row = read(chunk.strip_suffix('\n').unwrap_or(chunk)).ok_or_else(|| unreadable(chunk))?;
        if wanted.includes(row.job, &row.name, row.uid) {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Asks. An empty list is certain: the controller answered, and knows no such job.
///
/// A user without a name in the user database is refused by `squeue` (with exit code 0), so the question is then
/// asked again without the user.
pub fn query(runner: &dyn Runner, wanted: &Wanted, deadline: Duration) -> Result<Vec<QueueRow>, QueryError> {
    if matches!(wanted, Wanted::Jobs(jobs) if jobs.is_empty()) {
        return Ok(Vec::new());
    }
    match rows(wanted, &runner.run(&invocation(wanted, deadline))?) {
        Err(QueryError::Failed { words, .. }) if words.contains(NAMELESS_USER) => {
            rows(wanted, &runner.run(&without_user(wanted, deadline))?)
        }
        answer => answer,
    }
}

/// Which of a user's jobs count against a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// All.
    All,
    /// Those of an account.
    OfAccount(String),
    /// Those of a quality of service.
    OfQos(String),
}

/// Counts the jobs and tasks of a user that wait or execute.
pub fn count(
    runner: &dyn Runner,
    uid: u32,
    counted: &Counted,
    deadline: Duration,
) -> Result<u64, QueryError> {
    let wanted = Wanted::Owned { uid };
    let filter = match counted {
        Counted::All => None,
        Counted::OfAccount(account) => Some(format!("--account={account}")),
        Counted::OfQos(qos) => Some(format!("--qos={qos}")),
    };
    let ask = |call: Invocation| rows(&wanted, &runner.run(&call.args(filter.clone()))?);
    let rows = match ask(invocation(&wanted, deadline)) {
        Err(QueryError::Failed { words, .. }) if words.contains(NAMELESS_USER) => {
            ask(without_user(&wanted, deadline))?
        }
        answer => answer?,
    };
    Ok(rows.iter().filter(|row| row.state.is_alive()).map(|row| row.tasks.count()).sum())
}

fn unreadable(row: &str) -> QueryError {
    QueryError::Unreadable { program: PROGRAM, row: row.to_owned() }
}

fn read(row: &str) -> Option<QueueRow> {
    let fields: Vec<&str> = row.splitn(FIELDS.len(), FIELD).collect();
    let [job, raw, tasks, state, reason, nodes, uid, submitted, start, end, name] = fields[..] else {
        return None;
    };
    Some(QueueRow {
        job: job.parse().ok()?,
        raw: raw.parse().ok()?,
        tasks: read_tasks(tasks)?,
        state: SlurmState::parse(state),
        reason: present(reason),
        nodes: present(nodes),
        uid: uid.parse().ok()?,
        submitted: epoch(submitted),
        start: epoch(start),
        end: epoch(end),
        name: name.to_owned(),
    })
}

fn read_tasks(text: &str) -> Option<Tasks> {
    if text == "N/A" {
        return Some(Tasks::None);
    }
    text.parse().map(Tasks::Index).or_else(|_| text.parse().map(Tasks::Set)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::{ScriptedRunner, command_line, reply};

    const SOON: Duration = Duration::from_secs(5);

    /// Printed by Slurm 22.05.8 for one array and some jobs, `^^` and `^_` standing for the separators.
    const REAL: &str = "\
^^2^_2^_2^_COMPLETING^_None^_n1^_0^_1795382580^_1795382581^_1795382999^_s.sh
^^2^_4^_1^_PENDING^_BeginTime^_^_0^_1795382582^_1795382703^_N/A^_s.sh
^^2^_3^_0^_PENDING^_job requeued in held state^_^_0^_1795382586^_1795382707^_N/A^_s.sh
^^1^_1^_N/A^_PENDING^_PartitionTimeLimit^_^_0^_1795382579^_N/A^_N/A^_s.sh
^^3^_3^_4,10-57%3^_PENDING^_JobArrayTaskLimit^_^_0^_1795382094^_N/A^_N/A^_näme x.k3y
^^3^_12^_1^_CANCELLED^_None^_n1^_0^_1795382094^_1795382094^_1795382999^_näme x.k3y
^^9^_9^_0-80:2^_PENDING^_JobHeldUser^_^_0^_1795382094^_N/A^_N/A^_s.sh
^^7^_7^_N/A^_FAILED^_NonZeroExitCode^_n2^_4242^_1795382094^_1795382094^_1795382999^_new
line^_sep|x
";

    fn printed(text: &str) -> Reply {
        reply(0, &text.replace("^^", "\x1e").replace("^_", "\x1f"), "")
    }

    fn all() -> Wanted {
        Wanted::Jobs((1..10).map(JobId).collect())
    }

    #[test]
    fn real_rows_are_read() {
        let rows = rows(&all(), &printed(REAL)).unwrap();
        let shown: Vec<String> = rows
            .iter()
            .map(|row| {
                let reason = row.reason.as_deref().unwrap_or("-");
                let tasks = match &row.tasks {
                    Tasks::None => String::new(),
                    Tasks::Index(task) => format!("_{task}"),
                    Tasks::Set(spec) => format!("_[{} of them]", spec.indices.len()),
                };
                format!("{}{tasks} {} {reason} {:?} {:?}", row.job, row.state.word(), row.start, row.name)
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        2_2 COMPLETING - Some(1795382581) "s.sh"
        2_1 PENDING BeginTime Some(1795382703) "s.sh"
        2_0 PENDING job requeued in held state Some(1795382707) "s.sh"
        1 PENDING PartitionTimeLimit None "s.sh"
        3_[49 of them] PENDING JobArrayTaskLimit None "näme x.k3y"
        3_1 CANCELLED - Some(1795382094) "näme x.k3y"
        9_[41 of them] PENDING JobHeldUser None "s.sh"
        7 FAILED NonZeroExitCode Some(1795382094) "new\nline\u{1f}sep|x"
        "#);
        assert_eq!(
            (rows[1].raw, rows[1].nodes.clone(), rows[0].nodes.as_deref()),
            (JobId(4), None, Some("n1"))
        );
    }

    #[test]
    fn only_exactly_the_name_and_the_user_count() {
        let rows_of = |name: &str, uid| {
            let wanted = Wanted::Named { name: name.to_owned(), uid };
            rows(&wanted, &printed(REAL)).unwrap().len()
        };
        assert_eq!((rows_of("näme x.k3y", 0), rows_of("NÄME x.k3y", 0), rows_of("näme x.k3y", 7)), (2, 0, 0));
        assert_eq!(rows(&Wanted::Owned { uid: 4242 }, &printed(REAL)).unwrap().len(), 1);
    }

    #[test]
    fn the_question_names_what_slurm_can_filter() {
        let asked = |wanted: &Wanted| {
            command_line(&invocation(wanted, SOON)).replace('\x1e', "^^").replace('\x1f', "^_")
        };
        insta::assert_snapshot!(asked(&Wanted::Jobs(vec![JobId(3), JobId(9)])), @"squeue --noheader --states=all --format=^^%F^_%A^_%K^_%T^_%r^_%N^_%U^_%V^_%S^_%e^_%j --jobs=3,9");
        insta::assert_snapshot!(asked(&Wanted::Named { name: "a.k".to_owned(), uid: 7 }), @"squeue --noheader --states=all --format=^^%F^_%A^_%K^_%T^_%r^_%N^_%U^_%V^_%S^_%e^_%j --name=a.k --user=7");
        insta::assert_snapshot!(asked(&Wanted::Named { name: "a,b.k".to_owned(), uid: 7 }), @"squeue --noheader --states=all --format=^^%F^_%A^_%K^_%T^_%r^_%N^_%U^_%V^_%S^_%e^_%j --user=7");
    }

    #[test]
    fn unknown_ids_are_an_empty_answer_and_other_failures_are_none() {
        let unknown = reply(1, "", "slurm_load_jobs error: Invalid job id specified\n");
        assert_eq!(rows(&all(), &unknown).unwrap(), []);
        let frozen = reply(1, "", "slurm_load_jobs error: Socket timed out on send/recv operation\n");
        assert!(matches!(rows(&all(), &frozen), Err(QueryError::Failed { .. })));
    }

    #[test]
    fn a_row_that_cannot_be_read_is_never_skipped() {
        for text in ["^^x^_1\n", "slurm is being updated\n", "^^3^_3^_1,...^_PENDING^_^_^_0^_1^_1^_n\n"] {
            assert!(matches!(rows(&all(), &printed(text)), Err(QueryError::Unreadable { .. })), "{text}");
        }
    }

    #[test]
    fn an_answer_that_is_cut_anywhere_never_says_less_than_it_should() {
        let whole = "^^3^_3^_N/A^_RUNNING^_None^_n1^_0^_1^_1^_9^_long name.k3y\n".replace("^^", "\x1e");
        let whole = whole.replace("^_", "\x1f");
        let named = Wanted::Named { name: "long name.k3y".to_owned(), uid: 0 };
        for end in 1..whole.len() {
            let cut = reply(0, &whole[..end], "");
            assert!(rows(&named, &cut).is_err(), "{:?}", &whole[..end]);
        }
        assert_eq!(rows(&named, &reply(0, &whole, "")).unwrap().len(), 1);
    }

    #[test]
    fn a_user_without_a_name_is_asked_for_among_all() {
        let nameless = reply(0, "", "squeue: error: Invalid user: 4242\n\n");
        let runner = ScriptedRunner::new([Ok(nameless), Ok(printed(REAL))]);
        let found = query(&runner, &Wanted::Owned { uid: 4242 }, SOON).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            runner.asked().iter().map(|line| line.contains("--user")).collect::<Vec<_>>(),
            [true, false]
        );
    }

    #[test]
    fn the_title_of_a_named_cluster_is_no_row() {
        let titled = printed(&format!("CLUSTER: b\n{REAL}"));
        assert_eq!(rows(&all(), &titled).unwrap().len(), 8);
    }

    #[test]
    fn an_array_cancelled_before_it_started_is_one_row() {
        let text = "^^9^_9^_0-80:2^_CANCELLED^_JobHeldUser^_^_0^_1795382094^_N/A^_1795382999^_s.sh\n";
        let found = rows(&all(), &printed(text)).unwrap();
        assert!(found[0].tasks.contains(80) && found[0].state.is_final());
    }

    #[test]
    fn no_ids_are_no_question() {
        assert_eq!(query(&ScriptedRunner::new([]), &Wanted::Jobs(vec![]), SOON).unwrap(), []);
    }
}
