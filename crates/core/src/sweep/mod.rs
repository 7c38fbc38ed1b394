//! params.json: the parameters of a sweep, and all combinations of their values, made one at a time.
//!
//! A file becomes a list of axes, each with the values that it runs through. How those values were written is known to
//! `read` only, so that another way to write them touches neither axes nor points.

mod axis;
pub mod numbers;
mod point;
mod read;

pub use axis::{Axis, Choice};
pub use point::{Point, Points};

use crate::document::{Problems, Source};

/// What a params.json says: axes in the order of the file, the first varying slowest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    axes: Vec<Axis>,
    /// The number of points; at least 1.
    count: u64,
}

impl Default for Sweep {
    /// The sweep of no parameters: one point that adds nothing to a command.
    fn default() -> Self {
        Self { axes: Vec::new(), count: 1 }
    }
}

impl Sweep {
    /// Reads a params.json, or tells everything that is wrong with it.
    pub fn read(source: &Source) -> Result<Self, Problems> {
        read::read(source)
    }

    /// The number of points.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The parameters with their values, in the order of the file.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// All points, the first parameter varying slowest. Nothing is kept in memory for a point.
    pub fn points(&self) -> Points<'_> {
        Points::new(self)
    }

    /// The point at a place in that order, counted from 0; `None` past the end.
    pub fn point(&self, index: u64) -> Option<Point<'_>> {
        (index < self.count).then(|| Point::new(self, index))
    }
}

#[cfg(test)]
mod tests;
