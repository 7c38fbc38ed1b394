//! An order in which every first part of a list is spread over the whole list.

/// The numbers below a count in the order of their reversed bits (van der Corput's sequence): 0, 4, 2, 6, 1, 5, 3, 7.
/// Whoever stops somewhere in it has looked evenly at the whole list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interleave {
    count: u64,
}

impl Interleave {
    /// Makes the order for so many numbers.
    pub fn new(count: u64) -> Self {
        Self { count }
    }

    /// The number at a place of the order; `None` past the end.
    ///
    /// Reversed, the order is sorted by the lowest bit, then by the second lowest, and so on. Bit by bit it is known
    /// how many numbers have a 0 there, which tells on which side the place is.
    pub fn at(&self, place: u64) -> Option<u64> {
        if place >= self.count {
            return None;
        }
        let (mut number, mut place) = (0_u64, place);
        for bit in 0..u64::BITS - (self.count - 1).leading_zeros() {
            // Numbers below the count that end in the bits found so far and a 0.
            let with_zero = ((self.count - 1 - number) >> bit >> 1) + 1;
            if place >= with_zero {
                place -= with_zero;
                number |= 1 << bit;
            }
        }
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(count: u64) -> Vec<u64> {
        (0..count).map(|place| Interleave::new(count).at(place).unwrap()).collect()
    }

    #[test]
    fn the_order_is_that_of_reversed_bits() {
        assert_eq!(order(8), [0, 4, 2, 6, 1, 5, 3, 7]);
        assert_eq!(order(5), [0, 4, 2, 1, 3]);
        assert_eq!(order(1), [0]);
        assert!(order(0).is_empty());
        assert_eq!(Interleave::new(u64::MAX).at(1), Some(1 << 63));
        assert_eq!(Interleave::new(u64::MAX).at(u64::MAX - 1), Some(u64::MAX >> 1));
    }

    proptest! {
        #[test]
        fn the_order_is_the_sorted_one(count in 1_u64..3000) {
            let mut sorted: Vec<_> = (0..count).collect();
            sorted.sort_by_key(|number| number.reverse_bits());
            prop_assert_eq!(order(count), sorted);
            prop_assert_eq!(Interleave::new(count).at(count), None);
        }

        #[test]
        fn every_first_part_leaves_no_large_gap(count in 2_u64..3000, share in 1_u64..100) {
            let part = (count * share / 100).max(1);
            let mut seen = order(count)[..usize::try_from(part).unwrap()].to_vec();
            seen.extend([0, count]);
            seen.sort_unstable();
            let widest = seen.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
            prop_assert!(widest <= 4 * count.div_ceil(part), "{widest} of {count} after {part}");
        }
    }
}
