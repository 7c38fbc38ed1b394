//! Who looks at the GPUs for a worker: a process of its own.
//!
//! A worker reaps every child, and ends what its programs leave behind; a tool that it started itself would be taken for
//! such. The process that looks is there before the first program, and ends when the worker does.

use std::fmt::Debug;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use serde::{Deserialize, Serialize};

use super::Seen;
use super::find::look;
use crate::tool::Runner;

/// What came of a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// The GPUs.
    Seen(Vec<Seen>),
    /// Why they could not be seen.
    Trouble(String),
}

impl Sight {
    /// Looks now, and waits for the tools.
    pub fn take(runner: &dyn Runner) -> Self {
        look(runner).map_or_else(|error| Self::Trouble(super::words::with_causes(&error)), Self::Seen)
    }
}

/// Looks at the GPUs without keeping anybody waiting.
pub(super) trait Eye: Debug {
    /// Begins a look.
    fn begin(&mut self);

    /// Gives what came of it, once; `None` while it goes on.
    fn sight(&mut self) -> Option<Sight>;
}

/// A process that looks for each line that it reads, and writes a [`Sight`] in a line of JSON each time.
#[derive(Debug)]
pub(super) struct Companion {
    command: Command,
    process: Option<(ChildStdin, Receiver<Sight>)>,
}

impl Companion {
    /// Starts the process at once, before there is any program that it could be taken for.
    pub(super) fn start(command: Command) -> Self {
        let mut companion = Self { command, process: None };
        companion.process = companion.spawn();
        companion
    }

    fn spawn(&mut self) -> Option<(ChildStdin, Receiver<Sight>)> {
        let command = self.command.process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Whoever reaps this process's children reaps it, too.
        let mut child = command.spawn().ok()?;
        let (asks, answers) = (child.stdin.take()?, child.stdout.take()?);
        let (sender, receiver) = channel();
        let read = move || {
            for line in BufReader::new(answers).lines().map_while(Result::ok) {
                let sight = serde_json::from_str(&line);
                if sender.send(sight.unwrap_or(Sight::Trouble(line))).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new().spawn(read).ok()?;
        Some((asks, receiver))
    }
}

impl Eye for Companion {
    fn begin(&mut self) {
        if self.process.is_none() {
            self.process = self.spawn();
        }
        // One that is gone is seen when its answer is asked for.
        let _gone = self.process.as_mut().map(|(asks, _)| asks.write_all(b"look\n"));
    }

    fn sight(&mut self) -> Option<Sight> {
        let answer = self.process.as_ref().map(|(_, answers)| answers.try_recv());
        match answer {
            Some(Ok(sight)) => Some(sight),
            Some(Err(TryRecvError::Empty)) => None,
            Some(Err(TryRecvError::Disconnected)) | None => {
                self.process = None;
                Some(Sight::Trouble("the process that looks at the GPUs has ended".to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn answer(eye: &mut Companion) -> Sight {
        let began = Instant::now();
        eye.begin();
        loop {
            assert!(began.elapsed() < Duration::from_secs(20));
            match eye.sight() {
                Some(sight) => return sight,
                None => thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    #[test]
    fn a_companion_answers_each_question_and_is_started_anew_where_it_has_ended() {
        let script = "read a; echo '{\"seen\":[]}'; read a; echo nonsense; read a";
        let mut bash = Command::new("bash");
        bash.args(["-c", script]);
        let mut eye = Companion::start(bash);
        assert_eq!(answer(&mut eye), Sight::Seen(Vec::new()));
        assert_eq!(answer(&mut eye), Sight::Trouble("nonsense".into()));
        assert_eq!(answer(&mut eye), Sight::Trouble("the process that looks at the GPUs has ended".into()));
        assert_eq!(answer(&mut eye), Sight::Seen(Vec::new()));
        let mut none = Companion::start(Command::new("/nowhere/neu"));
        assert_eq!(answer(&mut none), Sight::Trouble("the process that looks at the GPUs has ended".into()));
    }
}
