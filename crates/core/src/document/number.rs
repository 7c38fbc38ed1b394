//! The text of a number as JSON writes it, from the other ways in which TOML and YAML write numbers.

use std::ops::Range;

use super::Problem;

/// What a text is, read as a decimal number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decimal {
    /// A number, with the text that JSON has for it.
    Number(Box<str>),
    /// A number but for zeros in front (`007`), which JSON has not and which others read as octal.
    ZerosFirst,
    /// No decimal number.
    Other,
}

/// Reads `[-+]? digits? [. digits?] [e[-+]?digits]`. Digits stay as they are; a leading `+` goes, and a point gets a
/// digit on both of its sides (`.5` is `0.5`, `5.` is `5.0`).
pub(crate) fn decimal(text: &str) -> Decimal {
    let (sign, unsigned) = match text.as_bytes().first() {
        Some(b'-') => ("-", &text[1..]),
        Some(b'+') => ("", &text[1..]),
        _ => ("", text),
    };
    let (mantissa, exponent) =
        unsigned.find(['e', 'E']).map_or((unsigned, ""), |start| unsigned.split_at(start));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_point = mantissa.len() > whole.len();
    if !(all_digits(whole) && all_digits(fraction) && is_exponent(exponent))
        || (whole.is_empty() && fraction.is_empty())
    {
        return Decimal::Other;
    }
    if whole.len() > 1 && whole.starts_with('0') {
        return Decimal::ZerosFirst;
    }
    let or_zero = |digits| if str::is_empty(digits) { "0".to_owned() } else { str::to_owned(digits) };
    let point = if has_point { format!(".{}", or_zero(fraction)) } else { String::new() };
    Decimal::Number(format!("{sign}{}{point}{exponent}", or_zero(whole)).into())
}

/// Whether a text is a number exactly as JSON writes it.
pub(super) fn is_json(text: &str) -> bool {
    matches!(decimal(text), Decimal::Number(json) if *json == *text)
}

/// Whether a text is a decimal number however it is written (`.5`, `007`).
pub(super) fn is_decimal(text: &str) -> bool {
    decimal(text) != Decimal::Other
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether what stands from the `e` on is nothing or a whole exponent.
fn is_exponent(text: &str) -> bool {
    let digits = text.get(1..).map_or("", |rest| rest.strip_prefix(['-', '+']).unwrap_or(rest));
    text.is_empty() || (!digits.is_empty() && all_digits(digits))
}

/// Writes a hexadecimal, octal or binary number in decimal; `None` beyond 128 bits.
pub(super) fn from_radix(digits: &str, radix: u32) -> Option<Box<str>> {
    u128::from_str_radix(digits, radix).ok().map(|number| number.to_string().into())
}

/// Refuses a number that [`from_radix`] cannot write.
pub(super) fn too_long(at: &Range<usize>) -> Problem {
    Problem::new(at, "this number has more than 128 bits").help("write it in decimal")
}

/// Refuses a number with zeros in front.
pub(super) fn zeros_first(at: &Range<usize>, written: &str) -> Problem {
    let unsigned = written.trim_start_matches(['+', '-']);
    let sign = if written.starts_with('-') { "-" } else { "" };
    let zeros = unsigned.len() - unsigned.trim_start_matches('0').len();
    let kept = &unsigned[zeros..];
    let kept =
        if kept.starts_with(|first: char| first.is_ascii_digit()) { kept } else { &unsigned[zeros - 1..] };
    Problem::new(at, "a number cannot start with 0")
        .help(format!("write `{sign}{kept}`, or `\"{written}\"` for the text"))
}

/// Refuses infinities and what is no number: neither JSON nor most programs take them for one.
pub(super) fn not_finite(at: &Range<usize>, written: &str) -> Problem {
    Problem::new(at, format!("`{written}` is no number here"))
        .help(format!("write it as text: `\"{written}\"`"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::Number(text.into())
    }

    #[test]
    fn what_json_has_stays_as_it_is() {
        for text in ["0", "-0", "0.10", "1e-4", "1E+05", "12345678901234567890", "-1.50e10"] {
            assert_eq!(decimal(text), number(text));
            assert!(is_json(text), "{text}");
        }
    }

    #[test]
    fn what_json_has_not_changes_as_little_as_possible() {
        assert_eq!(decimal("+1.50"), number("1.50"));
        assert_eq!(decimal(".5"), number("0.5"));
        assert_eq!(decimal("-.5e3"), number("-0.5e3"));
        assert_eq!(decimal("5."), number("5.0"));
        assert_eq!(decimal("5.e3"), number("5.0e3"));
        assert!(!is_json("+1") && !is_json(".5") && !is_json("5."));
    }

    #[test]
    fn anything_else_is_no_number() {
        for text in
            ["", "-", "+", ".", "-.", "e5", ".e5", "1e", "1e+", "1.2.3", "--1", "1_000", "0x1F", "1e5.0", "١"]
        {
            assert_eq!(decimal(text), Decimal::Other, "{text}");
        }
    }

    #[test]
    fn zeros_in_front_are_told_apart_from_text() {
        for text in ["007", "00", "-01.5"] {
            assert_eq!(decimal(text), Decimal::ZerosFirst, "{text}");
        }
        assert_eq!(
            zeros_first(&(0..0), "-007.5").help.unwrap(),
            "write `-7.5`, or `\"-007.5\"` for the text"
        );
        assert_eq!(zeros_first(&(0..0), "00").help.unwrap(), "write `0`, or `\"00\"` for the text");
        assert_eq!(zeros_first(&(0..0), "00.5").help.unwrap(), "write `0.5`, or `\"00.5\"` for the text");
    }

    #[test]
    fn other_radixes_become_decimal() {
        assert_eq!(from_radix("fF", 16).as_deref(), Some("255"));
        assert_eq!(from_radix("17", 8).as_deref(), Some("15"));
        assert_eq!(from_radix(&"f".repeat(32), 16), Some(u128::MAX.to_string().into()));
        assert_eq!(from_radix(&"f".repeat(33), 16), None);
    }

    proptest! {
        #[test]
        fn every_number_is_one_for_json(text in "[-+]?[0-9.]{0,4}([eE][-+]?[0-9]{0,2})?") {
            if let Decimal::Number(json) = decimal(&text) {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok() || json.contains(['e', 'E']), "{json}");
                prop_assert!(is_json(&json));
            }
        }
    }
}
