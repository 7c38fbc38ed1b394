//! How a person sees a launch on this machine: a live view, or what runs print.

use std::io::{self, IsTerminal};
use std::num::NonZeroU32;

use neuromanager_core::ranges::Ranges;
use neuromanager_core::worker::Signals;
use nix::sys::signal::{Signal, raise};

use super::App;
use super::echo::{Echo, Style};
use super::foreground::Attended;
use super::live::Live;
use super::news::{News, Watched};
use super::order::{Manner, Output};
use crate::report::Failure;
use crate::ui::Volume;

/// What shows a launch to whoever started it.
pub(super) enum Showing<'a> {
    /// A view that is written over.
    Live(Box<Live<'a>>),
    /// What runs print.
    Echo(Box<Echo<'a>>, News),
}

/// What was seen before the end.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) told: Told,
    /// The runs that have succeeded, as far as was seen.
    pub(super) succeeded: Ranges,
}

/// What a person was told before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing, and nothing of what runs print either.
    NotEvenOutput,
    /// Nothing about failures.
    Nothing,
    /// Why runs failed, and what they printed last.
    Failures,
}

impl<'a> Showing<'a> {
    /// Chooses by what was asked for and by where it was typed: a single run has the terminal for itself, and what is
    /// read by a program is what runs print.
    pub(super) fn of(attended: &'a Attended, manner: Manner, app: &App) -> Result<Self, Failure> {
        let is_seen = attended.chunk.runs.len() > 1
            && manner.output == Output::Usual
            && !manner.json
            && app.can_write_over()
            && io::stdout().is_terminal();
        if is_seen && manner.volume > Volume::Quiet {
            return Ok(Self::Live(Box::new(Live::open(attended, app.ui.at(manner.volume))?)));
        }
        let style = match manner.crew.jobs(&attended.launch.resources)? {
            NonZeroU32::MIN => Style::Live,
            _ => Style::Whole,
        };
        let is_followed = !is_seen && !manner.json && manner.output != Output::Nothing;
        let echo = Echo::new(attended, style, app.ui.at(manner.volume), is_followed);
        let news = News::of(&attended.dir.events(), Echo::pace(style));
        let mut showing = Self::Echo(Box::new(echo), news);
        // What was written before it was watched.
        showing.show()?;
        Ok(showing)
    }

    /// Waits for what there is to show, or for signals, which it gives.
    pub(super) fn wait(&mut self, signals: &mut Signals) -> Vec<i32> {
        match self {
            Self::Live(live) => signals.wait(Some(live.pace())),
            Self::Echo(_, news) => news.wait(signals),
        }
    }

    /// Gives the signals that it has to hear of: a view is taken away before the shell has the terminal.
    pub(super) fn signals(&self) -> &'static [Signal] {
        match self {
            Self::Live(_) => &[Signal::SIGTSTP],
            Self::Echo(..) => &[],
        }
    }

    /// Stops this process, as the user asked for by Ctrl-Z, and returns when it is continued. SIGTTIN stops it unless
    /// nobody could continue it (setpgid(2), orphaned process groups); SIGTSTP, which does so too, is caught.
    pub(super) fn stop(&mut self) -> Result<(), Failure> {
        if let Self::Live(live) = self {
            live.hide();
        }
        Ok(raise(Signal::SIGTTIN).map_err(io::Error::from)?)
    }

    /// Shows what is new.
    pub(super) fn show(&mut self) -> Result<(), Failure> {
        match self {
            Self::Live(live) => live.show(),
            Self::Echo(echo, news) => {
                echo.follow()?;
                match news.follow(echo.log()) {
                    // It may have grown before it was watched.
                    Watched::Anew => echo.follow(),
                    Watched::AsBefore => Ok(()),
                }
            }
        }
    }

    /// Shows the rest once the worker has ended, and gives what was seen.
    pub(super) fn finish(self) -> Result<Seen, Failure> {
        match self {
            Self::Live(live) => live.finish(),
            Self::Echo(echo, _) => Ok(Seen { told: Told::Nothing, succeeded: echo.succeeded() }),
        }
    }
}
