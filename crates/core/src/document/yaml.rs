//! YAML 1.2 with its core schema: text → the same tree as JSON, with the first mistake of its syntax and every other
//! one at its place.
//!
//! In the core schema `no`, `yes` and `on` are text, `1e-4` is a number, and nothing at all or `~` is null. What JSON
//! cannot hold is changed as little as possible: `+1` loses its sign, `.5` becomes `0.5` and `5.` `5.0`, and `0x1F`
//! and `0o17` become decimal. Infinities, keys that are no text, merge keys, tags of other schemas and further
//! documents are refused.

mod anchors;
mod scalar;
mod syntax;

use std::ops::Range;

use granit_parser::{Event, Parser, StrInput, Tag};

use self::anchors::Anchors;
use super::duplicates::Keys;
use super::{Entry, MOST_LEVELS, Node, Problem, Source, Value, too_deep};

/// Reads a document. What is wrong goes to `problems`; `None` comes back only where the text cannot be read to its
/// end, so that a caller can add what it finds wrong in the tree and report all of it together.
///
/// A value that is an alias stands where the alias stands, and what is inside of it where it was written.
pub fn parse(source: &Source, problems: &mut Vec<Problem>) -> Option<Node> {
    let mut options = granit_parser::options! {
        flow_nesting_limit: MOST_LEVELS,
        block_nesting_limit: MOST_LEVELS,
    };
    options.set_emit_comments(false);
    let events = Parser::new_from_str_with_options(&source.text, options);
    Reading { source, events, anchors: Anchors::default(), problems }.document()
}

struct Reading<'a> {
    source: &'a Source,
    events: Parser<'a, StrInput<'a>>,
    anchors: Anchors,
    problems: &'a mut Vec<Problem>,
}

/// Each function gives `None` where the text cannot be read on, with the reason in the problems.
impl<'a> Reading<'a> {
    fn document(mut self) -> Option<Node> {
        let mut document = None;
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(..) if document.is_some() => {
                    let problem = Problem::new(&at, "a second document starts here");
                    self.problems.push(problem.help("keep one document a file"));
                    break;
                }
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                node => document = Some(self.node(node, at, 0)?),
            }
        }
        if document.is_none() {
            self.problems.push(Problem::new(&(0..0), "the file is empty"));
        }
        document
    }

    fn next(&mut self) -> Option<(Event<'a>, Range<usize>)> {
        match self.events.next_event()? {
            Ok((event, span)) => Some((event, span.byte_range()?)),
            Err(error) => {
                self.problems.push(syntax::explain(&error, self.source));
                None
            }
        }
    }

    /// Reads the node that starts with an event, inside of `level` lists and objects.
    fn node(&mut self, start: Event<'a>, at: Range<usize>, level: usize) -> Option<Node> {
        let anchor = start.anchor_id();
        let node = match start {
            Event::Alias(id) => return self.alias(id, &at, level),
            Event::Scalar(text, style, _, tag) => {
                let written = scalar::Written { text, style, tag: tag.as_deref() };
                let value = scalar::value(written, &at).unwrap_or_else(|refused| {
                    self.problems.push(refused.problem);
                    refused.instead
                });
                Node { at, value }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if level == MOST_LEVELS => {
                self.problems.push(too_deep(&at));
                return None;
            }
            Event::SequenceStart(_, _, tag) => {
                self.check_tag(tag.as_deref(), "seq", &at);
                self.list(at, level + 1)?
            }
            Event::MappingStart(_, _, tag) => {
                self.check_tag(tag.as_deref(), "map", &at);
                self.table(at, level + 1)?
            }
            _ => return None, // the parser promises a node here
        };
        if let Some(id) = anchor {
            self.anchors.define(id, &node).map_err(|problem| self.problems.push(problem)).ok()?;
        }
        Some(node)
    }

    fn alias(&mut self, id: usize, at: &Range<usize>, level: usize) -> Option<Node> {
        self.anchors.resolve(id, at, level).map_err(|problem| self.problems.push(problem)).ok()
    }

    fn check_tag(&mut self, tag: Option<&Tag>, expected: &str, at: &Range<usize>) {
        if let Some(tag) = tag.filter(|tag| tag.core_suffix() != Some(expected)) {
            self.problems.push(scalar::wrong_tag(tag, at));
        }
    }

    fn list(&mut self, start: Range<usize>, level: usize) -> Option<Node> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, end) => {
                    let at = extent(&start, items.last(), &end);
                    return Some(Node { at, value: Value::List(items) });
                }
                (event, at) => items.push(self.node(event, at, level)?),
            }
        }
    }

    fn table(&mut self, start: Range<usize>, level: usize) -> Option<Node> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut keys = Keys::default();
        loop {
            let (event, key_at) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                let at = extent(&start, entries.last().map(|entry| &entry.value), &key_at);
                return Some(Node { at, value: Value::Table(entries) });
            }
            let key = self.key(event, key_at.clone(), level)?;
            let (event, at) = self.next()?;
            let value = self.node(event, at, level)?;
            if let Some(key) = key {
                self.problems.extend(keys.meet(&key, &key_at, self.source));
                entries.push(Entry { key, key_at, value });
            }
        }
    }

    /// Reads a key; the inner `None` is one that JSON has not, which is in the problems then.
    #[expect(clippy::option_option, reason = "the outer one ends the reading, the inner one only this key")]
    fn key(&mut self, event: Event<'a>, at: Range<usize>, level: usize) -> Option<Option<String>> {
        let is_merge = event.scalar() == Some(("<<", granit_parser::ScalarStyle::Plain));
        let node = self.node(event, at.clone(), level)?;
        let problem = match node.value {
            Value::Text(_) if is_merge => Problem::new(&at, "merge keys are not part of YAML 1.2")
                .help("write the keys out, or write `\"<<\"` for a key of that name"),
            Value::Text(key) => return Some(Some(key)),
            Value::Null => Problem::new(&at, "this key is null").help("a key is a text: write it in quotes"),
            Value::Bool(_) | Value::Number(_) => {
                let kind = node.value.kind();
                let written = &self.source.text[at.clone()];
                Problem::new(&at, format!("this key is {kind} and not a text"))
                    .help(format!("write `\"{written}\"`"))
            }
            Value::List(_) | Value::Table(_) => {
                let help = "a key is a text; text that starts with a bracket needs quotes";
                Problem::new(&at, format!("this key is {} and not a text", node.value.kind())).help(help)
            }
        };
        self.problems.push(problem);
        Some(None)
    }
}

/// Tells what a list or an object takes up: in brackets up to the closing one, and otherwise up to the end of what
/// is in it, since the parser sees its end only where something else starts.
fn extent(start: &Range<usize>, last: Option<&Node>, end: &Range<usize>) -> Range<usize> {
    match last {
        Some(last) if end.is_empty() => start.start..last.at.end.max(start.end),
        _ => start.start..end.end.max(start.end),
    }
}

#[cfg(test)]
mod tests;
