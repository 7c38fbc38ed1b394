//! A program that is asked for its help, in the env that its runs get.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::activation::{Activation, end};
use crate::tool::{Invocation, Runner, Status, ToolError};

/// Starts the program once the env is activated, and ends all that is left of it.
const SCRIPT: &str = include_str!("asking.bash");

/// How much is kept of what a program said, from its end, where it gives no answer.
const LAST_WORDS: usize = 2000;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The lines that make the environment of the program.
    pub env: &'a [String],
    /// The program with its arguments.
    pub argv: Vec<OsString>,
    /// Where it starts.
    pub folder: PathBuf,
    /// A folder for small files of this process alone.
    pub temporary: &'a Path,
    /// How long it may take.
    pub deadline: Duration,
}

/// What a program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// How it ended.
    pub status: Status,
    /// Both its outputs, in order.
    pub text: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The env cannot be activated.
    #[error("the env failed{}{}", at_line(.line), spoken(.output))]
    Env {
        /// The line that was being run; empty where none was.
        line: String,
        /// The end of what the env printed.
        output: String,
    },
    /// It did not end in time, and was killed.
    #[error("it did not end within {} s{}", .after.as_secs(), spoken(.output))]
    Late {
        /// How long it was given.
        after: Duration,
        /// The end of what it had said.
        output: String,
    },
    /// Its files for temporary use cannot be written.
    #[error("cannot write to the folder for temporary files")]
    Temporary(#[source] io::Error),
    /// It was not heard to its end.
    #[error(transparent)]
    Tool(ToolError),
}

fn at_line(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!(" at `{line}`") }
}

fn spoken(output: &str) -> String {
    let lines = output.trim_end().lines().map(|line| format!("\n  | {line}"));
    lines.collect()
}

/// Asks a program.
pub fn ask(question: &Question<'_>, runner: &dyn Runner) -> Result<Said, AskError> {
    let activation = Activation::prepare(question.temporary).map_err(AskError::Temporary)?;
    let script = ["bash", "-c", SCRIPT, "neu-ask"].map(OsString::from);
    let next: Vec<_> = script
        .into_iter()
        .chain([activation.progress().into()])
        .chain(question.argv.iter().cloned())
        .collect();
    let mut words = activation.words(question.env, &next).into_iter();
    let shell = words.next().unwrap_or_default().to_string_lossy().into_owned();
    let invocation = Invocation::submission(&shell, question.deadline).within(question.folder.clone());
    match runner.run(&invocation.args(words)) {
        _ if !activation.is_complete() => {
            let failure = activation.failure();
            Err(AskError::Env { line: failure.line, output: last_lines(&failure.output) })
        }
        Ok(reply) => Ok(Said { status: reply.status, text: reply.stderr }),
        Err(ToolError::Deadline { after, stderr, .. }) => {
            Err(AskError::Late { after, output: last_lines(&stderr) })
        }
        Err(error) => Err(AskError::Tool(error)),
    }
}

/// Gives the last lines of what was said.
pub(crate) fn last_lines(text: &str) -> String {
    const MOST: usize = 10;
    let lines: Vec<&str> = end(text.trim_end(), LAST_WORDS).lines().collect();
    lines[lines.len().saturating_sub(MOST)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::SystemRunner;

    fn asked(env: &[&str], argv: &[&str], deadline: Duration) -> Result<Said, AskError> {
        let temporary = tempfile::tempdir().unwrap();
        let env: Vec<String> = env.iter().map(|line| (*line).to_owned()).collect();
        let question = Question {
            env: &env,
            argv: argv.iter().map(OsString::from).collect(),
            folder: "/".into(),
            temporary: temporary.path(),
            deadline,
        };
        ask(&question, &SystemRunner::new([("PATH".into(), "/usr/bin:/bin".into())]))
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn it_answers_in_its_env_and_folder_with_both_outputs() {
        let program = ["sh", "-c", "echo $FOUND $PWD $COLUMNS; echo $0 >&2; exit 3", "it's"];
        let text = |env: &[&str]| asked(env, &program, LONG).unwrap();
        assert_eq!(text(&["export FOUND=1", "cd /usr"]).text, "1 /usr 200\nit's\n");
        let said = text(&[]);
        assert_eq!((said.text.as_str(), said.status), ("/ 200\nit's\n", Status::Code(3)));
    }

    #[test]
    fn an_env_that_fails_is_told_with_its_line() {
        let error = asked(&["true", "echo no; false"], &["true"], LONG).unwrap_err().to_string();
        assert_eq!(error, "the env failed at `echo no; false`\n  | no");
    }

    #[test]
    fn a_program_that_goes_on_is_ended_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("mark");
        let program = format!("echo begun; mkfifo {0}; cat {0}", mark.display());
        let error = asked(&[], &["sh", "-c", &program], Duration::from_millis(500)).unwrap_err();
        assert!(matches!(&error, AskError::Late { .. }), "{error:?}");
    }

    #[test]
    fn nothing_is_left_of_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let program = format!("cat >/dev/null </dev/zero & echo $! >{}; echo done", pid.display());
        assert_eq!(asked(&[], &["sh", "-c", &program], LONG).unwrap().text, "done\n");
        let pid = std::fs::read_to_string(pid).unwrap();
        let status = Path::new("/proc").join(pid.trim()).join("status");
        let is_gone =
            || std::fs::read_to_string(&status).map_or(true, |status| status.contains("Z (zombie)"));
        let began = std::time::Instant::now();
        while !is_gone() {
            assert!(began.elapsed() < LONG, "it lives on");
            std::thread::yield_now();
        }
    }

    #[test]
    fn of_long_words_the_last_lines_are_kept() {
        let text: String = (0..100).map(|n| format!("{n}\n")).collect();
        assert_eq!(last_lines(&text), (90..100).map(|n| n.to_string()).collect::<Vec<_>>().join("\n"));
        assert_eq!(last_lines("\n"), "");
    }
}
