//! The verbs: each selects, calls the engine, prints, and chooses the exit.

mod cancel;
mod causes;
mod check_flags;
mod count;
mod crew;
mod detached;
pub(crate) mod details;
mod echo;
mod follow;
mod following;
mod foreground;
mod gpus;
mod holding;
mod interrupting;
mod launching;
mod limits;
mod live;
mod logs;
mod ls;
mod naming;
mod news;
mod order;
mod parting;
mod points;
mod prune;
mod purpose;
mod queueing;
mod removing;
mod rerun;
mod resume;
mod retained;
mod retry;
mod retrying;
mod rm;
mod run;
mod selecting;
mod show;
mod showing;
mod site;
mod skipping;
mod status;
mod submit;
mod summary;
mod surveying;
mod sweep;
mod table;
mod taking_up;
mod viewing;
mod wait;
mod waits;
mod worker;

use std::ffi::OsString;
use std::path::PathBuf;

use neuromanager_core::support::local::Local;
use neuromanager_core::support::slurm::Slurm;
use neuromanager_core::tool::{Runner, SystemRunner};
use neuromanager_core::worker::Node;

use crate::args::{NeuArgs, Verb};
use crate::exit::Exit;
use crate::report::Failure;
use crate::settings::{Settings, SurroundingsError};
use crate::ui::{Ui, shown};

use interrupting::Interrupting;
pub(crate) use run::neurun;
pub(crate) use skipping::Counts;
pub(crate) use sweep::neusweep;

/// What every verb works with.
#[derive(Debug)]
pub(crate) struct App {
    /// The surroundings.
    pub(crate) settings: Settings,
    /// The terminal.
    pub(crate) ui: Ui,
    /// What is said where a signal ends the command.
    pub(crate) interrupting: Interrupting,
}

impl App {
    /// Reads the surroundings in which `typed` was typed, as if in the folder that `folders` lead to.
    pub(crate) fn new(typed: Vec<OsString>, folders: &[PathBuf], ui: Ui) -> Result<Self, Failure> {
        let settings = Settings::read(typed, folders).map_err(|error| match error {
            SurroundingsError::Lost(error) => {
                Failure::from(error).hint("the current folder cannot be found: was it removed?")
            }
            SurroundingsError::NoFolder { folder, source } => {
                Failure::new(Exit::Usage, format!("cannot go to `{}`: {source}", shown(&folder)))
            }
        })?;
        Ok(Self { settings, ui, interrupting: Interrupting::default() })
    }

    /// Gives what starts the scheduler's commands, in the user's environment.
    fn runner(&self) -> SystemRunner {
        SystemRunner::new(self.settings.variables.iter().cloned())
    }

    /// Gives the support of this machine.
    fn local() -> Local {
        Local::new(Node::this(None))
    }

    /// Gives the support of Slurm, asked through `runner`.
    fn slurm(runner: &dyn Runner) -> Slurm<'_> {
        Slurm::new(runner, Node::this(None))
    }
}

/// Runs a verb of `neu`.
pub(crate) fn neu(args: NeuArgs, app: &App) -> Result<Exit, Failure> {
    match args.verb {
        Verb::Status(args) => status::status(&args, app),
        Verb::Show(args) => show::show(&args, app),
        Verb::Logs(args) => logs::logs(&args, app),
        Verb::Cancel(args) => cancel::cancel(&args, app),
        Verb::Retry(args) => retry::retry(&args, app),
        Verb::Rerun(args) => rerun::rerun(&args, app),
        Verb::Resume(args) => resume::resume(&args, app),
        Verb::Wait(args) => wait::wait(&args, app),
        Verb::Ls(args) => ls::ls(&args, app),
        Verb::Rm(args) => rm::rm(&args, app),
        Verb::Prune(args) => prune::prune(&args, app),
        Verb::Run(args) => neurun(&args, app),
        Verb::Sweep(args) => neusweep(&args, app),
        Verb::Worker(args) => worker::worker(&args, app),
        Verb::Execute(args) => worker::execute(&args, app),
        Verb::LookAtGpus => gpus::look_on_demand(app),
    }
}
