//! How runs are parted into arrays. Pure.

use crate::ranges::Ranges;

/// How long the list of an array's runs may be as text: it stands in a record and on sbatch's command line.
const LONGEST_LIST: usize = 2000;

/// Some runs that one submission takes, and what is added to a task's index to get its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// What is added.
    pub(super) base: u64,
    /// The runs.
    pub(super) runs: Ranges,
}

/// Parts runs into arrays of which no index reaches `array_size`: the largest index counts, however few there are, so
/// each begins at index 0.
pub(super) fn parts(runs: &Ranges, array_size: u64) -> Vec<Part> {
    let size = array_size.max(1);
    let mut parts: Vec<Part> = Vec::new();
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    let mut base = 0;
    let mut length = 0;
    let mut close = |base: u64, stretches: &mut Vec<(u64, u64)>| {
        if !stretches.is_empty() {
            let spans = stretches.drain(..).map(|(first, last)| Ranges::span(first, last));
            parts.push(Part { base, runs: spans.collect() });
        }
    };
    for &(first, last) in runs.stretches() {
        let mut next = first;
        while next <= last {
            let is_full = length + 1 + written(next, last) > LONGEST_LIST;
            if stretches.is_empty() || next - base >= size || is_full {
                close(base, &mut stretches);
                (base, length) = (next, 0);
            }
            let end = last.min(base.saturating_add(size - 1));
            length += 1 + written(next, end);
            stretches.push((next, end));
            next = end + 1;
        }
    }
    close(base, &mut stretches);
    parts
}

/// Counts the letters of a stretch.
fn written(first: u64, last: u64) -> usize {
    Ranges::span(first, last).to_string().len()
}

impl Part {
    /// Keeps its first `count` runs.
    #[must_use]
    pub(super) fn first(&self, count: u64) -> Self {
        let runs = self.runs.iter().take(usize::try_from(count).unwrap_or(usize::MAX));
        Self { base: self.base, runs: runs.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(runs: &str, size: u64) -> String {
        let parts = parts(&runs.parse().unwrap(), size);
        parts.iter().map(|part| format!("{}+{}", part.base, part.runs)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn arrays_begin_at_their_first_run() {
        assert_eq!(shown("0-11", 1001), "0+0-11");
        assert_eq!(shown("0-11", 5), "0+0-4 5+5-9 10+10-11");
        assert_eq!(shown("3,7,900,905", 10), "3+3,7 900+900,905");
        assert_eq!(shown("", 10), "");
    }

    proptest! {
        /// Every run is in exactly one part, no index is too large, and no list too long.
        #[test]
        fn every_run_is_handed_over_once(
            runs in prop::collection::btree_set(0u64..3000, 0..900),
            size in 1u64..2000,
        ) {
            let parts = parts(&runs.iter().copied().collect(), size);
            let all: Vec<u64> = parts.iter().flat_map(|part| part.runs.iter().collect::<Vec<_>>()).collect();
            prop_assert_eq!(all, runs.into_iter().collect::<Vec<_>>());
            for part in parts {
                prop_assert_eq!(part.runs.iter().next(), Some(part.base));
                prop_assert!(part.runs.iter().all(|run| run - part.base < size));
                prop_assert!(part.runs.to_string().len() <= LONGEST_LIST);
            }
        }
    }
}
