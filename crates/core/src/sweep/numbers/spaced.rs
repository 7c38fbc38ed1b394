//! Numbers by their places: ranges and spacings, of which none is kept in memory.

use super::{Linspace, Logspace, Range};

/// A sequence of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spaced {
    /// By a step.
    Range(Range),
    /// Evenly.
    Linspace(Linspace),
    /// With even logarithms.
    Logspace(Logspace),
}

impl Spaced {
    /// The number of values; at least 1.
    pub fn count(&self) -> u64 {
        match self {
            Self::Range(range) => range.count(),
            Self::Linspace(space) => space.count(),
            Self::Logspace(space) => space.count(),
        }
    }

    /// The text of the value at a place, counted from 0; `None` past the end.
    pub fn text(&self, place: u64) -> Option<String> {
        match self {
            Self::Range(range) => range.text(place),
            Self::Linspace(space) => space.text(place),
            Self::Logspace(space) => space.text(place),
        }
    }

    /// The texts of all values in order.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        (0..self.count()).filter_map(|place| self.text(place))
    }
}
