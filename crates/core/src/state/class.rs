//! What kind of failure ended a run, so that a person knows where to look and a program what to do. Pure.

use serde::Serialize;

use super::{RunState, Status};
use crate::event::Exit;

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// The program ended with an error of its own, or by a signal.
    Program,
    /// The env could not be activated.
    Env,
    /// It used more of the machine's memory than it had asked for.
    OutOfMemory,
    /// The GPU had no more memory, as its output says.
    CudaOutOfMemory,
    /// The time limit ended it.
    TimeLimit,
    /// Its node was lost.
    Node,
    /// Its place went to another job.
    Preempted,
    /// Somebody stopped it.
    Cancelled,
    /// It was refused, or could not be started.
    NeverStarted,
    /// Nothing says how it ended.
    Lost,
}

impl FailureClass {
    /// Gives the words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Program => "program error",
            Self::Env => "env",
            Self::OutOfMemory => "out of memory",
            Self::CudaOutOfMemory => "out of GPU memory",
            Self::TimeLimit => "time limit",
            Self::Node => "node failure",
            Self::Preempted => "preempted",
            Self::Cancelled => "cancelled",
            Self::NeverStarted => "never started",
            Self::Lost => "lost",
        }
    }
}

/// What `PyTorch`, `TensorFlow`, JAX and CUDA itself print when a GPU has no more memory.
const CUDA_WORDS: [&str; 6] = [
    "CUDA out of memory",
    "torch.cuda.OutOfMemoryError",
    "torch.OutOfMemoryError",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "cudaErrorMemoryAllocation",
    "CUDA_ERROR_OUT_OF_MEMORY",
];

/// Tells what kind of failure a status is, with the last lines that the run printed; `None` for what did not fail.
pub fn classify(status: &Status, last_lines: &[String]) -> Option<FailureClass> {
    match status.state {
        RunState::Waiting
        | RunState::Pending
        | RunState::Running
        | RunState::Succeeded
        | RunState::Unknown => None,
        RunState::Cancelled => Some(FailureClass::Cancelled),
        RunState::TimedOut => Some(FailureClass::TimeLimit),
        RunState::OutOfMemory => Some(FailureClass::OutOfMemory),
        RunState::NodeFailed => Some(FailureClass::Node),
        RunState::Preempted => Some(FailureClass::Preempted),
        RunState::EnvFailed => Some(FailureClass::Env),
        RunState::Lost => Some(FailureClass::Lost),
        RunState::Failed if matches!(status.exit, Some(Exit::Unstarted { .. })) => {
            Some(FailureClass::NeverStarted)
        }
        // Of a program that began there is a start or an end.
        RunState::Failed if status.attempt == 0 && status.exit.is_none() => Some(FailureClass::NeverStarted),
        RunState::Failed if says_out_of_gpu_memory(last_lines) => Some(FailureClass::CudaOutOfMemory),
        RunState::Failed => Some(FailureClass::Program),
    }
}

fn says_out_of_gpu_memory(lines: &[String]) -> bool {
    lines.iter().any(|line| {
        let is_exhausted = line.contains("RESOURCE_EXHAUSTED") && line.to_lowercase().contains("allocat");
        is_exhausted || CUDA_WORDS.iter().any(|words| line.contains(words))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Exit;

    fn class(state: RunState, attempt: u32, lines: &[&str]) -> Option<FailureClass> {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let exit = (attempt > 0).then_some(Exit::Code(1));
        classify(&Status { attempt, exit, ..Status::new(state, None) }, &lines)
    }

    #[test]
    fn what_did_not_fail_has_no_class() {
        for state in RunState::ALL {
            let failed = state.is_final() && state != RunState::Succeeded;
            assert_eq!(class(state, 1, &[]).is_some(), failed, "{state}");
        }
    }

    #[test]
    fn the_output_tells_a_full_gpu() {
        let lines = [
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
            "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
            "jaxlib.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8 bytes.",
            "cudaErrorMemoryAllocation: out of memory",
        ];
        for line in lines {
            assert_eq!(
                class(RunState::Failed, 1, &["x", line, "y"]),
                Some(FailureClass::CudaOutOfMemory),
                "{line}"
            );
            assert_eq!(class(RunState::Succeeded, 1, &[line]), None);
        }
        assert_eq!(class(RunState::Failed, 1, &["RESOURCE_EXHAUSTED: quota"]), Some(FailureClass::Program));
    }

    #[test]
    fn what_never_began_is_no_fault_of_the_program() {
        assert_eq!(class(RunState::Failed, 0, &[]), Some(FailureClass::NeverStarted));
        assert_eq!(class(RunState::Failed, 1, &[]), Some(FailureClass::Program));
    }
}
