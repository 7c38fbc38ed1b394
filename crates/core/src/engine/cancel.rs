//! Stops runs, and sees that they stopped.

use std::thread;
use std::time::{Duration, Instant};

use crate::id::{LaunchId, RunId};
use crate::ranges::Ranges;
use crate::state::RunState;
use crate::store::{OwnedBy, Store, StoreError};
use crate::support::SupportError;
use crate::worker::{Node, end_leftovers};

use super::resume::Resuming;
use super::survey::{Supports, Survey, Watched, survey};
use super::withhold::{Withheld, Withholding};

/// How long a program may take to end before it is told again, more firmly.
const PATIENCE: Duration = Duration::from_secs(12);

/// How long to watch for the end before saying what still lives: Slurm kills after `KillWait`, 30 s by default.
const LIMIT: Duration = Duration::from_mins(2);

/// How long a scheduler that gives no answer is asked again.
const SILENCE: Duration = Duration::from_mins(5);

/// The pauses between two looks: the first, which doubles up to the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));

/// What became of a cancellation.
#[derive(Debug)]
pub struct Cancelled {
    /// The launch afterwards.
    pub survey: Survey,
    /// The runs that were alive and are over now.
    pub stopped: Ranges,
    /// The runs that still live.
    pub alive: Ranges,
    /// The runs of which it is not known.
    pub unknown: Ranges,
    /// The runs that were over before.
    pub over: Ranges,
}

/// Tells why runs could not be cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The support refused.
    #[error(transparent)]
    Support(#[from] SupportError),
}

/// What a cancellation works with.
#[derive(Clone, Copy)]
pub struct Cancelling<'a> {
    /// Who is asked, and told to stop.
    pub supports: Supports<'a>,
    /// What it takes to find what a dead client left half submitted.
    pub resuming: Resuming<'a>,
    /// This machine.
    pub node: &'a Node,
}

/// Stops the runs of a launch that `wanted` picks, and waits until none of them lives or can still get into a queue.
/// What is waited for meanwhile is told to `notice`, again and again.
pub fn cancel(
    cancelling: &Cancelling<'_>,
    id: LaunchId,
    wanted: impl Fn(u64) -> bool,
    notice: &mut dyn FnMut(&str),
) -> Result<Cancelled, CancelError> {
    let Cancelling { supports, resuming, node } = cancelling;
    let mut now = look(resuming.store, supports, id)?;
    let (launch, dir) = (now.launch.clone(), now.dir.clone());
    let mut withholding = Withholding::new(resuming, &launch, &dir, node);
    let over = picked(&now, &wanted, |state| state.is_final() && state != RunState::Lost);
    // A program whose worker was killed may live on: it is looked for on this machine.
    let asked = picked(&now, &wanted, |state| !state.is_final() || state == RunState::Lost);
    if asked.is_empty() {
        end_on_this_host(&now, &wanted);
        return Ok(conclude(now, &asked, over, Withheld::Surely));
    }
    let began = Instant::now();
    let mut looked = began;
    let mut told: Option<Told> = None;
    let mut pause = PAUSES.0;
    loop {
        let withheld = withholding.withhold(&asked)?;
        // What was seen before a client let go, or before this one found a job, is out of date.
        if looked.elapsed() >= PAUSES.0 || withheld != Withheld::Surely {
            looked = Instant::now();
            now = look(resuming.store, supports, id)?;
        }
        let lives = |state: RunState| !state.is_final() || (told.is_none() && state == RunState::Lost);
        let open = picked(&now, |run| asked.contains(run), lives);
        let is_told_enough = match &withheld {
            Withheld::Told(_) => began.elapsed() > SILENCE,
            Withheld::Surely | Withheld::Unknown(..) => {
                open.is_empty() || told.as_ref().is_some_and(|told| told.is_in_vain(&open))
            }
        };
        if is_told_enough {
            end_on_this_host(&now, &wanted);
            return Ok(conclude(now, &asked, over, withheld));
        }
        if !open.is_empty() && told.as_ref().is_none_or(|told| told.is_due(&now, &open)) {
            match supports.of(&launch).stop(&now.case(&open)) {
                Ok(reached) => told = Some(Told::again(told, reached)),
                Err(SupportError::Silent(words)) if began.elapsed() < SILENCE => {
                    notice(&format!("the scheduler gives no clear answer, asking again: {words}"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if let Withheld::Told(client) = &withheld {
            let OwnedBy { host, pid, .. } = client;
            notice(&format!(
                "launch {id}: process {pid} on `{host}` hands runs over; it was told, and is waited for"
            ));
        } else if told.is_some() {
            notice(&format!("waiting for the end of {id}.{open}"));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// When the support was told to stop runs.
struct Told {
    first: Instant,
    last: Instant,
    reached: Ranges,
}

impl Told {
    fn again(before: Option<Self>, reached: Ranges) -> Self {
        let now = Instant::now();
        match before {
            None => Self { first: now, last: now, reached },
            Some(before) => {
                Self { last: now, reached: [before.reached, reached].into_iter().collect(), ..before }
            }
        }
    }

    /// Tells whether to tell again: it lasts, or a job is known now that was not.
    fn is_due(&self, now: &Survey, open: &Ranges) -> bool {
        let is_new = |run: u64| !self.reached.contains(run) && now.job(run).is_some();
        self.last.elapsed() > PATIENCE || open.iter().any(is_new)
    }

    /// Tells whether to wait no longer for the runs that still live: it lasts too long, or none of them was reached.
    fn is_in_vain(&self, alive: &Ranges) -> bool {
        self.first.elapsed() > LIMIT || !alive.iter().any(|run| self.reached.contains(run))
    }
}

/// Ends what lives on this host of runs that are over on Slurm: the program of a job whose worker and slurmstepd were
/// killed lives on, and Slurm does not know of it any more.
fn end_on_this_host(survey: &Survey, wanted: impl Fn(u64) -> bool) {
    if survey.launch.is_local() {
        // Its support has done so.
        return;
    }
    let launch = LaunchId(survey.launch.id);
    let dead = picked(survey, wanted, |state| state.is_final() && state != RunState::Succeeded);
    if !dead.is_empty() {
        end_leftovers(&survey.launch.key, dead.iter().map(|run| RunId { launch, run }));
    }
}

fn picked(survey: &Survey, wanted: impl Fn(u64) -> bool, which: impl Fn(RunState) -> bool) -> Ranges {
    let runs = survey.statuses.iter().zip(0..);
    runs.filter(|(status, run)| which(status.state) && wanted(*run)).map(|(_, run)| run).collect()
}

fn conclude(survey: Survey, asked: &Ranges, over: Ranges, withheld: Withheld) -> Cancelled {
    let of = |which: fn(RunState) -> bool| picked(&survey, |run| asked.contains(run), which);
    let unsure = match withheld {
        Withheld::Surely => Ranges::default(),
        Withheld::Told(_) => asked.iter().filter(|run| survey.job(*run).is_none()).collect(),
        Withheld::Unknown(runs, _) => asked.iter().filter(|run| runs.contains(*run)).collect(),
    };
    let stopped = of(RunState::is_final).without(&unsure);
    let unknown = [of(|state| state == RunState::Unknown), unsure].into_iter().collect::<Ranges>();
    let alive = of(|state| !state.is_final() && state != RunState::Unknown).without(&unknown);
    Cancelled { survey, stopped, alive, unknown, over }
}

fn look(store: &Store, supports: &Supports<'_>, id: LaunchId) -> Result<Survey, StoreError> {
    let surveys = survey(vec![Watched::open(store, id)?], supports)?;
    surveys.into_iter().next().ok_or_else(|| StoreError::NoLaunch { id: id.0, root: store.root().to_owned() })
}
