//! `neu resume` for a launch on this machine: goes on with what did not finish, after a reboot, a kill or a Ctrl-C.

use std::fs;

use neuromanager_core::engine::mend::mend_local;
use neuromanager_core::engine::retry::prepare;
use neuromanager_core::engine::survey::{Survey, Watched};
use neuromanager_core::engine::unfinished::unfinished;
use neuromanager_core::id::LaunchId;
use neuromanager_core::ranges::Ranges;
use neuromanager_core::store::{Launch, OwnedBy, Ownership};
use neuromanager_core::support::SupportError;
use neuromanager_core::worker::Node;

use super::App;
use super::crew::Crew;
use super::details::asked;
use super::foreground::{Attended, carry_out};
use super::naming::{counted, in_short};
use super::order::{Manner, Output};
use super::retrying::intend;
use super::skipping::Skipping;
use crate::args::ResumeArgs;
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::{Ui, Volume, one_line};

/// How many of a worker's last lines are shown.
const WORDS_SHOWN: usize = 4;

/// What was taken up.
#[derive(Debug)]
pub(super) struct TakenUp {
    /// The runs, where they go on in the background or are told as JSON or by their ids.
    pub(super) told: Ranges,
    pub(super) exit: Exit,
}

/// Goes on with a launch of this machine, by the one client that may; refuses where it still goes on.
pub(super) fn take_up(id: LaunchId, args: &ResumeArgs, app: &App) -> Result<TakenUp, Failure> {
    let ui = app.ui.at(Volume::of(args.quiet, false));
    let node = Node::this(None);
    let dir = app.settings.store().launch(id);
    let launch = dir.read()?;
    if launch.host != node.name {
        return Err(SupportError::OtherHost { launch: launch.id, host: launch.host }.into());
    }
    let owned = match dir.own()? {
        Ownership::Ours(owned) => owned,
        Ownership::Theirs(theirs) => return Err(taken(id, &theirs)),
    };
    let Some(survey) = settle(id, ui, app)? else {
        return Ok(TakenUp { told: Ranges::default(), exit: Exit::Done });
    };
    App::check_folder(&dir, &launch)?;
    mend_local(&owned)?;
    dir.whole_submissions(&launch)?;
    let next = prepare(&survey, &unfinished(&survey), &node)?;
    // A retry may have changed what its runs may use.
    let resources = next.runs.iter().next().map_or(&launch.resources, |run| asked(&survey, run)).clone();
    let chunk = intend(owned, &survey, next, &resources)?;
    let (count, attempt) = (counted(chunk.runs.len()), chunk.attempt);
    ui.say(&format!(
        "launch {id}: going on with {count} as attempt {attempt}: {}",
        in_short(id, &chunk.runs)
    ));
    let manner = Manner {
        dry_run: false,
        wait: false,
        detach: args.detach,
        yes: false,
        json: args.json,
        output: Output::beside_ids(args.quiet),
        volume: Volume::of(args.quiet, false),
        crew: Crew::of(args.crew),
        skipping: Skipping::Nothing,
    };
    let told = if args.detach || args.json || args.quiet { chunk.runs.clone() } else { Ranges::default() };
    let Survey { launch, dir, .. } = survey;
    let launch = Launch { resources, ..launch };
    let exit = carry_out(&Attended { launch, dir, chunk }, manner, app)?;
    Ok(TakenUp { told, exit })
}

/// Ends what lives of a launch that nobody executes any more, and looks what is left to do; nothing where that is none.
fn settle(id: LaunchId, ui: Ui, app: &App) -> Result<Option<Survey>, Failure> {
    let look = || app.survey_one(Watched::open(&app.settings.store(), id)?);
    let survey = look()?;
    let all = Ranges::span(0, survey.launch.runs - 1);
    let local = App::local();
    // A program that has lost its worker is still running; what else is left of that could write a last word.
    let left: Ranges = [open(&survey), unfinished(&survey)].into_iter().collect();
    if left.is_empty() {
        ui.say(&format!("launch {id}: nothing is left to do"));
        return Ok(None);
    }
    if let Some(pid) = local.executor(&survey.case(&all)) {
        let text = format!("launch {id} still goes on: process {pid} executes it");
        return Err(Failure::new(Exit::Usage, text)
            .hint(format!("`neu wait {id}` waits for it, `neu cancel {id}` ends it")));
    }
    local.end_what_is_left(&survey.case(&all), left.iter());
    let survey = look()?;
    if unfinished(&survey).is_empty() {
        ui.say(&format!("launch {id}: nothing is left to do"));
        return Ok(None);
    }
    Ok(Some(survey))
}

fn taken(id: LaunchId, theirs: &OwnedBy) -> Failure {
    let text = format!("launch {id} is just being taken up by {theirs}");
    Failure::new(Exit::Scheduler, text).hint(format!("`neu status {id}` shows what became of that"))
}

/// Says of a launch of this machine that some of it is left to do, and that nobody does it. Of a copy that is not known.
pub(super) fn tell_unfinished(survey: &Survey, app: &App) {
    let launch = &survey.launch;
    let is_of_this_machine = launch.is_local() && launch.host == Node::this(None).name;
    if !is_of_this_machine || survey.dir.original(launch).is_some() {
        return;
    }
    let (id, open) = (launch.id, open(survey));
    let left: Ranges = [open.clone(), unfinished(survey)].into_iter().collect();
    let all = Ranges::span(0, launch.runs - 1);
    if left.is_empty() || App::local().executor(&survey.case(&all)).is_some() {
        return;
    }
    let (count, what) = (counted(left.len()), if left.len() == 1 { "it" } else { "them" });
    let words = last_words(survey);
    app.ui.warn(&match open.is_empty() {
        true => format!("launch {id}: {count} did not finish, and nothing executes {what}: neu resume {id}{words}"),
        false => format!(
            "launch {id} has lost its worker: neu resume {id} ends what is left of that, and goes on with {count}{words}"
        ),
    });
}

/// Gives the last words of workers that nobody was with.
fn last_words(survey: &Survey) -> String {
    let words = fs::read(survey.dir.worker_log()).unwrap_or_default();
    let words = String::from_utf8_lossy(&words);
    let shown: Vec<&str> = words.lines().rev().take(WORDS_SHOWN).collect();
    shown.into_iter().rev().map(|line| format!("\n  | {}", one_line(line))).collect()
}

/// Gives the runs that are not over.
fn open(survey: &Survey) -> Ranges {
    survey.each().filter(|(_, status)| !status.state.is_final()).map(|(run, _)| run).collect()
}
