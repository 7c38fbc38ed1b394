//! JSON with comments and trailing commas, and otherwise strict: text → tree, with every mistake at its place.

mod scan;
mod syntax;

use std::ops::Range;

use jsonc_parser::common::{Range as JsonRange, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, ast, parse_to_ast};

use super::duplicates::Keys;
use super::{BYTE_ORDER_MARK, Entry, Node, Problem, Source, Value};

/// Reads a document. What is wrong goes to `problems`; `None` comes back only where the text cannot be read to its
/// end, so that a caller can add what it finds wrong in the tree and report all of it together.
pub fn parse(source: &Source, problems: &mut Vec<Problem>) -> Option<Node> {
    let text = source.text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&source.text);
    let start = source.text.len() - text.len();
    match parse_part(source, start..source.text.len(), problems) {
        Part::Value(node) => Some(node),
        Part::Unreadable => None,
        Part::Empty => {
            problems.push(Problem::new(&(start..start), "the file is empty"));
            None
        }
    }
}

/// What stands in a part of a source.
pub(crate) enum Part {
    /// Blanks and comments only.
    Empty,
    /// One value, maybe with problems in it.
    Value(Node),
    /// Nothing that can be read to its end; the problems tell why.
    Unreadable,
}

/// Reads the one value in a part of a source (on character boundaries), with places in the whole of it.
pub(crate) fn parse_part(source: &Source, part: Range<usize>, problems: &mut Vec<Problem>) -> Part {
    Reading { source, shift: part.start, problems }.document(&source.text[part])
}

/// Writes a value as compact JSON: numbers as they were written, keys in order, non-ASCII text as it is.
pub fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(text) => out.push_str(text),
        Value::Text(text) => write_string(text, out),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write(&item.value, out);
            }
            out.push(']');
        }
        Value::Table(entries) => {
            out.push('{');
            for (index, entry) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write_string(&entry.key, out);
                out.push(':');
                write(&entry.value.value, out);
            }
            out.push('}');
        }
    }
}

/// Writes a JSON string with its quotes, escaping only what JSON demands.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let digit = |shift: u32| char::from(b"0123456789abcdef"[(control as usize >> shift) & 15]);
                out.push_str("\\u00");
                out.extend([digit(4), digit(0)]);
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
}

/// Comments and trailing commas are all that people miss in JSON; anything looser hides a slip.
const DIALECT: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

struct Reading<'a> {
    source: &'a Source,
    /// The bytes before the text that the parser sees.
    shift: usize,
    problems: &'a mut Vec<Problem>,
}

impl Reading<'_> {
    fn document(mut self, text: &str) -> Part {
        let scan = scan::strings_and_depth(text);
        let unreadable = scan.unreadable;
        for problem in scan.problems {
            self.add(problem);
        }
        if unreadable {
            return Part::Unreadable; // the parser would only repeat it, at a worse place, or overflow the stack
        }
        match parse_to_ast(text, &CollectOptions::default(), &DIALECT) {
            Ok(parsed) => parsed.value.map_or(Part::Empty, |value| Part::Value(self.node(value))),
            Err(error) => {
                self.add(syntax::explain(&error, text));
                Part::Unreadable
            }
        }
    }

    fn add(&mut self, mut problem: Problem) {
        problem.at = problem.at.start + self.shift..problem.at.end + self.shift;
        self.problems.push(problem);
    }

    fn node(&mut self, value: ast::Value<'_>) -> Node {
        let at = self.place(value.range());
        let value = match value {
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::BooleanLit(literal) => Value::Bool(literal.value),
            ast::Value::NumberLit(literal) => Value::Number(literal.value.into()),
            ast::Value::StringLit(literal) => Value::Text(literal.value.into_owned()),
            ast::Value::Array(array) => {
                Value::List(array.elements.into_iter().map(|item| self.node(item)).collect())
            }
            ast::Value::Object(object) => Value::Table(self.entries(object)),
        };
        Node { at, value }
    }

    fn entries(&mut self, object: ast::Object<'_>) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(object.properties.len());
        let mut keys = Keys::default();
        for property in object.properties {
            let key_at = self.place(match &property.name {
                ast::ObjectPropName::String(literal) => literal.range,
                ast::ObjectPropName::Word(literal) => literal.range,
            });
            let key = property.name.into_string();
            self.problems.extend(keys.meet(&key, &key_at, self.source));
            entries.push(Entry { key, key_at, value: self.node(property.value) });
        }
        entries
    }

    fn place(&self, range: JsonRange) -> Range<usize> {
        range.start + self.shift..range.end + self.shift
    }
}

#[cfg(test)]
mod tests;
