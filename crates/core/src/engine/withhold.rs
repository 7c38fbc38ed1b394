//! Keeps runs that are not in a queue yet from getting there: what a cancellation does before it asks the scheduler.

use crate::event::Stopped;
use crate::ranges::Ranges;
use crate::store::{JournalWriter, Launch, LaunchDir, OwnedBy, Owner, Ownership, StoreError};
use crate::worker::Node;

use super::resume::{Resuming, find_out};
use super::submit::withdraw;

/// How sure it is that none of the runs gets into a queue any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Withheld {
    /// None of them does.
    Surely,
    /// A client is handing runs over: it was told, and may have one more in its hands.
    Told(OwnedBy),
    /// Slurm does not tell whether it has them, in these words.
    Unknown(Ranges, String),
}

/// Who withholds runs of which launch.
pub(super) struct Withholding<'a> {
    pub(super) resuming: &'a Resuming<'a>,
    pub(super) launch: &'a Launch,
    pub(super) dir: &'a LaunchDir,
    pub(super) node: &'a Node,
    /// The runs that a living client was told of.
    told: Ranges,
}

impl<'a> Withholding<'a> {
    pub(super) fn new(
        resuming: &'a Resuming<'a>,
        launch: &'a Launch,
        dir: &'a LaunchDir,
        node: &'a Node,
    ) -> Self {
        Self { resuming, launch, dir, node, told: Ranges::default() }
    }

    /// Withholds `runs`. A client that lives is told through the journal, which it reads before each sbatch; what a
    /// dead one left is looked for and withdrawn here.
    pub(super) fn withhold(&mut self, runs: &Ranges) -> Result<Withheld, StoreError> {
        let is_busy = matches!(self.dir.owner()?, Owner::Lives(_));
        if self.launch.is_local() || (self.unsettled(runs)?.is_empty() && !is_busy) {
            return Ok(Withheld::Surely);
        }
        match self.dir.own()? {
            Ownership::Theirs(client) => {
                self.tell(&self.unsettled(runs)?.without(&self.told))?;
                Ok(Withheld::Told(client))
            }
            Ownership::Ours(owned) => {
                let settled = find_out(self.resuming, self.launch, &owned)?;
                let withdrawn = withdraw(self.launch, &owned, runs)?;
                self.tell(&withdrawn)?;
                Ok(match settled.unknown {
                    Some(later) if runs.iter().any(|run| later.runs.contains(run)) => {
                        Withheld::Unknown(later.runs, later.words)
                    }
                    Some(_) | None => Withheld::Surely,
                })
            }
        }
    }

    /// Gives those of the runs that were never handed over, or of which the answer is lost.
    fn unsettled(&self, runs: &Ranges) -> Result<Ranges, StoreError> {
        let submissions = self.dir.submissions()?;
        let lost = submissions.iter().filter(|submission| submission.is_lost());
        let lost = lost.map(|submission| submission.chunk.runs.clone());
        let open: Ranges = lost.chain([submissions.unhanded(self.launch.runs)]).collect();
        Ok(runs.without(&runs.without(&open)))
    }

    fn tell(&mut self, runs: &Ranges) -> Result<(), StoreError> {
        if runs.is_empty() {
            return Ok(());
        }
        let mut journal = JournalWriter::open(&self.dir.events(), &self.node.name, &self.node.boot)?;
        journal.append_stopped(Stopped { runs: runs.clone(), reason: "neu cancel".to_owned() })?;
        journal.sync()?;
        self.told = [self.told.clone(), runs.clone()].into_iter().collect();
        Ok(())
    }
}
