//! Says what is waited for, once it has lasted: what is done at once needs no words.

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

    /// Says it where it is news and has lasted for a while.
    pub(crate) fn say(&mut self, text: &str) {
        if self.began.elapsed() > UNSAID && self.said != text {
            text.clone_into(&mut self.said);
            self.ui.say(text);
        }
    }
}
