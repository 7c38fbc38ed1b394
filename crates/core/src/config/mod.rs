//! config.json: what the supports and devices are, or everything that is wrong with the file.

mod changes;
mod named;
mod read;
mod select;
mod something_else;
mod string_resources;
mod words;

use std::ops::Range;

pub use changes::resource_changes;
pub use select::SelectError;
pub use words::{WordProblem, WordProblems, resource_words, split_at_script};

use serde::{Deserialize, Serialize};

use crate::document::{Problems, Source};
use crate::resources::Resources;

/// A config file that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The places where runs can execute, in the order of the file.
    pub supports: Vec<Support>,
}

/// One first-level key: a place where runs execute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    /// The key.
    pub name: String,
    /// Where the key stands in the file.
    pub at: Range<usize>,
    /// What runs there mean.
    pub kind: SupportKind,
    /// Its resource profiles, in the order of the file.
    pub devices: Vec<Device>,
}

/// How a support executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SupportKind {
    /// On this machine, one run after the other.
    Local,
    /// As jobs of Slurm.
    Slurm,
}

impl SupportKind {
    /// The word for it in a config: a support's name, or the value of its `type`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Slurm => "slurm",
        }
    }

    fn called(word: &str) -> Option<Self> {
        [Self::Local, Self::Slurm].into_iter().find(|kind| kind.word().eq_ignore_ascii_case(word))
    }
}

/// A resource profile under a support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The key.
    pub name: String,
    /// Where the key stands in the file.
    pub at: Range<usize>,
    /// What a shell evaluates before a run, item by item; an item may be several lines. None is blank.
    pub env: Vec<String>,
    /// What is asked of the scheduler.
    pub resources: Resources,
    /// The Python to use instead of the first on PATH.
    pub python: Option<String>,
}

/// Why a file is not a config to work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file belongs to another program: a model's config.json, say.
    #[error("{name} is not a config of neuromanager: {}", other_content(.keys))]
    SomethingElse {
        /// The file.
        name: String,
        /// Its first-level keys; empty where the file is not an object at all.
        keys: Vec<String>,
    },
    /// The file is ours and has mistakes.
    #[error("{problems}")]
    Problems {
        /// All of them.
        problems: Problems,
        /// Names of resources that no release of sbatch has, in the order of the file, each once: a plugin of the
        /// site may add them, as `sbatch --help` tells. Read again with those that it lists.
        unknown_options: Vec<String>,
    },
}

fn other_content(keys: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<_> = keys.iter().take(SHOWN).map(|key| format!("`{key}`")).collect();
    match (shown.is_empty(), keys.len() > SHOWN) {
        (true, _) => "it is not an object of supports and devices".to_owned(),
        (false, more) => {
            format!("no device is in it, but {}{}", shown.join(", "), if more { ", …" } else { "" })
        }
    }
}

impl Config {
    /// Reads a config. `extra_options` are names that sbatch takes on this site beyond its own.
    pub fn read(source: &Source, extra_options: &[String]) -> Result<Self, ConfigError> {
        read::read(source, extra_options)
    }
}

#[cfg(test)]
mod tests;
