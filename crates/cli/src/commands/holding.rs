//! The worker of a launch on this machine, in the hands of the command that started it.

use std::fs::File;
use std::io::{self, PipeReader, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use neuromanager_core::process::ProcessId;
use neuromanager_core::store::Chunk;
use neuromanager_core::worker::{Leash, WORKER};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpgrp, tcgetpgrp};

use super::crew::Crew;
use super::foreground::Attended;
use super::worker::{arguments, worker_arguments};
use crate::args::{PatienceArgs, SettingArg, WorkerArgs};
use crate::report::Failure;

/// A worker that ends with this command, unless it is let go.
#[derive(Debug)]
pub(super) struct Held {
    child: Child,
    leash: Leash,
    setting: SettingArg,
    words: Words,
}

/// Whether a person stays with a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    /// A single run gets the terminal, where there is one.
    Stays,
    /// Nobody will be there.
    Leaves,
}

impl Held {
    /// Starts a worker.
    pub(super) fn start(attended: &Attended, company: Company, crew: Crew) -> Result<Self, Failure> {
        let Attended { launch, dir, chunk: Chunk { key, runs, attempt, .. } } = attended;
        let has_terminal = company == Company::Stays && runs.len() == 1 && owns_terminal();
        let setting = if has_terminal { SettingArg::Terminal } else { SettingArg::Foreground };
        let input = if has_terminal { Stdio::inherit() } else { Stdio::null() };
        let (leash, tether) = Leash::new()?;
        let (words, speech) = Words::for_company(company, dir.worker_log())?;
        let mut command = Command::new(std::env::current_exe()?);
        // A group of its own: Ctrl-C comes to this process alone, which passes it on once.
        command.arg0("neu").arg("worker").process_group(0);
        command.stdin(input).stdout(tether).stderr(speech);
        command.args(worker_arguments(&WorkerArgs {
            jobs: crew.jobs(&launch.resources)?,
            patience: PatienceArgs::of(crew.patience(launch.patience)),
            ..arguments(dir.path(), key, runs.clone(), *attempt, setting)
        }));
        command.current_dir(&launch.folder.0).env("PWD", &launch.folder.0).env(WORKER, key);
        Ok(Self { child: command.spawn()?, leash, setting, words })
    }

    /// Names its first half.
    pub(super) fn process(&self) -> Option<ProcessId> {
        ProcessId::of(self.pid().as_raw())
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX))
    }

    /// Tells whether it can be let go: a program that has the terminal cannot go on without it.
    pub(super) fn can_go(&self) -> bool {
        self.setting == SettingArg::Foreground
    }

    /// Passes a signal on; a worker that is already gone needs none.
    pub(super) fn signal(&self, signal: Signal) {
        let _gone = kill(self.pid(), signal);
    }

    /// Gives how it ended, once it has.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Lets it go on without this command; an error says that it is gone.
    pub(super) fn let_go(self) -> io::Result<()> {
        self.leash.let_go()
    }

    /// Gives what it has said since this was asked last: nothing, unless it failed itself.
    pub(super) fn words(&mut self) -> String {
        // What cannot be read was not said.
        String::from_utf8_lossy(&self.words.read().unwrap_or_default()).into_owned()
    }
}

/// Tells whether this process is in the foreground of the terminal on standard input.
pub(super) fn owns_terminal() -> bool {
    tcgetpgrp(io::stdin()).is_ok_and(|owner| owner == getpgrp())
}

/// What a worker says of itself.
#[derive(Debug)]
enum Words {
    /// To this command, also where the disk is full; once it was let go, to nobody.
    Pipe(PipeReader),
    /// To a file, which has more than this from before.
    File { path: PathBuf, offset: u64 },
}

impl Words {
    fn for_company(company: Company, path: PathBuf) -> io::Result<(Self, Stdio)> {
        match company {
            Company::Stays => {
                let (ours, theirs) = io::pipe()?;
                Ok((Self::Pipe(ours), theirs.into()))
            }
            Company::Leaves => {
                let file = File::options().append(true).create(true).mode(0o600).open(&path)?;
                Ok((Self::File { offset: file.metadata()?.len(), path }, file.into()))
            }
        }
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        match self {
            Self::Pipe(pipe) => {
                // A half of the worker may live longer than the other: its end of the pipe is not waited for.
                while poll(&mut [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)], PollTimeout::ZERO)? > 0 {
                    let mut buffer = [0; 4096];
                    match pipe.read(&mut buffer)? {
                        0 => break,
                        read => text.extend_from_slice(&buffer[..read]),
                    }
                }
            }
            Self::File { path, offset } => {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(*offset))?;
                *offset += file.read_to_end(&mut text)? as u64;
            }
        }
        Ok(text)
    }
}
