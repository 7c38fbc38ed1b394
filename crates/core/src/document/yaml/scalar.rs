//! What a scalar means: the core schema of YAML 1.2 (section 10.3.2 of its specification), in values that JSON has.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ScalarStyle, Tag};

use crate::document::number::{Decimal, decimal, from_radix, not_finite, too_long, zeros_first};
use crate::document::{Problem, Value};

/// A scalar as it was written.
pub(super) struct Written<'a> {
    /// Its text, unquoted and unfolded.
    pub(super) text: Cow<'a, str>,
    pub(super) style: ScalarStyle,
    pub(super) tag: Option<&'a Tag>,
}

/// A scalar that means nothing here.
pub(super) struct Refused {
    pub(super) problem: Problem,
    /// What to go on with, so that nothing else is found wrong with it.
    pub(super) instead: Value,
}

/// Tells what a scalar means.
pub(super) fn value(written: Written<'_>, at: &Range<usize>) -> Result<Value, Box<Refused>> {
    let Written { text, style, tag } = written;
    let found = match tag {
        None if style == ScalarStyle::Plain => plain(&text, at),
        None => Ok(Value::Text(text.to_string())),
        Some(tag) => tagged(&text, tag, at),
    };
    found.map_err(|problem| Box::new(Refused { problem, instead: Value::Text(text.into_owned()) }))
}

fn plain(text: &str, at: &Range<usize>) -> Result<Value, Problem> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Ok(Value::Null),
        "true" | "True" | "TRUE" => Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => Ok(Value::Bool(false)),
        _ => number(text, at).unwrap_or_else(|| Ok(Value::Text(text.to_owned()))),
    }
}

/// Reads a number; `None` for any other text.
fn number(text: &str, at: &Range<usize>) -> Option<Result<Value, Problem>> {
    let radix = |digits: &str, radix| match from_radix(digits, radix) {
        Some(json) => Ok(Value::Number(json)),
        None => Err(too_long(at)),
    };
    if let Some(digits) = text.strip_prefix("0x").filter(|digits| all_digits(digits, 16)) {
        return Some(radix(digits, 16));
    }
    if let Some(digits) = text.strip_prefix("0o").filter(|digits| all_digits(digits, 8)) {
        return Some(radix(digits, 8));
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Err(not_finite(at, text)));
    }
    match decimal(text) {
        Decimal::Number(json) => Some(Ok(Value::Number(json))),
        Decimal::ZerosFirst => Some(Err(zeros_first(at, text))),
        Decimal::Other => None,
    }
}

fn all_digits(text: &str, radix: u32) -> bool {
    !text.is_empty() && text.chars().all(|digit| digit.is_digit(radix))
}

fn tagged(text: &str, tag: &Tag, at: &Range<usize>) -> Result<Value, Problem> {
    let Some(kind) = tag.core_suffix() else {
        return if tag.original() == "!" {
            Ok(Value::Text(text.to_owned()))
        } else {
            Err(wrong_tag(tag, at))
        };
    };
    match (kind, plain(text, at)) {
        ("str", _) => Ok(Value::Text(text.to_owned())),
        ("null", Ok(value @ Value::Null))
        | ("bool", Ok(value @ Value::Bool(_)))
        | ("float", Ok(value @ Value::Number(_))) => Ok(value),
        ("int", Ok(Value::Number(json))) if !json.contains(['.', 'e', 'E']) => Ok(Value::Number(json)),
        ("int" | "float", Err(problem)) => Err(problem),
        _ => Err(wrong_tag(tag, at)),
    }
}

/// Refuses a tag of another schema, or of another kind of value.
pub(super) fn wrong_tag(tag: &Tag, at: &Range<usize>) -> Problem {
    let tag_name = tag.original();
    if tag.is_yaml_core_schema() {
        return Problem::new(at, format!("this is not what its tag `{tag_name}` says"));
    }
    Problem::new(at, format!("the tag `{tag_name}` means nothing here"))
        .help("leave it out; text that starts with `!` needs quotes")
}
