//! Hands a launch to Slurm: one `sbatch` for as many runs as an array can have, and each run exactly once.

mod call;
mod chunks;
mod handed;
mod handover;
mod pursue;
mod pursuit;

use std::path::Path;

use jiff::Timestamp;

use super::create::{Request, create};
use crate::plan::script;
use crate::ranges::Ranges;
use crate::store::{
    Beginning, Chunk, Launch, LaunchDir, Owned, Ownership, Store, StoreError, SubmissionRecord,
};
use crate::tool::Runner;

pub use call::REPLACED;
pub use handed::{Handed, Later};
pub use handover::{Handover, Terms, withdraw};
pub use pursue::News;

use chunks::parts;
pub(super) use handover::Share;
use handover::{Script, chunk};
use pursue::Start;

/// A launch, and what became of its runs.
#[derive(Debug)]
pub struct Submitted {
    /// What it is.
    pub launch: Launch,
    /// Where it is.
    pub dir: LaunchDir,
    /// What Slurm answered.
    pub handed: Handed,
}

/// Writes a launch to the store and hands it to Slurm. `program` is this program, of which a copy is kept for the
/// jobs; `tell` hears of each launch what takes long.
pub fn submit(
    store: &Store,
    request: Request,
    runner: &dyn Runner,
    program: &Path,
    terms: Terms,
    tell: &(dyn Fn(u64, &News) + Sync),
) -> Result<Submitted, StoreError> {
    let worker = store.keep_binary(program)?;
    let mut held = None;
    let (launch, dir) = create(store, request, |launch, plan, dir| {
        held = Some(own_new(dir)?);
        let options = call::passed_on(&launch.resources);
        let command = call::worker_command(&worker, dir);
        let job_script = script::job_script(&options, &launch.env, plan, &command);
        Ok(Beginning {
            job_script: Some(job_script),
            intent: SubmissionRecord::intent(0, first_chunk(launch, terms)),
        })
    })?;
    let owned = match held {
        Some(owned) => owned,
        None => own_new(&dir)?,
    };
    let id = launch.id;
    let tell = |news: &News| tell(id, news);
    let handover = Handover { store, launch: &launch, owned: &owned, runner, program, terms, tell: &tell };
    (handover.tell)(&News::Written);
    let handed = handover.begin()?;
    drop(owned);
    Ok(Submitted { launch, dir, handed })
}

/// Takes a launch that nobody else can know of yet.
fn own_new(dir: &LaunchDir) -> Result<Owned, StoreError> {
    match dir.own_new()? {
        Ownership::Ours(owned) => Ok(owned),
        Ownership::Theirs(_) => Err(StoreError::TakenOver { folder: dir.path().to_owned() }),
    }
}

/// Gives what is submitted first of a launch: its intent is written together with what the launch is.
fn first_chunk(launch: &Launch, terms: Terms) -> Chunk {
    let first = parts(&all(launch), terms.array_size).into_iter().next();
    let part = first.map(|part| terms.room.map_or_else(|| part.clone(), |room| part.first(room.max(1))));
    let part = part.unwrap_or(chunks::Part { base: 0, runs: Ranges::default() });
    chunk(launch, 0, part, 1)
}

fn all(launch: &Launch) -> Ranges {
    Ranges::span(0, launch.runs.saturating_sub(1))
}

impl Handover<'_> {
    /// Hands a new launch over, of which the first intent is on disk.
    fn begin(&self) -> Result<Handed, StoreError> {
        let mut handed = Handed::default();
        let first = first_chunk(self.launch, self.terms);
        let about = (0, Timestamp::now());
        let outcome = self.submit_chunk(about, &first, None, Script::Written, Start::First)?;
        let is_too_much = outcome.is_limit() && first.runs.len() > 1;
        let (taken, most) = match is_too_much {
            true => (Ranges::default(), first.runs.len() / 2),
            false => (first.runs.clone(), u64::MAX),
        };
        if !is_too_much && !outcome.take_into(&mut handed, first.runs) {
            handed.postpone(all(self.launch).without(&taken), "Slurm did not take what comes before them");
            return Ok(handed);
        }
        let rest = all(self.launch).without(&taken);
        if !rest.is_empty() {
            let room = self.terms.room.map(|room| room.saturating_sub(taken.len()));
            let next = Self { terms: Terms { room, ..self.terms }, ..*self };
            handed.join(next.submit(&Share::first(rest, self.launch), most)?);
        }
        Ok(handed)
    }
}
