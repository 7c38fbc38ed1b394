//! `neu rm`: removes launches that are over; all that were named, or none.

use neuromanager_core::engine::removal::{Obstacle, obstacle};
use neuromanager_core::engine::survey::Survey;
use neuromanager_core::id::{LaunchId, Selection};
use neuromanager_core::store::{Standing, Store, StoreError};

use super::App;
use super::naming::counted;
use super::removing::{Leaving, Progress, ask};
use super::selecting::{Picked, Purpose, pick, select};
use crate::args::RmArgs;
use crate::exit::Exit;
use crate::report::{Failure, in_a_line};
use crate::ui::bytes;

/// Why something cannot be removed, and what to do.
type Refusal = (Exit, String, Option<String>);

/// Removes launches.
pub(super) fn rm(args: &RmArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    let mut progress = Progress::new(&store, args.manner, app);
    let mut named = if args.what.has_filters() || args.what.is_empty() {
        let mut named = Named::default();
        select(&store, &args.what, Purpose::Act, app)?.picked.iter().for_each(|picked| named.add(picked));
        named
    } else {
        named(&store, &args.what.ids)?
    };
    let standing: Result<Vec<Standing>, StoreError> =
        named.launches.iter().map(|id| store.standing(*id)).collect();
    let standing = standing?;
    let surveys = survey(&store, &named.launches, app)?;
    let mut leaving = Vec::new();
    for (survey, standing) in surveys.into_iter().zip(standing) {
        let Some(survey) = survey else { continue };
        match obstacle(&survey) {
            None => leaving.push(Leaving::of(&survey, standing)),
            // Whoever removes it at this moment leaves less and less to be seen.
            Some(_) if store.removed(LaunchId(survey.launch.id)).is_some() => {}
            Some(obstacle) => named.refusals.push(refusal(&obstacle)),
        }
    }
    if !named.refusals.is_empty() {
        return Err(refused(named.refusals));
    }
    if !leaving.is_empty() {
        ask(&question(&leaving), args.manner, app)?;
    }
    let gone = named.launches.iter().filter(|id| store.removed(**id).is_some());
    for id in named.already.iter().chain(gone) {
        progress.note_already(*id);
    }
    leaving.retain(|leaving| store.removed(leaving.id).is_none());
    progress.remove(&leaving);
    progress.finish_others();
    Ok(progress.conclude(args.manner)?)
}

/// What the ids on the command line mean.
#[derive(Default)]
struct Named {
    launches: Vec<LaunchId>,
    already: Vec<LaunchId>,
    refusals: Vec<Refusal>,
}

impl Named {
    fn add(&mut self, picked: &Picked) {
        if !picked.whole {
            let text = format!("only whole launches can be removed, not runs of launch {}", picked.id);
            let hint = format!("`neu rm {}` removes all of it", picked.id);
            self.refusals.push((Exit::Usage, text, Some(hint)));
        } else if !self.launches.contains(&picked.id) {
            self.launches.push(picked.id);
        }
    }
}

fn named(store: &Store, ids: &[Selection]) -> Result<Named, Failure> {
    let mut named = Named::default();
    for selection in ids {
        let launch = match selection {
            Selection::Launch(launch) | Selection::Runs { launch, .. } => Some(*launch),
            Selection::SlurmJob { .. } => None,
        };
        match launch.map(|launch| store.launch(launch).read()) {
            Some(Err(StoreError::Removed { id, .. })) => {
                if !named.already.contains(&LaunchId(id)) {
                    named.already.push(LaunchId(id));
                }
                continue;
            }
            Some(Err(error @ StoreError::HalfMade { .. })) => {
                let hint = "`neu prune` removes it after a day".to_owned();
                named.refusals.push((Exit::Store, error.to_string(), Some(hint)));
                continue;
            }
            Some(Err(error)) => {
                let text = in_a_line(&error);
                let failure = Failure::from(error);
                named.refusals.push((failure.exit(), text, failure.first_hint()));
                continue;
            }
            Some(Ok(_)) | None => {}
        }
        for picked in pick(store, std::slice::from_ref(selection))? {
            named.add(&picked);
        }
    }
    Ok(named)
}

/// Surveys launches; nothing for one that somebody removes meanwhile.
fn survey(store: &Store, ids: &[LaunchId], app: &App) -> Result<Vec<Option<Survey>>, Failure> {
    loop {
        let here: Vec<LaunchId> = ids.iter().copied().filter(|id| store.removed(*id).is_none()).collect();
        match app.survey(store, &here) {
            Ok(surveys) => {
                let mut surveys = surveys.into_iter();
                return Ok(ids
                    .iter()
                    .map(|id| here.contains(id).then(|| surveys.next()).flatten())
                    .collect());
            }
            // Fewer are there each time.
            Err(_) if here.iter().any(|id| store.removed(*id).is_some()) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Says why nothing is removed. What is wrong with the store alone has the exit code that other verbs have for it.
fn refused(refusals: Vec<Refusal>) -> Failure {
    let exits: Vec<Exit> = refusals.iter().map(|(exit, ..)| *exit).collect();
    let exit = exits.iter().find(|exit| **exit == Exit::Usage).or(exits.first()).copied();
    let told = refusals.into_iter().map(|(_, text, hint)| (text, hint)).collect();
    Failure::several(exit.unwrap_or(Exit::Usage), told)
}

fn refusal(obstacle: &Obstacle) -> Refusal {
    let hint = match obstacle {
        Obstacle::Foreign { .. } => None,
        Obstacle::HalfSubmitted { id } => {
            Some(format!("`neu resume {id}` completes it; to remove it, `neu cancel {id}` first"))
        }
        Obstacle::Alive { id, .. } | Obstacle::ProcessLives { id, .. } => {
            Some(format!("`neu cancel {id}` first"))
        }
        Obstacle::Unclear { id, .. } => Some(format!("`neu status {id}` tells when it is known")),
    };
    (Exit::Usage, obstacle.to_string(), hint)
}

fn question(leaving: &[Leaving]) -> String {
    let told: Vec<String> = leaving.iter().map(Leaving::describe).collect();
    match told.as_slice() {
        [only] => format!("remove {only}?"),
        several => {
            let runs: u64 = leaving.iter().map(|leaving| leaving.runs).sum();
            let size: u64 = leaving.iter().map(|leaving| leaving.bytes).sum();
            let count = several.len();
            format!(
                "{}\nremove these {count} launches ({}, {})?",
                several.join("\n"),
                counted(runs),
                bytes(size)
            )
        }
    }
}
