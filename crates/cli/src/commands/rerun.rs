//! `neu rerun`: runs of earlier launches once more from the start, as a new launch.

use neuromanager_core::engine::rerun::again;
use neuromanager_core::plan::Argument;
use neuromanager_core::store::Launch;

use super::App;
use super::launching::launch;
use super::order::{Manner, Order, Output};
use super::selecting::{Picked, Purpose, select};
use crate::args::RerunArgs;
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::Volume;

/// Starts the runs that were picked again; those of each launch are a launch of their own.
pub(super) fn rerun(args: &RerunArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    let orders: Vec<(Order, Manner)> = select(&store, &args.what, Purpose::Act, app)?
        .picked
        .iter()
        .map(|picked| order(picked, args, app))
        .collect::<Result<_, Failure>>()?;
    let mut exit = Exit::Done;
    for (order, manner) in orders {
        match launch(order, manner, app)? {
            Exit::Done => {}
            other => exit = other,
        }
    }
    Ok(exit)
}

/// Reads the options: a quiet verb prints ids only.
fn manner(args: &RerunArgs) -> Result<Manner, Failure> {
    let manner = Manner::of(&args.manner);
    match (manner.volume, manner.output) {
        (Volume::Quiet, Output::Stream) => {
            let text = "`--stream` prints what runs print, and `--quiet` ids only";
            Err(Failure::new(Exit::Usage, text).hint("leave one of them out"))
        }
        (Volume::Quiet, _) => Ok(Manner { output: Output::Nothing, ..manner }),
        _ => Ok(manner),
    }
}

fn order(picked: &Picked, args: &RerunArgs, app: &App) -> Result<(Order, Manner), Failure> {
    let dir = app.settings.store().launch(picked.id);
    let earlier = dir.read()?;
    // In a copy of a project, or in one that was moved, that is a folder of this one.
    let earlier = Launch { folder: Argument(dir.folder_today(&earlier).into()), ..earlier };
    App::check_folder(&dir, &earlier)?;
    let changes = app.changes(earlier.place.kind, &args.with)?;
    let resources = earlier.resources.clone().overridden_by(changes);
    app.check_script(&earlier, &resources)?;
    let manner = manner(args)?;
    let crew = if earlier.is_local() { manner.crew.after(&earlier) } else { manner.crew };
    let order = Order {
        name: earlier.name.clone(),
        place: earlier.place.clone(),
        env: earlier.env.clone(),
        resources,
        plan: again(&dir, &earlier, &picked.runs)?,
        folder: earlier.folder.0.into(),
        skipped: None,
    };
    Ok((order, Manner { crew, ..manner }))
}
