//! Drawing one of several values, all alike or by weights.

use super::{Decimal, Unit};
use crate::counted;

/// Says why nothing can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PickError {
    /// There is no value.
    #[error("there is nothing to choose from")]
    Nothing,
    /// There are not as many weights as values.
    #[error("{} for {}", counted(*weights as u64, "weight"), counted(*values as u64, "value"))]
    WrongNumber {
        /// The number of values.
        values: usize,
        /// The number of weights.
        weights: usize,
    },
    /// A weight is below 0.
    #[error("weight {} is negative", place + 1)]
    Negative {
        /// Its place, counted from 0.
        place: usize,
    },
    /// A weight, or the sum of all, is beyond what a floating-point number can hold.
    #[error("the weights are too large to be added")]
    TooLarge,
    /// All weights are 0.
    #[error("all weights are 0")]
    AllZero,
}

/// A draw of one of several values.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Even {
        count: usize,
    },
    Weighted {
        /// For each value the sum of its weight and those before it.
        sums: Vec<f64>,
        /// The last value with a weight, for where rounding leads past the sum of all.
        last: usize,
    },
}

impl Pick {
    /// A draw of `count` values that are equally likely.
    pub fn even(count: usize) -> Result<Self, PickError> {
        if count == 0 { Err(PickError::Nothing) } else { Ok(Self(Kind::Even { count })) }
    }

    /// A draw of `count` values by their weights, which need no certain sum.
    pub fn weighted(count: usize, weights: &[Decimal]) -> Result<Self, PickError> {
        if count == 0 {
            return Err(PickError::Nothing);
        }
        if weights.len() != count {
            return Err(PickError::WrongNumber { values: count, weights: weights.len() });
        }
        if let Some(place) = weights.iter().position(|weight| weight.signum() < 0) {
            return Err(PickError::Negative { place });
        }
        let weights: Vec<_> = weights.iter().map(|weight| weight.to_f64()).collect();
        let last = weights.iter().rposition(|weight| *weight > 0.0).ok_or(PickError::AllZero)?;
        let sums = weights.iter().scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        let sums: Vec<f64> = sums.collect();
        if sums[last].is_finite() {
            Ok(Self(Kind::Weighted { sums, last }))
        } else {
            Err(PickError::TooLarge)
        }
    }

    /// The place of the drawn value, counted from 0.
    pub fn place(&self, unit: Unit) -> usize {
        match &self.0 {
            Kind::Even { count } => usize::try_from(unit.part_of(*count as u128)).unwrap_or(0),
            Kind::Weighted { sums, last } => {
                let target = unit.value() * sums[*last];
                sums.partition_point(|sum| *sum <= target).min(*last)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::numbers::Stream;

    fn weights(texts: &[&str]) -> Vec<Decimal> {
        texts.iter().map(|text| Decimal::parse(text).unwrap()).collect()
    }

    fn tally(pick: &Pick, count: usize) -> Vec<u32> {
        let mut times = vec![0; count];
        for draw in 0..10_000 {
            times[pick.place(Stream::new(1, "opt").unit(draw))] += 1;
        }
        times
    }

    #[test]
    fn values_come_as_often_as_they_weigh() {
        let even = tally(&Pick::even(4).unwrap(), 4);
        assert!(even.iter().all(|times| times.abs_diff(2500) < 150), "{even:?}");
        let pick = Pick::weighted(4, &weights(&["0", "3", "1.0", "0"])).unwrap();
        let weighted = tally(&pick, 4);
        assert_eq!((weighted[0], weighted[3]), (0, 0));
        assert!(weighted[1].abs_diff(7500) < 150, "{weighted:?}");
        assert_eq!(pick.place(Unit::from_bits(0)), 1);
        assert_eq!(pick.place(Unit::from_bits(u64::MAX)), 2);
    }

    #[test]
    fn weights_that_make_no_sense_are_errors() {
        assert_eq!(Pick::even(0), Err(PickError::Nothing));
        assert_eq!(Pick::weighted(0, &[]), Err(PickError::Nothing));
        assert_eq!(
            Pick::weighted(2, &weights(&["1"])),
            Err(PickError::WrongNumber { values: 2, weights: 1 })
        );
        assert_eq!(Pick::weighted(2, &weights(&["1", "-1"])), Err(PickError::Negative { place: 1 }));
        assert_eq!(Pick::weighted(2, &weights(&["0", "-0.0"])), Err(PickError::AllZero));
        assert_eq!(Pick::weighted(1, &weights(&["1e400"])), Err(PickError::TooLarge));
    }
}
