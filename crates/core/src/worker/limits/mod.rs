//! What a run of this machine may use: its time, its memory, its processors; kept by the worker that executes it.
//!
//! Nothing here runs by itself: the worker asks when to look, looks, and is told which limit was exceeded.

mod affinity;
mod cgroup;
mod deadline;
mod memory;
mod processors;
mod sample;
mod turn;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use self::deadline::{Deadline, Life};
use self::memory::{Memory, Watch};
use self::processors::{Processors, Share};
use super::guard::{Guard, Limits};
use crate::event::Exceeded;
use crate::id::RunId;
use crate::process::{Liveness, ProcessId};
use crate::resources::{MemorySize, RunLimits};

pub use memory::Means;
pub use processors::processors;

/// Keeps the limits that a device of this machine sets.
#[derive(Debug)]
pub struct Keeper {
    limits: RunLimits,
    memory: Option<Memory>,
    processors: Option<Processors>,
}

/// Keeps those of one run.
#[derive(Debug)]
struct Kept {
    program: Option<ProcessId>,
    deadline: Option<Deadline>,
    memory: Option<Watch>,
    processors: Option<Share>,
}

impl Keeper {
    /// Prepares to keep `limits`; memory by `means`. Workers of all users take turns in the folder `shared` to choose
    /// processors.
    pub fn of(limits: RunLimits, means: Means, shared: PathBuf) -> io::Result<Self> {
        let memory = limits.memory.map(|limit| Memory::limited_to(limit, means));
        let processors = limits.processors.map(|_| Processors::of_this_process(shared)).transpose()?;
        Ok(Self { limits, memory, processors })
    }
}

impl Limits for Keeper {
    fn guard(&mut self, run: RunId) -> io::Result<Option<Box<dyn Guard>>> {
        if self.limits == RunLimits::default() {
            return Ok(None);
        }
        let processors = match (&mut self.processors, self.limits.processors) {
            (Some(processors), Some(count)) => Some(processors.step_in(count)?),
            (None, _) | (_, None) => None,
        };
        // This cannot fail: nothing would have to be taken back.
        let memory = self.memory.as_mut().map(|memory| memory.step_in(run));
        let deadline = self.limits.time.map(Deadline::of);
        Ok(Some(Box::new(Kept { program: None, deadline, memory, processors })))
    }
}

impl Kept {
    fn step_out(&mut self) {
        if let Some(memory) = &mut self.memory {
            memory.step_out();
        }
        if let Some(processors) = &self.processors {
            processors.step_out();
        }
    }
}

impl Guard for Kept {
    fn started(&mut self, program: Pid) {
        self.step_out();
        self.program = ProcessId::of(program.as_raw());
        let now = Instant::now();
        if let Some(deadline) = &mut self.deadline {
            deadline.begin(now);
        }
        if let Some(memory) = &mut self.memory {
            memory.begin(program, now);
        }
    }

    fn not_started(&mut self) {
        self.step_out();
        self.memory.take().map(Watch::end);
    }

    fn next(&self) -> Option<Instant> {
        let deadline = self.deadline.as_ref().and_then(Deadline::next);
        let memory = self.memory.as_ref().and_then(Watch::next);
        deadline.into_iter().chain(memory).min()
    }

    fn look(&mut self, now: Instant) -> Option<Exceeded> {
        let program = self.program.as_ref();
        let life = || match program.map(ProcessId::liveness) {
            Some(Liveness::Alive) => Life::Running,
            Some(Liveness::Gone | Liveness::Elsewhere) | None => Life::Over,
        };
        let memory = self.memory.as_mut().and_then(|memory| memory.look(now)).map(of_memory);
        memory.or_else(|| self.deadline.as_mut()?.look(now, life).map(of_time))
    }

    fn ended(&mut self) -> Option<Exceeded> {
        self.processors = None;
        self.memory.take().and_then(Watch::end).map(of_memory)
    }
}

fn of_time(limit: Duration) -> Exceeded {
    Exceeded::Time { seconds: limit.as_secs() }
}

fn of_memory(limit: MemorySize) -> Exceeded {
    Exceeded::Memory { bytes: limit.bytes() }
}

#[cfg(test)]
mod tests;
