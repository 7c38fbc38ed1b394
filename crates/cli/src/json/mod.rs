//! The shapes that `--json` prints: documented in docs/json.md, versioned, and pinned by tests.

mod launch;
mod removed;
mod shown;

use std::path::{Path, PathBuf};

use neuromanager_core::engine::survey::Survey;
use neuromanager_core::plan::Argument;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::store::PlannedRun;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::commands::Counts;

use launch::{LaunchShape, OneLaunch, launch, one};
pub(crate) use removed::{Removed, RemovedFile, RemovedLaunch};
pub(crate) use shown::shown;

/// The version of every shape here. A field may be added within a version; none changes its meaning.
pub(crate) const SCHEMA: u32 = 1;

/// Launches without their runs: `neu status --json`.
#[derive(Debug, Serialize)]
struct Launches<'a> {
    schema: u32,
    launches: Vec<LaunchShape<'a>>,
}

/// Several launches with their runs: `neu status ID ID --json`.
#[derive(Debug, Serialize)]
struct ManyLaunches<'a> {
    schema: u32,
    launches: Vec<OneLaunch<'a>>,
}

/// Writes however many launches filters have found, with the runs that were picked of each.
pub(crate) fn found_with_runs(surveys: &[(Survey, Vec<PlannedRun>)]) -> String {
    let launches = surveys.iter().map(|(survey, planned)| one(survey, planned)).collect();
    text(&ManyLaunches { schema: SCHEMA, launches })
}

/// Writes launches with the runs that were picked of each by id; one launch is the object itself.
pub(crate) fn with_runs(surveys: &[(Survey, Vec<PlannedRun>)]) -> String {
    let mut all: Vec<OneLaunch<'_>> = surveys.iter().map(|(survey, planned)| one(survey, planned)).collect();
    match (all.pop(), all.is_empty()) {
        (Some(only), true) => text(&only),
        (last, _) => text(&ManyLaunches { schema: SCHEMA, launches: all.into_iter().chain(last).collect() }),
    }
}

/// Writes launches with a count per state.
pub(crate) fn launches(surveys: &[Survey]) -> String {
    text(&Launches { schema: SCHEMA, launches: surveys.iter().map(launch).collect() })
}

/// Writes launches that were completed, and which runs Slurm has taken or was found to have: `neu resume --json`.
pub(crate) fn resumed(surveys: &[Survey], resumed: &[String]) -> String {
    #[derive(Serialize)]
    struct Completed<'a> {
        schema: u32,
        launches: Vec<LaunchShape<'a>>,
        resumed: &'a [String],
    }
    text(&Completed { schema: SCHEMA, launches: surveys.iter().map(launch).collect(), resumed })
}

/// Writes launches that were waited for, and which of the runs are not over: `neu wait --json`.
pub(crate) fn waited(surveys: &[Survey], not_over: &[String]) -> String {
    #[derive(Serialize)]
    struct Waited<'a> {
        schema: u32,
        launches: Vec<LaunchShape<'a>>,
        timed_out: bool,
        not_over: &'a [String],
    }
    let launches = surveys.iter().map(launch).collect();
    text(&Waited { schema: SCHEMA, launches, timed_out: !not_over.is_empty(), not_over })
}

/// Writes a launch of the store at `store` as the disk alone tells of it, and what is left open as `open`.
pub(crate) fn listed(survey: &Survey, store: &Path, states: &[(&'static str, u64)]) -> Value {
    let mut shape = serde_json::to_value(launch(survey)).unwrap_or_default();
    let states: Map<String, Value> =
        states.iter().map(|(state, count)| ((*state).to_owned(), (*count).into())).collect();
    shape["states"] = states.into();
    shape["store"] = path(store);
    shape
}

/// Writes the launches of one store or of many, and the stores that are missing: `neu ls --json`.
pub(crate) fn list(launches: Vec<Value>, missing: &[PathBuf]) -> String {
    #[derive(Serialize)]
    struct List {
        schema: u32,
        launches: Vec<Value>,
        missing: Vec<Value>,
    }
    text(&List { schema: SCHEMA, launches, missing: missing.iter().map(|store| path(store)).collect() })
}

/// Writes a path: as text, or its bytes where it is not UTF-8.
pub(crate) fn path(path: &Path) -> Value {
    serde_json::to_value(Argument(path.into())).unwrap_or_default()
}

/// Writes a launch that was just submitted, and what was left out of it where that was asked; no launch where nothing
/// was left to start.
pub(crate) fn submitted(survey: &[Survey], skipped: Option<&Counts>) -> String {
    #[derive(Serialize)]
    struct Submitted<'a> {
        schema: u32,
        launch: Option<LaunchShape<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        skipped: Option<&'a Counts>,
    }
    text(&Submitted { schema: SCHEMA, launch: survey.first().map(launch), skipped })
}

/// Writes which runs of a launch were handed over again, as which attempt.
pub(crate) fn retried(survey: &Survey, runs: &Ranges, attempt: u32) -> String {
    #[derive(Serialize)]
    struct Again<'a> {
        schema: u32,
        launch: LaunchShape<'a>,
        attempt: u32,
        retried: Vec<String>,
    }
    let retried = runs.iter().map(|run| format!("{}.{run}", survey.launch.id)).collect();
    text(&Again { schema: SCHEMA, launch: launch(survey), attempt, retried })
}

fn text(shape: &impl Serialize) -> String {
    // Our shapes have string keys and no fallible parts; a failure would be a bug that shows itself in the text.
    serde_json::to_string_pretty(shape)
        .map_or_else(|error| format!("{{\"error\": \"{error}\"}}\n"), |text| text + "\n")
}
