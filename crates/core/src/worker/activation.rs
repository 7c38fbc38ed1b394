//! The shell that activates the env, and what is known when it ends early.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const SCRIPT: &str = include_str!("activate.bash");

/// A shell on the way to the worker's second half.
#[derive(Debug)]
pub(super) struct Activation {
    folder: TempDir,
}

/// Says what stopped an activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The line that was being run; empty where none was.
    pub(super) line: String,
    /// The end of what the env printed.
    pub(super) output: String,
}

impl Activation {
    /// Prepares an activation, with its two small files in `temporary`.
    pub(super) fn prepare(temporary: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("neu-env-").tempdir_in(temporary)?;
        fs::write(folder.path().join("progress"), "")?;
        Ok(Self { folder })
    }

    /// Gives the file that the second half removes to say that all went well.
    pub(super) fn progress(&self) -> PathBuf {
        self.folder.path().join("progress")
    }

    /// Gives the command that activates `env` and then becomes `next`; without an env that is `next` itself.
    ///
    /// Either way `next` is told that its name is `neu`, whichever of our commands it is a file of.
    pub(super) fn command(&self, env: &[String], next: &[OsString]) -> Command {
        let words = self.words(env, next);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        if words.len() == next.len() {
            command.arg0("neu");
        }
        command
    }

    /// Gives the words of that command.
    pub(super) fn words(&self, env: &[String], next: &[OsString]) -> Vec<OsString> {
        let env: Vec<&String> = env.iter().filter(|item| !item.trim().is_empty()).collect();
        if env.is_empty() {
            return next.to_vec();
        }
        let shell = ["bash", "-c", SCRIPT, "neu-env"].map(OsString::from);
        let files = [self.progress().into(), self.output().into(), env.len().to_string().into()];
        let items = env.into_iter().map(OsString::from);
        shell.into_iter().chain(files).chain(items).chain(next.iter().cloned()).collect()
    }

    /// Tells whether the second half has taken over.
    pub(super) fn is_complete(&self) -> bool {
        !self.progress().exists()
    }

    /// Gives what is known of a shell that ended before the second half took over.
    pub(super) fn failure(&self) -> Failure {
        let line = fs::read(self.progress()).unwrap_or_default();
        let output = fs::read(self.output()).unwrap_or_default();
        Failure {
            line: start(&String::from_utf8_lossy(&line), 400).trim_end().to_owned(),
            output: end(&String::from_utf8_lossy(&output), 2000).trim_end().to_owned(),
        }
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join("output")
    }
}

/// Gives the first `most` bytes or fewer, whole characters.
pub(super) fn start(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Gives the last `most` bytes or fewer, whole characters.
pub(super) fn end(text: &str, most: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(most))..]
}

#[cfg(test)]
mod tests;
