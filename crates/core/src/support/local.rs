//! Workers on this machine.

use jiff::{SignedDuration, Timestamp};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::{Case, Sightings, Support, SupportError};
use crate::event::{Started, Stopped};
use crate::process::{Liveness, ProcessId};
use crate::ranges::Ranges;
use crate::state::Sighting;
use crate::store::JournalWriter;
use crate::worker::Node;

/// How old a launch may be before nobody is about to start its worker any more.
const STARTING: SignedDuration = SignedDuration::from_secs(30);

/// This machine.
#[derive(Debug, Clone)]
pub struct Local {
    node: Node,
}

impl Local {
    /// Answers for the machine that `node` names.
    pub fn new(node: Node) -> Self {
        Self { node }
    }

    /// Tells whether a process of a node lives; `None` where the node is another machine.
    fn liveness(&self, node: &str, process: &ProcessId) -> Option<Liveness> {
        (node == self.node.name).then(|| match process.liveness() {
            // The same machine after a reboot.
            Liveness::Elsewhere => Liveness::Gone,
            known => known,
        })
    }

    fn sighting(&self, case: &Case<'_>, run: u64) -> Sighting {
        let started = case.history.latest(run).and_then(|attempt| attempt.started.as_ref());
        let is_executing = |process| self.liveness(&case.launch.host, process) == Some(Liveness::Alive);
        if started.is_some_and(|started| is_executing(&started.what.process)) {
            // Whatever became of the first half of its worker.
            return Sighting::WorkerLives;
        }
        let Some(submission) = case.submissions.of_run(run) else {
            let is_new = Timestamp::now().duration_since(case.launch.created) < STARTING;
            return if is_new { Sighting::NotHanded } else { Sighting::Gone };
        };
        let (node, process, alive) = match case.history.workers(&submission.chunk.key).next_back() {
            Some(worker) => (&worker.what.node, &worker.what.process, Sighting::WorkerLives),
            None => (&submission.host, &submission.client, Sighting::NotHanded),
        };
        match self.liveness(node, process) {
            None => Sighting::Unclear(format!("it is on `{node}`: ask there")),
            Some(Liveness::Alive) => alive,
            Some(_) => Sighting::Gone,
        }
    }
}

impl Support for Local {
    fn look(&self, cases: &[Case<'_>]) -> Vec<Sightings> {
        cases
            .iter()
            .map(|case| case.runs.iter().map(|run| (run, self.sighting(case, run))).collect())
            .collect()
    }

    /// On this machine nothing answers, so that no answer is lost.
    fn find_lost(&self, _case: &Case<'_>) -> Vec<(u32, u32)> {
        Vec::new()
    }

    fn stop(&self, case: &Case<'_>) -> Result<Ranges, SupportError> {
        if case.launch.host != self.node.name {
            return Err(SupportError::OtherHost { launch: case.launch.id, host: case.launch.host.clone() });
        }
        if self.stop_worker(case)? {
            return Ok(case.runs.clone());
        }
        let mut journal = JournalWriter::open(&case.dir.events(), &self.node.name, &self.node.boot)?;
        let is_told = |run| case.history.stopped(run).is_some();
        let runs: Ranges = case.runs.iter().filter(|run| !is_told(*run)).collect();
        if !runs.is_empty() {
            journal.append_stopped(Stopped { runs, reason: "neu cancel".to_owned() })?;
            journal.sync()?;
        }
        for run in case.runs.iter() {
            let attempt = case.history.latest(run).filter(|attempt| attempt.ended.is_none());
            if let Some(started) = attempt.and_then(|attempt| attempt.started.as_ref()) {
                // A program that was told before is not asked again.
                let signal = if is_told(run) { Signal::SIGKILL } else { Signal::SIGTERM };
                self.signal_program(&started.what, signal)?;
            }
        }
        Ok(case.runs.clone())
    }
}

impl Local {
    /// Tells a worker to stop, where everything that it still has to do is to be stopped; tells whether it did.
    ///
    /// The worker then stops its program, and kills it where it does not stop.
    fn stop_worker(&self, case: &Case<'_>) -> Result<bool, SupportError> {
        let has_more = |run: &u64| {
            let is_over = case.history.latest(*run).is_some_and(|attempt| attempt.ended.is_some());
            !is_over && case.history.stopped(*run).is_none() && !case.runs.contains(*run)
        };
        if (0..case.launch.runs).any(|run| has_more(&run)) {
            return Ok(false);
        }
        let mut told = false;
        for submission in case.submissions.iter() {
            for worker in case.history.workers(&submission.chunk.key) {
                if self.liveness(&worker.what.node, &worker.what.process) == Some(Liveness::Alive) {
                    send(worker.what.process.pid, Signal::SIGTERM, kill)?;
                    told = true;
                }
            }
        }
        Ok(told)
    }

    /// Sends a signal to the group of a run's program, if that is still the process that was started.
    fn signal_program(&self, started: &Started, signal: Signal) -> Result<(), SupportError> {
        if self.liveness(&started.node, &started.process) != Some(Liveness::Alive) {
            return Ok(());
        }
        send(started.process.pid, signal, killpg)
    }
}

/// Sends a signal; a process that is already gone is fine.
fn send(
    pid: i32,
    signal: Signal,
    how: impl Fn(Pid, Signal) -> Result<(), Errno>,
) -> Result<(), SupportError> {
    match how(Pid::from_raw(pid), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(SupportError::Signal { pid, source: error.into() }),
    }
}
