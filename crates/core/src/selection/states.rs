//! `--state failed,oom,…`: the states by the words that are shown, and by those that people and Slurm use.

use std::str::FromStr;

use crate::document::nearest;
use crate::state::RunState;

/// Short words and Slurm's own, beside the words that are shown.
const SYNONYMS: [(&str, &[RunState]); 16] = [
    ("oom", &[RunState::OutOfMemory]),
    ("memory", &[RunState::OutOfMemory]),
    ("timeout", &[RunState::TimedOut]),
    ("timedout", &[RunState::TimedOut]),
    ("queued", &[RunState::Waiting, RunState::Pending]),
    ("done", &[RunState::Succeeded]),
    ("completed", &[RunState::Succeeded]),
    ("success", &[RunState::Succeeded]),
    ("ok", &[RunState::Succeeded]),
    ("canceled", &[RunState::Cancelled]),
    ("node-fail", &[RunState::NodeFailed]),
    ("env", &[RunState::EnvFailed]),
    ("alive", &[RunState::Waiting, RunState::Pending, RunState::Running]),
    ("unsuccessful", &UNSUCCESSFUL),
    ("over", &OVER),
    ("finished", &OVER),
];

const UNSUCCESSFUL: [RunState; 8] = [
    RunState::Failed,
    RunState::Cancelled,
    RunState::TimedOut,
    RunState::OutOfMemory,
    RunState::NodeFailed,
    RunState::Preempted,
    RunState::EnvFailed,
    RunState::Lost,
];

const OVER: [RunState; 9] = [
    RunState::Succeeded,
    RunState::Failed,
    RunState::Cancelled,
    RunState::TimedOut,
    RunState::OutOfMemory,
    RunState::NodeFailed,
    RunState::Preempted,
    RunState::EnvFailed,
    RunState::Lost,
];

/// The states that a user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct States(Vec<RunState>);

impl States {
    /// Tells whether a state is one of them.
    pub fn contain(&self, state: RunState) -> bool {
        self.0.contains(&state)
    }
}

/// Tells that a word is no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a state{}; the states are {}", suggestion(word), all())]
pub struct StatesError {
    /// What was typed.
    pub word: String,
}

fn suggestion(word: &str) -> String {
    let known = RunState::ALL.iter().map(|state| state.word()).chain(SYNONYMS.iter().map(|(word, _)| *word));
    nearest(word, known).map_or_else(String::new, |nearest| format!(", did you mean `{nearest}`?"))
}

fn all() -> String {
    let words: Vec<&str> = RunState::ALL.iter().map(|state| state.word()).collect();
    format!("{}, and for short oom, timeout, done, queued, alive, unsuccessful, over", words.join(", "))
}

impl FromStr for States {
    type Err = StatesError;

    /// Reads words between commas; case, and `_` for `-`, do not matter.
    fn from_str(words: &str) -> Result<Self, StatesError> {
        let states: Result<Vec<_>, _> = words.split(',').map(|word| of_word(word.trim())).collect();
        Ok(Self(states?.concat()))
    }
}

fn of_word(typed: &str) -> Result<Vec<RunState>, StatesError> {
    let word = typed.to_lowercase().replace('_', "-");
    if let Some(state) = RunState::ALL.into_iter().find(|state| state.word() == word) {
        return Ok(vec![state]);
    }
    let synonym = SYNONYMS.iter().find(|(synonym, _)| *synonym == word);
    synonym
        .map(|(_, states)| states.to_vec())
        .ok_or_else(|| StatesError { word: typed.chars().take(40).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_by_its_word() {
        for state in RunState::ALL {
            for word in [state.word().to_owned(), state.word().to_uppercase().replace('-', "_")] {
                assert_eq!(word.parse::<States>(), Ok(States(vec![state])), "{word}");
            }
        }
    }

    #[test]
    fn short_words_and_lists_are_read() {
        let states: States = "failed, oom,TIMEOUT".parse().unwrap();
        assert_eq!(states, States(vec![RunState::Failed, RunState::OutOfMemory, RunState::TimedOut]));
    }

    #[test]
    fn over_is_what_is_final() {
        let (over, alive): (States, States) = ("over".parse().unwrap(), "alive,unknown".parse().unwrap());
        let unsuccessful: States = "unsuccessful".parse().unwrap();
        for state in RunState::ALL {
            assert_eq!(over.contain(state), state.is_final(), "{state}");
            assert_eq!(alive.contain(state), !state.is_final(), "{state}");
            let failed = state.is_final() && state != RunState::Succeeded;
            assert_eq!(unsuccessful.contain(state), failed, "{state}");
        }
    }

    #[test]
    fn another_word_is_refused_with_the_nearest_and_all() {
        insta::assert_snapshot!("faild".parse::<States>().unwrap_err(), @"`faild` is not a state, did you mean `failed`?; the states are waiting, pending, running, succeeded, failed, cancelled, timed-out, out-of-memory, node-failed, preempted, env-failed, lost, unknown, and for short oom, timeout, done, queued, alive, unsuccessful, over");
        for word in ["", ",", "failed,", "x"] {
            assert!(word.parse::<States>().is_err(), "{word}");
        }
    }
}
