//! A launch on Slurm: checks what the cluster would not take, submits, and says what to type next.

use std::time::Duration;

use neuromanager_core::engine::create::Request;
use neuromanager_core::engine::limits::{CHOOSE_CLUSTER, Excess, Limits, NeedOfCount, Room};
use neuromanager_core::engine::submit::{Handed, News, REPLACED, Submitted, Terms, submit};
use neuromanager_core::id::LaunchId;
use neuromanager_core::patience::Patience;
use neuromanager_core::process::host;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::resources::{Resources, Setting};
use neuromanager_core::slurm::query::QueryError;
use neuromanager_core::slurm::squeue::{self, Counted};
use neuromanager_core::store::Answer;
use neuromanager_core::tool::{ToolEnvironment, scheduler_environment};

use super::App;
use super::interrupting::{Progress, What};
use super::naming::jobs;
use super::order::{Manner, Order};
use super::selecting::Picked;
use super::wait::{conclude, until_over};
use crate::exit::Exit;
use crate::json;
use crate::report::{Failure, in_a_line};
use crate::ui::{Notice, Ui, Volume, print};

/// How long the count of the user's jobs may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Submits an order.
pub(super) fn start(order: Order, manner: Manner, app: &App) -> Result<Exit, Failure> {
    let ui = app.ui.at(manner.volume);
    let runs = order.plan.len();
    app.interrupting.begin(ui);
    let limits = limits_for(&order, app, ui)?;
    let room = app.room(&limits, &order.resources, &app.sbatch_variables(), runs);
    let store = app.settings.store();
    let described = order.describe();
    let cluster = limits.cluster_name().map(str::to_owned);
    let counts = order.skipped.as_ref().map(|skipped| skipped.counts.clone());
    let submitted = submit(
        &store,
        Request { cluster, ..order.into_request(Patience::default(), app) },
        &app.runner(),
        &std::env::current_exe()?,
        app.terms(&limits, room.as_ref()),
        &|id, news| {
            if *news == News::Written {
                let progress = Progress { id, what: What::Launch, all: runs, handed: 0 };
                app.interrupting.hand(progress, ui);
            }
            app.hear(id, news, ui);
        },
    );
    app.interrupting.end();
    let submitted = submitted?;
    limits.keep(&store);
    let id = LaunchId(submitted.launch.id);
    if manner.json {
        print(&json::submitted(&app.survey(&store, &[id])?, counts.as_ref()))?;
    } else {
        tell(&submitted, &described, manner.volume, ui)?;
    }
    let troubled = troubles(id.0, submitted.launch.runs, &submitted.handed, room.as_ref(), ui);
    app.settings.remember(&store);
    if manner.wait {
        return wait(&submitted, ui, app);
    }
    Ok(if troubled { Exit::Scheduler } else { Exit::Done })
}

/// Gives the limits of the cluster, which would take the order, and says what the user may not expect of it.
pub(super) fn limits_for(order: &Order, app: &App, ui: Ui) -> Result<Limits, Failure> {
    let limits = app.limits(ui)?;
    check_against(&limits, order, app)?;
    for note in notes(&order.resources) {
        ui.warn(&note);
    }
    Ok(limits)
}

/// Checks an order against the cluster, where there is one: a dry run works on a laptop, too.
pub(super) fn check(order: &Order, app: &App) -> Result<(), Failure> {
    match app.limits(app.ui) {
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
    let variables = app.sbatch_variables();
    let excesses = limits.excesses(&order.resources, |name| value_of(&variables, name));
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
    };
    Failure::new(Exit::Usage, text).hint(hint)
}

/// Looks up a variable that is set to something.
pub(super) fn value_of(variables: &[(String, String)], name: &str) -> Option<String> {
    let set = variables.iter().find(|(known, value)| known == name && !value.is_empty());
    set.map(|(_, value)| value.clone())
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

fn tell(submitted: &Submitted, described: &str, volume: Volume, ui: Ui) -> Result<(), Failure> {
    let id = submitted.launch.id;
    let taken = submitted.handed.jobs();
    if taken.is_empty() {
        return Ok(());
    }
    if volume == Volume::Quiet {
        return Ok(print(&format!("{id}\n"))?);
    }
    print(&format!("launch {id}: {described}, Slurm {}\n", jobs(&taken)))?;
    ui.say(&format!("  neu status {id}\n  neu logs {id}.{} -f", submitted.launch.runs / 2));
    Ok(())
}

/// Says what takes long, and what is done about it; nothing of what goes as it should.
pub(super) fn describe_news(id: u64, news: &News) -> Option<String> {
    let safe = format!("Ctrl-C is safe: `neu resume {id}` goes on");
    Some(match news {
        News::Written | News::Handed { .. } => return None,
        News::Silent => format!("launch {id}: Slurm does not answer yet; {safe}"),
        News::Lost { words } => format!(
            "launch {id}: Slurm gave no clear answer: {words}; looking whether it has the job; {safe}"
        ),
        News::Unproven { words } => {
            format!("launch {id}: whether Slurm has it is not known yet: {words}; looking again")
        }
        News::Again => format!("launch {id}: Slurm surely does not have it; submitting again; {safe}"),
        News::Damaged { damage } => format!(
            "launch {id}: in its submissions.jsonl {damage}: looking for its jobs in Slurm and in its journal; {safe}"
        ),
        News::Restored { job, runs } => {
            format!("launch {id}: Slurm has runs {runs} as job {job}, which is written down again")
        }
        News::Mended => format!("launch {id}: its submissions.jsonl tells of all its jobs again"),
        News::Doubled { kept, cancelled } => {
            let others: Vec<String> = cancelled.iter().map(u32::to_string).collect();
            format!(
                "launch {id}: Slurm had it more than once; job {kept} stays, cancelled: {}",
                others.join(", ")
            )
        }
    })
}

/// Says which runs Slurm did not take, and tells whether it prevented any.
pub(super) fn troubles(id: u64, all: u64, handed: &Handed, room: Option<&Room>, ui: Ui) -> bool {
    let mut troubled = false;
    for (runs, answer) in &handed.answers {
        let which = if runs.len() == all { "it".to_owned() } else { format!("runs {runs}") };
        match answer {
            Answer::Accepted(_) => continue,
            Answer::Refused(words) => ui.error(&format!("launch {id}: Slurm refused {which}: {words}")),
            Answer::Uncertain(words) => ui.error(&format!(
                "launch {id}: whether Slurm has {which} is not known: {words}\nhint: `neu resume {id}` looks again; do not start it a second time"
            )),
        }
        troubled = true;
    }
    if let Some(later) = &handed.later {
        let why = room.map_or_else(
            || later.words.clone(),
            |Room { limit, at_most, .. }| format!("{limit} lets you have {at_most} at once"),
        );
        ui.warn(&format!(
            "launch {id}: {} of {all} runs are not in the queue yet; {why}\nhint: `neu wait {id}` hands over the rest as there is room",
            later.runs.len()
        ));
        troubled |= handed.accepted().is_empty();
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
    /// Hears what happens while runs of a launch are handed over.
    pub(super) fn hear(&self, id: u64, news: &News, ui: Ui) {
        if let News::Handed { runs } | News::Restored { runs, .. } = news {
            self.interrupting.advance(runs.len());
        }
        if let Some(words) = describe_news(id, news) {
            ui.warn(&words);
        }
    }

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

    /// Gives the limits of the cluster, and says so where it does not tell them.
    pub(super) fn limits(&self, ui: Ui) -> Result<Limits, QueryError> {
        let chosen =
            CHOOSE_CLUSTER.iter().map(|name| self.settings.text(name).unwrap_or_default().to_owned());
        // Machines of several clusters may share a store, and mean each its own where no variable chooses.
        let (store, cluster) = (self.settings.store(), chosen.chain([host()]).collect::<Vec<_>>());
        if let Some(limits) = Limits::fresh(&store, &cluster) {
            return Ok(limits);
        }
        let known = Notice::during(ui, "Slurm does not answer yet", || {
            Limits::ask_now(&store, &self.runner(), cluster, self.user())
        })?;
        if let Some(silence) = known.silence {
            let instead = if known.limits.are_assumed() {
                "without its limits"
            } else {
                "with the limits it told before"
            };
            let why = in_a_line(&silence);
            ui.warn(&format!("Slurm does not tell its limits; going on {instead}: {why}"));
        }
        Ok(known.limits)
    }

    /// Gives the user's name as the shell knows it; the system is not asked.
    pub(super) fn user(&self) -> Option<&str> {
        self.settings.text("USER").or_else(|| self.settings.text("LOGNAME"))
    }

    /// Gives the terms on which runs are handed to Slurm; `NEU_PATIENCE` sets for how many seconds a submission
    /// without an answer is pursued.
    pub(super) fn terms(&self, limits: &Limits, room: Option<&Room>) -> Terms {
        let terms = limits.terms();
        let patience = self.settings.text("NEU_PATIENCE").and_then(|seconds| seconds.parse().ok());
        Terms {
            room: room.map(|room| room.left),
            patience: patience.map_or(terms.patience, Duration::from_secs),
            ..terms
        }
    }

    /// Gives the room that the user's limits leave, where that is too little for `runs` more. A queue that cannot be
    /// asked now counts as empty: Slurm has the last word.
    pub(super) fn room(
        &self,
        limits: &Limits,
        resources: &Resources,
        variables: &[(String, String)],
        runs: u64,
    ) -> Option<Room> {
        let uid = nix::unistd::getuid().as_raw();
        let queued = |counted: &Counted| match limits.need_of_count(runs) {
            NeedOfCount::None => 0,
            NeedOfCount::Needed => squeue::count(&self.runner(), uid, counted, DEADLINE).unwrap_or(0),
        };
        limits.room(resources, runs, |name| value_of(variables, name), queued)
    }
}
