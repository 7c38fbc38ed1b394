//! The records of a separated text, each cell with its place and with whether it stood in quotes.

use std::ops::Range;

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use crate::document::{BYTE_ORDER_MARK, Problem};

/// One cell.
pub(super) struct Cell {
    /// Where it stands, its quotes included.
    pub(super) at: Range<usize>,
    /// Its text, unquoted; without quotes also without the blanks around it.
    pub(super) text: String,
    pub(super) quoted: bool,
    slip: Option<Slip>,
}

/// What can be wrong with the quotes of a cell; the reader takes everything.
#[derive(Clone, Copy)]
enum Slip {
    NeverClosed,
    TextBehind,
    BlankBefore,
}

impl Cell {
    /// Reads a cell from what stands between two separators, and from its text as the reader unquoted it.
    fn of(raw: &str, start: usize, unquoted: &[u8]) -> Self {
        let quoted = raw.starts_with('"');
        let trimmed = raw.trim();
        let slip = match raw.strip_prefix('"') {
            Some(inside) => slip_behind(inside),
            None if trimmed.starts_with('"') => Some(Slip::BlankBefore),
            None => None,
        };
        if quoted {
            let text = String::from_utf8_lossy(unquoted).into_owned();
            return Self { at: start..start + raw.len(), text, quoted, slip };
        }
        let start = start + raw.len() - raw.trim_start().len();
        Self { at: start..start + trimmed.len(), text: trimmed.to_owned(), quoted, slip }
    }

    /// Says what is wrong with the quotes.
    pub(super) fn broken(&self) -> Option<Problem> {
        let (message, help) = match self.slip? {
            Slip::NeverClosed => {
                ("this quote is never closed", "a quote inside of a quoted cell is written twice")
            }
            Slip::TextBehind => (
                "something follows the closing quote of this cell",
                "a quote inside of a quoted cell is written twice, and no blank stands outside of the quotes",
            ),
            Slip::BlankBefore => {
                ("a blank stands before the quote of this cell", "start the quote right behind the separator")
            }
        };
        Some(Problem::new(&self.at, message).help(help))
    }
}

/// Looks at what follows the opening quote.
fn slip_behind(mut inside: &str) -> Option<Slip> {
    loop {
        match inside.split_once('"') {
            None => return Some(Slip::NeverClosed),
            Some((_, rest)) => match rest.strip_prefix('"') {
                Some(rest) => inside = rest,
                None => return (!rest.is_empty()).then_some(Slip::TextBehind),
            },
        }
    }
}

/// Walks over the records; blank lines are none.
pub(super) struct Records<'a> {
    text: &'a str,
    reader: Reader,
    position: usize,
    /// Room for the unquoted text of a cell.
    room: Vec<u8>,
}

impl<'a> Records<'a> {
    pub(super) fn of(text: &'a str, separator: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(separator).build();
        Self { text, reader, position: 0, room: vec![0; 256] }
    }

    /// Reads the next cell of a record, and tells whether it is the last one there.
    fn cell(&mut self, is_first: bool) -> Option<(Cell, bool)> {
        let mut start = self.position;
        let mut filled = 0;
        loop {
            let rest = &self.text.as_bytes()[self.position..];
            let (result, read, written) = self.reader.read_field(rest, &mut self.room[filled..]);
            self.position += read;
            filled += written;
            match result {
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::OutputFull => self.room.resize(self.room.len() * 2, 0),
                ReadFieldResult::End => return None,
                ReadFieldResult::Field { record_end } => {
                    let end = self.position - usize::from(!rest.is_empty()); // without what ended the cell
                    if is_first {
                        let raw = self.text[start..end].trim_start_matches(BYTE_ORDER_MARK);
                        start = end - raw.trim_start_matches(['\r', '\n']).len();
                    }
                    return Some((Cell::of(&self.text[start..end], start, &self.room[..filled]), record_end));
                }
            }
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Vec<Cell>;

    fn next(&mut self) -> Option<Vec<Cell>> {
        loop {
            let (first, mut ended) = self.cell(true)?;
            let is_blank = ended && first.text.is_empty() && !first.quoted;
            let mut cells = vec![first];
            while !ended {
                let (cell, last) = self.cell(false)?;
                cells.push(cell);
                ended = last;
            }
            if !is_blank {
                return Some(cells);
            }
        }
    }
}
