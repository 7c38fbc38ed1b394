//! Asks a program for its help, and compares what it knows with what a plan would give it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::flags::{Help, Verdict};
use crate::plan::Plan;
use crate::sweep::style::Wanted;
use crate::tool::{Runner, Status};
use crate::worker::{AskError, Question, ask, last_lines};

/// How long a program may take to print its help: importing a framework from a network folder takes a minute.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// What a program makes of the parameters of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The parameters that it knows.
    pub known: BTreeSet<String>,
    /// Those that its help says nothing of, since it shows no configuration.
    pub untold: BTreeSet<String>,
    /// Those that it does not know, or not by their whole name.
    pub doubtful: Vec<Doubt>,
}

impl Comparison {
    /// Tells whether there was nothing to compare.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.untold.is_empty() && self.doubtful.is_empty()
    }
}

/// A name that a program may not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The parameter.
    pub parameter: String,
    /// What the program would be given: `--lr`, or a key of hydra.
    pub written: String,
    /// What is wrong with it.
    pub trouble: Trouble,
}

impl Doubt {
    /// Tells whether the program surely refuses the name.
    pub fn is_certain(&self) -> bool {
        matches!(self.trouble, Trouble::Unknown(_))
    }
}

/// What is wrong with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It is the beginning of this flag.
    Beginning(String),
    /// The program does not know it; this one is the nearest that it knows.
    Unknown(Option<String>),
}

/// Why nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub enum FlagsError {
    /// The program gave no answer.
    #[error("{command} tells nothing of its flags: {source}")]
    Silent {
        /// What was asked.
        command: String,
        /// Why.
        source: AskError,
    },
    /// What it printed is no help.
    #[error("{command} prints no help that could be read; it {}{}", ended(*.status), quoted(.output))]
    NoHelp {
        /// What was asked.
        command: String,
        /// How it ended.
        status: Status,
        /// Its last lines.
        output: String,
    },
}

fn ended(status: Status) -> String {
    match status {
        Status::Code(code) => format!("ended with exit code {code}"),
        Status::Signal(signal) => format!("was ended by signal {signal}"),
    }
}

fn quoted(output: &str) -> String {
    output.lines().map(|line| format!("\n  | {line}")).collect()
}

/// Asks the program of a plan, described by `question` without the flag that asks for help, and once more where its
/// first help leaves flags out and says so. `clean` takes from a text what is meant for a terminal.
pub fn compare(
    plan: &Plan,
    question: &Question<'_>,
    runner: &dyn Runner,
    clean: impl Fn(&str) -> String,
) -> Result<Comparison, FlagsError> {
    let wanted = plan.wanted();
    if wanted.is_empty() {
        return Ok(Comparison::default());
    }
    let help = help(question, "--help", runner, &clean)?;
    let comparison = judge(&wanted, &help);
    match help.longer() {
        Some(longer) if !comparison.doubtful.is_empty() => {
            Ok(judge(&wanted, &self::help(question, longer, runner, &clean)?))
        }
        Some(_) | None => Ok(comparison),
    }
}

fn help(
    question: &Question<'_>,
    flag: &str,
    runner: &dyn Runner,
    clean: impl Fn(&str) -> String,
) -> Result<Help, FlagsError> {
    let mut question = question.clone();
    question.argv.push(flag.into());
    let command = format!("`{}`", crate::plan::quote::command(&question.argv));
    let said = match ask(&question, runner) {
        Ok(said) => said,
        Err(source) => return Err(FlagsError::Silent { command, source }),
    };
    let text = clean(&said.text);
    match Help::read(&text) {
        Some(help) if said.status == Status::Code(0) || help.ends_in_failure() => Ok(help),
        Some(_) | None => Err(FlagsError::NoHelp { command, status: said.status, output: last_lines(&text) }),
    }
}

fn judge(wanted: &BTreeSet<(&str, Wanted)>, help: &Help) -> Comparison {
    let mut comparison = Comparison::default();
    for (parameter, wanted) in wanted {
        let written = match wanted {
            Wanted::Flag(written) | Wanted::Key(written) => written.clone(),
        };
        let trouble = match help.judge(wanted) {
            Verdict::Known => {
                comparison.known.insert((*parameter).to_owned());
                continue;
            }
            Verdict::Untold => {
                comparison.untold.insert((*parameter).to_owned());
                continue;
            }
            Verdict::Beginning(of) => Trouble::Beginning(of),
            Verdict::Unknown { nearest } => Trouble::Unknown(nearest),
        };
        comparison.doubtful.push(Doubt { parameter: (*parameter).to_owned(), written, trouble });
    }
    comparison
}
