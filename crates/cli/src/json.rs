//! The shapes that `--json` prints: documented in docs/json.md, versioned, and pinned by tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use neuromanager_core::engine::attempts::AttemptStory;
use neuromanager_core::engine::survey::{Handing, Survey};
use neuromanager_core::event::{Exit, GivenGpu, Usage};
use neuromanager_core::gpu::amount::Share;
use neuromanager_core::plan::Argument;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::slurm::reason::{Explained, Prospect, explain};
use neuromanager_core::slurm::usage::Used;
use neuromanager_core::state::{FailureClass, Status};
use neuromanager_core::store::{Answer, Git, PlannedRun, Submission};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::commands::Counts;
use crate::commands::details::{Details, asked};
use crate::endings::{Ending, ending};

/// The version of every shape here. A field may be added within a version; none changes its meaning.
pub(crate) const SCHEMA: u32 = 1;

/// One launch with its runs: `neu status ID --json`.
#[derive(Debug, Serialize)]
struct OneLaunch<'a> {
    schema: u32,
    launch: LaunchShape<'a>,
    runs: Vec<RunShape<'a>>,
}

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

#[derive(Debug, Serialize)]
struct LaunchShape<'a> {
    id: u64,
    name: &'a str,
    support: &'a str,
    device: Option<&'a str>,
    created: Timestamp,
    host: &'a str,
    folder: &'a Argument,
    command: &'a [Argument],
    parameters: &'a [String],
    repeats: u64,
    runs: u64,
    states: Map<String, Value>,
    jobs: Vec<u32>,
    submission: &'static str,
    unreadable: u64,
    answered: Option<Timestamp>,
    git: Option<&'a Git>,
    path: String,
}

#[derive(Debug, Serialize)]
struct RunShape<'a> {
    id: String,
    run: u64,
    repeat: u64,
    name: Option<&'a str>,
    state: &'static str,
    cause: Option<&'a str>,
    class: Option<FailureClass>,
    last_lines: Vec<String>,
    scheduler: Option<&'a str>,
    pending: Option<PendingShape<'a>>,
    params: &'a RawValue,
    labels: &'a BTreeMap<String, String>,
    argv: &'a [Argument],
    exit_code: Option<i32>,
    signal: Option<i32>,
    cpu_seconds: Option<f64>,
    peak_memory: Option<u64>,
    attempt: u32,
    node: Option<&'a str>,
    job: Option<String>,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    log: Option<String>,
}

/// Why a run waits.
#[derive(Debug, Serialize)]
struct PendingShape<'a> {
    reason: &'a str,
    words: String,
    advice: Option<&'static str>,
    never: bool,
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

/// Writes all that is known of runs: `neu show --json`.
pub(crate) fn shown(surveys: &[(Survey, Vec<PlannedRun>)], details: &[Details]) -> String {
    #[derive(Serialize)]
    struct Shown<'a> {
        schema: u32,
        launches: Vec<ShownLaunch<'a>>,
    }
    let both = surveys.iter().zip(details);
    let launches = both.map(|((survey, planned), details)| shown_launch(survey, planned, details)).collect();
    text(&Shown { schema: SCHEMA, launches })
}

#[derive(Debug, Serialize)]
struct ShownLaunch<'a> {
    schema: u32,
    launch: LaunchShape<'a>,
    typed: &'a [Argument],
    env: &'a [String],
    submissions: Vec<Value>,
    runs: Vec<ShownRun<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownRun<'a> {
    #[serde(flatten)]
    run: RunShape<'a>,
    asked: Vec<String>,
    attempts: Vec<Value>,
    used: Value,
}

fn shown_launch<'a>(survey: &'a Survey, planned: &'a [PlannedRun], details: &'a Details) -> ShownLaunch<'a> {
    let runs = planned.iter().filter_map(|planned| {
        let status = survey.status(planned.run)?;
        let steps: Vec<Value> = details.used(survey, planned.run).into_iter().map(used).collect();
        Some(ShownRun {
            run: run(survey, planned, status),
            asked: asked(survey, planned.run).directives().collect(),
            attempts: details.attempts(planned.run).iter().map(attempt).collect(),
            used: json!({"steps": steps, "unknown": details.silence}),
        })
    });
    ShownLaunch {
        schema: SCHEMA,
        launch: launch(survey),
        typed: &survey.launch.typed,
        env: &survey.launch.env,
        submissions: survey.submissions.iter().map(submission).collect(),
        runs: runs.collect(),
    }
}

fn attempt(story: &AttemptStory) -> Value {
    let happened = story.happened.iter();
    let happened: Vec<Value> =
        happened.map(|(time, it)| json!({"time": time, "what": it.word(), "words": it.words()})).collect();
    json!({
        "attempt": story.number,
        "job": story.job,
        "node": story.node,
        "gpus": story.gpus.iter().map(gpu).collect::<Vec<_>>(),
        "started": story.started,
        "ended": story.ended,
        "happened": happened,
        "log": story.log.as_deref().map(path),
    })
}

fn gpu(gpu: &GivenGpu) -> Value {
    json!({"id": gpu.id, "index": gpu.index, "share": f64::from(gpu.share.units()) / f64::from(Share::WHOLE.units())})
}

fn used(used: &Used) -> Value {
    json!({
        "task": used.task.to_string(),
        "step": used.step,
        "state": used.state,
        "elapsed": used.elapsed,
        "cpu": used.cpu,
        "max_rss": used.max_rss,
        "tres": used.tres,
    })
}

fn submission(submission: &Submission) -> Value {
    let refused = match &submission.answer {
        Some(Answer::Refused(words)) => Some(words),
        Some(Answer::Accepted(_) | Answer::Uncertain(_)) | None => None,
    };
    json!({
        "number": submission.number,
        "key": submission.chunk.key,
        "runs": submission.chunk.runs.to_string(),
        "attempt": submission.chunk.attempt,
        "time": submission.time,
        "job": submission.job(),
        "refused": refused,
    })
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

/// What was removed, or would be: `neu rm --json`, `neu prune --json`.
#[derive(Debug, Serialize)]
pub(crate) struct Removed {
    schema: u32,
    pub(crate) dry_run: bool,
    pub(crate) launches: Vec<RemovedLaunch>,
    pub(crate) already: Vec<u64>,
    pub(crate) others: Vec<RemovedFile>,
    pub(crate) forgotten: Vec<Value>,
    pub(crate) strange: Vec<Value>,
    pub(crate) bytes: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct RemovedLaunch {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) runs: u64,
    pub(crate) over: Timestamp,
    pub(crate) bytes: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct RemovedFile {
    pub(crate) path: Value,
    pub(crate) bytes: u64,
}

impl Removed {
    /// Begins with nothing.
    pub(crate) fn new() -> Self {
        Self {
            schema: SCHEMA,
            dry_run: false,
            launches: Vec::new(),
            already: Vec::new(),
            others: Vec::new(),
            forgotten: Vec::new(),
            strange: Vec::new(),
            bytes: 0,
        }
    }

    /// Writes it.
    pub(crate) fn render(&self) -> String {
        text(self)
    }
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

fn one<'a>(survey: &'a Survey, planned: &'a [PlannedRun]) -> OneLaunch<'a> {
    let runs = planned.iter().filter_map(|planned| {
        let status = survey.status(planned.run)?;
        Some(run(survey, planned, status))
    });
    OneLaunch { schema: SCHEMA, launch: launch(survey), runs: runs.collect() }
}

fn launch(survey: &Survey) -> LaunchShape<'_> {
    let launch = &survey.launch;
    LaunchShape {
        id: launch.id,
        name: &launch.name,
        support: &launch.place.support,
        device: launch.place.device.as_deref(),
        created: launch.created,
        host: &launch.host,
        folder: &launch.folder,
        command: &launch.command,
        parameters: &launch.parameters,
        repeats: launch.repeats,
        runs: launch.runs,
        states: survey.counts().into_iter().map(|(state, count)| (state.to_string(), count.into())).collect(),
        jobs: survey.submissions.iter().filter_map(Submission::job).collect(),
        submission: match survey.submission() {
            Handing::Whole => "whole",
            Handing::Half => "half",
            Handing::InProgress(_) => "in-progress",
        },
        unreadable: survey.unreadable + survey.unreadable_submissions,
        answered: survey.answered,
        git: launch.git.as_ref(),
        path: survey.dir.path().display().to_string(),
    }
}

fn run<'a>(survey: &Survey, planned: &'a PlannedRun, status: &'a Status) -> RunShape<'a> {
    let Ending { class, last_lines } = ending(survey, planned.run);
    RunShape {
        id: format!("{}.{}", survey.launch.id, planned.run),
        run: planned.run,
        repeat: planned.repeat,
        name: planned.name.as_deref(),
        state: status.state.word(),
        cause: status.cause.as_deref(),
        class,
        last_lines,
        scheduler: status.scheduler.as_deref(),
        pending: status.reason.as_deref().map(pending),
        params: &planned.params,
        labels: &planned.labels,
        argv: &planned.argv,
        exit_code: match &status.exit {
            Some(Exit::Code(code) | Exit::Unstarted { code, .. }) => Some(*code),
            Some(Exit::Signal(_)) | None => None,
        },
        signal: match status.exit {
            Some(Exit::Signal(signal)) => Some(signal),
            Some(Exit::Code(_) | Exit::Unstarted { .. }) | None => None,
        },
        cpu_seconds: status.usage.map(Usage::cpu_seconds),
        peak_memory: status.usage.map(|usage| usage.peak_bytes),
        attempt: status.attempt,
        node: status.node.as_deref(),
        job: survey.job(planned.run),
        started: status.started,
        ended: status.ended,
        log: survey.log(planned.run).map(|log| log.display().to_string()),
    }
}

fn pending(reason: &str) -> PendingShape<'_> {
    let Explained { words, advice, prospect } = explain(reason);
    PendingShape { reason, words, advice, never: prospect == Prospect::NeverStarts }
}

fn text(shape: &impl Serialize) -> String {
    // Our shapes have string keys and no fallible parts; a failure would be a bug that shows itself in the text.
    serde_json::to_string_pretty(shape)
        .map_or_else(|error| format!("{{\"error\": \"{error}\"}}\n"), |text| text + "\n")
}

/// Writes parameters for people: `lr=0.1 layers=4`.
pub(crate) fn short_params(planned: &PlannedRun) -> String {
    let pairs = shown_values(planned).into_iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

/// Gives each parameter with its value as people see it: its label where it has one.
pub(crate) fn shown_values(planned: &PlannedRun) -> Vec<(String, String)> {
    let values = param_values(&planned.params).into_iter();
    let shown = values.map(|(name, value)| match planned.labels.get(&name) {
        Some(label) => (name, label.clone()),
        None => (name, value),
    });
    shown.collect()
}

/// Gives each parameter and its value, strings without their quotes, numbers as they were written.
pub(crate) fn param_values(params: &RawValue) -> Vec<(String, String)> {
    let Ok(Pairs(pairs)) = serde_json::from_str(params.get()) else { return Vec::new() };
    let plain = |value: Box<RawValue>| {
        serde_json::from_str::<String>(value.get()).unwrap_or_else(|_| value.get().to_owned())
    };
    pairs.into_iter().map(|(name, value)| (name, plain(value))).collect()
}

/// An object in its own order.
struct Pairs(Vec<(String, Box<RawValue>)>);

impl<'de> serde::Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Pairs;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}
