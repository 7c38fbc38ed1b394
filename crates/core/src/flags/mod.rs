//! Which parameters a program knows, by what its `--help` says. Pure.
//!
//! An alarm has to be right, so that it can stop a script. Hence a flag that is only mentioned in a sentence counts as known,
//! and what a library takes beside the names that it prints is known, too.

mod config_of_hydra;
mod scan;

use std::collections::BTreeSet;

use crate::document::nearest;
use crate::sweep::style::Wanted;

/// What a help text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    library: Library,
    /// The flags with their dashes.
    flags: BTreeSet<String>,
    /// The keys and groups of a configuration, where the text shows one.
    keys: Option<BTreeSet<String>>,
}

/// What the program reads its command line with, as far as that changes which names it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Library {
    /// It takes the beginning of a flag for the flag.
    Argparse,
    /// One dash is as good as two, and its help ends with exit code 1.
    Absl,
    /// As with absl; the `flag` package of Go.
    Go,
    /// `_` is as good as `-`, and every flag has a `--no`.
    Fire,
    /// `_` is as good as `-`.
    Tyro,
    Other,
}

/// What is known of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The program takes it.
    Known,
    /// The text does not tell: it shows no configuration.
    Untold,
    /// It is the beginning of this flag and of no other, which argparse takes for it unless the program forbids that.
    Beginning(String),
    /// The program does not take it.
    Unknown {
        /// The nearest that it takes, without dashes.
        nearest: Option<String>,
    },
}

impl Help {
    /// Reads what a program printed; `None` where that is no help text.
    pub fn read(text: &str) -> Option<Self> {
        let flags = scan::flags(text);
        let keys = config_of_hydra::keys(text);
        let lower = text.to_lowercase();
        let is_help = ["usage", "options", "flags", "arguments", "synopsis", "--help"]
            .iter()
            .any(|word| lower.contains(word));
        ((is_help && !flags.is_empty()) || keys.is_some()).then(|| Self {
            library: Library::of(text),
            flags,
            keys,
        })
    }

    /// Tells whether it is whole although the program ended with an exit code other than 0.
    pub fn ends_in_failure(&self) -> bool {
        matches!(self.library, Library::Absl | Library::Go)
    }

    /// Gives the flag that shows all flags, where the text shows some only.
    pub fn longer(&self) -> Option<&'static str> {
        const ALL: &str = "--helpfull";
        (self.library == Library::Absl && self.flags.contains(ALL)).then_some(ALL)
    }

    /// Tells whether the program takes what a parameter needs.
    pub fn judge(&self, wanted: &Wanted) -> Verdict {
        match wanted {
            Wanted::Key(key) => self.judge_key(key),
            Wanted::Flag(flag) => self.judge_flag(flag),
        }
    }

    fn judge_key(&self, key: &str) -> Verdict {
        match &self.keys {
            None => Verdict::Untold,
            Some(keys) if keys.contains(key) => Verdict::Known,
            Some(keys) => Verdict::Unknown { nearest: meant(key, keys.iter().map(String::as_str)) },
        }
    }

    fn judge_flag(&self, flag: &str) -> Verdict {
        if self.takes(flag) {
            return Verdict::Known;
        }
        let begun: Vec<&String> = self.flags.iter().filter(|known| known.starts_with(flag)).collect();
        if let (Library::Argparse, true, [only]) = (self.library, flag.starts_with("--"), begun.as_slice()) {
            return Verdict::Beginning(bare(only).to_owned());
        }
        let known = self.flags.iter().map(|known| bare(known)).filter(|known| !["help", "h"].contains(known));
        Verdict::Unknown { nearest: meant(bare(flag), known) }
    }

    fn takes(&self, flag: &str) -> bool {
        let is_same = |known: &String| match self.library {
            _ if known == flag => true,
            Library::Absl | Library::Go => bare(known) == bare(flag),
            Library::Tyro => joined(known) == joined(flag),
            Library::Fire => {
                let (known, flag) = (joined(known), joined(flag));
                let denied = flag.strip_prefix("--no").map(|rest| rest.strip_prefix('_').unwrap_or(rest));
                known == flag || denied.is_some_and(|denied| known.strip_prefix("--") == Some(denied))
            }
            Library::Argparse | Library::Other => false,
        };
        self.flags.iter().any(is_same) || self.hides(flag)
    }

    /// Tells whether a flag belongs to a group that has a help of its own (`--model.help`, as jsonargparse writes it),
    /// and is not shown here.
    fn hides(&self, flag: &str) -> bool {
        let ends = flag.match_indices('.').map(|(place, _)| place);
        ends.map(|end| format!("{}.help", &flag[..end])).any(|help| self.flags.contains(&help))
    }
}

impl Library {
    fn of(text: &str) -> Self {
        let has = |part: &str| text.contains(part);
        if has("--helpfull") {
            Self::Absl
        } else if has("Usage of ") {
            Self::Go
        } else if has("SYNOPSIS") && (has("<flags>") || has("INFO: Showing help with the command")) {
            Self::Fire
        } else if has("╭─ options ") {
            Self::Tyro
        } else if has("usage: ") && has("show this help message and exit") {
            Self::Argparse
        } else {
            Self::Other
        }
    }
}

/// Gives the name that was probably meant: one that is written nearly so, or the only one that has it as its last part.
fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let ends = |known: &&str| known.strip_suffix(name).is_some_and(|parents| parents.ends_with('.'));
    let mut longer = known.clone().filter(ends);
    let only = longer.next().filter(|_| longer.next().is_none());
    nearest(name, known).or(only).map(str::to_owned)
}

/// Gives a flag without its dashes.
fn bare(flag: &str) -> &str {
    flag.trim_start_matches('-')
}

/// Gives a flag with `_` wherever it has a `-` behind its dashes.
fn joined(flag: &str) -> String {
    let (dashes, name) = flag.split_at(flag.len() - bare(flag).len());
    format!("{dashes}{}", name.replace('-', "_"))
}

#[cfg(test)]
mod tests;
