//! `--skip-done` and `--sync`: start only what is not there already, and offer to cancel what nobody asks for any more.
//!
//! Everything is asked before anything is done. What is gone is cancelled first, since it may be in the way of what is
//! new; where that fails it is said, and what is new starts all the same, so that each try comes closer to what is wanted.

mod counts;
mod gone;
mod look;

use neuromanager_core::engine::earlier::Reach;
use neuromanager_core::store::Turn;

use super::App;
use super::launching::{ask, foretell, start};
use super::order::{Manner, Order};
use super::summary::Summary;
use crate::args::{ReachArg, SkippingArgs, SyncArgs};
use crate::exit::Exit;
use crate::json;
use crate::report::Failure;
use crate::ui::{Ui, print};
pub(crate) use counts::Counts;
use gone::Gone;
use look::Look;

/// What is not started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skipping {
    /// Everything is.
    Nothing,
    /// What succeeded or lives.
    Done(Reach),
    /// The same, and what lives without being asked for is to be cancelled.
    Sync(Reach),
}

impl Skipping {
    /// Reads the options of `neurun`.
    pub(super) fn of(args: SkippingArgs) -> Self {
        args.skip_done.map_or(Self::Nothing, |reach| Self::Done(reach.into()))
    }

    /// Reads the options of `neusweep`.
    pub(super) fn of_sweep(args: SyncArgs) -> Self {
        match (args.sync, Self::of(args.skipping)) {
            (false, skipping) => skipping,
            (true, Self::Nothing) => Self::Sync(Reach::SameDevice),
            (true, Self::Done(reach) | Self::Sync(reach)) => Self::Sync(reach),
        }
    }

    /// Tells where an earlier run counts, where any does.
    pub(super) fn reach(self) -> Option<Reach> {
        match self {
            Self::Nothing => None,
            Self::Done(reach) | Self::Sync(reach) => Some(reach),
        }
    }

    /// Joins what `neusweep` was told with what the `neurun` was told that it hands over to.
    pub(super) fn and(self, inner: Self) -> Self {
        match (self, inner) {
            (skipping, Self::Nothing) | (Self::Nothing, skipping) => skipping,
            (Self::Done(one), Self::Done(other)) => Self::Done(wider(one, other)),
            (Self::Sync(one), Self::Done(other) | Self::Sync(other))
            | (Self::Done(one), Self::Sync(other)) => Self::Sync(wider(one, other)),
        }
    }
}

fn wider(one: Reach, other: Reach) -> Reach {
    if one == Reach::Anywhere { one } else { other }
}

impl From<ReachArg> for Reach {
    fn from(reach: ReachArg) -> Self {
        match reach {
            ReachArg::Same => Self::SameDevice,
            ReachArg::Any => Self::Anywhere,
        }
    }
}

/// What was left out of an order, and the turn in which that was decided.
#[derive(Debug)]
pub(super) struct Skipped {
    pub(super) counts: Counts,
    pub(super) turn: Turn,
}

/// What there is of an order already.
struct Found {
    look: Look,
    counts: Counts,
    gone: Gone,
    /// What is new of it.
    order: Option<Order>,
}

impl Found {
    /// Looks at earlier launches, and says what there is.
    fn look(order: Order, reach: Reach, manner: Manner, app: &App) -> Result<Self, Failure> {
        let mut look = Look::at_all(&order, reach, app)?;
        let seen = look.compare();
        let gone = match manner.skipping {
            Skipping::Sync(_) => Gone::of(&seen.comparison.gone, &look, &order, app)?,
            Skipping::Nothing | Skipping::Done(_) => Gone::default(),
        };
        let counts = Counts { gone: gone.ids(), ..seen.counts };
        look.tell(&counts, app.ui.at(manner.volume));
        let order = seen.comparison.plan.map(|plan| Order { plan, ..order });
        Ok(Self { look, counts, gone, order })
    }
}

/// Says beside the points of a sweep how many of its runs are new, done and running.
pub(super) fn tell(order: Order, reach: Reach, manner: Manner, app: &App) -> Result<(), Failure> {
    Found::look(order, reach, manner, app).map(drop)
}

/// Prints how many runs of an order are new, and says what they may take.
pub(super) fn count_new(order: Order, reach: Reach, manner: Manner, app: &App) -> Result<Exit, Failure> {
    let Found { counts, order, .. } = Found::look(order, reach, manner, app)?;
    print(&format!("{}\n", counts.new))?;
    if let Some(order) = order {
        app.ui.at(manner.volume).say(&Summary::of(&order, app).to_string());
    }
    Ok(Exit::Done)
}

/// Starts what is new of an order.
pub(super) fn launch_new(order: Order, reach: Reach, manner: Manner, app: &App) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    let Found { look, mut counts, gone, order } = Found::look(order, reach, manner, app)?;
    if manner.dry_run {
        gone.foretell(ui);
        return match order {
            Some(order) => foretell(&order, manner, app),
            None => nothing_to_start(&counts, manner, ui),
        };
    }
    if order.is_some() {
        look::ask_about_unreadable(&look, manner, app)?;
    }
    let is_cancelled = gone.may_be_cancelled(manner, app)?;
    if let Some(order) = &order {
        ask(order, manner, app)?;
    }
    let cancelled = if is_cancelled { gone.cancel(&mut counts, ui, app) } else { Exit::Done };
    let started = match order {
        Some(order) => start_in_turn(order, look, counts, manner, app)?,
        None => nothing_to_start(&counts, manner, ui)?,
    };
    Ok(if started == Exit::Done { cancelled } else { started })
}

/// Takes the turn, looks once more, and starts what is still new then.
fn start_in_turn(
    order: Order,
    mut look: Look,
    mut counts: Counts,
    manner: Manner,
    app: &App,
) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    let turn = look::take_turn(ui, app)?;
    if !look.again(&order, app)? {
        return start(Order { skipped: Some(Skipped { counts, turn }), ..order }, manner, app);
    }
    let seen = look.compare();
    let before = counts.new;
    let (gone, cancelled) = (counts.gone, counts.cancelled);
    counts = Counts { gone, cancelled, ..seen.counts };
    if counts.new < before {
        ui.say(&format!("meanwhile another command has started some of them: {}", counts.summary()));
    }
    match seen.comparison.plan {
        Some(plan) => {
            let skipped = Some(Skipped { counts, turn });
            start(Order { plan, skipped, ..order }, manner, app)
        }
        None => nothing_to_start(&counts, manner, ui),
    }
}

fn nothing_to_start(counts: &Counts, manner: Manner, ui: Ui) -> Result<Exit, Failure> {
    ui.say("nothing is left to start");
    if manner.json && !manner.dry_run {
        print(&json::submitted(&[], Some(counts)))?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_twice_is_joined() {
        use Reach::{Anywhere, SameDevice};
        let done = Skipping::Done;
        assert_eq!(Skipping::Nothing.and(done(SameDevice)), done(SameDevice));
        assert_eq!(done(Anywhere).and(done(SameDevice)), done(Anywhere));
        assert_eq!(Skipping::Sync(SameDevice).and(done(Anywhere)), Skipping::Sync(Anywhere));
        let sync = |reach| SyncArgs { sync: true, skipping: SkippingArgs { skip_done: reach } };
        assert_eq!(Skipping::of_sweep(sync(None)), Skipping::Sync(SameDevice));
        assert_eq!(Skipping::of_sweep(sync(Some(ReachArg::Any))), Skipping::Sync(Anywhere));
    }
}
