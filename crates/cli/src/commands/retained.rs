//! What a launch has kept of the day it was made, and what `--with` changes of it.

use std::ffi::OsString;
use std::path::Path;

use neuromanager_core::config::{SupportKind, resource_changes};
use neuromanager_core::engine::program::{Env, Search, check_again};
use neuromanager_core::resources::Resources;
use neuromanager_core::store::{Launch, LaunchDir};
use neuromanager_core::worker::starting_folder;

use super::App;
use crate::exit::Exit;
use crate::report::Failure;

impl App {
    /// Reads what was typed after `--with`.
    pub(super) fn changes(&self, kind: SupportKind, typed: &[String]) -> Result<Resources, Failure> {
        match resource_changes(kind, typed, &[]) {
            Err(problems) if problems.unknown_options().next().is_some() => {
                Ok(resource_changes(kind, typed, &self.options_of_plugins())?)
            }
            read => Ok(read?),
        }
    }

    /// Insists that the folder of a launch is there: its runs start in it.
    pub(super) fn check_folder(dir: &LaunchDir, launch: &Launch) -> Result<(), Failure> {
        let folder = Path::new(&launch.folder.0);
        if folder.is_dir() {
            return Ok(());
        }
        let (id, folder) = (launch.id, folder.display());
        let text = format!("launch {id} started in `{folder}`, which is not there");
        let today = dir.folder_today(launch);
        let hint = match today.is_dir() {
            true => {
                format!("its project was moved: `neu rerun {id}` starts runs anew in `{}`", today.display())
            }
            false => "on a cluster, go to a machine that has it".to_owned(),
        };
        Err(Failure::new(Exit::Usage, text).hint(hint))
    }

    /// Insists that the script of a launch is there, in the folder that its runs start in.
    pub(super) fn check_script(&self, launch: &Launch, resources: &Resources) -> Result<(), Failure> {
        let folder = starting_folder(launch.place.kind, Path::new(&launch.folder.0), resources);
        let search =
            Search { folder: &folder, path: self.settings.path(), python: None, env: Env::Activated };
        let command: Vec<OsString> = launch.command.iter().map(|word| word.0.clone()).collect();
        check_again(&command, &search).map_err(|error| {
            let hint = format!("launch {} starts in `{}`: bring the file back", launch.id, folder.display());
            Failure::from(error).hint(hint)
        })
    }
}
