//! The values that the names of an expression have: the parameters of one run.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::number;
use super::value::Value;

/// Parameters by name, ready to be used in any number of expressions.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    /// Reads a JSON object of parameters. Whole numbers stay exact up to 128 bits; others are what Python reads too.
    pub fn of(params: &RawValue) -> serde_json::Result<Self> {
        let all: BTreeMap<String, Box<RawValue>> = serde_json::from_str(params.get())?;
        let read = |(name, value): (String, Box<RawValue>)| Ok((name, read(&value)?));
        all.into_iter().map(read).collect::<serde_json::Result<_>>().map(Self)
    }

    /// Gives the names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Gives the value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// Reads a value from its text: `serde_json` would make the number nearest but one of some long fractions.
fn read(raw: &RawValue) -> serde_json::Result<Value> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let entries = Values::of(raw)?.0.into_iter();
            Value::Table(entries.map(|(name, value)| (name.into(), value)).collect())
        }
        Some(b'[') => {
            let values: Vec<Box<RawValue>> = serde_json::from_str(text)?;
            values.iter().map(|value| read(value)).collect::<serde_json::Result<Value>>()?
        }
        Some(b'"') => Value::text(&serde_json::from_str::<String>(text)?),
        Some(b't' | b'f') => Value::Bool(serde_json::from_str(text)?),
        Some(b'n') => Value::None,
        Some(_) | None => number::read(text),
    })
}
