//! Whether a name is an option that a user may set, and if not, what was meant: the same for the config and for the
//! command line.

use super::SupportKind;
use crate::document::nearest;
use crate::resources::{LOCAL_NAMES, local_fault};
use crate::slurm::options::{self, Abbreviated, Role, SbatchOption, Takes};
use crate::slurm::time::TimeLimit;

/// The names that are good in one place.
#[derive(Clone, Copy)]
pub(super) struct Vocabulary<'a> {
    pub(super) kind: SupportKind,
    /// What plugins of the site add to sbatch.
    pub(super) extra: &'a [String],
}

/// What a good name accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepts {
    /// What the option of sbatch takes.
    Only(Takes),
    /// A plugin's option: what it takes is not known.
    Anything,
}

/// What is wrong with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NameFault {
    /// Leading dashes or a short letter, where the full name without dashes goes.
    Form { right: &'static str },
    /// Underscores, capitals, or an unfinished name.
    Spelling { right: &'static str },
    /// Unfinished, and several names begin so.
    Ambiguous { names: Vec<&'static str> },
    /// No such name, but a near one.
    Misspelled { nearest: String },
    /// Nothing like it is known.
    Unknown,
    /// neurun decides about it.
    Refused { instead: &'static str },
}

impl NameFault {
    /// Whether a plugin of the site could make the name good.
    pub(super) fn may_be_of_a_plugin(&self) -> bool {
        match self {
            Self::Form { .. } | Self::Refused { .. } => false,
            Self::Spelling { .. } | Self::Ambiguous { .. } | Self::Misspelled { .. } | Self::Unknown => true,
        }
    }

    /// Says what is wrong with the name, which is `shown` as the user wrote it.
    pub(super) fn message(&self, shown: &str) -> String {
        match self {
            Self::Form { .. } => format!("`{shown}` is not the long name of an option"),
            Self::Spelling { .. } | Self::Misspelled { .. } | Self::Unknown => {
                format!("there is no option `{shown}`")
            }
            Self::Ambiguous { .. } => format!("`{shown}` is the beginning of several options"),
            Self::Refused { instead } => format!("`{shown}` is not set here: {instead}"),
        }
    }
}

impl Vocabulary<'_> {
    /// Looks up a name as it stands in a config, so without dashes.
    pub(super) fn judge(self, name: &str) -> Result<Accepts, NameFault> {
        if self.local_names().contains(&name) {
            return Ok(Accepts::Only(Takes::Value));
        }
        match options::lookup(name) {
            Some(SbatchOption { role: Role::Passed, takes, .. }) => Ok(Accepts::Only(*takes)),
            Some(SbatchOption { role: Role::Refused { instead }, .. }) => Err(NameFault::Refused { instead }),
            None if self.extra.iter().any(|extra| extra == name) => Ok(Accepts::Anything),
            None => Err(self.fault(name)),
        }
    }

    fn fault(self, name: &str) -> NameFault {
        let bare = name.trim_start_matches('-');
        let same_otherwise = bare.replace('_', "-").to_lowercase();
        if let Some(option) = one_letter(bare).and_then(options::by_letter) {
            return unless_refused(option, |right| NameFault::Form { right });
        }
        if let Some(option) = options::lookup(&same_otherwise) {
            let dashed = bare != name;
            return unless_refused(option, |right| {
                if dashed { NameFault::Form { right } } else { NameFault::Spelling { right } }
            });
        }
        if let Some(nearest) = nearest(bare, self.local_names().iter().copied()) {
            return NameFault::Misspelled { nearest: nearest.to_owned() };
        }
        match options::abbreviated(&same_otherwise) {
            Some(Abbreviated::Of(option)) => unless_refused(option, |right| NameFault::Spelling { right }),
            Some(Abbreviated::OneOf(names)) => NameFault::Ambiguous { names },
            None => {
                let mut names: Vec<&str> = options::names().collect();
                names.extend(self.extra.iter().map(String::as_str));
                match nearest(bare, names) {
                    Some(nearest) => NameFault::Misspelled { nearest: nearest.to_owned() },
                    None => NameFault::Unknown,
                }
            }
        }
    }

    fn local_names(self) -> &'static [&'static str] {
        match self.kind {
            SupportKind::Local => &LOCAL_NAMES,
            SupportKind::Slurm => &[],
        }
    }
}

fn one_letter(name: &str) -> Option<char> {
    let mut letters = name.chars();
    letters.next().filter(|_| letters.next().is_none())
}

fn unless_refused(option: &'static SbatchOption, fault: impl FnOnce(&'static str) -> NameFault) -> NameFault {
    match option.role {
        Role::Refused { instead } => NameFault::Refused { instead },
        Role::Passed => fault(option.name),
    }
}

/// Says what is wrong with the value of an option, where that can be known without asking the scheduler.
pub(super) fn fault_in_value(kind: SupportKind, name: &str, value: &str) -> Option<String> {
    let on_this_machine = match kind {
        SupportKind::Local => local_fault(name, value),
        SupportKind::Slurm => None,
    };
    if let Some(error) = on_this_machine {
        return Some(format!("`{value}` is {error}"));
    }
    if !["time", "time-min"].contains(&name) {
        return None;
    }
    value.parse::<TimeLimit>().err().map(|error| format!("`{value}` is {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slurm(name: &str) -> Result<Accepts, NameFault> {
        Vocabulary { kind: SupportKind::Slurm, extra: &["container-image".to_owned()] }.judge(name)
    }

    #[test]
    fn full_names_are_good_and_so_are_those_of_plugins() {
        assert_eq!(slurm("mem"), Ok(Accepts::Only(Takes::Value)));
        assert_eq!(slurm("hold"), Ok(Accepts::Only(Takes::Nothing)));
        assert_eq!(slurm("container-image"), Ok(Accepts::Anything));
    }

    #[test]
    fn what_was_meant_is_found() {
        for written in ["--mem", "-mem", "--cpus_per_task", "c", "-p", "N"] {
            assert!(matches!(slurm(written), Err(NameFault::Form { .. })), "{written}");
        }
        assert_eq!(slurm("cpus_per_task"), Err(NameFault::Spelling { right: "cpus-per-task" }));
        assert_eq!(slurm("Time"), Err(NameFault::Spelling { right: "time" }));
        assert_eq!(slurm("part"), Err(NameFault::Spelling { right: "partition" }));
        assert_eq!(slurm("cpus"), Err(NameFault::Ambiguous { names: vec!["cpus-per-gpu", "cpus-per-task"] }));
        assert_eq!(slurm("tiem"), Err(NameFault::Misspelled { nearest: "time".into() }));
        assert_eq!(
            slurm("container-imgae"),
            Err(NameFault::Misspelled { nearest: "container-image".into() })
        );
        assert_eq!(slurm("walltime"), Err(NameFault::Unknown));
    }

    #[test]
    fn what_neurun_owns_is_refused_however_it_is_written() {
        for written in ["array", "--array", "a", "-a", "ARRAY", "arra"] {
            assert!(matches!(slurm(written), Err(NameFault::Refused { .. })), "{written}");
        }
    }

    #[test]
    fn a_local_support_knows_words_of_its_own() {
        let local = Vocabulary { kind: SupportKind::Local, extra: &[] };
        assert_eq!(local.judge("gpu_memory"), Ok(Accepts::Only(Takes::Value)));
        assert_eq!(local.judge("jobs"), Ok(Accepts::Only(Takes::Value)));
        assert_eq!(local.judge("job"), Err(NameFault::Misspelled { nearest: "jobs".into() }));
        assert_eq!(local.judge("cpus-per-task"), Ok(Accepts::Only(Takes::Value)));
        assert!(slurm("jobs").is_err());
    }
}
