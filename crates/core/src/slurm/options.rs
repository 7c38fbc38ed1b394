//! The options that sbatch has: what each takes, its short letter, and which of them are not the user's to set.

mod table;

use table::OPTIONS;

/// A long option of sbatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SbatchOption {
    /// The name without its dashes.
    pub name: &'static str,
    /// The short form, where there is one: `p` for `partition`.
    pub letter: Option<char>,
    /// Whether a value belongs to it.
    pub takes: Takes,
    /// Whether a user may set it.
    pub role: Role,
}

/// Whether a value belongs to an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A bare flag: `--hold`.
    Nothing,
    /// Never without: `--mem=8G`.
    Value,
    /// Both ways: `--exclusive`, `--exclusive=user`.
    OptionalValue,
}

/// Who decides about an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The user; it goes to sbatch as written.
    Passed,
    /// neurun itself; a user who sets it would break what neurun promises.
    Refused {
        /// What serves the same wish, as a sentence's end.
        instead: &'static str,
    },
}

/// What a name that is not an option may have been meant to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Abbreviated {
    /// The beginning of exactly one name, which sbatch itself would accept.
    Of(&'static SbatchOption),
    /// The beginning of several names.
    OneOf(Vec<&'static str>),
}

/// Finds an option by its full long name.
pub fn lookup(name: &str) -> Option<&'static SbatchOption> {
    OPTIONS.binary_search_by(|option| option.name.cmp(name)).ok().and_then(|index| OPTIONS.get(index))
}

/// Finds an option by its short letter; letters are case-sensitive (`n` tasks, `N` nodes).
pub fn by_letter(letter: char) -> Option<&'static SbatchOption> {
    OPTIONS.iter().find(|option| option.letter == Some(letter))
}

/// Finds the options that start with an incomplete name of at least two letters.
///
/// sbatch accepts unique beginnings, but what is unique changes with its release, so they are not taken over.
pub fn abbreviated(name: &str) -> Option<Abbreviated> {
    let starting: Vec<_> = OPTIONS.iter().filter(|option| option.name.starts_with(name)).collect();
    match starting.as_slice() {
        _ if name.len() < 2 => None,
        [] => None,
        [only] => Some(Abbreviated::Of(only)),
        several => Some(Abbreviated::OneOf(several.iter().map(|option| option.name).collect())),
    }
}

/// Lists the full names, in the order of the alphabet.
pub fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|option| option.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_sorted_so_that_every_one_is_found() {
        assert!(OPTIONS.is_sorted_by(|one, next| one.name < next.name));
        assert!(names().all(|name| lookup(name).is_some_and(|option| option.name == name)));
        assert_eq!(lookup("mems"), None);
    }

    #[test]
    fn a_letter_belongs_to_one_option() {
        let letters: Vec<_> = OPTIONS.iter().filter_map(|option| option.letter).collect();
        assert_eq!(letters.iter().collect::<BTreeSet<_>>().len(), letters.len());
        assert_eq!(by_letter('t').map(|option| option.name), Some("time"));
        assert_eq!(by_letter('N').map(|option| option.name), Some("nodes"));
        assert_eq!(by_letter('z'), None);
    }

    #[test]
    fn a_beginning_is_told_from_a_name() {
        assert_eq!(abbreviated("part"), Some(Abbreviated::Of(lookup("partition").unwrap())));
        assert_eq!(abbreviated("cpus"), Some(Abbreviated::OneOf(vec!["cpus-per-gpu", "cpus-per-task"])));
        assert_eq!(abbreviated("tiem"), None);
        assert_eq!(abbreviated("p"), None);
    }

    #[test]
    fn what_neurun_owns_is_refused() {
        for name in
            ["array", "wrap", "parsable", "test-only", "wait", "help", "usage", "version", "quiet", "verbose"]
        {
            assert!(matches!(lookup(name).unwrap().role, Role::Refused { .. }), "{name}");
        }
        assert_eq!(lookup("job-name").unwrap().role, Role::Passed);
    }

    #[test]
    fn what_an_option_takes_is_known() {
        assert_eq!(lookup("hold").unwrap().takes, Takes::Nothing);
        assert_eq!(lookup("mem").unwrap().takes, Takes::Value);
        assert_eq!(lookup("exclusive").unwrap().takes, Takes::OptionalValue);
    }
}
