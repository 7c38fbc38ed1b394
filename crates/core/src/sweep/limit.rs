//! `$limit`: how many runs may be started without a word of the person who starts them.

use std::ops::Range;

use super::definition::Limit;
use crate::document::{Problem, Problems, Source};

/// A limit of a file, with the points that it is about: those of its object, extra ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartLimit {
    most: u64,
    points: Range<u64>,
    source: Source,
    at: Range<usize>,
}

impl StartLimit {
    pub(super) fn new(limit: &Limit, points: Range<u64>, source: &Source) -> Self {
        Self { most: limit.most, points, source: source.clone(), at: limit.at.at.clone() }
    }

    /// Gives the numbers of those points.
    pub fn points(&self) -> &Range<u64> {
        &self.points
    }

    /// Says at its place that so many runs of them are more than it allows; `None` where they are not.
    pub fn excess(&self, runs: u64) -> Option<Problems> {
        if runs <= self.most {
            return None;
        }
        let message = format!("{runs} runs would start, more than `$limit` allows");
        let help = "add `--yes` to start them all, or look at them first with `--table`";
        let problem = Problem::new(&self.at, message).help(help);
        Problems::found_in(&self.source, vec![problem])
    }
}
