//! TOML 1.1: text → the same tree as JSON, with every mistake at its place.
//!
//! What JSON cannot hold is changed as little as possible: `1_000` loses its underscores and `+1` its sign, other
//! radixes become decimal, a date becomes the text that was written, and `inf` and `nan` are refused.

mod scan;
mod syntax;

use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeInteger, DeTable, DeValue};

use super::number::{Decimal, decimal, from_radix, not_finite, too_long, zeros_first};
use super::{Entry, MOST_LEVELS, Node, Problem, Source, Value, too_deep};

/// Reads a document. What is wrong goes to `problems`; `None` comes back only where the text cannot be read to its
/// end, so that a caller can add what it finds wrong in the tree and report all of it together. An empty file is an
/// empty object, and the outermost object is as long as the file.
pub fn parse(source: &Source, problems: &mut Vec<Problem>) -> Option<Node> {
    let scan = scan::keys_and_brackets(&source.text);
    if let Some(problem) = scan.endless_key {
        problems.push(problem); // the parser's tree would be so deep that to drop it overflows the stack
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let mut in_values = Vec::new();
    let value = Reading { source, problems: &mut in_values }.table(table.into_inner(), 0);
    let node = value.map(|value| Node { at: 0..source.text.len(), value });
    let syntax = syntax::explain(&errors, source, &scan, node.as_ref());
    problems.extend(syntax.problems);
    if syntax.unreadable {
        return None; // what the parser made of the rest is guesswork, and so is what is wrong with it
    }
    problems.append(&mut in_values);
    node
}

struct Reading<'a> {
    source: &'a Source,
    problems: &'a mut Vec<Problem>,
}

impl Reading<'_> {
    /// Puts the entries into the order of the file; `None` where they are nested too deep.
    fn table(&mut self, table: DeTable<'_>, level: usize) -> Option<Value> {
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            let key_at = key.span();
            entries.push(Entry {
                key_at,
                key: key.into_inner().into_owned(),
                value: self.node(value, level)?,
            });
        }
        entries.sort_by_key(|entry| entry.key_at.start);
        Some(Value::Table(entries))
    }

    fn node(&mut self, value: Spanned<DeValue<'_>>, level: usize) -> Option<Node> {
        let at = value.span();
        let value = match value.into_inner() {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(integer) => self.integer(&integer, &at),
            DeValue::Float(float) => self.decimal(float.as_str(), &at),
            DeValue::Boolean(value) => Value::Bool(value),
            DeValue::Datetime(_) => Value::Text(self.source.text[at.clone()].to_owned()),
            DeValue::Array(_) | DeValue::Table(_) if level == MOST_LEVELS => {
                self.problems.push(too_deep(&at));
                return None;
            }
            DeValue::Array(items) => {
                Value::List(items.into_iter().map(|item| self.node(item, level + 1)).collect::<Option<_>>()?)
            }
            DeValue::Table(table) => self.table(table, level + 1)?,
        };
        Some(Node { at, value })
    }

    fn integer(&mut self, integer: &DeInteger<'_>, at: &Range<usize>) -> Value {
        match integer.radix() {
            10 => self.decimal(integer.as_str(), at),
            radix => from_radix(integer.as_str(), radix)
                .map_or_else(|| self.refuse(too_long(at), at), Value::Number),
        }
    }

    fn decimal(&mut self, text: &str, at: &Range<usize>) -> Value {
        match decimal(text) {
            Decimal::Number(json) => Value::Number(json),
            Decimal::ZerosFirst => self.refuse(zeros_first(at, text), at),
            Decimal::Other => self.refuse(not_finite(at, &self.source.text[at.clone()]), at),
        }
    }

    /// Goes on with the text of what was refused, so that nothing else is found wrong with it.
    fn refuse(&mut self, problem: Problem, at: &Range<usize>) -> Value {
        self.problems.push(problem);
        Value::Text(self.source.text[at.clone()].to_owned())
    }
}

#[cfg(test)]
mod tests;
