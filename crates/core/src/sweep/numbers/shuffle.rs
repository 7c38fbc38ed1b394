//! A list in random order, without the list.

use super::Stream;

/// The rounds of the cipher: beyond 4 a Feistel network with random functions cannot be told from a random
/// permutation; the rest makes up for how few bits a short list has.
const ROUNDS: usize = 8;

/// A random permutation of the numbers below a count, any place of which is found without the others.
///
/// A Feistel network permutes the numbers of an even number of bits, at most four times as many as are needed; where
/// it leads out of the list, it is followed on until it leads back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shuffle {
    count: u64,
    half_bits: u32,
    rounds: [Stream; ROUNDS],
}

impl Shuffle {
    /// Makes the permutation that a seed stands for; the same on every machine.
    pub fn new(count: u64, seed: u64) -> Self {
        Self::of_stream(count, Stream::new(seed, "shuffle"))
    }

    /// Makes the permutation that a stream stands for.
    pub(super) fn of_stream(count: u64, stream: Stream) -> Self {
        let bits = u64::BITS - count.saturating_sub(1).leading_zeros();
        let half_bits = bits.div_ceil(2).max(1);
        let rounds = std::array::from_fn(|round| stream.child(round as u64));
        Self { count, half_bits, rounds }
    }

    /// The number at a place of the permutation; `None` past the end.
    pub fn at(&self, place: u64) -> Option<u64> {
        let inside = |number: u64| number < self.count;
        if !inside(place) {
            return None;
        }
        let mut number = self.permuted(place);
        while !inside(number) {
            number = self.permuted(number);
        }
        Some(number)
    }

    fn permuted(&self, number: u64) -> u64 {
        let mask = (1_u64 << self.half_bits) - 1;
        let (mut left, mut right) = (number >> self.half_bits, number & mask);
        for round in self.rounds {
            // The upper bits are the best mixed ones.
            (left, right) = (right, left ^ (round.bits(right) >> (u64::BITS - self.half_bits)));
        }
        (left << self.half_bits) | right
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(count: u64, seed: u64) -> Vec<u64> {
        (0..count).map(|place| Shuffle::new(count, seed).at(place).unwrap()).collect()
    }

    #[test]
    fn orders_are_pinned() {
        assert_eq!(order(10, 0), [8, 4, 6, 1, 0, 3, 9, 2, 5, 7]);
        assert_eq!(order(10, 1), [0, 7, 1, 3, 5, 4, 8, 6, 2, 9]);
        assert_eq!(order(1, 0), [0]);
        assert_eq!(Shuffle::new(0, 0).at(0), None);
    }

    #[test]
    fn a_huge_list_needs_no_memory() {
        let shuffle = Shuffle::new(u64::MAX, 3);
        let all: std::collections::HashSet<_> = (0..1000).map(|place| shuffle.at(place).unwrap()).collect();
        assert_eq!(all.len(), 1000);
        assert_eq!(shuffle.at(u64::MAX), None);
    }

    #[test]
    fn every_order_of_a_short_list_is_about_as_likely() {
        let mut seen = std::collections::BTreeMap::new();
        for seed in 0..2400 {
            *seen.entry(order(4, seed)).or_insert(0_u32) += 1;
        }
        assert_eq!(seen.len(), 24, "{seen:?}");
        assert!(seen.values().all(|times| (50..=150).contains(times)), "{seen:?}");
    }

    proptest! {
        #[test]
        fn an_order_has_every_number_once(count in 0_u64..2000, seed in any::<u64>()) {
            let mut numbers = order(count, seed);
            numbers.sort_unstable();
            prop_assert!(numbers.into_iter().eq(0..count));
        }
    }
}
