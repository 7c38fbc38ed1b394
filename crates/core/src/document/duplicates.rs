//! A key that an object has twice: one of the two values would be lost without a word.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use super::{Problem, Source};

/// The keys of one object so far, each with the place where it stood first.
#[derive(Default)]
pub(super) struct Keys {
    first_at: HashMap<String, usize>,
}

impl Keys {
    /// Notes a key, and says what is wrong where it is there already.
    pub(super) fn meet(&mut self, key: &str, at: &Range<usize>, source: &Source) -> Option<Problem> {
        match self.first_at.entry(key.to_owned()) {
            Entry::Vacant(new) => {
                new.insert(at.start);
                None
            }
            Entry::Occupied(first) => Some(duplicate(key, at, *first.get(), source)),
        }
    }
}

/// Says that a key is there twice, and where it stood first.
pub(super) fn duplicate(key: &str, at: &Range<usize>, first: usize, source: &Source) -> Problem {
    let (line, column) = source.line_column(first);
    Problem::new(at, format!("duplicate key `{key}`"))
        .help(format!("it is already there in line {line}, column {column}"))
}
