//! Points that are written out, a row each: the columns become parameters that vary together.

use super::super::definition::{Column, Defined, DefinedChoice, Values};
use super::super::mistakes::Mistakes;
use super::super::style::Style;
use super::Reader;
use crate::document::rows::{RowsFormat, read};
use crate::document::{Entry, Problem, Source};

/// The rows of a text, with its number.
pub(super) struct Rows {
    source: usize,
    rows: Vec<Vec<Entry>>,
}

impl Rows {
    /// Reads all rows, of which there must be one.
    pub(super) fn read(source: &Source, mistakes: &mut Mistakes) -> Self {
        let number = mistakes.open(source.clone());
        let problems = mistakes.of(number);
        let rows = read(source, RowsFormat::of(source), problems);
        if rows.is_empty() && problems.is_empty() {
            let end = source.text.len();
            problems.push(Problem::new(&(end..end), "there is no row").help("each row is a point"));
        }
        Self { source: number, rows }
    }
}

impl Reader<'_> {
    /// Makes parameters of the columns, in the order in which rows name them first.
    pub(super) fn columns(&mut self, rows: &Rows, style: &Style) -> Vec<Defined> {
        self.source = rows.source;
        let rows = &rows.rows;
        let mut columns: Vec<(&Entry, Column)> = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            for (place, entry) in row.iter().enumerate() {
                // Rows mostly have the same names in the same order.
                let here = columns.get(place).is_some_and(|(first, _)| first.key == entry.key);
                let known =
                    if here { Some(place) } else { columns.iter().position(|(it, _)| it.key == entry.key) };
                let place = known.unwrap_or_else(|| {
                    self.check_column(entry, style);
                    columns.push((entry, vec![None; rows.len()]));
                    columns.len() - 1
                });
                columns[place].1[number] = self.cell(entry, style);
            }
        }
        let defined = |(first, choices): (&Entry, Column)| Defined {
            name: first.key.clone(),
            at: self.spot(&first.key_at),
            values: Values::Column(choices),
            when: None,
        };
        columns.into_iter().map(defined).collect()
    }

    fn check_column(&mut self, entry: &Entry, style: &Style) {
        if entry.key.starts_with('$') {
            self.problem(
                &entry.key_at,
                format!("a row is one point, and `{}` says something of several", entry.key),
            );
        }
        self.check_name(&entry.key, &entry.key_at, style);
    }

    fn cell(&mut self, entry: &Entry, style: &Style) -> Option<DefinedChoice> {
        let choice = self.choice(entry.value.clone(), style)?;
        if !choice.with.is_empty() {
            self.problem(&entry.value.at, "a row is one point, and its values bring nothing along");
        }
        Some(choice)
    }
}
