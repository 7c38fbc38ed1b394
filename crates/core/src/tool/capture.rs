//! Follows a started command to its end: feeds it, drains it, and stops it at its deadline.
//!
//! One loop waits for everything at once. The command's end is one of the things waited for (a thread closes a
//! pipe when it has ended), so that something it left running with our pipe open cannot keep us.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ExitStatus};
use std::time::Instant;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::{Invocation, Reply, Status, ToolError};

/// No scheduler answers with more; an endless writer must not eat the machine's memory.
const OUTPUT_LIMIT: usize = 256 << 20;

/// How much is read at a time.
const CHUNK: usize = 64 << 10;

/// Why following ended without the command's own end.
enum Broken {
    Late,
    Flooded,
    Io(io::Error),
}

impl From<io::Error> for Broken {
    fn from(source: io::Error) -> Self {
        Self::Io(source)
    }
}

/// Follows `child` until it ends and returns what it said.
pub(super) fn capture(mut child: Child, invocation: &Invocation) -> Result<Reply, ToolError> {
    let program = || invocation.program.clone();
    let mut heard = Heard::default();
    let outcome = follow(&mut child, invocation, &mut heard);
    if outcome.is_err() {
        kill_group(&child);
    }
    let ended = child.wait();
    match outcome {
        Ok(()) => {
            let status = ended.map_err(|source| ToolError::Lost { program: program(), source })?;
            Ok(Reply { status: status_of(status), stdout: heard.stdout.text(), stderr: heard.stderr.text() })
        }
        Err(Broken::Late) => Err(ToolError::Deadline {
            program: program(),
            after: invocation.deadline,
            stderr: heard.stderr.text(),
        }),
        Err(Broken::Flooded) => Err(ToolError::Flood { program: program(), limit: OUTPUT_LIMIT }),
        Err(Broken::Io(source)) => Err(ToolError::Lost { program: program(), source }),
    }
}

/// What the command has said so far.
#[derive(Default)]
struct Heard {
    stdout: Bytes,
    stderr: Bytes,
}

#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn text(self) -> String {
        String::from_utf8(self.0).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
    }
}

/// A stream of the command while it is open.
struct Stream<'a, R> {
    source: Option<R>,
    into: &'a mut Bytes,
}

impl<R: Read + AsFd> Stream<'_, R> {
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.source.as_ref().map(AsFd::as_fd)
    }

    /// Reads once from a stream that has something, and forgets it at its end.
    fn take_some(&mut self, chunk: &mut [u8]) -> Result<(), Broken> {
        let Some(source) = &mut self.source else { return Ok(()) };
        match source.read(chunk) {
            Ok(0) => self.source = None,
            Ok(_) if self.into.0.len() > OUTPUT_LIMIT => return Err(Broken::Flooded),
            Ok(count) => self.into.0.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

fn follow(child: &mut Child, invocation: &Invocation, heard: &mut Heard) -> Result<(), Broken> {
    let deadline = Instant::now() + invocation.deadline;
    let ended = end_of(child)?;
    let mut stdout = Stream { source: child.stdout.take(), into: &mut heard.stdout };
    let mut stderr = Stream { source: child.stderr.take(), into: &mut heard.stderr };
    let mut feed = Feed::new(child.stdin.take(), invocation.stdin.as_deref())?;
    let mut chunk = vec![0; CHUNK];
    loop {
        if ended.is_none() && stdout.source.is_none() && stderr.source.is_none() {
            return Ok(());
        }
        let mut waiting: Vec<PollFd<'_>> = Vec::with_capacity(4);
        waiting.extend(ended.as_ref().map(|end| PollFd::new(end.as_fd(), PollFlags::POLLIN)));
        waiting.extend(stdout.descriptor().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        waiting.extend(stderr.descriptor().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        waiting.extend(feed.descriptor().map(|fd| PollFd::new(fd, PollFlags::POLLOUT)));
        match poll(&mut waiting, remaining(deadline)) {
            Ok(0) => return Err(Broken::Late),
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(errno) => return Err(Broken::Io(errno.into())),
        }
        let mut ready = waiting.iter().map(|fd| fd.any().unwrap_or(true));
        let has_ended = ended.is_some() && ready.next().unwrap_or(false);
        let has_stdout = stdout.source.is_some() && ready.next().unwrap_or(false);
        let has_stderr = stderr.source.is_some() && ready.next().unwrap_or(false);
        let takes_input = feed.is_open() && ready.next().unwrap_or(false);
        drop(ready);
        drop(waiting);
        if has_stdout {
            stdout.take_some(&mut chunk)?;
        }
        if has_stderr {
            stderr.take_some(&mut chunk)?;
        }
        if takes_input {
            feed.give_some()?;
        }
        let is_late = Instant::now() >= deadline;
        let is_drained = !has_stdout && !has_stderr;
        if has_ended && (is_drained || is_late) {
            return Ok(());
        }
        if is_late {
            return Err(Broken::Late);
        }
    }
}

fn remaining(deadline: Instant) -> PollTimeout {
    let left = deadline.saturating_duration_since(Instant::now());
    let millis = left.as_micros().div_ceil(1000);
    PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
}

/// Makes a pipe that ends when the child does. The child stays unreaped until its `wait`, so that its id, which
/// is also its group's, cannot become another's before we might kill it.
#[cfg(target_os = "linux")]
fn end_of(child: &Child) -> io::Result<Option<io::PipeReader>> {
    use nix::sys::wait::{Id, WaitPidFlag, waitid};

    let (reader, writer) = io::pipe()?;
    let pid = pid_of(child);
    std::thread::Builder::new().name("tool-end".to_owned()).spawn(move || {
        while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
        drop(writer);
    })?;
    Ok(Some(reader))
}

/// Elsewhere nothing tells of an end without reaping the child: the end of both its streams has to do.
#[cfg(not(target_os = "linux"))]
fn end_of(_child: &Child) -> io::Result<Option<io::PipeReader>> {
    Ok(None)
}

/// What is still to be written to the command's standard input.
struct Feed<'a> {
    stdin: Option<ChildStdin>,
    rest: &'a [u8],
}

impl<'a> Feed<'a> {
    fn new(stdin: Option<ChildStdin>, bytes: Option<&'a [u8]>) -> io::Result<Self> {
        if let Some(stdin) = &stdin {
            fcntl(stdin, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        }
        Ok(Self { stdin, rest: bytes.unwrap_or_default() })
    }

    fn is_open(&self) -> bool {
        self.stdin.is_some()
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.stdin.as_ref().map(AsFd::as_fd)
    }

    /// Writes what fits and closes at the end; a command that does not read on is no error.
    fn give_some(&mut self) -> io::Result<()> {
        let Some(stdin) = &mut self.stdin else { return Ok(()) };
        match stdin.write(self.rest) {
            Ok(count) => self.rest = &self.rest[count..],
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.rest = &[],
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
        if self.rest.is_empty() {
            self.stdin = None;
        }
        Ok(())
    }
}

/// Kills the command and all that it started in its group. There may be nothing left to kill.
fn kill_group(child: &Child) {
    let _gone_is_fine = killpg(pid_of(child), Signal::SIGKILL);
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

fn status_of(status: ExitStatus) -> Status {
    match (status.code(), status.signal()) {
        (Some(code), _) => Status::Code(code),
        (None, signal) => Status::Signal(signal.unwrap_or_default()),
    }
}
