//! The values that the names of an expression have: the parameters of one run.

use std::collections::BTreeMap;

use minijinja::Value;
use serde_json::value::RawValue;

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

    /// Gives what an expression sees: each parameter, and all of them as `all` unless one is called that.
    pub(super) fn context(&self, all: &str) -> Value {
        let mut context = self.0.clone();
        context.entry(all.to_owned()).or_insert_with(|| Value::from(self.0.clone()));
        Value::from(context)
    }
}

/// Reads a value from its text: `serde_json` would make the number nearest but one of some long fractions.
fn read(raw: &RawValue) -> serde_json::Result<Value> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'{') => Value::from(Values::of(raw)?.0),
        Some(b'[') => {
            let values: Vec<Box<RawValue>> = serde_json::from_str(text)?;
            Value::from(values.iter().map(|value| read(value)).collect::<serde_json::Result<Vec<_>>>()?)
        }
        Some(b'"') => Value::from(serde_json::from_str::<String>(text)?),
        Some(b't' | b'f') => Value::from(serde_json::from_str::<bool>(text)?),
        Some(b'n') => Value::from(()),
        _ => match text.parse::<i128>() {
            Ok(whole) => Value::from(whole),
            Err(_) => Value::from(text.parse().unwrap_or(f64::NAN)),
        },
    })
}
