//! Numbers from a start to a stop by a step, in exact decimals.

use super::{Decimal, MOST_VALUES, Notation, Written};

/// Says why a start, a stop and a step give no values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// The step is 0.
    #[error("a step of 0 never arrives")]
    NoStep,
    /// The step leads away from the stop.
    #[error("the step leads away from the stop")]
    WrongDirection,
    /// There would be too many values.
    #[error("more than {MOST_VALUES} values; a random value with `$sample` has no such bound")]
    TooMany,
    /// The three numbers are too far apart to count exactly.
    #[error("the numbers are too far apart to be counted exactly: together they need more than 38 digits")]
    TooManyDigits,
}

/// The numbers from a start to a stop by a step; the stop is one of them when it is hit exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// In units of 10^exponent, like the step.
    start: i128,
    step: i128,
    exponent: i32,
    count: u64,
    notation: Notation,
}

impl Range {
    /// Makes a range of at least one value.
    ///
    /// Values are written with as many decimals as the start and the step have, the larger number of both (`0.10` by
    /// `0.05`: `0.10`, `0.15`, `0.20`; `0` by `0.5`: `0.0`, `0.5`, `1.0`), as `seq` does: the first value stays as it
    /// was written, all have one width, and no program takes one for an integer and the next for a float. Where the
    /// start or the step has an exponent, in the shortest form.
    pub fn new(start: Written, stop: Written, by: Written) -> Result<Self, RangeError> {
        if by.value == Decimal::ZERO {
            return Err(RangeError::NoStep);
        }
        if (stop.value.cmp(&start.value) as i128) * by.value.signum() < 0 {
            return Err(RangeError::WrongDirection);
        }
        let numbers = [start.value, stop.value, by.value];
        let nonzero = numbers.into_iter().filter(|number| *number != Decimal::ZERO);
        let exponent = nonzero.map(Decimal::exponent).min().unwrap_or(0);
        let counted = |number: Decimal| number.in_units_of(exponent).ok_or(RangeError::TooManyDigits);
        let (first, last, stride) = (counted(start.value)?, counted(stop.value)?, counted(by.value)?);
        let distance = last.checked_sub(first).ok_or(RangeError::TooManyDigits)?;
        let count = u64::try_from(distance / stride).ok().filter(|steps| *steps < MOST_VALUES);
        let count = count.ok_or(RangeError::TooMany)? + 1;
        Ok(Self {
            start: first,
            step: stride,
            exponent,
            count,
            notation: start.notation.with_all_decimals(by.notation),
        })
    }

    /// The number of values; at least 1.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The value at a place, counted from 0; `None` past the end.
    pub fn value(&self, place: u64) -> Option<Decimal> {
        let place = (place < self.count).then_some(i128::from(place))?;
        Decimal::new(self.start + self.step * place, self.exponent)
    }

    /// The text of the value at a place; `None` past the end.
    pub fn text(&self, place: u64) -> Option<String> {
        Some(self.notation.text(self.value(place)?))
    }

    /// The texts of all values in order.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        (0..self.count).filter_map(|place| self.text(place))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(start: &str, stop: &str, by: &str) -> Result<Range, RangeError> {
        let [start, stop, by] = [start, stop, by].map(|text| Written::parse(text).unwrap());
        Range::new(start, stop, by)
    }

    fn texts(start: &str, stop: &str, by: &str) -> String {
        range(start, stop, by).unwrap().texts().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_stop_is_included_when_it_is_hit_exactly() {
        assert_eq!(texts("0.1", "0.5", "0.1"), "0.1 0.2 0.3 0.4 0.5");
        assert_eq!(texts("1", "10", "4"), "1 5 9");
        assert_eq!(texts("4", "16", "4"), "4 8 12 16");
        assert_eq!(texts("3", "3", "-1"), "3");
        assert_eq!(texts("5", "-5", "-2.5"), "5.0 2.5 0.0 -2.5 -5.0");
    }

    #[test]
    fn decimals_are_those_of_start_and_step() {
        assert_eq!(texts("0.10", "0.2", "0.05"), "0.10 0.15 0.20");
        assert_eq!(texts("0", "1", "0.25"), "0.00 0.25 0.50 0.75 1.00");
        assert_eq!(texts("1.0", "3", "1"), "1.0 2.0 3.0");
        assert_eq!(texts("0", "2.000", "1"), "0 1 2");
        assert_eq!(texts("1e-4", "5e-4", "1e-4"), "0.0001 0.0002 0.0003 0.0004 0.0005");
        assert_eq!(texts("1e-6", "1e-5", "3e-6"), "1e-6 4e-6 7e-6 1e-5");
        assert_eq!(texts("0", "1e4", "5e3"), "0 5000 10000");
        assert_eq!(texts("0.00001", "0.00002", "0.00001"), "0.00001 0.00002");
        assert_eq!(
            texts("12345678901234567890", "12345678901234567892", "1"),
            "12345678901234567890 12345678901234567891 12345678901234567892"
        );
    }

    #[test]
    fn what_gives_no_values_is_an_error() {
        assert_eq!(range("1", "2", "0"), Err(RangeError::NoStep));
        assert_eq!(range("1", "2", "-1"), Err(RangeError::WrongDirection));
        assert_eq!(range("2", "1", "0.0001"), Err(RangeError::WrongDirection));
        assert_eq!(range("0", "1", "1e-9"), Err(RangeError::TooMany));
        assert_eq!(range("0", "1e30", "1e-30"), Err(RangeError::TooManyDigits));
        assert_eq!(range("1e400", "1e500", "1"), Err(RangeError::TooManyDigits));
        assert_eq!(range("1", "1000000", "1").map(|range| range.count()), Ok(1_000_000));
        assert_eq!(range("0", "1000000", "1"), Err(RangeError::TooMany));
        let most = "99999999999999999999999999999999999999";
        assert_eq!(range(&format!("-{most}"), most, "1"), Err(RangeError::TooManyDigits));
    }

    proptest! {
        #[test]
        fn a_range_is_its_naive_expansion(start in -5000_i64..5000, stop in -5000_i64..5000, step in -300_i64..300, scale in 0..6_u32) {
            prop_assume!(step != 0 && (stop - start) * step >= 0);
            let naive: Vec<_> = std::iter::successors(Some(start), |last| Some(last + step))
                .take_while(|value| if step > 0 { *value <= stop } else { *value >= stop })
                .map(|value| fixed(value, scale))
                .collect();
            let range = range(&fixed(start, scale), &fixed(stop, scale), &fixed(step, scale)).unwrap();
            prop_assert_eq!(range.texts().collect::<Vec<_>>(), naive);
            prop_assert_eq!(range.text(range.count()), None);
        }
    }

    /// A whole number of units of 10^-scale, with all decimals.
    fn fixed(value: i64, scale: u32) -> String {
        let sign = if value < 0 { "-" } else { "" };
        let unit = 10_u64.pow(scale);
        let (whole, fraction) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
        match scale as usize {
            0 => format!("{sign}{whole}"),
            width => format!("{sign}{whole}.{fraction:0width$}"),
        }
    }
}
