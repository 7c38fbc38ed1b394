//! What a program has to know so that it can be given a value.

use super::knob::{Booleans, Carrier, List, Table};
use super::{Style, negated};
use crate::document::Value;

/// A name that a program has to take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// A flag with its dashes: `--lr`, `-n`.
    Flag(String),
    /// A key that a configuration has to have: `optim.lr`.
    Key(String),
}

impl Style {
    /// Gives the names under which the parameter `name` reaches a program where it has this value: none where nothing is
    /// appended, where it is a variable of the environment, and where hydra is told to add what is not there.
    pub fn wanted(&self, name: &str, value: &Value) -> Vec<Wanted> {
        match (self.carrier, value) {
            (Carrier::Variable, _) => Vec::new(),
            (_, Value::Null) if self.null_word().is_none() => Vec::new(),
            (Carrier::Override, _) if name.starts_with('+') => Vec::new(),
            (Carrier::Override, _) => {
                let key = name.trim_start_matches('~');
                vec![Wanted::Key(key.split('@').next().unwrap_or(key).to_owned())]
            }
            (Carrier::Flag, Value::Bool(false)) if self.booleans == Booleans::Switch => Vec::new(),
            (Carrier::Flag, Value::Bool(false)) if self.booleans == Booleans::Pair => {
                vec![Wanted::Flag(self.flag(&negated(name)))]
            }
            (Carrier::Flag, Value::List(items)) if items.is_empty() && self.list == List::Repeat => {
                Vec::new()
            }
            (Carrier::Flag, Value::Table(entries)) if self.table == Table::Dotted => {
                let own = |entry: &crate::document::Entry| {
                    self.wanted(&format!("{name}.{}", entry.key), &entry.value.value)
                };
                entries.iter().flat_map(own).collect()
            }
            (Carrier::Flag, _) => vec![Wanted::Flag(self.flag(name))],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Source, parse};

    fn wanted(style: &str, name: &str, json: &str) -> String {
        let source = Source { name: "a.json".into(), text: json.into() };
        let value = parse(&source, &mut Vec::new()).unwrap().value;
        let names =
            Style::parse(style).unwrap().wanted(name, &value).into_iter().map(|wanted| match wanted {
                Wanted::Flag(flag) => flag,
                Wanted::Key(key) => format!("key {key}"),
            });
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn it_is_what_is_written_before_the_value() {
        assert_eq!(wanted("argparse", "lr", "0.1"), "--lr");
        assert_eq!(wanted("argparse", "lr", "null"), "");
        assert_eq!(wanted("argparse", "lr", "{\"a\": 1}"), "--lr");
        assert_eq!(wanted("dash=short", "n", "1"), "-n");
        assert_eq!(wanted("dash=one", "lr", "1"), "-lr");
        assert_eq!(wanted("names=dashes", "batch_size", "1"), "--batch-size");
        assert_eq!(wanted("click", "amp", "true"), "--amp");
        assert_eq!(wanted("click", "optim.amp", "false"), "--optim.no-amp");
        assert_eq!(wanted("click", "x", "[]"), "");
        assert_eq!(wanted("bool=switch", "amp", "false"), "");
        assert_eq!(
            wanted("tyro", "optim", "{\"lr\": 1, \"amp\": false, \"x\": null}"),
            "--optim.lr --optim.no-amp"
        );
        assert_eq!(wanted("env", "lr", "1"), "");
    }

    #[test]
    fn hydra_has_keys_and_signs() {
        assert_eq!(wanted("hydra", "optim.lr", "1"), "key optim.lr");
        assert_eq!(wanted("hydra", "lr", "null"), "key lr");
        assert_eq!(wanted("hydra", "+lr", "1"), "");
        assert_eq!(wanted("hydra", "++lr", "1"), "");
        assert_eq!(wanted("hydra", "~db", "true"), "key db");
        assert_eq!(wanted("hydra", "db@backup", "\"mysql\""), "key db");
    }
}
