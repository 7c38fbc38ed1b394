//! How a value reaches the program: as which arguments, or as which variables of its environment.
//!
//! Every library for command lines has habits of its own; a [`Style`] is a preset that follows one of them, with knobs
//! for scripts that deviate. `docs/styles.md` shows what each makes of each kind of value.

mod choose;
mod knob;
mod limits;
mod notation;
mod wanted;

use crate::document::{Entry, Node, Value};
use knob::{Booleans, Carrier, Dash, Join, List, Names, Notation, Null, Preset, Table, Text, TruthWords};

pub(super) use choose::Chosen;
pub use choose::StyleError;
pub use limits::BadName;
pub use wanted::Wanted;

/// The way in which all parameters of a sweep are handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    carrier: Carrier,
    booleans: Booleans,
    null: Null,
    text: Text,
    list: List,
    table: Table,
    join: Join,
    dash: Dash,
    names: Names,
}

/// What one parameter adds to a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Arguments, in their order; a flag and its value may be two.
    pub arguments: Vec<String>,
    /// Variables of the environment with their values.
    pub variables: Vec<(String, String)>,
}

impl Default for Style {
    /// The style of argparse: `--name=value`, and everything in one argument.
    fn default() -> Self {
        Self::of(Preset::default())
    }
}

impl Style {
    fn of(preset: Preset) -> Self {
        let argparse = Self {
            carrier: Carrier::Flag,
            booleans: Booleans::Words(TruthWords::Python),
            null: Null::Absent,
            text: Text::Raw,
            list: List::Whole(Notation::Json),
            table: Table::Whole(Notation::Json),
            join: Join::Equals,
            dash: Dash::Two,
            names: Names::Same,
        };
        match preset {
            Preset::Argparse => argparse,
            Preset::Click => Self { booleans: Booleans::Pair, list: List::Repeat, ..argparse },
            Preset::Absl => {
                Self { booleans: Booleans::Words(TruthWords::Json), list: List::Comma, ..argparse }
            }
            Preset::Hydra => Self {
                carrier: Carrier::Override,
                booleans: Booleans::Words(TruthWords::Json),
                null: Null::Json,
                text: Text::Quoted(Notation::Hydra),
                list: List::Whole(Notation::Hydra),
                table: Table::Whole(Notation::Hydra),
                ..argparse
            },
            Preset::Fire => Self {
                null: Null::Python,
                text: Text::Quoted(Notation::Python),
                list: List::Whole(Notation::Python),
                table: Table::Whole(Notation::Python),
                ..argparse
            },
            Preset::Tyro => {
                Self { booleans: Booleans::Pair, list: List::Space, table: Table::Dotted, ..argparse }
            }
            Preset::Env => {
                Self { carrier: Carrier::Variable, booleans: Booleans::Words(TruthWords::Json), ..argparse }
            }
        }
    }

    /// Makes what the parameter `name` adds to a run where it has this value.
    pub fn render(&self, name: &str, value: &Value) -> Rendered {
        let mut out = Rendered::default();
        self.add(name, value, &mut out);
        out
    }

    /// Gives the value alone, as it is put where `{name}` stands in a command: text without quotes, and the items of a
    /// list that would be several arguments with spaces between them. `None` where the parameter is left out.
    pub fn text(&self, value: &Value) -> Option<String> {
        match value {
            Value::Null => self.null_word().map(str::to_owned),
            Value::Text(text) => Some(text.clone()),
            Value::List(items) => Some(self.joined(items)),
            Value::Bool(_) | Value::Number(_) | Value::Table(_) => Some(self.word(value)),
        }
    }

    fn add(&self, name: &str, value: &Value, out: &mut Rendered) {
        match value {
            Value::Null => {
                if let Some(word) = self.null_word() {
                    self.add_word(name, word, out);
                }
            }
            Value::Bool(truth) => self.add_truth(name, *truth, out),
            Value::List(items) => self.add_list(name, items, out),
            Value::Table(entries) => self.add_table(name, entries, value, out),
            Value::Number(_) | Value::Text(_) => self.add_word(name, &self.word(value), out),
        }
    }

    fn add_truth(&self, name: &str, truth: bool, out: &mut Rendered) {
        let deleted = self.carrier == Carrier::Override && name.starts_with('~');
        match (self.booleans, truth) {
            _ if deleted => out.arguments.extend(truth.then(|| name.to_owned())),
            (Booleans::Switch | Booleans::Pair, true) => out.arguments.push(self.flag(name)),
            (Booleans::Switch, false) => {}
            (Booleans::Pair, false) => out.arguments.push(self.flag(&negated(name))),
            (Booleans::Words(words), _) => self.add_word(name, words.of(truth), out),
        }
    }

    fn add_list(&self, name: &str, items: &[Node], out: &mut Rendered) {
        match (self.carrier, self.list) {
            (Carrier::Flag, List::Repeat) => {
                for item in items {
                    self.add_word(name, &self.word(&item.value), out);
                }
            }
            (Carrier::Flag, List::Space) => {
                out.arguments.push(self.flag(name));
                out.arguments.extend(items.iter().map(|item| self.word(&item.value)));
            }
            (Carrier::Override | Carrier::Variable, List::Repeat | List::Space)
            | (_, List::Whole(_) | List::Comma) => self.add_word(name, &self.joined(items), out),
        }
    }

    fn add_table(&self, name: &str, entries: &[Entry], value: &Value, out: &mut Rendered) {
        match self.table {
            Table::Whole(_) => self.add_word(name, &self.word(value), out),
            Table::Dotted => {
                for entry in entries {
                    self.add(&format!("{name}.{}", entry.key), &entry.value.value, out);
                }
            }
        }
    }

    /// Hands over one value, whatever it was made of.
    fn add_word(&self, name: &str, word: &str, out: &mut Rendered) {
        match self.carrier {
            Carrier::Override => out.arguments.push(format!("{name}={word}")),
            Carrier::Variable => out.variables.push((name.to_owned(), word.to_owned())),
            Carrier::Flag => self.add_flag(name, word, &mut out.arguments),
        }
    }

    fn add_flag(&self, name: &str, word: &str, arguments: &mut Vec<String>) {
        let flag = self.flag(name);
        let is_letter = self.dash == Dash::Short && is_letter(name);
        match self.join {
            Join::Apart => arguments.extend([flag, word.to_owned()]),
            // No library takes `-n=-1` as getopt does not, but all take `-n-1`.
            Join::Equals | Join::Space if is_letter && word.starts_with('-') => {
                arguments.push(flag + word);
            }
            Join::Equals | Join::Space if is_letter => arguments.extend([flag, word.to_owned()]),
            Join::Space if !word.starts_with('-') => arguments.extend([flag, word.to_owned()]),
            Join::Equals | Join::Space => arguments.push(format!("{flag}={word}")),
        }
    }

    fn flag(&self, name: &str) -> String {
        let dashes = match self.dash {
            Dash::One => "-",
            Dash::Short if is_letter(name) => "-",
            Dash::Two | Dash::Short => "--",
        };
        match self.names {
            Names::Same => format!("{dashes}{name}"),
            Names::Dashes => format!("{dashes}{}", name.replace('_', "-")),
        }
    }

    /// The items of a list as one text.
    fn joined(&self, items: &[Node]) -> String {
        let words = items.iter().map(|item| self.word(&item.value));
        match self.list {
            List::Whole(notation) => notation.list(items),
            List::Comma => notation::comma_separated(words),
            List::Repeat | List::Space => words.collect::<Vec<_>>().join(" "),
        }
    }

    /// One value as one text, as it stands behind the `=` or among the items of a list.
    fn word(&self, value: &Value) -> String {
        match value {
            Value::Null => self.null_word().unwrap_or("None").to_owned(),
            Value::Bool(truth) => match self.booleans {
                Booleans::Switch | Booleans::Pair => TruthWords::Python.of(*truth).to_owned(),
                Booleans::Words(words) => words.of(*truth).to_owned(),
            },
            Value::Number(text) => text.to_string(),
            Value::Text(text) => match self.text {
                Text::Raw => text.clone(),
                Text::Quoted(notation) => notation.text(text),
            },
            Value::List(items) => match self.list {
                List::Whole(notation) => notation.list(items),
                List::Repeat | List::Space | List::Comma => self.whole_notation().list(items),
            },
            Value::Table(_) => self.whole_notation().write(value),
        }
    }

    fn whole_notation(&self) -> Notation {
        match self.table {
            Table::Whole(notation) => notation,
            Table::Dotted => Notation::Json,
        }
    }

    fn null_word(&self) -> Option<&'static str> {
        match self.null {
            Null::Absent => None,
            Null::Json => Some("null"),
            Null::Python => Some("None"),
        }
    }
}

/// Gives the name that says no: `no-amp`, `optim.no-amp`.
fn negated(name: &str) -> String {
    let (parents, own) = name.rfind('.').map_or(("", name), |dot| name.split_at(dot + 1));
    format!("{parents}no-{own}")
}

fn is_letter(name: &str) -> bool {
    name.chars().count() == 1
}

#[cfg(test)]
mod tests;
