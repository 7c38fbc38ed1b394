//! Short words of names: a value or a parameter in the characters that every shell and file system takes as they are.

use crate::document::Value;

/// The longest word of a value.
const LONGEST_VALUE: usize = 24;

/// The longest word of a parameter.
const LONGEST_PARAMETER: usize = 20;

/// The longest text of a number that is kept: above it four digits must do.
const LONGEST_NUMBER: usize = 10;

/// Gives the word of a value: its label where it has one. It is never empty.
pub(in crate::sweep) fn of_value(value: &Value, json: &str, label: Option<&str>) -> String {
    match (label, value) {
        (Some(text), _) => of_text(text),
        (None, Value::Text(text)) => of_text(text),
        (None, Value::Number(text)) => of_number(text),
        (None, Value::Null | Value::Bool(_) | Value::List(_) | Value::Table(_)) => of_text(json),
    }
}

/// Gives the word of a parameter: the last part of `model.encoder.depth`, where no other ends in the same.
pub(super) fn of_parameter(name: &str, others: &[&str]) -> String {
    let last = last_part(name);
    let is_told_apart = !others.iter().any(|other| *other != name && last_part(other) == last);
    let mut word = clean(if is_told_apart { last } else { name });
    word.truncate(LONGEST_PARAMETER);
    word
}

fn last_part(name: &str) -> &str {
    let behind = name.rfind(['.', '/']).map_or(0, |dot| dot + 1);
    if behind < name.len() { &name[behind..] } else { name }
}

/// Keeps what the portable filename character set has (POSIX.1-2017, 3.282), and writes `_` for all that is between.
pub(super) fn portable(text: &str) -> String {
    let mut word = String::new();
    for character in text.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' => word.push(character),
            _ if word.ends_with('_') => {}
            _ => word.push('_'),
        }
    }
    word
}

/// Keeps of it what is inside.
pub(super) fn clean(text: &str) -> String {
    portable(text).trim_matches('_').to_owned()
}

fn of_text(text: &str) -> String {
    let word = clean(text);
    if text.is_empty() {
        return "empty".to_owned();
    }
    if !word.contains(|character: char| character.is_ascii_alphanumeric()) {
        return format!("x{}", digest(text));
    }
    if word.len() <= LONGEST_VALUE {
        return word;
    }
    let file = clean(last_path_part(text));
    if (1..=LONGEST_VALUE).contains(&file.len()) {
        return file;
    }
    let digest = digest(text);
    let start = word[..LONGEST_VALUE - digest.len() - 1].trim_end_matches(['_', '-', '.']);
    format!("{start}_{digest}")
}

fn last_path_part(text: &str) -> &str {
    text.trim_end_matches('/').rsplit('/').next().unwrap_or(text)
}

/// Gives six digits that are hardly ever the same for two texts; where they are, names have numbers.
fn digest(text: &str) -> String {
    let mut digits = format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()));
    digits.truncate(6);
    digits
}

/// Gives a number as it is written, or the first four digits of a long one.
fn of_number(text: &str) -> String {
    let plain = text.replace('+', "");
    if plain.len() <= LONGEST_NUMBER {
        return plain;
    }
    let rounded = plain.parse::<f64>().ok().filter(|number| number.is_finite()).and_then(in_four_digits);
    rounded.unwrap_or_else(|| of_text(&plain))
}

fn in_four_digits(number: f64) -> Option<String> {
    let text = format!("{number:.3e}");
    let (digits, exponent) = text.split_once('e')?;
    match exponent.parse::<i32>().ok()? {
        -4..=6 => Some(text.parse::<f64>().ok()?.to_string()),
        _ => Some(format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_short() {
        let numbers =
            ["0.10", "1e-4", "1e+5", "-3", "2147483647", "0.0012345678", "0.1234999999", "-12345678.25"];
        let words: Vec<_> = numbers.into_iter().map(of_number).collect();
        assert_eq!(words, ["0.10", "1e-4", "1e5", "-3", "2147483647", "0.001235", "0.1235", "-1.235e7"]);
        assert_eq!(of_number("12345678901234567890"), "1.235e19");
        assert_eq!(of_number("0.000000100000000000001"), "1e-7");
        assert!(of_number(&format!("1{}", "0".repeat(400))).len() <= LONGEST_VALUE);
    }

    #[test]
    fn texts_have_no_character_that_a_shell_knows() {
        let texts =
            ["adam", "a b", "it's", "größe", "模型", "", "$HOME;rm", "[1,0.50]", "{\"b\":[64,64]}", "_x_"];
        let words: Vec<_> = texts.into_iter().map(of_text).collect();
        assert_eq!(
            words,
            ["adam", "a_b", "it_s", "gr_e", "x462686", "empty", "HOME_rm", "1_0.50", "b_64_64", "x"]
        );
    }

    #[test]
    fn a_long_text_keeps_its_file_name_or_its_start() {
        assert_eq!(of_text("data/2024/a.csv"), "data_2024_a.csv");
        assert_eq!(of_text("/scratch/somebody/data/sets/train.csv"), "train.csv");
        let long = of_text("a prompt that goes on for a good while");
        assert!(long.starts_with("a_prompt_that_go") && long.len() <= LONGEST_VALUE, "{long}");
        assert_ne!(long, of_text("a prompt that goes on for a good time"));
    }

    #[test]
    fn a_parameter_is_its_last_part_where_that_is_its_own() {
        let all = ["optimizer.lr", "+model.depth", "head.depth", "db/type", "x."];
        let words: Vec<_> = all.iter().map(|name| of_parameter(name, &all)).collect();
        assert_eq!(words, ["lr", "model.depth", "head.depth", "type", "x."]);
    }

    proptest! {
        #[test]
        fn a_word_is_short_and_never_empty(text in any::<String>()) {
            let word = of_text(&text);
            prop_assert!((1..=LONGEST_VALUE).contains(&word.len()), "{}", word);
            prop_assert!(word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{}", word);
        }

        #[test]
        fn a_number_is_short(number in any::<f64>().prop_filter("finite", |it| it.is_finite())) {
            let word = of_number(&number.to_string());
            // `-1.234e-300`
            prop_assert!((1..=11).contains(&word.len()), "{}", word);
        }
    }
}
