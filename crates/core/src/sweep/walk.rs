//! The walk over all combinations of an object. A combination that a rule refuses is left as soon as the rule can be
//! asked, with all that begin like it, so that what is excluded costs little.

use super::block::{Block, Place, Places, Settings, Trouble};
use super::effect::Effects;

/// How much work a walk may be, in values looked at; more is a mistake, and would take minutes.
pub(super) const MOST_WORK: u64 = 50_000_000;

/// The combinations that are points, one after the other.
pub(super) struct Walk<'a> {
    block: &'a Block,
    pub(super) settings: Settings,
    /// What conditions have done so far.
    pub(super) effects: Effects,
    places: Places,
    /// Whether the dimension at each depth exists beside the ones before it.
    exists: Vec<bool>,
    /// The place to try next at each depth.
    next: Places,
    depth: usize,
    state: State,
    work: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// What is set before the current depth stands; the next place there is to be tried.
    Entering,
    /// A point was given.
    Given,
    Over,
}

/// Why a walk ends before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// An expression cannot be worked out.
    Trouble(Trouble),
    /// It takes too long.
    TooLong,
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(block: &'a Block) -> Self {
        let (settings, places) = block.unset();
        let depths = places.len();
        Self {
            block,
            settings,
            effects: Effects::none(block),
            next: places.clone(),
            places,
            exists: vec![false; depths],
            depth: 0,
            state: State::Entering,
            work: 0,
        }
    }

    /// Goes on to the next point and gives its number; its values are in `settings` until the next call.
    pub(super) fn advance(&mut self) -> Result<Option<u128>, Stop> {
        match self.state {
            State::Over => return Ok(None),
            State::Given => {
                if !self.leave() {
                    return Ok(None);
                }
            }
            State::Entering => {
                if !self.passes(0)? {
                    self.state = State::Over;
                    return Ok(None);
                }
                self.enter()?;
            }
        }
        while self.depth < self.block.dimensions.len() {
            if self.take_next()? {
                self.depth += 1;
                self.enter()?;
            } else if !self.leave() {
                return Ok(None);
            }
        }
        self.state = State::Given;
        self.effects.leaves_points = true;
        Ok(Some(self.number()))
    }

    /// Comes to a depth anew.
    fn enter(&mut self) -> Result<(), Stop> {
        if self.depth < self.block.dimensions.len() {
            self.next[self.depth] = 0;
            self.exists[self.depth] = self.block.exists(self.depth, &self.settings, &self.places)?;
            if self.exists[self.depth] {
                self.effects.exists[self.depth] = true;
            } else {
                self.places[self.depth] = 0;
            }
        }
        Ok(())
    }

    /// Sets the next value at this depth that no rule refuses.
    fn take_next(&mut self) -> Result<bool, Stop> {
        let depth = self.depth;
        let exists = self.exists[depth];
        let length = if exists { self.block.dimensions[depth].length() } else { 1 };
        while self.next[depth] < length {
            let place = self.next[depth];
            self.next[depth] += 1;
            self.work += self.block.work[depth];
            if exists {
                self.block.fill(depth, Place::At(place), &mut self.settings, &mut self.places)?;
                self.work += self.block.length_computed(depth, &self.settings) / 16;
            }
            if self.work > MOST_WORK {
                return Err(Stop::TooLong);
            }
            if self.passes(depth + 1)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tells whether no rule refuses what is set up to a depth.
    fn passes(&mut self, depth: usize) -> Result<bool, Stop> {
        let refusal = self.block.refusal(depth, &self.settings)?;
        if let Some(rule) = refusal {
            self.effects.refuses[rule] = true;
        }
        Ok(refusal.is_none())
    }

    /// Goes back to the depth before; not where there is none.
    fn leave(&mut self) -> bool {
        // Where it does not exist, another may have set the same parameter.
        if self.exists.get(self.depth) == Some(&true) {
            self.block.clear(self.depth, &mut self.settings);
        }
        if let Some(depth) = self.depth.checked_sub(1) {
            self.depth = depth;
            return true;
        }
        self.state = State::Over;
        false
    }

    fn number(&self) -> u128 {
        let dimensions = self.block.dimensions.iter();
        dimensions.zip(&self.places).map(|(dimension, place)| dimension.stride * u128::from(*place)).sum()
    }
}
