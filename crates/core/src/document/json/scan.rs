//! A quick look at the raw text for what the parser lets through or would report at the wrong place: control
//! characters in strings, and nesting that could overflow the stack.

use std::ops::Range;

use crate::document::{MOST_LEVELS, Problem, too_deep};

/// What the look found.
pub(super) struct Scan {
    pub(super) problems: Vec<Problem>,
    /// Whether the text should not be parsed at all.
    pub(super) unreadable: bool,
    /// The brackets that are open at the end, the innermost last.
    pub(super) open: Vec<u8>,
}

/// Walks over strings, comments and brackets.
pub(super) fn strings_and_depth(text: &str) -> Scan {
    let bytes = text.as_bytes();
    let mut scan = Scan { problems: Vec::new(), unreadable: false, open: Vec::new() };
    let mut position = 0;
    while let Some(byte) = bytes.get(position) {
        match byte {
            b'"' => match scan.string(text, position) {
                Some(after) => position = after,
                None => return scan,
            },
            b'/' if bytes.get(position + 1) == Some(&b'/') => {
                position += text[position..].find(['\n', '\r']).unwrap_or(text.len() - position);
            }
            b'/' if bytes.get(position + 1) == Some(&b'*') => {
                let inside = position + 2;
                position = text[inside..].find("*/").map_or(text.len(), |end| inside + end + 2);
            }
            b'{' | b'[' => {
                scan.open.push(*byte);
                if scan.open.len() > MOST_LEVELS {
                    scan.problems.push(too_deep(&(position..position + 1)));
                    scan.unreadable = true;
                    return scan;
                }
                position += 1;
            }
            b'}' | b']' => {
                scan.open.pop();
                position += 1;
            }
            _ => position += 1,
        }
    }
    scan
}

impl Scan {
    /// Walks over the string whose quote is at `start`; `None` where it breaks off, since what follows is guesswork.
    fn string(&mut self, text: &str, start: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut position = start + 1;
        loop {
            match bytes.get(position) {
                Some(b'"') => return Some(position + 1),
                Some(b'\\') => position += 2,
                Some(b'\n' | b'\r') => {
                    return self.broken(start..position, "this string is not closed on its line");
                }
                Some(control @ 0..0x20) => {
                    self.problems.push(control_character(position, *control));
                    position += 1;
                }
                Some(_) => position += 1,
                None => return self.broken(start..text.len(), "this string is never closed"),
            }
        }
    }

    fn broken(&mut self, at: Range<usize>, message: &str) -> Option<usize> {
        let help = r#"add the closing `"`; a line break inside a string is written `\n`"#;
        self.problems.push(Problem::new(&at, message).help(help));
        self.unreadable = true;
        None
    }
}

fn control_character(position: usize, control: u8) -> Problem {
    let (name, written) = match control {
        b'\t' => ("a tab".to_owned(), r"\t".to_owned()),
        other => (format!("the control character {other}"), format!(r"\u{other:04x}")),
    };
    Problem::new(&(position..position + 1), format!("{name} inside a string"))
        .help(format!("write it as `{written}`"))
}
