//! One parameter: its name, and its values where they are written out.

use std::ops::Range;

use super::super::definition::{Defined, DefinedChoice, Formula, Values};
use super::super::style::Style;
use super::{Reader, Within};
use crate::document::{Entry, Node, Problem, Value};

/// The keys of an object that stands for one value.
const OF_A_VALUE: [&str; 3] = ["value", "label", "with"];

impl Reader<'_> {
    /// Reads a parameter; `None` where nothing can be made of it.
    pub(super) fn parameter(&mut self, entry: Entry, style: &Style) -> Option<Defined> {
        let Entry { key: name, key_at, value } = entry;
        self.check_name(&name, &key_at, style);
        let (values, when) = self.meaning(&name, value, style);
        Some(Defined { name, at: self.spot(&key_at), values: values?, when })
    }

    /// Reads what stands behind the name of a parameter: its values, and the condition under which it exists.
    pub(super) fn meaning(
        &mut self,
        name: &str,
        node: Node,
        style: &Style,
    ) -> (Option<Values>, Option<Formula>) {
        match node.value {
            Value::List(items) => {
                if items.is_empty() {
                    let help = "an empty list would leave nothing to run";
                    self.problem(&node.at, format!("`{name}` has no value")).help(help);
                }
                (Some(Values::Listed(self.choices(items, style))), None)
            }
            Value::Table(entries) => self.generator(name, entries, &node.at, style),
            fixed => {
                let choice = self.choice(Node { at: node.at, value: fixed }, style);
                (choice.map(Values::Fixed), None)
            }
        }
    }

    /// Reads the items of a list of values.
    pub(super) fn choices(&mut self, items: Vec<Node>, style: &Style) -> Vec<DefinedChoice> {
        items.into_iter().filter_map(|item| self.choice(item, style)).collect()
    }

    /// Reads one value: itself, or an object with a `value`, a `label`, and what it brings along.
    pub(super) fn choice(&mut self, node: Node, style: &Style) -> Option<DefinedChoice> {
        let has_value = |entry: &Entry| entry.key == "value";
        match node.value {
            Value::Table(entries) if entries.iter().any(has_value) => self.described(entries, style),
            value => {
                let node = Node { at: node.at, value };
                self.check_value(&node, style);
                Some(DefinedChoice::plain(node.value))
            }
        }
    }

    /// Reads `{"value": …, "label": …, "with": {…}}`.
    pub(super) fn described(&mut self, entries: Vec<Entry>, style: &Style) -> Option<DefinedChoice> {
        let (mut found, mut label, mut with) = (None, None, Vec::new());
        for entry in entries {
            match (entry.key.as_str(), entry.value) {
                ("value", node) => {
                    self.check_value(&node, style);
                    found = Some(node.value);
                }
                ("label", Node { value: Value::Text(text), at }) => {
                    if text.is_empty() {
                        self.problem(&at, "an empty label names nothing").help("leave `label` out");
                    } else if text.contains(char::is_control) {
                        self.problem(&at, "a label is a text of one line, without control characters");
                    }
                    label = Some(text);
                }
                ("label", node) => {
                    self.problem(&node.at, format!("a label is a string, not {}", node.value.kind()));
                }
                ("with", Node { value: Value::Table(entries), .. }) => with = self.brought(entries, style),
                ("with", node) => {
                    let help = r#"write `{"value": "sgd", "with": {"momentum": [0.9, 0.99]}}`"#;
                    let message = format!("`with` is an object of parameters, not {}", node.value.kind());
                    self.problem(&node.at, message).help(help);
                }
                (_, value) => {
                    let entry = Entry { key: entry.key, key_at: entry.key_at, value };
                    self.unknown_key(&entry, &OF_A_VALUE);
                }
            }
        }
        Some(DefinedChoice { value: found?, label, with })
    }

    fn brought(&mut self, entries: Vec<Entry>, style: &Style) -> Vec<Defined> {
        let outer = std::mem::replace(&mut self.within, Within::With);
        let mut with = Vec::new();
        for entry in entries {
            if entry.key.starts_with('$') {
                let message = format!(
                    "`{}` says something of all points, and stands in the outermost object",
                    entry.key
                );
                self.problem(&entry.key_at, message);
            } else {
                with.extend(self.parameter(entry, style));
            }
        }
        self.within = outer;
        with
    }

    pub(super) fn check_name(&mut self, name: &str, at: &Range<usize>, style: &Style) {
        if let Some(wrong) = style.check_name(name) {
            let problem = Problem { at: at.clone(), message: wrong.message, help: wrong.help };
            self.mistakes.of(self.source).push(problem);
        }
    }

    fn check_value(&mut self, node: &Node, style: &Style) {
        if matches!(&node.value, Value::Text(text) if text.contains('\0')) {
            self.problem(&node.at, "an argument of a program cannot have a NUL in it");
        }
        if let Some(wrong) = style.check_value(&node.value) {
            self.problem(&node.at, wrong);
        }
    }
}
