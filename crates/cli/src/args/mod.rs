//! What can be typed: clap types, and nothing else.

mod neu;
mod neurun;
mod neusweep;

pub(crate) use neu::{ExecuteArgs, LogsArgs, NeuArgs, SelectArgs, SettingArg, StatusArgs, Verb, WorkerArgs};
pub(crate) use neurun::RunArgs;
pub(crate) use neusweep::SweepArgs;
