//! A quick look at the tokens for what the parser lets through or would report at the wrong place: keys of so many
//! parts that the tree overflows the stack, and brackets that are never closed.

use toml_parser::lexer::TokenKind;

use crate::document::Problem;

/// The parser allows 80 nested brackets with a key in each; with this many parts a key, a stack takes them all.
const MOST_PARTS: usize = 16;

/// What the look found.
pub(super) struct Scan {
    /// The first key that is too long to be parsed at all.
    pub(super) endless_key: Option<Problem>,
    /// Where the outermost bracket stands that is still open at the end.
    pub(super) unclosed: Option<usize>,
}

/// Counts the points of every key, and the brackets.
pub(super) fn keys_and_brackets(text: &str) -> Scan {
    let mut scan = Scan { endless_key: None, unclosed: None };
    let mut open = Vec::new();
    let mut key_start = 0;
    let mut parts = 1;
    for token in toml_parser::Source::new(text).lex() {
        let at = token.span().start()..token.span().end();
        match token.kind() {
            TokenKind::Dot => parts += 1,
            TokenKind::Whitespace
            | TokenKind::Atom
            | TokenKind::LiteralString
            | TokenKind::BasicString
            | TokenKind::MlLiteralString
            | TokenKind::MlBasicString => {}
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                open.push(at.start);
                (key_start, parts) = (at.end, 1);
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                open.pop();
                (key_start, parts) = (at.end, 1);
            }
            TokenKind::Equals
            | TokenKind::Comma
            | TokenKind::Comment
            | TokenKind::Newline
            | TokenKind::Eof => (key_start, parts) = (at.end, 1),
        }
        if parts > MOST_PARTS && scan.endless_key.is_none() {
            let message = format!("a key of more than {MOST_PARTS} parts");
            scan.endless_key = Some(Problem::new(&(key_start..at.end), message));
        }
    }
    scan.unclosed = open.first().copied();
    scan
}
