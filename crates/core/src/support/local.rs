//! Workers on this machine.

use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::{Case, Sightings, Support, SupportError};
use crate::event::{Started, Stopped, Worker};
use crate::history::{Dated, History};
use crate::id::{LaunchId, RunId};
use crate::process::{Liveness, ProcessId};
use crate::ranges::Ranges;
use crate::state::Sighting;
use crate::store::{JournalReader, JournalWriter, StoreError, Submission};
use crate::worker::{Node, end_workers};

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
        self.write_down(case)?;
        if self.stop_worker(case)? {
            return Ok(case.runs.clone());
        }
        let is_told = |run| case.stopped(run).is_some();
        let (supervised, orphaned): (Vec<u64>, Vec<u64>) =
            case.runs.iter().partition(|run| self.has_worker(case, *run));
        let history = history_once_started(case, &supervised)?;
        for run in supervised {
            let attempt = history.latest(run).filter(|attempt| attempt.ended.is_none());
            if let Some(started) = attempt.and_then(|attempt| attempt.started.as_ref()) {
                // A program that was told before is not asked again.
                let signal = if is_told(run) { Signal::SIGKILL } else { Signal::SIGTERM };
                self.signal_program(&started.what, signal)?;
            }
        }
        if !orphaned.is_empty() {
            self.end_what_is_left(case, orphaned);
        }
        Ok(case.runs.clone())
    }
}

impl Local {
    /// Gives the pid of the process that executes a launch or is about to, where one lives.
    pub fn executor(&self, case: &Case<'_>) -> Option<i32> {
        let workers = case.history.all_workers().map(|worker| (&worker.what.node, &worker.what.process));
        let has_no_worker =
            |submission: &&Submission| case.history.workers(&submission.chunk.key).next().is_none();
        let clients = case.submissions.iter().filter(has_no_worker);
        let clients = clients.map(|submission| (&submission.host, &submission.client));
        let lives =
            |(node, process): &(&String, &ProcessId)| self.liveness(node, process) == Some(Liveness::Alive);
        workers.chain(clients).find(lives).map(|(_, process)| process.pid)
    }

    /// Ends what lives on this host of runs whose workers are dead, and what is left of those workers: before the runs
    /// are taken up again, so that nothing of them can write any more.
    ///
    /// Blocks for up to 20 s where something does not end.
    pub fn end_what_is_left(&self, case: &Case<'_>, runs: impl IntoIterator<Item = u64>) {
        let launch = LaunchId(case.launch.id);
        let is_dead = |submission: &&Submission| {
            let mut workers = case.history.workers(&submission.chunk.key);
            !workers
                .any(|worker| self.liveness(&worker.what.node, &worker.what.process) == Some(Liveness::Alive))
        };
        let dead = case.submissions.iter().filter(is_dead).map(|submission| submission.chunk.key.as_str());
        end_workers(&case.launch.key, runs.into_iter().map(|run| RunId { launch, run }), dead);
    }

    /// Writes down that runs are not wanted any more, before anything is told: what a worker says of its own end later
    /// does not tell who was behind it.
    fn write_down(&self, case: &Case<'_>) -> Result<(), StoreError> {
        let is_written = |run| case.stopped(run).is_some_and(|stopped| stopped.what.is_asked());
        let runs: Ranges = case.runs.iter().filter(|run| !is_written(*run)).collect();
        if runs.is_empty() {
            return Ok(());
        }
        let mut journal = JournalWriter::open(&case.dir.events(), &self.node.name, &self.node.boot)?;
        journal.append_stopped(Stopped::asked(runs))?;
        journal.sync()
    }
}

/// How long a worker may take from the claim of a run to the start of its program.
const STARTS_WITHIN: Duration = Duration::from_secs(2);

/// Reads what the workers have written, once none of some runs is between its claim and its start any more.
///
/// A worker looks for a cancellation after its claim: a run that is claimed only later is never started, and one that
/// was claimed before is about to have a program that can be told.
fn history_once_started(case: &Case<'_>, runs: &[u64]) -> Result<History, StoreError> {
    let mut reader = JournalReader::new(case.dir.events());
    let mut history = History::default();
    let began = Instant::now();
    loop {
        let is_claimed = |run: &&u64| {
            let attempt = case.submissions.of_run(**run).map_or(1, |submission| submission.chunk.attempt);
            case.dir.log(case.launch.runs, **run, attempt).exists()
        };
        let claimed: Vec<u64> = runs.iter().filter(is_claimed).copied().collect();
        history.add(reader.read_new()?);
        let is_between = |run: &u64| {
            let latest = history.latest(*run);
            !latest.is_some_and(|attempt| attempt.started.is_some() || attempt.ended.is_some())
        };
        if !claimed.iter().any(is_between) || began.elapsed() > STARTS_WITHIN {
            return Ok(history);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

impl Local {
    /// Tells a worker to stop, where everything that it still has to do is to be stopped; tells whether it did.
    ///
    /// The worker then stops its program, and kills it where it does not stop.
    fn stop_worker(&self, case: &Case<'_>) -> Result<bool, SupportError> {
        let has_more = |run: &u64| {
            let handed = case.submissions.of_run(*run).map_or(1, |submission| submission.chunk.attempt);
            let latest = case.history.latest(*run);
            let is_over = latest.is_some_and(|attempt| attempt.ended.is_some() && attempt.number >= handed);
            !is_over && case.stopped(*run).is_none() && !case.runs.contains(*run)
        };
        if (0..case.launch.runs).any(|run| has_more(&run)) {
            return Ok(false);
        }
        let mut told = Vec::new();
        for submission in case.submissions.iter() {
            for Dated { what: Worker { node, process, .. }, .. } in
                case.history.workers(&submission.chunk.key)
            {
                if self.liveness(node, process) == Some(Liveness::Alive) {
                    send(process.pid, Signal::SIGTERM, kill)?;
                    // A stopped one hears it only then.
                    send(process.pid, Signal::SIGCONT, kill)?;
                    told.push(process);
                }
            }
        }
        let executes = |run: &u64| {
            let attempt = case.history.latest(*run).filter(|attempt| attempt.ended.is_none());
            let started = attempt.and_then(|attempt| attempt.started.as_ref());
            started.is_some_and(|it| self.liveness(&it.what.node, &it.what.process) == Some(Liveness::Alive))
        };
        // Where a program runs, its end is waited for by others. Its env may still be activated.
        if !(0..case.launch.runs).any(|run| executes(&run)) {
            wait_for_the_end_of(&told);
        }
        Ok(!told.is_empty())
    }

    /// Tells whether the worker of a run lives.
    fn has_worker(&self, case: &Case<'_>, run: u64) -> bool {
        let key = case.submissions.of_run(run).map(|submission| submission.chunk.key.as_str());
        let worker = key.and_then(|key| case.history.workers(key).next_back());
        worker.is_some_and(|worker| {
            self.liveness(&worker.what.node, &worker.what.process) == Some(Liveness::Alive)
        })
    }

    /// Sends a signal to the group of a run's program, if that is still the process that was started.
    fn signal_program(&self, started: &Started, signal: Signal) -> Result<(), SupportError> {
        if self.liveness(&started.node, &started.process) != Some(Liveness::Alive) {
            return Ok(());
        }
        send(started.process.pid, signal, killpg)
    }
}

/// How long a worker that executes nothing may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

fn wait_for_the_end_of(workers: &[&ProcessId]) {
    let began = Instant::now();
    while workers.iter().any(|worker| worker.liveness() == Liveness::Alive) && began.elapsed() < ENDS_WITHIN {
        thread::sleep(Duration::from_millis(20));
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
