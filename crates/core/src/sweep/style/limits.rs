//! What a style cannot say: names and values for which there is no argument.

use super::knob::{Carrier, List, Notation, Table};
use super::{Style, notation};
use crate::document::Value;

/// A name that a style cannot express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadName {
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

impl Style {
    /// Says what is wrong with a name; `None` where it can be handed over.
    pub fn check_name(&self, name: &str) -> Option<BadName> {
        let plain = |message: String| Some(BadName { message, help: None });
        if name.is_empty() {
            return plain("a parameter needs a name".to_owned());
        }
        if name.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
            let name = name.escape_debug();
            return plain(format!("`{name}` has white space or a control character in it"));
        }
        match self.carrier {
            Carrier::Flag => check_flag(name),
            Carrier::Override => check_override(name),
            Carrier::Variable => check_variable(name),
        }
    }

    /// Says what is wrong with a value; `None` where it can be handed over. Only that is refused which would arrive as
    /// something else, whatever program it is.
    pub fn check_value(&self, value: &Value) -> Option<String> {
        match (value, self.carrier, self.list) {
            (Value::List(items), Carrier::Flag, List::Space) => {
                if let Some(Value::Text(dashed)) =
                    items.iter().map(|item| &item.value).find(|item| is_dashed(item))
                {
                    return Some(format!(
                        "`{}` starts with a dash, and would be read as a flag where items have spaces between them",
                        dashed.escape_debug()
                    ));
                }
            }
            (Value::Table(entries), _, _) if self.table == Table::Dotted => {
                return entries.iter().find_map(|entry| {
                    let wrong = self.check_name(&entry.key).map(|wrong| wrong.message);
                    wrong.or_else(|| self.check_value(&entry.value.value))
                });
            }
            _ => {}
        }
        let in_hydra = match value {
            Value::List(_) => self.list == List::Whole(Notation::Hydra),
            Value::Table(_) => self.table == Table::Whole(Notation::Hydra),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => false,
        };
        if in_hydra { unspeakable_key(value) } else { None }
    }
}

fn is_dashed(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.starts_with('-'))
}

fn check_flag(name: &str) -> Option<BadName> {
    if name.starts_with('-') {
        let bare = name.trim_start_matches('-');
        let message = format!("`{name}` starts with a dash, and the dashes are added: `--name=value`");
        return Some(BadName { message, help: (!bare.is_empty()).then(|| format!("write `{bare}`")) });
    }
    let message = format!("`{name}` has a `=` in it, which ends a name in `--name=value`");
    name.contains('=').then_some(BadName { message, help: None })
}

/// A key of hydra may have a `+`, `++` or `~` before it, and a package behind an `@`.
fn check_override(name: &str) -> Option<BadName> {
    let key = name.strip_prefix("++").or_else(|| name.strip_prefix(['+', '~'])).unwrap_or(name);
    if key.is_empty() {
        let message = format!("there is no name behind the `{name}`");
        return Some(BadName { message, help: None });
    }
    if name.starts_with('-') {
        let message =
            format!("`{name}` starts with a dash, and hydra would take it for one of its own flags");
        return Some(BadName { message, help: None });
    }
    let stranger = key.chars().find(|letter| !(letter.is_ascii_alphanumeric() || "_-./@$".contains(*letter)));
    stranger.map(|letter| BadName {
        message: format!("`{name}` has a `{letter}` in it, which hydra does not take in a name"),
        help: None,
    })
}

/// POSIX (XBD 8.1): letters, digits and `_`, no digit first; a shell drops other variables or cannot name them.
fn check_variable(name: &str) -> Option<BadName> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if let Some(stranger) = name.chars().find(|letter| !is_part(*letter)) {
        let meant: String = name.chars().map(|letter| if is_part(letter) { letter } else { '_' }).collect();
        let message = format!("`{name}` has a `{stranger}` in it, which the name of a variable cannot have");
        return Some(BadName {
            message,
            help: check_variable(&meant).is_none().then(|| format!("write `{meant}`")),
        });
    }
    let message = format!("`{name}` starts with a digit, which the name of a variable cannot do");
    name.starts_with(|first: char| first.is_ascii_digit()).then_some(BadName { message, help: None })
}

/// The grammar of hydra has no quotes for the keys of an object.
fn unspeakable_key(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => None,
        Value::List(items) => items.iter().find_map(|item| unspeakable_key(&item.value)),
        Value::Table(entries) => entries.iter().find_map(|entry| {
            if notation::is_bare_in_hydra(&entry.key) {
                return unspeakable_key(&entry.value.value);
            }
            let key = entry.key.escape_debug();
            Some(format!("hydra has no way to write the key `{key}`; it takes letters, digits and `_-./`, a letter first"))
        }),
    }
}
