//! `neu wait`: stays until runs are over, and shows how far they are.

use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use neuromanager_core::engine::survey::Survey;
use neuromanager_core::engine::watch::Watch;
use neuromanager_core::state::{RunState, Status};
use neuromanager_core::store::{Store, StoreError};

use super::App;
use super::live::of_statuses;
use super::naming::counted;
use super::selecting::{Picked, Purpose, ids_of, select};
use crate::args::WaitArgs;
use crate::exit::Exit;
use crate::json;
use crate::report::Failure;
use crate::ui::view::View;
use crate::ui::{Ui, Volume, cut, lines, print};

/// The first pause between two looks at the disk, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// How often a scheduler is asked, whatever the number of runs.
const SURVEY_EVERY: Duration = Duration::from_secs(15);

/// How soon a scheduler is asked again that is not done with runs whose programs have ended; twice as late each time.
const SURVEY_AGAIN: Duration = Duration::from_millis(200);

/// How long a scheduler may take to answer where nearly no time to wait is left.
const LEAST_ASKING: Duration = Duration::from_secs(1);

/// How many times longer than a look at the disk the pause after it is: a launch of many runs takes longer to look at.
const MOSTLY_ASLEEP: u32 = 20;

/// How many runs are named that are not over when the time is up.
const NAMED: usize = 10;

/// How often progress is written where it is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Waits for the runs that were picked.
pub(super) fn wait(args: &WaitArgs, app: &App) -> Result<Exit, Failure> {
    // The time for finding out what is meant counts too.
    let until = args.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let store = app.settings.store();
    let picked = select(&store, &args.what, Purpose::View, app)?.picked;
    let ui = app.ui.at(Volume::of(args.quiet, false));
    let surveys = stay(&store, &picked, until, ui, app)?;
    let (over, open) = (names(&surveys, &picked, Over::Yes), names(&surveys, &picked, Over::No));
    if args.json {
        print(&json::waited(&surveys, &open))?;
    }
    if args.quiet {
        print(&lines(&over))?;
    }
    if open.is_empty() {
        return Ok(conclude(&surveys, &picked, ui));
    }
    let first: Vec<&str> = open.iter().take(NAMED).map(String::as_str).collect();
    let more = if open.len() > NAMED { format!(" and {} more", open.len() - NAMED) } else { String::new() };
    let verb = if open.len() == 1 { "is" } else { "are" };
    ui.say(&format!("the time is up, and {}{more} {verb} not over", first.join(" ")));
    Ok(Exit::TimedOut)
}

/// Whether runs are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Yes,
    No,
}

/// Gives the ids of the picked runs that are over, or that are not.
fn names(surveys: &[Survey], picked: &[Picked], which: Over) -> Vec<String> {
    let is_meant = |survey: &Survey, run: u64| {
        let is_over = survey.status(run).is_some_and(|status| status.state.is_final());
        is_over == (which == Over::Yes)
    };
    let both = surveys.iter().zip(picked);
    both.flat_map(|(survey, picked)| picked.names(|run| is_meant(survey, run))).collect()
}

/// Says how many of the runs that were waited for succeeded, and gives the exit code.
pub(super) fn conclude(surveys: &[Survey], picked: &[Picked], ui: Ui) -> Exit {
    let mut exit = Exit::Done;
    for (survey, picked) in surveys.iter().zip(picked) {
        let (all, succeeded) = (picked.runs.len(), of(survey, picked, |state| state == RunState::Succeeded));
        ui.say(&format!("launch {}: {succeeded} of {all} runs succeeded", picked.id));
        if succeeded < all {
            exit = Exit::SomeFailed;
        }
    }
    exit
}

/// Waits until every run that was picked is over.
pub(super) fn until_over(
    store: &Store,
    picked: &[Picked],
    ui: Ui,
    app: &App,
) -> Result<Vec<Survey>, Failure> {
    stay(store, picked, None, ui, app)
}

/// Waits until every run that was picked is over, or until the time has come.
fn stay(
    store: &Store,
    picked: &[Picked],
    until: Option<Instant>,
    ui: Ui,
    app: &App,
) -> Result<Vec<Survey>, Failure> {
    let ids = ids_of(picked);
    let left = || until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
    let mut progress = Progress::new(app);
    let mut pause = PAUSES.0;
    let mut surveyed: Option<Instant> = None;
    let mut disk_said_over = false;
    let mut again = SURVEY_AGAIN;
    let mut watch = Watch::open(store, &ids)?;
    loop {
        let begun = Instant::now();
        watch.glance()?;
        let disk_says_over = is_over(watch.surveys(), picked);
        // The scheduler has the last word: it may have put a run back into its queue.
        let is_news = disk_says_over && !disk_said_over;
        if is_news {
            again = SURVEY_AGAIN;
        }
        let every = if disk_says_over { again } else { SURVEY_EVERY };
        let is_due = surveyed.is_none_or(|surveyed| surveyed.elapsed() > every);
        let looked = begun.elapsed();
        if is_due || is_news {
            again = (again * 2).min(SURVEY_EVERY);
            app.feed(store, &ids, ui)?;
            app.survey_watch(&mut watch, left().max(LEAST_ASKING))?;
            surveyed = Some(Instant::now());
            if is_over(watch.surveys(), picked) {
                return Ok(watch.into_surveys());
            }
            check_originals(watch.surveys(), picked)?;
        }
        if left().is_zero() {
            return Ok(watch.into_surveys());
        }
        disk_said_over = disk_says_over;
        let surveys = watch.surveys();
        let over = count(surveys, picked, RunState::is_final);
        let running = count(surveys, picked, |state| state == RunState::Running);
        let all: u64 = picked.iter().map(|picked| picked.runs.len()).sum();
        let line = format!("{over} of {} over, {running} running", counted(all));
        if progress.show(&line, || of_statuses(meant(surveys, picked), Timestamp::now()), ui) {
            pause = PAUSES.0;
        }
        let next = if disk_says_over { pause.min(again) } else { pause };
        thread::sleep(next.max(looked * MOSTLY_ASLEEP).min(left()));
        pause = (pause * 3 / 2).min(PAUSES.1);
    }
}

fn is_over(surveys: &[Survey], picked: &[Picked]) -> bool {
    surveys.iter().zip(picked).all(is_launch_over)
}

fn is_launch_over((survey, picked): (&Survey, &Picked)) -> bool {
    of(survey, picked, RunState::is_final) == picked.runs.len()
}

/// Fails where what is waited for goes on in the folder that its launch was copied from: it is never heard of here.
pub(super) fn check_originals(surveys: &[Survey], picked: &[Picked]) -> Result<(), StoreError> {
    let mut open = surveys.iter().zip(picked).filter(|launch| !is_launch_over(*launch));
    open.try_for_each(|(survey, _)| survey.dir.check_original())
}

fn count(surveys: &[Survey], picked: &[Picked], which: impl Fn(RunState) -> bool + Copy) -> u64 {
    surveys.iter().zip(picked).map(|(survey, picked)| of(survey, picked, which)).sum()
}

fn meant<'a>(surveys: &'a [Survey], picked: &'a [Picked]) -> impl Iterator<Item = &'a Status> {
    let both = surveys.iter().zip(picked);
    both.flat_map(|(survey, picked)| picked.runs.iter().filter_map(|run| survey.status(run)))
}

fn of(survey: &Survey, picked: &Picked, which: impl Fn(RunState) -> bool) -> u64 {
    let is_meant = |(run, status): &(u64, &Status)| picked.runs.contains(*run) && which(status.state);
    survey.each().filter(is_meant).count() as u64
}

/// One line on a terminal that is written again; a line now and then elsewhere.
#[derive(Debug, Default)]
struct Progress {
    last: String,
    written: Option<Instant>,
    view: Option<View>,
}

impl Progress {
    fn new(app: &App) -> Self {
        Self { view: app.can_write_over().then(View::open), ..Self::default() }
    }

    /// Shows a line and tells whether it is news. A view has more to say: how long it takes.
    fn show(&mut self, line: &str, in_view: impl FnOnce() -> String, ui: Ui) -> bool {
        match (&mut self.view, View::size()) {
            (Some(view), Some(size)) => view.paint(vec![cut(&in_view(), size.room().columns)], size),
            (Some(_), None) => {}
            (None, _) => {
                if line != self.last && self.written.is_none_or(|written| written.elapsed() > LINE_EVERY) {
                    self.written = Some(Instant::now());
                    ui.say(line);
                }
            }
        }
        let is_news = line != self.last;
        line.clone_into(&mut self.last);
        is_news
    }
}
