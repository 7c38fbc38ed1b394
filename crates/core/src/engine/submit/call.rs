//! What sbatch is told of a submission, and the script that it is given.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::plan::script;
use crate::ranges::Ranges;
use crate::resources::Resources;
use crate::slurm::sbatch;
use crate::store::{Chunk, Launch, LaunchDir, StoreError};
use crate::support::slurm::job_name;

/// Options that the worker makes meaningless: it gives every run a log of its own and no input, and the job a name
/// with its key.
pub const REPLACED: [&str; 5] = ["output", "error", "open-mode", "input", "job-name"];

/// Gives the options that Slurm gets as the user wrote them.
pub(super) fn passed_on(resources: &Resources) -> Resources {
    resources.iter().filter(|resource| !REPLACED.contains(&resource.name())).cloned().collect()
}

/// Gives the command that the script becomes.
pub(super) fn worker_command(worker: &Path, dir: &LaunchDir) -> [OsString; 3] {
    [worker.into(), "worker".into(), dir.path().into()]
}

/// Gives the script of a launch again, with options of which some may be others.
pub(super) fn script(
    launch: &Launch,
    dir: &LaunchDir,
    options: &Resources,
    worker: &Path,
) -> Result<Vec<u8>, StoreError> {
    let mut first = Vec::new();
    crate::plan::quote::write_command(&mut first, dir.plan()?.run(0)?.argv);
    let command = worker_command(worker, dir);
    Ok(script::job_script_like(&passed_on(options), &launch.env, (launch.runs, &first), &command))
}

/// Describes the submission of a chunk.
pub(super) fn submission(
    launch: &Launch,
    dir: &LaunchDir,
    script: PathBuf,
    options: &Resources,
    chunk: &Chunk,
) -> sbatch::Submission {
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
        folder: PathBuf::from(&launch.folder.0),
        script,
        job_name: Some(job_name(&launch.name, &chunk.key)),
        output: Some(literal(dir.slurm_log().as_os_str())),
        array: chunk.array.then(|| tasks.collect::<Ranges>().into()),
        // On the command line, too: the variables of the user's shell would win over the script.
        options: passed_on(options).directives().map(OsString::from).collect(),
        script_args,
    }
}

/// Writes a path so that sbatch takes it as it is: a `%` begins a pattern (sbatch(1), "FILENAME PATTERN").
fn literal(path: &OsStr) -> PathBuf {
    let bytes = path.as_bytes();
    let doubled = bytes.iter().flat_map(|byte| std::iter::repeat_n(*byte, if *byte == b'%' { 2 } else { 1 }));
    PathBuf::from(OsString::from_vec(doubled.collect()))
}
