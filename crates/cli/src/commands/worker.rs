//! `neu worker` and `neu execute`: the two halves of a worker, started by us and by jobs.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use neuromanager_core::patience::Patience;
use neuromanager_core::process::ProcessId;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::worker::{
    self, Assignment, Beginning, Environment, Input, Means, Node, Outcome, Setting,
};

use super::App;
use crate::args::{ExecuteArgs, PatienceArgs, SettingArg, WorkerArgs};
use crate::exit::Exit;
use crate::report::Failure;

/// Runs the first half.
pub(crate) fn worker(args: &WorkerArgs, app: &App) -> Result<Exit, Failure> {
    let assignment = assignment(args, ProcessId::current(), app)?;
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
    let environment =
        Environment { path: app.settings.path().to_owned(), variables: app.settings.variables.clone() };
    // A first half that is gone already is none that can be named for good; its pid says that it is not the parent.
    let first_half = ProcessId::of(args.first_half);
    let first_half = first_half.unwrap_or(ProcessId { pid: args.first_half, start: 0, boot: String::new() });
    let assignment = assignment(&args.worker, first_half, app)?;
    let beginning = Beginning {
        environment: &environment,
        activated: &args.activated,
        hindrance: args.hindrance.clone(),
    };
    Ok(exit(worker::execute(&assignment, beginning, app.gpu_desk()?)?))
}

fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Succeeded => Exit::Done,
        Outcome::Failed => Exit::SomeFailed,
        Outcome::Broke(code) => Exit::Program(code),
    }
}

/// How long an attempt waits where an earlier one may still live out of reach: three times as long as a worker takes to
/// see that it was replaced.
const FENCE: Duration = Duration::from_secs(30);

/// Reads `NEU_FENCE`, in seconds.
fn fence(app: &App) -> Result<Duration, Failure> {
    let Some(text) = app.settings.text("NEU_FENCE") else { return Ok(FENCE) };
    let seconds = text.parse::<u64>().map_err(|_| {
        Failure::new(Exit::Usage, format!("NEU_FENCE is a whole number of seconds, not `{text}`"))
    })?;
    Ok(Duration::from_secs(seconds))
}

/// Reads `NEU_CGROUPS`, which keeps cgroups from being made.
fn means(app: &App) -> Result<Means, Failure> {
    match app.settings.text("NEU_CGROUPS") {
        None | Some("1") => Ok(Means::Cgroups),
        Some("0") => Ok(Means::Looking),
        Some(other) => Err(Failure::new(Exit::Usage, format!("NEU_CGROUPS is 0 or 1, not `{other}`"))),
    }
}

/// Adds to the arguments what Slurm tells a task in its environment (sbatch(1), "OUTPUT ENVIRONMENT VARIABLES").
fn assignment(args: &WorkerArgs, first_half: ProcessId, app: &App) -> Result<Assignment, Failure> {
    let number = |name: &str| app.settings.text(name).and_then(|text| text.parse::<u64>().ok());
    let (setting, runs, restarts) = match args.setting {
        SettingArg::Job => {
            let task = number("SLURM_ARRAY_TASK_ID");
            let job = number("SLURM_ARRAY_JOB_ID").or_else(|| number("SLURM_JOB_ID")).ok_or_else(|| {
                Failure::new(
                    Exit::Usage,
                    "a worker of a job needs SLURM_JOB_ID, which Slurm sets in every job",
                )
            })?;
            let name = task.map_or_else(|| job.to_string(), |task| format!("{job}_{task}"));
            let restarts = number("SLURM_RESTART_COUNT").and_then(|count| u32::try_from(count).ok());
            let runs = task.map_or_else(|| args.runs.clone(), |task| Ranges::single(args.base + task));
            (Setting::Job(name), runs, restarts.unwrap_or(0))
        }
        SettingArg::Foreground => (Setting::Foreground(Input::Nothing), args.runs.clone(), 0),
        SettingArg::Terminal => (Setting::Foreground(Input::Terminal), args.runs.clone(), 0),
    };
    let node = app.settings.text("SLURMD_NODENAME").filter(|_| args.setting == SettingArg::Job);
    Ok(Assignment {
        launch: args.launch.clone(),
        key: args.key.clone(),
        runs,
        attempt: args.attempt + restarts,
        first_attempt: args.attempt,
        fence: fence(app)?,
        first_half,
        node: Node::this(node.map(str::to_owned)),
        jobs: match setting {
            Setting::Job(_) => NonZeroU32::MIN,
            Setting::Foreground(_) => args.jobs,
        },
        patience: args.patience.patience(),
        means: means(app)?,
        setting,
    })
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
    if args.jobs > NonZeroU32::MIN {
        words.extend(["--jobs".into(), args.jobs.to_string().into()]);
    }
    match args.patience.patience() {
        Patience::KeepGoing => {}
        Patience::UpTo(most) => words.extend(["--max-failures".into(), most.to_string().into()]),
        Patience::None => words.push("--fail-fast".into()),
    }
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
    let (jobs, patience) = (NonZeroU32::MIN, PatienceArgs::default());
    let (launch, key) = (launch.to_owned(), key.to_owned());
    WorkerArgs { launch, key, runs, base: 0, attempt, setting, jobs, patience }
}
