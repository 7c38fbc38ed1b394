//! Sets of array indices in Slurm's notation, which has steps, limits and abbreviations: `0-8:2`, `0-59%5`, `0,2,...`.

use std::fmt;
use std::str::FromStr;

use crate::ranges::Ranges;

/// An array can have no more indices: the highest `MaxArraySize` that Slurm takes (slurm.conf(5)). A longer list is
/// damaged, and must not eat the machine's memory.
const MOST_INDICES: u64 = 4_000_001;

/// The tasks of an array, and how many of them may execute at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArraySpec {
    /// The indices.
    pub indices: Ranges,
    /// The limit behind `%`, where there is one.
    pub at_once: Option<u32>,
}

impl From<Ranges> for ArraySpec {
    fn from(indices: Ranges) -> Self {
        Self { indices, at_once: None }
    }
}

/// Why a text is no list of indices.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRanges {
    /// Slurm shortened the list (`SLURM_BITSTR_LEN`, squeue(1)): what is missing is not known.
    #[error("the list of array indices {text:?} was cut short by Slurm")]
    Cut {
        /// What Slurm printed.
        text: String,
    },
    /// It is something else.
    #[error("{text:?} is not a list of array indices such as 0-3,7")]
    Malformed {
        /// What was read.
        text: String,
    },
}

impl fmt::Display for ArraySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at_once {
            Some(limit) => write!(f, "{}%{limit}", self.indices),
            None => write!(f, "{}", self.indices),
        }
    }
}

impl FromStr for ArraySpec {
    type Err = BadRanges;

    fn from_str(text: &str) -> Result<Self, BadRanges> {
        let malformed = || BadRanges::Malformed { text: text.to_owned() };
        let (list, at_once) = match text.split_once('%') {
            Some((list, limit)) => (list, Some(digits(limit).ok_or_else(malformed)?)),
            None => (text, None),
        };
        if list.contains("...") {
            return Err(BadRanges::Cut { text: text.to_owned() });
        }
        let stretches: Option<Vec<Ranges>> = list.split(',').map(read_part).collect();
        let indices: Ranges = stretches.ok_or_else(malformed)?.into_iter().collect();
        if indices.len() > MOST_INDICES {
            return Err(malformed());
        }
        Ok(Self { indices, at_once })
    }
}

/// Reads `7`, `0-3` or `0-8:2`.
fn read_part(part: &str) -> Option<Ranges> {
    let Some((first, rest)) = part.split_once('-') else {
        return Some(Ranges::single(digits(part)?.into()));
    };
    let (last, step) = match rest.split_once(':') {
        None => (digits(rest)?, 1),
        Some((last, step)) => (digits(last)?, digits(step)?),
    };
    let (first, last, step) = (u64::from(digits(first)?), u64::from(last), u64::from(step));
    if step == 0 || first > last || (last - first) / step >= MOST_INDICES {
        return None;
    }
    let step = usize::try_from(step).ok()?;
    Some(if step == 1 { Ranges::span(first, last) } else { (first..=last).step_by(step).collect() })
}

/// Reads decimal digits and nothing else: no sign, no blank.
pub(super) fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_survives_its_notation(indices in prop::collection::btree_set(0u64..200, 1..120), at_once: Option<u32>) {
            let spec = ArraySpec { indices: indices.iter().copied().collect(), at_once };
            prop_assert_eq!(spec.to_string().parse::<ArraySpec>(), Ok(spec.clone()));
            prop_assert_eq!(spec.indices.iter().collect::<BTreeSet<_>>(), indices.clone());
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
