//! The terminal: who gets results, who gets messages, how wide it is, and whether it shows colour.

mod columns;
mod fit;
mod notice;
mod table;
mod text;
pub(crate) mod view;

use std::io::{self, IsTerminal, Write};

pub(crate) use columns::Columns;
pub(crate) use fit::{columns, cut, fill, printable};
pub(crate) use notice::Notice;
pub(crate) use table::{ROWS_ON_A_TERMINAL, Table};
pub(crate) use text::{ago, bytes, duration, last_lines, local_time, one_line, shell_word, shown};

/// How much a command says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Volume {
    /// Results, warnings and errors.
    Quiet,
    /// And what happens.
    Normal,
    /// And why.
    Verbose,
}

impl Volume {
    /// Reads the two switches, which exclude each other.
    pub(crate) fn of(quiet: bool, verbose: bool) -> Self {
        match (quiet, verbose) {
            (true, _) => Self::Quiet,
            (_, true) => Self::Verbose,
            _ => Self::Normal,
        }
    }

    /// Takes the other volume where that is not the ordinary one.
    pub(crate) fn with(self, other: Self) -> Self {
        if other == Self::Normal { self } else { other }
    }
}

/// Whether the user takes colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colors {
    /// On a terminal.
    Welcome,
    /// Nowhere.
    Unwanted,
}

/// Writes to the terminal: results to standard output, everything else to standard error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ui {
    volume: Volume,
    color: bool,
}

impl Ui {
    /// Speaks at a volume; in colour on a terminal, where colours are welcome.
    pub(crate) fn new(volume: Volume, colors: Colors) -> Self {
        Self { volume, color: io::stderr().is_terminal() && colors == Colors::Welcome }
    }

    /// Speaks at another volume.
    pub(crate) fn at(self, volume: Volume) -> Self {
        Self { volume, ..self }
    }

    /// Tells whether messages may have colour.
    pub(crate) fn color(self) -> bool {
        self.color
    }

    /// Says what happens.
    pub(crate) fn say(self, text: &str) {
        if self.volume >= Volume::Normal {
            message(text);
        }
    }

    /// Says how something ended, even when little is said.
    pub(crate) fn conclude(text: &str) {
        message(text);
    }

    /// Says why something happens.
    pub(crate) fn explain(self, text: &str) {
        if self.volume >= Volume::Verbose {
            message(text);
        }
    }

    /// Says what the user should know even when little is said.
    pub(crate) fn warn(self, text: &str) {
        let word = if self.color { "\x1b[1;33mwarning:\x1b[0m" } else { "warning:" };
        message(&format!("{word} {text}"));
    }

    /// Says that something failed, where the command still has more to say.
    pub(crate) fn error(self, text: &str) {
        let word = if self.color { "\x1b[1;31merror:\x1b[0m" } else { "error:" };
        message(&format!("{word} {text}"));
    }

    /// Passes on what another process of ours has said, as it said it.
    pub(crate) fn relay(text: &str) {
        if !text.is_empty() {
            view::write_above(text);
        }
    }

    /// Asks for an answer on the same line.
    pub(crate) fn prompt(question: &str) {
        view::clear();
        let mut err = io::stderr().lock();
        let _closed = write!(err, "{question} ").and_then(|()| err.flush());
    }

    /// Asks a question that is answered by yes or no; anything but yes is no.
    pub(crate) fn ask(question: &str) -> io::Result<bool> {
        view::clear();
        let mut err = io::stderr().lock();
        write!(err, "{question} [y/N] ")?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

fn message(text: &str) {
    view::write_above(&format!("{text}\n"));
}

/// Writes a result.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes ids, a line each.
pub(crate) fn lines<T: std::fmt::Display>(ids: &[T]) -> String {
    ids.iter().map(|id| format!("{id}\n")).collect()
}

/// Gives the columns of the terminal on standard output; `None` where it is a file or a pipe.
pub(crate) fn output_width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
}
