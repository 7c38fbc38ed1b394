//! A command on a terminal of its own, typed at and read as a person would.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, poll};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, ttyname};

use super::{Line, Outcome, PATIENCE, wait_until};

/// A running command with its terminal; killed when dropped.
#[derive(Debug)]
pub(crate) struct Terminal {
    child: Child,
    path: PathBuf,
    keyboard: Option<File>,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    closed: Arc<AtomicBool>,
}

impl Terminal {
    pub(super) fn start(line: &Line) -> Self {
        let size = Winsize { ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(&size, None).unwrap();
        // A command that had the other side of its own terminal would keep it open.
        for side in [&pty.master, &pty.slave] {
            fcntl(side, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        }
        let mut command = line.build();
        // setsid(1) gives the command a session whose terminal is its standard input.
        let mut through = std::process::Command::new("/usr/bin/setsid");
        through.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args());
        through.current_dir(&line.folder).env_clear().env("TERM", "xterm").envs(&line.variables);
        let side = || Stdio::from(pty.slave.try_clone().unwrap());
        through.stdin(side()).stdout(side()).stderr(side());
        command = through;
        let child = command.spawn().unwrap();
        let path = ttyname(&pty.slave).unwrap();
        drop((pty.slave, command));
        let keyboard = File::from(pty.master);
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (mut output, written) = (keyboard.try_clone().unwrap(), Arc::clone(&screen));
        let closed = Arc::new(AtomicBool::new(false));
        let is_closed = Arc::clone(&closed);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !is_closed.load(Ordering::Relaxed) {
                let mut ends = [PollFd::new(output.as_fd(), PollFlags::POLLIN)];
                if poll(&mut ends, 20_u8).unwrap() == 0 {
                    continue;
                }
                // The last one to close the terminal makes reading fail (EIO).
                let Ok(read @ 1..) = output.read(&mut buffer) else { return };
                written.lock().unwrap().extend_from_slice(&buffer[..read]);
            }
        });
        Self { child, path, keyboard: Some(keyboard), screen, reader: Some(reader), closed }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// Types; `"\x03"` is Ctrl-C, `"\x1a"` Ctrl-Z, `"\x04"` the end of input.
    pub(crate) fn type_in(&mut self, keys: &str) {
        self.keyboard.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Closes the terminal, as a connection that is lost does, and sees that the command ends.
    pub(crate) fn hang_up(mut self) {
        self.closed.store(true, Ordering::Relaxed);
        self.reader.take().unwrap().join().unwrap();
        drop(self.keyboard.take());
        wait_until("the command ends with its terminal", || self.child.try_wait().unwrap().is_some());
    }

    /// Makes it another size, as who drags a corner of its window.
    pub(crate) fn resize(&self, lines: u16, columns: u16) {
        let mut stty = std::process::Command::new("stty");
        stty.arg("-F").arg(&self.path).args(["rows", &lines.to_string(), "cols", &columns.to_string()]);
        assert!(stty.status().unwrap().success());
    }

    /// What has been shown so far, byte for byte.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.screen.lock().unwrap().clone()
    }

    /// What has been shown so far, as it was written.
    pub(crate) fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    /// Waits until a text has been shown.
    #[track_caller]
    pub(crate) fn expect(&self, text: &str) {
        let began = Instant::now();
        while !self.screen().contains(text) {
            assert!(began.elapsed() < PATIENCE, "`{text}` was never shown; the screen:\n{}", self.screen());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end; all that was shown is in `stdout`.
    pub(crate) fn wait(&mut self) -> Outcome {
        let mut status = None;
        wait_until(&format!("the command on the terminal ends; the screen:\n{}", self.screen()), || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        // What was written last may still be on its way through the kernel.
        let mut length = usize::MAX;
        wait_until("the screen is still", || {
            let before = std::mem::replace(&mut length, self.screen.lock().unwrap().len());
            thread::sleep(Duration::from_millis(50));
            before == length
        });
        let shown = self.screen.lock().unwrap().clone();
        Outcome::new(status.unwrap(), shown, b"")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _gone = kill(self.pid(), Signal::SIGKILL);
        let _reaped = self.child.wait();
    }
}
