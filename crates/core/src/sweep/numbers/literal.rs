//! The parts of a number's text.

/// A number as it is written, in its parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Literal<'a> {
    pub negative: bool,
    /// The digits before the point, perhaps none.
    pub whole: &'a str,
    /// The digits behind the point, perhaps none.
    pub fraction: &'a str,
    /// What stands behind the `e`: a sign, perhaps, and digits.
    pub exponent: Option<&'a str>,
}

impl<'a> Literal<'a> {
    /// Takes a number apart. Besides the numbers of JSON this accepts what YAML and TOML also call a decimal number:
    /// a leading `+`, and a point without digits on one side.
    pub(super) fn split(text: &'a str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let has_digits = !(whole.is_empty() && fraction.is_empty());
        let literal = Self { negative, whole, fraction, exponent };
        (has_digits && is_digits(whole) && is_digits(fraction) && exponent.is_none_or(is_exponent))
            .then_some(literal)
    }

    /// The power of ten that the digits, read as one whole number, are multiplied by; `None` where it is beyond
    /// counting.
    pub(super) fn power(&self) -> Option<i64> {
        let behind_point = i64::try_from(self.fraction.len()).ok()?;
        let exponent: i64 = self.exponent.map_or(Some(0), |exponent| exponent.parse().ok())?;
        exponent.checked_sub(behind_point)
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_exponent(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && is_digits(digits)
}
