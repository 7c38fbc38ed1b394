//! The style of an object: what it says itself, and what the command line says of it.

use std::ops::Range;

use super::super::mistakes::Mistakes;
use super::super::style::{Chosen, Style};
use super::{Reader, typed};
use crate::document::Node;

/// What was typed of the style, and where.
pub(super) struct TypedStyle {
    source: usize,
    at: Range<usize>,
    chosen: Chosen,
}

impl TypedStyle {
    /// Reads the option; `None` also where it is wrong.
    pub(super) fn read(text: Option<&str>, mistakes: &mut Mistakes) -> Option<Self> {
        let (source, text) = typed::open("--style", text?, mistakes);
        let at = 0..text.text.len();
        match Chosen::parse(&text.text) {
            Ok(chosen) => Some(Self { source, at, chosen }),
            Err(error) => {
                mistakes.of(source).push(error.at(&at));
                None
            }
        }
    }
}

impl Reader<'_> {
    /// Reads the style of an object. A preset that was typed takes its place; knobs alone change it.
    pub(super) fn style(&mut self, written: Option<&Node>) -> Style {
        let problems = self.mistakes.of(self.source);
        let Some(typed) = self.style else {
            return written.map_or_else(Style::default, |node| Style::read(node, problems));
        };
        let own = written.map_or_else(Chosen::default, |node| Chosen::read(node, problems));
        typed.chosen.over(&own).style().unwrap_or_else(|error| {
            self.mistakes.of(typed.source).push(error.at(&typed.at));
            Style::default()
        })
    }
}
