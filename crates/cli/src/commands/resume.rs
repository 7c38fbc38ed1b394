//! `neu resume`: completes launches that were left half submitted or unfinished, and says what it did.

use neuromanager_core::engine::limits::Room;
use neuromanager_core::engine::resume::{
    Completed, Resuming, adopt, complete, half_submitted, is_half_submitted,
};
use neuromanager_core::engine::submit::Handed;
use neuromanager_core::id::{LaunchId, RunId};
use neuromanager_core::ranges::Ranges;
use neuromanager_core::store::{Answer, Launch, OwnedBy, Store};

use super::App;
use super::interrupting::{Progress, What};
use super::selecting::{pick, readable};
use super::submit::troubles;
use super::taking_up::{take_up, tell_unfinished};
use crate::args::ResumeArgs;
use crate::exit::Exit;
use crate::json;
use crate::report::Failure;
use crate::ui::{Ui, Volume, lines, print};

/// Completes the launches that were named, or all that need it.
pub(super) fn resume(args: &ResumeArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    let ui = app.ui.at(Volume::of(args.quiet, false));
    let ids: Vec<LaunchId> = if args.ids.is_empty() {
        name_unfinished(&store, app)?;
        half_submitted(&store)?
    } else {
        pick(&store, &args.ids)?.into_iter().map(|picked| picked.id).collect()
    };
    if ids.is_empty() {
        ui.say("no launch is half submitted");
    }
    let mut exit = Exit::Done;
    let mut failed = None;
    let mut resumed: Vec<String> = Vec::new();
    for &id in &ids {
        let launch = store.launch(id).read()?;
        if launch.is_local() {
            match take_up(id, args, app) {
                Ok(taken) => {
                    resumed.extend(taken.told.iter().map(|run| RunId { launch: id, run }.to_string()));
                    if taken.exit != Exit::Done {
                        exit = taken.exit;
                    }
                }
                Err(failure) => {
                    failed.get_or_insert(failure);
                }
            }
            continue;
        }
        let completed = match app.complete(&store, &launch, ui) {
            Ok(completed) => completed,
            // The others are completed all the same.
            Err(failure) => {
                failed.get_or_insert(failure);
                continue;
            }
        };
        match completed {
            (Completed::Whole, _) => ui.say(&format!("launch {id}: nothing was missing")),
            (Completed::Busy(theirs), _) => {
                ui.error(&describe_owner(id, &theirs));
                exit = Exit::Scheduler;
            }
            (Completed::Done { handed, lost }, room) => {
                tell(id, &handed, lost, ui);
                resumed.extend(handed.accepted().iter().map(|run| RunId { launch: id, run }.to_string()));
                let troubled = troubles(id.0, launch.runs, &handed, room.as_ref(), ui);
                if troubled || handed.later.is_some() {
                    exit = Exit::Scheduler;
                }
            }
        }
    }
    if args.quiet {
        print(&lines(&resumed))?;
    }
    if args.json {
        print(&json::resumed(&app.survey(&store, &ids)?, &resumed))?;
    }
    failed.map_or(Ok(exit), Err)
}

/// Names the launches of this machine that did not finish: they would be executed here and now, which nobody asked for
/// who did not say which.
fn name_unfinished(store: &Store, app: &App) -> Result<(), Failure> {
    let launches = readable(store, "out", app)?;
    let here: Vec<_> =
        launches.iter().filter(|launch| launch.is_local()).map(|launch| LaunchId(launch.id)).collect();
    for survey in app.survey(store, &here)? {
        tell_unfinished(&survey, app);
    }
    Ok(())
}

fn tell(id: LaunchId, handed: &Handed, lost: usize, ui: Ui) {
    let jobs = handed.answers.iter().filter_map(|(runs, answer)| match answer {
        Answer::Accepted(job) => Some((runs.clone(), *job)),
        Answer::Refused(_) | Answer::Uncertain(_) => None,
    });
    let (runs, jobs): (Vec<Ranges>, Vec<u32>) = jobs.unzip();
    let runs: Ranges = runs.into_iter().collect();
    if runs.is_empty() {
        return;
    }
    let jobs: Vec<String> = jobs.iter().map(u32::to_string).collect();
    let answers = match lost {
        0 => String::new(),
        1 => "; one answer had been lost".to_owned(),
        lost => format!("; {lost} answers had been lost"),
    };
    ui.say(&format!("launch {id}: Slurm has runs {runs} as {}{answers}", jobs.join(", ")));
}

fn describe_owner(id: LaunchId, theirs: &OwnedBy) -> String {
    format!(
        "launch {id} is being submitted by {theirs}, which gave a sign of life {} s ago\nhint: let it finish, or end it and try again",
        theirs.age.as_secs()
    )
}

impl App {
    /// Completes a launch, and tells what limited it.
    fn complete(&self, store: &Store, launch: &Launch, ui: Ui) -> Result<(Completed, Option<Room>), Failure> {
        let id = LaunchId(launch.id);
        if !is_half_submitted(launch, &store.launch(id))? {
            return Ok((Completed::Whole, None));
        }
        let limits = self.limits(ui)?;
        limits.keep(store);
        limits.check_cluster(launch)?;
        let submissions = store.launch(id).submissions()?;
        let unhanded = submissions.unhanded(launch.runs);
        let progress = Progress {
            id: launch.id,
            what: What::Launch,
            all: launch.runs,
            handed: launch.runs - submissions.unsettled(launch.runs).len(),
        };
        let room = self.room(&limits, &launch.resources, &launch.sbatch_variables, unhanded.len());
        let (runner, program) = (self.runner(), std::env::current_exe()?);
        let resuming = Resuming {
            store,
            runner: &runner,
            program: &program,
            terms: self.terms(&limits, room.as_ref()),
            tell: &|id, news| self.hear(id, news, ui),
        };
        let startable = Self::check_folder(&store.launch(id), launch)
            .and_then(|()| self.check_script(launch, &launch.resources));
        self.interrupting.hand(progress, ui);
        let completed = match &startable {
            Ok(()) => complete(&resuming, id),
            Err(_) => adopt(&resuming, id),
        };
        self.interrupting.end();
        let completed = completed?;
        // What could not start is not handed over.
        if is_half_submitted(launch, &store.launch(id))? {
            startable?;
        }
        Ok((completed, room))
    }

    /// Hands over what is left of launches that are waited for, as far as there is room; a launch whose client lives
    /// is left to it, and a Slurm that does not answer is asked again at the next tick.
    pub(super) fn feed(&self, store: &Store, ids: &[LaunchId], ui: Ui) -> Result<(), Failure> {
        for id in ids {
            let launch = store.launch(*id).read()?;
            if launch.is_local() || !is_half_submitted(&launch, &store.launch(*id))? {
                continue;
            }
            match self.complete(store, &launch, ui) {
                Ok((Completed::Done { handed, lost }, _)) => {
                    tell(*id, &handed, lost, ui);
                    for (runs, answer) in &handed.answers {
                        if let Answer::Refused(words) = answer {
                            ui.error(&format!("launch {id}: Slurm refused runs {runs}: {words}"));
                        }
                    }
                }
                Ok((Completed::Whole | Completed::Busy(_), _)) => {}
                Err(failure) if failure.exit() == Exit::Scheduler => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }
}
