//! Expressions over parameters, as in Python: `lr * layers < 1 and opt in ['sgd', 'adam']`. Pure, without any access
//! to the machine, and bounded in size, depth and work.

mod arithmetic;
mod compare;
mod error;
mod evaluate;
mod functions;
mod number;
mod parse;
mod rounding;
mod tree;
mod value;
mod values;

use std::borrow::Cow;
use std::ops::Range;

use crate::document::nearest;

use error::printable;
use evaluate::Stop;
use tree::Node;

pub use error::{ExpressionError, Problem};
pub use value::{NotFinite, Value};
pub use values::Values;

/// The longest expression, in bytes. It bounds how deep one can be nested, and with that the stack.
pub const LONGEST: usize = 1000;

/// The name under which every parameter is found, also one that is no name in an expression: `params['batch-size']`.
const ALL: &str = "params";

/// An expression that was read, ready to be worked out any number of times.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    names: Vec<Name>,
    root: Node,
}

/// A parameter that an expression uses. Its slot is its place in [`Expression::names`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// What it is called: `batch-size` where the text says `params['batch-size']`.
    pub text: String,
    /// The bytes of the expression where it stands first.
    pub at: Range<usize>,
}

impl Expression {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let (root, names) = parse::read(text)?;
        Ok(Self { text: text.to_owned(), names, root })
    }

    /// Gives the text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Gives the names in it, each once, in the order of the text; a name's index is its slot.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// Checks that every name in it is one of `known`.
    pub fn check_names<'a>(&self, known: impl IntoIterator<Item = &'a str>) -> Result<(), ExpressionError> {
        let known: Vec<&str> = known.into_iter().collect();
        match self.names.iter().find(|name| !known.contains(&&*name.text)) {
            None => Ok(()),
            Some(name) => {
                let nearest =
                    self.around(name, &known).or_else(|| nearest(&name.text, known.iter().copied()));
                let nearest = nearest.map(str::to_owned);
                let known = known.into_iter().map(str::to_owned).collect();
                let problem = Problem::UnknownName { name: name.text.clone(), nearest, known };
                Err(ExpressionError::new(&self.text, Some(name.at.start), problem))
            }
        }
    }

    /// Gives the parameter of which a name is a part as it stands there, as `size` is of `batch-size`.
    fn around<'a>(&self, name: &Name, known: &[&'a str]) -> Option<&'a str> {
        let is_around = |known: &&str| {
            let mut places = self.text.match_indices(known);
            known.len() > name.text.len()
                && places.any(|(start, it)| (start..start + it.len()).contains(&name.at.start))
        };
        known.iter().copied().filter(is_around).max_by_key(|known| known.len())
    }

    /// Works it out with the values of its slots. `None` where it does not apply: a name that decides has no value
    /// at this point, because its parameter does not exist there. `and` and `or` need no value of a side that the
    /// other side settles, so that `opt == 'adam' or momentum > 0.9` holds for adam without any momentum.
    pub fn evaluate<'v>(
        &'v self,
        value_of: &dyn Fn(usize) -> Option<&'v Value>,
    ) -> Result<Option<Value>, ExpressionError> {
        self.outcome(value_of).map(|outcome| outcome.map(Cow::into_owned))
    }

    /// Tells whether it holds for these values. Anything but true or false is an error: `lr` alone is no question.
    /// `None` where it does not apply, as in [`Self::evaluate`].
    pub fn holds<'v>(
        &'v self,
        value_of: &dyn Fn(usize) -> Option<&'v Value>,
    ) -> Result<Option<bool>, ExpressionError> {
        match self.outcome(value_of)?.as_deref() {
            None => Ok(None),
            Some(Value::Bool(answer)) => Ok(Some(*answer)),
            Some(other) => {
                // A value may be as long as the bound on work allows.
                let result = printable(&other.to_string(), 40);
                Err(ExpressionError::new(&self.text, None, Problem::NoAnswer { result }))
            }
        }
    }

    /// Tells whether it holds for parameters by name; one that is not among them has no value.
    pub fn holds_for(&self, values: &Values) -> Result<Option<bool>, ExpressionError> {
        self.holds(&|slot| self.names.get(slot).and_then(|name| values.get(&name.text)))
    }

    fn outcome<'v>(
        &'v self,
        value_of: &dyn Fn(usize) -> Option<&'v Value>,
    ) -> Result<Option<Cow<'v, Value>>, ExpressionError> {
        match evaluate::value(&self.root, value_of) {
            Ok(value) => Ok(Some(value)),
            Err(Stop::Absent) => Ok(None),
            Err(Stop::Wrong(place, problem)) => Err(ExpressionError::new(&self.text, Some(place), *problem)),
        }
    }
}

#[cfg(test)]
mod tests;
