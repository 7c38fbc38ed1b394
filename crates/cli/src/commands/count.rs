//! `--count`: how many runs there would be.

use neuromanager_core::plan::PlanError;

use super::App;
use super::order::Order;
use super::summary::Summary;
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::{Volume, print};

/// Prints the number of runs, for which no configuration is read. What they may take is said beside it, where the order
/// can be made and somebody wants to know.
pub(super) fn count(
    points: u64,
    repeats: u64,
    order: impl FnOnce() -> Result<Order, Failure>,
    volume: Volume,
    app: &App,
) -> Result<Exit, Failure> {
    if repeats == 0 {
        return Err(PlanError::NoRepeats.into());
    }
    print(&format!("{}\n", u128::from(points) * u128::from(repeats)))?;
    if volume >= Volume::Normal
        && let Ok(order) = order()
    {
        app.ui.at(volume).say(&Summary::of(&order, app).to_string());
    }
    Ok(Exit::Done)
}
