//! Explicit points, a row each, from CSV, TSV or JSON lines: the same entries as those of an object in a document.

mod lines;
mod separated;
mod write;

pub use write::{is_sayable, write_names, write_row};

use super::{BYTE_ORDER_MARK, Entry, Problem, Source};

/// How a file of rows is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsFormat {
    /// Names in the first line, cells separated by commas (RFC 4180).
    Csv,
    /// The same with tabs.
    Tsv,
    /// A JSON object a line.
    JsonLines,
}

impl RowsFormat {
    /// Tells the format by what the name ends in (`.csv`, `.tsv`, `.jsonl`, `.ndjson`), and for every other name, such
    /// as that of the standard input, by the look of the text: a bracket first is JSON, a tab in the first line TSV.
    pub fn of(source: &Source) -> Self {
        match source.extension().as_str() {
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            "jsonl" | "ndjson" => Self::JsonLines,
            _ => Self::by_look(&source.text),
        }
    }

    fn by_look(text: &str) -> Self {
        let text = text.trim_start_matches(BYTE_ORDER_MARK);
        let first_line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        if first_line.trim_start().starts_with(['{', '[']) {
            Self::JsonLines
        } else if first_line.contains('\t') {
            Self::Tsv
        } else {
            Self::Csv
        }
    }
}

/// Reads all rows. What is wrong goes to `problems`, and the rows that can be read come back nevertheless, so that a
/// caller can add what it finds wrong in them.
///
/// In CSV and TSV, a cell is a number where it is one exactly as JSON writes it (`007` and `.5` are text), `true`,
/// `True`, `TRUE` and their opposites are booleans, and an empty cell is null; a cell in quotes is always text. Blanks
/// around a cell without quotes, and blank lines, are no part of it.
pub fn read(source: &Source, format: RowsFormat, problems: &mut Vec<Problem>) -> Vec<Vec<Entry>> {
    match format {
        RowsFormat::Csv => separated::read(source, b',', problems),
        RowsFormat::Tsv => separated::read(source, b'\t', problems),
        RowsFormat::JsonLines => lines::read(source, problems),
    }
}

/// Ends the reading of a file that is wrong from end to end.
fn too_many(at: usize) -> Problem {
    Problem::new(&(at..at), "the rows from here on were not read: too many before them are wrong")
}

#[cfg(test)]
mod tests;
