//! A launch on Slurm: checks what the cluster would not take, submits, and says what to type next.

use std::time::Duration;

use neuromanager_core::engine::limits::{CHOOSE_CLUSTER, Excess, Limits, NeedOfCount};
use neuromanager_core::engine::submit::{REPLACED, Submitted, submit};
use neuromanager_core::id::LaunchId;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::resources::{Resources, Setting};
use neuromanager_core::slurm::query::{QueryError, Wanted};
use neuromanager_core::slurm::squeue;
use neuromanager_core::store::Answer;
use neuromanager_core::tool::{ToolEnvironment, scheduler_environment};

use super::App;
use super::order::{Manner, Order};
use super::selecting::Picked;
use super::wait::{conclude, until_over};
use crate::exit::Exit;
use crate::json;
use crate::report::Failure;
use crate::ui::{Ui, print};

/// How long the count of the user's jobs may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// Submits an order.
pub(super) fn start(order: Order, manner: Manner, app: &App) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    let limits = app.limits().map_err(Failure::from)?;
    check_against(&limits, &order, app)?;
    for note in notes(&order.resources) {
        ui.warn(&note);
    }
    let store = app.settings.store();
    let described = order.describe();
    let submitted = submit(
        &store,
        order.into_request(app),
        &app.runner(),
        &std::env::current_exe()?,
        limits.array_size(),
    )?;
    limits.keep(&store);
    let id = LaunchId(submitted.launch.id);
    if manner.json {
        print(&json::submitted(&app.survey(&store, &[id])?))?;
    } else {
        tell(&submitted, &described, ui)?;
    }
    let troubled = troubles(&submitted, ui);
    app.settings.remember(&store);
    if manner.wait {
        return wait(&submitted, ui, app);
    }
    Ok(if troubled { Exit::Scheduler } else { Exit::Done })
}

/// Checks an order against the cluster, where there is one: a dry run works on a laptop, too.
pub(super) fn check(order: &Order, app: &App) -> Result<(), Failure> {
    match app.limits() {
        Ok(limits) => check_against(&limits, order, app),
        Err(error) => {
            app.ui.explain(&format!("the limits of the cluster are not known: {error}"));
            Ok(())
        }
    }
}

fn check_against(limits: &Limits, order: &Order, app: &App) -> Result<(), Failure> {
    if order.resources.get("clusters").is_some() {
        let text = "`clusters` in the resources would hide the job from squeue and scancel";
        return Err(Failure::new(Exit::Usage, text)
            .hint("set SLURM_CLUSTERS instead, which every command of Slurm reads"));
    }
    let runs = order.plan.len();
    let queued = match limits.need_of_count(runs) {
        NeedOfCount::None => 0,
        // A controller that does not answer now may still take the job.
        NeedOfCount::Useful => app.queued().unwrap_or(0),
        NeedOfCount::Required => app.queued()?,
    };
    let variables = app.sbatch_variables();
    let variable = |name: &str| {
        variables
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.clone())
    };
    let excesses = limits.excesses(&order.resources, runs, variable, queued);
    match excesses.split_first() {
        None => Ok(()),
        Some((first, rest)) => Err(refusal(first, rest)),
    }
}

fn refusal(first: &Excess, rest: &[Excess]) -> Failure {
    let mut text = first.to_string();
    for excess in rest {
        text.push_str(&format!("\nerror: {excess}"));
    }
    let hint = match first {
        Excess::Time { limit, .. } => format!("ask for at most `--time={limit}`, or for another partition"),
        Excess::NoPartition { .. } => "`sinfo` lists the partitions".to_owned(),
        Excess::Submitted { .. } => "start fewer runs at a time".to_owned(),
    };
    Failure::new(Exit::Usage, text).hint(hint)
}

/// Says what the user may not expect of the resources.
fn notes(resources: &Resources) -> Vec<String> {
    let mut notes = Vec::new();
    let is_set = |name: &str| !matches!(resources.get(name), None | Some(Setting::Omitted));
    for name in REPLACED.iter().filter(|name| **name != "job-name" && is_set(name)) {
        notes.push(format!(
            "`{name}` of the resources is not used: every run has a log of its own, see `neu logs`"
        ));
    }
    let several = |name: &str| resources.value(name).is_some_and(|value| value != "1");
    if let Some(name) = ["nodes", "ntasks", "ntasks-per-node"].into_iter().find(|name| several(name)) {
        notes.push(format!(
            "with `{name}` the script starts once, on the first node only; start it on the others with srun or torchrun in it"
        ));
    }
    notes
}

fn tell(submitted: &Submitted, described: &str, ui: Ui) -> Result<(), Failure> {
    let id = submitted.launch.id;
    let jobs: Vec<String> = submitted.answers.iter().filter_map(job).map(|job| job.to_string()).collect();
    if jobs.is_empty() {
        return Ok(());
    }
    let jobs = if jobs.len() == 1 { format!("job {}", jobs[0]) } else { format!("jobs {}", jobs.join(", ")) };
    print(&format!("launch {id}: {described}, Slurm {jobs}\n"))?;
    ui.say(&format!("  neu status {id}\n  neu logs {id}.{} -f", submitted.launch.runs / 2));
    Ok(())
}

fn job(answer: &Answer) -> Option<u32> {
    match answer {
        Answer::Accepted(job) => Some(*job),
        Answer::Refused(_) | Answer::Uncertain(_) => None,
    }
}

/// Says which submissions Slurm did not take, and tells whether there are any.
fn troubles(submitted: &Submitted, ui: Ui) -> bool {
    let id = submitted.launch.id;
    let mut troubled = false;
    for answer in &submitted.answers {
        match answer {
            Answer::Accepted(_) => continue,
            Answer::Refused(words) => ui.error(&format!("launch {id}: Slurm refused it: {words}")),
            Answer::Uncertain(words) => ui.error(&format!(
                "launch {id}: whether Slurm has it is not known: {words}\nhint: `neu status {id}` looks again; do not start it a second time"
            )),
        }
        troubled = true;
    }
    troubled
}

fn wait(submitted: &Submitted, ui: Ui, app: &App) -> Result<Exit, Failure> {
    let launch = &submitted.launch;
    let picked = [Picked { id: LaunchId(launch.id), runs: Ranges::span(0, launch.runs - 1), whole: true }];
    let surveys = until_over(&app.settings.store(), &picked, ui, app)?;
    Ok(conclude(&surveys, &picked, ui))
}

impl App {
    /// Gives the variables of the user's shell that sbatch will take options from: inside a job none, since they are
    /// the outer job's.
    pub(super) fn sbatch_variables(&self) -> Vec<(String, String)> {
        let seen =
            scheduler_environment(self.settings.variables.iter().cloned(), ToolEnvironment::Submission);
        let text = seen
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        text.filter(|(name, _)| name.starts_with("SBATCH_")).collect()
    }

    fn limits(&self) -> Result<Limits, QueryError> {
        let cluster =
            CHOOSE_CLUSTER.iter().map(|name| self.settings.text(name).unwrap_or_default().to_owned());
        Limits::known(&self.settings.store(), &self.runner(), cluster.collect(), self.user())
    }

    /// Gives the user's name as the shell knows it; the system is not asked.
    pub(super) fn user(&self) -> Option<&str> {
        self.settings.text("USER").or_else(|| self.settings.text("LOGNAME"))
    }

    /// Counts the jobs that the user has in the queue.
    fn queued(&self) -> Result<u64, Failure> {
        let wanted = Wanted::Owned { uid: nix::unistd::getuid().as_raw() };
        let rows = squeue::query(&self.runner(), &wanted, DEADLINE)?;
        let alive = rows.iter().filter(|row| row.state.is_alive());
        Ok(alive.map(|row| row.tasks.count()).sum())
    }
}
