//! The swept names in the words of a command: `-o out/{lr}.txt`.
//!
//! Only `{x}` with a swept `x` means anything, so that no command has to be rewritten: JSON, `find -exec {}` and a
//! shell's `${x}` stay byte for byte. `{{x}}` writes the text `{x}` where `x` is swept.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::document::nearest;

/// The words of a command, with the places where values go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    words: Vec<Word>,
    hints: Vec<Hint>,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// The same in every run.
    Fixed(OsString),
    /// `{x}` and nothing else: left out where the parameter is.
    Value(String),
    /// Text with at least one value in it.
    Mixed(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Bytes(Vec<u8>),
    Parameter(String),
}

/// Braces that were left as they are, but are close to a swept name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What stands between the braces.
    pub written: String,
    /// The swept name that was probably meant.
    pub meant: String,
}

impl Template {
    /// Finds the swept names in the words of a command.
    pub fn parse(words: &[OsString], names: &[&str]) -> Self {
        let mut hints: Vec<Hint> = Vec::new();
        let words = words.iter().map(|word| {
            let (word, found) = read_word(word, names);
            for hint in found {
                if !hints.contains(&hint) {
                    hints.push(hint);
                }
            }
            word
        });
        let words = words.collect();
        Self { words, hints }
    }

    /// Tells whether a parameter has a place in the command; one that has none is appended as an argument.
    pub fn uses(&self, name: &str) -> bool {
        self.words.iter().any(|word| match word {
            Word::Fixed(_) => false,
            Word::Value(parameter) => parameter == name,
            Word::Mixed(pieces) => {
                pieces.iter().any(|piece| matches!(piece, Piece::Parameter(parameter) if parameter == name))
            }
        })
    }

    /// Gives the braces that look like a slip, each once.
    pub fn hints(&self) -> &[Hint] {
        &self.hints
    }

    /// Takes the words off that are the same in every run and stand before the first value; the rest is empty where no
    /// value stands in any word.
    pub(super) fn split(mut self) -> (Vec<OsString>, Self) {
        let is_fixed = |word: &Word| matches!(word, Word::Fixed(_));
        let rest = self.words.split_off(self.words.iter().take_while(|word| is_fixed(word)).count());
        let shared = std::mem::replace(&mut self.words, rest).into_iter().filter_map(|word| match word {
            Word::Fixed(word) => Some(word),
            Word::Value(_) | Word::Mixed(_) => None,
        });
        (shared.collect(), self)
    }

    /// Tells whether there is no word.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Makes the words of one run. A parameter without a value leaves a word out that is nothing but its `{x}`, and is
    /// empty inside a longer one.
    pub fn fill<'v>(&self, value_of: impl Fn(&str) -> Option<&'v str>) -> Vec<OsString> {
        let words = self.words.iter().filter_map(|word| match word {
            Word::Fixed(word) => Some(word.clone()),
            Word::Value(name) => value_of(name).map(OsString::from),
            Word::Mixed(pieces) => {
                let mut bytes = Vec::new();
                for piece in pieces {
                    bytes.extend_from_slice(match piece {
                        Piece::Bytes(fixed) => fixed,
                        Piece::Parameter(name) => value_of(name).unwrap_or_default().as_bytes(),
                    });
                }
                Some(OsString::from_vec(bytes))
            }
        });
        words.collect()
    }
}

/// A swept name, or something close to one, with the braces around it.
struct Braced<'t> {
    /// How many braces it has on either side; at least 1.
    depth: usize,
    name: &'t str,
    behind: &'t [u8],
}

/// Reads braces that open directly before a name and close directly behind it, from the start of `text`. Of unequal
/// numbers the inner ones belong to the name, so that `{"lr":{lr}}` needs no thought.
fn read_braced(text: &[u8]) -> Option<Braced<'_>> {
    let opened = count(text, b'{');
    let inside = &text[opened..];
    let length = inside.iter().position(|byte| b"{}".contains(byte))?;
    let closed = count(&inside[length..], b'}');
    let name = str::from_utf8(&inside[..length]).ok()?;
    let depth = opened.min(closed);
    (depth > 0 && !name.is_empty()).then(|| Braced { depth, name, behind: &inside[length + depth..] })
}

fn count(text: &[u8], brace: u8) -> usize {
    text.iter().take_while(|byte| **byte == brace).count()
}

fn read_word(word: &OsStr, names: &[&str]) -> (Word, Vec<Hint>) {
    let mut reading = Reading::default();
    let mut rest = word.as_bytes();
    while !rest.is_empty() {
        let plain = rest.iter().position(|byte| *byte == b'{').unwrap_or(rest.len());
        reading.fixed.extend_from_slice(&rest[..plain]);
        rest = reading.braces(&rest[plain..], names);
    }
    (reading.word(), reading.hints)
}

#[derive(Default)]
struct Reading {
    /// What was read since the last value.
    fixed: Vec<u8>,
    pieces: Vec<Piece>,
    hints: Vec<Hint>,
}

impl Reading {
    /// Reads the opening braces at the start of `text`, with the name in them if it is a swept one, and gives what is
    /// behind.
    fn braces<'t>(&mut self, text: &'t [u8], names: &[&str]) -> &'t [u8] {
        let opened = count(text, b'{');
        let Some(braced) = read_braced(text).filter(|_| !self.fixed.ends_with(b"$")) else {
            self.fixed.extend_from_slice(&text[..opened]);
            return &text[opened..];
        };
        if !names.contains(&braced.name) {
            let meant = nearest(braced.name, names.iter().copied());
            self.hints
                .extend(meant.map(|meant| Hint { written: braced.name.to_owned(), meant: meant.to_owned() }));
            self.fixed.extend_from_slice(&text[..opened]);
            return &text[opened..];
        }
        self.fixed.extend_from_slice(&text[braced.depth..opened]);
        let literal = braced.depth / 2;
        self.fixed.extend(std::iter::repeat_n(b'{', literal));
        if braced.depth % 2 == 1 {
            self.end_fixed();
            self.pieces.push(Piece::Parameter(braced.name.to_owned()));
        } else {
            self.fixed.extend_from_slice(braced.name.as_bytes());
        }
        self.fixed.extend(std::iter::repeat_n(b'}', literal));
        braced.behind
    }

    fn end_fixed(&mut self) {
        if !self.fixed.is_empty() {
            self.pieces.push(Piece::Bytes(std::mem::take(&mut self.fixed)));
        }
    }

    fn word(&mut self) -> Word {
        if self.pieces.is_empty() {
            return Word::Fixed(OsString::from_vec(std::mem::take(&mut self.fixed)));
        }
        self.end_fixed();
        match self.pieces.as_slice() {
            [Piece::Parameter(name)] => Word::Value(name.clone()),
            _ => Word::Mixed(std::mem::take(&mut self.pieces)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 3] = ["lr", "layers", "opt.name"];

    fn template(words: &[&str]) -> Template {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        Template::parse(&words, &NAMES)
    }

    fn value(name: &str) -> Option<&'static str> {
        match name {
            "lr" => Some("0.10"),
            "layers" => None,
            "opt.name" => Some("{lr}"),
            unknown => panic!("{unknown} is not swept"),
        }
    }

    fn filled(word: &str) -> String {
        let words = template(&["a", word]).fill(value);
        words[1..].iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_swept_name_in_braces_is_its_value() {
        assert_eq!(filled("{lr}"), "0.10");
        assert_eq!(filled("out/{lr}.txt"), "out/0.10.txt");
        assert_eq!(filled("{lr}{lr}"), "0.100.10");
        assert_eq!(filled("--cfg={\"lr\":{lr}}"), "--cfg={\"lr\":0.10}");
        assert_eq!(filled("{a:{b:{lr}}}"), "{a:{b:0.10}}");
        assert_eq!(filled("{{lr},{lr}}"), "{0.10,0.10}");
    }

    #[test]
    fn a_value_is_not_looked_into() {
        assert_eq!(filled("{opt.name}"), "{lr}");
    }

    #[test]
    fn a_parameter_that_is_left_out_takes_its_word_along() {
        let words = template(&["run", "{layers}", "l={layers}", "{layers}{layers}", "end"]).fill(value);
        assert_eq!(words, ["run", "l=", "", "end"]);
    }

    #[test]
    fn two_braces_write_one() {
        assert_eq!(filled("{{lr}}"), "{lr}");
        assert_eq!(filled("{{{lr}}}"), "{0.10}");
        assert_eq!(filled("{{{{lr}}}}"), "{{lr}}");
        assert_eq!(filled("a{{layers}}b{lr}"), "a{layers}b0.10");
    }

    #[test]
    fn every_other_brace_stays() {
        for word in [
            "{}",
            "{",
            "}",
            "{{}}",
            "{lr",
            "lr}",
            "{ lr }",
            "{lr:3}",
            "{x}",
            "{{x}}",
            "${lr}",
            "${{lr}}",
            "$${lr}",
            "${lr:-1}",
            "--cfg={\"a\":1}",
            "{a,b}",
            "{1..3}",
            "{\"lr\":1}",
            "{{lr:.3f}}",
        ] {
            assert_eq!(filled(word), word);
        }
        assert_eq!(filled("{{}{lr}"), "{{}0.10");
        assert_eq!(filled("${lr}/{lr}"), "${lr}/0.10");
    }

    #[test]
    fn it_knows_which_names_have_a_place() {
        let some = template(&["sim", "{{lr}}", "${opt.name}", "a{layers}", "{lrr}"]);
        assert!(some.uses("layers"));
        assert!(!some.uses("lr"));
        assert!(!some.uses("opt.name"));
        assert!(template(&["{lr}"]).uses("lr"));
    }

    #[test]
    fn a_slip_is_hinted_at_once() {
        let template =
            template(&["{lrs}", "{lrs}/{LAYER}", "${lrr}", "{opt-name}", "{}", "{other}", "{lr}", "{x}"]);
        let hints: Vec<_> =
            template.hints().iter().map(|hint| format!("{} {}", hint.written, hint.meant)).collect();
        assert_eq!(hints, ["lrs lr", "LAYER layers", "opt-name opt.name"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let word = OsString::from_vec(b"\xff{lr}\xfe{\xfd}".to_vec());
        let words = Template::parse(&[word], &NAMES).fill(value);
        assert_eq!(words, [OsString::from_vec(b"\xff0.10\xfe{\xfd}".to_vec())]);
    }

    proptest! {
        /// A command without a swept name in braces comes back byte for byte.
        #[test]
        fn what_is_not_swept_stays(words in prop::collection::vec("([{}$\"a-c:]|lr\\}?|\\{ab\\}|.){0,12}", 0..4)) {
            let words: Vec<_> = words.into_iter().filter(|word| !word.contains("{lr}")).map(OsString::from).collect();
            prop_assert_eq!(Template::parse(&words, &NAMES).fill(value), words);
        }

        #[test]
        fn bytes_stay(words in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..32), 0..4)) {
            let words: Vec<_> = words.into_iter().map(OsString::from_vec).collect();
            prop_assert_eq!(Template::parse(&words, &["\u{0}x\u{0}"]).fill(|_| None), words);
        }

        /// Twice the braces write the word itself, whatever is around it.
        #[test]
        fn doubled_braces_write_the_word(before in "[a-k/{]{0,4}", after in "[a-k/}]{0,4}", depth in 1_usize..4) {
            let before = before.trim_end_matches('{');
            let after = after.trim_start_matches('}');
            let word = |depth: usize| format!("{before}{}lr{}{after}", "{".repeat(depth), "}".repeat(depth));
            prop_assert_eq!(filled(&word(2 * depth)), word(depth));
            prop_assert_eq!(filled(&word(2 * depth - 1)), word(depth - 1).replace("lr", "0.10"));
        }
    }
}
