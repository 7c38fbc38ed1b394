//! The walk over the tree of a params.json: every rule and every message.

use super::{Axis, Sweep};
use crate::document::{Entry, Node, Problem, Problems, Source, Value, json};

pub(super) fn read(source: &Source) -> Result<Sweep, Problems> {
    let mut reading = Reading { problems: Vec::new() };
    let document = json::parse(source, &mut reading.problems);
    let sweep = document.map(|document| reading.document(document)).unwrap_or_default();
    match Problems::found_in(source, reading.problems) {
        None => Ok(sweep),
        Some(problems) => Err(problems),
    }
}

struct Reading {
    problems: Vec<Problem>,
}

impl Reading {
    fn document(&mut self, document: Node) -> Sweep {
        let at = document.at.clone();
        let Value::Table(entries) = document.value else {
            let problem =
                Problem::new(&at, format!("a sweep must be an object, not {}", document.value.kind()));
            self.problems.push(problem.help(EXAMPLE));
            return Sweep::default();
        };
        if entries.is_empty() {
            self.problems.push(Problem::new(&at, "there is no parameter to sweep").help(EXAMPLE));
        }
        let places: Vec<_> = entries.iter().map(|entry| entry.key_at.clone()).collect();
        let mut axes: Vec<_> = entries.into_iter().map(|entry| self.axis(entry)).collect();
        let mut count = 1_u64;
        for (axis, place) in axes.iter_mut().zip(places).rev() {
            axis.stride = count;
            count = count.checked_mul(axis.length().max(1)).unwrap_or_else(|| {
                let message = "with this there are more combinations than can be counted";
                self.problems.push(Problem::new(&place, message));
                1
            });
        }
        Sweep { axes, count }
    }

    fn axis(&mut self, entry: Entry) -> Axis {
        self.check_name(&entry);
        let values = match entry.value.value {
            Value::List(items) => {
                if items.is_empty() {
                    let problem = Problem::new(&entry.value.at, format!("`{}` has no value", entry.key));
                    self.problems.push(problem.help("an empty list would leave nothing to run"));
                }
                items
            }
            Value::Table(_) => {
                let message = format!("`{}` is set to an object, which has no meaning here", entry.key);
                let help = format!(
                    "write a list of values or a single one; an object as a value goes into a list: {}",
                    r#"`[{"a": 1}]`"#
                );
                self.problems.push(Problem::new(&entry.value.at, message).help(help));
                Vec::new()
            }
            fixed => vec![Node { at: entry.value.at, value: fixed }],
        };
        for node in &values {
            self.check_value(node);
        }
        Axis::new(&entry.key, values.into_iter().map(|node| node.value).collect())
    }

    fn check_name(&mut self, entry: &Entry) {
        let name = &entry.key;
        let wrong = if name.is_empty() {
            "a parameter needs a name".to_owned()
        } else if name.starts_with('$') {
            format!("`{name}` is not known; names that start with `$` are kept for the language of sweeps")
        } else if name.starts_with('-') {
            format!("`{name}` starts with a dash, and the dashes are added: `--name=value`")
        } else if name.contains('=') {
            format!("`{name}` has a `=` in it, which ends a name in `--name=value`")
        } else if name.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
            format!("`{}` has white space or a control character in it", name.escape_debug())
        } else {
            return;
        };
        let problem = Problem::new(&entry.key_at, wrong);
        let bare = name.trim_start_matches('-');
        self.problems.push(if name.starts_with('-') && !bare.is_empty() {
            problem.help(format!("write `{bare}`"))
        } else {
            problem
        });
    }

    fn check_value(&mut self, node: &Node) {
        if matches!(&node.value, Value::Text(text) if text.contains('\0')) {
            self.problems.push(Problem::new(&node.at, "an argument of a program cannot have a NUL in it"));
        }
    }
}

const EXAMPLE: &str = r#"write `{"lr": [0.1, 0.001], "layers": [4, 8, 16]}`"#;
