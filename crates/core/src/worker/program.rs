//! One execution of a run's argv: its environment, its start, and why it could not start.

use std::ffi::{CString, OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawnp};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::stat::Mode;
use nix::unistd::Pid;

use super::signals::ignored_at_start;
use super::{Input, WORKER};
use crate::event::Exit;
use crate::id::RunId;
use crate::run_variables::RUN_VARIABLES;
use crate::store::PlannedRun;

/// Above this many bytes the parameters are given as a file alone: one string of the environment must stay under
/// 128 KiB (execve(2)).
const LONGEST_PARAMS: usize = 100_000;

/// The exit code of a shell for a command that cannot be executed.
pub(super) const NOT_EXECUTABLE: i32 = 126;

/// What a program is told about the run that it is.
#[derive(Debug)]
pub(super) struct Identity<'a> {
    pub(super) id: RunId,
    pub(super) key: &'a str,
    pub(super) attempt: u32,
    /// The variable with the file of its parameters.
    pub(super) params_file: &'a CString,
}

/// The environment that programs inherit.
#[derive(Debug)]
pub struct Environment {
    /// Where programs are looked for.
    pub path: OsString,
    /// All variables.
    pub variables: Vec<(OsString, OsString)>,
}

/// Starts programs: what is the same for all of them is put together once.
#[derive(Debug)]
pub(super) struct Launcher {
    path: OsString,
    /// The environment without the names that each has for itself.
    shared: Vec<CString>,
    attributes: PosixSpawnAttr,
    /// Where the last program was to read and write, which is nearly always the same for the next.
    redirections: Option<((RawFd, Input), PosixSpawnFileActions)>,
}

impl Launcher {
    /// Prepares to start programs in `environment`, each in a process group of its own, with the signals of this process
    /// as they were at its start: blocked as they are now, handled as by default, or ignored as they were.
    pub(super) fn prepare(environment: &Environment) -> io::Result<Self> {
        let mut shared = Vec::with_capacity(environment.variables.len() + 1);
        // Each has the first with values of its own, and what names its worker not at all.
        let is_kept = |name: &OsStr| name != WORKER && !RUN_VARIABLES.iter().any(|own| name == *own);
        let inherited = environment.variables.iter().filter(|(name, _)| is_kept(name));
        for (name, value) in inherited {
            shared.push(variable(name, value)?);
        }
        // Set to nothing is set: Python then buffers.
        if !environment.variables.iter().any(|(name, _)| name == "PYTHONUNBUFFERED") {
            shared.push(c"PYTHONUNBUFFERED=1".to_owned());
        }
        let mut attributes = PosixSpawnAttr::init()?;
        attributes.set_pgroup(Pid::from_raw(0))?;
        attributes.set_sigmask(&SigSet::thread_get_mask()?)?;
        attributes.set_sigdefault(&not_ignored())?;
        attributes.set_flags(
            PosixSpawnFlags::POSIX_SPAWN_SETPGROUP
                | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK
                | PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF,
        )?;
        Ok(Self { path: environment.path.clone(), shared, attributes, redirections: None })
    }

    /// Starts the program of a run, its output into `log`. What was `granted` to it wins over the environment.
    ///
    /// A program that cannot be started is an end of the run like any other, hence the [`Exit`].
    pub(super) fn start(
        &mut self,
        planned: &PlannedRun,
        identity: &Identity<'_>,
        granted: &[(OsString, OsString)],
        log: &File,
        input: Input,
    ) -> Result<Pid, Exit> {
        let argv = planned.command();
        let name = argv.first().ok_or_else(|| unprepared(&io::ErrorKind::InvalidInput.into()))?;
        let mut spawn = || -> io::Result<Pid> {
            let arguments: Vec<CString> =
                argv.iter().map(|word| CString::new(word.as_bytes())).collect::<Result<_, _>>()?;
            let program = CString::new(self.found_python(name).as_bytes())?;
            let own = own_variables(planned, identity, granted)?;
            let is_own = |variable: &&CString| {
                let name = variable.to_bytes().split(|byte| *byte == b'=').next().unwrap_or_default();
                granted.iter().any(|(other, _)| other.as_bytes() == name)
                    || planned.env.keys().any(|other| other.as_bytes() == name)
            };
            let environment: Vec<&CString> =
                self.shared.iter().filter(|shared| !is_own(shared)).chain(&own).collect();
            let place = (log.as_raw_fd(), input);
            let actions = match self.redirections.take_if(|(known, _)| *known == place) {
                Some((_, actions)) => actions,
                None => redirections(log, input)?,
            };
            let (_, actions) = self.redirections.insert((place, actions));
            Ok(posix_spawnp(&program, actions, &self.attributes, &arguments, &environment)?)
        };
        spawn().map_err(|error| unstarted(name, &error))
    }

    /// Many systems have only a `python3`; the plan says `python`, as people do.
    fn found_python<'a>(&self, program: &'a OsStr) -> &'a OsStr {
        if program == "python" && !self.finds("python") && self.finds("python3") {
            return OsStr::new("python3");
        }
        program
    }

    fn finds(&self, name: &str) -> bool {
        std::env::split_paths(&self.path)
            .any(|folder| fs::metadata(folder.join(name)).is_ok_and(|found| found.is_file()))
    }
}

/// Gives the signals that a program is to have as by default. The runtime of this language ignores `SIGPIPE` by itself.
fn not_ignored() -> SigSet {
    let mut signals = SigSet::all();
    let ignored = ignored_at_start().into_iter().filter_map(|number| Signal::try_from(number).ok());
    for signal in ignored.filter(|signal| *signal != Signal::SIGPIPE) {
        signals.remove(signal);
    }
    signals
}

/// Has a program write both outputs to `log`, in order.
fn redirections(log: &File, input: Input) -> Result<PosixSpawnFileActions, Errno> {
    let mut actions = PosixSpawnFileActions::init()?;
    match input {
        Input::Nothing => actions.add_open(0, c"/dev/null", OFlag::O_RDONLY, Mode::empty())?,
        Input::Terminal => {}
    }
    actions.add_dup2(log.as_raw_fd(), 1)?;
    actions.add_dup2(log.as_raw_fd(), 2)?;
    Ok(actions)
}

/// Makes an end of the run of what went wrong before its start.
pub(super) fn unprepared(error: &io::Error) -> Exit {
    Exit::Unstarted { code: NOT_EXECUTABLE, reason: format!("cannot prepare the run: {error}") }
}

fn own_variables(
    planned: &PlannedRun,
    identity: &Identity<'_>,
    granted: &[(OsString, OsString)],
) -> io::Result<Vec<CString>> {
    let RunId { launch, run } = identity.id;
    let mut own = vec![
        CString::new(format!("NEU_LAUNCH={launch}"))?,
        CString::new(format!("NEU_RUN={run}"))?,
        CString::new(format!("NEU_RUN_ID={}", identity.id))?,
        CString::new(format!("NEU_REPEAT={}", planned.repeat))?,
        CString::new(format!("NEU_ATTEMPT={}", identity.attempt))?,
        CString::new(format!("NEU_KEY={}", identity.key))?,
        identity.params_file.clone(),
    ];
    if let Some(name) = &planned.name {
        own.push(CString::new(format!("NEU_RUN_NAME={name}"))?);
    }
    let params = planned.params.get();
    if params.len() <= LONGEST_PARAMS {
        own.push(CString::new(format!("NEU_PARAMS={params}"))?);
    }
    let is_granted = |name: &str| granted.iter().any(|(other, _)| other == name);
    for (name, value) in planned.env.iter().filter(|(name, _)| !is_granted(name)) {
        own.push(variable(name.as_ref(), value.as_ref())?);
    }
    for (name, value) in granted {
        own.push(variable(name, value)?);
    }
    Ok(own)
}

fn variable(name: &OsStr, value: &OsStr) -> io::Result<CString> {
    Ok(CString::new([name.as_bytes(), b"=", value.as_bytes()].concat())?)
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
        _ => {
            let reason = format!("`{program}` cannot be started: {error}");
            Exit::Unstarted { code: NOT_EXECUTABLE, reason }
        }
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
