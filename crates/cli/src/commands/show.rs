//! `neu show`: all that the store knows of runs, a fact a line.

use std::os::unix::ffi::OsStrExt;

use jiff::Timestamp;
use neuromanager_core::engine::survey::Survey;
use neuromanager_core::event::Exit as ProgramExit;
use neuromanager_core::plan::{Argument, quote};
use neuromanager_core::state::Status;
use neuromanager_core::store::PlannedRun;

use super::App;
use super::causes::states;
use super::selecting::{Purpose, planned, select};
use crate::args::ShowArgs;
use crate::exit::Exit;
use crate::json::{self, param_values};
use crate::report::Failure;
use crate::ui::{duration, local_time, one_line, print};

/// Shows launches that were meant as a whole, and runs.
pub(super) fn show(args: &ShowArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    let (picked, surveys) = select(&store, &args.what, Purpose::View, app)?.surveyed(&store, app)?;
    let is_whole = |place: usize| picked[place].whole && !args.what.ids.is_empty();
    if args.json {
        let with_plan = |(survey, picked)| Ok((survey, planned(&store, picked)?));
        let with_plans: Result<Vec<_>, Failure> = surveys.into_iter().zip(&picked).map(with_plan).collect();
        print(&json::found_with_runs(&with_plans?))?;
        return Ok(Exit::Done);
    }
    let mut parts = Vec::new();
    for (place, survey) in surveys.iter().enumerate() {
        if is_whole(place) {
            parts.push(text(&of_launch(survey)));
            continue;
        }
        for planned in planned(&store, &picked[place])? {
            if let Some(status) = survey.status(planned.run) {
                parts.push(text(&of_run(survey, &planned, status)));
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
    for submission in survey.submissions.iter() {
        let job =
            submission.job().map_or_else(|| "no job known".to_owned(), |job| format!("Slurm job {job}"));
        facts.push(fact(
            "submission",
            format!("{}: runs {}, {job}", submission.number, submission.chunk.runs),
        ));
    }
    facts
}

fn of_run(survey: &Survey, planned: &PlannedRun, status: &Status) -> Facts {
    let mut facts = vec![
        fact("run", format!("{}.{}", survey.launch.id, planned.run)),
        fact("name", &survey.launch.name),
        fact("state", status.state.word()),
        fact("cause", status.cause.clone().unwrap_or_default()),
        fact("exit", status.exit.as_ref().map(exit).unwrap_or_default()),
        fact("argv", exactly(&planned.argv)),
        fact("repeat", planned.repeat.to_string()),
    ];
    let params = param_values(&planned.params).into_iter();
    facts.extend(params.map(|(name, value)| fact("parameter", format!("{name} = {value}"))));
    facts.extend([
        fact("node", status.node.clone().unwrap_or_default()),
        fact("job", survey.job(planned.run).unwrap_or_default()),
        fact("started", status.started.map(local_time).unwrap_or_default()),
        fact("ended", status.ended.map(local_time).unwrap_or_default()),
    ]);
    if let Some(started) = status.started {
        facts.push(fact("duration", duration(started, status.ended.unwrap_or_else(Timestamp::now))));
    }
    for attempt in 1..=status.attempt {
        let log = survey.dir.log(survey.launch.runs, planned.run, attempt);
        facts.push(fact("attempt", format!("{attempt}: {}", log.display())));
    }
    facts.extend(of_both(survey));
    facts
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
    facts.extend(launch.resources.directives().map(|directive| fact("asked", directive)));
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
