//! What became of runs that were to be handed over, put together from what came of each submission. Pure.

use super::pursue::Outcome;
use crate::ranges::Ranges;
use crate::store::Answer;

/// What became of runs that were to be handed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handed {
    /// What Slurm answered, and for which runs, in their order.
    pub answers: Vec<(Ranges, Answer)>,
    /// What is not handed over yet.
    pub later: Option<Later>,
}

/// Runs that are not handed over yet, and surely not in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// The runs.
    pub runs: Ranges,
    /// Why not: Slurm's words, or a limit.
    pub words: String,
}

impl Outcome {
    /// Adds this outcome for `runs`, and tells whether to go on with the next ones.
    pub(super) fn take_into(self, handed: &mut Handed, runs: Ranges) -> bool {
        match self {
            Self::Answered(answer) => {
                // A controller that was away for minutes is not asked to take more.
                let goes_on = !matches!(answer, Answer::Uncertain(_));
                handed.answers.push((runs, answer));
                goes_on
            }
            Self::Later(words) => {
                handed.postpone(runs, &words);
                false
            }
        }
    }
}

impl Handed {
    /// Adds runs that are for later; the first reason stays.
    pub(in crate::engine) fn postpone(&mut self, runs: Ranges, words: &str) {
        if runs.is_empty() {
            return;
        }
        let later = self.later.take().unwrap_or(Later { runs: Ranges::default(), words: words.to_owned() });
        self.later = Some(Later { runs: [later.runs, runs].into_iter().collect(), ..later });
    }

    /// Joins what came of several handovers.
    pub fn join(&mut self, other: Self) {
        self.answers.extend(other.answers);
        if let Some(Later { runs, words }) = other.later {
            self.postpone(runs, &words);
        }
    }

    /// Gives the jobs that Slurm has made of them.
    pub fn jobs(&self) -> Vec<u32> {
        let job = |(_, answer): &(Ranges, Answer)| match answer {
            Answer::Accepted(job) => Some(*job),
            Answer::Refused(_) | Answer::Uncertain(_) => None,
        };
        self.answers.iter().filter_map(job).collect()
    }

    /// Gives the runs that Slurm has.
    pub fn accepted(&self) -> Ranges {
        let accepted = self.answers.iter().filter(|(_, answer)| matches!(answer, Answer::Accepted(_)));
        accepted.map(|(runs, _)| runs.clone()).collect()
    }
}
