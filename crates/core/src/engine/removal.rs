//! Tells which launches may be removed, and why others may not.

use std::os::unix::fs::MetadataExt;

use jiff::Timestamp;
use nix::unistd::geteuid;

use super::survey::Survey;
use crate::id::{LaunchId, RunId};
use crate::process::{Liveness, ProcessId};
use crate::state::RunState;
use crate::worker::leftover;

/// Why a launch cannot be removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// It is another user's.
    #[error("launch {id} belongs to another user (uid {uid}), who alone can remove it")]
    Foreign {
        /// The launch.
        id: u64,
        /// The owner of its folder.
        uid: u32,
    },
    /// Its client was killed, or still works, between its intent and Slurm's answer.
    #[error("launch {id} is half submitted")]
    HalfSubmitted {
        /// The launch.
        id: u64,
    },
    /// Whether it is over cannot be told from here and now.
    #[error("whether launch {id} is over is not known: {cause}")]
    Unclear {
        /// The launch.
        id: u64,
        /// Why that is.
        cause: String,
    },
    /// Runs of it wait or execute.
    #[error("launch {id} is not over: {states}")]
    Alive {
        /// The launch.
        id: u64,
        /// How many runs are in which state.
        states: String,
    },
    /// A process of it lives, though its runs are over.
    #[error("process {pid} of launch {id} still lives")]
    ProcessLives {
        /// The launch.
        id: u64,
        /// The process, on this host.
        pid: i32,
    },
}

/// Tells why a launch cannot be removed; nothing where it can. What lives of a copy is its original's.
pub fn obstacle(survey: &Survey) -> Option<Obstacle> {
    let id = survey.launch.id;
    let owner = survey.dir.path().metadata().map(|folder| folder.uid()).ok();
    let user = geteuid();
    if let Some(uid) = owner.filter(|owner| *owner != user.as_raw() && !user.is_root()) {
        return Some(Obstacle::Foreign { id, uid });
    }
    // One that cannot be looked at may be this very folder, over a mount that is broken.
    if survey.dir.original(&survey.launch).is_some_and(|original| original.exists()) {
        return None;
    }
    if !survey.is_over() {
        return Some(unfinished(survey));
    }
    let recorded = processes(survey).find(|process| process.liveness() == Liveness::Alive);
    let runs = (0..survey.launch.runs).map(|run| RunId { launch: LaunchId(id), run });
    let pid = recorded.map(|process| process.pid).or_else(|| leftover(&survey.launch.key, runs))?;
    Some(Obstacle::ProcessLives { id, pid })
}

/// Tells in which way a launch is not over.
fn unfinished(survey: &Survey) -> Obstacle {
    let id = survey.launch.id;
    if survey.is_half_submitted() {
        return Obstacle::HalfSubmitted { id };
    }
    let counts = survey.counts().into_iter().filter(|(state, _)| !state.is_final());
    let (unclear, alive): (Vec<_>, Vec<_>) = counts.partition(|(state, _)| *state == RunState::Unknown);
    if alive.is_empty() && !unclear.is_empty() {
        let unknown = survey.statuses.iter().find(|status| status.state == RunState::Unknown);
        let cause = unknown.and_then(|status| status.cause.clone()).unwrap_or_default();
        return Obstacle::Unclear { id, cause };
    }
    let states: Vec<String> =
        alive.iter().chain(&unclear).map(|(state, count)| format!("{count} {state}")).collect();
    Obstacle::Alive { id, states: states.join(", ") }
}

/// Lists the processes of a launch that may live on: the workers of this machine, and programs without a known end.
fn processes(survey: &Survey) -> impl Iterator<Item = &ProcessId> {
    let history = &survey.history;
    let submissions = survey.submissions.iter().filter(|_| survey.launch.is_local());
    let workers = submissions.flat_map(|submission| history.workers(&submission.chunk.key));
    let open = |run| history.latest(run).filter(|attempt| attempt.ended.is_none())?.started.as_ref();
    let programs = (0..survey.launch.runs).filter_map(open).map(|started| &started.what.process);
    // Those of another host are told apart by their boot.
    workers.map(|worker| &worker.what.process).chain(programs)
}

/// Gives the time from which a launch has been over: the latest that is known of any of its runs.
pub fn over_since(survey: &Survey) -> Timestamp {
    let times = survey.statuses.iter().flat_map(|status| [status.started, status.ended]);
    times.flatten().fold(survey.launch.created, Timestamp::max)
}
