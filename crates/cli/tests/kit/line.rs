//! A command line, and how it ended.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use super::{Background, Terminal};

/// A command line, ready to be run.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(super) program: OsString,
    pub(super) words: Vec<OsString>,
    pub(super) folder: PathBuf,
    pub(super) variables: BTreeMap<OsString, OsString>,
    pub(super) input: Option<Vec<u8>>,
}

impl Line {
    pub(crate) fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.variables.remove(OsStr::new(name));
        self
    }

    /// Leaves nothing in the environment but PATH.
    pub(crate) fn bare(mut self) -> Self {
        self.variables.retain(|name, _| name == "PATH");
        self
    }

    pub(crate) fn within(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = self.folder.join(folder);
        self
    }

    pub(crate) fn input(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.input = Some(bytes.as_ref().to_owned());
        self
    }

    /// The command as the standard library has it, with no input and its output on pipes.
    pub(crate) fn build(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.words).current_dir(&self.folder).env_clear().envs(&self.variables);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self) -> Outcome {
        let mut background = self.spawn();
        background.wait()
    }

    /// Starts it; it is killed when dropped.
    pub(crate) fn spawn(&self) -> Background {
        Background::start(self)
    }

    /// Starts it on a terminal of its own, 100 columns wide.
    pub(crate) fn on_terminal(&self) -> Terminal {
        Terminal::start(self)
    }
}

/// How a command ended.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The exit code, or 128 + the signal.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) stdout_bytes: Vec<u8>,
}

impl Outcome {
    pub(super) fn new(status: ExitStatus, stdout: Vec<u8>, stderr: &[u8]) -> Self {
        Self {
            code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(stderr).into_owned(),
            stdout_bytes: stdout,
        }
    }

    /// Insists on an exit code.
    #[track_caller]
    pub(crate) fn exited(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Insists on exit code 0.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        self.exited(0)
    }

    /// Reads standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON ({error}):\n{}\nstderr:\n{}", self.stdout, self.stderr))
    }
}

/// Reads all of a pipe in a thread of its own.
pub(super) fn drain(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _cut_short = pipe.read_to_end(&mut bytes);
        bytes
    })
}
