//! Sets of run or task numbers, written as people and Slurm write them: `0-3,7,9-12`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A set of numbers, kept as its unbroken stretches, ascending and apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Ranges(Vec<(u64, u64)>);

/// Tells why a text is no set of numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a list of numbers and ranges such as `0-3,7`")]
pub struct RangesError(String);

impl Ranges {
    /// Holds `first` to `last`, both included; nothing where `last` is below `first`.
    pub fn span(first: u64, last: u64) -> Self {
        if last < first { Self::default() } else { Self(vec![(first, last)]) }
    }

    /// Holds one number.
    pub fn single(number: u64) -> Self {
        Self::span(number, number)
    }

    /// Counts the numbers.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Tells whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether `number` is held.
    pub fn contains(&self, number: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= number);
        after > 0 && number <= self.0[after - 1].1
    }

    /// Counts the numbers below `number`.
    pub fn count_below(&self, number: u64) -> u64 {
        let before = self.0.iter().take_while(|(first, _)| *first < number);
        before.map(|(first, last)| (number - first).min(last - first + 1)).sum()
    }

    /// Gives every number, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Gives what is held here and not in `others`.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        let mut left = Vec::new();
        for &(first, last) in &self.0 {
            let mut next = Some(first);
            let after = others.0.partition_point(|(_, end)| *end < first);
            for &(begin, end) in others.0[after..].iter().take_while(|(begin, _)| *begin <= last) {
                let Some(from) = next else { break };
                if from < begin {
                    left.push((from, begin - 1));
                }
                next = end.checked_add(1).filter(|next| *next <= last);
            }
            left.extend(next.map(|from| (from, last)));
        }
        Self(left)
    }

    /// Parts the stretches in two halves.
    pub fn halves(&self) -> (Self, Self) {
        let (first, second) = self.0.split_at(self.0.len() / 2);
        (Self(first.to_vec()), Self(second.to_vec()))
    }

    /// Gives the unbroken stretches, ends included, ascending.
    pub fn stretches(&self) -> &[(u64, u64)] {
        &self.0
    }
}

impl FromIterator<u64> for Ranges {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        let mut stretches: Vec<(u64, u64)> = numbers.into_iter().map(|number| (number, number)).collect();
        stretches.sort_unstable();
        Self(joined(stretches))
    }
}

impl FromIterator<Self> for Ranges {
    fn from_iter<I: IntoIterator<Item = Self>>(sets: I) -> Self {
        let mut stretches: Vec<(u64, u64)> = sets.into_iter().flat_map(|set| set.0).collect();
        stretches.sort_unstable();
        Self(joined(stretches))
    }
}

/// Joins stretches that touch or overlap; they come sorted.
fn joined(sorted: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    let mut out: Vec<(u64, u64)> = Vec::new();
    for (first, last) in sorted {
        match out.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
            _ => out.push((first, last)),
        }
    }
    out
}

impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (first, last)) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(",")?;
            }
            if first == last {
                write!(f, "{first}")?;
            } else {
                write!(f, "{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Ranges {
    type Err = RangesError;

    fn from_str(text: &str) -> Result<Self, RangesError> {
        let read = || -> Option<Vec<(u64, u64)>> {
            text.split(',').filter(|_| !text.is_empty()).map(stretch).collect()
        };
        let mut stretches = read().ok_or_else(|| RangesError(text.to_owned()))?;
        stretches.sort_unstable();
        Ok(Self(joined(stretches)))
    }
}

fn stretch(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

impl Serialize for Ranges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ranges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// A set is the same after it was written and read, and says of every number whether it holds it.
        #[test]
        fn sets_survive(numbers in prop::collection::btree_set(0u64..60, 0..30)) {
            let ranges: Ranges = numbers.iter().copied().collect();
            let read: Ranges = ranges.to_string().parse().unwrap();
            prop_assert_eq!(&read, &ranges);
            prop_assert_eq!(ranges.len(), numbers.len() as u64);
            prop_assert_eq!(ranges.iter().collect::<BTreeSet<_>>(), numbers.clone());
            for number in 0..60 {
                prop_assert_eq!(ranges.contains(number), numbers.contains(&number));
                prop_assert_eq!(ranges.count_below(number), numbers.range(..number).count() as u64);
            }
        }
    }

    proptest! {
        /// What is left without others is exactly what only the first holds.
        #[test]
        fn what_is_left_is_the_difference(
            ours in prop::collection::btree_set(0u64..40, 0..30),
            others in prop::collection::btree_set(0u64..40, 0..30),
        ) {
            let (a, b): (Ranges, Ranges) = (ours.iter().copied().collect(), others.iter().copied().collect());
            let left: Ranges = ours.difference(&others).copied().collect();
            prop_assert_eq!(a.without(&b), left);
        }
    }

    #[test]
    fn what_touches_is_one_stretch() {
        assert_eq!("7,0-3,4,9-12".parse::<Ranges>().unwrap().to_string(), "0-4,7,9-12");
        for wrong in ["a", "3-1", "1,,2", "-"] {
            assert!(wrong.parse::<Ranges>().is_err(), "{wrong}");
        }
    }
}
