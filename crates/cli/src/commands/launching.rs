//! What `neurun` and `neusweep` share: look before, ask, and start.

use std::io::{self, BufWriter, Write};

use neuromanager_core::config::SupportKind;
use neuromanager_core::engine::create::Request;
use neuromanager_core::engine::git;
use neuromanager_core::plan::{Plan, script};
use neuromanager_core::resources::Resources;
use neuromanager_core::store::Names;

use super::{App, foreground, submit};
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::{Ui, Volume};

/// Above this many runs a person at a terminal is asked once.
const ASK_ABOVE: u64 = 100;

/// How to start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Only say what would happen.
    pub(super) dry_run: bool,
    /// Stay until the end.
    pub(super) wait: bool,
    /// Never ask.
    pub(super) yes: bool,
    /// Print the launch as JSON.
    pub(super) json: bool,
    /// How much to say.
    pub(super) volume: Volume,
}

/// What to start.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) name: String,
    pub(super) place: Names,
    pub(super) env: Vec<String>,
    pub(super) resources: Resources,
    pub(super) plan: Plan,
}

/// Starts an order, or says what would happen.
pub(super) fn launch(order: Order, manner: Manner, app: &App) -> Result<Exit, Failure> {
    if manner.dry_run {
        write_dry_run(&order, app)?;
        return Ok(Exit::Done);
    }
    let runs = order.plan.len();
    if runs > ASK_ABOVE && !manner.yes && app.settings.interactive {
        let target = order
            .place
            .device
            .as_ref()
            .map_or_else(String::new, |device| format!(" on {}/{device}", order.place.support));
        if !Ui::ask(&format!("start {runs} runs{target}?"))? {
            return Err(Failure::new(Exit::Interrupted, "nothing was started"));
        }
    }
    match order.place.kind {
        SupportKind::Local => foreground::start(order.into_request(app), manner, app),
        SupportKind::Slurm => submit::start(order, manner, app),
    }
}

impl Order {
    /// Adds what the surroundings tell.
    pub(super) fn into_request(self, app: &App) -> Request {
        let Self { name, place, env, resources, plan } = self;
        let sbatch_variables = app.settings.variables.iter().filter_map(|(name, value)| {
            let (name, value) = (name.to_str()?, value.to_str()?);
            name.starts_with("SBATCH_").then(|| (name.to_owned(), value.to_owned()))
        });
        Request {
            name,
            place,
            env,
            resources,
            plan,
            folder: app.settings.folder.clone(),
            typed: app.settings.typed.clone(),
            sbatch_variables: sbatch_variables.collect(),
            git: git::ask(&app.runner(), &app.settings.folder),
        }
    }
}

fn write_dry_run(order: &Order, app: &App) -> Result<(), Failure> {
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

/// Says in a few words what is started.
pub(super) fn describe(request: &Request) -> String {
    let runs = match request.plan.len() {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    };
    match &request.place.device {
        Some(device) => format!("{runs} of {} on {}/{device}", request.name, request.place.support),
        None => format!("{runs} of {}", request.name),
    }
}
