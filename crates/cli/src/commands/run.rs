//! `neurun`: from a support, a device and a script to a launch.

use std::ffi::OsString;
use std::path::PathBuf;

use neuromanager_core::config::{
    Config, ConfigError, Device, Support, SupportKind, resource_words, split_at_script,
};
use neuromanager_core::engine::configuration::{self, Places};
use neuromanager_core::engine::program::{self, Env, Search};
use neuromanager_core::plan::Plan;
use neuromanager_core::resources::Resources;
use neuromanager_core::store::Names;
use neuromanager_core::sweep::Sweep;
use neuromanager_core::worker;

use super::App;
use super::count::{count, foresee};
use super::gpus;
use super::launching::launch;
use super::order::{Manner, Order};
use super::purpose::check_run;
use super::skipping::{Skipping, count_new};
use crate::args::RunArgs;
use crate::exit::Exit;
use crate::report::Failure;

const USAGE: &str = "neurun [OPTIONS] SUPPORT DEVICE [--NAME[=VALUE]]... SCRIPT [FLAGS]...";

/// Runs `neurun`.
pub(crate) fn neurun(args: &RunArgs, app: &App) -> Result<Exit, Failure> {
    let manner = Manner::of(&args.launch.manner).skipping(Skipping::of(args.skipping));
    let order = || order(args, None, app);
    check_run(args, manner)?;
    match (args.launch.count.count, manner.skipping.reach()) {
        (true, None) => count(1, args.runs, || foresee(order(), app), manner.volume, app),
        (true, Some(reach)) => count_new(order()?, reach, manner, app),
        (false, _) => launch(order()?, manner, app),
    }
}

/// Plans what `args` ask for, for every point of `sweep` where there is one.
pub(super) fn order(args: &RunArgs, sweep: Option<Sweep>, app: &App) -> Result<Order, Failure> {
    let words = split(&args.words)?;
    check_place(&words)?;
    let (config, extra) = read_config(args, app)?;
    let (support, device) = config.device(&words.support, &words.device)?;
    let mut resources = resources(support, device, &words, extra, app)?;
    gpus::write_typed(&args.gpus, &mut resources, support.kind)?;
    let folder = starting_folder(support.kind, &resources, app);
    let search = Search {
        folder: &folder,
        path: app.settings.path(),
        python: device.python.as_deref(),
        env: if device.env.iter().all(|item| item.trim().is_empty()) { Env::None } else { Env::Activated },
    };
    let program = program::find(words.script, &search)?;
    if let Some(warning) = &program.warning {
        app.ui.warn(warning);
    }
    let named = args.launch.name.clone().or_else(|| resources.value("job-name").map(str::to_owned));
    Ok(Order {
        name: named.unwrap_or(program.name),
        place: Names { support: support.name.clone(), kind: support.kind, device: Some(device.name.clone()) },
        env: device.env.clone(),
        resources,
        plan: Plan::new(program.argv, sweep, args.runs)?,
        folder: app.settings.folder.clone(),
        skipped: None,
    })
}

/// What stands after the options.
struct Words<'a> {
    support: String,
    device: String,
    resources: &'a [OsString],
    script: &'a [OsString],
}

fn split(words: &[OsString]) -> Result<Words<'_>, Failure> {
    let usage = |text: String| Failure::new(Exit::Usage, text).hint(format!("usage: {USAGE}"));
    let name =
        |word: Option<&OsString>, what: &str| match word.map(|word| word.to_string_lossy().into_owned()) {
            Some(word) if word.starts_with('-') => {
                Err(usage(format!("`{word}` is not an option of neurun, and no {what} starts with a dash")))
            }
            Some(word) => Ok(word),
            None => Err(usage(format!("{what} is missing"))),
        };
    let support = name(words.first(), "SUPPORT")?;
    let device = name(words.get(1), "DEVICE")?;
    let (resources, script) = split_at_script(words.get(2..).unwrap_or_default());
    Ok(Words { support, device, resources, script })
}

fn read_config(args: &RunArgs, app: &App) -> Result<(Config, Vec<String>), Failure> {
    let user = app.settings.user_configuration();
    let places = Places {
        named: args.config.as_deref(),
        variable: app.settings.variable("NEU_CONFIG"),
        folder: &app.settings.folder,
        user: user.as_deref(),
    };
    let (source, path) = configuration::find(&places).map_err(|error| app.explain_missing_config(error))?;
    app.ui.at(Manner::of(&args.launch.manner).volume).explain(&format!("configuration: {}", path.display()));
    match Config::read(&source, &[]) {
        Ok(config) => Ok((config, Vec::new())),
        Err(ConfigError::Problems { unknown_options, .. }) if !unknown_options.is_empty() => {
            let extra = app.options_of_plugins();
            Ok((Config::read(&source, &extra)?, extra))
        }
        Err(error) => Err(error.into()),
    }
}

/// Puts the words of the command line over the resources of the device.
fn resources(
    support: &Support,
    device: &Device,
    words: &Words<'_>,
    mut extra: Vec<String>,
    app: &App,
) -> Result<Resources, Failure> {
    let read = |extra: &[String]| resource_words(support.kind, words.resources, words.script, extra);
    let typed = match read(&extra) {
        Err(problems) if extra.is_empty() && problems.unknown_options().next().is_some() => {
            extra = app.options_of_plugins();
            read(&extra)
        }
        known => known,
    };
    Ok(device.resources.clone().overridden_by(typed?))
}

/// Gives the folder that runs start in: sbatch's `--chdir` where sbatch is asked, else the user's.
pub(super) fn starting_folder(kind: SupportKind, resources: &Resources, app: &App) -> PathBuf {
    worker::starting_folder(kind, &app.settings.folder, resources)
}

/// Refuses an option of ours where only options of sbatch can stand.
fn check_place(words: &Words<'_>) -> Result<(), Failure> {
    const OURS: [&str; 5] = ["--runs", "--dry-run", "--name", "--config", "--json"];
    for word in words.resources.iter().filter_map(|word| word.to_str()) {
        let name = word.split('=').next().unwrap_or(word);
        if OURS.contains(&name) {
            let (support, device) = (&words.support, &words.device);
            let text = format!("`{name}` is an option of neurun, which stands before SUPPORT");
            return Err(
                Failure::new(Exit::Usage, text).hint(format!("write `neurun {word} {support} {device} …`"))
            );
        }
    }
    Ok(())
}
