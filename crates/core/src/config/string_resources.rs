//! Resources written as one string of options, turned into the object that they should be.

use super::SupportKind;
use super::named::{Accepts, Vocabulary};
use crate::document::json::write_string;
use crate::slurm::options::{Takes, by_letter};

/// Writes `--mem=8G -t 1 --hold` as `{"mem": "8G", "time": "1", "hold": true}`; `None` where a word is not understood.
pub(super) fn as_object(kind: SupportKind, text: &str) -> Option<String> {
    let mut words = shlex::split(text)?.into_iter().peekable();
    let mut members = Vec::new();
    while let Some(word) = words.next() {
        let (name, attached) = name_and_value(&word)?;
        let vocabulary = Vocabulary { kind, extra: &[] };
        let Ok(Accepts::Only(takes)) = vocabulary.judge(&name) else { return None };
        let value = match takes {
            Takes::Value => Some(attached.or_else(|| words.next_if(|next| !next.starts_with('-')))?),
            Takes::Nothing | Takes::OptionalValue => attached,
        };
        let mut member = String::new();
        write_string(&name, &mut member);
        member.push_str(": ");
        match value {
            Some(value) => write_string(&value, &mut member),
            None => member.push_str("true"),
        }
        members.push(member);
    }
    Some(format!("{{{}}}", members.join(", ")))
}

fn name_and_value(word: &str) -> Option<(String, Option<String>)> {
    if let Some(long) = word.strip_prefix("--") {
        return Some(match long.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (long.to_owned(), None),
        });
    }
    let short = word.strip_prefix('-')?;
    let letter = short.chars().next()?;
    let attached = Some(&short[letter.len_utf8()..]).filter(|rest| !rest.is_empty()).map(str::to_owned);
    Some((by_letter(letter)?.name.to_owned(), attached))
}

#[cfg(test)]
mod tests {
    use super::{SupportKind, as_object};

    #[test]
    fn options_of_every_form_become_members() {
        assert_eq!(
            as_object(SupportKind::Slurm, "--mem=8G -t 1 -c4 --hold --exclusive --comment 'a \"b'")
                .as_deref(),
            Some(
                r#"{"mem": "8G", "time": "1", "cpus-per-task": "4", "hold": true, "exclusive": true, "comment": "a \"b"}"#
            )
        );
    }

    #[test]
    fn a_local_support_has_options_of_its_own() {
        let text = "--gpus=0.5 --jobs=2 --time=1:00 --mem=4G";
        assert_eq!(
            as_object(SupportKind::Local, text).as_deref(),
            Some(r#"{"gpus": "0.5", "jobs": "2", "time": "1:00", "mem": "4G"}"#)
        );
        assert_eq!(as_object(SupportKind::Slurm, text), None);
    }

    #[test]
    fn what_is_not_understood_is_not_guessed() {
        for text in ["8G", "--mem", "--mem --hold", "--nope=1", "--array=1", "'", "-"] {
            assert_eq!(as_object(SupportKind::Slurm, text), None, "{text}");
        }
    }
}
