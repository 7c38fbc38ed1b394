//! Which values are equal and which are in an order, as in Python: what has no order is not ordered.

use std::cmp::Ordering;

use super::value::Value;

/// Says that two values have no order.
#[derive(Debug)]
pub(super) struct Unordered;

/// A value where it is a number; a truth value is one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    /// Takes a value for a number.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(it) => Some(Self::Int(i128::from(*it))),
            Value::Int(it) => Some(Self::Int(*it)),
            Value::Float(it) => Some(Self::Float(*it)),
            Value::None
            | Value::Oversized(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Tuple(_)
            | Value::Table(_) => None,
        }
    }

    /// Gives the nearest float.
    #[expect(clippy::cast_precision_loss, reason = "what Python does where a float is needed")]
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Int(it) => it as f64,
            Self::Float(it) => it,
        }
    }

    fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(&right)),
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(&right),
            (Self::Int(left), Self::Float(right)) => order_exactly(left, right),
            (Self::Float(left), Self::Int(right)) => order_exactly(right, left).map(Ordering::reverse),
        }
    }
}

/// Compares without rounding either.
#[expect(clippy::cast_possible_truncation, reason = "it is known to be in the range, and whole")]
fn order_exactly(whole: i128, number: f64) -> Option<Ordering> {
    const BEYOND: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;
    if number.is_nan() {
        None
    } else if number >= BEYOND {
        Some(Ordering::Less)
    } else if number < -BEYOND {
        Some(Ordering::Greater)
    } else {
        let floor = number.floor();
        let of_fraction = if number > floor { Ordering::Less } else { Ordering::Equal };
        Some(whole.cmp(&(floor as i128)).then(of_fraction))
    }
}

/// Tells whether two values are equal, which is never a mistake to ask.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::None, Value::None) => true,
        (Value::Text(left), Value::Text(right)) | (Value::Oversized(left), Value::Oversized(right)) => {
            left == right
        }
        (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
            left.len() == right.len() && left.iter().zip(&**right).all(|(left, right)| equal(left, right))
        }
        (Value::Table(left), Value::Table(entries)) => {
            let same = |key: &str, value| right.entry(key).is_some_and(|other| equal(value, other));
            left.len() == entries.len() && left.iter().all(|(key, value)| same(key, value))
        }
        _ => match (Number::of(left), Number::of(right)) {
            (Some(left), Some(right)) => left.order(right) == Some(Ordering::Equal),
            _ => false,
        },
    }
}

/// Puts two values in order where Python does: two numbers, two strings, two lists of such. What is not a number
/// stands in no order to any number, without being a mistake.
pub(super) fn order(left: &Value, right: &Value) -> Result<Option<Ordering>, Unordered> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Ok(Some(left.cmp(right))),
        (Value::List(lefts), Value::List(rights)) | (Value::Tuple(lefts), Value::Tuple(rights)) => {
            let differ = lefts.iter().zip(&**rights).find(|(left, right)| !equal(left, right));
            differ.map_or(Ok(Some(lefts.len().cmp(&rights.len()))), |(left, right)| order(left, right))
        }
        _ => match (Number::of(left), Number::of(right)) {
            (Some(left), Some(right)) => Ok(left.order(right)),
            _ => Err(Unordered),
        },
    }
}
