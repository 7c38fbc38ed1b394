//! What can be wrong with an expression, and where.

use minijinja::ErrorKind;

use super::value::Value;

/// Tells what is wrong with an expression, with the place where it is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", place(text, *column))]
pub struct ExpressionError {
    /// The expression, shortened where it is long.
    pub text: String,
    /// The column of the place, from 1, in characters.
    pub column: Option<usize>,
    /// What is wrong there.
    pub problem: Problem,
}

/// Tells what is wrong in an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is too long to be one.
    #[error("longer than {} bytes", super::LONGEST)]
    TooLong,
    /// There is none.
    #[error("an expression is missing, such as `lr * layers < 1`")]
    Empty,
    /// It is not written as an expression is.
    #[error("{0}")]
    Syntax(String),
    /// A name that is no parameter.
    #[error("no parameter is called `{name}`{}", suggestion(nearest.as_deref(), known))]
    UnknownName {
        /// The name.
        name: String,
        /// The parameter that was probably meant.
        nearest: Option<String>,
        /// The parameters that there are.
        known: Vec<String>,
    },
    /// It cannot be worked out for some values, as a division by zero.
    #[error("{0}")]
    Impossible(String),
    /// It would take too many steps or too much memory.
    #[error("too much work: write it more simply")]
    TooMuchWork,
    /// Its value is neither true nor false.
    #[error("gives `{result}`, neither true nor false; write a comparison, as `lr == 0.1`")]
    NoAnswer {
        /// The value, shortened.
        result: String,
    },
}

impl Problem {
    /// Says what two values lack, such as an order.
    pub(super) fn lacking(left: &Value, right: &Value, what: &str) -> Self {
        Self::Impossible(format!("{} and {} have no {what}", described(left), described(right)))
    }
}

/// Gives a value with its kind, for a message.
pub(super) fn described(value: &Value) -> String {
    format!("`{}` ({})", printable(&value.to_string(), 40), value.kind())
}

/// Says where something is wrong; of a text that is empty there is nothing to quote.
fn place(text: &str, column: Option<usize>) -> String {
    match column {
        _ if text.is_empty() => String::new(),
        Some(column) => format!("`{text}`, column {column}: "),
        None => format!("`{text}`: "),
    }
}

fn suggestion(nearest: Option<&str>, known: &[String]) -> String {
    match (nearest, known) {
        (Some(nearest), _) => format!("; did you mean `{}`?", written(nearest)),
        (None, []) => "; there are no parameters".to_owned(),
        (None, known) => {
            let known: Vec<_> = known.iter().map(|name| written(name)).collect();
            format!("; there are {}", known.join(", "))
        }
    }
}

/// What is spelled like a name and is none in an expression.
const WORDS: [&str; 13] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];

/// What there is instead of `is`.
pub(super) const NO_IS: &str = "`is` is no operator here; write `==` or `!=`, as `x == None`";

/// Gives a parameter as an expression has to name it.
fn written(name: &str) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let is_name = name.chars().all(is_word) && !name.starts_with(|first: char| first.is_numeric());
    let quote = if name.contains('\'') { '"' } else { '\'' };
    if is_name && !WORDS.contains(&name) {
        name.to_owned()
    } else {
        format!("{}[{quote}{name}{quote}]", super::ALL)
    }
}

impl ExpressionError {
    /// Says that `problem` is at the byte `place` of `text`.
    pub(super) fn new(text: &str, place: Option<usize>, problem: Problem) -> Self {
        let column = place.and_then(|place| text.get(..place)).map(|before| before.chars().count() + 1);
        Self { text: printable(text, 80), column, problem }
    }

    /// Puts an error of the library in our words.
    pub(super) fn of_language(text: &str, error: &minijinja::Error) -> Self {
        let said = error.detail().map_or_else(|| error.kind().to_string(), |said| printable(said, 200));
        let place = error.range().map(|range| range.start);
        let rest = place.and_then(|place| text.get(place..)).unwrap_or_default();
        let problem = match error.kind() {
            ErrorKind::SyntaxError if rest.starts_with('=') && !rest.starts_with("==") => {
                Problem::Syntax("`=` compares nothing; write `==`".to_owned())
            }
            ErrorKind::SyntaxError if follows_is(text, place) => Problem::Syntax(NO_IS.to_owned()),
            ErrorKind::SyntaxError => Problem::Syntax(said.replace("template exceeds", "exceeds")),
            _ => Problem::Impossible(said),
        };
        Self::new(text, place, problem)
    }
}

/// Tells whether an `is` or `is not` stands before a place.
fn follows_is(text: &str, place: Option<usize>) -> bool {
    let before = place.and_then(|place| text.get(..place)).unwrap_or_default();
    let mut words = before.split_whitespace().rev().skip_while(|word| *word == "not");
    words.next() == Some("is") && words.next().is_some()
}

/// Gives the beginning of a text without what a terminal would obey, a character for a character.
pub(super) fn printable(text: &str, most: usize) -> String {
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = text.chars().take(most).map(plain).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}
