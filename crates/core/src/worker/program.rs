//! One execution of a run's argv: its environment, its start, and why it could not start.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::Pid;

use super::{Input, WORKER};
use crate::event::Exit;
use crate::id::RunId;
use crate::store::PlannedRun;

/// Above this many bytes the parameters are given as a file alone: one string of the environment must stay under
/// 128 KiB (execve(2)).
const LONGEST_PARAMS: usize = 100_000;

/// What a program is told about the run that it is.
#[derive(Debug)]
pub(super) struct Identity<'a> {
    pub(super) id: RunId,
    pub(super) key: &'a str,
    pub(super) attempt: u32,
    pub(super) params_file: &'a Path,
}

/// The environment that programs inherit.
#[derive(Debug)]
pub struct Environment {
    /// Where programs are looked for.
    pub path: OsString,
    /// Whether the user decided how Python buffers its output.
    pub python_buffering_is_set: bool,
}

/// Starts the program of a run, its output into `log`, in a process group of its own.
///
/// A program that cannot be started is an end of the run like any other, hence the [`Exit`].
pub(super) fn start(
    planned: &PlannedRun,
    identity: &Identity<'_>,
    environment: &Environment,
    granted: &[(OsString, OsString)],
    log: &File,
    input: Input,
) -> Result<Pid, Exit> {
    let unprepared = |error: io::Error| unprepared(&error);
    write_params(identity.params_file, planned.params.get()).map_err(unprepared)?;
    let argv = planned.command();
    let (program, arguments) =
        argv.split_first().ok_or_else(|| unprepared(io::ErrorKind::InvalidInput.into()))?;
    let mut command = Command::new(found_python(program, environment));
    command.args(arguments).process_group(0);
    command.stdin(match input {
        Input::Nothing => Stdio::null(),
        Input::Terminal => Stdio::inherit(),
    });
    command.stdout(log.try_clone().map_err(unprepared)?).stderr(log.try_clone().map_err(unprepared)?);
    set_environment(&mut command, planned, identity, environment);
    command.envs(granted.iter().map(|(name, value)| (name, value)));
    match command.spawn() {
        // The child is waited for with all others, by its pid.
        Ok(child) => Ok(Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))),
        Err(error) => Err(unstarted(program, &error)),
    }
}

/// Makes an end of the run of what went wrong before its start.
pub(super) fn unprepared(error: &io::Error) -> Exit {
    Exit::Unstarted { code: 126, reason: format!("cannot prepare the run: {error}") }
}

fn set_environment(
    command: &mut Command,
    planned: &PlannedRun,
    identity: &Identity<'_>,
    environment: &Environment,
) {
    let RunId { launch, run } = identity.id;
    command
        .env("NEU_LAUNCH", launch.to_string())
        .env("NEU_RUN", run.to_string())
        .env("NEU_RUN_ID", identity.id.to_string())
        .env("NEU_REPEAT", planned.repeat.to_string())
        .env("NEU_ATTEMPT", identity.attempt.to_string())
        .env("NEU_KEY", identity.key)
        .env_remove(WORKER)
        .env("NEU_PARAMS_FILE", identity.params_file);
    match planned.params.get() {
        params if params.len() <= LONGEST_PARAMS => command.env("NEU_PARAMS", params),
        _ => command.env_remove("NEU_PARAMS"),
    };
    if !environment.python_buffering_is_set {
        command.env("PYTHONUNBUFFERED", "1");
    }
}

fn write_params(path: &Path, params: &str) -> io::Result<()> {
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    io::Write::write_all(&mut file, params.as_bytes())
}

/// Many systems have only a `python3`; the plan says `python`, as people do.
fn found_python(program: &OsStr, environment: &Environment) -> OsString {
    if program == "python" && !environment.finds("python") && environment.finds("python3") {
        return "python3".into();
    }
    program.to_owned()
}

impl Environment {
    fn finds(&self, name: &str) -> bool {
        std::env::split_paths(&self.path)
            .any(|folder| fs::metadata(folder.join(name)).is_ok_and(|found| found.is_file()))
    }
}

/// How many characters of a program's name are told: a record of the journal stays short.
const LONGEST_NAME: usize = 400;

fn unstarted(program: &OsStr, error: &io::Error) -> Exit {
    let program: String = program.to_string_lossy().chars().take(LONGEST_NAME).collect();
    match error.kind() {
        io::ErrorKind::NotFound if program.contains('/') => Exit::Unstarted {
            code: 127,
            reason: format!("`{program}` is not there, or the interpreter in its first line is not"),
        },
        io::ErrorKind::NotFound => Exit::Unstarted {
            code: 127,
            reason: format!("`{program}` is not on PATH, after the env was activated"),
        },
        _ => Exit::Unstarted { code: 126, reason: format!("`{program}` cannot be started: {error}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_fits_into_a_record_whatever_the_program_is_called() {
        let name = "\u{1}".repeat(100_000);
        let Exit::Unstarted { reason, .. } = unstarted(name.as_ref(), &io::ErrorKind::InvalidFilename.into())
        else {
            panic!("it is unstarted");
        };
        assert!(serde_json::to_string(&reason).unwrap().len() < 3000);
    }
}
