//! The points of a sweep, from what was typed and the files that it names.

use std::path::{Path, PathBuf};

use neuromanager_core::engine::configuration::read;
use neuromanager_core::engine::parameters::{self, Folder};
use neuromanager_core::sweep::Sweep;

use crate::args::SweepingArgs;
use crate::exit::Exit;
use crate::report::Failure;

/// Reads the file that is named, or the one in `folder` that has a usual name.
pub(super) fn sweep(args: &SweepingArgs, folder: &Path) -> Result<Sweep, Failure> {
    let params = match &args.params {
        Some(named) => named.clone(),
        None => usual_file(folder)?,
    };
    let source = read(&folder.join(&params), folder).map_err(|error| {
        let file = params.display();
        let failure = Failure::new(Exit::Usage, format!("cannot read the parameters `{file}`: {error}"));
        failure.hint("write one such as {\"lr\": [0.1, 0.01], \"layers\": [4, 8]}, or name another with `--params FILE`")
    })?;
    Ok(Sweep::of_file(&source, &Folder(folder))?)
}

/// Finds the parameter file that has a usual name. Where there is none, the error is that of the first of them.
fn usual_file(folder: &Path) -> Result<PathBuf, Failure> {
    match parameters::usual(folder).as_slice() {
        [] => Ok(PathBuf::from(parameters::USUAL[0])),
        [one] => Ok(PathBuf::from(one)),
        several => {
            let names: Vec<_> = several.iter().map(|name| format!("`{name}`")).collect();
            let text = format!("there are several parameter files here: {}", names.join(", "));
            Err(Failure::new(Exit::Usage, text).hint("name the one that is meant with `--params FILE`"))
        }
    }
}
