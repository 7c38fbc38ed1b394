//! What is combined: lists that are walked side by side, values that are worked out or drawn, and what lets them exist.

use std::sync::Arc;

use super::member::{Member, MemberValues};
use super::question::Formula;
use crate::sweep::choice::Choice;
use crate::sweep::definition::Draw;
use crate::sweep::numbers::{Pick, Unit};

/// What gives values to one parameter, or to several that vary together.
#[derive(Debug, Clone)]
pub(in crate::sweep) struct Dimension {
    pub(in crate::sweep) source: Source,
    /// All must let it: else a point has none of its parameters.
    pub(in crate::sweep) guards: Vec<Guard>,
    /// How many numbers of combinations share a value before the next one comes.
    pub(in crate::sweep) stride: u128,
}

/// Where the values of a dimension come from.
#[derive(Debug, Clone)]
pub(in crate::sweep) enum Source {
    /// Lists of the same length, walked side by side.
    Listed { members: Vec<Member>, length: u64 },
    /// Worked out from dimensions before.
    Computed { parameter: usize, formula: Formula },
    /// Drawn for each point of a sample.
    Drawn { parameter: usize, draw: Draw<Arc<Choice>> },
}

/// What lets a dimension exist.
#[derive(Debug, Clone)]
pub(in crate::sweep) enum Guard {
    /// That another has the value at a place.
    Chosen { dimension: usize, place: u64 },
    /// That an expression holds.
    When(Formula),
}

/// What says which value a dimension has.
#[derive(Debug, Clone, Copy)]
pub(in crate::sweep) enum Place {
    /// The place in its list.
    At(u64),
    /// A random number, spread over its list or distribution.
    Drawn(Unit),
}

impl Place {
    /// Gives the place in a list of this length.
    pub(super) fn of(self, length: u64) -> u64 {
        match self {
            Self::At(place) => place,
            Self::Drawn(unit) => {
                let pick = usize::try_from(length).ok().and_then(|length| Pick::even(length).ok());
                pick.map_or(0, |pick| pick.place(unit) as u64)
            }
        }
    }
}

impl Dimension {
    pub(super) fn work(&self) -> u64 {
        let guards = self.guards.iter().map(|guard| match guard {
            Guard::Chosen { .. } => 1,
            Guard::When(formula) => formula.work,
        });
        let computing = match &self.source {
            Source::Computed { formula, .. } => formula.work,
            Source::Listed { members, .. } => members.iter().map(Member::work).sum::<u64>().max(1),
            Source::Drawn { .. } => 1,
        };
        guards.sum::<u64>() + computing
    }

    /// Tells whether a sample has anything to draw for it.
    pub(in crate::sweep) fn is_drawn(&self) -> bool {
        match &self.source {
            Source::Listed { length, .. } => *length > 1,
            Source::Computed { .. } => false,
            Source::Drawn { .. } => true,
        }
    }

    /// Gives how many values it has: 1 where they are worked out or drawn.
    pub(in crate::sweep) fn length(&self) -> u64 {
        match &self.source {
            Source::Listed { length, .. } => *length,
            Source::Computed { .. } | Source::Drawn { .. } => 1,
        }
    }

    /// Gives the lists that it walks through.
    pub(super) fn members(&self) -> &[Member] {
        match &self.source {
            Source::Listed { members, .. } => members,
            Source::Computed { .. } | Source::Drawn { .. } => &[],
        }
    }

    /// Gives the parameters of which it keeps no values.
    pub(super) fn unlisted(&self) -> impl Iterator<Item = usize> {
        let members = self.members();
        self.parameters().filter(move |parameter| {
            let own = members.iter().find(|member| member.parameter == *parameter);
            own.is_none_or(|member| matches!(member.values, MemberValues::Spaced(_)))
        })
    }

    /// Gives the parameters that it sets.
    pub(in crate::sweep) fn parameters(&self) -> impl Iterator<Item = usize> {
        let one = match &self.source {
            Source::Listed { .. } => None,
            Source::Computed { parameter, .. } | Source::Drawn { parameter, .. } => Some(*parameter),
        };
        self.members().iter().map(|member| member.parameter).chain(one)
    }

    /// Tells whether it is there in every point, whatever the others are.
    pub(super) fn is_free(&self) -> bool {
        self.guards.is_empty() && matches!(self.source, Source::Listed { .. })
    }
}
