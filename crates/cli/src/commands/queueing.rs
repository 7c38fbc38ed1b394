//! Says that a launch of this machine waits for what others have, and that it goes on.

use neuromanager_core::event::Event;

use crate::ui::{Ui, one_line};

/// What was said of a launch's waiting.
#[derive(Debug)]
pub(super) struct Queueing {
    launch: u64,
    ui: Ui,
    is_waiting: bool,
}

impl Queueing {
    /// Speaks of a launch.
    pub(super) fn of(launch: u64, ui: Ui) -> Self {
        Self { launch, ui, is_waiting: false }
    }

    /// Hears a record of the runs that are shown.
    pub(super) fn hear(&mut self, event: &Event) {
        let launch = self.launch;
        if let Event::Waits(waits) = event {
            self.ui.say(&format!("launch {launch} waits for {}", one_line(&waits.reason)));
            self.is_waiting = true;
        }
        if matches!(event, Event::Started(_)) && std::mem::take(&mut self.is_waiting) {
            self.ui.say(&format!("launch {launch} goes on"));
        }
    }
}
