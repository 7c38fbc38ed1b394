//! Numbers as text: read as Python reads them, and written as Python's `repr` writes them.

use std::sync::Arc;

use super::value::Value;

/// Reads a number of a file. Underscores and the prefixes of other bases are what TOML and YAML allow.
pub(super) fn read(text: &str) -> Value {
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let of_base = |base| digits.get(2..).and_then(|digits| i128::from_str_radix(digits, base).ok());
    let whole = match digits.get(..2) {
        Some("0x" | "0X") => of_base(16).map(|it| sign * it),
        Some("0o" | "0O") => of_base(8).map(|it| sign * it),
        Some("0b" | "0B") => of_base(2).map(|it| sign * it),
        Some(_) | None => plain.parse().ok(),
    };
    match whole {
        Some(whole) => Value::Int(whole),
        None if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Value::Oversized(Arc::from(text))
        }
        None => Value::Float(plain.trim_start_matches('+').parse().unwrap_or(f64::NAN)),
    }
}

/// Writes a number with as few digits as give it back, as Python does: `2.0`, `1e-05`, `1e+16`.
pub(super) fn write(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let shortest = format!("{number:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..16).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        Ok(_) | Err(_) => {
            let plain = number.to_string();
            if plain.contains('.') { plain } else { plain + ".0" }
        }
    }
}
