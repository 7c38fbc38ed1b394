//! Distributions that values are drawn from, each a function from a number between 0 and 1 to a text.
//!
//! The function is the inverse of the cumulative distribution, so that evenly spread numbers give evenly spread values.

use super::inverse_normal::inverse_normal;
use super::{Decimal, Notation, Unit};

/// Says why numbers describe no distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DistributionError {
    /// The bounds are the wrong way round.
    #[error("the low bound is above the high bound")]
    LowAboveHigh,
    /// A bound of a logarithmic distribution is not positive.
    #[error("the low bound must be above 0: there is no logarithm of 0 or less")]
    NotPositive,
    /// A bound of a whole number has a fraction, or does not fit 64 bits.
    #[error("a bound is no whole number of 64 bits")]
    NotWhole,
    /// The deviation is below 0.
    #[error("the deviation is negative")]
    NegativeDeviation,
    /// Draws would be beyond what a floating-point number can hold.
    #[error("values could be beyond what a floating-point number can hold")]
    OutOfReach,
}

/// The digits that a drawn value has, unless told otherwise: enough for any search, and a short command line.
pub const DIGITS: u32 = 6;

/// A distribution with bounds that make sense.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution(Shape);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    Uniform(Bounds),
    LogUniform(Bounds),
    Normal { mean: f64, deviation: f64 },
    LogNormal { mean: f64, deviation: f64 },
    Int { low: i64, high: i64 },
    LogInt { low: i64, high: i64 },
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bounds {
    low: Decimal,
    high: Decimal,
}

impl Distribution {
    /// Any number between two bounds, all equally likely. A rounded value may be one of the bounds.
    pub fn uniform(low: Decimal, high: Decimal) -> Result<Self, DistributionError> {
        Bounds::new(low, high).map(|bounds| Self(Shape::Uniform(bounds)))
    }

    /// A number between two positive bounds, its logarithm uniform.
    pub fn log_uniform(low: Decimal, high: Decimal) -> Result<Self, DistributionError> {
        let bounds = Bounds::new(low, high)?;
        if low.signum() <= 0 {
            return Err(DistributionError::NotPositive);
        }
        let holds = low.to_f64().is_normal();
        holds.then_some(Self(Shape::LogUniform(bounds))).ok_or(DistributionError::OutOfReach)
    }

    /// The normal distribution with a mean and a standard deviation.
    pub fn normal(mean: Decimal, deviation: Decimal) -> Result<Self, DistributionError> {
        let (mean, deviation) = mean_and_deviation(mean, deviation)?;
        let farthest = mean.abs() + FARTHEST * deviation;
        farthest
            .is_finite()
            .then_some(Self(Shape::Normal { mean, deviation }))
            .ok_or(DistributionError::OutOfReach)
    }

    /// A number whose natural logarithm is normal with this mean and standard deviation, as numpy and scipy have it.
    pub fn log_normal(mean: Decimal, deviation: Decimal) -> Result<Self, DistributionError> {
        let (mean, deviation) = mean_and_deviation(mean, deviation)?;
        // Between them lie the logarithms of the numbers that are held with full precision.
        let holds = mean.abs() + FARTHEST * deviation <= 700.0;
        holds.then_some(Self(Shape::LogNormal { mean, deviation })).ok_or(DistributionError::OutOfReach)
    }

    /// A whole number between two bounds, both included, all equally likely.
    pub fn int(low: Decimal, high: Decimal) -> Result<Self, DistributionError> {
        let (low, high) = whole_bounds(low, high)?;
        Ok(Self(Shape::Int { low, high }))
    }

    /// A whole number between two positive bounds, both included, each about as likely as it is small: uniform
    /// logarithms from `low - 0.5` to `high + 0.5`, rounded, which is what Optuna does.
    pub fn log_int(low: Decimal, high: Decimal) -> Result<Self, DistributionError> {
        let (low, high) = whole_bounds(low, high)?;
        if low < 1 {
            return Err(DistributionError::NotPositive);
        }
        Ok(Self(Shape::LogInt { low, high }))
    }

    /// The text of the value that belongs to a number between 0 and 1, in its shortest form.
    ///
    /// It is rounded to so many significant digits, more where the distribution is narrow for its place (from 1000000
    /// to 1000001 each value has 6 decimals). Whole numbers are never rounded.
    pub fn text(&self, unit: Unit, digits: u32) -> String {
        let drawn = unit.value();
        match self.0 {
            Shape::Uniform(bounds) => {
                let (low, high) = bounds.floats();
                bounds.text(low * (1.0 - drawn) + high * drawn, digits)
            }
            Shape::LogUniform(bounds) => {
                let (low, high) = bounds.floats();
                bounds.text(libm::exp(libm::log(low) * (1.0 - drawn) + libm::log(high) * drawn), digits)
            }
            Shape::Normal { mean, deviation } => {
                Notation::Shortest.text(rounded(mean + deviation * deviations(drawn), deviation, digits))
            }
            Shape::LogNormal { mean, deviation } => {
                let value = libm::exp(mean + deviation * deviations(drawn));
                Notation::Shortest.text(rounded(value, value * deviation, digits))
            }
            Shape::Int { low, high } => int(low, high, unit).to_string(),
            Shape::LogInt { low, high } => log_int(low, high, drawn).to_string(),
        }
    }
}

impl Bounds {
    fn new(low: Decimal, high: Decimal) -> Result<Self, DistributionError> {
        if low > high {
            return Err(DistributionError::LowAboveHigh);
        }
        let width = high.to_f64() - low.to_f64();
        width.is_finite().then_some(Self { low, high }).ok_or(DistributionError::OutOfReach)
    }

    fn floats(self) -> (f64, f64) {
        (self.low.to_f64(), self.high.to_f64())
    }

    fn text(self, value: f64, digits: u32) -> String {
        let (low, high) = self.floats();
        Notation::Shortest.text(rounded(value, high - low, digits).clamp(self.low, self.high))
    }
}

/// How many deviations from the mean a draw can be at most: the draws are steps of 2^-53.
const FARTHEST: f64 = 9.0;

/// How many deviations from the mean a number between 0 and 1 is. Half the smallest step stands for 0.
fn deviations(drawn: f64) -> f64 {
    inverse_normal(drawn.max(f64::EPSILON / 4.0))
}

fn mean_and_deviation(mean: Decimal, deviation: Decimal) -> Result<(f64, f64), DistributionError> {
    if deviation.signum() < 0 {
        Err(DistributionError::NegativeDeviation)
    } else {
        Ok((mean.to_f64(), deviation.to_f64()))
    }
}

fn whole_bounds(low: Decimal, high: Decimal) -> Result<(i64, i64), DistributionError> {
    let bounds = low.to_i64().zip(high.to_i64()).ok_or(DistributionError::NotWhole)?;
    if bounds.0 > bounds.1 { Err(DistributionError::LowAboveHigh) } else { Ok(bounds) }
}

fn int(low: i64, high: i64, unit: Unit) -> i64 {
    let count = u128::from(high.abs_diff(low)) + 1;
    let place = u64::try_from(unit.part_of(count)).unwrap_or(u64::MAX);
    low.checked_add_unsigned(place).unwrap_or(high)
}

#[expect(clippy::cast_precision_loss, reason = "a whole number beyond 2^53 may be off by its last digits")]
#[expect(clippy::cast_possible_truncation, reason = "what does not fit becomes the nearest bound")]
fn log_int(low: i64, high: i64, drawn: f64) -> i64 {
    let (first, last) = (libm::log(low as f64 - 0.5), libm::log(high as f64 + 0.5));
    let value = libm::exp(first * (1.0 - drawn) + last * drawn);
    (libm::round(value) as i64).clamp(low, high)
}

/// Rounds to so many digits of the value, or of the width of what it is drawn from where that is smaller.
fn rounded(value: f64, width: f64, digits: u32) -> Decimal {
    let exact = Decimal::from_f64(value, 17).unwrap_or(Decimal::ZERO);
    let narrow = Decimal::from_f64(width, 1).filter(|width| *width != Decimal::ZERO);
    let more = narrow.map_or(0, |width| exact.leading().saturating_sub(width.leading()));
    exact.rounded(digits.saturating_add(u32::try_from(more).unwrap_or(0)).min(17))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sweep::numbers::Stream;

    type Maker = fn(Decimal, Decimal) -> Result<Distribution, DistributionError>;

    fn make(maker: Maker, one: &str, two: &str) -> Result<Distribution, DistributionError> {
        maker(Decimal::parse(one).unwrap(), Decimal::parse(two).unwrap())
    }

    fn texts(maker: Maker, one: &str, two: &str, draws: u64) -> Vec<String> {
        let distribution = make(maker, one, two).unwrap();
        (0..draws).map(|draw| distribution.text(Stream::new(1, "lr").unit(draw), DIGITS)).collect()
    }

    fn numbers(maker: Maker, one: &str, two: &str) -> Vec<f64> {
        texts(maker, one, two, 10_000).iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn draws_are_pinned() {
        let drawn = [
            texts(Distribution::uniform, "0", "1", 4),
            texts(Distribution::uniform, "1000000", "1000001", 4),
            texts(Distribution::log_uniform, "1e-5", "1e-1", 4),
            texts(Distribution::normal, "0", "1", 4),
            texts(Distribution::log_normal, "0", "1", 4),
            texts(Distribution::int, "-5", "5", 4),
            texts(Distribution::log_int, "1", "1024", 4),
        ];
        insta::assert_snapshot!(drawn.map(|draws| draws.join(" ")).join("\n"), @"
        0.917622 0.634198 0.895512 0.940912
        1000000.91762 1000000.6342 1000000.89551 1000000.94091
        0.0468261 0.00344184 0.0381986 0.0580295
        1.38925 0.342992 1.25639 1.56248
        4.01185 1.40916 3.5127 4.77062
        5 1 4 5
        547 63 462 653
        ");
    }

    #[test]
    fn moments_are_those_of_the_distribution() {
        let moments = |drawn: &[f64]| {
            let mean = drawn.iter().sum::<f64>() / 1e4;
            (mean, drawn.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 1e4)
        };
        let near = |(mean, variance): (f64, f64), expected: (f64, f64)| {
            let off = (mean - expected.0).abs().max((variance - expected.1).abs());
            assert!(off < 0.04, "{mean} and {variance} are not {expected:?}");
        };
        near(moments(&numbers(Distribution::normal, "0", "1")), (0.0, 1.0));
        near(moments(&numbers(Distribution::uniform, "-1", "1")), (0.0, 1.0 / 3.0));
        let logarithms = |drawn: Vec<f64>| drawn.into_iter().map(f64::ln).collect::<Vec<_>>();
        near(moments(&logarithms(numbers(Distribution::log_normal, "2", "0.5"))), (2.0, 0.25));
        let log_uniform = logarithms(numbers(Distribution::log_uniform, "1", "10"));
        near(moments(&log_uniform), (10_f64.ln() / 2.0, 10_f64.ln().powi(2) / 12.0));
        near(moments(&numbers(Distribution::int, "1", "3")), (2.0, 2.0 / 3.0));
    }

    #[test]
    fn every_whole_number_is_drawn() {
        let count = |maker: Maker, value: &str| {
            texts(maker, "1", "4", 10_000).iter().filter(|text| *text == value).count()
        };
        for value in ["1", "2", "3", "4"] {
            assert!(count(Distribution::int, value).abs_diff(2500) < 150);
        }
        assert!(count(Distribution::log_int, "1") > 2 * count(Distribution::log_int, "3"));
        assert!(count(Distribution::log_int, "4") > 800);
    }

    #[test]
    fn the_last_digits_of_large_whole_numbers_are_drawn_too() {
        let drawn = texts(Distribution::int, "0", "9223372036854775807", 1000);
        let numbers: Vec<u64> = drawn.iter().map(|text| text.parse().unwrap()).collect();
        for bit in 0..63 {
            let set = numbers.iter().filter(|number| *number >> bit & 1 == 1).count();
            assert!(set.abs_diff(500) < 80, "bit {bit} is set in {set} of 1000");
        }
    }

    #[test]
    fn digits_are_those_asked_for() {
        let unit = Stream::new(1, "lr").unit(0);
        let distribution = make(Distribution::uniform, "0", "1").unwrap();
        let digits = |digits| distribution.text(unit, digits).len() - "0.".len();
        assert_eq!([2, 6, 12].map(digits), [2, 6, 12]);
    }

    #[test]
    fn a_single_value_is_drawn_as_it_is() {
        assert_eq!(texts(Distribution::uniform, "0.123456789", "0.123456789", 1), ["0.123456789"]);
        assert_eq!(texts(Distribution::log_uniform, "1e-5", "1e-5", 1), ["1e-5"]);
        assert_eq!(texts(Distribution::normal, "2.5", "0", 1), ["2.5"]);
        assert_eq!(texts(Distribution::int, "7", "7", 1), ["7"]);
    }

    #[test]
    fn the_ends_of_the_draws_are_finite() {
        for maker in [Distribution::normal as Maker, Distribution::log_normal] {
            let distribution = make(maker, "0", "1").unwrap();
            for bits in [0, u64::MAX] {
                let value: f64 = distribution.text(Unit::from_bits(bits), DIGITS).parse().unwrap();
                assert!(value.is_finite() && value.abs() < 5000.0, "{value}");
            }
        }
    }

    #[test]
    fn numbers_that_make_no_sense_are_errors() {
        use DistributionError::{LowAboveHigh, NegativeDeviation, NotPositive, NotWhole, OutOfReach};
        let cases: [(Maker, &str, &str, DistributionError); 13] = [
            (Distribution::uniform, "1", "0.9", LowAboveHigh),
            (Distribution::uniform, "0", "1e400", OutOfReach),
            (Distribution::log_uniform, "0", "1", NotPositive),
            (Distribution::log_uniform, "-1", "1", NotPositive),
            (Distribution::log_uniform, "1e-400", "1", OutOfReach),
            (Distribution::log_uniform, "2", "1", LowAboveHigh),
            (Distribution::normal, "0", "-1", NegativeDeviation),
            (Distribution::normal, "1e400", "1", OutOfReach),
            (Distribution::log_normal, "700", "1", OutOfReach),
            (Distribution::int, "0.5", "2", NotWhole),
            (Distribution::int, "0", "1e19", NotWhole),
            (Distribution::int, "2", "1", LowAboveHigh),
            (Distribution::log_int, "0", "1", NotPositive),
        ];
        for (maker, one, two, error) in cases {
            assert_eq!(make(maker, one, two), Err(error), "{one} {two}");
        }
    }

    proptest! {
        #[test]
        fn draws_keep_their_bounds(a in 1_i64..10_000_000, b in 1_i64..10_000_000, p in -9..3_i32, bits in any::<u64>(), digits in 1_u32..17) {
            let (low, high) = (a.min(b), a.max(b));
            let decimal = |number: i64, exponent| Decimal::new(number.into(), exponent).unwrap();
            for (maker, exponent) in [(Distribution::uniform as Maker, p), (Distribution::log_uniform, p), (Distribution::int, 0), (Distribution::log_int, 0)] {
                let (low, high) = (decimal(low, exponent), decimal(high, exponent));
                let distribution = maker(low, high).unwrap();
                for bits in [0, bits, u64::MAX] {
                    let drawn = Decimal::parse(&distribution.text(Unit::from_bits(bits), digits)).unwrap();
                    prop_assert!(low <= drawn && drawn <= high);
                }
            }
        }
    }
}
