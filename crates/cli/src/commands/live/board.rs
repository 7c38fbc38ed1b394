//! What a live view shows: a line for each run that goes on, and one for all of them. Pure.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::state::RunState;

use super::forecast::{Forecast, Lesson};
use super::total::{Total, clock, seconds};
use crate::ui::view::Size;
use crate::ui::{columns, cut, fill};

/// What is between two columns.
const GAP: &str = "  ";

/// The narrowest last line and the narrowest parameters that are worth their columns.
const NARROWEST: usize = 8;

/// How a launch is going.
#[derive(Debug)]
pub(super) struct Board {
    launch: u64,
    all: u64,
    running: BTreeMap<u64, Row>,
    /// The runs that are over, and how many are in each state.
    settled: HashMap<u64, RunState>,
    over: BTreeMap<RunState, u64>,
    began: Option<Timestamp>,
    forecast: Forecast,
}

/// A run that goes on.
#[derive(Debug)]
struct Row {
    since: Timestamp,
    params: Option<String>,
    line: String,
}

/// What is shown of it.
#[derive(Debug)]
struct Cells<'a> {
    name: String,
    params: &'a str,
    time: String,
    line: &'a str,
}

impl Board {
    /// Begins with `all` runs of a launch, none of which has started.
    pub(super) fn new(launch: u64, all: u64) -> Self {
        Self {
            launch,
            all,
            running: BTreeMap::new(),
            settled: HashMap::new(),
            over: BTreeMap::new(),
            began: None,
            forecast: Forecast::default(),
        }
    }

    /// A run started; of one that is over nothing more is told.
    pub(super) fn started(&mut self, run: u64, at: Timestamp) {
        if !self.settled.contains_key(&run) {
            self.began = Some(self.began.map_or(at, |began| began.min(at)));
            self.running.insert(run, Row { since: at, params: None, line: String::new() });
        }
    }

    /// Tells whether a run goes on.
    pub(super) fn is_running(&self, run: u64) -> bool {
        self.running.contains_key(&run)
    }

    /// Tells whether the parameters of a run that goes on are still to be told.
    pub(super) fn is_nameless(&self, run: u64) -> bool {
        self.running.get(&run).is_some_and(|row| row.params.is_none())
    }

    /// Tells the parameters of a run.
    pub(super) fn name(&mut self, run: u64, params: String) {
        if let Some(row) = self.running.get_mut(&run) {
            row.params = Some(params);
        }
    }

    /// A run printed something; what does not go on says nothing.
    pub(super) fn said(&mut self, run: u64, line: String) {
        if let Some(row) = self.running.get_mut(&run) {
            row.line = line;
        }
    }

    /// A run came to its end, or will not start at all. The first word about it counts.
    pub(super) fn ended(&mut self, run: u64, state: RunState, at: Timestamp) {
        let Entry::Vacant(unsettled) = self.settled.entry(run) else { return };
        unsettled.insert(state);
        *self.over.entry(state).or_default() += 1;
        if let Some(row) = self.running.remove(&run) {
            self.forecast.learn(seconds(row.since, at), Lesson::of(state));
        }
    }

    /// Gives the runs that have succeeded.
    pub(super) fn succeeded(&self) -> Ranges {
        let succeeded = self.settled.iter().filter(|(_, state)| **state == RunState::Succeeded);
        succeeded.map(|(run, _)| *run).collect()
    }

    /// Gives the runs that have a line of their own where there is `room`: the others need not be looked at.
    pub(super) fn visible(&self, room: Size) -> Vec<u64> {
        self.running.keys().copied().take(visible(self.running.len(), room.lines)).collect()
    }

    /// Writes it out: at most as many lines as there is room for, none longer than that.
    pub(super) fn draw(&self, room: Size, now: Timestamp) -> Vec<String> {
        let mut lines = self.rows(room, now);
        let more = self.running.len() - lines.len();
        if more > 0 && room.lines > 1 {
            lines.push(cut(&format!("and {more} more"), room.columns));
        }
        if room.lines > 0 {
            lines.push(cut(&self.total(now), room.columns));
        }
        lines
    }

    fn rows(&self, room: Size, now: Timestamp) -> Vec<String> {
        let shown = self.running.iter().take(visible(self.running.len(), room.lines));
        let cells: Vec<Cells<'_>> = shown
            .map(|(run, row)| Cells {
                name: format!("{}.{run}", self.launch),
                params: row.params.as_deref().unwrap_or_default(),
                time: clock(seconds(row.since, now)),
                line: &row.line,
            })
            .collect();
        let widths = Widths::share(room.columns, &cells);
        cells.iter().map(|cells| widths.line(cells)).collect()
    }

    fn total(&self, now: Timestamp) -> String {
        let running: Vec<f64> = self.running.values().map(|row| seconds(row.since, now)).collect();
        let passed = self.began.map(|began| seconds(began, now));
        let total =
            Total { all: self.all, over: &self.over, running: &running, passed, forecast: &self.forecast };
        total.to_string()
    }
}

/// How wide each column is; one without room is not there.
#[derive(Debug, Clone, Copy)]
struct Widths {
    all: usize,
    name: usize,
    params: usize,
    time: usize,
}

impl Widths {
    /// Shares `all` columns: names and times are shown whole, parameters have up to two fifths, the last line has the
    /// rest. Where that is too little for it, parameters have it.
    fn share(all: usize, rows: &[Cells<'_>]) -> Self {
        let widest = |widths: &mut dyn Iterator<Item = usize>| widths.max().unwrap_or(0);
        let name = widest(&mut rows.iter().map(|row| columns(&row.name)));
        let params = widest(&mut rows.iter().map(|row| columns(row.params)));
        let time = widest(&mut rows.iter().map(|row| columns(&row.time)));
        let rest = all.saturating_sub(name + time + 3 * GAP.len());
        let fair = params.min(all * 2 / 5).min(rest);
        let mine = if rest - fair < NARROWEST { params.min(rest + GAP.len()) } else { fair };
        Self { all, name, params: if mine < NARROWEST.min(params) { 0 } else { mine }, time }
    }

    fn line(self, row: &Cells<'_>) -> String {
        let mut line = fill(&row.name, self.name);
        if self.params > 0 {
            line.push_str(GAP);
            line.push_str(&fill(row.params, self.params));
        }
        line.push_str(&format!("{GAP}{:>width$}", row.time, width = self.time));
        if self.all.saturating_sub(columns(&line) + GAP.len()) >= NARROWEST && !row.line.is_empty() {
            line.push_str(GAP);
            line.push_str(row.line);
        }
        cut(&line, self.all)
    }
}

/// Gives how many of `running` runs have a line of their own among `lines`, one of which is for all runs, and one for
/// those that have none.
fn visible(running: usize, lines: usize) -> usize {
    let room = lines.saturating_sub(1);
    if running <= room { running } else { room.saturating_sub(1) }
}

#[cfg(test)]
mod tests;
