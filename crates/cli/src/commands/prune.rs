//! `neu prune`: removes launches that have been over for long, and what nobody needs any more.

use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use neuromanager_core::engine::removal::{Obstacle, obstacle};
use neuromanager_core::id::LaunchId;
use neuromanager_core::store::{RegistryEntry, Spare, Spares, Store, StoreError};

use super::App;
use super::removing::{Leaving, Progress, ask};
use super::selecting::readable;
use crate::args::PruneArgs;
use crate::exit::Exit;
use crate::json::{RemovedFile, path};
use crate::report::Failure;
use crate::ui::{Table, bytes, local_time, print, shown};

/// Removes what may go.
pub(super) fn prune(args: &PruneArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    let mut progress = Progress::new(&store, args.manner, app);
    let leaving = match args.keep_days {
        Some(days) => over_for(days, &store, &progress, app)?,
        None => Vec::new(),
    };
    let ids: Vec<LaunchId> = leaving.iter().map(|leaving| leaving.id).collect();
    let spares = store.spares(&ids, SystemTime::now())?;
    let forgotten = if args.forget_missing { missing(app)? } else { Vec::new() };
    let half_removed = store.half_removed()?;
    tell(&spares, &mut progress);
    let is_said = !args.manner.quiet && !args.manner.json;
    if is_said {
        print(&table(&leaving, &spares, &forgotten, &half_removed))?;
    }
    let is_nothing = leaving.is_empty()
        && others(&spares).next().is_none()
        && forgotten.is_empty()
        && half_removed.is_empty();
    if is_nothing {
        progress.ui().say("nothing to remove");
        return Ok(progress.conclude(args.manner)?);
    }
    if args.dry_run {
        progress.note_only(&leaving);
        others(&spares).for_each(|spare| note(spare, &mut progress));
        progress.removed.forgotten = forgotten.iter().map(|entry| path(&entry.root)).collect();
        return Ok(progress.conclude(args.manner)?);
    }
    ask("remove all this?", args.manner, app)?;
    progress.remove(&leaving);
    progress.finish_others();
    for spare in others(&spares) {
        match store.discard(spare) {
            Ok(true) => note(spare, &mut progress),
            Ok(false) => progress.ui().say(&format!("`{}` stays: it is used again", shown(&spare.path))),
            Err(error) => progress.fail_at(&error),
        }
    }
    forget(&forgotten, &mut progress, app);
    progress.ui().say(&format!("{} freed", bytes(progress.removed.bytes)));
    Ok(progress.conclude(args.manner)?)
}

/// Finds the launches that have been over for more than `days` days. Whoever is as young as that is not asked after.
fn over_for(days: u32, store: &Store, progress: &Progress<'_>, app: &App) -> Result<Vec<Leaving>, Failure> {
    let kept = SignedDuration::from_hours(24 * i64::from(days));
    let is_old = |time: Timestamp| Timestamp::now().duration_since(time) > kept;
    let launches = readable(store, "as it is", app)?.into_iter();
    let old: Vec<LaunchId> =
        launches.filter(|launch| is_old(launch.created)).map(|launch| LaunchId(launch.id)).collect();
    let standing: Result<Vec<_>, StoreError> = old.iter().map(|id| store.standing(*id)).collect();
    let mut leaving = Vec::new();
    for (survey, standing) in app.survey(store, &old)?.iter().zip(standing?) {
        match obstacle(survey) {
            None => leaving.push(Leaving::of(survey, standing)),
            Some(Obstacle::Alive { .. }) => {}
            Some(
                other @ (Obstacle::Foreign { .. }
                | Obstacle::HalfSubmitted { .. }
                | Obstacle::Unclear { .. }
                | Obstacle::ProcessLives { .. }),
            ) => progress.ui().say(&format!("kept: {other}")),
        }
    }
    leaving.retain(|leaving| is_old(leaving.over));
    Ok(leaving)
}

fn others(spares: &Spares) -> impl Iterator<Item = &Spare> {
    spares.programs.iter().chain(&spares.files).chain(&spares.holes)
}

fn note(spare: &Spare, progress: &mut Progress<'_>) {
    progress.removed.bytes += spare.bytes;
    progress.removed.others.push(RemovedFile { path: path(&spare.path), bytes: spare.bytes });
}

/// Says what stands in the store and is not its own.
fn tell(spares: &Spares, progress: &mut Progress<'_>) {
    for strange in &spares.strange {
        progress.ui().say(&format!("left: `{}` is not neuromanager's", shown(strange)));
        progress.removed.strange.push(path(strange));
    }
}

/// Finds the entries of stores that are not there now.
fn missing(app: &App) -> Result<Vec<RegistryEntry>, Failure> {
    let entries = app.settings.registry().map_or(Ok(Vec::new()), |registry| registry.stores())?;
    Ok(entries.into_iter().filter(RegistryEntry::is_missing).collect())
}

fn forget(entries: &[RegistryEntry], progress: &mut Progress<'_>, app: &App) {
    let Some(registry) = app.settings.registry() else { return };
    for entry in entries {
        match registry.forget(entry) {
            Ok(()) => progress.removed.forgotten.push(path(&entry.root)),
            Err(error) => progress.fail_at(&error),
        }
    }
}

fn table(
    leaving: &[Leaving],
    spares: &Spares,
    forgotten: &[RegistryEntry],
    half_removed: &[LaunchId],
) -> String {
    let mut out = String::new();
    if !leaving.is_empty() {
        let mut table = Table::new(["LAUNCH", "NAME", "RUNS", "OVER SINCE", "SIZE"]);
        for Leaving { id, name, runs, over, bytes: size, .. } in leaving {
            table.row([id.to_string(), name.clone(), runs.to_string(), local_time(*over), bytes(*size)]);
        }
        out.push_str(&table.render());
    }
    for id in half_removed {
        out.push_str(&format!("launch {id}: what a removal that was killed left of it\n"));
    }
    let kinds = [
        ("program that no launch needs", &spares.programs),
        ("file", &spares.files),
        ("launch that was never completed", &spares.holes),
    ];
    for (what, spares) in kinds {
        for spare in spares {
            out.push_str(&format!("{what}: {} ({})\n", shown(&spare.path), bytes(spare.bytes)));
        }
    }
    for entry in forgotten {
        out.push_str(&format!("forgotten: {}\n", shown(&entry.root)));
    }
    out
}
