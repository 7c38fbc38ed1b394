//! What `--with` changes of a launch's options: `mem=64G,time=2:00:00`.
//!
//! A comma begins another option where what follows it looks like one, `name=…` in small letters; any other comma is
//! of the value before it, as in `exclude=n1,n2` and `export=A=1,B=2`.

use super::SupportKind;
use super::named::{Accepts, Vocabulary, fault_in_value};
use super::words::{Spelling, WordProblem, WordProblems, add, name_problem, problem};
use crate::resources::{Resource, Resources, Setting};
use crate::slurm::options::Takes;

/// Reads what was typed after each `--with`. `extra_options` as in [`super::Config::read`].
///
/// `name` alone is a flag, and `name=` leaves an option out, as null does in a configuration.
pub fn resource_changes(
    kind: SupportKind,
    typed: &[String],
    extra_options: &[String],
) -> Result<Resources, WordProblems> {
    let vocabulary = Vocabulary { kind, extra: extra_options };
    let mut resources = Resources::default();
    let mut problems = Vec::new();
    for pair in typed.iter().flat_map(|words| pairs(words)) {
        match one(vocabulary, pair) {
            Ok(resource) => add(&mut resources, resource, &mut problems),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(resources) } else { Err(WordProblems(problems)) }
}

/// Splits at the commas that begin another option.
fn pairs(words: &str) -> Vec<&str> {
    let mut pairs = Vec::new();
    let mut start = 0;
    for (comma, _) in words.match_indices(',') {
        if begins_option(&words[comma + 1..]) {
            pairs.push(&words[start..comma]);
            start = comma + 1;
        }
    }
    pairs.push(&words[start..]);
    pairs
}

fn begins_option(text: &str) -> bool {
    let Some((name, _)) = text.split_once('=') else { return false };
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || "-_".contains(letter))
}

fn one(vocabulary: Vocabulary<'_>, pair: &str) -> Result<Resource, WordProblem> {
    let (name, value) = match pair.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (pair, None),
    };
    let name = name.trim();
    if name.is_empty() {
        let help = "write `--with name=value`, such as `--with mem=64G`".to_owned();
        return Err(problem(pair, format!("`{pair}` names no option"), Some(help)));
    }
    let accepts =
        vocabulary.judge(name).map_err(|fault| name_problem(Spelling::Bare, name, value, &fault))?;
    let setting = match (value, accepts) {
        (Some(""), _) => Setting::Omitted,
        (None, Accepts::Only(Takes::Value)) => {
            let help = format!("write `{name}=…`, or `{name}=` to leave it out");
            return Err(problem(pair, format!("`{name}` needs a value"), Some(help)));
        }
        (Some(_), Accepts::Only(Takes::Nothing)) => {
            let help = format!("write `--with {name}`, or `--with {name}=` to leave it out");
            return Err(problem(pair, format!("`{name}` is a flag and takes no value"), Some(help)));
        }
        (None, _) => Setting::Flag,
        (Some(value), _) => Setting::Value(value.to_owned()),
    };
    if let Some(message) =
        value.filter(|value| !value.is_empty()).and_then(|value| fault_in_value(vocabulary.kind, name, value))
    {
        return Err(problem(pair, message, None));
    }
    Resource::new(name, setting).map_err(|error| problem(pair, error.to_string(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &[&str]) -> Result<Vec<String>, String> {
        let typed: Vec<String> = typed.iter().map(|word| (*word).to_owned()).collect();
        resource_changes(SupportKind::Slurm, &typed, &[])
            .map(|resources| resources.directives().collect())
            .map_err(|problems| {
                let told = problems.0.into_iter();
                told.map(|problem| format!("{} / {}", problem.message, problem.help.unwrap_or_default()))
                    .collect::<Vec<_>>()
                    .join("\n")
            })
    }

    #[test]
    fn several_options_and_several_with() {
        assert_eq!(read(&["mem=64G,time=2:00:00"]).unwrap(), ["--mem=64G", "--time=2:00:00"]);
        assert_eq!(read(&["mem=64G", "gres=gpu:2"]).unwrap(), ["--mem=64G", "--gres=gpu:2"]);
        assert_eq!(read(&["hold"]).unwrap(), ["--hold"]);
    }

    #[test]
    fn a_comma_within_a_value_stays() {
        assert_eq!(read(&["exclude=n1,n2,mem=1G"]).unwrap(), ["--exclude=n1,n2", "--mem=1G"]);
        assert_eq!(read(&["export=A=1,B=2"]).unwrap(), ["--export=A=1,B=2"]);
        assert_eq!(read(&["gres=gpu:a:1,gpu:b:1"]).unwrap(), ["--gres=gpu:a:1,gpu:b:1"]);
    }

    #[test]
    fn nothing_after_the_sign_leaves_an_option_out() {
        let changes = resource_changes(SupportKind::Slurm, &["mem=,hold=".to_owned()], &[]).unwrap();
        assert_eq!(
            (changes.get("mem"), changes.get("hold")),
            (Some(&Setting::Omitted), Some(&Setting::Omitted))
        );
        let before: Resources =
            [Resource::new("mem", Setting::Value("8G".to_owned())).unwrap()].into_iter().collect();
        assert_eq!(before.overridden_by(changes).directives().count(), 0);
    }

    #[test]
    fn a_wrong_name_or_value_is_told_with_what_was_meant() {
        insta::assert_snapshot!(read(&["tiem=1:00,memory=4G", "array=0-3", "mem", "hold=1", "time=soon", "=4"]).unwrap_err(), @"
        there is no option `tiem` / did you mean `time=1:00`?
        there is no option `memory` / `sbatch --help` lists what there is
        `array` is not set here: how often to run is said with `neurun --runs=N`, and with which parameters by `neusweep` / 
        `mem` needs a value / write `mem=…`, or `mem=` to leave it out
        `hold` is a flag and takes no value / write `--with hold`, or `--with hold=` to leave it out
        `soon` is not a time limit; `90` (minutes), `1:30:00`, `2-00:00:00`, `2-12` (days-hours) or `UNLIMITED` are / 
        `=4` names no option / write `--with name=value`, such as `--with mem=64G`
        ");
    }
}
