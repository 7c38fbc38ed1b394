//! Words that stand for several values: `4..16:4`, `log:1e-5..1e-2:4`, `uniform:0..1`.

use std::ops::Range;

use super::super::super::numbers;
use super::number_or_text;
use crate::document::{Entry, Node, Problem, Value, nearest};

/// The words before a colon that say how values lie between two numbers, and the key of a file that means the same.
const KINDS: [(&str, &str); 6] = [
    ("lin", "linspace"),
    ("log", "logspace"),
    ("uniform", "uniform"),
    ("loguniform", "loguniform"),
    ("int", "int"),
    ("logint", "logint"),
];

const IN_QUOTES: &str = "for a text put it in quotes: `-s 'x=\"4..16\"'`";

/// Reads a word as the object that a file has for it; `None` where it is a word like any other. What begins as such a
/// word is never a text, so that no slip reaches a program.
pub(super) fn spread(text: &str, at: &Range<usize>) -> Option<Result<Node, Problem>> {
    let written = &text[at.clone()];
    let starts_as_range = |text: &str| text.split_once("..").is_some_and(|(first, _)| is_number(first));
    if let Some((word, rest)) = written.split_once(':') {
        let behind = at.end - rest.len()..at.end;
        if let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == word) {
            return Some(between(kind, text, at, behind));
        }
        let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        if is_word && starts_as_range(rest) {
            return Some(Err(unknown_kind(word, at)));
        }
    }
    starts_as_range(written).then(|| range(text, at))
}

fn unknown_kind(word: &str, at: &Range<usize>) -> Problem {
    let long = KINDS.iter().find(|(_, key)| *key == word).map(|(known, _)| *known);
    let meant = long.or_else(|| nearest(word, KINDS.map(|(known, _)| known)));
    let meant = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}:`? "));
    let known = KINDS.map(|(known, _)| format!("`{known}:`")).join(", ");
    let at = at.start..at.start + word.len();
    Problem::new(&at, format!("`{word}:` does not say how values lie"))
        .help(format!("{meant}there are {known}, and `4..16:4` alone; {IN_QUOTES}"))
}

/// Reads `4..16:4`: the first, the last at most, and the step, which between whole numbers is 1 or -1.
fn range(text: &str, at: &Range<usize>) -> Result<Node, Problem> {
    let help = format!("write `4..16:4`: from, to and step; {IN_QUOTES}");
    let Some(Bounds { first, last, behind }) = Bounds::of(text, at) else {
        return Err(Problem::new(at, "this is no range of numbers").help(help));
    };
    let step = match behind {
        Some(step) if number(&step).is_some() => step,
        Some(step) => return Err(Problem::new(&step.at, "the step is no number").help(help)),
        None if is_whole(&first) && is_whole(&last) => {
            let step = if is_above(&first, &last) { "-1" } else { "1" };
            Node { at: at.clone(), value: Value::Number(step.into()) }
        }
        None => {
            let shown = &text[at.clone()];
            let help =
                format!("write `{shown}:0.1` for steps of 0.1, `lin:{shown}:5` for five values; {IN_QUOTES}");
            return Err(Problem::new(at, "the step is missing").help(help));
        }
    };
    Ok(object("range", at, vec![first, last, step], None))
}

/// Reads what stands behind `log:` and the like: two numbers, and how many values there are.
fn between(kind: &str, text: &str, at: &Range<usize>, behind: Range<usize>) -> Result<Node, Problem> {
    let is_drawn = !kind.ends_with("space");
    let word = &text[at.start..behind.start];
    let example =
        if is_drawn { format!("{word}1..100` or `{word}1..100:10") } else { format!("{word}1..100:5") };
    let help = format!("write `{example}`: from, to, and how many; {IN_QUOTES}");
    let found = Bounds::of(text, &behind).filter(|bounds| is_drawn || bounds.behind.is_some());
    let Some(Bounds { first, last, behind }) = found else {
        return Err(Problem::new(at, format!("this is not what `{word}` takes")).help(help));
    };
    if let Some(count) = behind.as_ref().filter(|count| !is_whole(count)) {
        return Err(Problem::new(&count.at, "this does not say how many").help(help));
    }
    Ok(if is_drawn {
        object(kind, at, vec![first, last], behind)
    } else {
        object(kind, at, [first, last].into_iter().chain(behind).collect(), None)
    })
}

/// `4..16`, and what stands behind another colon.
struct Bounds {
    first: Node,
    last: Node,
    behind: Option<Node>,
}

impl Bounds {
    /// Reads them; `None` where either is no number.
    fn of(text: &str, at: &Range<usize>) -> Option<Self> {
        let written = &text[at.clone()];
        let dots = written.find("..")?;
        let colon = written[dots..].find(':').map(|place| at.start + dots + place);
        let bound = |at: Range<usize>| Some(number_or_text(text, at)).filter(|node| number(node).is_some());
        Some(Self {
            first: bound(at.start..at.start + dots)?,
            last: bound(at.start + dots + 2..colon.unwrap_or(at.end))?,
            behind: colon.map(|colon| number_or_text(text, colon + 1..at.end)),
        })
    }
}

/// Makes the object that a file has for such values.
fn object(key: &str, at: &Range<usize>, items: Vec<Node>, count: Option<Node>) -> Node {
    let entry = |key: &str, value: Node| Entry { key: key.to_owned(), key_at: at.clone(), value };
    let list = entry(key, Node { at: at.clone(), value: Value::List(items) });
    let entries = std::iter::once(list).chain(count.map(|count| entry("n", count)));
    Node { at: at.clone(), value: Value::Table(entries.collect()) }
}

fn number(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Number(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Table(_) => None,
    }
}

fn is_number(text: &str) -> bool {
    matches!(number_or_text(text, 0..text.len()).value, Value::Number(_))
}

fn is_whole(node: &Node) -> bool {
    number(node).is_some_and(|text| !text.contains(['.', 'e', 'E']))
}

fn is_above(one: &Node, other: &Node) -> bool {
    let value = |node: &Node| number(node).and_then(|text| numbers::Decimal::parse(text).ok());
    value(one) > value(other)
}
