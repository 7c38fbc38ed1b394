//! Sets of array indices in Slurm's compact notation: `0-3,7,9-12`.

use std::fmt;
use std::str::FromStr;

use super::id::digits;

/// The highest number of indices that any Slurm takes (`MaxArraySize`, `man slurm.conf`).
const MOST_INDICES: usize = 4_000_001;

/// A set of array indices, kept as sorted stretches that neither touch nor overlap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexSet {
    stretches: Vec<(u32, u32)>,
}

impl IndexSet {
    /// Says whether the index is in the set.
    pub fn contains(&self, index: u32) -> bool {
        let after = self.stretches.partition_point(|&(first, _)| first <= index);
        after > 0 && self.stretches[after - 1].1 >= index
    }

    /// Counts the indices.
    pub fn len(&self) -> usize {
        self.stretches.iter().map(|&(first, last)| (last - first) as usize + 1).sum()
    }

    /// Says whether there is no index.
    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// Gives the indices in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.stretches.iter().flat_map(|&(first, last)| first..=last)
    }

    /// Gives the highest index: the one that `MaxArraySize` caps.
    pub fn last(&self) -> Option<u32> {
        self.stretches.last().map(|&(_, last)| last)
    }

    fn from_unordered(mut stretches: Vec<(u32, u32)>) -> Self {
        stretches.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::new();
        for (first, last) in stretches {
            match joined.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => joined.push((first, last)),
            }
        }
        Self { stretches: joined }
    }
}

impl FromIterator<u32> for IndexSet {
    fn from_iter<I: IntoIterator<Item = u32>>(indices: I) -> Self {
        Self::from_unordered(indices.into_iter().map(|index| (index, index)).collect())
    }
}

/// A set of indices and how many of them may run at once: the value of `sbatch --array`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArraySpec {
    /// The indices.
    pub indices: IndexSet,
    /// The limit behind `%`.
    pub at_once: Option<u32>,
}

impl From<IndexSet> for ArraySpec {
    fn from(indices: IndexSet) -> Self {
        Self { indices, at_once: None }
    }
}

/// Why a text is no set of indices.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRanges {
    /// Slurm shortened the list (it does so at 64 bytes unless `SLURM_BITSTR_LEN` is 0), so some are unknown.
    #[error("the list of array indices {text:?} was cut short by Slurm")]
    Cut {
        /// What was read.
        text: String,
    },
    /// It is not written like one, or names more indices than any Slurm takes.
    #[error("{text:?} is not a list of array indices such as 0-3,7")]
    Malformed {
        /// What was read.
        text: String,
    },
}

impl fmt::Display for IndexSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, &(first, last)) in self.stretches.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ArraySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at_once {
            Some(limit) => write!(f, "{}%{limit}", self.indices),
            None => write!(f, "{}", self.indices),
        }
    }
}

impl FromStr for IndexSet {
    type Err = BadRanges;

    fn from_str(text: &str) -> Result<Self, BadRanges> {
        if text.contains("...") {
            return Err(BadRanges::Cut { text: text.to_owned() });
        }
        read_set(text).ok_or_else(|| BadRanges::Malformed { text: text.to_owned() })
    }
}

impl FromStr for ArraySpec {
    type Err = BadRanges;

    fn from_str(text: &str) -> Result<Self, BadRanges> {
        let Some((indices, limit)) = text.split_once('%') else {
            return Ok(Self::from(text.parse::<IndexSet>()?));
        };
        let limit = digits(limit).ok_or_else(|| BadRanges::Malformed { text: text.to_owned() })?;
        Ok(Self { indices: indices.parse()?, at_once: Some(limit) })
    }
}

fn read_set(text: &str) -> Option<IndexSet> {
    let mut stretches = Vec::new();
    for part in text.split(',') {
        read_part(part, &mut stretches)?;
        let is_too_many = stretches.len() > MOST_INDICES;
        if is_too_many {
            return None;
        }
    }
    let set = IndexSet::from_unordered(stretches);
    (set.len() <= MOST_INDICES).then_some(set)
}

/// Reads `7`, `0-3` or `0-8:2`.
fn read_part(part: &str, stretches: &mut Vec<(u32, u32)>) -> Option<()> {
    let Some((first, rest)) = part.split_once('-') else {
        let index = digits(part)?;
        stretches.push((index, index));
        return Some(());
    };
    let (last, step) = match rest.split_once(':') {
        None => (digits(rest)?, 1),
        Some((last, step)) => (digits(last)?, digits(step)?),
    };
    let first = digits(first)?;
    if step == 0 || first > last || (last - first) as usize / step as usize >= MOST_INDICES {
        return None;
    }
    match step {
        1 => stretches.push((first, last)),
        _ => stretches.extend((first..=last).step_by(step as usize).map(|index| (index, index))),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_survives_its_notation(indices in prop::collection::btree_set(0u32..200, 1..120), at_once: Option<u32>) {
            let spec = ArraySpec { indices: indices.iter().copied().collect(), at_once };
            prop_assert_eq!(spec.to_string().parse::<ArraySpec>(), Ok(spec.clone()));
            prop_assert_eq!(spec.indices.iter().collect::<BTreeSet<_>>(), indices.clone());
            prop_assert_eq!(spec.indices.len(), indices.len());
            prop_assert_eq!(spec.indices.last(), indices.last().copied());
        }

        #[test]
        fn contains_agrees_with_a_plain_set(indices in prop::collection::vec(0u32..60, 0..40), asked in 0u32..62) {
            let set: IndexSet = indices.iter().copied().collect();
            prop_assert_eq!(set.contains(asked), indices.contains(&asked));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[0-9,:%.-]{0,30}") {
            if let Ok(spec) = text.parse::<ArraySpec>() {
                prop_assert!(!spec.indices.is_empty());
            }
        }
    }

    fn shown(text: &str) -> String {
        text.parse::<ArraySpec>().map_or_else(|bad| bad.to_string(), |spec| spec.to_string())
    }

    #[test]
    fn what_slurm_prints_is_read() {
        assert_eq!(shown("3"), "3");
        assert_eq!(shown("0-59%5"), "0-59%5");
        assert_eq!(shown("4,10-57%3"), "4,10-57%3");
        assert_eq!(shown("0-8:2"), "0,2,4,6,8");
        assert_eq!(shown("5,1-3,4"), "1-5");
    }

    #[test]
    fn a_shortened_list_is_never_taken_for_the_whole() {
        assert_eq!(shown("0,2,4,..."), r#"the list of array indices "0,2,4,..." was cut short by Slurm"#);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "x", "3-1", "1-", "-1", "1,,2", "0-4:0", "0-4294967295", "0-4294967295:3", "1%", "+1"]
        {
            assert!(text.parse::<ArraySpec>().is_err(), "{text}");
        }
    }
}
