//! Tables that fit the terminal and are plain when piped.

use std::ops::Range;

use comfy_table::{ContentArrangement, Table as Comfy, presets};

use super::{one_line, output_width};

/// How many rows a terminal is shown at once; a pipe gets all.
pub(crate) const ROWS_ON_A_TERMINAL: usize = 200;

/// The blanks behind a column.
pub(super) const GAP: usize = 2;

/// How few characters of a cell still tell anything.
const SHORTEST: usize = 6;

/// Rows under headings, aligned.
#[derive(Debug)]
pub(crate) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    cut: Range<usize>,
    spare: Option<usize>,
}

impl Table {
    /// Starts with the headings.
    pub(crate) fn new(headings: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            headings: headings.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
            cut: 0..0,
            spare: None,
        }
    }

    /// Names the columns whose cells are cut where the table is wider than the terminal.
    pub(crate) fn cutting(mut self, columns: Range<usize>) -> Self {
        self.cut = columns;
        self
    }

    /// Names a column that is left out where the table is wider than the terminal; it is not among those that are cut.
    pub(crate) fn sparing(mut self, column: Option<usize>) -> Self {
        self.spare = column;
        self
    }

    /// Adds a row, with a cell for each heading.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }

    /// Lays it out: as wide as the terminal on standard output at most, as wide as it needs elsewhere.
    pub(crate) fn render(&self) -> String {
        self.render_within(output_width())
    }

    fn render_within(&self, width: Option<usize>) -> String {
        match (width, self.spare) {
            (Some(room), Some(column)) if self.width(usize::MAX) > room => {
                self.without(column).lay_out(width)
            }
            (Some(_) | None, _) => self.lay_out(width),
        }
    }

    fn without(&self, column: usize) -> Self {
        let rest = |cells: &Vec<String>| {
            let cells = cells.iter().enumerate().filter(|(place, _)| *place != column);
            cells.map(|(_, cell)| cell.clone()).collect()
        };
        let place = |cut: usize| if cut > column { cut - 1 } else { cut };
        Self {
            headings: rest(&self.headings),
            rows: self.rows.iter().map(rest).collect(),
            cut: place(self.cut.start)..place(self.cut.end),
            spare: None,
        }
    }

    fn lay_out(&self, width: Option<usize>) -> String {
        let mut table = Comfy::new();
        table.load_style(presets::NOTHING);
        match width.and_then(|width| u16::try_from(width).ok()) {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        let longest = width.map_or(usize::MAX, |width| self.longest_cell(width));
        let fit = |cells: &[String]| -> Vec<String> {
            let cells = cells.iter().enumerate();
            cells
                .map(
                    |(column, cell)| {
                        if self.cut.contains(&column) { cut(cell, longest) } else { cell.clone() }
                    },
                )
                .collect()
        };
        table.set_header(fit(&self.headings));
        table.add_rows(self.rows.iter().map(|row| fit(row)));
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// Gives how long a cell may be that is cut, so that the table is as wide as the terminal at most.
    fn longest_cell(&self, width: usize) -> usize {
        let most = self.widths().into_iter().max().unwrap_or(0);
        (SHORTEST..=most).rev().find(|longest| self.width(*longest) <= width).unwrap_or(SHORTEST)
    }

    /// Gives how wide the table is where cells that may be cut are so from `longest` characters on.
    fn width(&self, longest: usize) -> usize {
        let of = |(column, width): (usize, usize)| {
            GAP + if self.cut.contains(&column) { width.min(longest) } else { width }
        };
        self.widths().into_iter().enumerate().map(of).sum()
    }

    /// Gives how long the longest cell of each column is.
    fn widths(&self) -> Vec<usize> {
        let lines = || std::iter::once(&self.headings).chain(&self.rows);
        let widest = |column: usize| {
            let cells = lines().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        (0..self.headings.len()).map(widest).collect()
    }
}

/// Cuts a text to `longest` characters, the last of which then says so.
fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let start: String = text.chars().take(longest.saturating_sub(1)).collect();
    start + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["RUN", "lr", "text", "STATE"]).cutting(1..3);
        table.row(["1.0", "0.1", "a text that goes on and on", "succeeded"].map(str::to_owned));
        table.row(["1.1", "0.01", "short", "failed"].map(str::to_owned));
        table
    }

    #[test]
    fn long_cells_are_cut_where_the_terminal_is_narrow() {
        insta::assert_snapshot!(table().render_within(Some(40)), @"
        RUN  lr    text              STATE
        1.0  0.1   a text that goe…  succeeded
        1.1  0.01  short             failed
        ");
    }

    #[test]
    fn a_spare_column_goes_before_anything_is_cut() {
        let table = table().sparing(Some(0));
        assert_eq!(table.render_within(Some(50)), table.render_within(None));
        insta::assert_snapshot!(table.render_within(Some(49)), @"
        lr    text                        STATE
        0.1   a text that goes on and on  succeeded
        0.01  short                       failed
        ");
        insta::assert_snapshot!(table.render_within(Some(30)), @"
        lr    text         STATE
        0.1   a text tha…  succeeded
        0.01  short        failed
        ");
    }

    #[test]
    fn nothing_is_cut_in_a_pipe() {
        insta::assert_snapshot!(table().render_within(None), @"
        RUN  lr    text                        STATE
        1.0  0.1   a text that goes on and on  succeeded
        1.1  0.01  short                       failed
        ");
    }
}
