//! What conditions do to the points of a sweep. One that does nothing is told, since it is mostly a slip.

use std::collections::BTreeMap;

use super::block::{Block, Guard, Verdict};
use super::definition::Spot;
use super::mistakes::Mistakes;
use super::origin::{Origin, Typed};

/// What the conditions of one object do.
#[derive(Debug)]
pub(super) struct Effects {
    /// For each rule, whether it refuses a combination that no rule before it refuses.
    pub(super) refuses: Vec<bool>,
    /// For each dimension, whether a combination has it.
    pub(super) exists: Vec<bool>,
    /// Whether any combination is left.
    pub(super) leaves_points: bool,
}

impl Effects {
    /// Those of an object at which nobody has looked yet.
    pub(super) fn none(block: &Block) -> Self {
        Self {
            refuses: vec![false; block.rules.len()],
            exists: vec![false; block.dimensions.len()],
            leaves_points: false,
        }
    }
}

/// The conditions of all objects, by their places: one that was typed may stand in several objects.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    by_place: BTreeMap<(usize, usize, usize), Condition>,
    /// The text whose conditions are not told.
    passed_over: Option<usize>,
}

#[derive(Debug)]
struct Condition {
    at: Spot,
    /// What it means that it does nothing.
    idle: String,
    does_something: bool,
}

impl Conditions {
    /// Starts with none. Those of a file are not told where options change its points: they are about all of them.
    pub(super) fn of(origin: &Origin<'_>) -> Self {
        let Typed { set, exclude, keep, zip: _, sample: _, style: _ } = origin.typed;
        let is_changed = origin.rows.is_some() || !set.is_empty() || !exclude.is_empty() || !keep.is_empty();
        // The file is the first text.
        Self { by_place: BTreeMap::new(), passed_over: (is_changed && origin.file.is_some()).then_some(0) }
    }

    /// Adds what the conditions of an object do.
    pub(super) fn add(&mut self, block: &Block, effects: &Effects) {
        if !effects.leaves_points {
            self.note(&block.at, "conditions leave no point of this object".to_owned(), false);
            return;
        }
        for (rule, refuses) in block.rules.iter().zip(&effects.refuses) {
            if rule.verdict == Verdict::Exclude {
                self.note(&rule.at, "no point is like this: nothing is left out".to_owned(), *refuses);
            }
        }
        for (dimension, exists) in block.dimensions.iter().zip(&effects.exists) {
            for guard in &dimension.guards {
                if let (Guard::When(formula), Some(parameter)) = (guard, dimension.parameters().next()) {
                    let idle = format!("this never holds: no point has `{}`", block.names[parameter]);
                    self.note(&formula.at, idle, *exists);
                }
            }
        }
    }

    fn note(&mut self, at: &Spot, idle: String, does_something: bool) {
        let place = (at.source, at.at.start, at.at.end);
        let new = Condition { at: at.clone(), idle, does_something: false };
        self.by_place.entry(place).or_insert(new).does_something |= does_something;
    }

    /// Warns of those that do nothing anywhere.
    pub(super) fn warn(self, mistakes: &mut Mistakes) {
        let is_told = |it: &Condition| !it.does_something && self.passed_over != Some(it.at.source);
        for condition in self.by_place.into_values().filter(is_told) {
            let help = "`neusweep --table` shows the points that there are".to_owned();
            mistakes.warn(&condition.at, condition.idle, Some(help));
        }
    }
}
