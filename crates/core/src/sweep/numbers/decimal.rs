//! Exact decimal numbers of at most 38 digits: what a range is counted in.

use std::cmp::Ordering;
use std::ops::Neg;

use super::literal::Literal;

/// One more than the largest number of digits that fit, as a number: 38 digits always fit an `i128`.
const BOUND: u128 = 10_u128.pow(DIGITS);
const DIGITS: u32 = 38;
/// Far beyond every floating-point number, and far from where sums of exponents overflow.
const LARGEST_EXPONENT: i64 = 1_000_000;

/// Says why a text is no number that can be counted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The text is no decimal number.
    #[error("not a decimal number")]
    NotANumber,
    /// The number has more digits than are kept.
    #[error("more than {DIGITS} digits")]
    TooManyDigits,
    /// The exponent is out of bounds.
    #[error("an exponent beyond {LARGEST_EXPONENT}")]
    ExponentTooLarge,
}

/// A decimal number, exact: `digits * 10^exponent`. Equal numbers are equal however they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// Without zeros at the end, and of at most 38 digits.
    digits: i128,
    /// 0 for the number 0.
    exponent: i32,
}

impl Decimal {
    /// The number 0.
    pub const ZERO: Self = Self { digits: 0, exponent: 0 };

    /// Reads a number of JSON, TOML or YAML, exactly.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let literal = Literal::split(text).ok_or(NumberError::NotANumber)?;
        let written = [literal.whole, literal.fraction].concat();
        let digits = written.trim_end_matches('0');
        let dropped = written.len() - digits.len();
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(Self::ZERO);
        }
        let magnitude: i128 = digits.parse().map_err(|_| NumberError::TooManyDigits)?;
        let power = literal.power().zip(i64::try_from(dropped).ok());
        let power = power.and_then(|(power, dropped)| power.checked_add(dropped));
        let exponent = power.filter(|power| power.abs() <= LARGEST_EXPONENT);
        let exponent = exponent.and_then(|power| i32::try_from(power).ok());
        let exponent = exponent.ok_or(NumberError::ExponentTooLarge)?;
        let digits = if literal.negative { -magnitude } else { magnitude };
        Self::new(digits, exponent).ok_or(NumberError::TooManyDigits)
    }

    /// The number `digits * 10^exponent`; `None` for more than 38 digits, or an exponent beyond a million.
    pub fn new(digits: i128, exponent: i32) -> Option<Self> {
        if digits == 0 {
            return Some(Self::ZERO);
        }
        let (mut digits, mut exponent) = (digits, exponent);
        while digits % 10 == 0 {
            digits /= 10;
            exponent = exponent.checked_add(1)?;
        }
        let fits = digits.unsigned_abs() < BOUND && i64::from(exponent).abs() <= LARGEST_EXPONENT;
        fits.then_some(Self { digits, exponent })
    }

    /// The number nearest to a floating-point number that has so many digits, at most 17, which all of them need;
    /// `None` for infinities and what is no number.
    pub fn from_f64(number: f64, significant: u32) -> Option<Self> {
        let behind_first = significant.clamp(1, 17) as usize - 1;
        Self::parse(&format!("{number:.behind_first$e}")).ok()
    }

    /// The nearest floating-point number; infinite where there is none.
    pub fn to_f64(self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// The number as a whole number; `None` where it has a fraction or does not fit.
    pub fn to_i64(self) -> Option<i64> {
        let power = 10_i128.checked_pow(u32::try_from(self.exponent).ok()?)?;
        i64::try_from(self.digits.checked_mul(power)?).ok()
    }

    /// The sum; `None` where it has too many digits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (one, two, exponent) = self.aligned(other)?;
        Self::new(one + two, exponent)
    }

    /// The product with a whole number; `None` where it has too many digits.
    pub fn checked_mul(self, factor: i128) -> Option<Self> {
        Self::new(self.digits.checked_mul(factor)?, self.exponent)
    }

    /// The number with so many digits at most, the last one rounded to the nearest, halves away from zero.
    #[must_use]
    pub fn rounded(self, significant: u32) -> Self {
        let surplus = self.digit_count().saturating_sub(significant.max(1));
        let Ok(shift) = i32::try_from(surplus) else { return self };
        let unit = 10_i128.pow(surplus);
        let half = self.digits.signum() * (unit / 2);
        let kept = (self.digits + half) / unit;
        Self::new(kept, self.exponent + shift).unwrap_or(self)
    }

    /// Whether there is nothing behind the point.
    pub fn is_whole(self) -> bool {
        self.exponent >= 0
    }

    /// -1, 0 or 1.
    pub fn signum(self) -> i128 {
        self.digits.signum()
    }

    pub(super) fn digits(self) -> i128 {
        self.digits
    }

    pub(super) fn exponent(self) -> i32 {
        self.exponent
    }

    /// The number of its digits, without zeros at either end.
    pub(super) fn digit_count(self) -> u32 {
        self.digits.unsigned_abs().checked_ilog10().map_or(0, |log| log + 1)
    }

    /// The power of ten of its first digit: 2 for 512, -3 for 0.001.
    pub(super) fn leading(self) -> i32 {
        self.exponent.saturating_add_unsigned(self.digit_count()) - 1
    }

    /// Both numbers as whole numbers of one common unit of 10^exponent; `None` where they have too many digits.
    pub(super) fn aligned(self, other: Self) -> Option<(i128, i128, i32)> {
        if self.digits == 0 {
            return Some((0, other.digits, other.exponent));
        }
        if other.digits == 0 {
            return Some((self.digits, 0, self.exponent));
        }
        let exponent = self.exponent.min(other.exponent);
        Some((self.in_units_of(exponent)?, other.in_units_of(exponent)?, exponent))
    }

    /// The number as a whole number of units of 10^exponent; `None` where it is none, or has too many digits.
    pub(super) fn in_units_of(self, exponent: i32) -> Option<i128> {
        if self.digits == 0 {
            return Some(0);
        }
        let shift = u32::try_from(self.exponent.checked_sub(exponent)?).ok()?;
        let scaled = self.digits.checked_mul(10_i128.checked_pow(shift)?)?;
        (scaled.unsigned_abs() < BOUND).then_some(scaled)
    }
}

impl Neg for Decimal {
    type Output = Self;

    fn neg(self) -> Self {
        Self { digits: -self.digits, exponent: self.exponent }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let signs = self.signum().cmp(&other.signum());
        let magnitudes = || {
            self.leading().cmp(&other.leading()).then_with(|| {
                // With the first digits in the same place, the longer number has all the places of both.
                let aligned = self.aligned(*other);
                aligned.map_or(Ordering::Equal, |(one, two, _)| one.unsigned_abs().cmp(&two.unsigned_abs()))
            })
        };
        signs.then_with(|| match self.signum() {
            0 => Ordering::Equal,
            1 => magnitudes(),
            _ => magnitudes().reverse(),
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn numbers_are_read_exactly() {
        assert_eq!(decimal("0.10"), decimal("1e-1"));
        assert_eq!(decimal("-0"), Decimal::ZERO);
        assert_eq!(decimal("12345678901234567890").digits(), 1_234_567_890_123_456_789);
        assert_eq!(decimal("12345678901234567890").exponent(), 1);
        assert_eq!(decimal("1e-0004"), decimal("0.0001"));
        assert_eq!(decimal("99999999999999999999999999999999999999").digit_count(), 38);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        for text in ["", "x", "1e", "0x1", "nan", "1,5"] {
            assert_eq!(Decimal::parse(text), Err(NumberError::NotANumber), "{text:?}");
        }
        let long = "1".repeat(39);
        assert_eq!(Decimal::parse(&long), Err(NumberError::TooManyDigits));
        assert_eq!(Decimal::parse(&"1".repeat(4000)), Err(NumberError::TooManyDigits));
        assert_eq!(Decimal::parse("1e1000001"), Err(NumberError::ExponentTooLarge));
        assert_eq!(Decimal::parse("1e-99999999999999999999"), Err(NumberError::ExponentTooLarge));
        assert!(Decimal::parse(&format!("1{}", "0".repeat(400))).is_ok());
    }

    #[test]
    fn sums_that_do_not_fit_are_none() {
        assert_eq!(Decimal::new(1, i32::MIN), None);
        assert_eq!(Decimal::new(10, i32::MAX), None);
        assert_eq!(decimal("1e30").checked_add(decimal("1e-30")), None);
        assert_eq!(decimal("1e30").checked_add(decimal("0")), Some(decimal("1e30")));
        assert_eq!(decimal("0.1").checked_add(decimal("0.2")), Some(decimal("0.3")));
        assert_eq!(decimal("99999999999999999999999999999999999999").checked_mul(2), None);
    }

    #[test]
    fn rounding_keeps_the_nearest() {
        assert_eq!(decimal("0.12345").rounded(3), decimal("0.123"));
        assert_eq!(decimal("-0.1235").rounded(3), decimal("-0.124"));
        assert_eq!(decimal("99999999999999999999999999999999999999").rounded(1), decimal("1e38"));
        assert_eq!(decimal("9.996").rounded(3), decimal("10"));
        assert_eq!(Decimal::from_f64(0.000_100_000_000_000_000_02, 12), Some(decimal("1e-4")));
        assert_eq!(Decimal::from_f64(f64::INFINITY, 12), None);
    }

    #[test]
    fn order_is_that_of_numbers_however_far_apart() {
        let sorted = [
            "-1e400", "-2", "-1.5", "-1e-400", "0", "1e-1000", "0.1", "0.11", "0.2", "1", "10", "1e30",
            "1e400",
        ];
        for (i, one) in sorted.iter().enumerate() {
            for (j, other) in sorted.iter().enumerate() {
                assert_eq!(decimal(one).cmp(&decimal(other)), i.cmp(&j), "{one} {other}");
            }
        }
    }

    #[test]
    fn whole_numbers_are_told() {
        assert_eq!(decimal("1e3").to_i64(), Some(1000));
        assert_eq!(decimal("-9223372036854775808").to_i64(), Some(i64::MIN));
        assert_eq!(decimal("9223372036854775808").to_i64(), None);
        assert_eq!(decimal("1.5").to_i64(), None);
        assert_eq!(decimal("1e400").to_i64(), None);
    }

    fn any_decimal() -> impl Strategy<Value = Decimal> {
        (-1_000_000_000_000_i128..1_000_000_000_000, -8..8_i32)
            .prop_map(|(digits, exponent)| Decimal::new(digits, exponent).unwrap())
    }

    proptest! {
        #[test]
        fn sums_follow_the_laws(a in any_decimal(), b in any_decimal(), c in any_decimal(), n in -1000_i128..1000) {
            let add = |one: Decimal, two: Decimal| one.checked_add(two).unwrap();
            prop_assert_eq!(add(a, b), add(b, a));
            prop_assert_eq!(add(add(a, b), c), add(a, add(b, c)));
            prop_assert_eq!(add(a, -a), Decimal::ZERO);
            prop_assert_eq!(add(a, b).checked_mul(n), Some(add(a.checked_mul(n).unwrap(), b.checked_mul(n).unwrap())));
            prop_assert_eq!(a.cmp(&b), add(a, -b).signum().cmp(&0));
        }

        #[test]
        fn floats_come_back(number in proptest::num::f64::NORMAL) {
            prop_assert_eq!(Decimal::from_f64(number, 17).unwrap().to_f64().to_bits(), number.to_bits());
        }
    }
}
