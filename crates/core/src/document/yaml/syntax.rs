//! The parser's errors in the words of this program, each with what to write instead.

use granit_parser::{ErrorKind as Kind, ScanError};

use crate::document::{Problem, Source, character_start, too_deep};

/// Says what the parser stumbled over, and where.
pub(super) fn explain(error: &ScanError, source: &Source) -> Problem {
    let offset = error.marker().byte_offset().unwrap_or_default();
    let start = character_start(&source.text, offset);
    let character = source.text[start..].chars().next().filter(|next| !next.is_control());
    let at = start..start + character.map_or(0, char::len_utf8);
    let say = |message: &str| Problem::new(&at, message);
    match error.kind() {
        Kind::RecursionLimitExceeded => too_deep(&at),
        Kind::UnknownAnchor => say("no anchor of that name stands before this alias")
            .help("text that starts with `*` needs quotes"),
        Kind::MissingAnchorOrAliasName => {
            say("a name is missing here").help("text that starts with `*` or `&` needs quotes")
        }
        Kind::TabInIndentation
        | Kind::TabInBlockIndentation
        | Kind::TabNotAllowed
        | Kind::TabInPlainScalar
        | Kind::TabAtBlockScalarStart => say("a tab cannot indent here").help("indent with spaces"),
        Kind::UnclosedFlowCollection { open } => say(&format!("this `{open}` is never closed")),
        Kind::UnexpectedEofFlowSequence => say("a `]` is missing at the end"),
        Kind::UnexpectedEofFlowMapping | Kind::UnexpectedEofImplicitFlowMapping => {
            say("a `}` is missing at the end")
        }
        Kind::MismatchedFlowCollectionEnd { open, close } => {
            say(&format!("this `{open}` is closed by a `{close}`"))
        }
        Kind::MisplacedFlowCollectionEnd => say("this bracket closes nothing"),
        Kind::ExpectedFlowMappingSeparator | Kind::ExpectedFlowSequenceSeparator => {
            say("a comma or the closing bracket is missing before this")
        }
        Kind::UnclosedQuotedScalar => say("this string is never closed").help("add the closing quote"),
        Kind::DocumentIndicatorInQuotedScalar => say("the document ends inside of a string"),
        Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => say(
            "something follows the string on its line",
        )
        .help("a quote inside of a string is written `\\\"` between double, and `''` between single quotes"),
        Kind::UnknownQuotedScalarEscape => say("an escape in this string does not exist")
            .help(r"a backslash itself is written `\\`, or the string in single quotes"),
        Kind::InvalidQuotedScalarHexEscape
        | Kind::InvalidLowSurrogateHexEscape
        | Kind::InvalidLowSurrogate
        | Kind::MissingLowSurrogate
        | Kind::UnpairedLowSurrogate
        | Kind::InvalidUnicodeEscape => {
            say("an escape in this string is no character").help("write the character itself")
        }
        Kind::MappingValueNotAllowed => say("a key and its `:` cannot stand here").help(
            "text with `: ` in it needs quotes, and the keys of an object all start in the same column",
        ),
        Kind::ExpectedBlockMappingKey | Kind::InvalidIndentation | Kind::SimpleKeyExpected => {
            say("this fits neither the indentation nor the object before it")
                .help("the keys of an object all start in the same column and end in `:`")
        }
        Kind::ExpectedBlockSequenceEntry => say("this fits not into the list before it")
            .help("the items of a list all start with `- ` in the same column"),
        Kind::BlockSequenceEntryNotAllowed | Kind::BlockEntryInFlowCollection => {
            say("a `- ` cannot stand here").help("start a list on a line of its own, or write `[a, b]`")
        }
        Kind::InvalidBlockScalarIndent | Kind::InvalidQuotedScalarIndent | Kind::InvalidFlowScalarIndent => {
            say("this line is not indented as the text it belongs to")
        }
        Kind::CommentNotSeparated => say("a comment needs a space before its `#`"),
        Kind::UnexpectedCharacter { character } => {
            if character.is_control() {
                say(&format!("the control character {} cannot stand here", u32::from(*character)))
                    .help(format!(r"write it as `\u{:04x}` in double quotes", u32::from(*character)))
            } else {
                say(&format!("the character {character} cannot start a text"))
                    .help("write the text in quotes")
            }
        }
        Kind::PlainScalarStartsWithDashFlowIndicator => say("`-` is no text here")
            .help("start a list on a line of its own, or write `\"-\"` for the text"),
        Kind::ExpectedDocumentStart => say("this stands outside of the document"),
        Kind::UndeclaredTagHandle => {
            say("this tag means nothing here").help("text that starts with `!` needs quotes")
        }
        other => say(&other.to_string()),
    }
}
