//! Runs that live and that nobody asks for any more: which they are, the question, and their end.

use std::collections::BTreeMap;

use neuromanager_core::engine::earlier::is_same_device;
use neuromanager_core::id::{LaunchId, RunId};
use neuromanager_core::plan::{EarlierRun, Standing};
use neuromanager_core::ranges::Ranges;
use neuromanager_core::store::{PlannedRun, StoreError};

use super::super::App;
use super::super::cancel::stop_all;
use super::super::naming::{counted, ids};
use super::super::order::{Manner, Order};
use super::super::selecting::Picked;
use super::Counts;
use super::look::Look;
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::{Ui, one_line};

/// How many runs a person is shown.
const LISTED: usize = 20;

/// The runs that are gone from what is asked for.
#[derive(Debug, Default)]
pub(super) struct Gone {
    /// By launch.
    runs: BTreeMap<LaunchId, Ranges>,
    /// The first of them, described.
    listed: Vec<String>,
    count: u64,
}

impl Gone {
    /// Takes those of the runs that live on the device of an order.
    pub(super) fn of(runs: &[EarlierRun], look: &Look, order: &Order, app: &App) -> Result<Self, Failure> {
        let is_here = |run: &&EarlierRun| {
            let launch = look.earlier.launches.get(&run.id.launch);
            launch.is_some_and(|launch| is_same_device(&launch.place, &order.place))
        };
        let here: Vec<&EarlierRun> = runs.iter().filter(is_here).collect();
        let mut by_launch: BTreeMap<LaunchId, Vec<u64>> = BTreeMap::new();
        for run in &here {
            by_launch.entry(run.id.launch).or_default().push(run.id.run);
        }
        let describe = |run: &&EarlierRun| describe(run, app);
        Ok(Self {
            listed: here.iter().take(LISTED).map(describe).collect::<Result<_, StoreError>>()?,
            count: here.len() as u64,
            runs: by_launch.into_iter().map(|(id, runs)| (id, runs.into_iter().collect())).collect(),
        })
    }

    /// Gives the id of each.
    pub(super) fn ids(&self) -> Vec<String> {
        let each = |(launch, runs): (&LaunchId, &Ranges)| {
            let launch = *launch;
            runs.iter().map(move |run| RunId { launch, run }.to_string()).collect::<Vec<_>>()
        };
        self.runs.iter().flat_map(each).collect()
    }

    /// Gives the command that would cancel them.
    fn command(&self) -> String {
        let words = self.runs.iter().map(|(launch, runs)| ids(*launch, runs));
        format!("neu cancel {}", words.collect::<Vec<_>>().join(" "))
    }

    /// Says what they are, a line each.
    fn describe(&self) -> String {
        let (these, verb) = if self.count == 1 { ("it is", "is") } else { ("they are", "are") };
        let more = self.count - self.listed.len() as u64;
        let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
        format!(
            "{} {verb} not asked for any more, though {these} not over:\n{}{more}",
            counted(self.count),
            self.listed.join("\n")
        )
    }

    /// Says in a dry run what would be cancelled.
    pub(super) fn foretell(&self, ui: Ui) {
        if self.count > 0 {
            ui.say(&format!("{}\n`{}` would be offered", self.describe(), self.command()));
        }
    }

    /// Asks a person, once; where nobody can be asked, says what to type instead.
    pub(super) fn may_be_cancelled(&self, manner: Manner, app: &App) -> Result<bool, Failure> {
        if self.count == 0 || manner.yes {
            return Ok(self.count > 0);
        }
        if !app.settings.interactive {
            app.ui.warn(&format!(
                "{}\nhint: `{}` stops them, and so does `--yes`",
                self.describe(),
                self.command()
            ));
            return Ok(false);
        }
        let is_wanted = Ui::ask(&format!("{}\ncancel {}?", self.describe(), counted(self.count)))?;
        if !is_wanted {
            app.ui
                .at(manner.volume)
                .say(&format!("nothing is cancelled: `{}` does it later", self.command()));
        }
        Ok(is_wanted)
    }

    /// Cancels them, and sees that they are gone. What goes wrong is said; it keeps nothing from being started.
    pub(super) fn cancel(&self, counts: &mut Counts, ui: Ui, app: &App) -> Exit {
        let picked = self.runs.iter();
        let picked = picked.map(|(id, runs)| Picked { id: *id, runs: runs.clone(), whole: false }).collect();
        match stop_all(picked, ui, app) {
            Ok(stopped) => {
                counts.cancelled = stopped.ids;
                stopped.exit
            }
            Err(failure) => {
                ui.error(&format!("not cancelled: {}", failure.in_a_line()));
                failure.exit()
            }
        }
    }
}

/// Writes a line for a run: `  12.3  lr0.1-layers4  pending`.
fn describe(run: &EarlierRun, app: &App) -> Result<String, StoreError> {
    let dir = app.settings.store().launch(run.id.launch);
    let PlannedRun { name, .. } = dir.plan()?.run(run.id.run)?;
    let state = match run.standing {
        Standing::Alive(state) => state.word(),
        Standing::Done(_) | Standing::Failed => "over",
    };
    Ok(format!("  {}  {}  {state}", run.id, one_line(&name.unwrap_or_default())))
}
