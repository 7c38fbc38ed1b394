//! All that is known of runs: `neu show --json`.

use neuromanager_core::engine::attempts::AttemptStory;
use neuromanager_core::engine::survey::Survey;
use neuromanager_core::event::GivenGpu;
use neuromanager_core::gpu::amount::Share;
use neuromanager_core::plan::Argument;
use neuromanager_core::slurm::usage::Used;
use neuromanager_core::store::{Answer, PlannedRun, Submission};
use serde::Serialize;
use serde_json::{Value, json};

use super::launch::{LaunchShape, RunShape, launch, run};
use super::{SCHEMA, path, text};
use crate::commands::details::{Details, asked};

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
