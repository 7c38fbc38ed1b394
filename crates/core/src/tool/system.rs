//! The runner that really starts processes.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use nix::unistd::{AccessFlags, access};

use super::capture::capture;
use super::environment::{CHOOSE_CLUSTER, ToolEnvironment, scheduler_environment};
use super::{Invocation, Reply, Runner, ToolError};

/// Where commands are looked up without a `PATH`, as `execvp` does.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// Starts commands on this machine, with an environment given once.
#[derive(Debug, Clone)]
pub struct SystemRunner {
    queries: Vec<(OsString, OsString)>,
    submission: Vec<(OsString, OsString)>,
}

impl SystemRunner {
    /// Takes the environment of the caller, from which that of the commands is derived
    /// (see [`scheduler_environment`]).
    pub fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let environment: Vec<_> = environment.into_iter().collect();
        Self {
            queries: scheduler_environment(environment.clone(), ToolEnvironment::Queries),
            submission: scheduler_environment(environment, ToolEnvironment::Submission),
        }
    }

    fn environment(&self, kind: ToolEnvironment) -> &[(OsString, OsString)] {
        match kind {
            ToolEnvironment::Queries => &self.queries,
            ToolEnvironment::Submission => &self.submission,
        }
    }
}

impl Runner for SystemRunner {
    fn run(&self, invocation: &Invocation) -> Result<Reply, ToolError> {
        let environment = self.environment(invocation.environment);
        let program = &invocation.program;
        let path =
            locate(program, environment).ok_or_else(|| ToolError::Missing { program: program.clone() })?;
        let input = if invocation.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut command = Command::new(path);
        command.args(&invocation.args).env_clear();
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &invocation.folder {
            command.current_dir(folder).env("PWD", folder);
        }
        let child = command
            .process_group(0)
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| cannot_start(program, source))?;
        capture(child, invocation)
    }

    fn cluster(&self) -> Vec<String> {
        let value = |name: &str| {
            let set = self.queries.iter().find(|(known, _)| known == name);
            set.map(|(_, value)| value.to_string_lossy().into_owned()).unwrap_or_default()
        };
        CHOOSE_CLUSTER.map(value).to_vec()
    }
}

/// Finds the program itself: `Command` would look it up too, but only after a full `fork`, where a path lets it
/// use the cheaper `posix_spawn`.
fn locate(program: &str, environment: &[(OsString, OsString)]) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program));
    }
    let path = environment.iter().rev().find(|(name, _)| name == "PATH");
    let folders = path.map_or(OsStr::new(DEFAULT_PATH), |(_, value)| value);
    folders
        .as_bytes()
        .split(|&byte| byte == b':')
        .map(|folder| {
            Path::new(OsStr::from_bytes(if folder.is_empty() { b"." } else { folder })).join(program)
        })
        .find(|candidate| is_executable(candidate))
}

fn is_executable(candidate: &Path) -> bool {
    fs::metadata(candidate).is_ok_and(|found| found.is_file()) && access(candidate, AccessFlags::X_OK).is_ok()
}

fn cannot_start(program: &str, source: io::Error) -> ToolError {
    let program = program.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => ToolError::Missing { program },
        _ => ToolError::Spawn { program, source },
    }
}
