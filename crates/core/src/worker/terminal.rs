//! The terminal of a single foreground run: who has it, and who gets it back.

use std::io::stdin;

use nix::sys::signal::{SigSet, Signal, killpg};
use nix::unistd::{Pid, tcgetpgrp, tcsetpgrp};

/// The terminal, lent to a program so that a debugger works and Ctrl-C reaches it directly.
#[derive(Debug)]
pub(super) struct Terminal {
    owner: Pid,
}

impl Terminal {
    /// Remembers who has the terminal on standard input; `None` where that is no terminal.
    pub(super) fn of_stdin() -> Option<Self> {
        // A process in the background that gives the terminal away is stopped by TTOU, unless it blocks it. The
        // program does not inherit that: a spawn resets the mask.
        let mut background = SigSet::empty();
        background.add(Signal::SIGTTOU);
        background.thread_block().ok()?;
        tcgetpgrp(stdin()).ok().map(|owner| Self { owner })
    }

    /// Gives the terminal to the program's group, which may already wait for it.
    pub(super) fn lend(program: Pid) {
        // A program that is already gone needs no terminal.
        let _gone = tcsetpgrp(stdin(), program).and_then(|()| killpg(program, Signal::SIGCONT));
    }

    /// Gives it back to whoever had it.
    pub(super) fn take_back(&self) {
        let _gone = tcsetpgrp(stdin(), self.owner);
    }

    /// Stops whoever had it, as Ctrl-Z in the program means for the whole command.
    pub(super) fn suspend_owner(&self) {
        self.take_back();
        let _gone = killpg(self.owner, Signal::SIGTSTP);
    }
}
