//! Text made to fit one line of a terminal: without anything that moves the cursor, measured in columns, and cut.

use anstream::adapter::strip_str;
use unicode_width::UnicodeWidthChar;

/// Gives a text without escape sequences and control characters; a tab is a space.
pub(crate) fn printable(text: &str) -> String {
    let visible = strip_str(text).to_string();
    let plain = visible.chars().map(|c| if c == '\t' { ' ' } else { c });
    plain.filter(|c| !c.is_control() && !turns_the_line(*c)).collect()
}

/// Tells whether a character turns the direction of what follows (Unicode Standard Annex 9), which would mix up the
/// columns of a line.
fn turns_the_line(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Gives how many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Cuts a text to at most `width` columns, and shows that it did.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut room = width.saturating_sub(1);
    for c in text.chars() {
        let Some(left) = room.checked_sub(c.width().unwrap_or(0)) else { break };
        room = left;
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// Cuts a text, or fills it up with spaces, to `width` columns.
pub(crate) fn fill(text: &str, width: usize) -> String {
    let mut out = cut(text, width);
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(&out))));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_controls_are_gone() {
        assert_eq!(printable("\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\x08\x00\x7f\ty"), "red x y");
        assert_eq!(printable("a\u{9b}2Jb\u{202e}c"), "a2Jbc");
        assert_eq!(printable("  50%|███▌   | 5/10"), "  50%|███▌   | 5/10");
    }

    #[test]
    fn an_escape_without_an_end_takes_nothing_with_it_but_itself() {
        assert_eq!(printable("ok\x1b["), "ok");
        assert_eq!(printable("\x1b"), "");
    }

    #[test]
    fn wide_characters_take_two_columns_and_marks_none() {
        assert_eq!(columns("abc"), 3);
        assert_eq!(columns("損失"), 4);
        assert_eq!(columns("e\u{301}"), 1);
        assert_eq!(columns("🚀"), 2);
    }

    #[test]
    fn a_cut_is_shown_and_never_splits_a_character() {
        assert_eq!(cut("loss", 4), "loss");
        assert_eq!(cut("losses", 4), "los…");
        assert_eq!(cut("損失関数", 4), "損…");
        assert_eq!(cut("損失関数", 5), "損失…");
        assert_eq!(cut("x", 0), "");
        assert_eq!(cut("xy", 1), "…");
    }

    #[test]
    fn what_is_filled_has_its_width() {
        for text in ["", "a", "損失関数", "something long"] {
            assert_eq!(columns(&fill(text, 7)), 7, "{text}");
        }
    }
}
