//! Submits until it is known what came of it: calls sbatch, looks for the key, and does what the pursuit decides.

use std::collections::BTreeSet;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::handover::{Terms, cancelled};
use super::pursuit::{Pursuit, Step};
use crate::history::History;
use crate::ranges::Ranges;
use crate::slurm::id::JobId;
use crate::slurm::sbatch;
use crate::slurm::scancel::{self, Target};
use crate::store::{Answer, Chunk, Damage, JournalReader, LaunchDir, Owned, StoreError};
use crate::support::slurm::{Seen, look_for};
use crate::tool::Runner;

/// How long sbatch may take: it retries by itself for two minutes while a controller is full
/// (`MAX_RETRIES` in `sbatch.c`: 1 s, 2 s, … 15 s).
const DEADLINE: Duration = Duration::from_secs(150);

/// How long scancel may take.
const CANCEL_DEADLINE: Duration = Duration::from_secs(30);

/// After how long the user is told that Slurm does not answer.
const SILENT: Duration = Duration::from_secs(2);

/// What the user should hear while it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The launch is written, and its runs are handed over from now on.
    Written,
    /// Slurm has these runs, and that is written down.
    Handed {
        /// The runs.
        runs: Ranges,
    },
    /// Slurm has not answered for two seconds.
    Silent,
    /// It answered nothing that proves anything; its job is being looked for.
    Lost {
        /// What was seen.
        words: String,
    },
    /// Whether it was submitted before cannot be found out for two seconds: these words say why.
    Unproven {
        /// Who keeps it from being known.
        words: String,
    },
    /// There is surely no job: sbatch is called again.
    Again,
    /// The record of submissions is damaged: jobs that it does not tell of are looked for.
    Damaged {
        /// Where.
        damage: Damage,
    },
    /// One of them was found, and written down again.
    Restored {
        /// The job.
        job: u32,
        /// Its runs.
        runs: Ranges,
    },
    /// The record tells of all that there is again.
    Mended,
    /// Several jobs carry the same key: the first is kept, the others are cancelled.
    Doubled {
        /// The job that is kept.
        kept: u32,
        /// The others.
        cancelled: Vec<u32>,
    },
}

/// What is known in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// What Slurm answered, or what was found.
    Answered(Answer),
    /// There is surely no job, and there is no room for one now.
    Later(String),
}

impl Outcome {
    /// Tells whether a limit on the number of jobs stands in the way, so that fewer of them may fit
    /// (`QOSMaxSubmitJobPerUserLimit`, `AssocGrpSubmitJobsLimit`).
    pub(super) fn is_limit(&self) -> bool {
        match self {
            Self::Later(words) => {
                let words = words.to_lowercase();
                words.contains("maxsubmit") || words.contains("grpsubmit")
            }
            Self::Answered(_) => false,
        }
    }
}

/// Where a pursuit begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Nothing was submitted yet, of a launch that this process has just written: who cancels it now is told that its
    /// client lives, and waits for that.
    First,
    /// Nothing was submitted yet.
    Call,
    /// A client may have submitted it.
    Look,
    /// The same, and where there is surely no job, it is not submitted.
    LookOnly,
}

/// What a pursuit works with.
pub(super) struct Effects<'a> {
    pub(super) runner: &'a dyn Runner,
    pub(super) owned: &'a Owned,
    pub(super) tell: &'a (dyn Fn(&News) + Sync),
    pub(super) chunk: &'a Chunk,
    pub(super) name: &'a str,
    pub(super) uid: u32,
    /// When it was intended.
    pub(super) since: Timestamp,
    pub(super) submission: &'a sbatch::Submission,
}

/// Pursues a submission to its outcome.
pub(super) fn pursue(effects: &Effects<'_>, terms: Terms, start: Start) -> Result<Outcome, StoreError> {
    let began = Instant::now();
    let client = format!("{} {}", effects.chunk.key, std::process::id());
    let mut is_first = start == Start::First;
    // Who has called sbatch has heard already that there was no clear answer.
    let mut is_told = matches!(start, Start::First | Start::Call);
    let mut pursuit = Pursuit::new(&client, terms.message_timeout, terms.patience);
    let mut step = match start {
        Start::First | Start::Call => Step::Call(Duration::ZERO),
        Start::Look | Start::LookOnly => Step::Look(Duration::ZERO),
    };
    loop {
        step = match step {
            Step::Call(_) if start == Start::LookOnly => {
                return Ok(Outcome::Later("Slurm does not have it".to_owned()));
            }
            Step::Call(pause) => {
                if !pause.is_zero() {
                    thread::sleep(pause);
                    (effects.tell)(&News::Again);
                }
                effects.owned.check()?;
                if !std::mem::take(&mut is_first) && effects.is_cancelled()? {
                    return Ok(Outcome::Later("neu cancel".to_owned()));
                }
                let answer = effects.call();
                if let sbatch::SubmitAnswer::Uncertain { words } = &answer {
                    (effects.tell)(&News::Lost { words: words.clone() });
                }
                pursuit.after_call(answer)
            }
            Step::Look(pause) => {
                thread::sleep(pause);
                let seen = look_for(effects.runner, effects.name, effects.uid, effects.since);
                if let Seen::Unproven(words) = &seen
                    && began.elapsed() >= SILENT
                    && !std::mem::replace(&mut is_told, true)
                {
                    (effects.tell)(&News::Unproven { words: words.clone() });
                }
                // Read after the look: what began meanwhile is not taken for a job that only waits.
                let at_work = reported(effects.owned.dir(), &effects.chunk.key)?;
                pursuit.after_look(began.elapsed(), seen, &at_work)
            }
            Step::Adopt { job, doubles } => {
                effects.cancel_doubles(job, &doubles);
                return Ok(Outcome::Answered(Answer::Accepted(job.0)));
            }
            Step::Refused(words) => return Ok(Outcome::Answered(Answer::Refused(words))),
            Step::Later(words) => return Ok(Outcome::Later(words)),
            Step::Uncertain(words) => return Ok(Outcome::Answered(Answer::Uncertain(words))),
        };
    }
}

impl Effects<'_> {
    /// Tells whether every run of the chunk was cancelled meanwhile. Where some are wanted, the whole is submitted, and
    /// who cancels waits for it, and cancels the others then.
    fn is_cancelled(&self) -> Result<bool, StoreError> {
        let Chunk { runs, attempt, .. } = self.chunk;
        Ok(runs.without(&cancelled(self.owned.dir(), *attempt, self.since)?).is_empty())
    }

    /// Calls sbatch, and says so where it takes long.
    fn call(&self) -> sbatch::SubmitAnswer {
        let (done, waiting) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                if waiting.recv_timeout(SILENT) == Err(RecvTimeoutError::Timeout) {
                    (self.tell)(&News::Silent);
                }
            });
            let answer = sbatch::answer(&self.runner.run(&sbatch::invocation(self.submission, DEADLINE)));
            drop(done);
            answer
        })
    }

    /// Cancels what still waits of jobs that were found by their name and user beside the one that is kept. A run that
    /// begins in one of them at this moment is claimed there; the other's worker then refuses it.
    fn cancel_doubles(&self, kept: JobId, doubles: &[JobId]) {
        if doubles.is_empty() {
            return;
        }
        let targets: Vec<Target> = doubles.iter().copied().map(Target::Whole).collect();
        let _ends_by_itself = self.runner.run(&scancel::waiting(&targets, CANCEL_DEADLINE));
        (self.tell)(&News::Doubled { kept: kept.0, cancelled: doubles.iter().map(|job| job.0).collect() });
    }
}

/// Gives the jobs of which a worker wrote down that it began.
fn reported(dir: &LaunchDir, key: &str) -> Result<BTreeSet<JobId>, StoreError> {
    let mut history = History::default();
    history.add(JournalReader::new(dir.events()).read_new()?);
    Ok(history.jobs(key).collect())
}
