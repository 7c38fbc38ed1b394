//! Python's `round`: to the nearest, of two as near to the even one, in decimal digits of the exact value.

/// Rounds a whole number; `digits` below zero are those before the point. `None` where it does not fit.
pub(super) fn nearest_int(number: i128, digits: i128) -> Option<i128> {
    if digits >= 0 {
        return Some(number);
    }
    let Some(unit) = u32::try_from(-digits).ok().and_then(|zeros| 10_i128.checked_pow(zeros)) else {
        return Some(0);
    };
    let (floor, rest) = (number.div_euclid(unit), number.rem_euclid(unit));
    let is_up = match (rest * 2).cmp(&unit) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => floor % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    (floor + i128::from(is_up)).checked_mul(unit)
}

/// Rounds a float. `None` where the result is no float.
pub(super) fn round_to(number: f64, digits: i128) -> Option<f64> {
    if !number.is_finite() || digits > 323 {
        return Some(number);
    }
    if digits < -308 {
        return Some(0.0_f64.copysign(number));
    }
    let rounded = match usize::try_from(digits) {
        Ok(digits) => format!("{number:.digits$}").parse(),
        Err(_) => before_the_point(number, digits.unsigned_abs() as usize).parse(),
    };
    rounded.ok().filter(|it: &f64| it.is_finite())
}

/// Rounds to a power of ten, in the digits of the exact value.
fn before_the_point(number: f64, zeros: usize) -> String {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let whole = format!("{:.0}", number.abs().trunc());
    let digits = format!("{whole:0>width$}", width = zeros + 1);
    let (kept, rest) = digits.split_at(digits.len() - zeros);
    let is_more = number.fract() != 0.0 || rest[1..].bytes().any(|digit| digit != b'0');
    let is_odd = kept.bytes().last().is_some_and(|digit| digit % 2 == 1);
    let is_up = match rest.as_bytes().first() {
        Some(b'5') => is_more || is_odd,
        Some(b'6'..=b'9') => true,
        Some(_) | None => false,
    };
    let kept = if is_up { increased(kept) } else { kept.to_owned() };
    format!("{sign}{kept}e{zeros}")
}

/// Adds one to a number of any length.
fn increased(digits: &str) -> String {
    let nines = digits.len() - digits.trim_end_matches('9').len();
    let (kept, _) = digits.split_at(digits.len() - nines);
    let raised = match kept.char_indices().last() {
        Some((at, digit)) => format!("{}{}", &kept[..at], digit.to_digit(10).map_or(0, |digit| digit + 1)),
        None => "1".to_owned(),
    };
    raised + &"0".repeat(nines)
}
