//! What can be typed: clap types, and nothing else.

mod launching;
mod neu;
mod neurun;
mod neusweep;
mod selecting;
mod timeout;

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

pub(crate) use launching::{LaunchArgs, MannerArgs};
pub(crate) use neu::{
    ExecuteArgs, LogsArgs, LsArgs, NeuArgs, PruneArgs, RemovalArgs, RerunArgs, ResumeArgs, RetryArgs, RmArgs,
    SelectArgs, SettingArg, ShowArgs, StatusArgs, Verb, WaitArgs, WorkerArgs,
};
pub(crate) use neurun::RunArgs;
pub(crate) use neusweep::SweepArgs;
pub(crate) use selecting::Selecting;

use crate::report::Failure;

/// Reads what was typed. A question for help or the version is answered by the failure that comes back.
pub(crate) fn parse<T: Parser>(typed: &[OsString]) -> Result<T, Failure> {
    T::try_parse_from(typed).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Failure::answer(&error),
        _ => Failure::usage(&error),
    })
}
