//! `neu ls`: the launches of this store, or of every store that the user has used, as far as the disk tells.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use neuromanager_core::engine::survey::Survey;
use neuromanager_core::id::LaunchId;
use neuromanager_core::store::{Store, StoreError};
use serde_json::Value;

use super::App;
use super::naming::place;
use super::status::warn_of_flaws;
use crate::args::LsArgs;
use crate::exit::Exit;
use crate::json;
use crate::report::{Failure, in_a_line};
use crate::ui::{Table, local_time, print, shell_word, shown};

/// What is said of runs whose end is not on disk: they may wait, run, or have ended unseen.
const OPEN: &str = "open";

/// A launch of the list.
struct Row {
    created: Timestamp,
    store: PathBuf,
    id: u64,
    cells: [String; 6],
    shape: Value,
}

/// Lists launches.
pub(super) fn ls(args: &LsArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    app.settings.remember(&store);
    let mut missing = Vec::new();
    let mut rows = Vec::new();
    if args.all {
        for other in stores(&store, &mut missing, app)? {
            match list(&other, app) {
                Ok(found) => rows.extend(found),
                Err(error) => {
                    app.ui.warn(&format!("`{}` is left out: {}", shown(other.root()), in_a_line(&error)));
                }
            }
        }
        rows.sort_by_key(|row| row.created);
    } else {
        rows = list(&store, app)?;
    }
    if args.json {
        print(&json::list(rows.into_iter().map(|row| row.shape).collect(), &missing))?;
    } else if args.quiet {
        print(&rows.iter().map(|row| address(row, args.all)).collect::<String>())?;
    } else if rows.is_empty() {
        let place = if args.all { "in any store".to_owned() } else { format!("in {}", shown(store.root())) };
        app.ui.say(&format!("no launches {place}"));
    } else {
        print(&table(rows, args.all))?;
    }
    Ok(Exit::Done)
}

/// Gives this store and every other that is known, each once; those that are not there are named.
fn stores(here: &Store, missing: &mut Vec<PathBuf>, app: &App) -> Result<Vec<Store>, Failure> {
    let entries = app.settings.registry().map_or(Ok(Vec::new()), |registry| registry.stores())?;
    let real = here.root().canonicalize().ok();
    let mut stores: Vec<Store> = real.iter().cloned().map(Store::at).collect();
    for entry in entries.into_iter().filter(|entry| Some(&entry.root) != real.as_ref()) {
        if entry.is_missing() {
            let text = format!("`{}` is not there: removed, moved, or not mounted", shown(&entry.root));
            app.ui.warn(&text);
            missing.push(entry.root);
        } else {
            stores.push(Store::at(entry.root));
        }
    }
    if !missing.is_empty() {
        app.ui.say("hint: `neu prune --forget-missing` forgets the stores that are not there");
    }
    Ok(stores)
}

/// Lists the launches of one store, one after the other: a launch of many runs is not kept in memory.
fn list(store: &Store, app: &App) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    for id in store.launches()? {
        match glance(store, id) {
            Ok(survey) => {
                warn_of_flaws(&survey, app);
                rows.push(row(store, &survey));
            }
            Err(StoreError::HalfMade { .. } | StoreError::Removed { .. }) => {}
            Err(error) => {
                let place = shown(store.root());
                app.ui.warn(&format!("launch {id} in `{place}` is left out: {}", in_a_line(&error)));
            }
        }
    }
    Ok(rows)
}

fn glance(store: &Store, id: LaunchId) -> Result<Survey, StoreError> {
    let no_launch = || StoreError::NoLaunch { id: id.0, root: store.root().to_owned() };
    App::glance_at(store, id)?.ok_or_else(no_launch)
}

fn row(store: &Store, survey: &Survey) -> Row {
    let launch = &survey.launch;
    let states = states(survey);
    let told: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    Row {
        created: launch.created,
        store: store.root().to_owned(),
        id: launch.id,
        cells: [
            launch.id.to_string(),
            launch.name.clone(),
            place(&launch.place),
            launch.runs.to_string(),
            told.join(", "),
            local_time(launch.created),
        ],
        shape: json::listed(survey, store.root(), &states),
    }
}

/// Counts the runs in each state that the disk tells for good, and the others as open, which come first.
fn states(survey: &Survey) -> Vec<(&'static str, u64)> {
    let (over, open): (Vec<_>, Vec<_>) = survey.counts().into_iter().partition(|(state, _)| state.is_final());
    let open: u64 = open.into_iter().map(|(_, count)| count).sum();
    let open = (open > 0).then_some((OPEN, open));
    open.into_iter().chain(over.into_iter().map(|(state, count)| (state.word(), count))).collect()
}

fn table(rows: Vec<Row>, all: bool) -> String {
    let headings = ["LAUNCH", "NAME", "ON", "RUNS", "STATES", "CREATED"];
    let mut table = Table::new(headings.into_iter().chain(all.then_some("FOLDER")));
    for row in rows {
        let folder = all.then(|| shown(project(&row.store)));
        table.row(row.cells.into_iter().chain(folder));
    }
    table.render()
}

/// Gives the folder to name with `-C`: the project's, where its store is found from there, else the store itself.
fn project(store: &Path) -> &Path {
    let above = store.parent().filter(|above| Store::locate(above).root() == store);
    above.unwrap_or(store)
}

/// Writes what to type after `neu VERB` for a launch: its id, in another store with `-C` in words for bash.
fn address(row: &Row, all: bool) -> String {
    if all { format!("-C {} {}\n", shell_word(&row.store), row.id) } else { format!("{}\n", row.id) }
}
