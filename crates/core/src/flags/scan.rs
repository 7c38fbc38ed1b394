//! The flags that a text names.

use std::collections::BTreeSet;

/// Finds everything that is written as a flag: `--lr`, `-b,--batch`, `[--amp | --no-amp]`, `--[no]amp`, `--layers=<int>`.
pub(super) fn flags(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut before = ' ';
    for (place, letter) in text.char_indices() {
        if letter == '-' && stands_before_a_flag(before) {
            found.extend(flag(&text[place..]).into_iter().flatten());
        }
        before = letter;
    }
    found
}

fn stands_before_a_flag(letter: char) -> bool {
    letter.is_whitespace() || "[(<{|/,'\"`│".contains(letter)
}

/// Reads the flag that a text begins with, and the one that takes it back where both are written as one.
fn flag(text: &str) -> Option<[String; 2]> {
    let rest = text.trim_start_matches('-');
    let dashes = &text[..text.len() - rest.len()];
    if dashes.len() > 2 {
        return None;
    }
    let mut denials = ["[no]", "[no-]"].into_iter();
    let denied = denials.find_map(|mark| Some((mark.trim_matches(['[', ']']), rest.strip_prefix(mark)?)));
    let (denial, rest) = denied.unwrap_or(("", rest));
    let is_part = |letter: char| letter.is_alphanumeric() || "_.-".contains(letter);
    let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    let name = rest[..end].trim_end_matches(['.', '-']);
    let begins = name.starts_with(char::is_alphanumeric);
    begins.then(|| [format!("{dashes}{name}"), format!("{dashes}{denial}{name}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> String {
        flags(text).into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_way_to_write_a_flag_is_read() {
        for (text, known) in [
            ("  --lr LR  learning rate", "--lr"),
            ("--layers=<int>", "--layers"),
            ("-b,--batch_size: size", "--batch_size -b"),
            ("usage: x [-h] [--amp | --no-amp]", "--amp --no-amp -h"),
            ("--shout/--no-shout", "--no-shout --shout"),
            ("--[no]amp: mixed", "--amp --noamp"),
            ("--[no-]amp", "--amp --no-amp"),
            ("│ --optim.weight-decay FLOAT │", "--optim.weight-decay"),
            ("-learning-rate float", "-learning-rate"),
            ("see `--lr`, '--wd' and (--x).", "--lr --wd --x"),
            ("ends in --lr.", "--lr"),
            ("-1 is a number", "-1"),
            ("--größe N", "--größe"),
        ] {
            assert_eq!(found(text), known, "{text}");
        }
    }

    #[test]
    fn dashes_in_other_places_are_no_flags() {
        for text in
            ["pre-trained", "a - b", "a -- b", "---- title ----", "x=--lr", "well--known", "", "-", "--"]
        {
            assert_eq!(found(text), "", "{text}");
        }
    }
}
