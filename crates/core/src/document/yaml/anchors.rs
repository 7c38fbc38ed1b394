//! Anchors, and the aliases that stand for them, with a bound on what they may stand for: nine short lines of aliases
//! to aliases are a billion values.

use std::collections::HashMap;
use std::ops::Range;

use crate::document::{MOST_LEVELS, Node, Problem, Value, too_deep};

/// How much all anchors and aliases of a file may stand for together, in values, keys and bytes of text. Everything
/// is copied, so this bounds the memory.
const MOST_WEIGHT: usize = 1_000_000;

/// The anchors so far.
#[derive(Default)]
pub(super) struct Anchors {
    known: HashMap<usize, Anchored>,
    copied: Copied,
}

struct Anchored {
    value: Value,
    size: Size,
}

impl Anchors {
    /// Keeps what an anchor stands for.
    pub(super) fn define(&mut self, id: usize, node: &Node) -> Result<(), Problem> {
        let size = Size::of(&node.value);
        self.copied.add(size, &node.at)?;
        self.known.insert(id, Anchored { value: node.value.clone(), size });
        Ok(())
    }

    /// Gives what an alias stands for, placed where the alias stands inside of `level` lists and objects.
    pub(super) fn resolve(&mut self, id: usize, at: &Range<usize>, level: usize) -> Result<Node, Problem> {
        let Some(anchored) = self.known.get(&id) else {
            return Err(Problem::new(at, "this alias stands inside of what it stands for"));
        };
        if level + anchored.size.levels > MOST_LEVELS {
            return Err(too_deep(at));
        }
        self.copied.add(anchored.size, at)?;
        Ok(Node { at: at.clone(), value: anchored.value.clone() })
    }
}

/// The weight of all copies so far.
#[derive(Default)]
struct Copied(usize);

impl Copied {
    fn add(&mut self, size: Size, at: &Range<usize>) -> Result<(), Problem> {
        self.0 += size.weight;
        if self.0 > MOST_WEIGHT {
            let message = format!("anchors and aliases stand for more than {MOST_WEIGHT} values up to here");
            return Err(Problem::new(at, message).help("write the values out, or use fewer aliases"));
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Size {
    weight: usize,
    /// How many lists and objects are inside of each other.
    levels: usize,
}

impl Size {
    fn of(value: &Value) -> Self {
        Self { weight: value.weight(), levels: levels(value) }
    }
}

fn levels(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => 0,
        Value::List(items) => 1 + items.iter().map(|item| levels(&item.value)).max().unwrap_or(0),
        Value::Table(entries) => {
            1 + entries.iter().map(|entry| levels(&entry.value.value)).max().unwrap_or(0)
        }
    }
}
