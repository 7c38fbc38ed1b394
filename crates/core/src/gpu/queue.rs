//! Whose turn it is: the order of the launches that wait for GPUs of one machine. Pure.
//!
//! First come, first served: what a launch waits for is kept from those behind it. `--priority` changes the order, as far as
//! a user may: like nice(1), everybody may step back behind all others, and only root may step in front of them. A priority
//! above 0 moves a launch in front of the same user's own, into places that this user has in the queue already.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How urgent a launch is: higher goes first, 0 is usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Priority(i32);

/// Why a priority cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a priority; whole numbers from -100 to 100 are, and higher goes first")]
pub struct PriorityError;

impl Priority {
    /// Takes a number from -100 to 100.
    pub fn new(number: i32) -> Result<Self, PriorityError> {
        if (-100..=100).contains(&number) { Ok(Self(number)) } else { Err(PriorityError) }
    }
}

impl FromStr for Priority {
    type Err = PriorityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text.parse().map_err(|_| PriorityError)?)
    }
}

/// Where a launch stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rank {
    /// Whose launch it is.
    pub uid: u32,
    /// How urgent it is.
    pub priority: Priority,
    /// Since when it waits, in nanoseconds of the machine's clock.
    pub since: u64,
    /// Tells two apart that came at the same moment.
    pub key: String,
}

/// Sorts those who wait, first the one whose turn it is.
pub fn in_order<T>(mut waiting: Vec<T>, rank: impl Fn(&T) -> Rank) -> Vec<T> {
    waiting.sort_by_cached_key(|one| among_all(&rank(one)));
    let places: Vec<u32> = waiting.iter().map(|one| rank(one).uid).collect();
    // Each user's launches, the most urgent first, go into the places that this user has.
    waiting.sort_by_cached_key(|one| {
        let Rank { uid, priority, since, key } = rank(one);
        (uid, Reverse(priority), since, key)
    });
    let mut queues: BTreeMap<u32, VecDeque<T>> = BTreeMap::new();
    for one in waiting {
        queues.entry(rank(&one).uid).or_default().push_back(one);
    }
    places.iter().filter_map(|uid| queues.get_mut(uid)?.pop_front()).collect()
}

fn among_all(rank: &Rank) -> (Reverse<Priority>, u64, u32, String) {
    let counted = if rank.uid == 0 { rank.priority } else { rank.priority.min(Priority(0)) };
    (Reverse(counted), rank.since, rank.uid, rank.key.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `(user, priority, since)`, in the order in which they are served.
    fn served(waiting: &[(u32, i32, u64)]) -> Vec<(u32, i32, u64)> {
        in_order(waiting.to_vec(), rank)
    }

    fn rank(&(uid, priority, since): &(u32, i32, u64)) -> Rank {
        Rank { uid, priority: Priority::new(priority).unwrap(), since, key: String::new() }
    }

    #[test]
    fn first_come_first_served() {
        assert_eq!(served(&[(1, 0, 3), (2, 0, 1), (1, 0, 2)]), [(2, 0, 1), (1, 0, 2), (1, 0, 3)]);
    }

    #[test]
    fn a_priority_reorders_ones_own() {
        let order = served(&[(1, 0, 1), (2, 0, 2), (1, 5, 3)]);
        assert_eq!(order, [(1, 5, 3), (2, 0, 2), (1, 0, 1)]);
    }

    #[test]
    fn everybody_may_step_back_and_root_to_the_front() {
        let order = served(&[(1, -1, 1), (2, 0, 2), (1, 100, 3), (0, 1, 4)]);
        assert_eq!(order, [(0, 1, 4), (2, 0, 2), (1, 100, 3), (1, -1, 1)]);
    }

    #[test]
    fn priorities_have_bounds() {
        assert_eq!(
            [-101, -100, 100, 101].map(|number| Priority::new(number).is_ok()),
            [false, true, true, false]
        );
    }

    proptest! {
        /// All are served, however many; and nobody but root comes between another user and its place by a priority.
        #[test]
        fn nobody_is_lost_and_nobody_pushes(waiting in proptest::collection::vec((0_u32..4, -3_i32..4, 0_u64..50), 0..12)) {
            let order = served(&waiting);
            let (mut before, mut after) = (waiting.clone(), order.clone());
            before.sort_unstable();
            after.sort_unstable();
            prop_assert_eq!(before, after);
            let users = |waiting: &[(u32, i32, u64)]| waiting.iter().map(|one| one.0).collect::<Vec<_>>();
            let modest: Vec<_> = waiting.iter().map(|&(uid, priority, since)| (uid, if uid == 0 { priority } else { priority.min(0) }, since)).collect();
            prop_assert_eq!(users(&order), users(&served(&modest)));
        }
    }
}
