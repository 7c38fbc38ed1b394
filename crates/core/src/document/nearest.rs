//! The known name that a mistyped one was probably meant to be.

/// Finds the candidate closest to `word`, case aside, if it is close enough to be worth suggesting: at most one slip
/// (a missing, extra, wrong or swapped letter) for every three letters, and never a wholly different word.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = word.to_lowercase();
    let letters = typed.chars().count();
    let most = (letters / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&typed, &candidate.to_lowercase()), candidate))
        .filter(|(slips, _)| *slips <= most && *slips < letters)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const NAMES: [&str; 4] = ["time", "mem", "partition", "gres"];

    #[test]
    fn a_slip_is_forgiven() {
        assert_eq!(nearest("tiem", NAMES), Some("time"));
        assert_eq!(nearest("partion", NAMES), Some("partition"));
        assert_eq!(nearest("Time", NAMES), Some("time"));
        assert_eq!(nearest("gress", NAMES), Some("gres"));
    }

    #[test]
    fn another_word_is_not_a_slip() {
        assert_eq!(nearest("colour", NAMES), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("", NAMES), None);
    }

    #[test]
    fn the_closest_wins_and_the_first_of_equals() {
        assert_eq!(nearest("gpus", ["cpus", "gpus"]), Some("gpus"));
        assert_eq!(nearest("xpus", ["cpus", "gpus"]), Some("cpus"));
    }
}
