//! Tables that fit the terminal and are plain when piped.

use comfy_table::{ContentArrangement, Table as Comfy, presets};

use super::{one_line, output_width};

/// Rows under headings, aligned.
#[derive(Debug)]
pub(crate) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Starts with the headings.
    pub(crate) fn new(headings: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { headings: headings.into_iter().map(Into::into).collect(), rows: Vec::new() }
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
        let mut table = Comfy::new();
        table.load_style(presets::NOTHING);
        match width.and_then(|width| u16::try_from(width).ok()) {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        table.set_header(&self.headings);
        table.add_rows(&self.rows);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }
}
