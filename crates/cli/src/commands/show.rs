//! `neu show`: all that the store knows of runs, a fact a line.

use std::os::unix::ffi::OsStrExt;

use jiff::Timestamp;
use neuromanager_core::engine::attempts::AttemptStory;
use neuromanager_core::engine::survey::Survey;
use neuromanager_core::event::{Exit as ProgramExit, Usage};
use neuromanager_core::plan::{Argument, quote};
use neuromanager_core::slurm::usage::Used;
use neuromanager_core::state::{FailureClass, Status};
use neuromanager_core::store::{Answer, Launch, PlannedRun, Submission};

use super::App;
use super::causes::states;
use super::details::{Details, asked};
use super::selecting::{Purpose, planned, select};
use super::status::warn_of_flaws;
use crate::args::ShowArgs;
use crate::endings::ending;
use crate::exit::Exit;
use crate::json;
use crate::parameters::param_values;
use crate::report::Failure;
use crate::ui::{bytes, duration, lines, local_time, one_line, print};

/// Shows launches that were meant as a whole, and runs.
pub(super) fn show(args: &ShowArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    let (picked, surveys) = select(&store, &args.what, Purpose::View, app)?.surveyed(&store, app)?;
    let is_whole = |place: usize| picked[place].whole && !args.what.ids.is_empty();
    if args.quiet {
        let ids: Vec<String> = picked.iter().flat_map(|picked| picked.names(|_| true)).collect();
        print(&lines(&ids))?;
        return Ok(Exit::Done);
    }
    if args.json {
        let details = app.details(&surveys, &picked)?;
        let with_plan = |(survey, picked)| Ok((survey, planned(&store, picked)?));
        let with_plans: Result<Vec<_>, Failure> = surveys.into_iter().zip(&picked).map(with_plan).collect();
        print(&json::shown(&with_plans?, &details))?;
        return Ok(Exit::Done);
    }
    let of_runs: Vec<usize> = (0..surveys.len()).filter(|place| !is_whole(*place)).collect();
    let details = if of_runs.is_empty() { Vec::new() } else { app.details(&surveys, &picked)? };
    let mut parts = Vec::new();
    for (place, survey) in surveys.iter().enumerate() {
        warn_of_flaws(survey, app);
        if is_whole(place) {
            parts.push(text(&of_launch(survey)));
            continue;
        }
        for planned in planned(&store, &picked[place])? {
            if let Some(status) = survey.status(planned.run) {
                parts.push(text(&of_run(survey, &planned, status, &details[place])));
            }
        }
    }
    print(&parts.join("\n"))?;
    Ok(Exit::Done)
}

/// What is known, each with its name.
type Facts = Vec<(String, String)>;

fn fact(name: &str, what: impl Into<String>) -> (String, String) {
    (name.to_owned(), what.into())
}

fn of_launch(survey: &Survey) -> Facts {
    let launch = &survey.launch;
    let mut facts = vec![
        fact("launch", launch.id.to_string()),
        fact("name", &launch.name),
        fact("runs", format!("{}: {}", launch.runs, states(survey))),
        fact("typed", exactly(&launch.typed)),
        fact("command", exactly(&launch.command)),
        fact("parameters", launch.parameters.join(", ")),
        fact("repeats", launch.repeats.to_string()),
    ];
    facts.extend(of_both(survey));
    facts.extend(launch.resources.directives().map(|directive| fact("asked", directive)));
    facts.extend(survey.submissions.iter().map(|it| submission(&survey.launch, it)));
    facts
}

fn of_run(survey: &Survey, planned: &PlannedRun, status: &Status, details: &Details) -> Facts {
    let mut facts = vec![
        fact("run", format!("{}.{}", survey.launch.id, planned.run)),
        fact("run name", planned.name.clone().unwrap_or_default()),
        fact("name", &survey.launch.name),
        fact("state", status.state.word()),
        fact("cause", status.cause.clone().unwrap_or_default()),
        fact("exit", status.exit.as_ref().map(exit).unwrap_or_default()),
        fact("class", ending(survey, planned.run).class.map(FailureClass::words).unwrap_or_default()),
        fact("argv", exactly(&planned.argv)),
        fact("repeat", planned.repeat.to_string()),
    ];
    let params = param_values(&planned.params).into_iter();
    facts.extend(params.map(|(name, value)| {
        let label = planned.labels.get(&name).map_or_else(String::new, |label| format!(" ({label})"));
        fact("parameter", format!("{name} = {value}{label}"))
    }));
    facts.extend([
        fact("node", status.node.clone().unwrap_or_default()),
        fact("job", survey.job(planned.run).unwrap_or_default()),
        fact("started", status.started.map(local_time).unwrap_or_default()),
        fact("ended", status.ended.map(local_time).unwrap_or_default()),
    ]);
    if let Some(started) = status.started {
        facts.push(fact("duration", duration(started, status.ended.unwrap_or_else(Timestamp::now))));
    }
    facts.extend(status.usage.map(|usage| fact("used", tell_usage(usage))));
    for attempt in details.attempts(planned.run) {
        facts.push(fact("attempt", tell_attempt(attempt)));
        facts.extend(attempt.log.as_ref().map(|log| fact("log", log.display().to_string())));
    }
    facts.extend(asked(survey, planned.run).directives().map(|directive| fact("asked", directive)));
    facts.extend(details.used(survey, planned.run).into_iter().map(|used| fact("used", tell_used(used))));
    if let Some(silence) = &details.silence {
        facts.push(fact("used", format!("not known: {silence}")));
    }
    let held = survey.submissions.iter().filter(|submission| submission.chunk.runs.contains(planned.run));
    facts.extend(held.map(|it| submission(&survey.launch, it)));
    facts.extend(of_both(survey));
    facts
}

/// Tells of an attempt: where, when, and all that became of it.
fn tell_attempt(attempt: &AttemptStory) -> String {
    let mut parts = Vec::new();
    parts.extend(attempt.node.as_ref().map(|node| format!("on {node}")));
    parts.extend(attempt.job.as_ref().map(|job| format!("task {job}")));
    parts.extend(attempt.gpus.iter().map(|gpu| format!("GPU {gpu}")));
    parts.extend(attempt.started.map(|time| format!("started {}", local_time(time))));
    let happened = attempt.happened.iter();
    parts.extend(happened.map(|(time, it)| format!("{} {} ({})", it.word(), local_time(*time), it.words())));
    format!("{}: {}", attempt.number, parts.join(", "))
}

/// Tells what a program has used, as its worker measured it.
fn tell_usage(usage: Usage) -> String {
    let Usage { peak_bytes, .. } = usage;
    format!("processor time {:.2} s, memory {} at the most", usage.cpu_seconds(), bytes(peak_bytes))
}

/// Tells what a task or a step of one has used.
fn tell_used(used: &Used) -> String {
    let step = used.step.as_ref().map_or_else(String::new, |step| format!(".{step}"));
    let known = [
        ("", Some(&used.state)),
        ("", used.elapsed.as_ref()),
        ("processor time ", used.cpu.as_ref()),
        ("memory ", used.max_rss.as_ref()),
        ("of ", used.tres.as_ref()),
    ];
    let known = known.iter().filter_map(|(what, value)| Some(format!("{what}{}", (*value)?)));
    format!("{}{step}: {}", used.task, known.collect::<Vec<_>>().join(", "))
}

/// Tells what was handed over, and what came back.
fn submission(launch: &Launch, submission: &Submission) -> (String, String) {
    let answer = match &submission.answer {
        Some(Answer::Accepted(job)) => format!(", Slurm job {job}"),
        Some(Answer::Refused(words)) => format!(", refused: {words}"),
        Some(Answer::Uncertain(words)) => format!(", answer lost: {words}"),
        None if launch.is_local() => String::new(),
        None => ", no job known".to_owned(),
    };
    let Submission { number, chunk, .. } = submission;
    let attempt = if chunk.attempt > 1 { format!(" as attempt {}", chunk.attempt) } else { String::new() };
    fact("submission", format!("{number}: runs {}{attempt}{answer}, key {}", chunk.runs, chunk.key))
}

/// Gives what all runs of a launch share.
fn of_both(survey: &Survey) -> Facts {
    let launch = &survey.launch;
    let place = &launch.place;
    let mut facts = vec![
        fact("support", &place.support),
        fact("device", place.device.clone().unwrap_or_default()),
        fact("folder", launch.folder.0.to_string_lossy()),
        fact("created", format!("{} on {}", local_time(launch.created), launch.host)),
    ];
    facts.extend(launch.env.iter().map(|line| fact("env", line)));
    if let Some(git) = &launch.git {
        let dirty = if git.dirty { ", with changes" } else { "" };
        facts.push(fact("git", format!("{}{dirty}", git.commit)));
    }
    facts.push(fact("path", survey.dir.path().display().to_string()));
    facts
}

fn exit(exit: &ProgramExit) -> String {
    match exit {
        ProgramExit::Code(code) => format!("code {code}"),
        ProgramExit::Signal(signal) => format!("signal {signal}"),
        ProgramExit::Unstarted { code, reason } => format!("code {code}: {reason}"),
    }
}

/// Writes a command so that a shell reads back the same bytes, and a terminal obeys none of them.
fn exactly(words: &[Argument]) -> String {
    let is_plain = |word: &&Argument| word.0.to_str().is_some_and(|text| !text.contains(char::is_control));
    if words.iter().all(|word| is_plain(&word)) {
        return quote::command(words);
    }
    let word = |word: &Argument| match word.0.to_str() {
        Some(text) if is_plain(&word) => quote::command([text]),
        Some(_) | None => {
            let byte = |byte: &u8| match byte {
                b' '..=b'~' if !b"'\\".contains(byte) => char::from(*byte).to_string(),
                other => format!("\\x{other:02x}"),
            };
            format!("$'{}'", word.0.as_bytes().iter().map(byte).collect::<String>())
        }
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Writes facts a line each; what is not known is left out.
fn text(facts: &[(String, String)]) -> String {
    let known = facts.iter().filter(|(_, what)| !what.is_empty());
    known.map(|(name, what)| format!("{name:<11} {}\n", one_line(what))).collect()
}
