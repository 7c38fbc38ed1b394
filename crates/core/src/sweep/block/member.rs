//! The values of a parameter that stand in a list, kept or made for each point.

use std::sync::Arc;

use crate::sweep::choice::Choice;
use crate::sweep::numbers::Spaced;

/// A parameter with its values.
#[derive(Debug, Clone)]
pub(in crate::sweep) struct Member {
    pub(in crate::sweep) parameter: usize,
    pub(in crate::sweep) values: MemberValues,
}

impl Member {
    /// What it costs to give one of its values; the kept ones cost next to nothing.
    pub(super) fn work(&self) -> u64 {
        match self.values {
            MemberValues::Kept(_) => 0,
            MemberValues::Spaced(_) => 10,
        }
    }
}

/// The values of a parameter in a list.
#[derive(Debug, Clone)]
pub(in crate::sweep) enum MemberValues {
    /// Made once; a row of a table may lack one.
    Kept(Vec<Option<Arc<Choice>>>),
    /// Made for each point.
    Spaced(Spaced),
}

impl MemberValues {
    /// Gives how many there are.
    pub(in crate::sweep) fn count(&self) -> u64 {
        match self {
            Self::Kept(choices) => choices.len() as u64,
            Self::Spaced(numbers) => numbers.count(),
        }
    }

    /// Gives those that are kept.
    pub(super) fn kept(&self) -> &[Option<Arc<Choice>>] {
        match self {
            Self::Kept(choices) => choices,
            Self::Spaced(_) => &[],
        }
    }
}
