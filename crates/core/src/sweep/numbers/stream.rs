//! Random numbers without a state: each is a function of a seed, a name and a number.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A number from 0 up to but not including 1, as a whole number of steps of 2^-64, so that whole numbers of 64 bits can be
/// drawn without rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit(u64);

impl Unit {
    /// How many bits a floating-point number holds.
    const FLOAT: u32 = 53;

    /// Takes all bits.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// A number in one of `count` equal parts of the whole, `bits` saying where in it. The caller has `part < count`,
    /// and no more than 2^32 parts.
    pub(super) fn within(part: u64, count: u64, bits: u64) -> Self {
        let lower = |part: u64| (u128::from(part) << u64::BITS).div_ceil(u128::from(count));
        let (low, high) = (lower(part), lower(part + 1));
        let steps = (u128::from(bits) * (high - low)) >> u64::BITS;
        Self(u64::try_from(low + steps).unwrap_or(u64::MAX))
    }

    /// The number itself, as exactly as a floating-point number holds it, and never rounded up.
    #[expect(clippy::cast_precision_loss, reason = "a floating-point number holds 53 bits")]
    pub fn value(self) -> f64 {
        (self.0 >> (u64::BITS - Self::FLOAT)) as f64 / (1_u64 << Self::FLOAT) as f64
    }

    /// Which of `count` equal parts the number is in, at most 2^64 of them.
    pub(super) fn part_of(self, count: u128) -> u128 {
        (u128::from(self.0) * count) >> u64::BITS
    }

    /// The bits of both, where they differ: turns the whole range around in a way that keeps even parts even.
    pub(super) fn shifted(self, by: Self) -> Self {
        Self(self.0 ^ by.0)
    }
}

/// The random numbers of one name under one seed: no other name changes them, and more of them begin like fewer.
///
/// A name's key is its XXH3 hash with the seed, and the numbers are those of `SplitMix64` (Steele, Lea and Flood 2014)
/// started at the key; neither ever changes, so neither do the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// Opens the stream of a name.
    pub fn new(seed: u64, name: &str) -> Self {
        Self { key: xxh3_64_with_seed(name.as_bytes(), seed) }
    }

    /// A stream of its own for a number, which shares nothing with this one.
    pub(super) fn child(self, number: u64) -> Self {
        Self { key: xxh3_64_with_seed(&number.to_le_bytes(), self.key) }
    }

    /// 64 random bits, those of a draw counted from 0.
    pub fn bits(self, draw: u64) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        mixed(self.key.wrapping_add(step.wrapping_mul(draw.wrapping_add(1))))
    }

    /// The random number of a draw, counted from 0.
    pub fn unit(self, draw: u64) -> Unit {
        Unit::from_bits(self.bits(draw))
    }
}

/// The output function of `SplitMix64`.
fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_stream_are_pinned() {
        assert_eq!(Stream::new(1, "lr").key, 11_430_606_704_355_779_344, "what Python's xxhash says");
        let stream = Stream { key: 1_234_567 };
        let published = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([0, 1, 2].map(|draw| stream.bits(draw)), published);
    }

    #[test]
    fn streams_share_no_numbers() {
        let first = |seed, name| (0..100).map(|draw| Stream::new(seed, name).bits(draw)).collect::<Vec<_>>();
        let all = [first(1, "a"), first(2, "a"), first(1, "b"), first(0, "")].concat();
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), all.len());
    }

    #[test]
    fn a_number_stays_below_one() {
        assert_eq!(Unit::from_bits(0).value().to_bits(), 0.0_f64.to_bits());
        assert!(Unit::from_bits(u64::MAX).value() < 1.0);
        assert_eq!(Unit::from_bits(u64::MAX).part_of(1 << 64), u128::from(u64::MAX));
    }

    #[test]
    fn random_numbers_are_uniform() {
        let mut drawn: Vec<_> = (0..10_000).map(|draw| Stream::new(7, "x").unit(draw).value()).collect();
        drawn.sort_by(f64::total_cmp);
        let distance = (0_u32..).zip(&drawn).map(|(rank, value)| (f64::from(rank) / 1e4 - value).abs());
        let distance = distance.fold(0.0, f64::max);
        assert!(distance < 1.36 / 100.0, "Kolmogorov's distance at 5 % is not kept: {distance}");
    }
}
