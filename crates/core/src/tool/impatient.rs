//! A runner for views: nobody looks at a silent screen for a minute.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Invocation, Reply, Runner, ToolError};

/// Gives every command less time, and asks no more once one has not answered.
pub struct Impatient<'a> {
    runner: &'a dyn Runner,
    longest: Duration,
    gave_up: AtomicBool,
}

impl<'a> Impatient<'a> {
    /// Gives each command at most `longest`.
    pub fn new(runner: &'a dyn Runner, longest: Duration) -> Self {
        Self { runner, longest, gave_up: AtomicBool::new(false) }
    }
}

impl Runner for Impatient<'_> {
    fn run(&self, invocation: &Invocation) -> Result<Reply, ToolError> {
        let after = invocation.deadline.min(self.longest);
        if self.gave_up.load(Ordering::Relaxed) {
            let program = invocation.program.clone();
            return Err(ToolError::Deadline { program, after, stderr: String::new() });
        }
        let answer = self.runner.run(&Invocation { deadline: after, ..invocation.clone() });
        if matches!(answer, Err(ToolError::Deadline { .. })) {
            self.gave_up.store(true, Ordering::Relaxed);
        }
        answer
    }

    fn cluster(&self) -> Vec<String> {
        self.runner.cluster()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::ScriptedRunner;

    #[test]
    fn after_one_silence_nothing_more_is_asked() {
        let silence = |program: &str| ToolError::Deadline {
            program: program.to_owned(),
            after: Duration::from_secs(9),
            stderr: String::new(),
        };
        let scripted = ScriptedRunner::new([Err(silence("squeue"))]);
        let impatient = Impatient::new(&scripted, Duration::from_secs(9));
        for program in ["squeue", "sacct"] {
            let answer = impatient.run(&Invocation::query(program, Duration::from_mins(1)));
            let Err(ToolError::Deadline { program: silent, after, .. }) = answer else { panic!() };
            assert_eq!((silent.as_str(), after), (program, Duration::from_secs(9)));
        }
        assert_eq!(scripted.asked(), ["squeue"]);
    }
}
