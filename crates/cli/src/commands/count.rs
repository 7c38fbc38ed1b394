//! `--count`: how many runs there would be.

use neuromanager_core::plan::PlanError;

use super::App;
use super::order::Order;
use super::summary::Summary;
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::{Volume, print};

/// Prints the number of runs, for which no configuration is read. What they may take is said beside it where somebody
/// wants to know.
pub(super) fn count(
    points: u64,
    repeats: u64,
    foreseen: impl FnOnce() -> Option<Order>,
    volume: Volume,
    app: &App,
) -> Result<Exit, Failure> {
    if repeats == 0 {
        return Err(PlanError::NoRepeats.into());
    }
    print(&format!("{}\n", u128::from(points) * u128::from(repeats)))?;
    if volume >= Volume::Normal
        && let Some(order) = foreseen()
    {
        app.ui.at(volume).say(&Summary::of(&order, app).to_string());
    }
    Ok(Exit::Done)
}

/// Gives what would be started, or says why it would not.
pub(super) fn foresee(order: Result<Order, Failure>, app: &App) -> Option<Order> {
    order.map_err(|failure| app.ui.warn(&format!("this would not start: {}", failure.in_a_line()))).ok()
}
