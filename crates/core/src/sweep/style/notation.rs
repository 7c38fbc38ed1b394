//! Values as a program reads them that understands more than text: JSON, Python's literals, hydra's overrides.

use super::knob::Notation;
use crate::document::{Node, Value, json};

impl Notation {
    /// Writes a value of any kind.
    pub(super) fn write(self, value: &Value) -> String {
        let mut out = String::new();
        match self {
            Self::Json => json::write(value, &mut out),
            Self::Python => write_python(value, &mut out),
            Self::Hydra => write_hydra(value, &mut out),
        }
        out
    }

    /// Writes a list.
    pub(super) fn list(self, items: &[Node]) -> String {
        let mut out = String::from("[");
        for (place, item) in items.iter().enumerate() {
            out.push_str(if place == 0 { "" } else { "," });
            out.push_str(&self.write(&item.value));
        }
        out.push(']');
        out
    }

    /// Writes a text that stands alone: bare where it cannot be taken for anything else, since people read commands.
    pub(super) fn text(self, text: &str) -> String {
        match self {
            Self::Python if is_bare_in_fire(text) => text.to_owned(),
            Self::Json | Self::Python => json_string(text),
            Self::Hydra => hydra_text(text),
        }
    }
}

/// Writes a Python literal. Number text of JSON is Python's too, and so are the escapes in strings.
fn write_python(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(text) => out.push_str(text),
        Value::Text(text) => json::write_string(text, out),
        Value::List(items) => out.push_str(&Notation::Python.list(items)),
        Value::Table(entries) => {
            out.push('{');
            for (place, entry) in entries.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                json::write_string(&entry.key, out);
                out.push(':');
                write_python(&entry.value.value, out);
            }
            out.push('}');
        }
    }
}

/// Writes a value in the grammar of hydra's overrides (hydra.cc, "The Override grammar").
fn write_hydra(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => json::write(value, out),
        Value::Text(text) => out.push_str(&hydra_text(text)),
        Value::List(items) => out.push_str(&Notation::Hydra.list(items)),
        Value::Table(entries) => {
            out.push('{');
            for (place, entry) in entries.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                out.push_str(&entry.key); // keys have no quotes in that grammar
                out.push(':');
                write_hydra(&entry.value.value, out);
            }
            out.push('}');
        }
    }
}

/// Writes a text for hydra, in single quotes unless it is a plain word.
///
/// In quotes a backslash means something only before a quote, and a `${…}` stays the interpolation that it is.
fn hydra_text(text: &str) -> String {
    if is_bare_in_hydra(text) {
        return text.to_owned();
    }
    let mut out = String::from("'");
    let mut backslashes = 0;
    for character in text.chars() {
        match character {
            '\\' => backslashes += 1,
            '\'' => {
                out.extend(std::iter::repeat_n('\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        out.push(character);
    }
    out.extend(std::iter::repeat_n('\\', backslashes));
    out.push('\'');
    out
}

/// Tells whether hydra takes the text as it is for a text, or for the key of an object.
pub(super) fn is_bare_in_hydra(text: &str) -> bool {
    const WORDS: [&str; 5] = ["true", "false", "null", "nan", "inf"];
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-./".contains(letter))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Tells whether fire, which tries to read everything as Python, is left with the text.
fn is_bare_in_fire(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-./:@".contains(letter))
        && !["True", "False", "None"].contains(&text)
}

fn json_string(text: &str) -> String {
    let mut out = String::new();
    json::write_string(text, &mut out);
    out
}

/// Writes items between commas, quoted as in CSV (RFC 4180), which is how absl reads them. A single empty item is quoted,
/// since nothing at all is the list without items.
pub(super) fn comma_separated(words: impl Iterator<Item = String>) -> String {
    let fields: Vec<_> = words.map(|word| comma_field(&word)).collect();
    match fields.as_slice() {
        [only] if only.is_empty() => "\"\"".to_owned(),
        _ => fields.join(","),
    }
}

fn comma_field(word: &str) -> String {
    if word.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", word.replace('"', "\"\""))
    } else {
        word.to_owned()
    }
}
