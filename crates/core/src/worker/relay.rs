//! Which of Slurm's signals the program still has to be told of, so that it sees each exactly once.
//!
//! Slurm signals a job in two ways. With `proctrack/linuxproc` and `pgid` of the processes that it tracks, TERM of
//! scancel, requeue, preemption and the time limit goes to every descendant of slurmstepd, other sessions included.
//! With `proctrack/cgroup`, as on most sites, everything but KILL goes to the children of slurmstepd alone: the batch
//! process (`_slurm_cgroup_is_pid_a_slurm_task` in its source; seen on 22.05). `--signal=B:`, `scancel --batch` go to the batch
//! process alone everywhere. Nothing tells a job which of the two it was.
//!
//! So the worker's second half is the canary: it stands where the program stands, below the batch process and in a
//! process group of its own. The first half, which is the batch process, tells it of each signal by another one.
//! What both have got, everybody has; what only one has got after a moment is passed on, once.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

/// How much later than one half the other may get a signal that goes to all: Slurm sends them in one go.
const MOMENT: Duration = Duration::from_millis(300);

/// The signals that the first half tells the second of, each with the one that it says it by: signals of timers and
/// sockets that a worker does not have, and that neither Slurm nor people send.
const RELAYS: [(Signal, Signal); 6] = [
    (Signal::SIGTERM, Signal::SIGALRM),
    (Signal::SIGINT, Signal::SIGVTALRM),
    (Signal::SIGHUP, Signal::SIGPROF),
    (Signal::SIGUSR1, Signal::SIGURG),
    (Signal::SIGUSR2, Signal::SIGIO),
    (Signal::SIGCONT, Signal::SIGWINCH),
];

/// A signal that came, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) signal: Signal,
    pub(super) by: Half,
}

/// A half of the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    First,
    Second,
}

impl Heard {
    /// Reads the number of a signal that came to the second half.
    pub(super) fn from_number(number: i32) -> Option<Self> {
        let came = Signal::try_from(number).ok()?;
        Some(match RELAYS.iter().find(|(_, relay)| *relay == came) {
            Some((signal, _)) => Self { signal: *signal, by: Half::First },
            None => Self { signal: came, by: Half::Second },
        })
    }
}

/// Gives the signal by which the first half tells the second of one that it got.
pub(super) fn relay_of(signal: Signal) -> Option<Signal> {
    RELAYS.iter().find(|(relayed, _)| *relayed == signal).map(|(_, relay)| *relay)
}

/// Gives the numbers of all such signals.
pub(super) fn relays() -> impl Iterator<Item = i32> {
    RELAYS.into_iter().map(|(_, relay)| relay as i32)
}

/// Holds signals back until it is known who has got them.
#[derive(Debug, Default)]
pub(super) struct Canary {
    held: Vec<(Heard, Instant)>,
}

impl Canary {
    /// Takes note of a signal; of one that both halves have got, nothing remains.
    pub(super) fn hear(&mut self, heard: Heard, now: Instant) {
        match self.held.iter().position(|(other, _)| other.signal == heard.signal) {
            Some(place) if self.held.get(place).is_some_and(|(other, _)| other.by != heard.by) => {
                self.held.remove(place);
            }
            // The same half again, before anything was done about the first: one signal.
            Some(_) => {}
            None => self.held.push((heard, now + MOMENT)),
        }
    }

    /// Gives the signals that are to be passed on now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Signal> {
        let (due, held) = std::mem::take(&mut self.held).into_iter().partition(|(_, until)| *until <= now);
        self.held = held;
        let due: Vec<(Heard, Instant)> = due;
        due.into_iter().map(|(heard, _)| heard.signal).collect()
    }

    /// Gives the time at which something becomes due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.held.iter().map(|(_, until)| *until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Heard = Heard { signal: Signal::SIGTERM, by: Half::First };
    const SECOND: Heard = Heard { signal: Signal::SIGTERM, by: Half::Second };

    #[test]
    fn what_both_halves_have_got_is_not_passed_on_in_either_order() {
        let now = Instant::now();
        for order in [[FIRST, SECOND], [SECOND, FIRST]] {
            let mut canary = Canary::default();
            for heard in order {
                canary.hear(heard, now);
            }
            assert_eq!((canary.next(), canary.due(now + MOMENT)), (None, vec![]));
        }
    }

    #[test]
    fn what_one_half_has_got_is_passed_on_once_and_not_before_its_moment() {
        for heard in [FIRST, SECOND] {
            let (mut canary, now) = (Canary::default(), Instant::now());
            canary.hear(heard, now);
            canary.hear(heard, now);
            assert_eq!(canary.next(), Some(now + MOMENT));
            assert!(canary.due(now).is_empty());
            assert_eq!(canary.due(now + MOMENT), [Signal::SIGTERM]);
            assert!(canary.due(now + MOMENT).is_empty());
        }
    }

    #[test]
    fn a_warning_and_then_the_limit_are_two() {
        let (mut canary, now) = (Canary::default(), Instant::now());
        canary.hear(FIRST, now);
        assert_eq!(canary.due(now + MOMENT), [Signal::SIGTERM]);
        canary.hear(SECOND, now + MOMENT * 2);
        canary.hear(FIRST, now + MOMENT * 2);
        assert!(canary.due(now + MOMENT * 4).is_empty());
    }

    #[test]
    fn different_signals_are_told_apart() {
        let (mut canary, now) = (Canary::default(), Instant::now());
        canary.hear(Heard { signal: Signal::SIGCONT, by: Half::Second }, now);
        canary.hear(FIRST, now);
        assert_eq!(canary.due(now + MOMENT), [Signal::SIGCONT, Signal::SIGTERM]);
    }

    #[test]
    fn a_relay_is_read_as_the_signal_it_stands_for() {
        for (signal, relay) in RELAYS {
            assert_eq!(relay_of(signal), Some(relay));
            assert_eq!(Heard::from_number(relay as i32), Some(Heard { signal, by: Half::First }));
            assert_eq!(Heard::from_number(signal as i32), Some(Heard { signal, by: Half::Second }));
        }
        assert_eq!(relay_of(Signal::SIGCHLD), None);
        assert_eq!(relays().count(), RELAYS.len());
    }
}
