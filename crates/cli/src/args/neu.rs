//! `neu VERB …`

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use neuromanager_core::id::Selection;
use neuromanager_core::ranges::Ranges;

use super::timeout::timeout;
use super::{CrewArgs, MannerArgs, PatienceArgs, RunArgs, Selecting, SweepArgs};

/// Looks at launches, and acts on them.
///
/// An ID is a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`.
#[derive(Debug, Parser)]
#[command(name = "neu", version, arg_required_else_help = true)]
pub(crate) struct NeuArgs {
    /// Do as if started in DIR, a folder or a store itself
    #[arg(short = 'C', value_name = "DIR", global = true, value_parser = value_parser!(PathBuf))]
    pub(crate) folders: Vec<PathBuf>,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs in the order in which a launch comes to need them, which is that of the help.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// The same as `neurun`
    Run(RunArgs),
    /// The same as `neusweep`
    Sweep(SweepArgs),
    /// List launches, or show the runs that were picked
    Status(StatusArgs),
    /// Show all that is known of launches or runs
    Show(ShowArgs),
    /// List launches at once, asking no scheduler; with `--all` those of every folder
    Ls(LsArgs),
    /// Print what runs have printed
    Logs(LogsArgs),
    /// Wait until runs are over; exit code 1 where some did not succeed, 124 where `--timeout` was too short
    Wait(WaitArgs),
    /// Stop runs, and see that they stopped
    Cancel(SelectArgs),
    /// Start what failed, is missing or was cancelled again: the same runs, each as its next attempt
    ///
    /// Runs that are failed, cancelled, timed-out, out-of-memory, node-failed, preempted, env-failed or lost are started;
    /// those that succeeded or are not over are left alone, and so is what is unknown.
    Retry(RetryArgs),
    /// Start runs again from the beginning, as a new launch
    Rerun(RerunArgs),
    /// Hand over what was left half submitted
    Resume(ResumeArgs),
    /// Remove launches that are over
    Rm(RmArgs),
    /// Remove launches that have been over for long, and what nobody needs any more
    Prune(PruneArgs),
    /// Execute runs; what jobs start
    #[command(hide = true)]
    Worker(WorkerArgs),
    /// Execute runs in the environment as it is; what a worker becomes
    #[command(hide = true)]
    Execute(ExecuteArgs),
    /// Look at the GPUs of this machine for each line that comes; what a worker asks
    #[command(hide = true)]
    LookAtGpus,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) what: Selecting,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print ids only
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) what: Selecting,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the ids of the runs only
    #[arg(short, long, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    pub(crate) what: Selecting,
    /// Go on printing until the runs are over, through their next attempts; with `--attempt` until that one has ended
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Which attempt [default: the latest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) attempt: Option<u32>,
    /// Print the logs' paths as JSON
    #[arg(long, conflicts_with_all = ["follow", "quiet"])]
    pub(crate) json: bool,
    /// Print the ids of the runs that have a log only
    #[arg(short, long, conflicts_with = "follow")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SelectArgs {
    #[command(flatten)]
    pub(crate) what: Selecting,
    /// Print the launch afterwards as JSON
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) json: bool,
    /// Print the ids of the runs that were stopped only
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    #[command(flatten)]
    pub(crate) what: Selecting,
    /// Wait no longer than this: `90` or `90s`, `1h30m`, `2d`
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    pub(crate) timeout: Option<Duration>,
    /// Print how it ended as JSON
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) json: bool,
    /// Print the ids of the runs that are over only
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// Launches [default: all that are half submitted; those of this machine that did not finish are named]
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<Selection>,
    /// Go on with a launch of this machine in the background, also after logout
    #[arg(long)]
    pub(crate) detach: bool,
    /// Print how the launches are then as JSON
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) json: bool,
    /// Print the ids of the runs that Slurm has taken, or that go on here, only, and nothing of what they print
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) crew: CrewArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    pub(crate) what: Selecting,
    /// Options of sbatch to change, such as `mem=64G,time=2:00:00`; `mem=` leaves one out; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) with: Vec<String>,
    /// Print what would be submitted, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Stay until every retried run is over
    #[arg(long)]
    pub(crate) wait: bool,
    /// Go on in the background, also after logout; what Slurm has does so anyway
    #[arg(long, conflicts_with = "wait")]
    pub(crate) detach: bool,
    /// Never ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Print the launch and what was retried as JSON
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) crew: CrewArgs,
    /// Print the ids of the retried runs only, and nothing of what they print
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RerunArgs {
    #[command(flatten)]
    pub(crate) what: Selecting,
    /// Options of sbatch to change, such as `mem=64G,time=2:00:00`; `mem=` leaves one out; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) with: Vec<String>,
    #[command(flatten)]
    pub(crate) manner: MannerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    /// The folder of the launch
    pub(crate) launch: PathBuf,
    /// The key of the submission
    #[arg(long)]
    pub(crate) key: String,
    /// The runs; of these, a task of an array executes one
    #[arg(long)]
    pub(crate) runs: Ranges,
    /// What is added to the index of a task to get its run
    #[arg(long, default_value_t = 0)]
    pub(crate) base: u64,
    /// The attempt that each run is
    #[arg(long)]
    pub(crate) attempt: u32,
    /// Who owns the terminal and sends the signals
    #[arg(long, value_enum)]
    pub(crate) setting: SettingArg,
    /// How many runs execute at once
    #[arg(long, default_value_t = NonZeroU32::MIN)]
    pub(crate) jobs: NonZeroU32,
    #[command(flatten)]
    pub(crate) patience: PatienceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExecuteArgs {
    #[command(flatten)]
    pub(crate) worker: WorkerArgs,
    /// The process that waits for this one
    #[arg(long)]
    pub(crate) first_half: i32,
    /// Why no run can be started
    #[arg(long)]
    pub(crate) hindrance: Option<String>,
    /// The file to remove once the env is activated
    pub(crate) activated: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SettingArg {
    /// A job of Slurm.
    Job,
    /// A command in the foreground; the program reads nothing.
    Foreground,
    /// A command in the foreground; the program has the terminal.
    Terminal,
}

impl SettingArg {
    /// Gives the word that is typed.
    pub(crate) fn word(self) -> OsString {
        match self {
            Self::Job => "job",
            Self::Foreground => "foreground",
            Self::Terminal => "terminal",
        }
        .into()
    }
}

#[derive(Debug, Args)]
pub(crate) struct LsArgs {
    /// List the launches of every store that you have used
    #[arg(long)]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) json: bool,
    /// Print ids only, with `--all` as `-C STORE ID`
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RmArgs {
    #[command(flatten)]
    pub(crate) what: Selecting,
    #[command(flatten)]
    pub(crate) manner: RemovalArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// Remove the launches that were over more than N days ago [default: none]
    #[arg(long, value_name = "N")]
    pub(crate) keep_days: Option<u32>,
    /// Print what would go, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Forget the stores whose folders are not there, also where that may be for a disk that is not mounted
    #[arg(long)]
    pub(crate) forget_missing: bool,
    #[command(flatten)]
    pub(crate) manner: RemovalArgs,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct RemovalArgs {
    /// Never ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Print what went as JSON
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) json: bool,
    /// Print the ids of the launches that went, and nothing else
    #[arg(short, long)]
    pub(crate) quiet: bool,
}
