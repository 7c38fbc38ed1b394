//! The grammar of `--set NAME=VALUES`: words between commas, each a value or a range, or JSON as it stands in a file.
//!
//! Everything becomes the tree of a file, so that it is read as that is.

mod spread;

use std::ops::Range;

use crate::document::json::{Part, parse_part};
use crate::document::number::{Decimal, decimal};
use crate::document::{Entry, Node, Problem, Source, Value};
use spread::spread;

/// What was typed behind `--set`.
pub(super) struct Words {
    pub(super) name: String,
    pub(super) name_at: Range<usize>,
    pub(super) values: Values,
}

/// What a parameter is set to.
pub(super) enum Values {
    /// What would stand behind its name in a file.
    One(Node),
    /// The values of each, one after the other.
    Several(Vec<Node>),
}

/// Reads what was typed; `None` where something is wrong with it.
pub(super) fn words(source: &Source, problems: &mut Vec<Problem>) -> Option<Words> {
    let text = &source.text;
    let Some(equals) = text.find('=') else {
        let problem = Problem::new(&(0..text.len()), format!("`{text}` is set to nothing"));
        problems.push(problem.help("write a name and its values: `lr=0.1,0.01`"));
        return None;
    };
    let name_at = trimmed(text, 0..equals);
    let name = text[name_at.clone()].to_owned();
    let at = trimmed(text, equals + 1..text.len());
    let values = if at.is_empty() {
        let problem = Problem::new(&(0..text.len()), format!("`{name}` has no value"));
        problems.push(
            problem.help(format!("write `'{name}=\"\"'` for an empty text, `{name}=null` to leave it out")),
        );
        return None;
    } else if text[at.clone()].starts_with(['[', '{']) {
        Values::One(document(source, at, problems)?)
    } else {
        let mut several = Reading { source, problems, position: at.start, end: at.end }.several()?;
        match several.pop() {
            Some(one) if several.is_empty() => Values::One(one),
            last => Values::Several(several.into_iter().chain(last).collect()),
        }
    };
    Some(Words { name, name_at, values })
}

/// Reads names with commas between them.
pub(super) fn names(source: &Source) -> Node {
    let text = &source.text;
    let mut start = 0;
    let items = text.split(',').map(|name| {
        let at = trimmed(text, start..start + name.len());
        start += name.len() + 1;
        Node { value: Value::Text(text[at.clone()].to_owned()), at }
    });
    Node { value: Value::List(items.collect()), at: 0..text.len() }
}

/// Reads a way to sample, `sobol:64,seed=3`, as the object that a file has for it.
pub(super) fn sample(source: &Source, problems: &mut Vec<Problem>) -> Option<Node> {
    let text = &source.text;
    let whole = 0..text.len();
    if text.trim_start().starts_with('{') {
        return document(source, whole, problems);
    }
    let mut entries = Vec::new();
    let mut start = 0;
    for (place, word) in text.split(',').enumerate() {
        let at = start..start + word.len();
        start = at.end + 1;
        let Some(sign) = word.find(if place == 0 { ':' } else { '=' }) else {
            let help =
                "write `random:50` or `random:50,seed=1`; there are `random`, `sobol` and `latin-hypercube`";
            problems.push(Problem::new(&at, "this does not say how to sample").help(help));
            return None;
        };
        let key_at = trimmed(text, at.start..at.start + sign);
        let value = number_or_text(text, trimmed(text, at.start + sign + 1..at.end));
        entries.push(Entry { key: text[key_at.clone()].to_owned(), key_at, value });
    }
    Some(Node { at: whole, value: Value::Table(entries) })
}

/// Reads a part that is JSON.
pub(super) fn document(source: &Source, at: Range<usize>, problems: &mut Vec<Problem>) -> Option<Node> {
    let mut found = Vec::new();
    let part = parse_part(source, at, &mut found);
    let help = "what begins with a bracket is read as JSON, and goes in single quotes for the shell: `'x=[[1, 2], [3]]'` has two lists; a text that begins so has quotes of its own: `'x=\"[a]\"'`";
    problems.extend(found.into_iter().map(|problem| match problem.help {
        Some(_) => problem,
        None => problem.help(help),
    }));
    match part {
        Part::Value(node) => Some(node),
        Part::Empty | Part::Unreadable => None,
    }
}

/// Walks over the words.
struct Reading<'a> {
    source: &'a Source,
    problems: &'a mut Vec<Problem>,
    position: usize,
    end: usize,
}

impl Reading<'_> {
    /// Reads all words; each is read even where one before it is wrong.
    fn several(&mut self) -> Option<Vec<Node>> {
        let is_alone = !self.rest().contains(',');
        let mut nodes = Vec::new();
        let mut all_right = true;
        loop {
            let node = match self.rest().chars().next() {
                Some('"') => self.quoted(),
                Some('\'') => self.verbatim(),
                _ => {
                    let length = self.rest().find(',').unwrap_or(self.rest().len());
                    let at = trimmed(&self.source.text, self.position..self.position + length);
                    self.position += length;
                    self.bare(at, is_alone)
                }
            };
            all_right &= node.is_some();
            nodes.extend(node);
            if self.position >= self.end {
                return all_right.then_some(nodes);
            }
            self.position += 1;
            self.position += self.rest().len() - self.rest().trim_start().len();
        }
    }

    fn rest(&self) -> &str {
        self.source.text.get(self.position..self.end).unwrap_or_default()
    }

    fn problem<T>(
        &mut self,
        at: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.problems.push(Problem::new(at, message).help(help));
        None
    }

    /// Reads a text as JSON writes it.
    fn quoted(&mut self) -> Option<Node> {
        let mut is_escaped = false;
        let close = self.rest()[1..].find(|letter| {
            let closes = letter == '"' && !is_escaped;
            is_escaped = letter == '\\' && !is_escaped;
            closes
        });
        let at = self.close(close)?;
        document(self.source, at, self.problems)
    }

    /// Reads a text between single quotes, which is as it is.
    fn verbatim(&mut self) -> Option<Node> {
        let close = self.rest()[1..].find('\'');
        let at = self.close(close)?;
        let text = self.source.text[at.start + 1..at.end - 1].to_owned();
        Some(Node { at, value: Value::Text(text) })
    }

    /// Steps behind the closing quote, which `close` bytes stand before.
    fn close(&mut self, close: Option<usize>) -> Option<Range<usize>> {
        let start = self.position;
        let Some(close) = close else {
            self.position = self.end;
            let help = "a text that begins with a quote has it in the other kind of quotes, as `\"'tis\"`";
            return self.problem(&(start..self.end), "this quote is never closed", help);
        };
        let at = start..start + close + 2;
        self.position = at.end;
        let behind = self.rest().find(',').unwrap_or(self.rest().len());
        let behind = trimmed(&self.source.text, at.end..at.end + behind);
        self.position += self.rest().find(',').unwrap_or(self.rest().len());
        if behind.is_empty() {
            return Some(at);
        }
        let help =
            "a comma goes between two values; a quote inside of a text in double quotes is written `\\\"`";
        self.problem(&behind, "something follows the closing quote", help)
    }

    /// Reads a word without quotes.
    fn bare(&mut self, at: Range<usize>, is_alone: bool) -> Option<Node> {
        let text = self.source.text[at.clone()].to_owned();
        if text.is_empty() {
            return self.problem(&at, "a value is missing here", "write `\"\"` for an empty text");
        }
        if text.starts_with(['[', '{']) {
            let help = "put all values into one list: `-s 'x=[[1, 2], [3]]'`";
            return self.problem(&at, "a list or an object cannot stand beside other values", help);
        }
        if !is_alone && opens_more_than_it_closes(&text) {
            let help = "the comma behind it ends the value; a text with a comma in it goes in quotes: `-s 'x=\"f(1,2)\"'`";
            return self.problem(&at, format!("`{text}` opens a bracket that it does not close"), help);
        }
        match spread(&self.source.text, &at) {
            Some(Ok(node)) => Some(node),
            Some(Err(problem)) => {
                self.problems.push(problem);
                None
            }
            None => Some(scalar(&self.source.text, at)),
        }
    }
}

/// Reads a word that is a value by itself.
fn scalar(text: &str, at: Range<usize>) -> Node {
    match &text[at.clone()] {
        "null" => Node { at, value: Value::Null },
        "true" | "True" | "TRUE" => Node { at, value: Value::Bool(true) },
        "false" | "False" | "FALSE" => Node { at, value: Value::Bool(false) },
        _ => number_or_text(text, at),
    }
}

fn number_or_text(text: &str, at: Range<usize>) -> Node {
    let value = match decimal(&text[at.clone()]) {
        Decimal::Number(number) => Value::Number(number),
        Decimal::ZerosFirst | Decimal::Other => Value::Text(text[at.clone()].to_owned()),
    };
    Node { at, value }
}

fn opens_more_than_it_closes(text: &str) -> bool {
    let count = |letter: char| text.matches(letter).count();
    [('(', ')'), ('[', ']'), ('{', '}')].into_iter().any(|(open, close)| count(open) > count(close))
}

/// Leaves blanks at both ends out.
fn trimmed(text: &str, at: Range<usize>) -> Range<usize> {
    let part = &text[at.clone()];
    let start = at.start + part.len() - part.trim_start().len();
    start..(start + part.trim().len())
}
