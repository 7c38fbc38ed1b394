//! A table of more rows than are kept: each is looked at once for the widths, and once more to be written.

use std::io::{self, Write};

use super::table::GAP;
use super::{columns, fill};

/// The widths of the columns.
#[derive(Debug)]
pub(crate) struct Columns {
    widths: Vec<usize>,
}

impl Columns {
    /// Starts as wide as the headings.
    pub(crate) fn under(headings: &[String]) -> Self {
        Self { widths: headings.iter().map(|heading| columns(heading)).collect() }
    }

    /// Makes room for a row.
    pub(crate) fn widen(&mut self, cells: &[String]) {
        for (width, cell) in self.widths.iter_mut().zip(cells) {
            *width = columns(cell).max(*width);
        }
    }

    /// Writes a row.
    pub(crate) fn write(&self, cells: &[String], out: &mut dyn Write) -> io::Result<()> {
        let padded = self.widths.iter().zip(cells).map(|(width, cell)| fill(cell, width + GAP));
        let line: String = padded.collect();
        writeln!(out, "{}", line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Table;

    #[test]
    fn it_looks_like_a_table_that_is_kept() {
        let lines = [["RUN", "text", "x"], ["0", "損失", ""], ["10", "a text", "0.5"]];
        let lines = lines.map(|line| line.map(str::to_owned));
        let mut kept = Table::new(lines[0].clone());
        let mut columns = Columns::under(&lines[0]);
        for line in &lines[1..] {
            kept.row(line.clone());
            columns.widen(line);
        }
        let mut written = Vec::new();
        for line in &lines {
            columns.write(line, &mut written).unwrap();
        }
        assert_eq!(String::from_utf8(written).unwrap(), kept.render());
    }
}
