//! JSON lines: an object a line, each the row of its keys.

use super::too_many;
use crate::document::json::{Part, parse_part};
use crate::document::{BYTE_ORDER_MARK, Entry, MOST_PROBLEMS, Problem, Source, Value};

/// Reads all rows; blank lines and lines of comments are skipped.
pub(super) fn read(source: &Source, problems: &mut Vec<Problem>) -> Vec<Vec<Entry>> {
    let text = source.text.trim_start_matches(BYTE_ORDER_MARK);
    let mut start = source.text.len() - text.len();
    let mut rows = Vec::new();
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        if found.len() >= MOST_PROBLEMS {
            found.push(too_many(start));
            break;
        }
        rows.extend(row(source, start, line, &mut found));
        start += line.len();
    }
    problems.append(&mut found);
    rows
}

fn row(source: &Source, start: usize, line: &str, problems: &mut Vec<Problem>) -> Option<Vec<Entry>> {
    let mut found = Vec::new();
    let part = parse_part(source, start..start + line.trim_end().len(), &mut found);
    problems.extend(found.into_iter().map(|problem| match problem.help {
        Some(_) => problem,
        None => problem.help(ONE_OBJECT),
    }));
    match part {
        Part::Empty | Part::Unreadable => None,
        Part::Value(node) => match node.value {
            Value::Table(entries) => Some(entries),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                let message = format!("a row must be an object, and this is {}", node.value.kind());
                problems.push(Problem::new(&node.at, message).help(ONE_OBJECT));
                None
            }
        },
    }
}

const ONE_OBJECT: &str = r#"every line is an object of its own, such as `{"lr": 0.1, "layers": 4}`"#;
