//! What a person wrote in a file: its text, the tree in it with the place of every node, and what is wrong with it.

#[cfg(test)]
mod arbitrary;
mod duplicates;
pub mod json;
mod nearest;
pub(crate) mod number;
pub mod rows;
pub mod toml;
pub mod yaml;

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::path::Path;

pub use nearest::nearest;

/// A file as it was read, with the name under which messages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as the user would type it.
    pub name: String,
    /// The whole text, a byte order mark included: all offsets count in it.
    pub text: String,
}

impl Source {
    /// Tells the line and the column (both from 1, columns in characters) of a byte offset, as editors count them.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..character_start(&self.text, offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before[line_start..].trim_start_matches(BYTE_ORDER_MARK).chars().count() + 1;
        (line, column)
    }

    /// What stands behind the last point of the name, in lower case; empty where there is none.
    fn extension(&self) -> String {
        let extension = Path::new(&self.name).extension().and_then(|extension| extension.to_str());
        extension.unwrap_or_default().to_ascii_lowercase()
    }
}

/// Moves an offset back to where its character starts, and into the text.
fn character_start(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or(0)
}

/// Some editors put it first; it means nothing here.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// No configuration is that deep; a thread's stack takes many times this.
const MOST_LEVELS: usize = 100;

/// Where a file is wrong from end to end, nobody reads more; and each costs a look through the text for its line.
const MOST_PROBLEMS: usize = 100;

/// Refuses what is nested deeper than that.
fn too_deep(at: &Range<usize>) -> Problem {
    Problem::new(at, format!("nested more than {MOST_LEVELS} levels deep"))
}

/// Reads a document in the language that its name ends in: `.toml`, `.yaml` or `.yml`, and JSON with comments for
/// every other name. All three make the same tree, with the promises of [`json::parse`].
pub fn parse(source: &Source, problems: &mut Vec<Problem>) -> Option<Node> {
    match source.extension().as_str() {
        "toml" => toml::parse(source, problems),
        "yaml" | "yml" => yaml::parse(source, problems),
        _ => json::parse(source, problems),
    }
}

/// A value and the bytes of the source that it takes up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Byte offsets into [`Source::text`].
    pub at: Range<usize>,
    /// What stands there.
    pub value: Value,
}

/// What every configuration language here can say. Numbers stay text, so that nothing is rounded or reformatted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it was written (`0.10`, `1e-4`, `12345678901234567890`), and always one that JSON has: what only
    /// TOML or YAML can write was changed as little as possible.
    Number(Box<str>),
    /// A string, escapes resolved.
    Text(String),
    /// A list, in order.
    List(Vec<Node>),
    /// An object, in the order of the file.
    Table(Vec<Entry>),
}

impl Value {
    /// Names the kind for a message, with its article.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Table(_) => "an object",
        }
    }

    /// Counts the values, the keys, and the bytes of text in it, which is about what it takes in memory.
    pub fn weight(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 1,
            Self::Number(text) => 1 + text.len(),
            Self::Text(text) => 1 + text.len(),
            Self::List(items) => 1 + items.iter().map(|item| item.value.weight()).sum::<usize>(),
            Self::Table(entries) => {
                1 + entries
                    .iter()
                    .map(|entry| 1 + entry.key.len() + entry.value.value.weight())
                    .sum::<usize>()
            }
        }
    }
}

/// One key of an object with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, escapes resolved.
    pub key: String,
    /// Where the key stands, its quotes included.
    pub key_at: Range<usize>,
    /// What belongs to it.
    pub value: Node,
}

/// One mistake of the person who wrote the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The bytes of the source to point at; always inside the text and on character boundaries.
    pub at: Range<usize>,
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

impl Problem {
    /// Says what is wrong at a place.
    pub fn new(at: &Range<usize>, message: impl Into<String>) -> Self {
        Self { at: at.clone(), message: message.into(), help: None }
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Everything that is wrong with one file, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file, kept so that messages can show its lines.
    pub source: Source,
    /// The mistakes, never empty.
    pub list: Vec<Problem>,
}

impl Problems {
    /// Puts the problems of a file into the order of the file; `None` where there are none.
    pub fn found_in(source: &Source, mut list: Vec<Problem>) -> Option<Self> {
        list.sort_by_key(|problem| problem.at.start);
        if list.len() > MOST_PROBLEMS {
            let more = list.len() - MOST_PROBLEMS;
            list.truncate(MOST_PROBLEMS);
            let end = list.last().map_or(0..0, |shown| shown.at.clone());
            list.push(Problem::new(&end, format!("{more} further problems are not shown")));
        }
        (!list.is_empty()).then(|| Self { source: source.clone(), list })
    }

    /// Writes every problem on a line of its own as `file:line:column: message`, its help below, without colour or
    /// source lines: for logs and for machines.
    pub fn plain(&self) -> String {
        let lines = self.list.iter().map(|problem| {
            let (line, column) = self.source.line_column(problem.at.start);
            let help = problem.help.as_ref().map_or_else(String::new, |help| format!("  help: {help}\n"));
            format!("{}:{line}:{column}: {}\n{help}", self.source.name, problem.message)
        });
        lines.collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.list.len() {
            1 => write!(out, "1 problem in {}", self.source.name),
            count => write!(out, "{count} problems in {}", self.source.name),
        }
    }
}

impl Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { name: "config.json".into(), text: text.into() }
    }

    #[test]
    fn lines_and_columns_count_from_one_and_columns_count_characters() {
        let source = source("ab\nçé\u{1f980}x");
        assert_eq!(source.line_column(0), (1, 1));
        assert_eq!(source.line_column(2), (1, 3));
        assert_eq!(source.line_column(3), (2, 1));
        assert_eq!(source.line_column(source.text.len() - 1), (2, 4));
        assert_eq!(source.line_column(source.text.len() + 9), (2, 5));
    }

    #[test]
    fn a_byte_order_mark_is_not_a_column() {
        assert_eq!(source("\u{feff}{").line_column(3), (1, 1));
    }

    #[test]
    fn problems_come_in_the_order_of_the_file_and_are_counted() {
        let list = vec![Problem::new(&(3..4), "second"), Problem::new(&(0..1), "first").help("do it")];
        let problems = Problems::found_in(&source("ab\ncd"), list).unwrap();
        assert_eq!(problems.to_string(), "2 problems in config.json");
        insta::assert_snapshot!(problems.plain(), @r"
        config.json:1:1: first
          help: do it
        config.json:2:1: second
        ");
        assert_eq!(Problems::found_in(&source(""), Vec::new()), None);
    }

    /// The tree as JSON, which has the values and the order of the keys but no places.
    fn read(name: &str, text: &str) -> String {
        let mut problems = Vec::new();
        let node = parse(&Source { name: name.into(), text: text.into() }, &mut problems);
        assert_eq!(problems, []);
        let mut out = String::new();
        json::write(&node.expect("readable").value, &mut out);
        out
    }

    #[test]
    fn the_same_model_in_three_languages_is_the_same() {
        let in_json = r#"{
          // learning
          "lr": [1e-4, 0.10, 12345678901234567890],
          "amp": [true, false],
          "name": "no",
          "layers": {"range": [4, 16, 4], "when": "lr < 1"},
          "$zip": [["lr", "amp"]],
          "$include": [{"lr": 1, "note": "a\nb"}, {"lr": 2}],
        }"#;
        let in_toml = "
            # learning
            lr = [1e-4, 0.10, 12345678901234567890]
            amp = [true, false]
            name = 'no'
            layers.range = [4, 16, 4]
            layers.when = 'lr < 1'
            '$zip' = [['lr', 'amp']]
            [['$include']]
            lr = 1
            note = \"a\\nb\"
            [['$include']]
            lr = 2
        ";
        let in_yaml = "
            # learning
            lr: [1e-4, 0.10, 12345678901234567890]
            amp:
            - true
            - false
            name: no
            layers:
              range: [4, 16, 4]
              when: lr < 1
            $zip: [[lr, amp]]
            $include:
            - lr: 1
              note: |-
                a
                b
            - {lr: 2}
        ";
        assert_eq!(read("a.JSON", in_json), read("a.toml", in_toml));
        assert_eq!(read("params", in_json), read("a.YAML", in_yaml));
        assert_eq!(read("a.json", in_json), read("b.d/a.yml", in_yaml));
    }

    #[test]
    fn a_mistake_has_the_same_words_and_its_place_in_every_language() {
        let report = |name: &str, text: &str| {
            let source = Source { name: name.into(), text: text.into() };
            let mut problems = Vec::new();
            parse(&source, &mut problems);
            Problems::found_in(&source, problems).map_or_else(String::new, |problems| problems.plain())
        };
        insta::assert_snapshot!(
            [
                report("a.json", "{\"a\": 1,\n \"a\": 007}"),
                report("a.json", "{\"a\": 1,\n \"a\": 2}"),
                report("a.toml", "b = 007"),
                report("a.toml", "a = 1\n  a = 2\n"),
                report("a.yaml", "\na: 1\na: 007\n"),
            ]
            .concat(),
            @r#"
        a.json:2:8: a number cannot start with 0
          help: for a text that does, write it in quotes
        a.json:2:2: duplicate key `a`
          help: it is already there in line 1, column 2
        a.toml:1:5: a number cannot start with 0
          help: write `7`, or `"007"` for the text
        a.toml:2:3: duplicate key `a`
          help: it is already there in line 1, column 1
        a.yaml:3:1: duplicate key `a`
          help: it is already there in line 2, column 1
        a.yaml:3:4: a number cannot start with 0
          help: write `7`, or `"007"` for the text
        "#
        );
    }
}
