//! Why a worker is to end, and in which words.

use nix::sys::signal::Signal;

use super::Setting;
use super::relay::{Half, Heard};

/// What is said where nobody has stopped anything.
pub(super) const ABANDONED: &str = "its command was killed or crashed";

/// The signal by which the first half tells the second that the command they belong to is gone.
pub(super) const ABANDON: Signal = Signal::SIGALRM;

/// Why a worker is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Somebody asked for it by this signal.
    Told(Signal),
    /// Its command is gone, and has not let it go.
    Abandoned,
}

impl Stop {
    /// Tells whether a signal asks for the end.
    pub(super) fn asked_by(heard: Heard, setting: &Setting) -> Option<Self> {
        let asks = matches!(heard.signal, Signal::SIGINT | Signal::SIGTERM | Signal::SIGHUP);
        asks.then_some(match (setting, heard.by) {
            // On this machine the first half passes signals on as they are.
            (Setting::Foreground(_), Half::First) => Self::Abandoned,
            (Setting::Foreground(_) | Setting::Job(_), _) => Self::Told(heard.signal),
        })
    }

    /// Gives the signal that programs may be told it by.
    pub(super) fn signal(self) -> Signal {
        match self {
            Self::Told(signal) => signal,
            Self::Abandoned => Signal::SIGTERM,
        }
    }

    /// Says by what a run was stopped that was executing.
    pub(super) fn of_a_run(self) -> String {
        match self {
            Self::Told(signal) => signal.to_string(),
            Self::Abandoned => format!("{}, since {ABANDONED}", self.signal()),
        }
    }

    /// Says why a run is not started.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Told(Signal::SIGINT) => "Ctrl-C",
            Self::Told(Signal::SIGHUP) => "the terminal was closed",
            Self::Told(_) => "the worker was told to stop",
            Self::Abandoned => ABANDONED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::Input;

    #[test]
    fn who_is_abandoned_was_not_told_to_stop() {
        let here = Setting::Foreground(Input::Nothing);
        let abandoned = Heard::from_number(ABANDON as i32).unwrap();
        let stop = Stop::asked_by(abandoned, &here).unwrap();
        assert_eq!((stop, stop.signal()), (Stop::Abandoned, Signal::SIGTERM));
        assert_eq!(stop.of_a_run(), "SIGTERM, since its command was killed or crashed");
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            let heard = Heard::from_number(signal as i32).unwrap();
            assert_eq!(Stop::asked_by(heard, &here), Some(Stop::Told(signal)));
            assert_eq!(Stop::Told(signal).of_a_run(), signal.to_string());
        }
        let other = Heard::from_number(Signal::SIGUSR1 as i32).unwrap();
        assert_eq!(Stop::asked_by(other, &here), None);
    }
}
