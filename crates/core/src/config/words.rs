//! What stands between DEVICE and SCRIPT on the command line: options of sbatch that override those of the config.

use std::ffi::{OsStr, OsString};

use super::SupportKind;
use super::named::{Accepts, NameFault, Vocabulary, fault_in_value};
use crate::resources::{Resource, Resources, Setting};
use crate::slurm::options::{self, Role, Takes};

/// A word before SCRIPT that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WordProblem {
    /// The word as typed, unreadable bytes replaced.
    pub word: String,
    /// What is wrong with it.
    pub message: String,
    /// What to type instead, where that is known.
    pub help: Option<String>,
    /// The name that no release of sbatch has, without dashes, where that is the trouble: a plugin may know it.
    pub unknown_option: Option<String>,
}

/// Everything that is wrong before SCRIPT, never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; "))]
pub struct WordProblems(pub Vec<WordProblem>);

impl WordProblems {
    /// The names to ask `sbatch --help` for, so as to read again with those that it lists.
    pub fn unknown_options(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|problem| problem.unknown_option.as_deref())
    }
}

/// Splits the words after DEVICE before SCRIPT, which is the first that does not start with a dash, or `-m` (of
/// `python -m`). The second part is the user's, byte for byte, and empty where there is no SCRIPT.
pub fn split_at_script(words: &[OsString]) -> (&[OsString], &[OsString]) {
    let is_script = |word: &OsString| word == "-m" || !word.as_encoded_bytes().starts_with(b"-");
    words.split_at(words.iter().position(is_script).unwrap_or(words.len()))
}

/// Reads the words before SCRIPT. `script` is what follows them: where a value was typed after a space, it was taken
/// for the SCRIPT, and the message shows how to join the two. `extra_options` as in [`super::Config::read`].
///
/// An option that is given several times is passed several times, so that sbatch does with it what it always does.
pub fn resource_words(
    kind: SupportKind,
    words: &[OsString],
    script: &[OsString],
    extra_options: &[String],
) -> Result<Resources, WordProblems> {
    let vocabulary = Vocabulary { kind, extra: extra_options };
    let mut resources = Resources::default();
    let mut problems = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let next =
            words.get(index + 1).or(script.first()).filter(|next| !next.as_encoded_bytes().starts_with(b"-"));
        match one(vocabulary, word, next.and_then(|next| next.to_str())) {
            Ok(resource) => add(&mut resources, resource, &mut problems),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(resources) } else { Err(WordProblems(problems)) }
}

/// Adds an option; one that is there already is passed several times.
pub(super) fn add(resources: &mut Resources, resource: Resource, problems: &mut Vec<WordProblem>) {
    let mut values = match resources.get(resource.name()) {
        Some(Setting::Value(earlier)) => vec![earlier.clone()],
        Some(Setting::Repeated(earlier)) => earlier.clone(),
        Some(Setting::Flag | Setting::Omitted) | None => Vec::new(),
    };
    match resource.setting() {
        Setting::Value(value) if !values.is_empty() => values.push(value.clone()),
        Setting::Value(_) | Setting::Repeated(_) | Setting::Flag | Setting::Omitted => {
            return resources.set(resource);
        }
    }
    match Resource::new(resource.name(), Setting::Repeated(values)) {
        Ok(repeated) => resources.set(repeated),
        Err(error) => problems.push(problem(resource.name(), error.to_string(), None)),
    }
}

pub(super) fn problem(word: &str, message: String, help: Option<String>) -> WordProblem {
    WordProblem { word: word.to_owned(), message, help, unknown_option: None }
}

fn one(vocabulary: Vocabulary<'_>, word: &OsStr, next: Option<&str>) -> Result<Resource, WordProblem> {
    let Some(text) = word.to_str() else {
        let shown = word.to_string_lossy();
        return Err(problem(
            &shown,
            format!("`{shown}` is not UTF-8, which options of sbatch must be"),
            None,
        ));
    };
    let Some(long) = text.strip_prefix("--") else { return Err(short(text, next)) };
    let (name, value) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (long, None),
    };
    if name.is_empty() {
        let help = "options of the program come after it, as they are".to_owned();
        return Err(problem(text, format!("`{text}` does not belong before the script"), Some(help)));
    }
    let accepts =
        vocabulary.judge(name).map_err(|fault| name_problem(Spelling::Dashed, name, value, &fault))?;
    let setting = match (value, accepts) {
        (None, Accepts::Only(Takes::Value)) => {
            let help = format!("write `--{name}={}`", next.unwrap_or("…"));
            return Err(problem(text, format!("`--{name}` needs a value, joined with `=`"), Some(help)));
        }
        (Some(_), Accepts::Only(Takes::Nothing)) => {
            let help = format!("write `--{name}`");
            return Err(problem(text, format!("`--{name}` is a flag and takes no value"), Some(help)));
        }
        (None, _) => Setting::Flag,
        (Some(value), _) => Setting::Value(value.to_owned()),
    };
    if let Some(message) = value.and_then(|value| fault_in_value(vocabulary.kind, name, value)) {
        return Err(problem(text, message, None));
    }
    Resource::new(name, setting).map_err(|error| problem(text, error.to_string(), None))
}

/// How an option is written where it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `--mem=64G`.
    Dashed,
    /// `mem=64G`.
    Bare,
}

impl Spelling {
    fn dashes(self) -> &'static str {
        match self {
            Self::Dashed => "--",
            Self::Bare => "",
        }
    }
}

/// Describes what is wrong with a name, and what to write instead.
pub(super) fn name_problem(
    spelling: Spelling,
    name: &str,
    value: Option<&str>,
    fault: &NameFault,
) -> WordProblem {
    let dashes = spelling.dashes();
    let shown = format!("{dashes}{name}");
    let with_value = |right: &str| match value {
        Some(value) => format!("{dashes}{right}={value}"),
        None => format!("{dashes}{right}"),
    };
    let help = match fault {
        NameFault::Form { right } | NameFault::Spelling { right } => {
            Some(format!("write `{}`", with_value(right)))
        }
        NameFault::Misspelled { nearest } => Some(format!("did you mean `{}`?", with_value(nearest))),
        NameFault::Ambiguous { names } => {
            Some(format!("write one of `{dashes}{}`", names.join(&format!("`, `{dashes}"))))
        }
        NameFault::Unknown => Some("`sbatch --help` lists what there is".to_owned()),
        NameFault::Refused { .. } => None,
    };
    let unknown_option = fault.may_be_of_a_plugin().then(|| name.to_owned());
    WordProblem { word: shown.clone(), message: fault.message(&shown), help, unknown_option }
}

/// `-t 1:00`, `-c4`, `-mem=8G`: sbatch knows the first two, but where the SCRIPT starts could not be told.
fn short(word: &str, next: Option<&str>) -> WordProblem {
    let letters = word.trim_start_matches('-');
    let (name, value) = letters.split_once('=').map_or((letters, None), |(name, value)| (name, Some(value)));
    let (option, value) = match (options::lookup(name), letters.chars().next().and_then(options::by_letter)) {
        (Some(long), _) => (long, value),
        (None, Some(short)) => (short, letters.get(1..).map(|rest| rest.trim_start_matches('='))),
        (None, None) => {
            let message = format!("`{word}` does not belong before the script");
            return problem(word, message, Some("`sbatch --help` lists the options for here".to_owned()));
        }
    };
    if let Role::Refused { instead } = option.role {
        return problem(word, NameFault::Refused { instead }.message(word), None);
    }
    let value = value.filter(|value| !value.is_empty());
    let long = match option.takes {
        Takes::Value => format!("--{}={}", option.name, value.or(next).unwrap_or("…")),
        Takes::Nothing | Takes::OptionalValue => format!("--{}", option.name),
    };
    let message = format!("`{word}` is a short option; before the script only long ones are read");
    problem(word, message, Some(format!("write `{long}`")))
}
