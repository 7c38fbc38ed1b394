//! Values that are not written out: `{"range": [0, 1, 0.1]}` and all other objects that stand for values.

mod draws;
mod files;

use std::fmt::Display;
use std::ops::Range;

use super::super::definition::{Defined, DefinedChoice, Draw, Formula, Values};
use super::super::numbers::{DIGITS, Decimal, Linspace, Logspace, Range as NumberRange, Spaced, Written};
use super::super::style::Style;
use super::{Reader, Within};
use crate::document::{Entry, Node, Value, nearest};

use draws::{distribution, distribution_form};

/// The keys of which an object of values has one.
const KINDS: [&str; 15] = [
    "values",
    "value",
    "range",
    "linspace",
    "logspace",
    "file",
    "glob",
    "expr",
    "uniform",
    "loguniform",
    "normal",
    "lognormal",
    "int",
    "logint",
    "choice",
];

/// The keys that may stand beside it.
const BESIDE: [&str; 7] = ["when", "n", "seed", "digits", "weights", "label", "with"];

/// What stands beside the kind of values.
struct Beside {
    when: Option<Formula>,
    n: Option<u64>,
    seed: u64,
    digits: u32,
    weights: Option<Node>,
    described: Vec<Entry>,
}

impl Reader<'_> {
    /// Reads the object form of a parameter: what values it takes, and under which condition.
    pub(super) fn generator(
        &mut self,
        name: &str,
        entries: Vec<Entry>,
        at: &Range<usize>,
        style: &Style,
    ) -> (Option<Values>, Option<Formula>) {
        let mut kinds = Vec::new();
        let mut beside =
            Beside { when: None, n: None, seed: 0, digits: DIGITS, weights: None, described: Vec::new() };
        let mut keys = Vec::new();
        if !entries.iter().any(|entry| KINDS.contains(&entry.key.as_str())) {
            self.no_values(name, &entries, at);
            return (None, None);
        }
        for entry in entries {
            if KINDS.contains(&entry.key.as_str()) {
                kinds.push(entry);
            } else {
                keys.push((entry.key.clone(), entry.key_at.clone()));
                self.beside(entry, &mut beside);
            }
        }
        let Some(kind) = kinds.pop().filter(|_| kinds.is_empty()) else {
            self.problem(at, format!("`{name}` is set in more than one way")).help("leave one of them");
            return (None, None);
        };
        for (key, key_at) in keys {
            if BESIDE.contains(&key.as_str()) && !goes_with(&kind.key, &key) {
                self.problem(&key_at, format!("`{key}` says nothing beside `{}`", kind.key));
            }
        }
        let when = beside.when.take();
        let values = self.values(name, kind, beside, style);
        if when.is_some() && self.within == Within::Include {
            self.problem(at, "an extra point has its parameters under no condition");
        }
        (values, when)
    }

    /// Says that an object is no values, with what was probably meant.
    fn no_values(&mut self, name: &str, entries: &[Entry], at: &Range<usize>) {
        let meant = entries.iter().find_map(|entry| nearest(&entry.key, KINDS));
        let meant = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
        let known = KINDS.map(|kind| format!("`{kind}`")).join(", ");
        let help = format!(
            "{meant}an object of values has one of {known}; an object as a value goes into a list: {}",
            r#"`[{"a": 1}]`"#
        );
        self.problem(at, format!("`{name}` is set to an object that says no values")).help(help);
    }

    fn beside(&mut self, entry: Entry, beside: &mut Beside) {
        match entry.key.as_str() {
            "when" => beside.when = self.formula(&entry.value),
            "n" => {
                beside.n = self.how_many(&entry.value, "values");
            }
            "seed" => beside.seed = self.whole(&entry.value, "`seed`").unwrap_or_default(),
            "digits" => {
                let digits =
                    self.whole(&entry.value, "`digits`").and_then(|digits| u32::try_from(digits).ok());
                match digits.filter(|digits| (1..=17).contains(digits)) {
                    Some(digits) => beside.digits = digits,
                    None => self
                        .problem(&entry.value.at, "`digits` is from 1 to 17")
                        .help("17 tell all numbers apart"),
                }
            }
            "weights" => beside.weights = Some(entry.value),
            "label" | "with" => beside.described.push(entry),
            _ => self.unknown_key(&entry, &[&KINDS[..], &BESIDE[..]].concat()),
        }
    }

    fn values(&mut self, name: &str, kind: Entry, beside: Beside, style: &Style) -> Option<Values> {
        let at = kind.value.at.clone();
        match kind.key.as_str() {
            "values" => self.written_out(name, kind.value, style),
            "value" => {
                let entries = std::iter::once(kind).chain(beside.described).collect();
                self.described(entries, style).map(Values::Fixed)
            }
            "range" => {
                let [start, end, step] = self.numbers(&kind, "[start, stop, step]", Written::parse)?;
                self.spaced(&at, NumberRange::new(start, end, step).map(Spaced::Range))
            }
            "linspace" => {
                let (first, last, count) = self.spacing(&kind)?;
                self.spaced(&at, Linspace::new(first, last, count).map(Spaced::Linspace))
            }
            "logspace" => {
                let (first, last, count) = self.spacing(&kind)?;
                self.spaced(&at, Logspace::new(first, last, count).map(Spaced::Logspace))
            }
            "file" => self.lines(&kind.value),
            "glob" => self.paths(&kind.value),
            "expr" => self.formula(&kind.value).map(Values::Computed),
            "choice" => self.weighted(name, kind, &beside, style),
            _ => {
                let [one, other] = self.numbers(&kind, distribution_form(&kind.key), Decimal::parse)?;
                match distribution(&kind.key, one, other) {
                    Ok(distribution) => {
                        self.drawn(name, Draw::Number(distribution, beside.digits), &beside, &at)
                    }
                    Err(error) => self.refused(&at, &error),
                }
            }
        }
    }

    /// Reads the first value, the last one, and how many.
    fn spacing(&mut self, kind: &Entry) -> Option<(Written, Written, u64)> {
        const FORM: &str = "[first, last, how many]";
        let [first, last, _] = self.numbers(kind, FORM, Written::parse)?;
        let count = match &kind.value.value {
            Value::List(items) => items.last().and_then(|item| self.how_many(item, "values")),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Table(_) => None,
        };
        Some((first, last, count?))
    }

    /// Reads how many of something there are to be.
    pub(super) fn how_many(&mut self, node: &Node, what: &str) -> Option<u64> {
        let count = match &node.value {
            Value::Number(text) => text.parse().ok().filter(|count| *count > 0),
            Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Table(_) => None,
        };
        if count.is_none() {
            self.problem(
                &node.at,
                format!("how many {what} there are is a whole number from 1 on, such as `5`"),
            );
        }
        count
    }

    /// Reads what stands behind `values`: a list, or another object of values.
    fn written_out(&mut self, name: &str, node: Node, style: &Style) -> Option<Values> {
        let entry = Entry { key: name.to_owned(), key_at: node.at.clone(), value: node };
        let Defined { values, when, .. } = self.parameter(entry, style)?;
        if let Some(when) = when {
            self.problem(&when.at.at, "`when` stands beside `values`");
        }
        Some(match values {
            Values::Fixed(choice) => Values::Listed(vec![choice]),
            other => other,
        })
    }

    /// Reads as many numbers as a form has.
    fn numbers<N, E: Display, const COUNT: usize>(
        &mut self,
        kind: &Entry,
        form: &str,
        parse: impl Fn(&str) -> Result<N, E>,
    ) -> Option<[N; COUNT]> {
        let Some(list) = list_of_numbers(&kind.value).filter(|list| list.len() == COUNT) else {
            self.problem(&kind.value.at, format!("`{}` takes {form}, all of them numbers", kind.key));
            return None;
        };
        let list: Result<Vec<N>, E> = list.iter().map(|text| parse(text)).collect();
        match list {
            Ok(list) => list.try_into().ok(),
            Err(error) => {
                self.problem(&kind.value.at, error.to_string());
                None
            }
        }
    }

    /// Takes numbers by their places: few are made once, many for each point anew.
    fn spaced<E: Display>(&mut self, at: &Range<usize>, numbers: Result<Spaced, E>) -> Option<Values> {
        match numbers {
            Ok(numbers) if !self.has_room(at, numbers.count(), 0) => None,
            Ok(numbers) if numbers.count() > MOST_KEPT => Some(Values::Spaced(numbers)),
            Ok(numbers) => Some(Values::Listed(written_out(&numbers).collect())),
            Err(error) => self.refused(at, &error),
        }
    }

    fn refused(&mut self, at: &Range<usize>, error: &impl Display) -> Option<Values> {
        self.problem(at, error.to_string());
        None
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            other => {
                self.problem(&node.at, format!("this takes {what} as a string, not {}", other.kind()));
                None
            }
        }
    }
}

/// Above this many values of a range none is kept: together they would take hundreds of bytes each.
const MOST_KEPT: u64 = 10_000;

/// Makes all values of a sequence.
pub(super) fn written_out(numbers: &Spaced) -> impl Iterator<Item = DefinedChoice> {
    numbers.texts().map(|text| DefinedChoice::plain(Value::Number(text.into())))
}

/// Reads a list of numbers; `None` where it is anything else.
fn list_of_numbers(node: &Node) -> Option<Vec<String>> {
    let number = |node: &Node| match &node.value {
        Value::Number(text) => Some(text.to_string()),
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Table(_) => None,
    };
    match &node.value {
        Value::List(items) => items.iter().map(number).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Table(_) => None,
    }
}

/// Tells whether a key says something beside a kind of values.
fn goes_with(kind: &str, key: &str) -> bool {
    let is_drawn =
        matches!(kind, "uniform" | "loguniform" | "normal" | "lognormal" | "int" | "logint" | "choice");
    match key {
        "when" => true,
        "n" | "seed" => is_drawn,
        "digits" => is_drawn && !matches!(kind, "choice" | "int" | "logint"),
        "weights" => kind == "choice",
        _ => kind == "value",
    }
}
