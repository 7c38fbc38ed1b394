//! What a person at the terminal wants on Ctrl-C: asked once, while the runs go on.

use std::io;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{FlushArg, tcflush};
use nix::unistd::read;

use crate::ui::Ui;

const QUESTION: &str = "stop the launch [s], leave it running in the background [d], or go on [c]?";

/// What is to become of a launch in the foreground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// It stops.
    Stop,
    /// It goes on, and the command ends.
    Leave,
    /// All stays as it is.
    GoOn,
}

/// The question, while it stands.
#[derive(Debug)]
pub(super) struct Question {
    typed: Vec<u8>,
}

impl Question {
    /// Asks. What was typed before was no answer.
    pub(super) fn ask() -> Self {
        let _no_terminal = tcflush(io::stdin(), FlushArg::TCIFLUSH);
        // What the terminal shows of Ctrl-C stands in the way.
        Ui::prompt(&format!("\n{QUESTION}"));
        Self { typed: Vec::new() }
    }

    /// Asks once more, after something else was on the terminal.
    pub(super) fn repeat() {
        Ui::prompt(QUESTION);
    }

    /// Gives the answer, once there is one; never waits. An input that ended is nobody who could answer.
    pub(super) fn answer(&mut self) -> Option<Parting> {
        loop {
            let stdin = io::stdin();
            let mut ends = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
            if poll(&mut ends, PollTimeout::ZERO).unwrap_or(0) == 0 {
                return None;
            }
            let mut buffer = [0; 256];
            match read(stdin.as_fd(), &mut buffer) {
                Ok(0) => return Some(Parting::Stop),
                Ok(count) => self.typed.extend_from_slice(&buffer[..count]),
                Err(Errno::EINTR | Errno::EAGAIN) => return None,
                Err(_) => return Some(Parting::Stop),
            }
            if self.typed.ends_with(b"\n") {
                match parting(&std::mem::take(&mut self.typed)) {
                    None => Self::repeat(),
                    known => return known,
                }
            }
        }
    }
}

/// Reads an answer.
fn parting(typed: &[u8]) -> Option<Parting> {
    match typed.trim_ascii().to_ascii_lowercase().as_slice() {
        b"s" | b"stop" => Some(Parting::Stop),
        b"d" | b"detach" | b"leave" => Some(Parting::Leave),
        b"c" | b"continue" | b"go on" => Some(Parting::GoOn),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_answer_is_one() {
        let read = |typed: &str| parting(typed.as_bytes());
        assert_eq!(["s\n", " S \n", "stop\n"].map(read), [Some(Parting::Stop); 3]);
        assert_eq!(["d\n", "D\r\n", "detach\n"].map(read), [Some(Parting::Leave); 3]);
        assert_eq!(["c\n", "continue\n"].map(read), [Some(Parting::GoOn); 2]);
        assert_eq!(["\n", "y\n", "sd\n", "\u{1b}[A\n"].map(read), [None; 4]);
    }
}
