//! Hands a launch to Slurm: one `sbatch` for as many runs as an array can have.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::create::{Request, create};
use crate::plan::script;
use crate::ranges::Ranges;
use crate::resources::Resources;
use crate::slurm::id::JobId;
use crate::slurm::sbatch::{self, SubmitAnswer};
use crate::store::{
    Answer, Beginning, Chunk, Launch, LaunchDir, Store, StoreError, SubmissionEvent, SubmissionRecord,
    Submissions,
};
use crate::support::slurm::{find_by_name, job_name};
use crate::tool::Runner;

/// How long sbatch may take: it retries by itself while a controller is full.
const DEADLINE: Duration = Duration::from_mins(2);

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
    let (launch, dir) = create(store, request, |launch, plan, dir| {
        let command: [OsString; 3] = [worker.into(), "worker".into(), dir.path().into()];
        Beginning {
            job_script: Some(script::job_script(&options, &launch.env, plan, &command)),
            intent: SubmissionRecord::intent(0, chunk(launch, array_size, 0)),
        }
    })?;
    let mut answers = Vec::new();
    for number in 0..chunk_count(&launch, array_size) {
        let chunk = chunk(&launch, array_size, number);
        if number > 0 {
            Submissions::append(&dir.submissions_file(), &SubmissionRecord::intent(number, chunk.clone()))?;
        }
        let answer = submit_chunk(&launch, &dir, &options, runner, &chunk);
        let event = SubmissionEvent::from(answer.clone());
        let record = SubmissionRecord { time: Timestamp::now(), submission: number, event };
        Submissions::append(&dir.submissions_file(), &record)?;
        answers.push(answer);
    }
    Ok(Submitted { launch, dir, answers })
}

/// Gives the options that Slurm gets as the user wrote them.
fn passed_on(resources: &Resources) -> Resources {
    resources.iter().filter(|resource| !REPLACED.contains(&resource.name())).cloned().collect()
}

/// Counts the arrays that a launch needs.
fn chunk_count(launch: &Launch, array_size: u64) -> u32 {
    u32::try_from(launch.runs.div_ceil(array_size)).unwrap_or(u32::MAX)
}

/// Gives one of the arrays of a launch. The largest index counts, so each begins at index 0 and carries its base.
fn chunk(launch: &Launch, array_size: u64, number: u32) -> Chunk {
    let base = u64::from(number) * array_size;
    let key = if number == 0 { launch.key.clone() } else { format!("{}-{number}", launch.key) };
    let last = launch.runs.min(base + array_size) - 1;
    Chunk { key, runs: Ranges::span(base, last), base, array: launch.runs > 1, attempt: 1 }
}

/// Calls sbatch once, and looks for the job where the answer was lost.
fn submit_chunk(
    launch: &Launch,
    dir: &LaunchDir,
    options: &Resources,
    runner: &dyn Runner,
    chunk: &Chunk,
) -> Answer {
    let submission = submission(launch, dir, options, chunk);
    let name = submission.job_name.clone().unwrap_or_default();
    let began = Timestamp::now();
    match sbatch::answer(&runner.run(&sbatch::invocation(&submission, DEADLINE))) {
        SubmitAnswer::Accepted(job) => Answer::Accepted(job.0),
        SubmitAnswer::Refused { words } | SubmitAnswer::Busy { words } => Answer::Refused(words),
        SubmitAnswer::Uncertain { words } => match find(runner, &name, launch.uid, began) {
            Some(job) => Answer::Accepted(job.0),
            None => Answer::Uncertain(words),
        },
    }
}

fn submission(launch: &Launch, dir: &LaunchDir, options: &Resources, chunk: &Chunk) -> sbatch::Submission {
    let tasks = chunk.runs.iter().map(|run| run - chunk.base);
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
        folder: launch.folder.0.clone().into(),
        script: dir.job_script(),
        job_name: Some(job_name(&launch.name, &chunk.key)),
        output: Some(literal(&dir.slurm_log())),
        array: chunk.array.then(|| tasks.collect::<Ranges>().into()),
        // On the command line, too: the variables of the user's shell would win over the script.
        options: options.directives().map(OsString::from).collect(),
        script_args,
    }
}

/// Writes a path so that sbatch takes it as it is: a `%` begins a pattern (sbatch(1), "FILENAME PATTERN").
fn literal(path: &Path) -> PathBuf {
    let bytes = path.as_os_str().as_bytes();
    let doubled = bytes.iter().flat_map(|byte| std::iter::repeat_n(*byte, if *byte == b'%' { 2 } else { 1 }));
    PathBuf::from(OsString::from_vec(doubled.collect()))
}

/// Looks for a job whose answer was lost: it carries the key in its name.
fn find(runner: &dyn Runner, name: &str, uid: u32, began: Timestamp) -> Option<JobId> {
    LOOKS.iter().find_map(|pause| {
        thread::sleep(*pause);
        find_by_name(runner, name.to_owned(), uid, began)
    })
}
