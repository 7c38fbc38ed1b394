//! Sobol's sequence: points that fill a space evenly, however many are taken of them.

use super::Unit;
use super::sobol_directions::DIRECTIONS;

/// The number of dimensions that there are direction numbers for.
pub const DIMENSIONS: usize = DIRECTIONS.len();

/// As many draws as 32 direction numbers tell apart.
pub(super) const DRAWS: u64 = 1 << BITS;
const BITS: u32 = u32::BITS;

/// One dimension of the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dimension {
    /// What each bit of a draw's Gray code adds.
    directions: [u32; BITS as usize],
}

impl Dimension {
    /// The dimension at a place, counted from 0; `None` past the last one that there are numbers for.
    ///
    /// Joe and Kuo, SIAM J. Sci. Comput. 30 (2008), 2635-2654, describe how all direction numbers follow from the
    /// first.
    pub(super) fn new(place: usize) -> Option<Self> {
        let (polynomial, initial) = DIRECTIONS.get(place)?;
        let degree = initial.len();
        let mut directions = [0; BITS as usize];
        for bit in 0..directions.len() {
            let shift = BITS as usize - 1 - bit;
            directions[bit] = match initial.get(bit) {
                Some(number) => u32::from(*number) << shift,
                None if degree == 0 => 1 << shift,
                None => {
                    let oldest = directions[bit - degree];
                    let inner = (1..degree).filter(|back| polynomial >> (degree - back) & 1 == 1);
                    inner.fold(oldest ^ (oldest >> degree), |sum, back| sum ^ directions[bit - back])
                }
            };
        }
        Some(Self { directions })
    }

    /// The number of a draw below `DRAWS`. The draws come in the order of their Gray codes, as scipy has them.
    pub(super) fn unit(&self, draw: u64) -> Unit {
        let gray = draw ^ (draw >> 1);
        let used = self.directions.iter().enumerate().filter(|(bit, _)| gray >> bit & 1 == 1);
        let sum = used.fold(0, |sum, (_, direction)| sum ^ direction);
        Unit::from_bits(u64::from(sum) << BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The 32 bits of a draw.
    fn bits(dimension: &Dimension, draw: u64) -> u64 {
        u64::try_from(dimension.unit(draw).part_of(1 << BITS)).unwrap()
    }

    #[test]
    fn the_sequence_is_that_of_scipy() {
        // scipy 1.17.1: qmc.Sobol(128, scramble=False, bits=32).random(1024), dimensions 0, 1, 2, 3, 7, 20, 63 and 127.
        let known: [(u64, [u64; 8]); 3] = [
            (
                7,
                [
                    536_870_912,
                    2_684_354_560,
                    1_610_612_736,
                    536_870_912,
                    2_684_354_560,
                    3_758_096_384,
                    1_610_612_736,
                    1_610_612_736,
                ],
            ),
            (
                100,
                [
                    1_778_384_896,
                    1_107_296_256,
                    3_321_888_768,
                    3_120_562_176,
                    2_046_820_352,
                    3_254_779_904,
                    2_785_017_856,
                    1_979_711_488,
                ],
            ),
            (
                1023,
                [
                    4_194_304,
                    3_233_808_384,
                    2_629_828_608,
                    624_951_296,
                    2_654_994_432,
                    3_720_347_648,
                    171_966_464,
                    3_007_315_968,
                ],
            ),
        ];
        for (draw, numbers) in known {
            let ours = [0, 1, 2, 3, 7, 20, 63, 127].map(|place| bits(&Dimension::new(place).unwrap(), draw));
            assert_eq!(ours, numbers, "draw {draw}");
        }
    }

    #[test]
    fn all_dimensions_are_those_of_scipy() {
        let dimensions: Vec<_> = (0..DIMENSIONS).map(|place| Dimension::new(place).unwrap()).collect();
        let fold = |sum: u64, number: u64| sum.wrapping_mul(31).wrapping_add(number);
        let numbers =
            (0..1024).flat_map(|draw| dimensions.iter().map(move |dimension| bits(dimension, draw)));
        assert_eq!(numbers.fold(0, fold), 13_303_488_163_717_578_752, "the same sum over scipy's numbers");
        assert_eq!(Dimension::new(DIMENSIONS), None);
    }

    #[test]
    fn every_part_of_a_dimension_is_hit_once() {
        for place in 0..DIMENSIONS {
            let dimension = Dimension::new(place).unwrap();
            let mut parts: Vec<_> = (0..256).map(|draw| dimension.unit(draw).part_of(256)).collect();
            parts.sort_unstable();
            assert!(parts.into_iter().eq(0..256), "dimension {place}");
        }
    }
}
