//! `neu logs -f`: the logs of runs as they grow, attempt after attempt, until the runs are over.

use std::io::{self, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use neuromanager_core::engine::survey::Survey;
use neuromanager_core::engine::watch::Watch;
use neuromanager_core::id::RunId;
use neuromanager_core::store::{Store, StoreError};

use super::App;
use super::follow::{Lines, Tail};
use super::naming::title;
use super::selecting::{Picked, ids_of};
use super::wait::check_originals;
use crate::exit::Exit;
use crate::report::Failure;
use crate::ui::Ui;

/// How often the logs are looked at.
const TICK: Duration = Duration::from_millis(100);

/// How often the journal is read for runs that began or ended, and how often a scheduler is asked.
const GLANCE_EVERY: Duration = Duration::from_secs(1);
const SURVEY_EVERY: Duration = Duration::from_secs(15);

/// How soon a scheduler is asked again that is not done with runs whose programs have ended; twice as late each time.
const SURVEY_AGAIN: Duration = Duration::from_millis(500);

/// How long one question to a scheduler may take. What is printed does not wait for it.
const LONGEST: Duration = Duration::from_secs(10);

/// What is followed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Following<'a> {
    pub(super) store: &'a Store,
    pub(super) picked: &'a [Picked],
    /// The one attempt that was asked for; else the latest, and all that follow it.
    pub(super) attempt: Option<u32>,
}

/// Prints what the runs print until they are over, and gives how they are then.
pub(super) fn follow(following: Following<'_>, app: &App) -> Result<Vec<Survey>, Failure> {
    let ids = ids_of(following.picked);
    let watch = Watch::open(following.store, &ids)?;
    let mut book = Book::new(following, app.ui);
    let watch: Result<Watch, Failure> = thread::scope(|scope| {
        let mut at_hand = Some(watch);
        let mut asked = None;
        let mut asking = Asking::default();
        let mut glanced = Instant::now();
        if let Some(watch) = &at_hand {
            book.read(watch.surveys(), Extent::News)?;
        }
        loop {
            if let Some(mut watch) = at_hand.take() {
                if glanced.elapsed() > GLANCE_EVERY {
                    watch.glance()?;
                    glanced = Instant::now();
                    book.read(watch.surveys(), Extent::News)?;
                }
                if asking.is_due(book.is_over(watch.surveys())) {
                    asked = Some(scope.spawn(move || {
                        let answer = app.survey_watch(&mut watch, LONGEST);
                        answer.map(|()| watch)
                    }));
                } else {
                    at_hand = Some(watch);
                }
            }
            if let Some(answer) = asked.take_if(|asked| asked.is_finished()) {
                let crashed = |_| Failure::new(Exit::Bug, "the thread that asks the scheduler has crashed");
                let watch = answer.join().map_err(crashed)??;
                if book.is_over(watch.surveys()) {
                    return Ok(watch);
                }
                book.read(watch.surveys(), Extent::News)?;
                check_originals(watch.surveys(), following.picked)?;
                (asking.last, glanced) = (Some(Instant::now()), Instant::now());
                at_hand = Some(watch);
            }
            book.print_new()?;
            thread::sleep(TICK);
        }
    });
    let surveys = watch?.into_surveys();
    book.read(&surveys, Extent::All)?;
    book.finish()?;
    Ok(surveys)
}

/// When a scheduler is asked.
#[derive(Debug)]
struct Asking {
    last: Option<Instant>,
    was_over: bool,
    again: Duration,
}

impl Default for Asking {
    fn default() -> Self {
        Self { last: None, was_over: false, again: SURVEY_AGAIN }
    }
}

impl Asking {
    /// Tells whether to ask now. Where the disk says that all is over, the scheduler has the last word: it may have put
    /// a run back into its queue.
    fn is_due(&mut self, is_over: bool) -> bool {
        let is_news = is_over && !self.was_over;
        self.was_over = is_over;
        if is_news {
            self.again = SURVEY_AGAIN;
        }
        let every = if is_over { self.again } else { SURVEY_EVERY };
        let is_due = is_news || self.last.is_none_or(|last| last.elapsed() > every);
        if is_due && is_over {
            self.again = (self.again * 2).min(SURVEY_EVERY);
        }
        is_due
    }
}

/// How much is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// What the journals tell of.
    News,
    /// And every log that is there: nothing more will come.
    All,
}

/// The runs that are followed.
struct Book<'a> {
    following: Following<'a>,
    chapters: Vec<Chapter>,
    is_alone: bool,
    ui: Ui,
}

/// One run: its attempts so far.
struct Chapter {
    /// The place of its launch among those that are followed.
    launch: usize,
    id: RunId,
    pages: Vec<Page>,
    /// Whether its run is over and its log was read to the end.
    rests: bool,
}

/// The log of one attempt.
struct Page {
    attempt: u32,
    tail: Tail,
    lines: Lines,
}

impl<'a> Book<'a> {
    fn new(following: Following<'a>, ui: Ui) -> Self {
        let chapters: Vec<Chapter> = following
            .picked
            .iter()
            .enumerate()
            .flat_map(|(launch, picked)| {
                let id = |run| RunId { launch: picked.id, run };
                let chapter = move |run| Chapter { launch, id: id(run), pages: Vec::new(), rests: false };
                picked.runs.iter().map(chapter)
            })
            .collect();
        Self { following, is_alone: chapters.len() == 1, chapters, ui }
    }

    /// Opens the logs of attempts that began since, and prints what the attempts before them have left.
    fn read(&mut self, surveys: &[Survey], extent: Extent) -> Result<(), Failure> {
        for chapter in &mut self.chapters {
            let Some(survey) = surveys.get(chapter.launch) else { continue };
            let begun = match self.following.attempt {
                Some(attempt) => chapter.only(survey, attempt),
                None => chapter.begun(survey, extent)?,
            };
            for (attempt, log) in begun {
                if let Some(page) = chapter.pages.last_mut() {
                    page.print_new(self.is_alone)?;
                    page.finish()?;
                    if self.is_alone {
                        self.ui.say(&format!("==> {} attempt {attempt} <==", chapter.id));
                    }
                }
                let title = title(survey, chapter.id)?;
                let prefix = match attempt {
                    1 => format!("{title} | "),
                    attempt => format!("{title} attempt {attempt} | "),
                };
                chapter.pages.push(Page { attempt, tail: Tail::new(&log), lines: Lines::new(prefix) });
                chapter.rests = false;
            }
            if !chapter.rests
                && let Some(page) = chapter.pages.last_mut()
            {
                page.print_new(self.is_alone)?;
            }
            let status = survey.status(chapter.id.run);
            chapter.rests = status.is_some_and(|status| status.state.is_final());
        }
        Ok(())
    }

    /// Prints what is new in the logs of the runs that execute.
    fn print_new(&mut self) -> Result<(), Failure> {
        for chapter in self.chapters.iter_mut().filter(|chapter| !chapter.rests) {
            if let Some(page) = chapter.pages.last_mut() {
                page.print_new(self.is_alone)?;
            }
        }
        Ok(())
    }

    /// Prints what came late, also from attempts that went on after the next had begun.
    fn finish(&mut self) -> Result<(), Failure> {
        for chapter in &mut self.chapters {
            let last = chapter.pages.last().map(|page| page.attempt);
            for page in &mut chapter.pages {
                if self.is_alone && Some(page.attempt) != last && page.tail.has_news() {
                    let (id, attempt) = (chapter.id, page.attempt);
                    self.ui.say(&format!("==> {id} attempt {attempt}, which went on meanwhile <=="));
                }
                page.print_new(self.is_alone)?;
                page.finish()?;
            }
        }
        Ok(())
    }

    /// Tells whether nothing more is expected of what is followed.
    fn is_over(&self, surveys: &[Survey]) -> bool {
        self.chapters.iter().all(|chapter| {
            let Some(survey) = surveys.get(chapter.launch) else { return true };
            let is_final = survey.status(chapter.id.run).is_some_and(|status| status.state.is_final());
            is_final || self.following.attempt.is_some_and(|attempt| is_past(survey, chapter.id.run, attempt))
        })
    }
}

/// Tells whether an attempt at a run has ended.
fn is_past(survey: &Survey, run: u64, attempt: u32) -> bool {
    survey.history.latest(run).is_some_and(|latest| {
        let is_over = latest.ended.is_some() || latest.superseded.is_some() || latest.concluded.is_some();
        latest.number > attempt || latest.number == attempt && is_over
    })
}

impl Chapter {
    /// Gives the log of the only attempt that is followed, once it is there.
    fn only(&self, survey: &Survey, attempt: u32) -> Vec<(u32, PathBuf)> {
        let log = survey.dir.log(survey.launch.runs, self.id.run, attempt);
        let is_new = self.pages.is_empty() && log.exists();
        if is_new { vec![(attempt, log)] } else { Vec::new() }
    }

    /// Gives the logs of the attempts that began since, ascending; at first that of the latest.
    fn begun(&self, survey: &Survey, extent: Extent) -> Result<Vec<(u32, PathBuf)>, StoreError> {
        let (runs, run) = (survey.launch.runs, self.id.run);
        let latest = survey.status(run).map_or(0, |status| status.attempt);
        let known = self.pages.last().map_or(0, |page| page.attempt);
        if latest <= known && extent == Extent::News {
            return Ok(Vec::new());
        }
        let log = |attempt| survey.dir.log(runs, run, attempt);
        let follows = known == 0 || latest == known + 1;
        if extent == Extent::News && follows && log(latest).exists() {
            return Ok(vec![(latest, log(latest))]);
        }
        if extent == Extent::All && latest == known && self.is_last(survey) {
            return Ok(Vec::new());
        }
        let mut claimed = survey.dir.claimed_attempts(runs, run)?;
        claimed.retain(|attempt| *attempt > known);
        if known == 0 {
            claimed.drain(..claimed.len().saturating_sub(1));
        }
        Ok(claimed.into_iter().map(|attempt| (attempt, log(attempt))).collect())
    }

    /// Tells whether no attempt follows the latest that the journal knows of, as its end record says.
    fn is_last(&self, survey: &Survey) -> bool {
        survey.history.latest(self.id.run).is_some_and(|latest| latest.ended.is_some())
    }
}

impl Page {
    fn print_new(&mut self, is_alone: bool) -> io::Result<()> {
        if !self.tail.has_news() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        if is_alone { self.tail.pump(&mut out) } else { self.tail.pump(&mut self.lines.to(&mut out)) }
    }

    /// Prints what it has left without the end of a line.
    fn finish(&mut self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        self.lines.finish(&mut out)?;
        out.flush()
    }
}
