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
    /// Slurm does not tell whether it has these, or nobody knows what to ask it for.
    Unknown(Ranges),
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
                let hidden = self.hidden(runs)?;
                let withdrawn = withdraw(self.launch, &owned, &runs.without(&hidden))?;
                self.tell(&withdrawn)?;
                let unknown = settled.unknown.map_or_else(Ranges::default, |later| later.runs);
                let unknown: Ranges = [common(runs, &unknown), hidden].into_iter().collect();
                Ok(if unknown.is_empty() { Withheld::Surely } else { Withheld::Unknown(unknown) })
            }
        }
    }

    /// Gives those of the runs that no submission holds, where one may be missing in a damaged record: they may be in
    /// the queue.
    fn hidden(&self, runs: &Ranges) -> Result<Ranges, StoreError> {
        let submissions = self.dir.submissions()?;
        let is_whole = submissions.damage().is_none();
        let unhanded = submissions.unhanded(self.launch.runs);
        Ok(if is_whole { Ranges::default() } else { common(runs, &unhanded) })
    }

    /// Gives those of the runs that were never handed over, or of which the answer is lost.
    fn unsettled(&self, runs: &Ranges) -> Result<Ranges, StoreError> {
        let submissions = self.dir.submissions()?;
        let lost = submissions.iter().filter(|submission| submission.is_lost());
        let lost = lost.map(|submission| submission.chunk.runs.clone());
        let open: Ranges = lost.chain([submissions.unhanded(self.launch.runs)]).collect();
        Ok(common(runs, &open))
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

fn common(some: &Ranges, others: &Ranges) -> Ranges {
    some.without(&some.without(others))
}
