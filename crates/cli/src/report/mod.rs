//! Errors on their way to the user: what happened, where, and what to do. The one place that renders them.

mod conversions;
mod full_disk;
mod problems;

use std::error::Error;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use neuromanager_core::document::Problems;

use full_disk::full_disk;
use problems::render_problems;
pub(crate) use problems::render_warnings;

use crate::exit::Exit;
use crate::ui::{one_line, print, shell_word};

/// A failure of a command: its kind decides the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    body: Body,
    hints: Vec<String>,
}

#[derive(Debug)]
enum Body {
    Error(Box<dyn Error>),
    Text(String),
    /// Mistakes in files, or in what was typed.
    Problems(Vec<Problems>),
    /// Several mistakes, each with what to do about it.
    Several(Vec<(String, Option<String>)>),
    /// What clap says of a wrong command line, in its own form.
    Usage(String),
    /// The reader of our output is gone, as in `neu status | head`: nothing is left to say.
    ClosedPipe,
}

impl Failure {
    /// Says something that is nobody else's error.
    pub(crate) fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, body: Body::Text(text.into()), hints: Vec::new() }
    }

    /// Says several things that are wrong, each with what to do about it.
    pub(crate) fn several(exit: Exit, mistakes: Vec<(String, Option<String>)>) -> Self {
        Self { exit, body: Body::Several(mistakes), hints: Vec::new() }
    }

    fn of(exit: Exit, error: impl Error + 'static) -> Self {
        let hints = full_disk(&error).into_iter().collect();
        Self { exit, body: Body::Error(Box::new(error)), hints }
    }

    /// Answers a question for help or the version, on standard output and in one piece.
    pub(crate) fn answer(question: &clap::Error) -> Self {
        let text = styled(question, io::stdout().is_terminal());
        match print(&text) {
            Ok(()) => Self { exit: Exit::Done, body: Body::ClosedPipe, hints: Vec::new() },
            Err(error) => error.into(),
        }
    }

    /// Says that the command line is wrong.
    pub(crate) fn usage(error: &clap::Error) -> Self {
        let text = styled(error, io::stderr().is_terminal());
        Self { exit: Exit::Usage, body: Body::Usage(text), hints: Vec::new() }
    }

    /// Says which word of a command line is no text, where an option takes text.
    pub(crate) fn no_text(typed: &[OsString]) -> Self {
        let place = typed.iter().position(|word| word.to_str().is_none()).unwrap_or_default();
        let is_option = |word: &&OsString| word.as_encoded_bytes().starts_with(b"-");
        let is_value = !typed.get(place).as_ref().is_some_and(is_option);
        let option = typed[..place].last().filter(is_option).filter(|_| is_value);
        let words = option.into_iter().chain(typed.get(place));
        let words: Vec<_> = words.map(|word| one_line(&word.to_string_lossy())).collect();
        Self::new(Exit::Usage, format!("`{}` is not UTF-8 text", words.join(" ")))
    }

    /// Adds what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Writes the commands of its hints as they have to be typed by who was sent to `folders` by `-C`.
    pub(crate) fn seen_from(mut self, folders: &[PathBuf]) -> Self {
        let options: String = folders.iter().map(|folder| format!("-C {} ", shell_word(folder))).collect();
        for hint in &mut self.hints {
            *hint = hint.replace("`neu ", &format!("`neu {options}"));
        }
        self
    }

    /// Says in a line what happened, where the command goes on.
    pub(crate) fn in_a_line(&self) -> String {
        let text = match &self.body {
            Body::Problems(texts) => texts.iter().map(Problems::plain).collect(),
            _ => self.render(false, usize::MAX),
        };
        one_line(text.strip_prefix("error: ").unwrap_or(&text).trim_end())
    }

    /// Gives the exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Gives the first of what can be done about it.
    pub(crate) fn first_hint(&self) -> Option<String> {
        self.hints.first().cloned()
    }

    /// Writes it out for people; nothing for a closed pipe.
    pub(crate) fn render(&self, color: bool, width: usize) -> String {
        let mut out = match &self.body {
            Body::ClosedPipe => return String::new(),
            Body::Usage(text) => text.clone(),
            Body::Problems(texts) => texts.iter().map(|text| render_problems(text, color, width)).collect(),
            Body::Several(mistakes) => render_several(mistakes, color),
            Body::Text(text) => format!("{} {text}\n", error_word(color)),
            Body::Error(error) => {
                let mut out = format!("{} {error}\n", error_word(color));
                let mut cause = error.source();
                while let Some(source) = cause {
                    let _infallible = writeln!(out, "  because: {source}");
                    cause = source.source();
                }
                out
            }
        };
        for hint in &self.hints {
            let _infallible = writeln!(out, "{} {hint}", hint_word(color));
        }
        out
    }
}

/// Writes an error with its causes on one line.
pub(crate) fn in_a_line(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source());
    one_line(&causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}")))
}

fn styled(error: &clap::Error, color: bool) -> String {
    let text = error.render();
    if color { text.ansi().to_string() } else { text.to_string() }
}

fn error_word(color: bool) -> &'static str {
    if color { "\x1b[1;31merror:\x1b[0m" } else { "error:" }
}

fn hint_word(color: bool) -> &'static str {
    if color { "\x1b[1;36mhint:\x1b[0m" } else { "hint:" }
}

fn render_several(mistakes: &[(String, Option<String>)], color: bool) -> String {
    let mut out = String::new();
    for (message, help) in mistakes {
        let _infallible = writeln!(out, "{} {message}", error_word(color));
        if let Some(help) = help {
            let _infallible = writeln!(out, "{} {help}", hint_word(color));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use neuromanager_core::store::StoreError;

    #[test]
    fn causes_and_hints_follow() {
        let cause = io::Error::other("disk on fire");
        let failure = Failure::from(StoreError::Io { action: "write", path: "x".into(), source: cause });
        insta::assert_snapshot!(failure.hint("put it out").render(false, 100), @r#"
        error: cannot write `x`
          because: disk on fire
        hint: put it out
        "#);
    }
}
