//! Stories that can happen, of retries, requeues and cancellations, against a model that is simple enough to believe.

use proptest::prelude::*;

use super::*;
use crate::event::Superseded;

/// What happens next, where it can; else nothing does.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The current attempt begins.
    Begin,
    /// It ends with this exit code.
    End(i32),
    /// Slurm starts the run again elsewhere, and its worker gives way.
    Replace,
    /// `neu cancel` before the attempt begins: where nothing was handed over yet, the run is withdrawn.
    Cancel,
    /// `neu retry` of what is over.
    Retry,
    /// The end of an earlier attempt comes late through the file system.
    LateWord(i32),
}

/// What a person would say of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Before,
    Begun,
    Ended(i32),
    Cancelled,
    /// The attempt before turned out to have succeeded: nothing comes after it.
    SucceededBefore,
}

/// The model: where the current attempt is, and of what was before, whether a retry followed on a program.
#[derive(Debug)]
struct Model {
    attempt: u32,
    phase: Phase,
    follows_program: bool,
    handed: Option<Handed>,
}

impl Model {
    /// Takes a step, and gives what the journal says of it.
    fn take(&mut self, step: Step, time: i64) -> Option<Event> {
        let Self { attempt, phase, .. } = *self;
        let (next, event) = match (step, phase) {
            (Step::Begin, Phase::Before) => (Phase::Begun, Some(started(attempt))),
            (Step::End(code), Phase::Begun) => {
                (Phase::Ended(code), Some(ended(attempt, Exit::Code(code), false)))
            }
            (Step::Cancel, Phase::Before) => (Phase::Cancelled, Some(told_to_stop())),
            (Step::Replace, Phase::Begun) => {
                self.attempt += 1;
                self.follows_program = false;
                let by = self.attempt;
                (Phase::Before, Some(Event::Superseded(Superseded { run: 3, attempt, by })))
            }
            (Step::Retry, Phase::Ended(1) | Phase::Cancelled) => {
                self.attempt += 1;
                self.follows_program = matches!(phase, Phase::Ended(_));
                self.handed = Some(Handed { attempt: self.attempt, time: at(time) });
                (Phase::Before, None)
            }
            (Step::LateWord(0), Phase::Before | Phase::Cancelled) if self.follows_program => {
                (Phase::SucceededBefore, Some(ended(attempt - 1, Exit::Code(0), false)))
            }
            (Step::LateWord(code), _) if attempt > 1 && phase != Phase::SucceededBefore => {
                (phase, Some(ended(attempt - 1, Exit::Code(code), false)))
            }
            (
                Step::Begin | Step::End(_) | Step::Replace | Step::Cancel | Step::Retry | Step::LateWord(_),
                _,
            ) => (phase, None),
        };
        self.phase = next;
        event
    }

    fn state(&self) -> RunState {
        match self.phase {
            Phase::Before => RunState::Waiting,
            Phase::Begun => RunState::Running,
            Phase::Ended(0) | Phase::SucceededBefore => RunState::Succeeded,
            Phase::Ended(_) => RunState::Failed,
            Phase::Cancelled => RunState::Cancelled,
        }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Begin),
        3 => (0..2i32).prop_map(Step::End),
        1 => Just(Step::Replace),
        2 => Just(Step::Cancel),
        3 => Just(Step::Retry),
        1 => (0..2i32).prop_map(Step::LateWord),
    ]
}

proptest! {
    /// Only the current attempt counts, whatever came before it and whatever of that is heard late.
    #[test]
    fn the_fold_says_what_a_person_who_saw_it_all_would_say(
        steps in prop::collection::vec(any_step(), 0..16),
        is_withdrawn in any::<bool>(),
    ) {
        let handed = Handed { attempt: 1, time: at(NOW - 200) };
        let handed = (!is_withdrawn).then_some(handed);
        let mut model = Model { attempt: 1, phase: Phase::Before, follows_program: false, handed };
        let mut history = History::default();
        // A withdrawal is a cancellation of what was never handed over.
        let steps = is_withdrawn.then_some(Step::Cancel).into_iter().chain(steps);
        for (step, time) in steps.zip(NOW - 100..) {
            let record = model.take(step, time).map(|event| Record { time: at(time), event });
            history.add(record);
            let told = fold(&history, 3, model.handed, &Sighting::Unasked, moment(NOW));
            prop_assert_eq!(told.state, model.state(), "{:?} after {:?}", model, step);
            prop_assert_eq!(told.exit, match model.phase {
                Phase::Ended(code) => Some(Exit::Code(code)),
                Phase::SucceededBefore => Some(Exit::Code(0)),
                Phase::Before | Phase::Begun | Phase::Cancelled => None,
            });
        }
    }
}

#[test]
fn the_run_that_is_next_tells_what_its_worker_waits_for_until_it_has_begun() {
    let waits = Event::Waits(Waits { run: 3, attempt: 1, reason: "a GPU: all are leased".to_owned() });
    let cause = |events: &[Event]| folded(events, &Sighting::WorkerLives).cause;
    assert_eq!(cause(std::slice::from_ref(&waits)).as_deref(), Some("it waits for a GPU: all are leased"));
    assert_eq!(cause(&[waits.clone(), started(1)]), None);
    let next = Some(Handed { attempt: 2, time: at(NOW - 50) });
    assert_eq!(fold(&history(&[waits]), 3, next, &Sighting::WorkerLives, moment(NOW)).cause, None);
}
