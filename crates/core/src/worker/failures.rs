//! What runs that fail mean for the others. Pure.

use crate::patience::Patience;

/// Counts the runs that failed.
#[derive(Debug, Default)]
pub(super) struct Failures {
    count: u64,
}

/// What a failure comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Consequence {
    /// Nothing.
    Nothing,
    /// No run is started any more, for this reason.
    StartNoMore(String),
    /// And those that run are stopped.
    StopAll(String),
}

impl Failures {
    /// Adds `run`, and tells what comes of it.
    pub(super) fn add(&mut self, run: u64, patience: Patience) -> Consequence {
        self.count += 1;
        match patience {
            Patience::KeepGoing => Consequence::Nothing,
            Patience::UpTo(most) if self.count < most.get() => Consequence::Nothing,
            Patience::UpTo(most) if most.get() == 1 => {
                Consequence::StartNoMore(format!("--max-failures: run {run} failed"))
            }
            Patience::UpTo(_) => {
                Consequence::StartNoMore(format!("--max-failures: {} runs failed", self.count))
            }
            Patience::None => Consequence::StopAll(format!("--fail-fast: run {run} failed")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    fn consequences(patience: Patience) -> Vec<Consequence> {
        let mut failures = Failures::default();
        [4, 7, 2].into_iter().map(|run| failures.add(run, patience)).collect()
    }

    #[test]
    fn without_a_limit_nothing_comes_of_failures() {
        assert!(consequences(Patience::KeepGoing).iter().all(|after| *after == Consequence::Nothing));
    }

    #[test]
    fn the_limit_is_the_last_failure_that_is_borne() {
        let after = consequences(Patience::UpTo(NonZeroU64::new(2).unwrap()));
        assert_eq!(after[0], Consequence::Nothing);
        assert_eq!(after[1], Consequence::StartNoMore("--max-failures: 2 runs failed".to_owned()));
        let first = &consequences(Patience::UpTo(NonZeroU64::MIN))[0];
        assert_eq!(*first, Consequence::StartNoMore("--max-failures: run 4 failed".to_owned()));
    }

    #[test]
    fn without_patience_the_first_failure_stops_all() {
        let first = &consequences(Patience::None)[0];
        assert_eq!(*first, Consequence::StopAll("--fail-fast: run 4 failed".to_owned()));
    }
}
