//! A look at what earlier launches did of an order, and a second one in the turn to decide.

use std::thread;
use std::time::Duration;

use neuromanager_core::engine::earlier::{Earlier, Reach, Sought};
use neuromanager_core::engine::git::Question;
use neuromanager_core::engine::survey::{Handing, Supports};
use neuromanager_core::plan::{Argument, Comparison, Plan, Standing};
use neuromanager_core::store::{Git, Turn, TurnTaking};

use super::super::App;
use super::super::order::{Manner, Order};
use super::Counts;
use crate::exit::Exit;
use crate::report::{Failure, in_a_line};
use crate::ui::{Notice, Ui};

/// The pauses between two tries to have the turn: the first, which doubles up to the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));

/// What is known of earlier launches of an order's command.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) earlier: Earlier,
    /// The order's plan, before anything is left out.
    whole: Plan,
    command: Vec<Argument>,
    reach: Reach,
    git: Option<Git>,
}

/// A plan beside what is known, and its numbers.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) comparison: Comparison,
    pub(super) counts: Counts,
}

impl Look {
    /// Looks at every launch of the store; the supports are asked about those that are not over.
    pub(super) fn at_all(order: &Order, reach: Reach, app: &App) -> Result<Self, Failure> {
        let git = Question::ask(app.runner(), order.folder.clone()).answer();
        let command = order.plan.command().iter().cloned().map(Argument).collect();
        let mut look = Self { earlier: Earlier::default(), whole: order.plan.clone(), command, reach, git };
        look.again(order, app)?;
        Ok(look)
    }

    /// Looks at launches that it has not seen before, and tells whether there is any of the command.
    pub(super) fn again(&mut self, order: &Order, app: &App) -> Result<bool, Failure> {
        let runner = app.runner();
        let (local, slurm) = (App::local(), App::slurm(&runner));
        let supports = Supports { local: &local, slurm: &slurm };
        let sought = Sought {
            command: &self.command,
            folder: &order.folder,
            place: &order.place,
            reach: self.reach,
            git: self.git.as_ref(),
        };
        Ok(self.earlier.look(&app.settings.store(), &sought, &supports)?)
    }

    /// Compares the whole plan with what is known.
    pub(super) fn compare(&mut self) -> Seen {
        let comparison = self.earlier.runs.compare(&self.whole);
        let counts = Counts::of(&comparison, &self.earlier.launches);
        Seen { comparison, counts }
    }

    /// Says how many runs are new, done and running, and what the user should know of those that are not new.
    pub(super) fn tell(&self, counts: &Counts, ui: Ui) {
        for (id, error) in &self.earlier.unreadable {
            ui.warn(&format!("launch {id} cannot be read: {}", in_a_line(error)));
        }
        ui.say(&counts.summary());
        for (id, launch) in &self.earlier.launches {
            if !counts.lives(*id) {
                continue;
            }
            if launch.handing == Handing::Half {
                ui.warn(&format!(
                    "launch {id} is half submitted, and its runs count as running: `neu resume {id}` completes it"
                ));
            } else if let Some(cause) = &launch.doubt {
                ui.warn(&format!(
                    "it is not known whether all runs of launch {id} live, and none is started twice: {cause}"
                ));
            }
        }
        if let Some(failed) = counts.failed_sentence() {
            ui.say(&failed);
        }
    }
}

/// Asks a person whether to start runs that a launch may have which cannot be read; where nobody can be asked, none is.
pub(super) fn ask_about_unreadable(look: &Look, manner: Manner, app: &App) -> Result<(), Failure> {
    if look.earlier.unreadable.is_empty() || manner.yes {
        return Ok(());
    }
    let refused =
        |exit| Failure::new(exit, "nothing was started: a launch that cannot be read may have these runs");
    if !app.settings.interactive {
        return Err(refused(Exit::Store).hint("add `--yes` where it surely has none of them"));
    }
    if Ui::ask("it may have some of these runs; start them all the same?")? {
        Ok(())
    } else {
        Err(refused(Exit::Interrupted))
    }
}

/// Waits for the turn. A client that gives no sign of life for two minutes loses it.
pub(super) fn take_turn(ui: Ui, app: &App) -> Result<Turn, Failure> {
    let store = app.settings.store();
    let mut notice = Notice::new(ui);
    let (mut pause, longest) = PAUSES;
    loop {
        match store.take_turn()? {
            TurnTaking::Ours(turn) => return Ok(turn),
            TurnTaking::Theirs(client) => {
                notice.say(&format!("waiting for {client}, which starts runs here just now"));
            }
        }
        thread::sleep(pause);
        pause = (pause * 2).min(longest);
    }
}

/// Tells whether an earlier run is not over.
pub(super) fn is_alive(standing: Standing) -> bool {
    matches!(standing, Standing::Alive(_))
}
