//! `neusweep --check-flags`: which parameters the script does not know, by what its own `--help` says.

use neuromanager_core::config::SupportKind;
use neuromanager_core::engine::flags::{Comparison, Doubt, PATIENCE, Trouble, compare};
use neuromanager_core::plan::quote;
use neuromanager_core::worker::Question;

use super::App;
use super::order::Order;
use super::run::starting_folder;
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::{Volume, print, printable};

/// Asks the script, and says which names it does not take. Nothing is started.
pub(super) fn check_flags(order: &Order, volume: Volume, app: &App) -> Result<Exit, Failure> {
    let ui = app.ui.at(volume);
    let argv = order.plan.at(0).words();
    let command = quote::command(&argv);
    let temporary = app.settings.temporary();
    let question = Question {
        env: &order.env,
        argv,
        folder: starting_folder(order.place.kind, &order.resources, app),
        temporary: &temporary,
        deadline: PATIENCE,
    };
    let clean = |text: &str| text.lines().map(|line| printable(line) + "\n").collect();
    let found = compare(&order.plan, &question, &app.runner(), clean)?;
    if order.place.kind == SupportKind::Slurm && !found.is_empty() {
        ui.say("asked on this machine; a node of the cluster may have another version of the script");
    }
    for doubt in found.doubtful.iter().filter(|doubt| !doubt.is_certain()) {
        ui.warn(&describe(doubt, &command));
    }
    if !found.untold.is_empty() {
        let text = format!(
            "the help of `{command}` shows no configuration: {} could not be checked",
            listed(&found.untold)
        );
        ui.warn(&text);
    }
    let unknown: Vec<_> = found.doubtful.iter().filter(|doubt| doubt.is_certain()).collect();
    let lines: String = unknown.iter().map(|doubt| describe(doubt, &command) + "\n").collect();
    print(&lines)?;
    if !unknown.is_empty() {
        return Ok(Exit::SomeFailed);
    }
    ui.say(&conclusion(&found, &command));
    Ok(Exit::Done)
}

fn describe(doubt: &Doubt, command: &str) -> String {
    let Doubt { parameter, written, trouble } = doubt;
    match trouble {
        Trouble::Beginning(of) => format!(
            "`{command}` has no `{written}`; argparse takes it for `--{of}`, unless the program forbids that: write `{of}`"
        ),
        Trouble::Unknown(nearest) => {
            let meant = nearest.iter().filter(|nearest| *nearest != parameter);
            let meant: String = meant.map(|nearest| format!("; did you mean `{nearest}`?")).collect();
            format!("`{command}` does not know `{written}`{meant}")
        }
    }
}

fn conclusion(found: &Comparison, command: &str) -> String {
    match (found.known.len(), found.is_empty()) {
        (_, true) => format!("`{command}` is given no parameter as a flag: there is nothing to check"),
        (0, false) => format!("of no parameter it is known whether `{command}` knows it"),
        (_, false) => format!("`{command}` knows {}", listed(&found.known)),
    }
}

fn listed(names: &std::collections::BTreeSet<String>) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
