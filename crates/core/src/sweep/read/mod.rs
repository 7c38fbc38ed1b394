//! From files and options to definitions: every rule of the language, and every message.

mod generators;
mod keys;
mod parameter;
mod room;
mod rows;
mod style;
mod typed;
mod words;

use std::ops::Range;

use super::definition::{Definition, Formula, Spot};
use super::mistakes::Mistakes;
use super::origin::Origin;
use super::surroundings::Surroundings;
use crate::document::{self, Entry, Node, Problem, Value, nearest};
use crate::expression::Expression;
use room::Room;

use rows::Rows;
use style::TypedStyle;
use typed::Options;

/// Reads all that was said: a file with an object or a list of such, rows, and options. What is wrong goes to
/// `mistakes`. There is always an object, so that options are read even where the file cannot be.
pub(super) fn read(
    origin: &Origin<'_>,
    surroundings: &dyn Surroundings,
    mistakes: &mut Mistakes,
) -> Vec<Definition> {
    let document = origin.file.and_then(|source| {
        let number = mistakes.open(source.clone());
        Some((number, document::parse(source, mistakes.of(number))?))
    });
    let rows = origin.rows.map(|source| Rows::read(source, mistakes));
    let options = Options::open(origin.typed, mistakes);
    let style = TypedStyle::read(origin.typed.style.as_deref(), mistakes);
    let mut reader = Reader {
        source: 0,
        surroundings,
        mistakes,
        within: Within::File,
        style: style.as_ref(),
        room: Room::default(),
    };
    let mut definitions =
        document.map_or_else(Vec::new, |(number, document)| reader.at(number).document(document));
    if definitions.is_empty() {
        let at = reader.mistakes.first_place();
        definitions.push(Definition::empty(at, reader.style(None)));
    }
    reader.change(&mut definitions, rows.as_ref(), &options);
    if mistakes.count() == 0 {
        let is_empty = |it: &&Definition| it.parameters.is_empty() && it.include.is_empty();
        for definition in definitions.iter().filter(is_empty) {
            let help = Some(EXAMPLE.to_owned());
            mistakes.add(&definition.at, "there is no parameter to sweep".to_owned(), help);
        }
    }
    definitions
}

/// What reads a text.
struct Reader<'a> {
    source: usize,
    surroundings: &'a dyn Surroundings,
    mistakes: &'a mut Mistakes,
    within: Within,
    /// What the command line says of the style.
    style: Option<&'a TypedStyle>,
    room: Room,
}

/// Which object is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// One of the file.
    File,
    /// One of `$include`.
    Include,
    /// One that a value brings along.
    With,
}

const EXAMPLE: &str = r#"write `{"lr": [0.1, 0.001], "layers": [4, 8, 16]}`"#;

impl Reader<'_> {
    fn document(&mut self, document: Node) -> Vec<Definition> {
        let at = document.at.clone();
        match document.value {
            Value::Table(entries) => vec![self.object(entries, &at)],
            Value::List(items) if !items.is_empty() && items.iter().all(is_table) => {
                let objects = items.into_iter().filter_map(|item| match item.value {
                    Value::Table(entries) => Some((entries, item.at)),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => None,
                });
                let objects: Vec<_> = objects.collect();
                objects.into_iter().map(|(entries, at)| self.object(entries, &at)).collect()
            }
            Value::List(items) => {
                let wrong = items.iter().find(|item| !is_table(item));
                let (at, kind) = wrong.map_or((&at, "an empty list"), |item| (&item.at, item.value.kind()));
                self.problem(at, format!("a sweep is an object or a list of objects, not {kind}"))
                    .help(EXAMPLE);
                Vec::new()
            }
            other => {
                self.problem(&at, format!("a sweep must be an object, not {}", other.kind())).help(EXAMPLE);
                Vec::new()
            }
        }
    }

    /// Reads an object of parameters and `$`-keys.
    fn object(&mut self, entries: Vec<Entry>, at: &Range<usize>) -> Definition {
        let style = entries.iter().find(|entry| entry.key == "$style");
        let style = self.style(style.map(|entry| &entry.value));
        let mut definition = Definition::empty(self.spot(at), style);
        let mut include = Vec::new();
        for entry in entries {
            match entry.key.strip_prefix('$') {
                Some("include") => include.push(entry),
                Some(_) => self.key(entry, &mut definition),
                None => definition.parameters.extend(self.parameter(entry, &definition.style)),
            }
        }
        for entry in include {
            self.include(entry, &mut definition);
        }
        definition
    }

    /// Turns to another text.
    fn at(&mut self, source: usize) -> &mut Self {
        self.source = source;
        self
    }

    fn spot(&self, at: &Range<usize>) -> Spot {
        Spot { source: self.source, at: at.clone() }
    }

    /// Says what is wrong at a place.
    fn problem(&mut self, at: &Range<usize>, message: impl Into<String>) -> Added<'_> {
        let problems = self.mistakes.of(self.source);
        problems.push(Problem::new(at, message));
        Added(problems)
    }

    /// Tells whether there is room for some values more, each of a length in bytes.
    fn has_room(&mut self, at: &Range<usize>, values: u64, length: usize) -> bool {
        let taken = self.room.take(values, length);
        if let Err(Some(full)) = &taken {
            let help =
                "each of them takes memory; where many are random, `$sample` draws them point by point";
            self.problem(at, full.to_string()).help(help);
        }
        taken.is_ok()
    }

    /// Reads an expression.
    fn formula(&mut self, node: &Node) -> Option<Formula> {
        let Value::Text(text) = &node.value else {
            let message = format!("an expression is a string, not {}", node.value.kind());
            self.problem(&node.at, message).help("such as `\"lr * layers < 1\"`");
            return None;
        };
        match Expression::parse(text) {
            Ok(expression) => Some(Formula { expression, at: self.spot(&node.at) }),
            Err(error) => {
                self.problem(&node.at, error.to_string());
                None
            }
        }
    }

    /// Reads a whole number that is not negative.
    fn whole(&mut self, node: &Node, of_what: &str) -> Option<u64> {
        let number = match &node.value {
            Value::Number(text) => text.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Table(_) => None,
        };
        if number.is_none() {
            self.problem(&node.at, format!("{of_what} is a whole number from 0 on, such as `50`"));
        }
        number
    }

    /// Says that a key is not known, with the nearest one and all there are.
    fn unknown_key(&mut self, entry: &Entry, known: &[&str]) {
        let name = &entry.key;
        let help = match nearest(name, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!(
                "there are {}",
                known.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        self.problem(&entry.key_at, format!("`{name}` is not known here")).help(help);
    }
}

/// The problem that was just added.
struct Added<'a>(&'a mut Vec<Problem>);

impl Added<'_> {
    /// Adds what to write instead.
    fn help(self, help: impl Into<String>) {
        if let Some(problem) = self.0.last_mut() {
            problem.help = Some(help.into());
        }
    }
}

fn is_table(node: &Node) -> bool {
    matches!(node.value, Value::Table(_))
}
