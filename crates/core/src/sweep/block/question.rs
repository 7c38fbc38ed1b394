//! Expressions over the values of a point, and what a point is asked with them.

use std::error::Error;

use super::Settings;
use crate::document::Value;
use crate::expression::{self, Expression};
use crate::sweep::definition::Spot;

/// A question that decides whether a point stays.
#[derive(Debug, Clone)]
pub(in crate::sweep) struct Rule {
    /// How many dimensions must be set before it can be asked.
    pub(in crate::sweep) depth: usize,
    pub(in crate::sweep) question: Question,
    pub(in crate::sweep) verdict: Verdict,
    pub(in crate::sweep) at: Spot,
}

/// What becomes of a point for which the answer is yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sweep) enum Verdict {
    /// It goes.
    Exclude,
    /// It stays, and all others go.
    Keep,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(in crate::sweep) enum Question {
    /// Whether an expression holds.
    Holds(Formula),
    /// Whether the parameters have one of the values each.
    Has(Vec<(usize, Vec<expression::Value>)>),
}

impl Question {
    pub(super) fn work(&self) -> u64 {
        match self {
            Self::Holds(formula) => formula.work,
            Self::Has(values) => values.iter().map(|(_, values)| 1 + values.len() as u64 / 4).sum(),
        }
    }
}

/// Tells whether all of some parameters have one of their values; `None` where the point lacks one.
pub(super) fn has(values: &[(usize, Vec<expression::Value>)], settings: &Settings) -> Option<bool> {
    let mut all = true;
    for (parameter, values) in values {
        let choice = settings[*parameter].as_ref()?;
        all &= values.iter().any(|value| value.equals(choice.operand()));
    }
    Some(all)
}

/// An expression, and which parameter each of its names is.
#[derive(Debug, Clone)]
pub(in crate::sweep) struct Formula {
    pub(in crate::sweep) expression: Expression,
    pub(in crate::sweep) slots: Vec<usize>,
    pub(in crate::sweep) at: Spot,
    /// What it costs to work it out.
    pub(in crate::sweep) work: u64,
}

impl Formula {
    pub(super) fn holds(&self, settings: &Settings) -> Result<Option<bool>, Trouble> {
        self.expression
            .holds(&|slot| self.operand(settings, slot))
            .map_err(|error| self.trouble(settings, &error))
    }

    pub(super) fn value(&self, settings: &Settings) -> Result<Option<Value>, Trouble> {
        let value = self.expression.evaluate(&|slot| self.operand(settings, slot));
        match value.map_err(|error| self.trouble(settings, &error))? {
            None => Ok(None),
            Some(value) => value.to_document().map(Some).map_err(|error| self.trouble(settings, &error)),
        }
    }

    fn operand<'a>(&self, settings: &'a Settings, slot: usize) -> Option<&'a expression::Value> {
        settings[self.slots[slot]].as_ref().map(|choice| choice.operand())
    }

    /// Says for which values it went wrong.
    fn trouble(&self, settings: &Settings, error: &dyn Error) -> Trouble {
        let names = self.expression.names().iter().zip(&self.slots);
        let values = names
            .filter_map(|(name, slot)| Some(format!("{}={}", name.text, settings[*slot].as_ref()?.json())));
        let values: Vec<_> = values.collect();
        let with = if values.is_empty() { String::new() } else { format!(", with {}", values.join(", ")) };
        Trouble { at: self.at.clone(), message: format!("{error}{with}") }
    }
}

/// Tells that an expression cannot be worked out for some point.
#[derive(Debug)]
pub(in crate::sweep) struct Trouble {
    pub(in crate::sweep) at: Spot,
    pub(in crate::sweep) message: String,
}
