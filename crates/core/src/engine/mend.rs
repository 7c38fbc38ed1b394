//! Mends a damaged record of submissions: what there is of the launch elsewhere is written down again, so that no run is
//! handed over twice and none is forgotten.

use std::collections::BTreeMap;
use std::thread;

use jiff::Timestamp;

use super::resume::Resuming;
use super::submit::News;
use crate::event::{Event, Record};
use crate::id::LaunchId;
use crate::ranges::Ranges;
use crate::slurm::id::{JobId, TaskId};
use crate::store::{
    Answer, Chunk, Damage, JournalReader, Launch, Owned, Ownership, StoreError, SubmissionEvent,
    SubmissionRecord, Submissions,
};
use crate::support::slurm::{Stray, jobs_of, number_of_key};

/// Mends the record of a launch where nobody else is at work on it, for whoever hands nothing over.
pub fn mend_record(resuming: &Resuming<'_>, id: LaunchId) -> Result<(), StoreError> {
    let dir = resuming.store.launch(id);
    let launch = dir.read()?;
    if launch.is_local() || dir.submissions()?.damage().is_none() {
        return Ok(());
    }
    match dir.own()? {
        Ownership::Ours(owned) => mend(resuming, &launch, &owned),
        // It stops at the damage, and whoever comes then mends.
        Ownership::Theirs(_) => Ok(()),
    }
}

/// Mends the record of a launch of this machine: there are no jobs of it, and what its worker did is in the journal.
pub fn mend_local(owned: &Owned) -> Result<(), StoreError> {
    let submissions = owned.dir().submissions()?;
    match submissions.damage() {
        None | Some(Damage::Newer(_)) => Ok(()),
        Some(_) => owned.append(&mended(&submissions)),
    }
}

/// Adds to a damaged record the jobs that it does not tell of. Slurm has to say twice, a `MessageTimeout` apart, which
/// there are: what was sent has reached the controller by then, or never will.
pub(super) fn mend(resuming: &Resuming<'_>, launch: &Launch, owned: &Owned) -> Result<(), StoreError> {
    let before = owned.dir().submissions()?;
    let Some(damage) = before.doubt() else { return Ok(()) };
    (resuming.tell)(launch.id, &News::Damaged { damage });
    let unproven =
        |why| StoreError::Damaged { path: owned.dir().submissions_file(), damage, id: launch.id, why };
    if let Damage::Newer(_) = damage {
        return Err(unproven("update neuromanager".to_owned()));
    }
    for is_last in [false, true] {
        let mut found = jobs_of(resuming.runner, launch).map_err(unproven)?;
        // Read after the look: what began meanwhile is in one of the two.
        found.extend(reported(launch, &JournalReader::new(owned.dir().events()).read_new()?));
        for (stray, doubles) in untold(found, &owned.dir().submissions()?) {
            restore(resuming, launch, owned, stray, doubles)?;
        }
        if !is_last {
            thread::sleep(resuming.terms.message_timeout);
        }
    }
    owned.append(&mended(&before))?;
    (resuming.tell)(launch.id, &News::Mended);
    Ok(())
}

/// How many other jobs carry the key of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubles {
    None,
    Some,
}

/// Writes a submission down again. Where several jobs carry its key, which one stays is found out as after an answer that
/// was lost.
fn restore(
    resuming: &Resuming<'_>,
    launch: &Launch,
    owned: &Owned,
    stray: Stray,
    doubles: Doubles,
) -> Result<(), StoreError> {
    let Stray { job, number, chunk, time } = stray;
    let runs = chunk.runs.clone();
    owned.append(&SubmissionRecord { time, ..SubmissionRecord::intent(number, chunk) })?;
    if doubles == Doubles::None {
        let accepted = SubmissionEvent::from(Answer::Accepted(job.0));
        owned.append(&SubmissionRecord::now(number, accepted))?;
    }
    (resuming.tell)(launch.id, &News::Restored { job: job.0, runs });
    Ok(())
}

fn mended(before: &Submissions) -> SubmissionRecord {
    SubmissionRecord::now(before.number_past_doubt(), SubmissionEvent::Mended)
}

/// Gives of the jobs that were found the first of each submission that the record does not tell of.
fn untold(found: Vec<Stray>, submissions: &Submissions) -> Vec<(Stray, Doubles)> {
    let mut untold: Vec<(Stray, Doubles)> = Vec::new();
    for stray in found {
        if submissions.iter().any(|submission| submission.number == stray.number) {
            continue;
        }
        match untold.iter_mut().find(|(other, _)| other.number == stray.number) {
            Some((other, _)) if other.job == stray.job => {}
            Some((_, doubles)) => *doubles = Doubles::Some,
            None => untold.push((stray, Doubles::None)),
        }
    }
    untold
}

/// Gives the jobs of which workers wrote that they began, each with the runs that it came to: a job that neither the
/// queue nor accounting knows comes to no other.
fn reported(launch: &Launch, records: &[Record]) -> Vec<Stray> {
    let mut keys: BTreeMap<JobId, (u32, String, Timestamp)> = BTreeMap::new();
    for Record { time, event } in records {
        if let Event::Worker(worker) = event
            && let Some(number) = number_of_key(&worker.key, &launch.key)
            && let Some(task) = task(worker.job.as_ref())
        {
            keys.entry(task.job).or_insert((number, worker.key.clone(), *time));
        }
    }
    let mut begun: BTreeMap<JobId, Vec<Begun>> = BTreeMap::new();
    for Record { event, .. } in records {
        for (task, began) in begun_in(event) {
            begun.entry(task.job).or_default().push(began);
        }
    }
    let strays = begun.into_iter().filter_map(|(job, begun)| {
        let (number, key, time) = keys.remove(&job)?;
        let chunk = Chunk {
            key,
            runs: begun.iter().map(|began| began.run).collect::<Ranges>(),
            base: begun.iter().map(|began| began.base).min()?,
            array: launch.runs > 1,
            attempt: begun.iter().map(|began| began.attempt).min()?,
        };
        Some(Stray { job, number, chunk, time })
    });
    strays.collect()
}

/// A run that a job came to.
struct Begun {
    run: u64,
    attempt: u32,
    base: u64,
}

fn begun_in(event: &Event) -> Vec<(TaskId, Begun)> {
    let of = |job: Option<&String>, run: u64, attempt| {
        let task = task(job)?;
        let base = run.checked_sub(task.task.map_or(0, u64::from))?;
        Some((task, Begun { run, attempt, base: if task.task.is_some() { base } else { 0 } }))
    };
    match event {
        Event::Started(started) => {
            of(started.job.as_ref(), started.run, started.attempt).into_iter().collect()
        }
        Event::EnvFailed(failed) => {
            failed.runs.iter().filter_map(|run| of(failed.job.as_ref(), run, failed.attempt)).collect()
        }
        Event::Worker(_)
        | Event::Interrupted(_)
        | Event::Ended(_)
        | Event::Refused(_)
        | Event::Fenced(_)
        | Event::Superseded(_)
        | Event::Concluded(_)
        | Event::Stopped(_)
        | Event::Waits(_) => Vec::new(),
    }
}

fn task(job: Option<&String>) -> Option<TaskId> {
    job?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Started, Worker};
    use crate::process::ProcessId;

    fn launch() -> Launch {
        let text = r#"{"id":1,"name":"t","key":"k3y","created":"2026-11-23T00:00:00Z","folder":"/a","runs":10,
            "place":{"support":"slurm","kind":"slurm","device":"cpu"},"command":["python"]}"#;
        serde_json::from_str(text).unwrap()
    }

    fn at(second: i64, event: Event) -> Record {
        Record { time: Timestamp::from_second(second).unwrap(), event }
    }

    fn worker(second: i64, key: &str, job: &str) -> Record {
        let (key, job) = (key.to_owned(), Some(job.to_owned()));
        let worker =
            Worker { key, node: "n1".to_owned(), process: ProcessId::current(), job, version: String::new() };
        at(second, Event::Worker(worker))
    }

    fn started(run: u64, attempt: u32, job: &str) -> Record {
        let job = Some(job.to_owned());
        let started = Started {
            run,
            attempt,
            node: "n1".to_owned(),
            process: ProcessId::current(),
            job,
            gpus: Vec::new(),
        };
        at(5, Event::Started(started))
    }

    fn stray(job: u32, number: u32) -> Stray {
        let key = format!("k3y-{number}");
        let chunk = Chunk { key, runs: Ranges::single(4), base: 4, array: true, attempt: 1 };
        Stray { job: JobId(job), number, chunk, time: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn workers_tell_of_a_job_what_it_came_to() {
        let records = [
            worker(2, "k3y-1", "7_0"),
            worker(3, "k3y-1", "7_2"),
            worker(3, "0ther-1", "8_2"),
            worker(4, "k3y-2", "9_1"),
            started(4, 2, "7_0"),
            started(6, 3, "7_2"),
            started(6, 1, "8_2"),
        ];
        let found = reported(&launch(), &records);
        let runs = [4, 6].into_iter().collect();
        let chunk = Chunk { key: "k3y-1".to_owned(), runs, base: 4, array: true, attempt: 2 };
        let time = Timestamp::from_second(2).unwrap();
        assert_eq!(found, [Stray { job: JobId(7), number: 1, chunk, time }]);
    }

    #[test]
    fn only_what_the_record_does_not_tell_of_is_written_down_again() {
        let told: Submissions = [SubmissionRecord::intent(0, stray(5, 0).chunk)].into_iter().collect();
        let found = vec![stray(5, 0), stray(6, 1), stray(6, 1), stray(7, 2), stray(8, 2)];
        assert_eq!(untold(found, &told), [(stray(6, 1), Doubles::None), (stray(7, 2), Doubles::Some)]);
    }
}
