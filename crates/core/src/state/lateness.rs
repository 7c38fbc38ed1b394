//! How late the words of a worker may come, and what counts as recent. Pure.

use jiff::{SignedDuration, Timestamp};

use super::{Sighting, Task};
use crate::disk::Disk;
use crate::process::Liveness;

/// How long after a task's end its worker's last record may still be on its way through a network file system.
pub const LAG: SignedDuration = SignedDuration::from_secs(30);

/// How long after a task was missed first it is missed for good, where no record can be on its way: a second look,
/// which no kept answer of the scheduler's serves.
const SECOND_LOOK: SignedDuration = SignedDuration::from_secs(5);

/// How late the last words of a run's worker may come to whoever reads the journal here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// They come through a network file system.
    Network,
    /// They are written to a disk of this host: what was written can be read.
    LocalDisk,
    /// It is seen dead on this host: nothing more comes, and what it wrote can be read.
    Dead,
}

impl Lateness {
    /// Judges by the worker, as it is seen from here, and by the disk that its journal is on.
    ///
    /// A worker of another host or boot writes through a network, also where the file server is this very host.
    pub fn of(worker: Option<Liveness>, disk: Disk) -> Self {
        match (worker, disk) {
            (Some(Liveness::Gone), _) => Self::Dead,
            (Some(Liveness::Alive | Liveness::Elsewhere), _) | (None, Disk::Remote) => Self::Network,
            (None, Disk::Local) => Self::LocalDisk,
        }
    }
}

/// When a run is judged, and how late its worker's words may come then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub now: Timestamp,
    /// How late.
    pub lateness: Lateness,
}

impl Moment {
    /// Tells whether `then` is less than `span` away. A clock that was set back makes a record of the future, which
    /// must not count as recent until that future has come.
    pub(super) fn is_near(&self, then: Timestamp, span: SignedDuration) -> bool {
        self.now.duration_since(then).abs() < span
    }

    /// Tells whether more may come than what a support saw, which is then not the last word.
    pub(crate) fn is_early_for(&self, sighting: &Sighting) -> bool {
        match sighting {
            Sighting::Task(task) => task.state.is_final() && self.may_hear_of(task),
            Sighting::Missing { since } => self.may_find(*since),
            Sighting::Unasked
            | Sighting::NotHanded
            | Sighting::Refused(_)
            | Sighting::Unclear(_)
            | Sighting::WorkerLives
            | Sighting::Gone
            | Sighting::Left { .. } => false,
        }
    }

    /// Tells whether the last words about a task that is over may still come.
    pub(super) fn may_hear_of(&self, task: &Task) -> bool {
        let lag = match self.lateness {
            Lateness::Network => LAG,
            Lateness::LocalDisk | Lateness::Dead => SignedDuration::ZERO,
        };
        task.ended.is_some_and(|ended| self.is_near(ended, lag))
    }

    /// Tells whether a task that was missed first at `since` may still turn up, or words about it.
    pub(super) fn may_find(&self, since: Timestamp) -> bool {
        let span = match self.lateness {
            Lateness::Network => LAG,
            Lateness::LocalDisk => SECOND_LOOK,
            Lateness::Dead => SignedDuration::ZERO,
        };
        self.is_near(since, span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_of_the_worker_says_more_than_its_disk() {
        for disk in [Disk::Local, Disk::Remote] {
            assert_eq!(Lateness::of(Some(Liveness::Gone), disk), Lateness::Dead);
            assert_eq!(Lateness::of(Some(Liveness::Alive), disk), Lateness::Network);
            assert_eq!(
                Lateness::of(Some(Liveness::Elsewhere), disk),
                Lateness::Network,
                "the server of a network file system has it on a disk of its own"
            );
        }
        assert_eq!(Lateness::of(None, Disk::Local), Lateness::LocalDisk);
        assert_eq!(Lateness::of(None, Disk::Remote), Lateness::Network);
    }

    #[test]
    fn a_time_of_the_future_is_near_only_when_it_has_come() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let moment = Moment { now: at(1000), lateness: Lateness::Network };
        assert!(moment.is_near(at(980), LAG) && moment.is_near(at(1020), LAG));
        assert!(!moment.is_near(at(900), LAG) && !moment.is_near(at(5000), LAG));
    }
}
