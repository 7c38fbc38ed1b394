//! Counting what a fault did, and keeping the counts for the table of docs/reliability.md.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::ops::AddAssign;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

use serde_json::json;

use crate::ledger::Execution;

/// What became of the runs that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) asked: usize,
    pub(crate) once: usize,
    pub(crate) lost: Vec<String>,
    pub(crate) doubled: Vec<String>,
    pub(crate) wrongly_shown: Vec<String>,
}

/// What must become of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is executed to its end, once, with this exit code; earlier attempts ended otherwise before.
    Ends(i32),
    /// It is stopped, and nothing executes it any more.
    IsStopped,
    /// Nothing ever executes it.
    NeverStarts,
}

impl Tally {
    /// Judges the executions of one run.
    pub(crate) fn count(&mut self, run: &str, executions: &[Execution], fate: Fate) {
        self.asked += 1;
        let told = || format!("{run}: {executions:?}");
        let ends = |code| executions.iter().filter(|execution| execution.ended == Some(code)).count();
        let ended = executions.iter().any(|execution| execution.ended.is_some());
        let is_last = |code| executions.last().is_some_and(|last| last.ended == Some(code));
        if overlap(executions) {
            self.doubled.push(told());
            return;
        }
        match fate {
            Fate::Ends(code) if ends(code) == 0 => self.lost.push(told()),
            Fate::Ends(code) if ends(code) > 1 || !is_last(code) => self.doubled.push(told()),
            Fate::IsStopped if ended || executions.iter().any(|execution| execution.is_alive) => {
                self.doubled.push(told());
            }
            Fate::NeverStarts if !executions.is_empty() => self.doubled.push(told()),
            Fate::Ends(_) | Fate::IsStopped | Fate::NeverStarts => self.once += 1,
        }
    }

    fn is_clean(&self) -> bool {
        self.once == self.asked
            && self.lost.is_empty()
            && self.doubled.is_empty()
            && self.wrongly_shown.is_empty()
    }
}

/// Tells whether an execution lived while another did, or two were the same attempt.
fn overlap(executions: &[Execution]) -> bool {
    executions.windows(2).any(|pair| pair[1].began < pair[0].last || pair[0].is_alive)
        || executions.windows(2).any(|pair| pair[1].attempt <= pair[0].attempt)
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.asked += other.asked;
        self.once += other.once;
        self.lost.extend(other.lost);
        self.doubled.extend(other.doubled);
        self.wrongly_shown.extend(other.wrongly_shown);
    }
}

/// Gives how often each fault is played: `NEU_FAULT_ROUNDS`, else once.
pub(crate) fn rounds() -> usize {
    env::var("NEU_FAULT_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap())
}

/// Plays a fault for all rounds, writes a row for the table, and insists that nothing was lost, doubled, or wrongly
/// shown.
pub(crate) fn play(fault: &str, round: impl FnMut() -> Tally) {
    play_times(fault, rounds(), round);
}

/// Plays a fault so many times.
pub(crate) fn play_times(fault: &str, times: usize, mut round: impl FnMut() -> Tally) {
    let began = Instant::now();
    let mut tally = Tally::default();
    let mut played = 0;
    let end = catch_unwind(AssertUnwindSafe(|| {
        while played < times {
            tally += round();
            played += 1;
        }
    }));
    let seconds = began.elapsed().as_secs_f64();
    write_row(&json!({
        "fault": fault,
        "test": std::thread::current().name(),
        "rounds": played,
        "broke_off": end.is_err(),
        "asked": tally.asked,
        "once": tally.once,
        "lost": tally.lost.len(),
        "doubled": tally.doubled.len(),
        "wrongly_shown": tally.wrongly_shown.len(),
        "seconds": (seconds * 10.0).round() / 10.0,
    }));
    println!("{fault}: {played} rounds in {seconds:.1} s, {} runs", tally.asked);
    if let Err(panic) = end {
        resume_unwind(panic);
    }
    assert!(tally.is_clean(), "{fault}: {tally:#?}");
}

fn write_row(row: &serde_json::Value) {
    let Some(file) = env::var_os("NEU_FAULT_RECORD") else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
    file.write_all(format!("{row}\n").as_bytes()).unwrap();
}
