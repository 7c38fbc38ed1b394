//! What a launch has kept of the day it was made, and what `--with` changes of it.

use std::path::Path;

use neuromanager_core::config::{SupportKind, resource_changes};
use neuromanager_core::resources::Resources;
use neuromanager_core::store::Launch;

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
    pub(super) fn check_folder(launch: &Launch) -> Result<(), Failure> {
        let folder = Path::new(&launch.folder.0);
        if folder.is_dir() {
            return Ok(());
        }
        let (id, folder) = (launch.id, folder.display());
        let text = format!("launch {id} started in `{folder}`, which is not there");
        Err(Failure::new(Exit::Usage, text).hint("on a cluster, go to a machine that has it"))
    }
}
