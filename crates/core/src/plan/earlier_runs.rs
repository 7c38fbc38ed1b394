//! What earlier launches did of the runs that a plan asks for: which are new, which are done or still live, and which of
//! those that live it does not ask for any more. Pure.
//!
//! Equal runs count as often as they are there: of two that are asked for, one that is done leaves one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Plan;
use crate::id::{LaunchId, RunId};
use crate::run_state::{Outcome, RunState};
use crate::sweep::PointIdentity;

/// What equal runs of one command have in common: the point, however it is written, and the repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunIdentity {
    /// The point.
    pub point: PointIdentity,
    /// Which repeat of it.
    pub repeat: u64,
}

/// A run of an earlier launch of the same command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierRun {
    /// What it has in common with equal ones.
    pub identity: RunIdentity,
    /// What became of it.
    pub standing: Standing,
    /// Which it is.
    pub id: RunId,
}

/// What became of an earlier run. Of several equal ones, the first here count first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It succeeded.
    Done(Code),
    /// It is not over, or whether it is cannot be told: it is in this state.
    Alive(RunState),
    /// It is over, and did not succeed.
    Failed,
}

/// Which code a run was started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// That of the commit which is checked out now, or nobody knows.
    Current,
    /// That of another commit.
    Other,
}

impl Standing {
    /// Judges a run by its state.
    pub fn of(state: RunState, code: Code) -> Self {
        match state.outcome() {
            Outcome::Succeeded => Self::Done(code),
            Outcome::Alive | Outcome::Unknown => Self::Alive(state),
            Outcome::Unsuccessful => Self::Failed,
        }
    }
}

/// All runs of earlier launches of one command.
#[derive(Debug, Clone, Default)]
pub struct EarlierRuns {
    /// Once they are sorted, equal ones stand side by side, those that count first before the others, the newest before
    /// older ones.
    list: Vec<EarlierRun>,
}

/// A plan beside what there is already.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The runs that are to be started; nothing where there are none.
    pub plan: Option<Plan>,
    /// How many runs of the plan an earlier launch has run, by what became of them; those that failed are in the plan.
    pub earlier: BTreeMap<(Standing, LaunchId), u64>,
    /// The runs that live and that nobody asks for any more, ascending.
    pub gone: Vec<EarlierRun>,
}

impl Extend<EarlierRun> for EarlierRuns {
    fn extend<T: IntoIterator<Item = EarlierRun>>(&mut self, runs: T) {
        self.list.extend(runs);
    }
}

impl EarlierRuns {
    /// Compares a plan of the same command with them.
    pub fn compare(&mut self, plan: &Plan) -> Comparison {
        self.list.sort_unstable_by_key(|run| (run.identity, run.standing, Reverse(run.id)));
        let sorted = &self.list;
        // For the first of equal ones, how many of them the plan has asked for.
        let mut asked = vec![0_usize; sorted.len()];
        let mut earlier = BTreeMap::new();
        let mut is_new = |identity: RunIdentity| {
            let first = sorted.partition_point(|run| run.identity < identity);
            let found = asked.get_mut(first).and_then(|asked| {
                let run = sorted.get(first + *asked).filter(|run| run.identity == identity);
                *asked += usize::from(run.is_some());
                run
            });
            if let Some(run) = found {
                *earlier.entry((run.standing, run.id.launch)).or_default() += 1;
            }
            found.is_none_or(|run| run.standing == Standing::Failed)
        };
        let plan = if sorted.is_empty() {
            Some(plan.clone())
        } else {
            plan.only(|planned| planned.identity().is_none_or(&mut is_new))
        };
        Comparison { plan, earlier, gone: gone(sorted, &asked) }
    }
}

/// Gives the runs that live and that were not `asked` for.
fn gone(sorted: &[EarlierRun], asked: &[usize]) -> Vec<EarlierRun> {
    let mut gone: Vec<EarlierRun> = Vec::new();
    let mut first = 0;
    for equal in sorted.chunk_by(|one, other| one.identity == other.identity) {
        if asked[first] == 0 {
            gone.extend(equal.iter().filter(|run| matches!(run.standing, Standing::Alive(_))));
        }
        first += equal.len();
    }
    gone.sort_unstable_by_key(|run| run.id);
    gone
}

impl Comparison {
    /// Counts the runs that are to be started.
    pub fn new_runs(&self) -> u64 {
        self.plan.as_ref().map_or(0, Plan::len)
    }

    /// Counts the runs of the plan of which an earlier one stands as `is_meant` says.
    pub fn count(&self, is_meant: impl Fn(Standing) -> bool) -> u64 {
        let counts = self.earlier.iter().filter(|((standing, _), _)| is_meant(*standing));
        counts.map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Source;
    use crate::sweep::Sweep;
    use proptest::prelude::*;

    fn plan(sweep: &str, repeats: u64) -> Plan {
        let sweep = Sweep::read(&Source { name: "params.json".to_owned(), text: sweep.to_owned() }).unwrap();
        Plan::new(vec!["train".into()], Some(sweep), repeats).unwrap()
    }

    fn identity(params: &str, repeat: u64) -> RunIdentity {
        RunIdentity { point: PointIdentity::of_json(params.to_owned()).unwrap(), repeat }
    }

    fn earlier(launch: u64, run: u64, params: &str, repeat: u64, state: RunState) -> EarlierRun {
        let id = RunId { launch: LaunchId(launch), run };
        EarlierRun { identity: identity(params, repeat), standing: Standing::of(state, Code::Current), id }
    }

    fn all(runs: impl IntoIterator<Item = EarlierRun>) -> EarlierRuns {
        let mut all = EarlierRuns::default();
        all.extend(runs);
        all
    }

    /// Gives what is left to start: the point and the repeat of each run.
    fn left(comparison: &Comparison) -> Vec<(String, u64)> {
        let runs = comparison.plan.iter().flat_map(Plan::runs);
        runs.map(|run| (run.params, run.repeat)).collect()
    }

    #[test]
    fn what_succeeded_or_lives_is_left_out_and_what_failed_is_not() {
        let plan = plan(r#"{"lr": [0.1, 0.001, 3, 4]}"#, 1);
        let runs = [
            earlier(1, 0, r#"{"lr":1e-1}"#, 0, RunState::Succeeded),
            earlier(1, 1, r#"{"lr":1e-3}"#, 0, RunState::Pending),
            earlier(1, 2, r#"{"lr":3}"#, 0, RunState::TimedOut),
            earlier(2, 0, r#"{"lr":5}"#, 0, RunState::Running),
            earlier(2, 1, r#"{"lr":6}"#, 0, RunState::Succeeded),
        ];
        let comparison = all(runs).compare(&plan);
        assert_eq!(left(&comparison), [(r#"{"lr":3}"#.to_owned(), 0), (r#"{"lr":4}"#.to_owned(), 0)]);
        let counted: Vec<_> = comparison.earlier.keys().copied().collect();
        let launch = LaunchId(1);
        let standings = [Standing::Done(Code::Current), Standing::Alive(RunState::Pending), Standing::Failed];
        assert_eq!(counted, standings.map(|standing| (standing, launch)));
        assert_eq!(comparison.gone, [runs[3]]);
    }

    #[test]
    fn a_point_is_the_same_in_any_order_and_another_with_more_or_with_a_null() {
        let plan = plan(r#"{"lr": [0.1], "opt": ["sgd"]}"#, 1);
        let is_new =
            |params: &str| all([earlier(1, 0, params, 0, RunState::Succeeded)]).compare(&plan).plan.is_some();
        assert!(!is_new(r#"{"opt":"sgd","lr":0.10}"#));
        assert!(is_new(r#"{"lr":0.1}"#));
        assert!(is_new(r#"{"lr":0.1,"opt":"sgd","seed":null}"#));
        assert!(is_new(r#"{"lr":"0.1","opt":"sgd"}"#));
    }

    #[test]
    fn more_repeats_are_new() {
        let done = (0..5).map(|repeat| earlier(1, repeat, r#"{"x":1}"#, repeat, RunState::Succeeded));
        let comparison = all(done).compare(&plan(r#"{"x": [1, 2]}"#, 7));
        let left = left(&comparison);
        let expected = [(1, 5..7), (2, 0..7)]
            .into_iter()
            .flat_map(|(x, repeats)| repeats.map(move |repeat: u64| (format!("{{\"x\":{x}}}"), repeat)));
        assert_eq!(left, expected.collect::<Vec<_>>());
    }

    #[test]
    fn a_command_without_a_sweep_has_repeats_alone() {
        let plan = Plan::new(vec!["train".into()], None, 3).unwrap();
        let comparison = all([earlier(4, 0, "{}", 1, RunState::Running)]).compare(&plan);
        assert_eq!(left(&comparison), [("{}".to_owned(), 0), ("{}".to_owned(), 2)]);
    }

    #[test]
    fn equal_points_count_as_often_as_they_are_there() {
        let plan = plan(r#"{"x": [1, 1, 1]}"#, 1);
        let one = |launch, state| earlier(launch, 0, r#"{"x":1}"#, 0, state);
        let runs = [one(1, RunState::Failed), one(2, RunState::Running), one(3, RunState::Succeeded)];
        for count in 0..=3 {
            let comparison = all(runs[..count].iter().copied()).compare(&plan);
            assert_eq!(comparison.new_runs(), [3, 3, 2, 1][count]);
            assert!(comparison.gone.is_empty());
        }
    }

    #[test]
    fn a_run_keeps_its_name_where_others_are_left_out() {
        for (text, repeats) in [(r#"{"lr": [0.1, 0.2, 0.3]}"#, 2), (r#"{"lr": [1, 1, 2]}"#, 1)] {
            let whole = plan(text, repeats);
            let name = |plan: &Plan, run: u64| {
                let mut name = String::new();
                plan.at(run).write_name(&plan.names("train"), &mut name);
                name
            };
            let mut picks = [false, true].into_iter().cycle();
            let some = whole.only(|_| picks.next() == Some(true)).unwrap();
            let odd: Vec<u64> = (0..whole.len()).filter(|run| run % 2 == 1).collect();
            assert_eq!(some.len(), odd.len() as u64);
            for (run, before) in (0..).zip(odd) {
                assert_eq!(name(&some, run), name(&whole, before));
                assert_eq!(some.run(run), crate::plan::Run { number: run, ..whole.run(before) });
            }
        }
    }

    const STATES: [RunState; 5] =
        [RunState::Succeeded, RunState::Running, RunState::Waiting, RunState::Failed, RunState::Lost];

    proptest! {
        /// Each earlier run is used once, the done before the living before the failed, as if with pencil and paper.
        #[test]
        fn it_counts_as_a_person_would(
            values in prop::collection::vec(0_u8..4, 1..6),
            repeats in 1_u64..3,
            runs in prop::collection::vec((0_u8..5, 0_u64..3, 0..STATES.len()), 0..20),
        ) {
            let text = format!("{{\"x\": {values:?}}}");
            let plan = plan(&text, repeats);
            let list = (0..)
                .zip(&runs)
                .map(|(run, (x, repeat, state))| earlier(1, run, &format!("{{\"x\":{x}.0}}"), *repeat, STATES[*state]));
            let comparison = all(list).compare(&plan);

            let mut box_of_cards: Vec<(u8, u64, RunState)> =
                runs.iter().map(|(x, repeat, state)| (*x, *repeat, STATES[*state])).collect();
            let (mut expected, mut done, mut alive) = (Vec::new(), 0, 0);
            for x in &values {
                for repeat in 0..repeats {
                    let is_equal = |card: &(u8, u64, RunState)| (card.0, card.1) == (*x, repeat);
                    let of = |which: &dyn Fn(RunState) -> bool| {
                        box_of_cards.iter().position(|card| is_equal(card) && which(card.2))
                    };
                    let found = of(&|state| state == RunState::Succeeded)
                        .or_else(|| of(&|state| !state.is_final()))
                        .or_else(|| of(&|_| true));
                    match found.map(|place| box_of_cards.remove(place).2) {
                        Some(RunState::Succeeded) => done += 1,
                        Some(state) if !state.is_final() => alive += 1,
                        _ => expected.push((format!("{{\"x\":{x}}}"), repeat)),
                    }
                }
            }
            prop_assert_eq!(left(&comparison), expected);
            prop_assert_eq!(comparison.count(|standing| matches!(standing, Standing::Done(_))), done);
            prop_assert_eq!(comparison.count(|standing| matches!(standing, Standing::Alive(_))), alive);
            let gone: Vec<u64> = (0..)
                .zip(&runs)
                .filter(|(_, (x, repeat, state))| {
                    let is_asked = values.contains(x) && *repeat < repeats;
                    !is_asked && !STATES[*state].is_final()
                })
                .map(|(run, _)| run)
                .collect();
            prop_assert_eq!(comparison.gone.iter().map(|run| run.id.run).collect::<Vec<_>>(), gone);
        }
    }
}
