//! One combination of values, and the walk over all of them.

use std::iter::FusedIterator;

use super::{Choice, Sweep};

/// One combination: a number into the sweep, from which every value follows.
#[derive(Debug, Clone, Copy)]
pub struct Point<'a> {
    sweep: &'a Sweep,
    index: u64,
}

impl<'a> Point<'a> {
    /// The caller has checked the index.
    pub(super) fn new(sweep: &'a Sweep, index: u64) -> Self {
        Self { sweep, index }
    }

    /// Its place in the sweep, from 0.
    pub fn index(self) -> u64 {
        self.index
    }

    /// The arguments that it adds to a command, in the order of the file; a null adds none.
    pub fn flags(self) -> impl Iterator<Item = &'a str> {
        self.parameters().filter_map(|(_, choice)| choice.flag())
    }

    /// Every parameter with its value, those that are left out included.
    pub fn parameters(self) -> impl Iterator<Item = (&'a str, &'a Choice)> {
        self.sweep.axes().iter().map(move |axis| (axis.name(), axis.choice(self.index)))
    }

    /// Appends the point as a compact JSON object: `{"lr":0.1,"layers":4}`. A null stays a null.
    pub fn write_json(self, out: &mut String) {
        out.push('{');
        for (place, axis) in self.sweep.axes().iter().enumerate() {
            out.push_str(if place == 0 { "" } else { "," });
            out.push_str(axis.json_key());
            out.push_str(axis.choice(self.index).json());
        }
        out.push('}');
    }
}

/// The points of a sweep in order.
#[derive(Debug, Clone)]
pub struct Points<'a> {
    sweep: &'a Sweep,
    next: u64,
    end: u64,
}

impl<'a> Points<'a> {
    pub(super) fn new(sweep: &'a Sweep) -> Self {
        Self { sweep, next: 0, end: sweep.count() }
    }
}

impl<'a> Iterator for Points<'a> {
    type Item = Point<'a>;

    fn next(&mut self) -> Option<Point<'a>> {
        let index = self.next;
        (index < self.end).then(|| {
            self.next = index + 1;
            Point::new(self.sweep, index)
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match usize::try_from(self.end - self.next) {
            Ok(left) => (left, Some(left)),
            Err(_) => (usize::MAX, None),
        }
    }

    fn nth(&mut self, skipped: usize) -> Option<Point<'a>> {
        self.next = self.next.saturating_add(skipped as u64).min(self.end);
        self.next()
    }
}

impl FusedIterator for Points<'_> {}
