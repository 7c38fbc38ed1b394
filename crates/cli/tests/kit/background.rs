//! A command that goes on while the test does.

use std::io::Write;
use std::process::{Child, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::line::drain;
use super::{Line, Outcome, PATIENCE};

/// A running command; killed when dropped.
#[derive(Debug)]
pub(crate) struct Background {
    child: Child,
    output: Option<[JoinHandle<Vec<u8>>; 2]>,
}

impl Background {
    pub(super) fn start(line: &Line) -> Self {
        let mut command = line.build();
        if line.input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", line.program.display()));
        if let Some(bytes) = line.input.clone() {
            let mut pipe = child.stdin.take().unwrap();
            thread::spawn(move || {
                let _unread = pipe.write_all(&bytes);
            });
        }
        let output = [drain(child.stdout.take().unwrap()), drain(child.stderr.take().unwrap())];
        Self { child, output: Some(output) }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end, and for the end of everybody who has its output open.
    pub(crate) fn wait(&mut self) -> Outcome {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > PATIENCE {
                let _gone = self.child.kill();
                let [stdout, stderr] = self.output.take().unwrap();
                panic!(
                    "the command did not end:\n{}\n{}",
                    String::from_utf8_lossy(&stdout.join().unwrap()),
                    String::from_utf8_lossy(&stderr.join().unwrap())
                );
            }
            thread::sleep(Duration::from_millis(2));
        };
        let [stdout, stderr] = self.output.take().unwrap();
        Outcome::new(status, stdout.join().unwrap(), &stderr.join().unwrap())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}
