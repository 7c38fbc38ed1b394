//! Errors on their way to the user: what happened, where, and what to do. The one place that renders them.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::path::PathBuf;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use neuromanager_core::config::{ConfigError, SelectError, WordProblems};
use neuromanager_core::document::Problems;
use neuromanager_core::engine::cancel::CancelError;
use neuromanager_core::engine::configuration::ConfigurationError;
use neuromanager_core::engine::flags::FlagsError;
use neuromanager_core::engine::program::ProgramError;
use neuromanager_core::engine::rerun::RerunError;
use neuromanager_core::expression::ExpressionError;
use neuromanager_core::id::SelectionError;
use neuromanager_core::plan::PlanError;
use neuromanager_core::slurm::query::QueryError;
use neuromanager_core::store::StoreError;
use neuromanager_core::support::SupportError;
use neuromanager_core::worker::WorkerError;

use crate::exit::Exit;
use crate::ui::{one_line, shell_word};

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
        // Whoever closed the pipe has read enough.
        let _closed = io::stdout().write_all(text.as_bytes());
        Self { exit: Exit::Done, body: Body::ClosedPipe, hints: Vec::new() }
    }

    /// Says that the command line is wrong.
    pub(crate) fn usage(error: &clap::Error) -> Self {
        let text = styled(error, io::stderr().is_terminal());
        Self { exit: Exit::Usage, body: Body::Usage(text), hints: Vec::new() }
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
        let text = self.render(false, usize::MAX);
        one_line(text.strip_prefix("error: ").unwrap_or(&text).trim_end())
    }

    /// Gives the exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
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

/// Says which disk is full, where that is the cause of an error.
fn full_disk(error: &(dyn Error + 'static)) -> Option<String> {
    let causes = || std::iter::successors(Some(error), |cause: &&(dyn Error + 'static)| (*cause).source());
    let full =
        causes().filter_map(|cause| cause.downcast_ref::<io::Error>()).find_map(|cause| {
            match cause.kind() {
                io::ErrorKind::StorageFull => Some("is full"),
                io::ErrorKind::QuotaExceeded => Some("has no room left for you: your quota is used up"),
                _ => None,
            }
        })?;
    let of_store = |cause: &'_ (dyn Error + 'static)| -> Option<String> {
        let boxed = cause.downcast_ref::<Box<StoreError>>().map(|boxed| &**boxed);
        match cause.downcast_ref::<StoreError>().or(boxed)? {
            StoreError::Io { path, .. } => Some(format!("the disk of `{}`", path.display())),
            _ => None,
        }
    };
    let path = causes().find_map(of_store);
    let disk = path.unwrap_or_else(|| "the disk".to_owned());
    Some(format!(
        "{disk} {full}; make room there, by `neu prune` for example, and try again; `neu status` and `neu logs` \
         work meanwhile, and what runs goes on"
    ))
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

fn render_problems(problems: &Problems, color: bool, width: usize) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() }.term_width(width);
    let mut out = String::new();
    for problem in &problems.list {
        let source = Snippet::source(problems.source.text.as_str())
            .path(problems.source.name.as_str())
            .annotation(AnnotationKind::Primary.span(problem.at.clone()));
        let title = Level::ERROR.primary_title(problem.message.as_str()).element(source);
        let mut groups = vec![title];
        if let Some(help) = &problem.help {
            groups.push(Group::with_title(Level::HELP.secondary_title(help.as_str())));
        }
        out.push_str(&renderer.render(&groups));
        out.push_str("\n\n");
    }
    let count = problems.list.len();
    if count > 1 {
        let _infallible = writeln!(out, "{} {count} problems in {}", error_word(color), problems.source.name);
    }
    out
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

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        vec![problems].into()
    }
}

impl From<Vec<Problems>> for Failure {
    fn from(texts: Vec<Problems>) -> Self {
        Self { exit: Exit::Usage, body: Body::Problems(texts), hints: Vec::new() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Problems { problems, .. } => problems.into(),
            other @ ConfigError::SomethingElse { .. } => Self::of(Exit::Usage, other)
                .hint("name the configuration with `--config FILE`, or set NEU_CONFIG"),
        }
    }
}

impl From<ConfigurationError> for Failure {
    fn from(error: ConfigurationError) -> Self {
        match error {
            ConfigurationError::Config(error) => error.into(),
            other => Self::of(Exit::Usage, other),
        }
    }
}

impl From<WordProblems> for Failure {
    fn from(problems: WordProblems) -> Self {
        let mistakes = problems.0.into_iter().map(|problem| (problem.message, problem.help)).collect();
        Self { exit: Exit::Usage, body: Body::Several(mistakes), hints: Vec::new() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NoLaunch { .. } => {
                Self::of(Exit::Usage, error).hint("`neu status` lists the launches of this folder")
            }
            StoreError::Copied { id, original } => {
                let folder = original.ancestors().nth(3).unwrap_or(original).display();
                let hint =
                    format!("act on it in `{folder}`, or start its runs anew here with `neu rerun {id}`");
                Self::of(Exit::Usage, error).hint(hint)
            }
            StoreError::NoRun { .. } | StoreError::Removed { .. } => Self::of(Exit::Usage, error),
            StoreError::HalfMade { .. } => Self::of(Exit::Store, error).hint("start it again"),
            StoreError::Unrecorded { .. } => Self::of(Exit::Store, error)
                .hint("the job goes on; `neu resume` finds it by its key once the store can be written to"),
            StoreError::Damaged { id, .. } => {
                let hint = format!(
                    "nothing more of launch {id} is handed over: `neu resume {id}` looks again, `squeue --me` shows the jobs of that name, `neu cancel {id}` ends those that are known, and `neu rerun {id}` starts runs again as a new launch"
                );
                Self::of(Exit::Store, error).hint(hint)
            }
            StoreError::Io { .. }
            | StoreError::Unreadable { .. }
            | StoreError::RecordTooLong { .. }
            | StoreError::NewerFormat { .. }
            | StoreError::TakenOver { .. } => Self::of(Exit::Store, error),
        }
    }
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Store(error) => error.into(),
            other @ WorkerError::Resources(_) => Self::of(Exit::Usage, other),
            other @ WorkerError::System { .. } => Self::of(Exit::Store, other),
        }
    }
}

impl From<SupportError> for Failure {
    fn from(error: SupportError) -> Self {
        match error {
            SupportError::Store(error) => error.into(),
            other => Self::of(Exit::Scheduler, other),
        }
    }
}

impl From<CancelError> for Failure {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::Store(error) => error.into(),
            CancelError::Support(error) => error.into(),
        }
    }
}

impl From<RerunError> for Failure {
    fn from(error: RerunError) -> Self {
        match error {
            RerunError::Store(error) => error.into(),
            RerunError::Plan(error) => error.into(),
        }
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::of(Exit::Scheduler, error).hint("is this a machine of the cluster, and does `sinfo` answer?")
    }
}

impl From<FlagsError> for Failure {
    fn from(error: FlagsError) -> Self {
        let hint =
            "nothing was checked, and nothing was started; `--dry-run` shows what the program would be given";
        // What it says already has what the program said.
        Self::new(Exit::Scheduler, error.to_string()).hint(hint)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { exit: Exit::Done, body: Body::ClosedPipe, hints: Vec::new() };
        }
        Self::of(Exit::Store, error)
    }
}

macro_rules! usage {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::of(Exit::Usage, error)
            }
        })*
    };
}

usage!(SelectError, ProgramError, PlanError, SelectionError, ExpressionError);

#[cfg(test)]
mod tests {
    use super::*;
    use neuromanager_core::document::{Problem, Source};

    #[test]
    fn a_problem_shows_its_line() {
        let source = Source {
            name: "config.json".to_owned(),
            text: "{\n  \"gpu\": { \"tiem\": \"1:00\" }\n}\n".to_owned(),
        };
        let at = source.text.find("\"tiem\"").unwrap();
        let problem = Problem::new(&(at..at + 6), "unknown key `tiem`").help("did you mean `time`?");
        let failure = Failure::from(Problems { source, list: vec![problem] });
        insta::assert_snapshot!(failure.render(false, 100), @r#"
        error: unknown key `tiem`
         --> config.json:2:12
          |
        2 |   "gpu": { "tiem": "1:00" }
          |            ^^^^^^
          |
        help: did you mean `time`?
        "#);
        assert_eq!(failure.exit(), Exit::Usage);
    }

    #[test]
    fn a_full_disk_is_named() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let error = StoreError::Io { action: "write", path: "/home/x/.neu/y".into(), source: full() };
        let error = StoreError::Unrecorded { job: 7, source: Box::new(error) };
        insta::assert_snapshot!(Failure::from(error).render(false, 100), @"
        error: Slurm has job 7, but that could not be written down
          because: cannot write `/home/x/.neu/y`
          because: no storage space
        hint: the disk of `/home/x/.neu/y` is full; make room there, by `neu prune` for example, and try again; `neu status` and `neu logs` work meanwhile, and what runs goes on
        hint: the job goes on; `neu resume` finds it by its key once the store can be written to
        ");
        insta::assert_snapshot!(Failure::from(full()).render(false, 100), @"
        error: no storage space
        hint: the disk is full; make room there, by `neu prune` for example, and try again; `neu status` and `neu logs` work meanwhile, and what runs goes on
        ");
    }

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
