//! What an expression works with, and how Python would write it.

use std::fmt;
use std::sync::Arc;

use crate::document;

use super::number;

/// A value, as Python knows it. Cheap to copy.
#[derive(Debug, Clone)]
pub enum Value {
    /// `None`, a `null` of a file.
    None,
    /// `True` or `False`; in arithmetic they count as 1 and 0.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// A whole number that 128 bits do not hold, as it was written: no expression can use it.
    Oversized(Arc<str>),
    /// A string.
    Text(Arc<str>),
    /// A list.
    List(Arc<[Value]>),
    /// A tuple, which only an expression itself can make.
    Tuple(Arc<[Value]>),
    /// An object, in the order of its file.
    Table(Arc<[(Arc<str>, Value)]>),
}

/// Tells that a number is infinite or none, which no file and no command line can say for every program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a value that is infinite or not a number (`{}`) cannot be given to a program", if *is_nan { "nan" } else { "inf" })]
pub struct NotFinite {
    /// Whether it is not a number at all.
    pub is_nan: bool,
}

impl Value {
    /// Takes a value of a file.
    pub fn of(value: &document::Value) -> Self {
        match value {
            document::Value::Null => Self::None,
            document::Value::Bool(it) => Self::Bool(*it),
            document::Value::Number(text) => number::read(text),
            document::Value::Text(text) => Self::text(text),
            document::Value::List(items) => items.iter().map(|item| Self::of(&item.value)).collect(),
            document::Value::Table(entries) => {
                let entry = |entry: &document::Entry| (Arc::from(&*entry.key), Self::of(&entry.value.value));
                Self::Table(entries.iter().map(entry).collect())
            }
        }
    }

    /// Tells whether both are equal, as `==` has it.
    pub fn equals(&self, other: &Self) -> bool {
        super::compare::equal(self, other)
    }

    /// Makes a string.
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// Gives what a file would say for it: numbers as Python prints them, a tuple as a list.
    pub fn to_document(&self) -> Result<document::Value, NotFinite> {
        let node = |value: &Self| Ok(document::Node { at: 0..0, value: value.to_document()? });
        Ok(match self {
            Self::None => document::Value::Null,
            Self::Bool(it) => document::Value::Bool(*it),
            Self::Int(it) => document::Value::Number(it.to_string().into()),
            Self::Float(it) if it.is_finite() => document::Value::Number(number::write(*it).into()),
            Self::Float(it) => return Err(NotFinite { is_nan: it.is_nan() }),
            Self::Oversized(text) => document::Value::Number((**text).into()),
            Self::Text(text) => document::Value::Text(text.to_string()),
            Self::List(items) | Self::Tuple(items) => {
                document::Value::List(items.iter().map(node).collect::<Result<_, NotFinite>>()?)
            }
            Self::Table(entries) => {
                let entry = |(key, value): &(Arc<str>, Self)| {
                    Ok(document::Entry { key: key.to_string(), key_at: 0..0, value: node(value)? })
                };
                document::Value::Table(entries.iter().map(entry).collect::<Result<_, NotFinite>>()?)
            }
        })
    }

    /// Tells whether Python takes it for true.
    pub fn is_true(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(it) => *it,
            Self::Int(it) => *it != 0,
            Self::Float(it) => *it != 0.0,
            Self::Oversized(_) => true,
            Self::Text(text) => !text.is_empty(),
            Self::List(items) | Self::Tuple(items) => !items.is_empty(),
            Self::Table(entries) => !entries.is_empty(),
        }
    }

    /// Names its kind for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Float(_) => "number",
            Self::Oversized(_) => "number beyond 128 bits",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Table(_) => "object",
        }
    }

    /// Gives the value of a key of an object.
    pub(super) fn entry(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Table(entries) => entries.iter().find(|(name, _)| **name == *key).map(|(_, value)| value),
            Self::None
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Oversized(_)
            | Self::Text(_)
            | Self::List(_)
            | Self::Tuple(_) => None,
        }
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<T: IntoIterator<Item = Self>>(items: T) -> Self {
        Self::List(items.into_iter().collect())
    }
}

/// Writes it as Python's `str` does.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => out.write_str(text),
            Self::None
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Oversized(_)
            | Self::List(_)
            | Self::Tuple(_)
            | Self::Table(_) => self.write_inside(out),
        }
    }
}

impl Value {
    /// Writes it as Python's `repr` does, as it stands inside a list.
    fn write_inside(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => out.write_str("None"),
            Self::Bool(true) => out.write_str("True"),
            Self::Bool(false) => out.write_str("False"),
            Self::Int(it) => write!(out, "{it}"),
            Self::Float(it) => out.write_str(&number::write(*it)),
            Self::Oversized(text) => out.write_str(text),
            Self::Text(text) => write_quoted(text, out),
            Self::List(items) => {
                out.write_str("[")?;
                write_all(items, out)?;
                out.write_str("]")
            }
            Self::Tuple(items) => {
                out.write_str("(")?;
                write_all(items, out)?;
                out.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Self::Table(entries) => {
                out.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    out.write_str(if index == 0 { "" } else { ", " })?;
                    write_quoted(key, out)?;
                    out.write_str(": ")?;
                    value.write_inside(out)?;
                }
                out.write_str("}")
            }
        }
    }
}

fn write_all(items: &[Value], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        out.write_str(if index == 0 { "" } else { ", " })?;
        item.write_inside(out)?;
    }
    Ok(())
}

fn write_quoted(text: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    write!(out, "{quote}")?;
    for c in text.chars() {
        match c {
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\\' => out.write_str("\\\\")?,
            c if c == quote => write!(out, "\\{c}")?,
            c if c.is_control() => write!(out, "\\x{:02x}", u32::from(c))?,
            c => write!(out, "{c}")?,
        }
    }
    write!(out, "{quote}")
}
