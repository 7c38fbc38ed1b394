//! The live view of a launch on this machine: the journal and the logs in, lines on the terminal out.

mod board;
mod forecast;
mod last_line;
mod telling;
mod total;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use neuromanager_core::event::{Event, Record};
use neuromanager_core::history::History;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::state::{Lateness, Moment, RunState, Sighting, fold};
use neuromanager_core::store::{JournalReader, PlanReader};

use super::App;
use super::causes::is_failure;
use super::foreground::Attended;
use super::queueing::Queueing;
use super::showing::{Seen, Told};
use crate::parameters::short_params;
use crate::report::Failure;
use crate::ui::view::View;
use crate::ui::{Ui, one_line};
use board::Board;
use last_line::LastLine;
use telling::Telling;

pub(super) use total::of_statuses;

/// The shortest time between two looks at what is shown: ten a second are as many as a person can follow.
const BETWEEN: Duration = Duration::from_millis(100);

/// The longest: clocks go on by seconds.
const LONGEST: Duration = Duration::from_millis(500);

/// Shows how a launch is going, on a terminal.
#[derive(Debug)]
pub(super) struct Live<'a> {
    attended: &'a Attended,
    journal: JournalReader,
    plan: PlanReader,
    board: Board,
    view: View,
    /// What the journal says of each run that goes on.
    records: HashMap<u64, Vec<Record>>,
    /// The ends of the logs of the runs that have a line.
    logs: HashMap<u64, LastLine>,
    telling: Telling,
    queueing: Queueing,
    looked: Option<Instant>,
    /// How long to wait for the next look: longer where the last ones found nothing new.
    pace: Duration,
    opened: Timestamp,
}

impl App {
    /// Tells whether messages go to a terminal where lines can be written over, and are welcome.
    pub(super) fn can_write_over(&self) -> bool {
        self.ui.color() && self.settings.text("TERM").is_some_and(|terminal| terminal != "dumb")
    }
}

impl<'a> Live<'a> {
    /// Begins to show runs of a launch.
    pub(super) fn open(attended: &'a Attended, ui: Ui) -> Result<Self, Failure> {
        Ok(Self {
            attended,
            journal: JournalReader::new(attended.dir.events()),
            plan: attended.dir.plan()?,
            board: Board::new(attended.launch.id, attended.chunk.runs.len()),
            view: View::open(),
            records: HashMap::new(),
            logs: HashMap::new(),
            telling: Telling::new(attended.launch.id),
            queueing: Queueing::of(attended.launch.id, ui),
            looked: None,
            pace: BETWEEN,
            opened: Timestamp::now(),
        })
    }

    /// Shows what is new, now and then.
    pub(super) fn show(&mut self) -> Result<(), Failure> {
        if self.looked.is_some_and(|looked| looked.elapsed() < BETWEEN) {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        let mut has_news = self.learn()?;
        let Some(size) = View::size() else { return Ok(()) };
        let room = size.room();
        for run in self.board.visible(room) {
            has_news |= self.look_at(run)?;
        }
        self.pace = if has_news { BETWEEN } else { (self.pace * 2).min(LONGEST) };
        self.view.paint(self.board.draw(room, Timestamp::now()), size);
        Ok(())
    }

    /// Gives for how long nothing need be shown.
    pub(super) fn pace(&self) -> Duration {
        self.pace
    }

    /// Tells of everything that happened since, and takes the view away.
    pub(super) fn finish(mut self) -> Result<Seen, Failure> {
        self.learn()?;
        Ok(Seen { told: Told::Failures, succeeded: self.board.succeeded() })
    }

    /// Takes the view away until it is shown the next time.
    pub(super) fn hide(&mut self) {
        self.view.clear();
    }

    /// Reads on in the journal, and tells what failed; gives whether there was anything.
    fn learn(&mut self) -> Result<bool, Failure> {
        let records = self.journal.read_new()?;
        let has_news = !records.is_empty();
        for record in records {
            self.take(record);
        }
        self.telling.tell();
        Ok(has_news)
    }

    fn take(&mut self, record: Record) {
        let time = record.time;
        match &record.event {
            Event::Waits(waits) if self.attended.has(waits.run, waits.attempt) => {
                self.queueing.hear(&record.event);
            }
            Event::Started(started) if self.attended.has(started.run, started.attempt) => {
                self.queueing.hear(&record.event);
                self.board.started(started.run, time);
                self.records.entry(started.run).or_default().push(record);
            }
            Event::Interrupted(interrupted) if self.attended.has(interrupted.run, interrupted.attempt) => {
                self.records.entry(interrupted.run).or_default().push(record);
            }
            Event::Ended(ended) if self.attended.has(ended.run, ended.attempt) => {
                let run = ended.run;
                self.end(run, record);
            }
            Event::EnvFailed(failed) if failed.attempt == self.attended.chunk.attempt => {
                let runs = self.meant(&failed.runs);
                for run in &runs {
                    self.board.ended(*run, RunState::EnvFailed, time);
                }
                self.telling.env_failed(runs, failed.sentence());
            }
            // Those that go on will have an end of their own; what was said before this launch was taken up is void.
            Event::Stopped(stopped) if time >= self.opened => {
                for run in self.meant(&stopped.runs) {
                    if !self.board.is_running(run) {
                        self.board.ended(run, RunState::Cancelled, time);
                    }
                }
            }
            Event::Worker(_)
            | Event::Waits(_)
            | Event::Started(_)
            | Event::Interrupted(_)
            | Event::Ended(_)
            | Event::EnvFailed(_)
            | Event::Stopped(_)
            | Event::Refused(_)
            | Event::Fenced(_)
            | Event::Superseded(_)
            | Event::Concluded(_) => {}
        }
    }

    /// A program ended: tells the board, and remembers why where it failed.
    fn end(&mut self, run: u64, record: Record) {
        let time = record.time;
        let mut records = self.records.remove(&run).unwrap_or_default();
        self.logs.remove(&run);
        records.push(record);
        let mut history = History::default();
        history.add(records);
        let at = Moment { now: time, lateness: Lateness::Dead };
        let status = fold(&history, run, None, &Sighting::Unasked, at);
        self.board.ended(run, status.state, time);
        if is_failure(status.state) {
            let Attended { launch, dir, chunk } = self.attended;
            self.telling.failed(run, &status, &dir.log(launch.runs, run, chunk.attempt));
        }
    }

    /// Looks at a run that has a line; gives whether it printed anything.
    fn look_at(&mut self, run: u64) -> Result<bool, Failure> {
        let Attended { launch, dir, chunk } = self.attended;
        if self.board.is_nameless(run) {
            let planned = self.plan.run(run)?;
            let name = match (&planned.name, launch.parameters.is_empty()) {
                (Some(name), false) => name.clone(),
                (Some(_) | None, _) => one_line(&short_params(&planned)),
            };
            self.board.name(run, name);
        }
        let log = match self.logs.entry(run) {
            Entry::Occupied(log) => log.into_mut(),
            // It is there before the program starts, though maybe not in the cache of a network file system.
            Entry::Vacant(entry) => match LastLine::of(&dir.log(launch.runs, run, chunk.attempt)) {
                Ok(log) => entry.insert(log),
                Err(_) => return Ok(false),
            },
        };
        // What cannot be read now has nothing new: the log keeps it.
        let Ok(Some(line)) = log.news() else { return Ok(false) };
        self.board.said(run, line);
        Ok(true)
    }

    /// Keeps the runs that are shown.
    fn meant(&self, runs: &Ranges) -> Vec<u64> {
        runs.iter().filter(|run| self.attended.chunk.runs.contains(*run)).collect()
    }
}
