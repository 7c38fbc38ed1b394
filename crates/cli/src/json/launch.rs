//! The shape of a launch and of a run, the same wherever one is written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use neuromanager_core::engine::survey::{Handing, Survey};
use neuromanager_core::event::{Exit, Usage};
use neuromanager_core::plan::Argument;
use neuromanager_core::slurm::reason::{Explained, Prospect, explain};
use neuromanager_core::state::{FailureClass, Status};
use neuromanager_core::store::{Git, PlannedRun, Submission};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::SCHEMA;
use crate::endings::{Ending, ending};

/// One launch with its runs: `neu status ID --json`.
#[derive(Debug, Serialize)]
pub(super) struct OneLaunch<'a> {
    pub(super) schema: u32,
    pub(super) launch: LaunchShape<'a>,
    pub(super) runs: Vec<RunShape<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct LaunchShape<'a> {
    pub(super) id: u64,
    pub(super) name: &'a str,
    pub(super) support: &'a str,
    pub(super) device: Option<&'a str>,
    pub(super) created: Timestamp,
    pub(super) host: &'a str,
    pub(super) folder: &'a Argument,
    pub(super) command: &'a [Argument],
    pub(super) parameters: &'a [String],
    pub(super) repeats: u64,
    pub(super) runs: u64,
    pub(super) states: Map<String, Value>,
    pub(super) jobs: Vec<u32>,
    pub(super) submission: &'static str,
    pub(super) unreadable: u64,
    pub(super) answered: Option<Timestamp>,
    pub(super) git: Option<&'a Git>,
    pub(super) path: String,
}

#[derive(Debug, Serialize)]
pub(super) struct RunShape<'a> {
    pub(super) id: String,
    pub(super) run: u64,
    pub(super) repeat: u64,
    pub(super) name: Option<&'a str>,
    pub(super) state: &'static str,
    pub(super) cause: Option<&'a str>,
    pub(super) class: Option<FailureClass>,
    pub(super) last_lines: Vec<String>,
    pub(super) scheduler: Option<&'a str>,
    pub(super) pending: Option<PendingShape<'a>>,
    pub(super) params: &'a RawValue,
    pub(super) labels: &'a BTreeMap<String, String>,
    pub(super) argv: &'a [Argument],
    pub(super) exit_code: Option<i32>,
    pub(super) signal: Option<i32>,
    pub(super) cpu_seconds: Option<f64>,
    pub(super) peak_memory: Option<u64>,
    pub(super) attempt: u32,
    pub(super) node: Option<&'a str>,
    pub(super) job: Option<String>,
    pub(super) started: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    pub(super) log: Option<String>,
}

/// Why a run waits.
#[derive(Debug, Serialize)]
pub(super) struct PendingShape<'a> {
    pub(super) reason: &'a str,
    pub(super) words: String,
    pub(super) advice: Option<&'static str>,
    pub(super) never: bool,
}

pub(super) fn one<'a>(survey: &'a Survey, planned: &'a [PlannedRun]) -> OneLaunch<'a> {
    let runs = planned.iter().filter_map(|planned| {
        let status = survey.status(planned.run)?;
        Some(run(survey, planned, status))
    });
    OneLaunch { schema: SCHEMA, launch: launch(survey), runs: runs.collect() }
}

pub(super) fn launch(survey: &Survey) -> LaunchShape<'_> {
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

pub(super) fn run<'a>(survey: &Survey, planned: &'a PlannedRun, status: &'a Status) -> RunShape<'a> {
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
