//! `sacct`, asked what tasks have used: a question of people who look at single runs, and of nobody else.

use std::time::Duration;

use jiff::Timestamp;

use super::id::TaskId;
use super::query::{FIELD, QueryError, output_of, present};
use super::since::starttime;
use crate::tool::{Invocation, Reply, Runner};

const PROGRAM: &str = "sacct";

/// What is printed of a task and each of its steps (`man sacct`, --format).
const FIELDS: [&str; 6] = ["JobID", "State", "Elapsed", "TotalCPU", "MaxRSS", "AllocTRES"];

/// How many tasks are asked for by their own ids; of more, all tasks of their jobs are read.
const MOST_TASKS: usize = 500;

/// What one execution of a task, or a step of one, has used; in Slurm's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// The task.
    pub task: TaskId,
    /// The step in it, such as `batch`; nothing for the task as a whole.
    pub step: Option<String>,
    /// Its state.
    pub state: String,
    /// How long it ran.
    pub elapsed: Option<String>,
    /// The processor time that it took.
    pub cpu: Option<String>,
    /// The most memory of any of its processes, in mebibytes with an `M`; known of steps only.
    pub max_rss: Option<String>,
    /// What it was given.
    pub tres: Option<String>,
}

/// Describes the question, about what was submitted after `since` (seconds since 1970).
pub fn invocation(tasks: &[TaskId], since: i64, deadline: Duration) -> Invocation {
    let mut ids: Vec<String> = match tasks.len() {
        0..=MOST_TASKS => tasks.iter().map(TaskId::to_string).collect(),
        _ => tasks.iter().map(|task| task.job.to_string()).collect(),
    };
    ids.sort_unstable();
    ids.dedup();
    Invocation::query(PROGRAM, deadline)
        .args(["--noheader", "--parsable2", "--duplicates", "--units=M"])
        .arg(format!("--delimiter={FIELD}"))
        .arg(format!("--format={}", FIELDS.join(",")))
        .arg(starttime(since, Timestamp::now()))
        .arg(format!("--jobs={}", ids.join(",")))
}

/// Reads the answer: the rows of the tasks that were asked for. A row of anything else is left out, such as one of
/// tasks that never began.
pub fn rows(tasks: &[TaskId], reply: &Reply) -> Result<Vec<Used>, QueryError> {
    let rows = output_of(PROGRAM, reply)?.lines().filter_map(read);
    Ok(rows.filter(|used| tasks.contains(&used.task)).collect())
}

/// Asks.
pub fn query(
    runner: &dyn Runner,
    tasks: &[TaskId],
    since: i64,
    deadline: Duration,
) -> Result<Vec<Used>, QueryError> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    rows(tasks, &runner.run(&invocation(tasks, since, deadline))?)
}

fn read(row: &str) -> Option<Used> {
    let fields: Vec<&str> = row.split(FIELD).collect();
    let [id, state, elapsed, cpu, rss, tres] = fields[..] else { return None };
    let (task, step) = id.split_once('.').map_or((id, None), |(task, step)| (task, Some(step)));
    Some(Used {
        task: task.parse().ok()?,
        step: step.map(str::to_owned),
        state: state.to_owned(),
        elapsed: present(elapsed),
        cpu: present(cpu),
        max_rss: present(rss),
        tres: present(tres),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::{command_line, reply};

    #[test]
    fn the_rows_of_the_task_and_its_steps_are_read() {
        let printed = "\
67_3^_COMPLETED^_00:00:10^_00:09.500^_^_billing=1,cpu=1,mem=100M,node=1
67_3.batch^_COMPLETED^_00:00:10^_00:09.500^_12.50M^_cpu=1,mem=100M,node=1
67_4^_COMPLETED^_00:00:10^_00:00:00^_^_cpu=1
67_[5-9]^_PENDING^_00:00:00^_00:00:00^_^_
";
        let task: TaskId = "67_3".parse().unwrap();
        let used = rows(&[task], &reply(0, &printed.replace("^_", "\x1f"), "")).unwrap();
        let told: Vec<_> = used.iter().map(|row| (row.step.as_deref(), row.max_rss.as_deref())).collect();
        assert_eq!(told, [(None, None), (Some("batch"), Some("12.50M"))]);
    }

    #[test]
    fn few_tasks_are_asked_for_by_name_and_many_by_job() {
        let task = |task| TaskId { job: super::super::id::JobId(67), task: Some(task) };
        let asked = |tasks: &[TaskId]| {
            command_line(&invocation(tasks, 7, Duration::from_secs(1))).replace('\x1f', "^_")
        };
        insta::assert_snapshot!(asked(&[task(3), task(4)]), @"sacct --noheader --parsable2 --duplicates --units=M --delimiter=^_ --format=JobID,State,Elapsed,TotalCPU,MaxRSS,AllocTRES --starttime=uts1000000000 --jobs=67_3,67_4");
        let many: Vec<TaskId> = (0..501).map(task).collect();
        assert!(asked(&many).ends_with("--jobs=67"));
    }
}
