//! Ends tasks: looks first whose job it is, names all tasks in one call, and writes down which runs will not start.

use std::collections::BTreeMap;

use super::absence::{AT_ONCE, Absence, Doubt};
use super::view::Asked;
use super::{DEADLINE, Slurm, index_of, job_name};
use crate::event::Stopped;
use crate::ranges::Ranges;
use crate::slurm::id::JobId;
use crate::slurm::query::Wanted;
use crate::slurm::scancel::{self, CancelAnswer, Target};
use crate::slurm::squeue::{self, QueueRow};
use crate::store::{JournalWriter, Submission};
use crate::support::{Case, SupportError};
use crate::tool::Runner;

/// Whose job an id names now: ids begin again at 1 after the largest, and after a controller lost its state.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owner {
    /// It carries our key.
    Ours,
    /// The controller does not know it any more: nothing of it is left to end.
    Nobody,
    /// It is another job; it must not be touched.
    Another,
}

/// Ends the tasks of the runs in `case`, and gives the runs that this reached: those whose job is known.
///
/// The check comes before the call, since scancel cannot make it: with `--name`, `--user` or `--state` beside a list
/// of tasks it ends all pending tasks of the array (seen with Slurm 22.05.8).
pub(super) fn stop(slurm: &Slurm<'_>, case: &Case<'_>) -> Result<Ranges, SupportError> {
    let of_job = by_submission(case);
    let jobs: Vec<JobId> = of_job.iter().map(|(_, job, _)| *job).collect();
    let rows = squeue::query(slurm.runner, &Wanted::Jobs(jobs), DEADLINE)
        .map_err(|error| SupportError::Silent(with_cause(&error)))?;
    let mut targets = Vec::new();
    let mut reached: Vec<u64> = Vec::new();
    let mut missing = Vec::new();
    for (submission, job, runs) in &of_job {
        let name = job_name(&case.launch.name, &submission.chunk.key);
        match owner(&rows, *job, &name, case.launch.uid) {
            Owner::Ours => targets.push(target(submission, *job, runs)),
            Owner::Nobody => missing.push(Asked::of(case.launch, submission, *job, None)),
            Owner::Another => {
                // It may be that of another cluster, which is said then.
                missing.push(Asked::of(case.launch, submission, *job, None));
                continue;
            }
        }
        reached.extend(runs);
    }
    // Before anything is told: what is told twice gets a second TERM.
    insist_on_absence(slurm.runner, &missing)?;
    for batch in scancel::batches(targets) {
        match scancel::answer(&slurm.runner.run(&scancel::invocation(&batch, DEADLINE))) {
            CancelAnswer::Taken => {}
            CancelAnswer::Refused { words } => {
                return Err(SupportError::Scheduler(format!("scancel was refused: {words}")));
            }
            CancelAnswer::Uncertain { words } => return Err(SupportError::Silent(words)),
        }
    }
    record(slurm, case, &reached)?;
    Ok(reached.into_iter().collect())
}

/// Fails unless the controller confirms that it has none of some jobs that squeue does not list.
fn insist_on_absence(runner: &dyn Runner, missing: &[Asked<'_>]) -> Result<(), SupportError> {
    for some in missing.chunks(AT_ONCE) {
        let absence = Absence::ask(runner, &some.iter().collect::<Vec<_>>(), DEADLINE);
        for asked in some {
            absence.confirm(asked).map_err(|doubt| match doubt {
                Doubt::ForNow(words) => SupportError::Silent(words),
                Doubt::Here(words) => SupportError::Scheduler(words),
            })?;
        }
    }
    Ok(())
}

fn with_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// Gives the submissions of the runs whose job is known, each with those of its runs that are to end.
fn by_submission<'a>(case: &Case<'a>) -> Vec<(&'a Submission, JobId, Vec<u64>)> {
    let mut runs: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    for run in case.runs.iter() {
        if let Some(submission) = case.submissions.of_run(run) {
            runs.entry(submission.number).or_default().push(run);
        }
    }
    let with_job = case.submissions.iter().filter_map(|submission| Some((submission, submission.job()?)));
    with_job
        .filter_map(|(submission, job)| Some((submission, JobId(job), runs.remove(&submission.number)?)))
        .collect()
}

fn owner(rows: &[QueueRow], job: JobId, name: &str, uid: u32) -> Owner {
    let rows: Vec<&QueueRow> = rows.iter().filter(|row| row.job == job).collect();
    match rows.iter().all(|row| row.uid == uid && row.name == name) {
        _ if rows.is_empty() => Owner::Nobody,
        true => Owner::Ours,
        false => Owner::Another,
    }
}

fn target(submission: &Submission, job: JobId, runs: &[u64]) -> Target {
    if runs.len() as u64 == submission.chunk.runs.len() || !submission.chunk.array {
        return Target::Whole(job);
    }
    let tasks = runs.iter().filter_map(|run| index_of(submission, *run)).map(u64::from);
    Target::Tasks(job, tasks.collect())
}

/// Writes down which of the runs that were reached will not start: Slurm forgets pending tasks that are cancelled out
/// of an array.
fn record(slurm: &Slurm<'_>, case: &Case<'_>, reached: &[u64]) -> Result<(), SupportError> {
    let has_begun = |run: u64| {
        let handed = case.submissions.of_run(run).map_or(0, |submission| submission.chunk.attempt);
        case.history.latest(run).is_some_and(|attempt| attempt.number >= handed)
    };
    let is_unstarted = |run: &u64| !has_begun(*run);
    let unstarted: Ranges = reached.iter().copied().filter(is_unstarted).collect();
    if unstarted.is_empty() {
        return Ok(());
    }
    let mut journal = JournalWriter::open(&case.dir.events(), &slurm.node.name, &slurm.node.boot)?;
    journal.append_stopped(Stopped { runs: unstarted, reason: "neu cancel".to_owned() })?;
    Ok(journal.sync()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slurm::id::Tasks;
    use crate::slurm::state::SlurmState;

    fn row(job: u32, name: &str, uid: u32) -> QueueRow {
        QueueRow {
            job: JobId(job),
            raw: JobId(job),
            tasks: Tasks::None,
            state: SlurmState::Pending,
            reason: None,
            nodes: None,
            uid,
            submitted: None,
            start: None,
            end: None,
            name: name.to_owned(),
        }
    }

    #[test]
    fn only_a_job_with_our_name_and_user_is_ours() {
        let rows = [row(1, "a.k1", 7), row(2, "a.k2", 7), row(3, "a.k1", 8)];
        let of = |job| owner(&rows, JobId(job), "a.k1", 7);
        assert_eq!(
            [of(1), of(2), of(3), of(4)],
            [Owner::Ours, Owner::Another, Owner::Another, Owner::Nobody]
        );
    }
}
