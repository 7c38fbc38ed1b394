//! A runner for tests: answers in the order of its script and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::{Invocation, Reply, Runner, Status, ToolError};

/// Gives prepared answers, and fails the test when it is asked once too often.
pub(crate) struct ScriptedRunner {
    answers: Mutex<VecDeque<Result<Reply, ToolError>>>,
    asked: Mutex<Vec<Invocation>>,
}

impl ScriptedRunner {
    pub(crate) fn new(answers: impl IntoIterator<Item = Result<Reply, ToolError>>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() }
    }

    /// The command lines so far, blanks between arguments.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(command_line).collect()
    }
}

impl Runner for ScriptedRunner {
    fn run(&self, invocation: &Invocation) -> Result<Reply, ToolError> {
        self.asked.lock().unwrap().push(invocation.clone());
        self.answers.lock().unwrap().pop_front().expect("asked once too often")
    }
}

/// Joins program and arguments for an assertion.
pub(crate) fn command_line(invocation: &Invocation) -> String {
    let args = invocation.args.iter().map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(invocation.program.clone()).chain(args).collect::<Vec<_>>().join(" ")
}

/// A reply of a command that exited with this code.
pub(crate) fn reply(code: i32, stdout: &str, stderr: &str) -> Reply {
    Reply { status: Status::Code(code), stdout: stdout.to_owned(), stderr: stderr.to_owned() }
}
