//! Hands a launch to Slurm: one `sbatch` for as many runs as an array can have.

use std::ffi::OsString;
use std::path::Path;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::create::{Request, create};
use crate::plan::script;
use crate::process::ProcessId;
use crate::ranges::Ranges;
use crate::resources::Resources;
use crate::slurm::id::JobId;
use crate::slurm::query::Wanted;
use crate::slurm::ranges::IndexSet;
use crate::slurm::sbatch::{self, SubmitAnswer};
use crate::slurm::{sacct, squeue};
use crate::store::{
    Answer, Chunk, Launch, LaunchDir, Store, StoreError, SubmissionEvent, SubmissionRecord, Submissions,
};
use crate::tool::Runner;
use crate::worker::host;

/// How long sbatch may take: it retries by itself while a controller is full.
const DEADLINE: Duration = Duration::from_secs(120);

/// How long a question after a lost answer may take.
const LOOK: Duration = Duration::from_secs(30);

/// How often, and after which pauses, a job whose answer was lost is looked for: a controller that was away works
/// through what it was sent first.
const LOOKS: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// Options that the worker makes meaningless: it gives every run a log of its own and no input, and the job a name
/// with its key.
pub const REPLACED: [&str; 5] = ["output", "error", "open-mode", "input", "job-name"];

/// A launch, and what Slurm answered for each of its submissions.
#[derive(Debug)]
pub struct Submitted {
    /// What it is.
    pub launch: Launch,
    /// Where it is.
    pub dir: LaunchDir,
    /// The answers, in the order of the runs.
    pub answers: Vec<Answer>,
}

/// Writes a launch to the store and hands it to Slurm. `program` is this program, of which a copy is kept for the
/// jobs; `array_size` is how many tasks one array can have.
pub fn submit(
    store: &Store,
    request: Request,
    runner: &dyn Runner,
    program: &Path,
    array_size: u64,
) -> Result<Submitted, StoreError> {
    let worker = store.keep_binary(program)?;
    let options = passed_on(&request.resources);
    let (launch, dir) = create(store, request, |request, dir| {
        let command: [OsString; 3] = [worker.into(), "worker".into(), dir.into()];
        Some(script::job_script(&options, &request.env, &request.plan, &command))
    })?;
    let mut answers = Vec::new();
    for (number, chunk) in (0..).zip(chunks(&launch, array_size)) {
        answers.push(submit_chunk(&launch, &dir, &options, runner, number, chunk)?);
    }
    Ok(Submitted { launch, dir, answers })
}

/// Gives the options that Slurm gets as the user wrote them.
fn passed_on(resources: &Resources) -> Resources {
    resources.iter().filter(|resource| !REPLACED.contains(&resource.name())).cloned().collect()
}

/// Cuts a launch into arrays. The largest index counts, so each begins at index 0 and carries its base.
fn chunks(launch: &Launch, array_size: u64) -> impl Iterator<Item = Chunk> + '_ {
    (0..launch.runs).step_by(usize::try_from(array_size).unwrap_or(usize::MAX)).zip(0u32..).map(
        move |(base, number)| {
            let last = launch.runs.min(base + array_size) - 1;
            let key = if number == 0 { launch.key.clone() } else { format!("{}-{number}", launch.key) };
            Chunk { key, runs: Ranges::span(base, last), base, array: launch.runs > 1, attempt: 1 }
        },
    )
}

fn submit_chunk(
    launch: &Launch,
    dir: &LaunchDir,
    options: &Resources,
    runner: &dyn Runner,
    number: u32,
    chunk: Chunk,
) -> Result<Answer, StoreError> {
    let record = |event: SubmissionEvent| {
        let record = SubmissionRecord { time: Timestamp::now(), submission: number, event };
        Submissions::append(&dir.submissions_file(), &record)
    };
    let submission = submission(launch, dir, options, &chunk);
    let name = submission.job_name.clone().unwrap_or_default();
    let began = Timestamp::now();
    record(SubmissionEvent::Intent { chunk, host: host(), client: ProcessId::current() })?;
    let answer = match sbatch::answer(&runner.run(&sbatch::invocation(&submission, DEADLINE))) {
        SubmitAnswer::Accepted(job) => Answer::Accepted(job.0),
        SubmitAnswer::Refused { words } | SubmitAnswer::Busy { words } => Answer::Refused(words),
        SubmitAnswer::Uncertain { words } => match find(runner, &name, launch.uid, began) {
            Some(job) => Answer::Accepted(job.0),
            None => Answer::Uncertain(words),
        },
    };
    record(match answer.clone() {
        Answer::Accepted(job) => SubmissionEvent::Accepted { job },
        Answer::Refused(words) => SubmissionEvent::Refused { words },
        Answer::Uncertain(words) => SubmissionEvent::Uncertain { words },
        Answer::Open => return Ok(answer),
    })?;
    Ok(answer)
}

fn submission(launch: &Launch, dir: &LaunchDir, options: &Resources, chunk: &Chunk) -> sbatch::Submission {
    let tasks = chunk.runs.iter().filter_map(|run| u32::try_from(run - chunk.base).ok());
    let mut script_args: Vec<OsString> = Vec::new();
    for (name, value) in [
        ("--key", chunk.key.clone()),
        ("--runs", chunk.runs.to_string()),
        ("--base", chunk.base.to_string()),
        ("--attempt", chunk.attempt.to_string()),
        ("--setting", "job".to_owned()),
    ] {
        script_args.extend([name.into(), value.into()]);
    }
    sbatch::Submission {
        script: dir.job_script(),
        job_name: Some(job_name(&launch.name, &chunk.key)),
        output: Some(dir.slurm_log()),
        array: chunk.array.then(|| tasks.collect::<IndexSet>().into()),
        // On the command line, too: the variables of the user's shell would win over the script.
        options: options.directives().map(OsString::from).collect(),
        script_args,
    }
}

/// Names a job so that a person knows it and its key finds it: accounting keeps 255 bytes of a name, and a comma or
/// a quote breaks the question for it.
fn job_name(name: &str, key: &str) -> String {
    const LONGEST: usize = 60;
    let readable = name.chars().take(LONGEST);
    let safe = readable.map(|c| if c.is_ascii_alphanumeric() || "._+-".contains(c) { c } else { '_' });
    format!("{}.{key}", safe.collect::<String>())
}

/// Looks for a job whose answer was lost: it carries the key in its name.
fn find(runner: &dyn Runner, name: &str, uid: u32, began: Timestamp) -> Option<JobId> {
    let wanted = Wanted::Named { name: name.to_owned(), uid };
    LOOKS.iter().find_map(|pause| {
        thread::sleep(*pause);
        let queued = squeue::query(runner, &wanted, LOOK).ok()?.first().map(|row| row.job);
        queued.or_else(|| {
            let rows = sacct::query(runner, &wanted, began.as_second() - 3600, LOOK).ok()?;
            rows.first().map(|row| row.job)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_name_is_safe_and_ends_with_its_key() {
        assert_eq!(job_name("dummytrain", "abcd2345"), "dummytrain.abcd2345");
        assert_eq!(job_name("my run, \"best\"\n", "k"), "my_run___best__.k");
        assert!(job_name(&"é".repeat(500), "key").len() < 70);
    }
}
