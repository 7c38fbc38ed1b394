//! The folder that runs start in. A worker of a job enters it itself: slurmd goes on in `/tmp` where it cannot enter the
//! folder of a job, and says so in the job's log alone (`couldn't chdir to …: going to /tmp instead`, Slurm 22.05).

use std::env;
use std::path::{Path, PathBuf};

use super::Setting;
use crate::config::SupportKind;
use crate::resources::Resources;
use crate::store::Launch;

/// Gives the folder that runs start in, of which the command was given in `folder`: sbatch's `--chdir` where sbatch is
/// asked.
pub fn starting_folder(kind: SupportKind, folder: &Path, resources: &Resources) -> PathBuf {
    match (kind, resources.value("chdir")) {
        (SupportKind::Slurm, Some(other)) => folder.join(other),
        (SupportKind::Slurm, None) | (SupportKind::Local, _) => folder.to_owned(),
    }
}

/// Goes to the folder that the runs of a job start in; a sentence says why that is not possible, and then none
/// of them can start. On this machine the command has gone there.
pub(super) fn enter(setting: &Setting, launch: &Launch, resources: &Resources) -> Result<(), String> {
    if matches!(setting, Setting::Foreground(_)) {
        return Ok(());
    }
    let folder = starting_folder(launch.place.kind, Path::new(&launch.folder.0), resources);
    env::set_current_dir(&folder)
        .map_err(|error| format!("cannot go to the folder `{}` that it starts in: {error}", folder.display()))
}
