//! The parser's errors in the words of this program, each with what to write instead.

use std::ops::Range;

use ::toml::de::Error;

use super::scan::Scan;
use crate::document::duplicates::duplicate;
use crate::document::number::{not_finite, zeros_first};
use crate::document::{MOST_PROBLEMS, Node, Problem, Source, Value, character_start};

/// What the errors say to a person.
pub(super) struct Syntax {
    pub(super) problems: Vec<Problem>,
    /// Whether the tree lacks what the parser could not read.
    pub(super) unreadable: bool,
}

/// Says what the parser stumbled over, and where. It goes on behind a mistake and then stumbles over what follows from
/// it: only the first of a line is told, and only the first of all where a bracket is never closed.
pub(super) fn explain(errors: &[Error], source: &Source, scan: &Scan, tree: Option<&Node>) -> Syntax {
    let is_duplicate = |error: &&Error| error.message() == DUPLICATE;
    let mut problems: Vec<Problem> = errors
        .iter()
        .filter(|error| !is_duplicate(error))
        .take(MOST_PROBLEMS)
        .map(|error| translate(error, source, scan))
        .collect();
    let unreadable = !problems.is_empty();
    problems.sort_by_key(|problem| problem.at.start);
    problems.dedup_by(|next, first| !source.text[first.at.start..next.at.start].contains('\n'));
    if scan.unclosed.is_some() {
        problems.truncate(1);
    }
    let duplicates = errors.iter().filter(is_duplicate).take(MOST_PROBLEMS);
    problems.extend(duplicates.map(|error| twice(&place(error, source), source, tree)));
    Syntax { problems, unreadable }
}

const DUPLICATE: &str = "duplicate key";

fn place(error: &Error, source: &Source) -> Range<usize> {
    let span = error.span().unwrap_or_default();
    let start = character_start(&source.text, span.start);
    start..character_start(&source.text, span.end).max(start)
}

/// The parser does not tell where the first one is; where the tree has one such key before, it is that.
fn twice(at: &Range<usize>, source: &Source, tree: Option<&Node>) -> Problem {
    let written = &source.text[at.clone()];
    let key = written.trim_matches(['"', '\'']);
    let mut before = Vec::new();
    if let Some(tree) = tree {
        collect_places(tree, key, at.start, &mut before);
    }
    match before.as_slice() {
        [first] => duplicate(key, at, *first, source),
        _ => Problem::new(at, format!("duplicate key `{key}`"))
            .help("give every key one value, and open every table once"),
    }
}

fn collect_places(node: &Node, key: &str, end: usize, places: &mut Vec<usize>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| collect_places(item, key, end, places)),
        Value::Table(entries) => {
            for entry in entries {
                if entry.key == key && entry.key_at.start < end {
                    places.push(entry.key_at.start);
                }
                collect_places(&entry.value, key, end, places);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

fn translate(error: &Error, source: &Source, scan: &Scan) -> Problem {
    let at = place(error, source);
    let token = &source.text[at.clone()];
    let (message, _) = error.message().split_once(", expected ").unwrap_or((error.message(), ""));
    match message {
        "string values must be quoted" => unquoted(&at, token),
        "invalid unquoted key" if token == ":" => {
            Problem::new(&at, "a `=` is missing between key and value").help("TOML is written `key = value`")
        }
        "invalid unquoted key" => {
            Problem::new(&at, "this character needs quotes in a key").help("write `\"the key\" = value`")
        }
        "invalid key-value pair" | "unquoted keys cannot be empty" => {
            Problem::new(&at, "a key is missing here")
                .help("TOML is written `key = value`; JSON belongs into a file whose name ends in `.json`")
        }
        "key with no value" => Problem::new(&at, "a `=` and a value are missing here"),
        "unexpected key or value" => {
            Problem::new(&at, "the line should end before this").help("every `key = value` has its own line")
        }
        "missing comma between array elements" | "missing comma between key-value pairs" => comma(&at, scan),
        "extra comma in array" => Problem::new(&at, "a value is missing before this `,`"),
        "extra comma in inline table" => Problem::new(&at, "a `key = value` is missing before this `,`"),
        "extra assignment between key-value pairs" | "missing assignment between key-value pairs" => {
            Problem::new(&at, "a `,` or a `=` is missing before this")
        }
        "unclosed array" | "unclosed inline table" | "unclosed table" | "unclosed array table" => {
            unclosed(&at, source, scan)
        }
        "unexpected leading zero" => {
            let sign = usize::from(source.text[..at.start].ends_with(['-', '+']));
            let rest = &source.text[at.start - sign..];
            let end = rest[sign..].find(|next: char| !next.is_ascii_alphanumeric() && next != '.');
            zeros_first(&at, end.map_or(rest, |end| &rest[..sign + end]))
        }
        "invalid mantissa" | "invalid fraction" => {
            Problem::new(&at, "a number needs a digit on both sides of its point")
                .help("write `0.5` or `5.0`")
        }
        "invalid exponent" => Problem::new(&at, "a digit is missing in this number"),
        "redundant numeric sign" => Problem::new(&at, "a number has one sign at most"),
        "integers with a radix cannot be signed" => {
            Problem::new(&at, "a hexadecimal, octal or binary number has no sign")
        }
        "radix must be lowercase" => {
            Problem::new(&at, format!("`{token}` is written in lower case: `{}`", token.to_lowercase()))
        }
        "invalid literal string"
        | "invalid basic string"
        | "invalid multi-line literal string"
        | "invalid multi-line basic string" => in_string(&at, token),
        "missing escaped value" => Problem::new(&at, "this escape does not exist")
            .help(r"a backslash itself is written `\\`, or the string in single quotes"),
        "too few unicode value digits" | "invalid value" => {
            Problem::new(&at, "this escape is no character").help("write the character itself")
        }
        "cannot recurse further; max recursion depth met" | "recursion limit" => {
            Problem::new(&at, "nested more than 80 levels deep")
        }
        "carriage return must be followed by newline" => {
            Problem::new(&at, "a carriage return without its line feed").help("end the line with a line feed")
        }
        extend if extend.starts_with("cannot extend value of type") => {
            Problem::new(&at, format!("`{token}` has a value already and cannot hold other keys"))
        }
        _ => Problem::new(&at, error.message().trim_end_matches(", expected nothing")),
    }
}

fn unquoted(at: &Range<usize>, token: &str) -> Problem {
    let meant = match token {
        "" => return Problem::new(at, "a value is missing here"),
        "True" | "TRUE" => "write `true`",
        "False" | "FALSE" => "write `false`",
        "null" | "None" | "~" => "TOML has no null: leave the key out, or write a text",
        "NaN" | "Infinity" | "-Infinity" => return not_finite(at, token),
        two if two.starts_with(|first: char| first.is_ascii_digit()) && two.contains(' ') => {
            "two values have a comma or a line break between them, and text is written in quotes"
        }
        _ => "text is written in quotes",
    };
    Problem::new(at, format!("`{token}` is not understood here")).help(meant)
}

fn comma(at: &Range<usize>, scan: &Scan) -> Problem {
    match scan.unclosed {
        Some(_) => Problem::new(at, "a comma is missing here, or the bracket before it is never closed"),
        None => Problem::new(at, "a comma is missing here"),
    }
}

/// The parser points to the end of the file.
fn unclosed(at: &Range<usize>, source: &Source, scan: &Scan) -> Problem {
    match scan.unclosed {
        Some(open) => {
            Problem::new(&(open..open + 1), format!("this `{}` is never closed", &source.text[open..=open]))
        }
        None => Problem::new(at, "a closing bracket is missing here"),
    }
}

fn in_string(at: &Range<usize>, token: &str) -> Problem {
    match token.chars().next() {
        Some(control) if control.is_control() => {
            let code = u32::from(control);
            Problem::new(at, format!("the control character {code} inside a string"))
                .help(format!(r"write it as `\u{code:04x}` in double quotes"))
        }
        _ => Problem::new(at, "this string is not closed")
            .help("add the closing quote; a text of several lines stands between three quotes at each end"),
    }
}
