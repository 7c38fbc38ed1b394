//! What to do next about a submission whose answer was lost: look, submit again, or give up. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use crate::slurm::id::JobId;
use crate::slurm::sbatch::SubmitAnswer;
use crate::support::slurm::Seen;

/// The first pause before a look, which doubles up to the longest.
const LOOK_PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// The first pause before another sbatch, which doubles up to the longest.
const CALL_PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Pause, then look for the key.
    Look(Duration),
    /// Pause, then call sbatch under the same key: the one before surely made no job.
    Call(Duration),
    /// It is this job.
    Adopt {
        /// The first of those that have begun, or else the first.
        job: JobId,
        /// Others that carry the same key, and of which nothing has begun.
        doubles: Vec<JobId>,
    },
    /// Slurm refused it for good.
    Refused(String),
    /// There is surely no job, and there is no room or no time for one now.
    Later(String),
    /// There may be a job.
    Uncertain(String),
}

/// The pursuit of one submission.
#[derive(Debug)]
pub(super) struct Pursuit {
    seed: String,
    message_timeout: Duration,
    patience: Duration,
    words: String,
    calls: u32,
    looks: u32,
    lost: u32,
    /// When a look first saw nothing, with no other in between.
    absent_since: Option<Duration>,
    /// What sbatch answered after a call whose answer was lost.
    accepted: Option<JobId>,
    /// Whether a look found jobs, and that one not among them.
    is_doubted: bool,
}

impl Pursuit {
    /// Begins. `seed` makes the pauses of one client differ from another's.
    pub(super) fn new(seed: &str, message_timeout: Duration, patience: Duration) -> Self {
        Self {
            seed: seed.to_owned(),
            message_timeout,
            patience,
            words: "its client ended before Slurm answered".to_owned(),
            calls: 0,
            looks: 0,
            lost: 0,
            absent_since: None,
            accepted: None,
            is_doubted: false,
        }
    }

    /// Decides after sbatch was called.
    pub(super) fn after_call(&mut self, answer: SubmitAnswer) -> Step {
        self.calls += 1;
        self.looks = 0;
        self.absent_since = None;
        match answer {
            // An earlier call, whose answer was lost, may have made one as well.
            SubmitAnswer::Accepted(job) if self.lost > 0 => {
                self.accepted = Some(job);
                Step::Look(Duration::ZERO)
            }
            SubmitAnswer::Accepted(job) => Step::Adopt { job, doubles: Vec::new() },
            SubmitAnswer::Refused { words } => Step::Refused(words),
            SubmitAnswer::Busy { words } => Step::Later(words),
            SubmitAnswer::Uncertain { words } => {
                self.lost += 1;
                self.words = words;
                Step::Look(self.look_pause())
            }
        }
    }

    /// Decides after a look; `begun` are the jobs of which a worker wrote that it began, and `now` counts from the
    /// beginning of the pursuit.
    pub(super) fn after_look(&mut self, now: Duration, seen: Seen, begun: &BTreeSet<JobId>) -> Step {
        self.looks += 1;
        let mut found = begun.clone();
        if let Seen::Jobs(jobs) = &seen {
            found.extend(jobs);
        }
        if let Some(job) = self.accepted.filter(|job| !found.contains(job)) {
            if found.is_empty() {
                found.insert(job);
            } else if !self.is_doubted {
                // An answer may lack a row; twice without it, the id that sbatch printed is not one of ours.
                self.is_doubted = true;
                return Step::Look(self.look_pause());
            }
        }
        if let Some(job) = begun.first().or(found.first()).copied() {
            let doubles = found.into_iter().filter(|other| *other != job && !begun.contains(other));
            return Step::Adopt { job, doubles: doubles.collect() };
        }
        match seen {
            Seen::Unproven(words) => {
                self.absent_since = None;
                if now >= self.patience {
                    return Step::Uncertain(format!("{}; {words}", self.words));
                }
                Step::Look(self.look_pause())
            }
            Seen::Jobs(_) | Seen::Nothing => self.after_nothing(now),
        }
    }

    /// Nothing twice, a `MessageTimeout` apart: what was sent has reached the controller by then, or never will.
    fn after_nothing(&mut self, now: Duration) -> Step {
        // However late it is: the second answer is worth the wait where the first is there.
        let Some(since) = self.absent_since else {
            self.absent_since = Some(now);
            return Step::Look(self.message_timeout);
        };
        let proven_at = since + self.message_timeout;
        if now < proven_at {
            return Step::Look(proven_at.saturating_sub(now));
        }
        if now >= self.patience {
            return Step::Later(self.words.clone());
        }
        Step::Call(self.pause(CALL_PAUSES, self.calls))
    }

    fn look_pause(&self) -> Duration {
        self.pause(LOOK_PAUSES, self.looks)
    }

    /// Doubles a pause with each time, and takes up to a third off: a thousand clients must not come back at once.
    fn pause(&self, (first, longest): (Duration, Duration), times: u32) -> Duration {
        let doubled = first.saturating_mul(2_u32.saturating_pow(times.min(16))).min(longest);
        let hash = xxh3_64(format!("{} {} {times}", self.seed, self.calls).as_bytes());
        doubled * (3000 - u32::try_from(hash % 1000).unwrap_or_default()) / 3000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);
    const PATIENCE: Duration = Duration::from_mins(5);

    fn begun() -> Pursuit {
        Pursuit::new("key 1", TIMEOUT, PATIENCE)
    }

    fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    fn lost() -> SubmitAnswer {
        SubmitAnswer::Uncertain { words: "Socket timed out".to_owned() }
    }

    fn unproven() -> Seen {
        Seen::Unproven("squeue is away".to_owned())
    }

    fn none() -> BTreeSet<JobId> {
        BTreeSet::new()
    }

    fn jobs(ids: impl IntoIterator<Item = u32>) -> Seen {
        Seen::Jobs(ids.into_iter().map(JobId).collect())
    }

    #[test]
    fn a_clear_answer_is_the_end() {
        let adopted = Step::Adopt { job: JobId(7), doubles: vec![] };
        assert_eq!(begun().after_call(SubmitAnswer::Accepted(JobId(7))), adopted);
        let words = || "no".to_owned();
        assert_eq!(begun().after_call(SubmitAnswer::Refused { words: words() }), Step::Refused(words()));
        assert_eq!(begun().after_call(SubmitAnswer::Busy { words: words() }), Step::Later(words()));
    }

    #[test]
    fn a_job_that_is_found_is_adopted_and_the_first_of_several_stays() {
        let mut pursuit = begun();
        assert!(matches!(pursuit.after_call(lost()), Step::Look(_)));
        assert!(matches!(pursuit.after_look(at(1), unproven(), &none()), Step::Look(_)));
        assert_eq!(
            pursuit.after_look(at(2), Seen::Jobs(vec![JobId(7), JobId(9)]), &none()),
            Step::Adopt { job: JobId(7), doubles: vec![JobId(9)] }
        );
    }

    #[test]
    fn only_two_answers_a_message_timeout_apart_prove_absence() {
        let mut pursuit = begun();
        pursuit.after_call(lost());
        assert_eq!(pursuit.after_look(at(1), Seen::Nothing, &none()), Step::Look(TIMEOUT));
        assert_eq!(pursuit.after_look(at(5), Seen::Nothing, &none()), Step::Look(at(6)));
        // A silence in between begins it anew.
        assert!(matches!(pursuit.after_look(at(8), unproven(), &none()), Step::Look(_)));
        assert_eq!(pursuit.after_look(at(12), Seen::Nothing, &none()), Step::Look(TIMEOUT));
        assert!(matches!(pursuit.after_look(at(22), Seen::Nothing, &none()), Step::Call(_)));
    }

    #[test]
    fn after_a_second_call_the_first_ones_job_is_looked_for_once_more() {
        let again = || {
            let mut pursuit = begun();
            pursuit.after_call(lost());
            pursuit.after_look(at(1), Seen::Nothing, &none());
            assert!(matches!(pursuit.after_look(at(11), Seen::Nothing, &none()), Step::Call(_)));
            assert_eq!(pursuit.after_call(SubmitAnswer::Accepted(JobId(9))), Step::Look(Duration::ZERO));
            pursuit
        };
        let ours = Step::Adopt { job: JobId(9), doubles: vec![] };
        assert_eq!(again().after_look(at(12), Seen::Jobs(vec![JobId(9)]), &none()), ours);
        // What sbatch itself said is enough, whatever a queue does not say.
        assert_eq!(again().after_look(at(12), unproven(), &none()), ours);
        assert_eq!(again().after_look(at(12), Seen::Nothing, &none()), ours);
        assert_eq!(
            again().after_look(at(12), Seen::Jobs(vec![JobId(7), JobId(9)]), &none()),
            Step::Adopt { job: JobId(7), doubles: vec![JobId(9)] }
        );
    }

    /// The last of a lost call and one that was answered, with an id that is perhaps not ours.
    fn answered_again() -> Pursuit {
        let mut pursuit = begun();
        pursuit.after_call(lost());
        pursuit.after_look(at(1), Seen::Nothing, &none());
        pursuit.after_look(at(11), Seen::Nothing, &none());
        pursuit.after_call(SubmitAnswer::Accepted(JobId(6)));
        pursuit
    }

    #[test]
    fn an_id_that_no_search_confirms_is_not_believed_and_costs_no_job() {
        let mut pursuit = answered_again();
        assert!(matches!(pursuit.after_look(at(12), jobs([66]), &none()), Step::Look(_)));
        let real = Step::Adopt { job: JobId(66), doubles: vec![] };
        assert_eq!(pursuit.after_look(at(13), jobs([66]), &none()), real);
        // A look that only lacked a row is made good by the next.
        let mut pursuit = answered_again();
        assert!(matches!(pursuit.after_look(at(12), jobs([66]), &none()), Step::Look(_)));
        let both = Step::Adopt { job: JobId(6), doubles: vec![JobId(66)] };
        assert_eq!(pursuit.after_look(at(13), jobs([6, 66]), &none()), both);
    }

    #[test]
    fn what_has_begun_is_adopted_and_never_a_double() {
        let mut pursuit = begun();
        pursuit.after_call(lost());
        let kept = pursuit.after_look(at(1), jobs([7, 9, 11]), &[JobId(9)].into());
        assert_eq!(kept, Step::Adopt { job: JobId(9), doubles: vec![JobId(7), JobId(11)] });
        let kept = pursuit.after_look(at(1), jobs([7, 9, 11]), &[JobId(9), JobId(11)].into());
        assert_eq!(kept, Step::Adopt { job: JobId(9), doubles: vec![JobId(7)] });
        // Of what the queue and accounting do not tell, the journal does.
        for seen in [Seen::Nothing, unproven()] {
            let kept = pursuit.after_look(at(1), seen, &[JobId(9)].into());
            assert_eq!(kept, Step::Adopt { job: JobId(9), doubles: vec![] });
        }
    }

    #[test]
    fn when_patience_ends_only_what_is_proven_is_said() {
        let mut pursuit = begun();
        pursuit.after_call(lost());
        let Step::Uncertain(words) = pursuit.after_look(PATIENCE, unproven(), &none()) else { panic!() };
        assert_eq!(words, "Socket timed out; squeue is away");
        pursuit.after_look(PATIENCE, Seen::Nothing, &none());
        let proven = pursuit.after_look(PATIENCE + TIMEOUT, Seen::Nothing, &none());
        assert_eq!(proven, Step::Later("Socket timed out".to_owned()));
    }

    #[test]
    fn pauses_grow_to_a_limit_and_differ_between_clients() {
        let pauses = |seed: &str| -> Vec<Duration> {
            let mut pursuit = Pursuit::new(seed, TIMEOUT, PATIENCE);
            pursuit.after_call(lost());
            (0..12)
                .map(|_| match pursuit.after_look(at(1), unproven(), &none()) {
                    Step::Look(pause) => pause,
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        let ours = pauses("a");
        assert!(ours.iter().all(|pause| *pause <= LOOK_PAUSES.1), "{ours:?}");
        assert!(ours[11] > LOOK_PAUSES.1 / 2 && ours[0] < Duration::from_secs(1), "{ours:?}");
        assert_ne!(ours, pauses("b"));
    }
}
