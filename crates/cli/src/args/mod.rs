//! What can be typed: clap types, and nothing else.

mod before;
mod crew;
mod gpus;
mod launching;
mod neu;
mod neurun;
mod neusweep;
mod selecting;
mod skipping;
mod sweeping;
mod timeout;

use std::ffi::OsString;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

pub(crate) use before::{CountArgs, PointsArgs};
pub(crate) use crew::{CrewArgs, PatienceArgs};
pub(crate) use gpus::GpuArgs;
pub(crate) use launching::{LaunchArgs, MannerArgs};
pub(crate) use neu::{
    ExecuteArgs, LogsArgs, LsArgs, NeuArgs, PruneArgs, RemovalArgs, RerunArgs, ResumeArgs, RetryArgs, RmArgs,
    SelectArgs, SettingArg, ShowArgs, StatusArgs, Verb, WaitArgs, WorkerArgs,
};
pub(crate) use neurun::RunArgs;
pub(crate) use neusweep::SweepArgs;
pub(crate) use selecting::Selecting;
pub(crate) use skipping::{ReachArg, SkippingArgs, SyncArgs};
pub(crate) use sweeping::SweepingArgs;

use crate::report::Failure;

/// What only neurun knows, each with how it is written.
const OF_NEURUN: [(&str, &str); 5] = [
    ("--runs", "--runs=N"),
    ("-n", "--runs=N"),
    ("--config", "--config=FILE"),
    ("--gpus", "--gpus=LIST"),
    ("--priority", "--priority=N"),
];

/// What only neusweep knows.
const OF_NEUSWEEP: [(&str, &str); 16] = [
    ("--params", "--params=FILE"),
    ("-p", "-p FILE"),
    ("--no-params", "--no-params"),
    ("--set", "--set NAME=VALUES"),
    ("-s", "-s NAME=VALUES"),
    ("--zip", "--zip NAMES"),
    ("--exclude", "--exclude EXPR"),
    ("--where", "--where EXPR"),
    ("--rows", "--rows FILE"),
    ("--sample", "--sample METHOD:N"),
    ("--style", "--style STYLE"),
    ("--name-template", "--name-template TEMPLATE"),
    ("--sync", "--sync"),
    ("--table", "--table"),
    ("--csv", "--table --csv"),
    ("--check-flags", "--check-flags"),
];

/// Reads what was typed. A question for help or the version is answered by the failure that comes back.
pub(crate) fn parse<T: Parser>(typed: &[OsString]) -> Result<T, Failure> {
    T::try_parse_from(typed).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Failure::answer(&error),
        ErrorKind::InvalidUtf8 => Failure::no_text(typed),
        ErrorKind::UnknownArgument => unknown(error, T::command().get_name()),
        _ => Failure::usage(&error),
    })
}

/// Says that there is no such option, without the tip to put `--` before it, which would make a script of it.
fn unknown(mut error: clap::Error, program: &str) -> Failure {
    let _false_tip = error.remove(ContextKind::Suggested);
    let failure = Failure::usage(&error);
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return failure };
    let written = |known: &[(&str, &'static str)]| {
        known.iter().find(|(known, _)| option == known).map(|(_, written)| *written)
    };
    match (program, written(&OF_NEURUN), written(&OF_NEUSWEEP)) {
        ("neusweep", Some(written), _) => failure.hint(format!(
            "`{option}` is an option of neurun: `neusweep neurun {written} SUPPORT DEVICE SCRIPT`"
        )),
        ("neurun", _, Some(written)) => failure.hint(format!(
            "`{option}` is an option of neusweep: `neusweep {written} neurun SUPPORT DEVICE SCRIPT`"
        )),
        _ => failure,
    }
}
