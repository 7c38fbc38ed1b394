//! What a run holds beyond the end of its program: something may live that it started, and that bears no sign of any run.

use super::execute::Executor;
use super::running::Running;
use crate::id::RunId;

/// Runs that are over, and still hold their share of the machine.
#[derive(Debug, Default)]
pub(super) struct Kept(Vec<Keeping>);

#[derive(Debug)]
struct Keeping {
    run: RunId,
    born: u64,
}

impl Executor<'_> {
    /// Gives back what a run holds, or keeps it: an orphan without its group, its session and its environment may be of any
    /// run that began before it. While others run nobody can tell, and it is not ended.
    pub(super) fn give_back(&mut self, over: &Running, working: &[Running]) {
        let run = self.id_of(over.run);
        match over.born.filter(|_| self.leases.holds_anything()) {
            Some(born) if self.last_of_nobody(working).is_some_and(|last| last >= born) => {
                self.kept.0.push(Keeping { run, born });
            }
            Some(_) | None => self.leases.release(run),
        }
    }

    /// Gives back what was kept for orphans that are gone; tells whether there was anything.
    pub(super) fn give_back_kept(&mut self, working: &[Running]) -> bool {
        if self.kept.0.is_empty() {
            return false;
        }
        let last = self.last_of_nobody(working);
        let is_free = |keeping: &mut Keeping| last.is_none_or(|last| last < keeping.born);
        let free: Vec<Keeping> = self.kept.0.extract_if(.., is_free).collect();
        for keeping in &free {
            self.leases.release(keeping.run);
        }
        !free.is_empty()
    }

    /// Gives back all that was kept: no further run starts, and what still lives does not even die of KILL.
    pub(super) fn give_all_back(&mut self) {
        for keeping in std::mem::take(&mut self.kept.0) {
            self.leases.release(keeping.run);
        }
    }

    fn last_of_nobody(&mut self, working: &[Running]) -> Option<u64> {
        let programs: Vec<_> = working.iter().map(|running| running.program).collect();
        self.leftovers.last_of_nobody(&self.launch.key, &programs)
    }
}
