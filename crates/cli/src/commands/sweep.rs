//! `neusweep`: a command for every point, handed over whole where the command is `neurun`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use neuromanager_core::config::SupportKind;
use neuromanager_core::engine::program::{self, Env, ProgramError, Search};
use neuromanager_core::plan::Plan;
use neuromanager_core::resources::Resources;
use neuromanager_core::store::Names;
use neuromanager_core::sweep::{NameTemplate, Sweep};

use super::check_flags::check_flags;
use super::count::{count, foresee};
use super::launching::launch;
use super::order::{Manner, Order};
use super::purpose::Purpose;
use super::skipping::{Skipping, count_new, tell};
use super::table::{Shown, table};
use super::{App, points, run};
use crate::args::{RunArgs, SweepArgs, parse};
use crate::exit::Exit;
use crate::report::Failure;

/// Runs `neusweep`.
pub(crate) fn neusweep(args: &SweepArgs, app: &App) -> Result<Exit, Failure> {
    let manner = Manner::of(&args.launch.manner).skipping(Skipping::of_sweep(args.sync));
    refuse_sweep_of_sweep(&args.words, &app.settings.folder)?;
    let handed_over = neurun_words(&args.words, &app.settings.folder);
    let handed_over = handed_over.map(|words| parse::<RunArgs>(&words)).transpose()?;
    let sweep = points::sweep(&args.sweeping, &app.settings.folder, app.ui.at(manner.volume))?;
    let sweep = match &args.name_template {
        Some(text) => {
            let template = NameTemplate::parse(text, sweep.parameters())?;
            sweep.named_by(template)
        }
        None => sweep,
    };
    let inner = handed_over.map(|inner| named_as(args, inner));
    let manner = inner.iter().fold(manner, |outer, inner| {
        outer.and(Manner::of(&inner.launch.manner).skipping(Skipping::of(inner.skipping)))
    });
    let repeats = inner.as_ref().map_or(1, |inner| inner.runs);
    let purpose = Purpose::of_sweep(args, inner.as_ref(), manner)?;
    let order = || match &inner {
        Some(inner) => run::order(inner, Some(sweep.clone()), app),
        None => order(args, sweep.clone(), app),
    };
    let foreseen = || if args.words.is_empty() { None } else { foresee(order(), app) };
    match (purpose, manner.skipping.reach()) {
        (Purpose::Count, None) => count(sweep.count(), repeats, foreseen, manner.volume, app),
        (Purpose::Count, Some(reach)) => count_new(order()?, reach, manner, app),
        (Purpose::Table(form), reach) => {
            if let Some(reach) = reach {
                tell(order()?, reach, manner, app)?;
            }
            table(&Shown { sweep: &sweep, repeats, order: foreseen() }, form, manner.volume, app)
        }
        (Purpose::CheckFlags, _) => check_flags(&order()?, manner.volume, app),
        (Purpose::Launch, _) => launch(order()?, manner, app),
    }
}

/// Gives what is handed over to `neurun` the name that `neusweep` was told, unless it has its own.
fn named_as(args: &SweepArgs, mut inner: RunArgs) -> RunArgs {
    inner.launch.name = inner.launch.name.or_else(|| args.launch.name.clone());
    inner
}

/// Plans a command that is not `neurun`: on this machine, in the environment as it is.
fn order(args: &SweepArgs, sweep: Sweep, app: &App) -> Result<Order, Failure> {
    let search =
        Search { folder: &app.settings.folder, path: app.settings.path(), python: None, env: Env::None };
    let program = program::find(&args.words, &search).map_err(|error| no_program(error, &args.words))?;
    Ok(Order {
        name: args.launch.name.clone().unwrap_or(program.name),
        place: Names { support: "local".to_owned(), kind: SupportKind::Local, device: None },
        env: Vec::new(),
        resources: Resources::default(),
        plan: Plan::new(program.argv, Some(sweep), 1)?,
        folder: app.settings.folder.clone(),
        skipped: None,
    })
}

/// Says that there is no such program; where it looks like values, what was meant.
fn no_program(error: ProgramError, words: &[OsString]) -> Failure {
    let failure = Failure::from(error);
    match words.first().and_then(|word| word.to_str()).and_then(|word| word.split_once('=')) {
        Some((name, values)) => failure.hint(format!(
            "each parameter has a `-s` of its own: `-s {name}={values}`; a list has commas and no braces: `-s layers=4,8`"
        )),
        None => failure,
    }
}

/// Refuses to sweep over a sweep, which would take what is appended for words of its command.
fn refuse_sweep_of_sweep(words: &[OsString], folder: &Path) -> Result<(), Failure> {
    match words.first() {
        Some(first) if is_ours(first, &["neusweep", "neusweep.py"], folder) => {
            let failure = Failure::new(Exit::Usage, "the command of a sweep is a sweep again");
            Err(failure.hint("one `neusweep` takes all parameters: add `-s NAME=VALUES` for each"))
        }
        _ => Ok(()),
    }
}

/// Gives the words of `neurun` where the command is ours: `neurun`, `neurun.py`, a path to either, `neu run`, or
/// `python` before one of them. A file of that name that is there is the user's own, and is respected.
fn neurun_words(words: &[OsString], folder: &Path) -> Option<Vec<OsString>> {
    let ours = |word: &OsStr, names: &[&str]| is_ours(word, names, folder);
    let (first, rest) = words.split_first()?;
    let is_verb = ours(first, &["neu"]) && rest.first().is_some_and(|verb| verb == "run");
    let is_python = ours(first, &["python", "python3"])
        && rest.first().is_some_and(|script| ours(script, &["neurun.py", "neurun"]));
    let arguments = match (ours(first, &["neurun", "neurun.py"]), is_verb || is_python) {
        (true, _) => rest,
        (false, true) => &rest[1..],
        (false, false) => return None,
    };
    Some(std::iter::once("neurun".into()).chain(arguments.iter().cloned()).collect())
}

/// Tells whether a word names one of our commands, alone or as a path.
fn is_ours(word: &OsStr, names: &[&str], folder: &Path) -> bool {
    let name = Path::new(word).file_name().and_then(OsStr::to_str);
    name.is_some_and(|name| names.contains(&name)) && !is_the_users(word, folder)
}

/// Tells whether a word names a script of the user's that happens to be called as our commands are.
fn is_the_users(word: &OsStr, folder: &Path) -> bool {
    Path::new(word).extension().is_some() && folder.join(word).is_file()
}
