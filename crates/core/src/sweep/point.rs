//! One point, and the walk over all of them.

use std::iter::FusedIterator;

use super::block::{Block, Settings};
use super::identity::{PointIdentity, fingerprint};
use super::{Choice, Sweep};
use crate::document::json;

/// One point: a value for each parameter that it has.
#[derive(Debug, Clone)]
pub struct Point<'a> {
    index: u64,
    block: &'a Block,
    settings: Settings,
}

impl<'a> Point<'a> {
    pub(super) fn new(index: u64, block: &'a Block, settings: Settings) -> Self {
        Self { index, block, settings }
    }

    /// Its place in the sweep, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The parameters that it has with their values, in the order of the file; those that are null included.
    pub fn parameters(&self) -> impl Iterator<Item = (&'a str, &Choice)> {
        let names = self.block.names.iter().zip(&self.settings);
        names.filter_map(|(name, choice)| Some((name.as_str(), choice.as_deref()?)))
    }

    /// The value of a parameter, if the point has it.
    pub fn choice(&self, name: &str) -> Option<&Choice> {
        let place = self.block.names.iter().position(|it| it == name)?;
        self.settings[place].as_deref()
    }

    /// The arguments that it adds to a command, in the order of the file.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.parameters().flat_map(|(_, choice)| choice.arguments()).map(String::as_str)
    }

    /// Gives what it has in common with equal points.
    pub fn identity(&self) -> PointIdentity {
        PointIdentity(fingerprint(self.parameters().map(|(name, choice)| (name, choice.value()))))
    }

    /// Appends the point as a compact JSON object: `{"lr":0.1,"layers":4}`. A null stays a null.
    pub fn write_json(&self, out: &mut String) {
        out.push('{');
        for (place, (name, choice)) in self.parameters().enumerate() {
            out.push_str(if place == 0 { "" } else { "," });
            json::write_string(name, out);
            out.push(':');
            out.push_str(choice.json());
        }
        out.push('}');
    }
}

/// The points of a sweep in order.
#[derive(Debug, Clone)]
pub struct Points<'a> {
    sweep: &'a Sweep,
    next: u64,
}

impl<'a> Points<'a> {
    pub(super) fn new(sweep: &'a Sweep) -> Self {
        Self { sweep, next: 0 }
    }
}

impl<'a> Iterator for Points<'a> {
    type Item = Point<'a>;

    fn next(&mut self) -> Option<Point<'a>> {
        let point = self.sweep.point(self.next)?;
        self.next += 1;
        Some(point)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match usize::try_from(self.sweep.count() - self.next) {
            Ok(left) => (left, Some(left)),
            Err(_) => (usize::MAX, None),
        }
    }

    fn nth(&mut self, skipped: usize) -> Option<Point<'a>> {
        self.next = self.next.saturating_add(skipped as u64).min(self.sweep.count());
        self.next()
    }
}

impl FusedIterator for Points<'_> {}
