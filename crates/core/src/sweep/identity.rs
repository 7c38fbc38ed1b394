//! When two points are the same: the same parameters with equal values, in any order, however a number is written.

use super::numbers::canonical;
use crate::document::{Source, Value, json};

/// What equal points have in common, and no others that anybody will meet: 128 bits of the text that they share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PointIdentity(pub(super) u128);

impl PointIdentity {
    /// Gives that of the command alone: no parameters.
    pub fn nothing() -> Self {
        Self(fingerprint(std::iter::empty()))
    }

    /// Reads that of a point that was written down as a JSON object; `None` where the text is none.
    pub fn of_json(params: String) -> Option<Self> {
        let mut problems = Vec::new();
        let read = json::parse(&Source { name: String::new(), text: params }, &mut problems)?;
        match read.value {
            Value::Table(entries) if problems.is_empty() => {
                let values = entries.iter().map(|entry| (entry.key.as_str(), &entry.value.value));
                Some(Self(fingerprint(values)))
            }
            _ => None,
        }
    }
}

/// Gives 128 bits that are the same for equal points, and for no others that anybody will meet.
pub(super) fn fingerprint<'a>(parameters: impl Iterator<Item = (&'a str, &'a Value)>) -> u128 {
    let mut sorted: Vec<_> = parameters.collect();
    sorted.sort_by_key(|(name, _)| *name);
    let mut text = String::new();
    for (name, value) in sorted {
        json::write_string(name, &mut text);
        text.push(':');
        write_canonical(value, &mut text);
        text.push(',');
    }
    xxhash_rust::xxh3::xxh3_128(text.as_bytes())
}

/// Writes a value so that equal values have the same text: a number in one form, an object with its keys in order.
pub fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(text) => out.push_str(canonical(text).as_deref().unwrap_or(text)),
        Value::List(items) => {
            out.push('[');
            for item in items {
                write_canonical(&item.value, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Table(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|one, other| one.key.cmp(&other.key));
            out.push('{');
            for entry in sorted {
                json::write_string(&entry.key, out);
                out.push(':');
                write_canonical(&entry.value.value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Text(_) => json::write(value, out),
    }
}
