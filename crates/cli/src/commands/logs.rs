//! `neu logs`: what runs have printed, and what they print.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use neuromanager_core::engine::survey::Survey;
use neuromanager_core::id::RunId;
use neuromanager_core::state::Status;
use neuromanager_core::store::Store;

use super::App;
use super::follow::Tail;
use super::following::{Following, follow};
use super::naming::{id_lines, title};
use super::selecting::{Picked, Purpose, ids_of, select};
use crate::args::LogsArgs;
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::{print, shown};

/// Prints logs. What is on disk comes first: no scheduler that hangs delays it, and none is asked where all is there.
pub(super) fn logs(args: &LogsArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    let picked = select(&store, &args.what, Purpose::View, app)?.picked;
    if args.follow {
        let surveys = follow(Following { store: &store, picked: &picked, attempt: args.attempt }, app)?;
        return tell(&surveys, &picked, args.attempt, app);
    }
    let many = picked.iter().map(|picked| picked.runs.len()).sum::<u64>() > 1;
    let style = if many { Style::Headed } else { Style::Alone };
    let mut printer = Printer { style, attempt: args.attempt, last: None };
    let mut surveys = App::glance(&store, &ids_of(&picked))?;
    if args.json {
        print(&printer.paths(&surveys, &picked))?;
        return Ok(Exit::Done);
    }
    if args.quiet {
        print(&printer.ids(&surveys, &picked))?;
        return Ok(Exit::Done);
    }
    printer.print_all(&surveys, &picked)?;
    if args.attempt.is_none() && !not_begun(&surveys, &picked).is_empty() {
        surveys = look(&store, &picked, app)?;
    }
    tell(&surveys, &picked, args.attempt, app)
}

/// Says which runs have printed nothing, and why.
fn tell(surveys: &[Survey], picked: &[Picked], attempt: Option<u32>, app: &App) -> Result<Exit, Failure> {
    if let Some(attempt) = attempt {
        return say_missing(surveys, picked, attempt, app);
    }
    for line in not_begun(surveys, picked) {
        app.ui.say(&line);
    }
    Ok(Exit::Done)
}

fn look(store: &Store, picked: &[Picked], app: &App) -> Result<Vec<Survey>, Failure> {
    app.view(store, &ids_of(picked))
}

/// How the logs of several runs are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// There is one.
    Alone,
    /// As tail(1) does: a heading before each.
    Headed,
}

/// Prints logs.
#[derive(Debug)]
struct Printer {
    style: Style,
    /// The attempt that was asked for; `None` means the latest.
    attempt: Option<u32>,
    last: Option<RunId>,
}

impl Printer {
    /// Gives the log of a run that is meant, and the attempt that it is of.
    fn log(&self, survey: &Survey, run: u64) -> Option<(PathBuf, u32)> {
        match self.attempt {
            Some(attempt) => Some((survey.dir.log(survey.launch.runs, run, attempt), attempt)),
            None => Some((survey.log(run)?, survey.status(run)?.attempt)),
        }
    }

    /// Gives the ids of the runs whose log is there, a line each.
    fn ids(&self, surveys: &[Survey], picked: &[Picked]) -> String {
        let has_log = |survey: &Survey, run| self.log(survey, run).is_some_and(|(log, _)| log.is_file());
        let with_log = |(survey, picked): (&Survey, &Picked)| {
            id_lines(picked.id, &picked.runs.iter().filter(|run| has_log(survey, *run)).collect())
        };
        surveys.iter().zip(picked).map(with_log).collect()
    }

    /// Prints the logs of all runs that have begun.
    fn print_all(&mut self, surveys: &[Survey], picked: &[Picked]) -> Result<(), Failure> {
        for (survey, picked) in surveys.iter().zip(picked) {
            for run in picked.runs.iter() {
                if let Some((log, attempt)) = self.log(survey, run) {
                    self.print_log(&log, survey, RunId { launch: picked.id, run }, attempt)?;
                }
            }
        }
        Ok(())
    }

    fn print_log(&mut self, log: &Path, survey: &Survey, id: RunId, attempt: u32) -> Result<(), Failure> {
        let mut tail = Tail::new(log);
        if !tail.has_news() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        if self.style == Style::Headed {
            let gap = if self.last.is_some() { "\n" } else { "" };
            let of = if attempt > 1 { format!(" attempt {attempt}") } else { String::new() };
            writeln!(out, "{gap}==> {}{of} <==", title(survey, id)?)?;
        }
        self.last = Some(id);
        Ok(tail.pump(&mut out)?)
    }

    /// Gives the paths of the logs, as JSON.
    fn paths(&self, surveys: &[Survey], picked: &[Picked]) -> String {
        let logs = surveys.iter().zip(picked).flat_map(|(survey, picked)| {
            picked.runs.iter().map(|run| {
                let id = RunId { launch: picked.id, run }.to_string();
                let log = self.log(survey, run).map(|(log, _)| log);
                let log = log.filter(|log| self.attempt.is_none() || log.exists());
                serde_json::json!({"id": id, "log": log.map(|log| log.display().to_string())})
            })
        });
        format!("{:#}\n", serde_json::json!({"schema": 1, "logs": logs.collect::<Vec<_>>()}))
    }
}

/// Says which of the picked runs have no such attempt; that none has it is a mistake.
fn say_missing(surveys: &[Survey], picked: &[Picked], attempt: u32, app: &App) -> Result<Exit, Failure> {
    let mut missing = Vec::new();
    let mut is_there = false;
    for (survey, picked) in surveys.iter().zip(picked) {
        for run in picked.runs.iter() {
            match survey.dir.log(survey.launch.runs, run, attempt).exists() {
                true => is_there = true,
                false => missing.push(RunId { launch: picked.id, run }),
            }
        }
    }
    let Some(first) = missing.first() else { return Ok(Exit::Done) };
    let more =
        if missing.len() > 1 { format!(" and {} more have", missing.len() - 1) } else { " has".to_owned() };
    let text = format!("{first}{more} no attempt {attempt}");
    if !is_there {
        return Err(Failure::new(Exit::Usage, text));
    }
    app.ui.say(&text);
    Ok(Exit::Done)
}

/// Says of the runs without a log where they are, or that theirs is gone; alike runs in one line.
fn not_begun(surveys: &[Survey], picked: &[Picked]) -> Vec<String> {
    let mut alike: BTreeMap<(What, String), (RunId, u64, Option<PathBuf>)> = BTreeMap::new();
    for (survey, picked) in surveys.iter().zip(picked) {
        for run in picked.runs.iter() {
            let Some(status) = survey.status(run) else { continue };
            let log = survey.log(run);
            if log.as_ref().is_some_and(|log| log.exists()) {
                continue;
            }
            let what = what(survey, run, status);
            let cause = status.cause.as_ref().map_or_else(String::new, |cause| format!(": {cause}"));
            let first = (RunId { launch: picked.id, run }, 0, log);
            alike.entry((what, format!("{}{cause}", status.state))).or_insert(first).1 += 1;
        }
    }
    alike
        .into_iter()
        .map(|((what, state), (first, count, log))| tell_of(what, &state, first, count, log))
        .collect()
}

/// What it means that a run has no log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// It may still print.
    NotYet,
    /// It is over, and its program was never started.
    Never,
    /// Its program was started, and its log with it.
    Gone,
}

fn what(survey: &Survey, run: u64, status: &Status) -> What {
    let latest = survey.history.latest(run).filter(|attempt| attempt.number == status.attempt);
    let was_started = latest.is_some_and(|attempt| attempt.started.is_some() || attempt.ended.is_some());
    match (status.state.is_final(), was_started) {
        (false, _) => What::NotYet,
        (true, false) => What::Never,
        (true, true) => What::Gone,
    }
}

fn tell_of(what: What, state: &str, first: RunId, count: u64, log: Option<PathBuf>) -> String {
    let (who, is_one) = match count {
        1 => (first.to_string(), true),
        count => (format!("{first} and {} more", count - 1), false),
    };
    let (has, is) = if is_one { ("has", "it is") } else { ("have", "they are") };
    let log = log.filter(|_| what == What::Gone);
    match (what, log) {
        (What::NotYet, _) => format!("{who} {has} printed nothing yet; {is} {state}"),
        (What::Gone, Some(log)) => {
            let of = if is_one { "is" } else { "and those of the others are" };
            format!("the log of {first}, `{}`, {of} gone; {is} {state}", shown(&log))
        }
        (What::Never | What::Gone, _) => format!("{who} {has} printed nothing; {is} {state}"),
    }
}
