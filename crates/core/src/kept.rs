//! Which of many numbered things count: all of them, or a list that takes a byte or two for each, in which the n-th is
//! found without walking over the ones before. So it is with the combinations of a sweep, and with the runs of a plan.

/// The numbers that count, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Every one below this number.
    All(u64),
    /// Some.
    Some(Ascending),
}

impl Kept {
    /// Counts them.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::All(count) => *count,
            Self::Some(numbers) => numbers.count,
        }
    }

    /// Gives the one at a place, counted from 0 and below the count.
    pub(crate) fn at(&self, place: u64) -> u128 {
        match self {
            Self::All(_) => place.into(),
            Self::Some(numbers) => numbers.at(place),
        }
    }
}

/// How many numbers share a mark.
const STRIDE: u64 = 64;

/// Ascending numbers, kept as the gaps between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ascending {
    /// Each gap in groups of seven bits, the lowest first; the eighth bit says that another group follows.
    gaps: Vec<u8>,
    /// For every 64th number: the number before it, and where its gap starts.
    marks: Vec<(u128, usize)>,
    count: u64,
    last: u128,
}

impl Ascending {
    /// Adds a number, which must be above the last one.
    pub(crate) fn push(&mut self, number: u128) {
        if self.count.is_multiple_of(STRIDE) {
            self.marks.push((self.last, self.gaps.len()));
        }
        let mut gap = number - self.last;
        let [mut group, ..] = gap.to_le_bytes();
        while gap > 0x7f {
            self.gaps.push(group | 0x80);
            gap >>= 7;
            [group, ..] = gap.to_le_bytes();
        }
        self.gaps.push(group);
        self.last = number;
        self.count += 1;
    }

    fn at(&self, place: u64) -> u128 {
        let Some((mut number, start)) =
            usize::try_from(place / STRIDE).ok().and_then(|mark| self.marks.get(mark)).copied()
        else {
            return self.last;
        };
        let mut gaps = self.gaps[start..].iter();
        for _ in 0..=place % STRIDE {
            number += read_gap(&mut gaps);
        }
        number
    }
}

fn read_gap<'a>(bytes: &mut impl Iterator<Item = &'a u8>) -> u128 {
    let (mut gap, mut shift) = (0, 0);
    for byte in bytes {
        gap |= u128::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    gap
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_pushed_is_found_at_its_place(gaps in prop::collection::vec(prop_oneof![0_u128..3, any::<u64>().prop_map(u128::from)], 0..300)) {
            let mut numbers = Ascending::default();
            let mut all = Vec::new();
            let mut number = 0;
            for gap in gaps {
                number += gap + u128::from(!all.is_empty());
                numbers.push(number);
                all.push(number);
            }
            let kept = Kept::Some(numbers);
            prop_assert_eq!(kept.count(), all.len() as u64);
            for (place, number) in all.iter().enumerate() {
                prop_assert_eq!(kept.at(place as u64), *number);
            }
        }
    }

    #[test]
    fn a_million_of_ten_million_take_a_megabyte() {
        let mut numbers = Ascending::default();
        (0..1_000_000).for_each(|number| numbers.push(number * 10));
        assert!(numbers.gaps.len() + numbers.marks.len() * size_of::<(u128, usize)>() < 1_600_000);
    }
}
