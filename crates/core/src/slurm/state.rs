//! The state that Slurm gives a job or task.

/// The states of Slurm, by the words of `man squeue` and `man sacct` (JOB STATE CODES) and of
/// `slurm/slurm.h` up to 25.05.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SlurmState {
    /// The node failed to boot.
    BootFail,
    /// Its user or an administrator cancelled it.
    Cancelled,
    /// It ended with exit code 0.
    Completed,
    /// Its nodes are being booted.
    Configuring,
    /// It is ending; processes may still run. Hides which end it will be.
    Completing,
    /// It could not end before its deadline.
    Deadline,
    /// It was requeued ahead of all others after a failure of its node (25.x).
    Expediting,
    /// It ended with another exit code.
    Failed,
    /// It could not be launched on its node.
    LaunchFailed,
    /// A node of it failed.
    NodeFail,
    /// It exceeded its memory, where cgroups are used.
    OutOfMemory,
    /// It waits.
    Pending,
    /// Another job took its place.
    Preempted,
    /// Its nodes could not be reconfigured.
    ReconfigFail,
    /// It is being requeued by a federation.
    RequeueFed,
    /// It was requeued and is held.
    RequeueHold,
    /// It is being requeued.
    Requeued,
    /// It is about to change size.
    Resizing,
    /// Its reservation was deleted; it is held.
    ResvDelHold,
    /// Another cluster of the federation took it.
    Revoked,
    /// It runs.
    Running,
    /// A signal is on its way to it.
    Signaling,
    /// It was requeued in a special state, and is held.
    SpecialExit,
    /// Its files are being staged out.
    StageOut,
    /// It has its resources, and was stopped by SIGSTOP.
    Stopped,
    /// It keeps its memory, and its processors were given to others.
    Suspended,
    /// Its time limit passed.
    Timeout,
    /// A word that this version does not know, kept as it was printed.
    Other(String),
}

use SlurmState as S;

/// Every state with its word.
const WORDS: [(&str, SlurmState); 27] = [
    ("BOOT_FAIL", S::BootFail),
    ("CANCELLED", S::Cancelled),
    ("COMPLETED", S::Completed),
    ("CONFIGURING", S::Configuring),
    ("COMPLETING", S::Completing),
    ("DEADLINE", S::Deadline),
    ("EXPEDITING", S::Expediting),
    ("FAILED", S::Failed),
    ("LAUNCH_FAILED", S::LaunchFailed),
    ("NODE_FAIL", S::NodeFail),
    ("OUT_OF_MEMORY", S::OutOfMemory),
    ("PENDING", S::Pending),
    ("PREEMPTED", S::Preempted),
    ("RECONFIG_FAIL", S::ReconfigFail),
    ("REQUEUE_FED", S::RequeueFed),
    ("REQUEUE_HOLD", S::RequeueHold),
    ("REQUEUED", S::Requeued),
    ("RESIZING", S::Resizing),
    ("RESV_DEL_HOLD", S::ResvDelHold),
    ("REVOKED", S::Revoked),
    ("RUNNING", S::Running),
    ("SIGNALING", S::Signaling),
    ("SPECIAL_EXIT", S::SpecialExit),
    ("STAGE_OUT", S::StageOut),
    ("STOPPED", S::Stopped),
    ("SUSPENDED", S::Suspended),
    ("TIMEOUT", S::Timeout),
];

impl SlurmState {
    /// Reads a state as `squeue` and `sacct` print it.
    ///
    /// `CANCELLED by 1000` is cancelled, and a word cut by a narrow column (`OUT_OF_ME+`) is what it can only be
    /// the beginning of. Whatever is left is [`Other`](Self::Other), never a guess.
    pub fn parse(text: &str) -> Self {
        let word = text.split_whitespace().next().unwrap_or_default();
        let stem = word.strip_suffix('+').unwrap_or(word);
        let exact = WORDS.iter().find(|(known, _)| *known == stem);
        let only = || {
            let is_cut = word.len() > stem.len() && !stem.is_empty();
            let mut candidates = WORDS.iter().filter(|(known, _)| is_cut && known.starts_with(stem));
            candidates.next().filter(|_| candidates.next().is_none())
        };
        exact.or_else(only).map_or_else(|| Self::Other(text.trim().to_owned()), |(_, state)| state.clone())
    }

    /// Gives Slurm's word for it.
    pub fn word(&self) -> &str {
        match self {
            Self::Other(text) => text,
            known => WORDS.iter().find(|(_, state)| state == known).map_or("", |(word, _)| word),
        }
    }

    /// Says whether Slurm is done with the execution that is in this state, whatever the reason. Only in the queue
    /// is it also done with the job: accounting may say PREEMPTED of one that waits for its next execution.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            S::BootFail
                | S::Cancelled
                | S::Completed
                | S::Deadline
                | S::Failed
                | S::LaunchFailed
                | S::NodeFail
                | S::OutOfMemory
                | S::Preempted
                | S::ReconfigFail
                | S::Revoked
                | S::Timeout
        )
    }

    /// Says whether the job still waits or runs, or may do so again: an unknown state counts, since taking a
    /// live job for a dead one costs a second execution.
    pub fn is_alive(&self) -> bool {
        !self.is_final()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_and_shown_alike() {
        for (word, state) in WORDS {
            assert_eq!(SlurmState::parse(word), state);
            assert_eq!(state.word(), word);
        }
    }

    #[test]
    fn who_cancelled_it_does_not_matter() {
        assert_eq!(SlurmState::parse("CANCELLED by 1000"), S::Cancelled);
        assert_eq!(SlurmState::parse("CANCELLED+"), S::Cancelled);
    }

    #[test]
    fn a_cut_word_is_what_it_can_only_be() {
        assert_eq!(SlurmState::parse("OUT_OF_ME+"), S::OutOfMemory);
        assert_eq!(SlurmState::parse("NODE_F+"), S::NodeFail);
        assert_eq!(SlurmState::parse("REQUEUE+"), S::Other("REQUEUE+".to_owned()));
        assert_eq!(SlurmState::parse("OUT_OF_ME"), S::Other("OUT_OF_ME".to_owned()));
    }

    #[test]
    fn an_unknown_state_is_kept_and_counts_as_alive() {
        for text in ["", "+", "DREAMING", "R"] {
            let state = SlurmState::parse(text);
            assert_eq!(state.word(), text);
            assert!(state.is_alive());
        }
    }

    #[test]
    fn what_can_run_again_is_not_final() {
        for word in ["REQUEUED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD", "SUSPENDED", "COMPLETING"] {
            assert!(SlurmState::parse(word).is_alive(), "{word}");
        }
        for word in ["TIMEOUT", "CANCELLED by 0", "NODE_FAIL", "PREEMPTED", "DEADLINE", "LAUNCH_FAILED"] {
            assert!(SlurmState::parse(word).is_final(), "{word}");
        }
    }
}
