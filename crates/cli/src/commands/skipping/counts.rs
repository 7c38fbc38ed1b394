//! How many runs are new, done and running, in words and as JSON. Pure.

use std::collections::{BTreeMap, BTreeSet};

use neuromanager_core::engine::earlier::EarlierLaunch;
use neuromanager_core::id::LaunchId;
use neuromanager_core::plan::{Code, Comparison, Standing};
use neuromanager_core::state::RunState;
use serde::Serialize;

use super::look::is_alive;

/// How many letters of a commit are shown.
const COMMIT: usize = 7;

/// How many commits are named; nobody reads more.
const MOST_COMMITS: usize = 3;

/// The runs that were asked for, by what there is of them already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// To be started, those that did not succeed before included.
    pub(crate) new: u64,
    /// Done: an earlier run succeeded.
    pub(crate) done: u64,
    /// Not over, or not known to be.
    pub(crate) running: u64,
    /// To be started, though an earlier run was: it did not succeed.
    pub(crate) failed_before: u64,
    /// Those that are done, by the commit that they are of, where that is not the current one.
    pub(crate) done_at_other_commits: BTreeMap<String, u64>,
    /// Those that are not over, by state.
    pub(crate) running_by_state: BTreeMap<RunState, u64>,
    /// Those that live and are not asked for any more.
    pub(crate) gone: Vec<String>,
    /// Which of them were cancelled.
    pub(crate) cancelled: Vec<String>,
    /// The launches that have the runs that failed.
    #[serde(skip)]
    pub(super) failed_in: BTreeSet<LaunchId>,
    /// The launches that have the runs that live.
    #[serde(skip)]
    pub(super) alive_in: BTreeSet<LaunchId>,
}

impl Counts {
    /// Counts.
    pub(super) fn of(comparison: &Comparison, launches: &BTreeMap<LaunchId, EarlierLaunch>) -> Self {
        let mut counts = Self {
            new: comparison.new_runs(),
            done: comparison.count(|standing| matches!(standing, Standing::Done(_))),
            running: comparison.count(is_alive),
            failed_before: comparison.count(|standing| standing == Standing::Failed),
            ..Self::default()
        };
        for ((standing, launch), runs) in &comparison.earlier {
            match standing {
                Standing::Done(Code::Current) => {}
                Standing::Done(Code::Other) => {
                    let git = launches.get(launch).and_then(|launch| launch.git.as_ref());
                    let commit = git.map(|git| git.commit.clone()).unwrap_or_default();
                    *counts.done_at_other_commits.entry(commit).or_default() += runs;
                }
                Standing::Alive(state) => {
                    *counts.running_by_state.entry(*state).or_default() += runs;
                    counts.alive_in.insert(*launch);
                }
                Standing::Failed => drop(counts.failed_in.insert(*launch)),
            }
        }
        counts
    }

    /// Tells whether runs that were asked for live in a launch.
    pub(super) fn lives(&self, launch: LaunchId) -> bool {
        self.alive_in.contains(&launch)
    }

    /// Says it in a line: `12 new, 28 done, 3 running`.
    pub(crate) fn summary(&self) -> String {
        let Self { new, done, running, .. } = self;
        format!("{new} new, {done} done{}, {running} running{}", self.commits(), self.states())
    }

    /// Says at which commits runs were done that are not the current one.
    fn commits(&self) -> String {
        let mut commits: Vec<(&String, &u64)> = self.done_at_other_commits.iter().collect();
        commits.sort_by(|one, other| other.1.cmp(one.1));
        let short = |commit: &str| commit.chars().take(COMMIT).collect::<String>();
        let mut named: Vec<String> = commits
            .iter()
            .take(MOST_COMMITS)
            .map(|(commit, runs)| format!("{runs} at {}", short(commit)))
            .collect();
        if commits.len() > MOST_COMMITS {
            let rest: u64 = commits[MOST_COMMITS..].iter().map(|(_, runs)| **runs).sum();
            named.push(format!("{rest} at others"));
        }
        match commits.as_slice() {
            [] => String::new(),
            [(commit, runs)] => {
                format!(" ({runs} of them at commit {}, which is not the current one)", short(commit))
            }
            _ => format!(" (of them at other commits than the current one: {})", named.join(", ")),
        }
    }

    /// Says in which states those are that are not over, where some do not run.
    fn states(&self) -> String {
        let others = self.running_by_state.iter().filter(|(state, _)| **state != RunState::Running);
        let others: Vec<String> = others.map(|(state, runs)| format!("{runs} {state}")).collect();
        if others.is_empty() { String::new() } else { format!(" (of them {})", others.join(", ")) }
    }

    /// Says how runs that failed, or were cancelled, could be done again in place.
    pub(super) fn failed_sentence(&self) -> Option<String> {
        let launches: Vec<String> = self.failed_in.iter().map(ToString::to_string).collect();
        let again = format!("`neu retry {}`", launches.join(" "));
        match self.failed_before {
            0 => None,
            1 => Some(format!(
                "1 of the new ones did not succeed before; {again} would do it again in its place"
            )),
            count => Some(format!(
                "{count} of the new ones did not succeed before; {again} would do them again in their places"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> Counts {
        Counts { new: 12, done: 28, running: 3, ..Counts::default() }
    }

    #[test]
    fn it_is_said_in_a_line() {
        assert_eq!(counts().summary(), "12 new, 28 done, 3 running");
        let running_by_state = BTreeMap::from([(RunState::Running, 1), (RunState::Pending, 2)]);
        let some = Counts { running_by_state, ..counts() };
        assert_eq!(some.summary(), "12 new, 28 done, 3 running (of them 2 pending)");
    }

    #[test]
    fn other_commits_are_named() {
        let with = |commits: &[(&str, u64)]| {
            let done_at_other_commits =
                commits.iter().map(|(commit, runs)| ((*commit).to_owned(), *runs)).collect();
            Counts { done_at_other_commits, ..counts() }.summary()
        };
        assert_eq!(
            with(&[("abc1234567", 5)]),
            "12 new, 28 done (5 of them at commit abc1234, which is not the current one), 3 running"
        );
        assert_eq!(
            with(&[("a", 1), ("b", 4), ("c", 3), ("d", 2), ("e", 1)]),
            "12 new, 28 done (of them at other commits than the current one: 4 at b, 3 at c, 2 at d, 2 at others), 3 running"
        );
    }

    #[test]
    fn a_retry_is_proposed_for_what_failed() {
        assert_eq!(counts().failed_sentence(), None);
        let failed_in = BTreeSet::from([LaunchId(3), LaunchId(12)]);
        let failed = Counts { failed_before: 4, failed_in, ..counts() };
        assert_eq!(
            failed.failed_sentence().unwrap(),
            "4 of the new ones did not succeed before; `neu retry 3 12` would do them again in their places"
        );
    }
}
