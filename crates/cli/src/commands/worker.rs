//! `neu worker` and `neu execute`: the two halves of a worker, started by us and by jobs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use neuromanager_core::ranges::Ranges;
use neuromanager_core::worker::{self, Assignment, Environment, Input, Node, Outcome, Setting};

use super::App;
use crate::args::{ExecuteArgs, SettingArg, WorkerArgs};
use crate::exit::Exit;
use crate::report::Failure;

/// Runs the first half.
pub(crate) fn worker(args: &WorkerArgs, app: &App) -> Result<Exit, Failure> {
    let assignment = assignment(args, app);
    let next = second_half(args)?;
    Ok(exit(worker::supervise(&assignment, next, &temporary(args.setting, app))?))
}

/// Gives a folder for small files. A job often inherits the TMPDIR of a login node, which its own node lacks.
fn temporary(setting: SettingArg, app: &App) -> PathBuf {
    let told = app.settings.temporary();
    if setting == SettingArg::Job && !told.is_dir() { "/tmp".into() } else { told }
}

/// Runs the second half.
pub(crate) fn execute(args: &ExecuteArgs, app: &App) -> Result<Exit, Failure> {
    let environment = Environment {
        path: app.settings.path().to_owned(),
        // Set to nothing is set: Python then buffers.
        python_buffering_is_set: app.settings.variables.iter().any(|(name, _)| name == "PYTHONUNBUFFERED"),
    };
    Ok(exit(worker::execute(&assignment(&args.worker, app), &environment, &args.activated, args.first_half)?))
}

fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Succeeded => Exit::Done,
        Outcome::Failed => Exit::SomeFailed,
        Outcome::Broke(code) => Exit::Program(code),
    }
}

/// Adds to the arguments what Slurm tells a task in its environment (sbatch(1), "OUTPUT ENVIRONMENT VARIABLES").
fn assignment(args: &WorkerArgs, app: &App) -> Assignment {
    let number = |name: &str| app.settings.text(name).and_then(|text| text.parse::<u64>().ok());
    let task = number("SLURM_ARRAY_TASK_ID");
    let (setting, runs, attempt) = match args.setting {
        SettingArg::Job => {
            let job = number("SLURM_ARRAY_JOB_ID").or_else(|| number("SLURM_JOB_ID")).unwrap_or(0);
            let name = task.map_or_else(|| job.to_string(), |task| format!("{job}_{task}"));
            let restarts = number("SLURM_RESTART_COUNT").and_then(|count| u32::try_from(count).ok());
            let runs = task.map_or_else(|| args.runs.clone(), |task| Ranges::single(args.base + task));
            (Setting::Job(name), runs, args.attempt + restarts.unwrap_or(0))
        }
        SettingArg::Foreground => (Setting::Foreground(Input::Nothing), args.runs.clone(), args.attempt),
        SettingArg::Terminal => (Setting::Foreground(Input::Terminal), args.runs.clone(), args.attempt),
    };
    let node = app.settings.text("SLURMD_NODENAME").filter(|_| args.setting == SettingArg::Job);
    Assignment {
        launch: args.launch.clone(),
        key: args.key.clone(),
        runs,
        attempt,
        node: Node::this(node.map(str::to_owned)),
        setting,
    }
}

fn second_half(args: &WorkerArgs) -> Result<Vec<OsString>, Failure> {
    let program = std::env::current_exe()?;
    let this = format!("--first-half={}", std::process::id());
    let words = [program.into(), "execute".into(), this.into()];
    Ok(words.into_iter().chain(worker_arguments(args)).collect())
}

/// Writes the arguments of a worker, as both halves read them.
pub(super) fn worker_arguments(args: &WorkerArgs) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec![args.launch.clone().into()];
    words.extend(["--key".into(), args.key.clone().into()]);
    words.extend(["--runs".into(), args.runs.to_string().into()]);
    words.extend(["--base".into(), args.base.to_string().into()]);
    words.extend(["--attempt".into(), args.attempt.to_string().into()]);
    words.extend(["--setting".into(), args.setting.word()]);
    words
}

/// Gives the arguments of a worker for runs of a launch.
pub(super) fn arguments(
    launch: &Path,
    key: &str,
    runs: Ranges,
    attempt: u32,
    setting: SettingArg,
) -> WorkerArgs {
    WorkerArgs { launch: launch.to_owned(), key: key.to_owned(), runs, base: 0, attempt, setting }
}
