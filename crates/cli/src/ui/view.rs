//! A view: lines at the bottom of the terminal that are written over again and again, with all else above them.
//!
//! The cursor rests on the line below, and nothing of the terminal is switched for longer than one write: whoever is
//! killed, even by KILL, leaves a terminal that is as it was.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use nix::unistd::{getpgrp, tcgetpgrp};

use super::fit::columns;

/// What stands there. A process has one terminal, and whatever it says has to know.
static SHOWN: Mutex<Shown> = Mutex::new(Shown { lines: Vec::new(), size: Size { columns: 0, lines: 0 } });

/// Begins a change that is shown at once, where the terminal knows how to (mode 2026), and cuts lines that turn out
/// wider than they were measured (DECAWM off).
const BEGIN: &str = "\x1b[?2026h\x1b[?7l";
const END: &str = "\x1b[?7h\x1b[?2026l";

/// How many lines above a view are left at the most: a failure is told in four.
const MOST_SAID: usize = 6;

/// The size of a terminal, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) lines: usize,
}

impl Size {
    /// Gives what a view may take of it: a line stays free for the cursor, and in the last column some terminals begin
    /// the next line. A quarter of the lines is left for what was said last, such as why a run failed.
    pub(crate) fn room(self) -> Self {
        let said = (self.lines / 4).min(MOST_SAID);
        Self { columns: self.columns.saturating_sub(1), lines: self.lines.saturating_sub(1 + said) }
    }
}

#[derive(Debug)]
struct Shown {
    lines: Vec<String>,
    /// The size of the terminal when they were written.
    size: Size,
}

/// The right to a view, of which there is one; dropping it leaves a clean terminal.
#[derive(Debug)]
pub(crate) struct View(&'static Mutex<Shown>);

impl View {
    /// Begins with no lines.
    pub(crate) fn open() -> Self {
        Self(&SHOWN)
    }

    /// Gives the size of the terminal; `None` where it is not there, or another job has it.
    pub(crate) fn size() -> Option<Size> {
        let is_ours = tcgetpgrp(io::stderr()).is_ok_and(|owner| owner == getpgrp());
        terminal_size().filter(|_| is_ours)
    }

    /// Has these lines stand there, each narrower than `size`, which this terminal has now.
    pub(crate) fn paint(&mut self, lines: Vec<String>, size: Size) {
        let mut shown = lock(self.0);
        let text = shown.turn_into(&lines, size);
        if !text.is_empty() {
            write(&format!("{BEGIN}{text}{END}"));
        }
        *shown = Shown { lines, size };
    }

    /// Takes the lines away, as before something else has the terminal.
    pub(crate) fn clear(&mut self) {
        take_away(lock(self.0));
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Writes a text to standard error, above the view where there is one.
pub(super) fn write_above(text: &str) {
    let mut shown = lock(&SHOWN);
    if shown.lines.is_empty() {
        return write(text);
    }
    let size = terminal_size().unwrap_or(shown.size);
    let lines: String = shown.lines.iter().map(|line| format!("{line}\n")).collect();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    write(&format!("{BEGIN}{}\x1b[?7h{text}{end}\x1b[?7l{lines}{END}", shown.erased(size)));
    shown.size = size;
}

/// Takes the view away, where there is one.
pub(super) fn clear() {
    take_away(lock(&SHOWN));
}

/// Takes the view away after a panic, which may have happened while it was written.
pub(crate) fn abandon() {
    match SHOWN.try_lock() {
        Ok(shown) => take_away(shown),
        Err(TryLockError::Poisoned(shown)) => take_away(shown.into_inner()),
        Err(TryLockError::WouldBlock) => {}
    }
}

fn take_away(mut shown: MutexGuard<'_, Shown>) {
    if !shown.lines.is_empty() {
        write(&shown.erased(terminal_size().unwrap_or(shown.size)));
        shown.lines.clear();
    }
}

fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In one piece, so that nothing comes between. A closed standard error leaves nobody to tell.
fn write(text: &str) {
    let _closed = io::stderr().lock().write_all(text.as_bytes());
}

fn terminal_size() -> Option<Size> {
    let (columns, lines) = terminal_size::terminal_size_of(io::stderr())?;
    Some(Size { columns: usize::from(columns.0), lines: usize::from(lines.0) })
}

impl Shown {
    /// Gives what is to be written to have other lines in their place: nothing where nothing changes.
    fn turn_into(&self, lines: &[String], size: Size) -> String {
        if self.lines == lines && (self.size == size || lines.is_empty()) {
            return String::new();
        }
        if self.lines.is_empty() || lines.is_empty() || self.size != size {
            let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
            return self.erased(size) + &lines;
        }
        let mut text = format!("\r\x1b[{}A", self.lines.len());
        let old = self.lines.iter().map(Some).chain(std::iter::repeat(None));
        for (line, old) in lines.iter().zip(old) {
            if old != Some(line) {
                text.push_str(line);
                text.push_str("\x1b[K");
            }
            text.push_str("\r\n");
        }
        // Lines that are no more, and what was typed.
        text.push_str("\x1b[J");
        text
    }

    /// Gives what takes the lines away from a terminal that has `size` now, one by one: where the whole screen is erased
    /// at once, tmux and others keep what stood there above it, as if somebody wanted to read it.
    fn erased(&self, size: Size) -> String {
        match self.rows(size) {
            0 => String::new(),
            rows => String::from("\r\x1b[J") + &"\x1b[A\x1b[2K".repeat(rows),
        }
    }

    /// Counts the rows that the lines take on a terminal that has `size` now: one that became narrower breaks what no
    /// longer fits.
    fn rows(&self, size: Size) -> usize {
        let rows = |line: &String| columns(line).div_ceil(size.columns.max(1)).max(1);
        self.lines.iter().map(rows).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { columns: 20, lines: 10 };

    fn shown(lines: &[&str]) -> Shown {
        Shown { lines: owned(lines), size: SIZE }
    }

    fn owned(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    fn turned(from: &[&str], to: &[&str]) -> String {
        shown(from).turn_into(&owned(to), SIZE)
    }

    #[test]
    fn what_does_not_change_is_not_written() {
        assert_eq!(turned(&["a", "b"], &["a", "b"]), "");
        assert_eq!(turned(&[], &[]), "");
    }

    #[test]
    fn the_first_lines_are_written_where_the_cursor_is() {
        assert_eq!(turned(&[], &["a", "b"]), "a\nb\n");
    }

    #[test]
    fn only_lines_that_changed_are_written() {
        assert_eq!(turned(&["a", "b", "c"], &["a", "x", "c"]), "\r\x1b[3A\r\nx\x1b[K\r\n\r\n\x1b[J");
    }

    #[test]
    fn more_and_fewer_lines() {
        assert_eq!(turned(&["a"], &["a", "b"]), "\r\x1b[1A\r\nb\x1b[K\r\n\x1b[J");
        assert_eq!(turned(&["a", "b"], &["a"]), "\r\x1b[2A\r\n\x1b[J");
        assert_eq!(turned(&["a", "b"], &[]), "\r\x1b[J\x1b[A\x1b[2K\x1b[A\x1b[2K");
    }

    #[test]
    fn another_size_has_all_written_anew() {
        let narrow = Size { columns: 4, lines: 10 };
        let text = shown(&["abcdefgh", "ab"]).turn_into(&owned(&["ab…", "ab"]), narrow);
        assert_eq!(text, "\r\x1b[J\x1b[A\x1b[2K\x1b[A\x1b[2K\x1b[A\x1b[2Kab…\nab\n");
        let wide = Size { columns: 40, lines: 10 };
        assert_eq!(shown(&["ab"]).turn_into(&owned(&["ab"]), wide), "\r\x1b[J\x1b[A\x1b[2Kab\n");
    }

    #[test]
    fn a_view_leaves_room_for_what_was_said_last() {
        let room = |lines| Size { columns: 80, lines }.room().lines;
        assert_eq!([0, 1, 3, 5, 10, 24, 100].map(room), [0, 0, 2, 3, 7, 17, 93]);
    }

    #[test]
    fn wide_characters_are_counted_as_they_are_shown() {
        assert_eq!(shown(&["損失関数", ""]).rows(Size { columns: 4, lines: 10 }), 3);
        assert_eq!(shown(&["ab"]).rows(Size { columns: 0, lines: 0 }), 2);
    }
}
