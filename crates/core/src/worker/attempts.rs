//! Who may execute: what an attempt does about those before and after it. Pure.
//!
//! A requeue does not prove the earlier attempt dead: a node whose slurmd froze keeps the program running while Slurm
//! starts it elsewhere. So an attempt executes at once only where every earlier one is surely over, waits where one
//! of its own task may live on out of reach, and leaves the run alone where one of somebody else may.

/// An earlier attempt, as its successor sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Earlier {
    /// Its number.
    pub(super) number: u32,
    /// What is known of its end.
    pub(super) end: End,
    /// Whether it recorded the start of a program: it had then dealt with all attempts before it.
    pub(super) began: Began,
    /// Whose it is.
    pub(super) owner: Owner,
    /// What can be said of its processes from here.
    pub(super) presence: Presence,
    /// Where it is or was, for people.
    pub(super) place: String,
}

/// What is known of the end of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its worker wrote that its program succeeded, and nobody knew worse who asked for the next attempt.
    Succeeded,
    /// Its worker wrote that it is over.
    Recorded,
    /// Whoever asked for the next attempt found it over.
    Concluded,
    /// Nothing.
    Unknown,
}

/// How far an attempt came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Began {
    /// Its program was started.
    Program,
    /// It claimed its log, and may have started its program.
    Claim,
}

/// Whose an attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// It is an earlier start of the very same task: the scheduler has ended it, as far as it can.
    ThisTask,
    /// Anybody else's.
    Another,
}

/// What can be said of the processes of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// None of them lives: they were on this host, or on it before it was booted.
    Gone,
    /// Something of it lives on this host, and can be ended.
    Here,
    /// They are out of sight.
    Elsewhere,
}

/// What an attempt does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing else lives, or it lives here: it is ended, and the program is started.
    Execute,
    /// An earlier attempt may live out of reach: it gets the time to see that it was replaced.
    Fence {
        /// The attempt.
        earlier: u32,
        /// Where it is or was.
        place: String,
    },
    /// Nothing is executed: a later attempt exists.
    Superseded(u32),
    /// Nothing is executed, for this reason.
    Refuse(String),
}

/// Decides what attempt `number` does, with the claimed attempts `later` than it, and the `earlier` ones in any order.
pub(super) fn decide(later: impl IntoIterator<Item = u32>, mut earlier: Vec<Earlier>) -> Verdict {
    if let Some(latest) = later.into_iter().max() {
        return Verdict::Superseded(latest);
    }
    earlier.sort_unstable_by_key(|attempt| std::cmp::Reverse(attempt.number));
    let mut verdict = Verdict::Execute;
    for attempt in earlier {
        let has_dealt_with_the_rest = attempt.began == Began::Program;
        match demand(attempt) {
            fence @ Verdict::Fence { .. } if verdict == Verdict::Execute => verdict = fence,
            Verdict::Execute | Verdict::Fence { .. } => {}
            refusal @ (Verdict::Refuse(_) | Verdict::Superseded(_)) => return refusal,
        }
        if has_dealt_with_the_rest {
            break;
        }
    }
    verdict
}

/// Tells what one earlier attempt demands of its successor.
fn demand(earlier: Earlier) -> Verdict {
    let Earlier { number, end, owner, presence, place, .. } = earlier;
    match (end, owner, presence) {
        (End::Succeeded, Owner::Another, _) => {
            Verdict::Refuse(format!("attempt {number} ({place}) has succeeded"))
        }
        // Of a success, the scheduler was told to start the task again.
        (End::Succeeded | End::Recorded, ..) | (_, _, Presence::Gone) => Verdict::Execute,
        (End::Concluded, _, Presence::Here) | (End::Unknown, Owner::ThisTask, Presence::Here) => {
            Verdict::Execute
        }
        (End::Concluded, _, Presence::Elsewhere) | (End::Unknown, Owner::ThisTask, Presence::Elsewhere) => {
            Verdict::Fence { earlier: number, place }
        }
        (End::Unknown, Owner::Another, Presence::Here | Presence::Elsewhere) => Verdict::Refuse(format!(
            "attempt {number} ({place}) has not ended, and this is not a restart of it: it may still run"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: [End; 4] = [End::Succeeded, End::Recorded, End::Concluded, End::Unknown];
    const BEGINNINGS: [Began; 2] = [Began::Program, Began::Claim];
    const OWNERS: [Owner; 2] = [Owner::ThisTask, Owner::Another];
    const PRESENCES: [Presence; 3] = [Presence::Gone, Presence::Here, Presence::Elsewhere];

    fn all(number: u32) -> Vec<Earlier> {
        let mut all = Vec::new();
        for end in ENDS {
            for began in BEGINNINGS {
                for owner in OWNERS {
                    for presence in PRESENCES {
                        let place = "on n1, job 9_3".to_owned();
                        all.push(Earlier { number, end, began, owner, presence, place });
                    }
                }
            }
        }
        all
    }

    fn fence(earlier: u32) -> Verdict {
        Verdict::Fence { earlier, place: "on n1, job 9_3".to_owned() }
    }

    #[test]
    fn the_first_attempt_executes_at_once() {
        assert_eq!(decide([], vec![]), Verdict::Execute);
    }

    #[test]
    fn a_later_attempt_wins_whatever_was_before() {
        for earlier in all(1) {
            assert_eq!(decide([3, 5, 4], vec![earlier]), Verdict::Superseded(5));
        }
    }

    #[test]
    fn one_earlier_attempt_demands_what_the_table_says() {
        for earlier in all(2) {
            let verdict = decide([], vec![earlier.clone()]);
            if earlier.end == End::Succeeded {
                let is_refused = matches!(verdict, Verdict::Refuse(_));
                assert_eq!(is_refused, earlier.owner == Owner::Another, "{earlier:?}");
                continue;
            }
            let is_over = earlier.end == End::Recorded || earlier.presence == Presence::Gone;
            let is_ours = earlier.end == End::Concluded || earlier.owner == Owner::ThisTask;
            let is_reachable = earlier.presence == Presence::Here;
            match (is_over, is_ours, is_reachable) {
                (true, ..) | (_, true, true) => assert_eq!(verdict, Verdict::Execute, "{earlier:?}"),
                (false, true, false) => assert_eq!(verdict, fence(2), "{earlier:?}"),
                (false, false, _) => assert!(matches!(verdict, Verdict::Refuse(_)), "{earlier:?}"),
            }
        }
    }

    #[test]
    fn of_two_the_sterner_demand_counts_unless_the_later_has_dealt_with_the_earlier() {
        let rank = |verdict: &Verdict| match verdict {
            Verdict::Execute => 0,
            Verdict::Fence { .. } => 1,
            Verdict::Superseded(_) | Verdict::Refuse(_) => 2,
        };
        for first in all(1) {
            for second in all(2) {
                let verdict = decide([], vec![first.clone(), second.clone()]);
                let alone = [demand(first.clone()), demand(second.clone())];
                let wanted = match second.began {
                    Began::Program => rank(&alone[1]),
                    Began::Claim => rank(&alone[0]).max(rank(&alone[1])),
                };
                assert_eq!(rank(&verdict), wanted, "{first:?} {second:?}");
            }
        }
    }

    #[test]
    fn an_attempt_that_ended_within_its_fence_does_not_hide_the_one_it_waited_for() {
        let frozen = Earlier {
            number: 1,
            end: End::Unknown,
            began: Began::Program,
            owner: Owner::ThisTask,
            presence: Presence::Elsewhere,
            place: "on n1, job 9_3".to_owned(),
        };
        let waited = Earlier { number: 2, end: End::Recorded, began: Began::Claim, ..frozen.clone() };
        assert_eq!(decide([], vec![waited, frozen]), fence(1));
    }

    #[test]
    fn a_refusal_says_which_attempt_and_where() {
        let mut earlier = all(4).pop().unwrap();
        earlier.owner = Owner::Another;
        let Verdict::Refuse(reason) = decide([], vec![earlier]) else { panic!("it is refused") };
        assert_eq!(
            reason,
            "attempt 4 (on n1, job 9_3) has not ended, and this is not a restart of it: it may still run"
        );
    }
}
