//! Which processors a run gets: some of those that its worker may use, others than its neighbours where that goes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::rc::Rc;

use nix::unistd::{Pid, getpgid};

use super::affinity::{self, THIS, confine_to};
use super::turn::Turns;
use crate::process::{Living, living};

/// The processors of one worker, with how many of its runs use each.
#[derive(Debug)]
pub(super) struct Processors {
    allowed: Vec<usize>,
    turns: Turns,
    used: Rc<RefCell<BTreeMap<usize, u32>>>,
}

/// The processors that one run has; they are free again when this is dropped.
#[derive(Debug)]
pub(super) struct Share {
    own: Vec<usize>,
    /// Those of the worker.
    all: Vec<usize>,
    used: Rc<RefCell<BTreeMap<usize, u32>>>,
}

/// Gives how many processors this process may use.
pub fn processors() -> io::Result<usize> {
    Ok(affinity::of(THIS)?.len())
}

impl Processors {
    /// Takes those that this process may use now; who chooses next is settled in the folder `shared` of all users.
    pub(super) fn of_this_process(shared: PathBuf) -> io::Result<Self> {
        Ok(Self { allowed: affinity::of(THIS)?, turns: Turns::in_folder(shared), used: Rc::default() })
    }

    /// Chooses processors and confines this process to them, so that what it starts next inherits that, until
    /// [`Share::step_out`].
    pub(super) fn step_in(&mut self, count: NonZeroU32) -> io::Result<Share> {
        let count = usize::try_from(count.get()).unwrap_or(usize::MAX);
        let all = self.allowed.len();
        if count > all {
            return Err(io::Error::other(format!("{count} processors are asked for, and {all} may be used")));
        }
        // Two workers that both look before one of them is confined would choose the same.
        let turn = if count < all { self.turns.take() } else { None };
        let others = if count < all { pins_of_others(&self.allowed) } else { BTreeMap::new() };
        let load = |processor: usize| {
            let of = |uses: &BTreeMap<usize, u32>| uses.get(&processor).copied().unwrap_or(0);
            of(&self.used.borrow()) + of(&others)
        };
        let own = choose(&self.allowed, count, load);
        confine_to(&own)?;
        drop(turn);
        let mut used = self.used.borrow_mut();
        for processor in &own {
            *used.entry(*processor).or_default() += 1;
        }
        drop(used);
        Ok(Share { own, all: self.allowed.clone(), used: Rc::clone(&self.used) })
    }
}

impl Share {
    /// Gives this process all of its processors back.
    pub(super) fn step_out(&self) {
        // It may use them: it did before. Without them it would only wait more.
        let _refused = confine_to(&self.all);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut used = self.used.borrow_mut();
        for processor in &self.own {
            if let Some(uses) = used.get_mut(processor) {
                *uses = uses.saturating_sub(1);
            }
        }
    }
}

/// Chooses those that the fewest use, of these the first: on most machines the second half are the second threads of
/// the same cores.
fn choose(allowed: &[usize], count: usize, load: impl Fn(usize) -> u32) -> Vec<usize> {
    let mut ranked = allowed.to_vec();
    ranked.sort_by_key(|processor| (load(*processor), *processor));
    ranked.truncate(count);
    ranked.sort_unstable();
    ranked
}

/// Counts who else was given some of these processors only: the runs of other workers, and whatever is bound by
/// taskset(1) or numactl(8). What may use all of them would not be helped.
fn pins_of_others(allowed: &[usize]) -> BTreeMap<usize, u32> {
    /// The parent of all threads of the kernel, which are bound for reasons of its own.
    const KTHREADD: i32 = 2;
    let this = Pid::this().as_raw();
    let processes = living();
    // The programs of this worker lead the groups of their runs.
    let own: BTreeSet<i32> =
        processes.iter().filter(|process| process.parent == this).map(|process| process.pid).collect();
    let bound_to = |process: &Living| {
        if process.parent == KTHREADD || process.pid == KTHREADD {
            return None;
        }
        let group = getpgid(Some(Pid::from_raw(process.pid))).ok()?.as_raw();
        let processors = affinity::of(process.pid).ok()?;
        let is_narrow = allowed.iter().any(|processor| !processors.contains(processor));
        (is_narrow && !own.contains(&group)).then_some((group, processors))
    };
    // The processes of one run are one group, and count once.
    let bound: BTreeSet<_> = processes.iter().filter_map(bound_to).collect();
    let mut pins = BTreeMap::new();
    for processor in bound.into_iter().flat_map(|(_, processors)| processors) {
        *pins.entry(processor).or_default() += 1;
    }
    pins
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_least_used_come_first_and_then_the_lowest() {
        assert_eq!(choose(&[0, 1, 2, 3], 2, |_| 0), [0, 1]);
        assert_eq!(choose(&[0, 1, 2, 3], 2, |processor| u32::from(processor < 2)), [2, 3]);
        assert_eq!(choose(&[4, 6, 9], 2, |processor| u32::from(processor == 4)), [6, 9]);
        assert_eq!(choose(&[0, 1], 2, |_| 7), [0, 1]);
    }

    #[test]
    fn a_share_is_free_again_after_its_run_and_neighbours_get_others() {
        // A thread has an affinity of its own, so that the other tests keep theirs.
        let test = std::thread::spawn(|| {
            let shared = tempfile::tempdir().unwrap();
            let mut processors = Processors::of_this_process(shared.path().join("shared")).unwrap();
            let one = NonZeroU32::MIN;
            let (first, all) = (processors.step_in(one).unwrap(), processors.allowed.clone());
            assert_eq!(affinity::of(THIS).unwrap(), first.own);
            first.step_out();
            assert_eq!(affinity::of(THIS).unwrap(), all);
            let second = processors.step_in(one).unwrap();
            assert!(all.len() == 1 || second.own != first.own);
            second.step_out();
            drop((first, second));
            assert!(processors.used.borrow().values().all(|uses| *uses == 0));
            let more = NonZeroU32::new(u32::try_from(all.len()).unwrap() + 1).unwrap();
            let refused = processors.step_in(more).unwrap_err().to_string();
            assert!(refused.ends_with(&format!("and {} may be used", all.len())), "{refused}");
        });
        test.join().unwrap();
    }

    proptest! {
        #[test]
        fn as_many_as_asked_for_are_chosen_each_once(
            loads in prop::collection::vec(0_u32..4, 1..20),
            wanted in 0_usize..20,
        ) {
            let allowed: Vec<usize> = (0..loads.len()).collect();
            let chosen = choose(&allowed, wanted, |processor| loads[processor]);
            let distinct: BTreeSet<_> = chosen.iter().collect();
            prop_assert_eq!(distinct.len(), wanted.min(loads.len()));
            // Nobody who was left out is less used than somebody who was chosen.
            let most = chosen.iter().map(|processor| loads[*processor]).max().unwrap_or(0);
            prop_assert!(allowed.iter().all(|other| chosen.contains(other) || loads[*other] >= most));
        }
    }
}
