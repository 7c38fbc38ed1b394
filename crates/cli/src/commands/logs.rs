//! `neu logs`: what runs have printed, and what they print.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use neuromanager_core::engine::survey::Survey;
use neuromanager_core::id::{LaunchId, RunId};
use neuromanager_core::store::Store;

use super::App;
use super::follow::{Lines, Tail};
use super::selecting::{Picked, Purpose, select};
use crate::args::LogsArgs;
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::print;

/// How often the logs are looked at.
const TICK: Duration = Duration::from_millis(100);

/// How often the journal is read for runs that began or ended, and how often a scheduler is asked.
const GLANCE_EVERY: Duration = Duration::from_secs(1);
const SURVEY_EVERY: Duration = Duration::from_secs(15);

/// Prints logs. What is on disk comes first: no scheduler that hangs delays it, and none is asked where all is there.
pub(super) fn logs(args: &LogsArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    let picked = select(&store, &args.what, Purpose::View, app)?.picked;
    let many = picked.iter().map(|picked| picked.runs.len()).sum::<u64>() > 1;
    let style = match (many, args.follow) {
        (false, _) => Style::Alone,
        (true, false) => Style::Headed,
        (true, true) => Style::Prefixed,
    };
    let mut printer = Printer { style, attempt: args.attempt, tails: BTreeMap::new(), last: None };
    let mut survey = App::glance(&store, &ids_of(&picked))?;
    if args.json {
        print(&printer.paths(&survey, &picked))?;
        return Ok(Exit::Done);
    }
    printer.print_new(&survey, &picked)?;
    if let Some(attempt) = args.attempt {
        return printer.say_missing(&survey, &picked, attempt, app);
    }
    if args.follow || !Printer::not_begun(&survey, &picked).is_empty() {
        survey = look(&store, &picked, app)?;
    }
    if args.follow {
        survey = follow(&store, &picked, survey, &mut printer, app)?;
    }
    for line in Printer::not_begun(&survey, &picked) {
        app.ui.say(&line);
    }
    Ok(Exit::Done)
}

/// Goes on printing until the runs are over, through their next attempts.
fn follow(
    store: &Store,
    picked: &[Picked],
    mut survey: Vec<Survey>,
    printer: &mut Printer,
    app: &App,
) -> Result<Vec<Survey>, Failure> {
    let (mut glanced, mut surveyed) = (Instant::now(), Instant::now());
    printer.print_new(&survey, picked)?;
    while !is_over(&survey, picked) {
        thread::sleep(TICK);
        if surveyed.elapsed() > SURVEY_EVERY {
            survey = look(store, picked, app)?;
            surveyed = Instant::now();
        } else if glanced.elapsed() > GLANCE_EVERY {
            survey = App::glance(store, &ids_of(picked))?;
            glanced = Instant::now();
        }
        printer.print_new(&survey, picked)?;
    }
    printer.end_lines()?;
    look(store, picked, app)
}

fn look(store: &Store, picked: &[Picked], app: &App) -> Result<Vec<Survey>, Failure> {
    app.survey(store, &ids_of(picked))
}

fn ids_of(picked: &[Picked]) -> Vec<LaunchId> {
    picked.iter().map(|picked| picked.id).collect()
}

fn is_over(surveys: &[Survey], picked: &[Picked]) -> bool {
    surveys.iter().zip(picked).all(|(survey, picked)| {
        let mut runs = survey.statuses.iter().zip(0u64..).filter(|(_, run)| picked.runs.contains(*run));
        runs.all(|(status, _)| status.state.is_final())
    })
}

/// How the logs of several runs are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// There is one.
    Alone,
    /// As tail(1) does: a heading before each.
    Headed,
    /// Each line begins with its run, since lines of many come in turn.
    Prefixed,
}

/// Prints logs.
#[derive(Debug)]
struct Printer {
    style: Style,
    /// The attempt that was asked for; `None` means the latest.
    attempt: Option<u32>,
    tails: BTreeMap<PathBuf, (Tail, Lines)>,
    last: Option<PathBuf>,
}

impl Printer {
    /// Gives the log of a run that is meant, and the attempt that it is of.
    fn log(&self, survey: &Survey, run: u64) -> Option<(PathBuf, u32)> {
        match self.attempt {
            Some(attempt) => Some((survey.dir.log(survey.launch.runs, run, attempt), attempt)),
            None => Some((survey.log(run)?, survey.status(run)?.attempt)),
        }
    }

    /// Prints what is new in the logs of all runs that have begun.
    fn print_new(&mut self, surveys: &[Survey], picked: &[Picked]) -> Result<(), Failure> {
        for (survey, picked) in surveys.iter().zip(picked) {
            for run in picked.runs.iter() {
                if let Some((log, attempt)) = self.log(survey, run) {
                    self.print_log(log, RunId { launch: picked.id, run }, attempt)?;
                }
            }
        }
        Ok(())
    }

    fn print_log(&mut self, log: PathBuf, id: RunId, attempt: u32) -> Result<(), Failure> {
        let is_next = self.style == Style::Alone && self.last.as_ref().is_some_and(|last| *last != log);
        let new = || (Tail::new(&log), Lines::new(format!("{id} | ")));
        let (tail, lines) = self.tails.entry(log.clone()).or_insert_with(new);
        if !tail.has_news() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        if self.style == Style::Prefixed {
            return Ok(tail.pump(&mut lines.to(&mut out))?);
        }
        if is_next || self.style == Style::Headed && self.last.as_ref() != Some(&log) {
            let gap = if self.last.is_some() { "\n" } else { "" };
            let of = if attempt > 1 { format!(" attempt {attempt}") } else { String::new() };
            writeln!(out, "{gap}==> {id}{of} <==")?;
        }
        self.last = Some(log);
        Ok(tail.pump(&mut out)?)
    }

    /// Prints what runs have left without the end of a line.
    fn end_lines(&mut self) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        for (_, lines) in self.tails.values_mut() {
            lines.finish(&mut out)?;
        }
        Ok(())
    }

    /// Says which of the picked runs have no such attempt; that none has it is a mistake.
    fn say_missing(
        &self,
        surveys: &[Survey],
        picked: &[Picked],
        attempt: u32,
        app: &App,
    ) -> Result<Exit, Failure> {
        let mut missing = Vec::new();
        let mut is_there = false;
        for (survey, picked) in surveys.iter().zip(picked) {
            for run in picked.runs.iter() {
                match self.log(survey, run).is_some_and(|(log, _)| log.exists()) {
                    true => is_there = true,
                    false => missing.push(RunId { launch: picked.id, run }),
                }
            }
        }
        let Some(first) = missing.first() else { return Ok(Exit::Done) };
        let more = if missing.len() > 1 {
            format!(" and {} more have", missing.len() - 1)
        } else {
            " has".to_owned()
        };
        let text = format!("{first}{more} no attempt {attempt}");
        if !is_there {
            return Err(Failure::new(Exit::Usage, text));
        }
        app.ui.say(&text);
        Ok(Exit::Done)
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

    /// Says of the runs without a log where they are; alike runs in one line.
    fn not_begun(surveys: &[Survey], picked: &[Picked]) -> Vec<String> {
        let mut alike: BTreeMap<String, (RunId, u64)> = BTreeMap::new();
        for (survey, picked) in surveys.iter().zip(picked) {
            for run in picked.runs.iter() {
                let Some(status) = survey.status(run) else { continue };
                if survey.log(run).is_none_or(|log| !log.exists()) {
                    let cause = status.cause.as_ref().map_or_else(String::new, |cause| format!(": {cause}"));
                    let first = (RunId { launch: picked.id, run }, 0);
                    alike.entry(format!("{}{cause}", status.state)).or_insert(first).1 += 1;
                }
            }
        }
        let line = |(what, (first, count)): (String, (RunId, u64))| match count {
            1 => format!("{first} has printed nothing yet; it is {what}"),
            count => format!("{first} and {} more have printed nothing yet; they are {what}", count - 1),
        };
        alike.into_iter().map(line).collect()
    }
}
