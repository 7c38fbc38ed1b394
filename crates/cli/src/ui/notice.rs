//! Says what is waited for, once it has lasted: what is done at once needs no words.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Ui;

/// How long a person waits before wondering.
const UNSAID: Duration = Duration::from_secs(2);

/// What is waited for.
#[derive(Debug)]
pub(crate) struct Notice {
    ui: Ui,
    began: Instant,
    said: String,
}

impl Notice {
    /// Begins to wait.
    pub(crate) fn new(ui: Ui) -> Self {
        Self { ui, began: Instant::now(), said: String::new() }
    }

    /// Does something that nobody can look into, and says what is waited for once it has lasted.
    pub(crate) fn during<T>(ui: Ui, text: &str, work: impl FnOnce() -> T) -> T {
        let (working, is_over) = channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                if is_over.recv_timeout(UNSAID) == Err(RecvTimeoutError::Timeout) {
                    ui.say(text);
                }
            });
            let done = work();
            drop(working);
            done
        })
    }

    /// Says it where it is news and has lasted for a while.
    pub(crate) fn say(&mut self, text: &str) {
        if self.began.elapsed() > UNSAID && self.said != text {
            text.clone_into(&mut self.said);
            self.ui.say(text);
        }
    }
}
