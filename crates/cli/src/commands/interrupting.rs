//! The last words of a command that is interrupted while it hands runs over: how far it was, and what completes it.

use std::process;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use neuromanager_core::worker::Signals;
use nix::sys::signal::Signal;
use signal_hook::low_level::emulate_default_handler;

use super::naming::counted;
use crate::ui::Ui;

/// The exit code of a command that was interrupted.
const INTERRUPTED: i32 = 130;

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    /// It hands nothing over: a signal ends it as ever.
    #[default]
    Idle,
    /// It is about to hand something over, and has written nothing.
    Before,
    /// It hands runs of a launch over.
    Handing(Progress),
    /// It has its own way with signals.
    Attending,
}

/// How far a launch is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// The launch.
    pub(super) id: u64,
    /// What of it is handed over.
    pub(super) what: What,
    /// How many runs are to be handed over.
    pub(super) all: u64,
    /// How many of them Slurm has for certain.
    pub(super) handed: u64,
}

/// What a command hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A launch.
    Launch,
    /// Runs of it once more.
    Retry,
}

/// Says something where a signal ends this command.
#[derive(Debug, Default)]
pub(crate) struct Interrupting {
    stage: Arc<Mutex<Stage>>,
    listening: OnceLock<()>,
}

impl Interrupting {
    /// Something is about to be submitted.
    pub(super) fn begin(&self, ui: Ui) {
        self.enter(Stage::Before);
        self.listen(ui);
    }

    /// Runs are handed over from now on.
    pub(super) fn hand(&self, progress: Progress, ui: Ui) {
        self.enter(Stage::Handing(progress));
        self.listen(ui);
    }

    /// Takes note that Slurm has `runs` more.
    pub(super) fn advance(&self, runs: u64) {
        if let Stage::Handing(progress) = &mut *self.stage.lock().unwrap_or_else(PoisonError::into_inner) {
            progress.handed = progress.all.min(progress.handed + runs);
        }
    }

    /// Nothing is handed over any more.
    pub(super) fn end(&self) {
        self.enter(Stage::Idle);
    }

    /// Signals are for a launch of this machine from now on.
    pub(super) fn attend(&self) {
        self.enter(Stage::Attending);
    }

    fn enter(&self, stage: Stage) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    /// Listens from now on, for as long as this process lives: a signal that was listened for once never ends the
    /// process by itself again. One that cannot listen is ended without words.
    fn listen(&self, ui: Ui) {
        let heard = Arc::clone(&self.stage);
        self.listening.get_or_init(|| {
            let signals = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].map(|signal| signal as i32);
            let Ok(mut signals) = Signals::listen(&signals) else { return };
            // It ends with the process, which waits for nobody.
            thread::spawn(move || {
                loop {
                    for signal in signals.wait(None) {
                        let stage = *heard.lock().unwrap_or_else(PoisonError::into_inner);
                        heed(signal, stage, ui);
                    }
                }
            });
        });
    }
}

/// Ends this process with its last words, unless somebody else looks after signals.
fn heed(signal: i32, stage: Stage, ui: Ui) {
    match stage {
        Stage::Attending => {}
        Stage::Idle => {
            let _ends_this_process = emulate_default_handler(signal);
        }
        Stage::Before => end("interrupted before anything was written or submitted", ui),
        Stage::Handing(progress) => end(&last_words(progress), ui),
    }
}

fn end(words: &str, ui: Ui) {
    ui.warn(words);
    #[expect(clippy::exit, reason = "whoever hands over waits for Slurm, and is not asked")]
    process::exit(INTERRUPTED);
}

fn last_words(Progress { id, what, all, handed }: Progress) -> String {
    let far = if handed == all {
        format!("all {} are handed over", counted(all))
    } else {
        format!("{handed} of {} are handed over: `neu resume {id}` completes it", counted(all))
    };
    match what {
        What::Launch => format!("interrupted: launch {id} is written, {far}"),
        What::Retry => format!("interrupted: the retry of launch {id} is written, {far}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_tell_how_far_it_was_and_what_completes_it() {
        let interrupting = Interrupting::default();
        let progress = Progress { id: 12, what: What::Launch, all: 12, handed: 0 };
        interrupting.enter(Stage::Handing(progress));
        interrupting.advance(5);
        let Stage::Handing(progress) = *interrupting.stage.lock().unwrap() else { panic!() };
        assert_eq!(
            last_words(progress),
            "interrupted: launch 12 is written, 5 of 12 runs are handed over: `neu resume 12` completes it"
        );
        assert_eq!(
            last_words(Progress { what: What::Retry, handed: 12, ..progress }),
            "interrupted: the retry of launch 12 is written, all 12 runs are handed over"
        );
    }
}
