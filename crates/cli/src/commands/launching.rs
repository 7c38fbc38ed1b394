//! What `neurun` and `neusweep` share: look before, ask, and start.

use std::io::{self, BufWriter, Write};

use neuromanager_core::config::SupportKind;
use neuromanager_core::plan::{Hint, script};

use super::limits::check_here;
use super::order::{Manner, Order};
use super::skipping::launch_new;
use super::summary::Summary;
use super::{App, foreground, gpus, submit};
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::{Ui, one_line};

/// Above this many runs a person at a terminal is asked once.
const ASK_ABOVE: u64 = 100;

/// Above this many runs nothing starts where nobody can be asked: they are a slip more often than not.
const REFUSE_ABOVE: u64 = 1_000_000;

/// Starts an order, or says what would happen.
pub(super) fn launch(mut order: Order, manner: Manner, app: &App) -> Result<Exit, Failure> {
    tell_slips(&order, manner, app);
    manner.crew.check(order.place.kind)?;
    manner.crew.write_into(&mut order)?;
    if order.place.kind == SupportKind::Local {
        check_here(&order.resources)?;
    }
    gpus::settle(&mut order, app)?;
    if let Some(reach) = manner.skipping.reach() {
        return launch_new(order, reach, manner, app);
    }
    if manner.dry_run {
        return foretell(&order, manner, app);
    }
    ask(&order, manner, app)?;
    start(order, manner, app)
}

/// Says which braces of the command are left as they are, though a swept name is close.
fn tell_slips(order: &Order, manner: Manner, app: &App) {
    for Hint { written, meant } in order.plan.hints() {
        let written = one_line(written);
        app.ui.at(manner.volume).warn(&format!(
            "`{{{written}}}` is left as it is, since `{written}` is not swept: did you mean `{{{meant}}}`?"
        ));
    }
}

/// Starts an order where its support is.
pub(super) fn start(order: Order, manner: Manner, app: &App) -> Result<Exit, Failure> {
    match order.place.kind {
        SupportKind::Local => foreground::start(order, manner, app),
        SupportKind::Slurm => submit::start(order, manner, app),
    }
}

/// Asks a person at a terminal once where there is much to start, which `$limit` decides where there is one. Where
/// nobody can be asked, what is above a limit is refused, and what is beyond reason.
pub(super) fn ask(order: &Order, manner: Manner, app: &App) -> Result<(), Failure> {
    let plan = &order.plan;
    let excesses = plan.excesses();
    let is_much = if plan.limits().is_empty() { plan.len() > ASK_ABOVE } else { !excesses.is_empty() };
    if !is_much || manner.yes {
        return Ok(());
    }
    if !app.settings.interactive {
        return match (excesses.is_empty(), plan.len()) {
            (false, _) => Err(excesses.into()),
            (true, ..=REFUSE_ABOVE) => Ok(()),
            (true, runs) => {
                let failure =
                    Failure::new(Exit::Usage, format!("{runs} runs would start, and nobody can be asked"));
                Err(failure.hint("add `--yes` to start them all, or look at them first with `--dry-run`"))
            }
        };
    }
    match Ui::ask(&format!("start {}?", Summary::of(order, app)))? {
        true => Ok(()),
        false => Err(Failure::new(Exit::Interrupted, "nothing was started")),
    }
}

/// Prints what would be started, and says what it may take.
pub(super) fn foretell(order: &Order, manner: Manner, app: &App) -> Result<Exit, Failure> {
    write_dry_run(order, app)?;
    app.ui.at(manner.volume).say(&Summary::of(order, app).to_string());
    Ok(Exit::Done)
}

/// Prints what would be started.
pub(super) fn write_dry_run(order: &Order, app: &App) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match (order.place.kind, &order.place.device) {
        (SupportKind::Slurm, _) => {
            submit::check(order, app)?;
            script::write_plain(&mut out, &order.resources, &order.env, &order.plan)?;
        }
        (SupportKind::Local, Some(_)) => script::write_local(&mut out, &order.env, &order.plan)?,
        (SupportKind::Local, None) => script::write_commands(&mut out, &order.plan)?,
    }
    out.flush()?;
    Ok(())
}
