//! The parser's errors in the words of this program, each with what to write instead.

use jsonc_parser::ParseStringErrorKind as StringError;
use jsonc_parser::errors::{ParseError, ParseErrorKind as Kind};

use super::scan::strings_and_depth;
use crate::document::{Problem, character_start};

/// Says what the parser stumbled over, and where.
pub(super) fn explain(error: &ParseError, text: &str) -> Problem {
    let start = character_start(text, error.range().start);
    let at = start..character_start(text, error.range().end).max(start);
    let token = &text[at.clone()];
    match error.kind() {
        Kind::ExpectedComma if starts_with_digit(&text[start..]) => {
            Problem::new(&at, "a number cannot start with 0").help("for a text that does, write it in quotes")
        }
        Kind::ExpectedComma => Problem::new(&at, "a comma is missing here"),
        Kind::ExpectedColonAfterObjectKey => Problem::new(&at, "a `:` is missing between key and value"),
        Kind::ExpectedObjectValue => Problem::new(&at, "a value is missing here"),
        Kind::ExpectedStringObjectProperty => {
            Problem::new(&at, "a key needs double quotes").help(format!("write `\"{token}\"`"))
        }
        Kind::SingleQuotedStringsNotAllowed => Problem::new(&at, "a string needs double quotes"),
        Kind::UnexpectedToken | Kind::UnexpectedTokenInObject if matches!(token, "]" | "}") => {
            closed(&at, token, text[..start].trim_end())
        }
        Kind::UnexpectedWord | Kind::UnexpectedToken | Kind::UnexpectedTokenInObject => {
            unexpected(&at, token)
        }
        Kind::NonFiniteNumbersNotAllowed => no_such_number(&at, token),
        Kind::BareDecimalPointNumbersNotAllowed => {
            Problem::new(&at, "a number needs a digit on both sides of its point")
                .help("write `0.5` or `5.0`")
        }
        Kind::HexadecimalNumbersNotAllowed => Problem::new(&at, "numbers are written in decimal"),
        Kind::UnaryPlusNumbersNotAllowed => Problem::new(&at, "a number is written without `+`"),
        Kind::ExpectedDigit
        | Kind::ExpectedDigitFollowingNegativeSign
        | Kind::ExpectedPlusMinusOrDigitInNumberLiteral => {
            Problem::new(&at, "a digit is missing in this number")
        }
        Kind::UnexpectedCloseBrace | Kind::UnexpectedCloseBracket => {
            closed(&at, token, text[..start].trim_end())
        }
        Kind::UnexpectedColon | Kind::UnexpectedComma => {
            Problem::new(&at, format!("a value is missing before this `{token}`"))
        }
        Kind::UnterminatedObject => Problem::new(&(start..start + 1), "this `{` is never closed"),
        Kind::UnterminatedArray => Problem::new(&(start..start + 1), "this `[` is never closed"),
        Kind::UnterminatedCommentBlock => {
            Problem::new(&(start..start + 2), "this comment is never closed").help("end it with `*/`")
        }
        Kind::MultipleRootJsonValues => Problem::new(&at, "the document has ended before this"),
        Kind::String(kind) => in_string(&at, kind),
        Kind::NestingDepthExceeded => Problem::new(&at, "nested too deep"),
        Kind::CommentsNotAllowed | Kind::TrailingCommasNotAllowed => {
            Problem::new(&at, error.kind().to_string())
        }
    }
}

/// What is wrong with a closing bracket is seen at what stands before it.
fn closed(at: &std::ops::Range<usize>, token: &str, before: &str) -> Problem {
    let missing = match (strings_and_depth(before).open.last(), token) {
        _ if before.ends_with(':') => "a value",
        (Some(b'['), "}") => "a `]`",
        (Some(b'{'), "]") => "a `}`",
        _ => return Problem::new(at, format!("this `{token}` closes nothing")),
    };
    Problem::new(at, format!("{missing} is missing before this `{token}`"))
}

/// `007`: the parser reads a 0 and then misses a comma before the next digit.
fn starts_with_digit(rest: &str) -> bool {
    rest.starts_with(|next: char| next.is_ascii_digit())
}

fn unexpected(at: &std::ops::Range<usize>, token: &str) -> Problem {
    let meant = match token {
        "True" => "true",
        "False" => "false",
        "None" => "null",
        "NaN" | "nan" | "Infinity" | "inf" => return no_such_number(at, token),
        _ => "",
    };
    let problem = Problem::new(at, format!("`{token}` is not understood here"));
    match meant {
        "" if token.starts_with(char::is_alphanumeric) => problem.help("text is written in double quotes"),
        "" => problem,
        meant => problem.help(format!("write `{meant}`")),
    }
}

fn no_such_number(at: &std::ops::Range<usize>, token: &str) -> Problem {
    Problem::new(at, format!("JSON has no number `{token}`")).help(format!("write it as text: `\"{token}\"`"))
}

fn in_string(at: &std::ops::Range<usize>, kind: &StringError) -> Problem {
    match kind {
        StringError::InvalidEscape
        | StringError::InvalidEscapeInDoubleQuoteString
        | StringError::InvalidEscapeInSingleQuoteString => {
            Problem::new(at, "this escape does not exist").help(r"a backslash itself is written `\\`")
        }
        StringError::ExpectedFourHexDigits | StringError::ExpectedTwoHexDigits => {
            Problem::new(at, r"`\u` needs four hexadecimal digits")
        }
        StringError::InvalidUnicodeEscapeSequence(_) => {
            Problem::new(at, "this escape is half of a character")
                .help("a surrogate needs its other half; or write the character itself")
        }
        StringError::UnterminatedStringLiteral => Problem::new(at, "this string is never closed"),
    }
}
