//! So many numbers between two ends, evenly spaced or evenly spaced as logarithms.

use super::{Decimal, MOST_VALUES, Notation, Written};

/// The digits of a value that has no short form: enough for any use, and few enough to hide the errors of logarithms.
const DIGITS: u32 = 12;
/// The digits up to which a value that comes out even is kept as it is: what a floating-point number can hold.
const EXACT_DIGITS: u32 = 17;

/// Says why two ends and a number of values give no values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpacingError {
    /// No value was asked for.
    #[error("the number of values must be at least 1")]
    None,
    /// There would be too many values.
    #[error("more than {MOST_VALUES} values; a random value with `$sample` has no such bound")]
    TooMany,
    /// The ends are too far apart to count exactly.
    #[error("the ends are too far apart to be counted exactly: together they need too many digits")]
    TooManyDigits,
    /// An end of a logarithmic spacing is 0, or the ends have different signs.
    #[error("both ends must be above 0, or both below it: there is no logarithm of 0")]
    NoLogarithm,
    /// An end is too large or too small for a floating-point number.
    #[error("an end is beyond what a floating-point number can hold")]
    OutOfReach,
}

/// Evenly spaced numbers, both ends included.
///
/// Values are exact where they come out even, and have 12 digits where they do not (`0.333333333333`). They have at
/// least the decimals that the ends are written with: 0 to 1 gives `0`, `0.5`, `1`, and 0.0 to 1.0 `0.0`, `0.5`, `1.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linspace {
    ends: Ends,
    /// The ends in units of 10^exponent.
    first: i128,
    last: i128,
    exponent: i32,
}

/// Numbers whose logarithms are evenly spaced, both ends included. The ends are the numbers themselves, not exponents.
///
/// The ends are exact, and the values between them have 12 digits at most, so that powers of ten come out as such. They
/// have at least the decimals that both ends are written with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logspace {
    ends: Ends,
    first_logarithm: f64,
    last_logarithm: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    first: Decimal,
    last: Decimal,
    /// At least 1; of one value only the first end is left.
    count: u64,
    notation: Notation,
}

impl Linspace {
    /// Spaces `count` values evenly from one end to the other; of one value only the first end is left.
    pub fn new(first: Written, last: Written, count: u64) -> Result<Self, SpacingError> {
        let notation = first.notation.with_all_decimals(last.notation);
        let ends = Ends::new(first, last, count, notation)?;
        let aligned = ends.first.aligned(ends.last).ok_or(SpacingError::TooManyDigits)?;
        let (first, last, exponent) = aligned;
        let largest = first.unsigned_abs().max(last.unsigned_abs());
        let room = largest.checked_mul(u128::from(count)).is_some_and(|product| product < u128::MAX >> 2);
        if !room {
            return Err(SpacingError::TooManyDigits);
        }
        Ok(Self { ends, first, last, exponent })
    }

    /// The number of values; at least 1.
    pub fn count(&self) -> u64 {
        self.ends.count
    }

    /// The value at a place, counted from 0; `None` past the end.
    pub fn value(&self, place: u64) -> Option<Decimal> {
        self.ends.value(place, |place, steps| {
            let sum = self.first * i128::from(steps - place) + self.last * i128::from(place);
            self.quotient(sum, steps.into())
        })
    }

    /// The text of the value at a place; `None` past the end.
    pub fn text(&self, place: u64) -> Option<String> {
        Some(self.ends.notation.text(self.value(place)?))
    }

    /// The texts of all values in order.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        (0..self.count()).filter_map(|place| self.text(place))
    }

    /// Divides with as many digits as there is room for, then keeps those that are worth it.
    fn quotient(&self, sum: i128, steps: i128) -> Option<Decimal> {
        let spare = (i128::MAX / sum.abs().max(1)).ilog10();
        let scaled = sum * 10_i128.pow(spare);
        let exponent = self.exponent.checked_sub_unsigned(spare)?;
        let quotient = Decimal::new(scaled / steps, exponent);
        let comes_out = scaled % steps == 0;
        match quotient {
            Some(even) if comes_out && (even.is_whole() || even.digit_count() <= EXACT_DIGITS) => Some(even),
            Some(long) => Some(long.rounded(DIGITS)),
            // One step leaves a quotient that may have a digit too many for a decimal.
            None => Some(Decimal::new(scaled / steps / 10, exponent.checked_add(1)?)?.rounded(DIGITS)),
        }
    }
}

impl Logspace {
    /// Spaces `count` values from one end to the other; of one value only the first end is left.
    pub fn new(first: Written, last: Written, count: u64) -> Result<Self, SpacingError> {
        let notation = first.notation.with_shared_decimals(last.notation);
        let ends = Ends::new(first, last, count, notation)?;
        if ends.first.signum() * ends.last.signum() != 1 {
            return Err(SpacingError::NoLogarithm);
        }
        let logarithm = |number: Decimal| {
            let magnitude = number.to_f64().abs();
            let can_be_held = magnitude.is_normal();
            can_be_held.then(|| libm::log(magnitude)).ok_or(SpacingError::OutOfReach)
        };
        Ok(Self { ends, first_logarithm: logarithm(ends.first)?, last_logarithm: logarithm(ends.last)? })
    }

    /// The number of values; at least 1.
    pub fn count(&self) -> u64 {
        self.ends.count
    }

    /// The value at a place, counted from 0; `None` past the end.
    pub fn value(&self, place: u64) -> Option<Decimal> {
        self.ends.value(place, |place, steps| {
            let part = fraction(place, steps);
            let logarithm = self.first_logarithm * (1.0 - part) + self.last_logarithm * part;
            let magnitude = Decimal::from_f64(libm::exp(logarithm), DIGITS)?;
            magnitude.checked_mul(self.ends.first.signum())
        })
    }

    /// The text of the value at a place; `None` past the end.
    pub fn text(&self, place: u64) -> Option<String> {
        Some(self.ends.notation.text(self.value(place)?))
    }

    /// The texts of all values in order.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        (0..self.count()).filter_map(|place| self.text(place))
    }
}

impl Ends {
    fn new(first: Written, last: Written, count: u64, notation: Notation) -> Result<Self, SpacingError> {
        match count {
            0 => Err(SpacingError::None),
            1..=MOST_VALUES => Ok(Self { first: first.value, last: last.value, count, notation }),
            _ => Err(SpacingError::TooMany),
        }
    }

    /// The ends as they are, and between them what `between` says for a place and the number of steps.
    fn value(&self, place: u64, between: impl Fn(u64, u64) -> Option<Decimal>) -> Option<Decimal> {
        if place >= self.count {
            return None;
        }
        if place == 0 {
            return Some(self.first);
        }
        let steps = self.count - 1;
        if place == steps {
            return Some(self.last);
        }
        let (low, high) = (self.first.min(self.last), self.first.max(self.last));
        between(place, steps).map(|value| value.clamp(low, high))
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are at most ten million places")]
fn fraction(place: u64, steps: u64) -> f64 {
    place as f64 / steps as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> Written {
        Written::parse(text).unwrap()
    }

    fn linspace(first: &str, last: &str, count: u64) -> String {
        Linspace::new(written(first), written(last), count).unwrap().texts().collect::<Vec<_>>().join(" ")
    }

    fn logspace(first: &str, last: &str, count: u64) -> String {
        Logspace::new(written(first), written(last), count).unwrap().texts().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn even_spacing_comes_out_even() {
        assert_eq!(linspace("1", "9", 5), "1 3 5 7 9");
        assert_eq!(linspace("0", "1", 5), "0 0.25 0.5 0.75 1");
        assert_eq!(linspace("0.0", "1.0", 3), "0.0 0.5 1.0");
        assert_eq!(linspace("0.1", "0.3", 3), "0.1 0.2 0.3");
        assert_eq!(linspace("0", "1", 4), "0 0.333333333333 0.666666666667 1");
        assert_eq!(linspace("-1", "1", 4), "-1 -0.333333333333 0.333333333333 1");
        assert_eq!(linspace("-1", "1", 3), "-1 0 1");
        assert_eq!(linspace("9", "1", 3), "9 5 1");
        assert_eq!(linspace("2", "2", 2), "2 2");
        assert_eq!(linspace("7", "9", 1), "7");
        assert_eq!(linspace("0", "12345678901234567890", 3), "0 6172839450617283945 12345678901234567890");
        assert_eq!(linspace("0", "1e-5", 3), "0 5e-6 1e-5");
    }

    #[test]
    fn logarithmic_spacing_gives_powers_of_ten() {
        assert_eq!(logspace("1e-5", "1e-1", 5), "1e-5 0.0001 0.001 0.01 0.1");
        assert_eq!(logspace("0.00001", "0.1", 5), "0.00001 0.0001 0.001 0.01 0.1");
        assert_eq!(logspace("1", "1000", 4), "1 10 100 1000");
        assert_eq!(logspace("1.0", "0.001", 4), "1.0 0.1 0.01 0.001");
        assert_eq!(logspace("1000", "1", 4), "1000 100 10 1");
        assert_eq!(logspace("-1", "-100", 3), "-1 -10 -100");
        assert_eq!(logspace("1", "1024", 11), "1 2 4 8 16 32 64 128 256 512 1024");
        assert_eq!(logspace("1e-4", "1e-2", 4), "0.0001 0.000464158883361 0.00215443469003 0.01");
        assert_eq!(logspace("1e-300", "1e300", 5), "1e-300 1e-150 1 1e150 1e300");
        assert_eq!(logspace("3", "7", 1), "3");
    }

    #[test]
    fn what_gives_no_values_is_an_error() {
        let lin = |a: &str, b: &str, n| Linspace::new(written(a), written(b), n).map(|space| space.count());
        let log = |a: &str, b: &str, n| Logspace::new(written(a), written(b), n).map(|space| space.count());
        assert_eq!(lin("0", "1", 0), Err(SpacingError::None));
        assert_eq!(lin("0", "1", 10_000_001), Err(SpacingError::TooMany));
        assert_eq!(lin("0", "1", 1_000_000), Ok(1_000_000));
        assert_eq!(lin("1e30", "1e-30", 2), Err(SpacingError::TooManyDigits));
        assert_eq!(lin("99999999999999999999999999999999999999", "0", 3), Err(SpacingError::TooManyDigits));
        for (a, b) in [("0", "1"), ("1", "0"), ("-1", "1"), ("0", "0")] {
            assert_eq!(log(a, b, 3), Err(SpacingError::NoLogarithm), "{a} {b}");
        }
        assert_eq!(log("1", "1e400", 3), Err(SpacingError::OutOfReach));
        assert_eq!(log("1e-400", "1", 3), Err(SpacingError::OutOfReach));
        assert_eq!(log("1", "2", 0), Err(SpacingError::None));
    }

    proptest! {
        #[test]
        fn values_run_from_end_to_end(a in 1_i64..1_000_000_000, b in 1_i64..1_000_000_000, p in -9..9_i32, count in 2_u64..200) {
            let (first, last) = (format!("{a}e{p}"), format!("{b}e{p}"));
            let lin = Linspace::new(written(&first), written(&last), count).unwrap();
            let log = Logspace::new(written(&first), written(&last), count).unwrap();
            for value in [|lin: &Linspace, _: &Logspace, i| lin.value(i), |_: &Linspace, log: &Logspace, i| log.value(i)] {
                let values: Vec<_> = (0..count).map(|place| value(&lin, &log, place).unwrap()).collect();
                prop_assert_eq!(values[0], written(&first).value);
                prop_assert_eq!(*values.last().unwrap(), written(&last).value);
                let in_order = values.is_sorted_by(|one, two| if a < b { one <= two } else { one >= two });
                prop_assert!(in_order);
            }
        }

        #[test]
        fn even_spacing_is_that_of_floats(a in -1000_i32..1000, b in -1000_i32..1000, count in 2_u32..100) {
            let space = Linspace::new(written(&a.to_string()), written(&b.to_string()), count.into()).unwrap();
            for place in 0..count {
                let part = f64::from(place) / f64::from(count - 1);
                let naive = f64::from(a) * (1.0 - part) + f64::from(b) * part;
                prop_assert!((space.value(place.into()).unwrap().to_f64() - naive).abs() < 1e-9);
            }
        }
    }
}
