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
use super::follow::Tail;
use super::selecting::{Picked, pick};
use crate::args::LogsArgs;
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::print;

/// How often the logs are looked at.
const TICK: Duration = Duration::from_millis(100);

/// How often the journal is read for runs that began or ended, and how often a scheduler is asked.
const GLANCE_EVERY: Duration = Duration::from_secs(1);
const SURVEY_EVERY: Duration = Duration::from_secs(15);

/// Prints logs.
pub(super) fn logs(args: &LogsArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    let picked = pick(&store, &args.ids)?;
    let mut printer = Printer {
        many: picked.iter().map(|picked| picked.runs.len()).sum::<u64>() > 1,
        ..Printer::default()
    };
    let mut survey = look(&store, &picked, app)?;
    if args.json {
        print(&paths(&survey, &picked))?;
        return Ok(Exit::Done);
    }
    printer.print_new(&survey, &picked)?;
    if !args.follow {
        for line in Printer::not_begun(&survey, &picked) {
            app.ui.say(&line);
        }
        return Ok(Exit::Done);
    }
    let (mut glanced, mut surveyed) = (Instant::now(), Instant::now());
    while !is_over(&survey, &picked) {
        thread::sleep(TICK);
        if surveyed.elapsed() > SURVEY_EVERY {
            survey = look(&store, &picked, app)?;
            surveyed = Instant::now();
        } else if glanced.elapsed() > GLANCE_EVERY {
            survey = App::glance(&store, &ids_of(&picked))?;
            glanced = Instant::now();
        }
        printer.print_new(&survey, &picked)?;
    }
    survey = look(&store, &picked, app)?;
    for line in Printer::not_begun(&survey, &picked) {
        app.ui.say(&line);
    }
    Ok(Exit::Done)
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

fn paths(surveys: &[Survey], picked: &[Picked]) -> String {
    let logs = surveys.iter().zip(picked).flat_map(|(survey, picked)| {
        picked.runs.iter().map(|run| {
            let id = RunId { launch: picked.id, run }.to_string();
            let log = survey.log(run).map(|log| log.display().to_string());
            serde_json::json!({"id": id, "log": log})
        })
    });
    format!("{:#}\n", serde_json::json!({"schema": 1, "logs": logs.collect::<Vec<_>>()}))
}

/// Prints logs as tail(1) does: with a heading where there are several.
#[derive(Default)]
struct Printer {
    many: bool,
    tails: BTreeMap<PathBuf, Tail>,
    last: Option<PathBuf>,
}

impl Printer {
    /// Prints what is new in the logs of all runs that have begun.
    fn print_new(&mut self, surveys: &[Survey], picked: &[Picked]) -> Result<(), Failure> {
        for (survey, picked) in surveys.iter().zip(picked) {
            for run in picked.runs.iter() {
                if let Some(log) = survey.log(run) {
                    self.print_log(log, RunId { launch: picked.id, run })?;
                }
            }
        }
        Ok(())
    }

    fn print_log(&mut self, log: PathBuf, id: RunId) -> Result<(), Failure> {
        let tail = self.tails.entry(log.clone()).or_insert_with(|| Tail::new(&log));
        if !tail.has_news() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        if self.many && self.last.as_ref() != Some(&log) {
            let gap = if self.last.is_some() { "\n" } else { "" };
            writeln!(out, "{gap}==> {id} <==")?;
            self.last = Some(log);
        }
        Ok(tail.pump(&mut out)?)
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
