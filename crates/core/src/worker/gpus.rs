//! Leases of GPUs for the runs of a worker on this machine, where its launch asks for any.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::lease::{Answer, Grant, Leases, Unleased};
use super::{Assignment, Setting, WORKER, WorkerError};
use crate::event::GivenGpu;
use crate::gpu::broker::{self, Application, Broker, Given};
use crate::gpu::environment::variables;
use crate::gpu::placement::Until;
use crate::gpu::wish::Wish;
use crate::id::{LaunchId, RunId};
use crate::process::ProcessId;
use crate::resources::{LocalResources, Resources};
use crate::store::Launch;

/// Where GPUs are leased, and how they are looked at.
#[derive(Debug, Clone)]
pub struct GpuDesk {
    /// The folder that all users of the machine share.
    pub folder: PathBuf,
    /// The program that looks: `neu look-at-gpus` of this one, see [`Broker::new`].
    pub program: PathBuf,
}

/// Gives what leases GPUs to the runs of an assignment. In a job the scheduler does.
pub(super) fn leases(
    assignment: &Assignment,
    launch: &Launch,
    resources: &Resources,
    desk: GpuDesk,
) -> Result<Box<dyn Leases>, WorkerError> {
    let wish = match assignment.setting {
        Setting::Job(_) => None,
        Setting::Foreground(_) => LocalResources::read(resources)?.wish(),
    };
    let Some(Wish { demand, only, priority }) = wish else { return Ok(Box::new(Unleased)) };
    let application = Application {
        launch: LaunchId(launch.id),
        key: launch.key.clone(),
        demand,
        only,
        priority,
        jobs: u64::from(assignment.jobs.get()),
    };
    Ok(Box::new(OfBroker {
        asks_for: demand.to_string(),
        broker: Broker::new(application, desk.folder, looker(&desk.program)),
    }))
}

fn looker(program: &Path) -> Command {
    let mut command = Command::new(program);
    // It is no worker, whatever it inherits.
    command.arg0("neu").arg("look-at-gpus").env_remove(WORKER);
    command
}

#[derive(Debug)]
struct OfBroker {
    asks_for: String,
    broker: Broker,
}

impl Leases for OfBroker {
    fn ask(&mut self, run: RunId, behind: u64) -> Answer {
        match self.broker.ask(run, behind) {
            broker::Answer::Given(given) => Answer::Granted(grant(&given)),
            broker::Answer::Wait { wait, again } => {
                // That its own runs have all that there is needs no words.
                let wait = wait.filter(|wait| wait.until != Until::OwnRunEnds);
                let reason = wait.map(|wait| format!("{}: {}", self.asks_for, wait.reason));
                Answer::Wait { reason, again: Instant::now() + again }
            }
        }
    }

    fn started(&mut self, run: RunId, program: &ProcessId) {
        self.broker.started(run, program.clone());
    }

    fn holds_anything(&self) -> bool {
        true
    }

    fn release(&mut self, run: RunId) {
        self.broker.release(run);
    }

    fn nothing_left(&mut self) {
        self.broker.leave();
    }
}

fn grant(given: &Given) -> Grant {
    let variables = variables(&given.gpus).into_iter().map(|(name, value)| (name.into(), value.into()));
    let gpus = given.gpus.iter().filter_map(|gpu| {
        let holding = given.holdings.iter().find(|holding| holding.gpu == gpu.id)?;
        Some(GivenGpu { id: gpu.id.clone(), index: gpu.label.clone(), share: holding.share })
    });
    Grant { variables: variables.collect(), gpus: gpus.collect() }
}
