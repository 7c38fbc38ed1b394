//! `neu status`: the launches, or the runs of some.

use jiff::Timestamp;
use neuromanager_core::engine::survey::{Handing, Survey};
use neuromanager_core::event::Exit as ProgramExit;
use neuromanager_core::id::LaunchId;
use neuromanager_core::plan::quote;
use neuromanager_core::store::{OwnedBy, PlannedRun, Store};

use super::App;
use super::causes::{causes, states, unknowns};
use super::naming::{counted, id_lines, place};
use super::selecting::{Picked, Purpose, planned, readable, select};
use super::taking_up::tell_unfinished;
use super::waits::{describe_waits, waits, warn_of_waits};
use crate::args::StatusArgs;
use crate::exit::Exit;
use crate::json;
use crate::parameters::shown_values;
use crate::report::Failure;
use crate::ui::{ROWS_ON_A_TERMINAL, Table, duration, local_time, one_line, output_width, print};

/// How many runs that did not succeed are explained below the table.
const EXPLAINED: usize = 5;

/// Shows launches or runs.
pub(super) fn status(args: &StatusArgs, app: &App) -> Result<Exit, Failure> {
    let store = app.settings.store();
    if args.what.is_empty() {
        return list(&store, args, app);
    }
    let selected = select(&store, &args.what, Purpose::View, app)?;
    if args.quiet {
        print(&ids_of_runs(&selected.picked))?;
        return Ok(Exit::Done);
    }
    let (picked, surveys) = selected.surveyed(&store, app)?;
    let with_plan = |(survey, picked)| Ok((survey, planned(&store, picked)?));
    let with_plans: Result<Vec<_>, Failure> = surveys.into_iter().zip(&picked).map(with_plan).collect();
    let with_plans = with_plans?;
    for (survey, planned) in &with_plans {
        if !args.json {
            print(&describe(survey, planned))?;
            warn_of_waits(&waits(survey, planned.iter().map(|planned| planned.run)), app);
            tell_unfinished(survey, app);
        }
        warn_of_flaws(survey, app);
    }
    if args.json {
        let is_found = args.what.ids.is_empty();
        print(&if is_found { json::found_with_runs(&with_plans) } else { json::with_runs(&with_plans) })?;
    }
    Ok(Exit::Done)
}

fn list(store: &Store, args: &StatusArgs, app: &App) -> Result<Exit, Failure> {
    let ids: Vec<_> = readable(store, "out", app)?.into_iter().map(|launch| LaunchId(launch.id)).collect();
    if args.quiet {
        print(&ids.iter().map(|id| format!("{id}\n")).collect::<String>())?;
        return Ok(Exit::Done);
    }
    let surveys = app.view_readable(store, &ids)?;
    if args.json {
        print(&json::launches(&surveys))?;
        for survey in &surveys {
            warn_of_flaws(survey, app);
        }
        return Ok(Exit::Done);
    }
    if surveys.is_empty() {
        app.ui.say(&format!("no launches in {}", store.root().display()));
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["LAUNCH", "NAME", "ON", "RUNS", "STATES", "CREATED"]).cutting(1..3);
    for survey in &surveys {
        let launch = &survey.launch;
        table.row([
            launch.id.to_string(),
            launch.name.clone(),
            place(&survey.launch.place),
            launch.runs.to_string(),
            states(survey),
            local_time(launch.created),
        ]);
    }
    print(&(table.render() + &unknowns(&surveys)))?;
    for survey in &surveys {
        warn_of_waits(&waits(survey, 0..survey.launch.runs), app);
        warn_of_flaws(survey, app);
    }
    Ok(Exit::Done)
}

/// Gives the ids of runs, a line each, as other verbs take them.
fn ids_of_runs(picked: &[Picked]) -> String {
    picked.iter().map(|picked| id_lines(picked.id, &picked.runs)).collect()
}

fn describe(survey: &Survey, planned: &[PlannedRun]) -> String {
    let launch = &survey.launch;
    let command = quote::command(&launch.command);
    let jobs: Vec<String> = survey
        .submissions
        .iter()
        .filter_map(neuromanager_core::store::Submission::job)
        .map(|job| job.to_string())
        .collect();
    let jobs = if jobs.is_empty() { String::new() } else { format!(", Slurm job {}", jobs.join(", ")) };
    let mut out = format!(
        "launch {} {} on {}{jobs}: {}\n{command}\n\n",
        launch.id,
        one_line(&launch.name),
        place(&survey.launch.place),
        states(survey)
    );
    let shown = if output_width().is_some() { ROWS_ON_A_TERMINAL } else { usize::MAX };
    out.push_str(&runs_table(survey, &planned[..planned.len().min(shown)]).render());
    if planned.len() > shown {
        let first_left_out = planned[shown].run;
        out.push_str(&format!(
            "and {} more: neu status {}.{first_left_out}-{}, or pipe this to see all\n",
            planned.len() - shown,
            launch.id,
            launch.runs - 1
        ));
    }
    out.push_str(&explanations(survey, planned));
    out
}

fn runs_table(survey: &Survey, planned: &[PlannedRun]) -> Table {
    let launch = &survey.launch;
    let parameters = launch.parameters.iter().map(String::as_str);
    let repeats = (launch.repeats > 1).then_some("REPEAT");
    // A launch without parameters, whose name is above, and older ones show no names.
    let is_named = !launch.parameters.is_empty() && planned.iter().any(|planned| planned.name.is_some());
    let name = is_named.then_some("NAME");
    let headings = ["RUN"].into_iter().chain(name).chain(parameters).chain(repeats);
    let headings = headings.chain(["STATE", "DURATION", "NODE", "EXIT"]);
    let first = 1 + usize::from(is_named);
    let mut table =
        Table::new(headings).cutting(first..first + launch.parameters.len()).sparing(name.map(|_| 1));
    let now = Timestamp::now();
    for planned in planned {
        let Some(status) = survey.status(planned.run) else { continue };
        let values = shown_values(planned);
        let value = |name: &String| {
            values.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let lasted = status.started.map(|started| duration(started, status.ended.unwrap_or(now)));
        let exit = match &status.exit {
            Some(ProgramExit::Signal(signal)) => format!("signal {signal}"),
            Some(exit) => exit.code().to_string(),
            None => String::new(),
        };
        let cells = std::iter::once(format!("{}.{}", launch.id, planned.run))
            .chain(name.map(|_| planned.name.clone().unwrap_or_default()))
            .chain(launch.parameters.iter().map(value))
            .chain(repeats.map(|_| planned.repeat.to_string()))
            .chain([
                status.state.to_string(),
                lasted.unwrap_or_default(),
                status.node.clone().unwrap_or_default(),
                exit,
            ]);
        table.row(cells);
    }
    table
}

fn explanations(survey: &Survey, planned: &[PlannedRun]) -> String {
    let id = survey.launch.id;
    let runs = || planned.iter().map(|planned| planned.run);
    let is_waiting = |run: &u64| survey.status(*run).is_some_and(|status| status.reason.is_some());
    let causes = causes(survey, runs().filter(|run| !is_waiting(run)), |_| true);
    let mut out = describe_waits(&waits(survey, runs()));
    let told: String =
        causes.iter().take(EXPLAINED).map(|cause| format!("\n{}", cause.describe(id))).collect();
    out.push_str(&told);
    if causes.len() > EXPLAINED {
        out.push_str(&format!("\nand {} other causes: neu status {id} --json\n", causes.len() - EXPLAINED));
    }
    out
}

fn describe_half(survey: &Survey) -> String {
    let (id, submissions) = (survey.launch.id, &survey.submissions);
    let again: u64 = submissions.wishes().iter().map(|wish| wish.runs.len()).sum();
    if again > 0 && submissions.unsettled(survey.launch.runs).len() == again {
        let verb = if again == 1 { "is" } else { "are" };
        return format!(
            "{} of the retry of launch {id} {verb} not handed over yet: neu resume {id}",
            counted(again)
        );
    }
    format!("launch {id} is half submitted: neu resume {id}")
}

/// Says of a launch what keeps it from being shown whole: it is half submitted, or its records are damaged.
pub(super) fn warn_of_flaws(survey: &Survey, app: &App) {
    let id = survey.launch.id;
    match survey.submission() {
        Handing::Whole => {}
        Handing::Half if survey.submissions.damage().is_some() => app.ui.warn(&format!(
            "launch {id} may have jobs that its submissions.jsonl does not tell of: neu resume {id} looks for them"
        )),
        Handing::Half => app.ui.warn(&describe_half(survey)),
        Handing::InProgress(OwnedBy { host, .. }) if host.is_empty() => {
            app.ui.say(&format!("launch {id} is being submitted"));
        }
        Handing::InProgress(OwnedBy { host, pid, .. }) => {
            app.ui.say(&format!("launch {id} is being submitted by process {pid} on `{host}`"));
        }
    }
    let lost = [(survey.unreadable, "the journal"), (survey.unreadable_submissions, "submissions.jsonl")];
    for (lines, file) in lost.into_iter().filter(|(lines, _)| *lines > 0) {
        let lines = neuromanager_core::counted(lines, "line");
        app.ui.warn(&format!("{lines} of {file} of launch {id} cannot be read; the rest is shown"));
    }
}
