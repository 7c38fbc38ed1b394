//! Prints what the runs of a launch in the foreground print: as it comes where they run one after the other, else whole
//! when each has ended.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use neuromanager_core::event::{Ended, Event, Started, Waits};
use neuromanager_core::ranges::Ranges;
use neuromanager_core::store::{JournalReader, LaunchDir, PlanReader};

use super::follow::Tail;
use super::foreground::Attended;
use super::queueing::Queueing;
use crate::parameters::short_params;
use crate::report::Failure;
use crate::ui::{Ui, one_line};

/// How runs are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As they print, one after the other.
    Live,
    /// Each when it has ended: several run at once.
    Whole,
}

/// Prints what runs print.
pub(super) struct Echo<'a> {
    attended: &'a Attended,
    style: Style,
    journal: JournalReader,
    plan: Option<PlanReader>,
    tail: Option<Tail>,
    /// Headings that are not printed yet.
    headings: String,
    ui: Ui,
    is_followed: bool,
    succeeded: Vec<u64>,
    queueing: Queueing,
}

impl<'a> Echo<'a> {
    pub(super) fn new(attended: &'a Attended, style: Style, ui: Ui, is_followed: bool) -> Self {
        let journal = JournalReader::new(attended.dir.events());
        Self {
            attended,
            style,
            journal,
            plan: None,
            tail: None,
            headings: String::new(),
            ui,
            is_followed,
            succeeded: Vec::new(),
            queueing: Queueing::of(attended.launch.id, ui),
        }
    }

    /// Tells how often it makes sense to look for more.
    pub(super) fn pace(style: Style) -> Duration {
        match style {
            Style::Live => Duration::from_millis(30),
            Style::Whole => Duration::from_millis(100),
        }
    }

    /// Gives the log that is being printed as it grows.
    pub(super) fn log(&self) -> Option<&Path> {
        self.tail.as_ref().map(Tail::log)
    }

    /// Gives the runs that have succeeded, as far as the journal was read.
    pub(super) fn succeeded(&self) -> Ranges {
        self.succeeded.iter().copied().collect()
    }

    /// Prints what is new.
    pub(super) fn follow(&mut self) -> Result<(), Failure> {
        for record in self.journal.read_new()? {
            if let Event::Started(Started { run, attempt, .. }) | Event::Waits(Waits { run, attempt, .. }) =
                &record.event
                && self.attended.has(*run, *attempt)
            {
                self.queueing.hear(&record.event);
            }
            if let Event::Started(started) = &record.event
                && self.attended.has(started.run, started.attempt)
            {
                self.begin(started)?;
            }
            if let Event::Ended(ended) = &record.event
                && self.attended.has(ended.run, ended.attempt)
            {
                self.end(ended)?;
            }
        }
        self.print_headings();
        self.pump();
        Ok(())
    }

    fn begin(&mut self, started: &Started) -> Result<(), Failure> {
        if self.style == Style::Live {
            // Whatever ran before has ended, so that its log is whole.
            self.pump();
            self.announce(started.run)?;
            self.print_headings();
            if self.is_followed {
                let Attended { launch, dir, .. } = self.attended;
                self.tail = Some(Tail::new(&dir.log(launch.runs, started.run, started.attempt)));
            }
        }
        Ok(())
    }

    fn end(&mut self, ended: &Ended) -> Result<(), Failure> {
        if ended.has_succeeded() {
            self.succeeded.push(ended.run);
        }
        if self.style == Style::Whole {
            self.announce(ended.run)?;
            if self.is_followed {
                self.print_whole(ended);
            }
        }
        Ok(())
    }

    /// Prints a log that is whole, where anything is in it.
    fn print_whole(&mut self, ended: &Ended) {
        let Attended { launch, dir, .. } = self.attended;
        let log = dir.log(launch.runs, ended.run, ended.attempt);
        if !std::fs::metadata(&log).is_ok_and(|found| found.len() > 0) {
            return;
        }
        self.print_headings();
        let copy = || {
            let mut out = io::stdout().lock();
            io::copy(&mut File::open(&log)?, &mut out)?;
            out.flush()
        };
        if let Err(error) = copy() {
            self.stop(&error);
        }
    }

    fn pump(&mut self) {
        let Some(tail) = &mut self.tail else { return };
        if let Err(error) = tail.pump(&mut io::stdout().lock()) {
            self.stop(&error);
        }
    }

    fn stop(&mut self, error: &io::Error) {
        stop_showing(error, self.ui);
        self.tail = None;
        self.is_followed = false;
    }

    fn announce(&mut self, run: u64) -> Result<(), Failure> {
        let Attended { launch, dir, chunk } = self.attended;
        if chunk.runs.len() > 1 {
            let params = match launch.parameters.is_empty() {
                true => String::new(),
                false => short_params(&plan(&mut self.plan, dir)?.run(run)?),
            };
            if !self.headings.is_empty() {
                self.headings.push('\n');
            }
            self.headings.push_str(&one_line(&format!("==> {}.{run} {params}", launch.id)));
        }
        Ok(())
    }

    fn print_headings(&mut self) {
        if !self.headings.is_empty() {
            self.ui.say(&self.headings);
            self.headings.clear();
        }
    }
}

/// Gives the plan, which stays open.
fn plan<'p>(open: &'p mut Option<PlanReader>, dir: &LaunchDir) -> Result<&'p PlanReader, Failure> {
    match open {
        Some(plan) => Ok(plan),
        none => Ok(none.insert(dir.plan()?)),
    }
}

/// Goes on without a reader of what runs print: their logs have it, and a launch does not end with its pipe.
pub(super) fn stop_showing(error: &io::Error, ui: Ui) {
    if error.kind() != io::ErrorKind::BrokenPipe {
        ui.warn(&format!("what runs print is not shown any more ({error}); `neu logs` shows it"));
    }
}
