//! How long a launch will still take, from how long its runs took. Pure.

use neuromanager_core::state::RunState;

/// The longest that is foretold, in seconds: nobody plans by more than a year.
const LONGEST: f64 = 365.0 * 86_400.0;

/// What the runs that are over tell about those to come. All times are in seconds.
///
/// - *Typical* is the mean time of the runs that went their way to the end. A run that already takes longer than that
///   counts with what it took so far: the first ones to end are the short ones, and must not promise too much.
/// - *Lanes* is how many runs go on at once: the time that all runs spent, over the time that passed, rounded, and at
///   least as many as go on now. It is measured, since leases and limits may allow fewer than were asked for.
/// - A run that goes on has `typical − elapsed` left, or nothing. Those that wait take a typical time each, the next
///   one in the lane that is free first. What is left is the time until the last lane is free.
///
/// Nothing is foretold before the first run ended, nor once all that goes on has passed its time and nothing waits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Forecast {
    telling: u32,
    took: f64,
    spent: f64,
}

/// What an end says about other runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lesson {
    /// The run went its way: others will take as long.
    Telling,
    /// It broke off: it says only that its lane was busy.
    Busy,
}

impl Lesson {
    /// Tells what an end in this state says.
    pub(super) fn of(state: RunState) -> Self {
        match state {
            RunState::Succeeded | RunState::TimedOut => Self::Telling,
            RunState::Waiting
            | RunState::Pending
            | RunState::Running
            | RunState::Failed
            | RunState::Cancelled
            | RunState::OutOfMemory
            | RunState::NodeFailed
            | RunState::Preempted
            | RunState::EnvFailed
            | RunState::Lost
            | RunState::Unknown => Self::Busy,
        }
    }
}

/// How things are at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    /// For how long each run that goes on has done so.
    pub(super) running: &'a [f64],
    /// How many runs wait.
    pub(super) waiting: u64,
    /// Since when the first one runs.
    pub(super) passed: f64,
}

impl Forecast {
    /// Learns of a run that ended after a time.
    pub(super) fn learn(&mut self, took: f64, lesson: Lesson) {
        let took = took.max(0.0);
        self.spent += took;
        if lesson == Lesson::Telling {
            self.telling += 1;
            self.took += took;
        }
    }

    /// Foretells in how many seconds all is over; `None` where nothing can be said.
    pub(super) fn left(&self, moment: &Moment<'_>) -> Option<f64> {
        let typical = self.typical(moment.running)?;
        let mut lanes: Vec<f64> = moment.running.iter().map(|elapsed| (typical - elapsed).max(0.0)).collect();
        lanes.resize(lanes.len().max(self.lanes(moment)), 0.0);
        lanes.sort_by(f64::total_cmp);
        let left = until_free(&lanes, moment.waiting, typical);
        (left > 0.0).then_some(left.min(LONGEST))
    }

    fn typical(&self, running: &[f64]) -> Option<f64> {
        if self.telling == 0 {
            return None;
        }
        let mean = self.took / f64::from(self.telling);
        let late = running.iter().filter(|elapsed| **elapsed > mean);
        let (count, took) = late.fold((self.telling, self.took), |(n, sum), late| (n + 1, sum + late));
        Some(took / f64::from(count))
    }

    fn lanes(&self, moment: &Moment<'_>) -> usize {
        let spent = self.spent + moment.running.iter().sum::<f64>();
        if moment.passed <= 0.0 {
            return 1;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small number, rounded"
        )]
        let lanes = (spent / moment.passed).round().clamp(1.0, 4096.0) as usize;
        lanes
    }
}

/// Gives when the last lane is free, where each is free after the time in `lanes`, sorted and none above `each`, and
/// `waiting` pieces of work that take `each` go to the lane that is free first.
fn until_free(lanes: &[f64], waiting: u64, each: f64) -> f64 {
    let (Some(last), Ok(count)) = (lanes.last(), u64::try_from(lanes.len())) else { return 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let rounds = (waiting / count) as f64 * each;
    // Each lane has had one more in each round; the first lanes have one more after that.
    let rest = usize::try_from(waiting % count).unwrap_or(0);
    match rest.checked_sub(1).and_then(|index| lanes.get(index)) {
        Some(lane) => rounds + (lane + each).max(*last),
        None => rounds + last,
    }
}

/// Writes an estimate as roughly as it is known: `~8 s`, `~25 s`, `~3 min`, `~45 min`, `~2 h 20 min`, `~3 d 4 h`.
pub(super) fn roughly(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let seconds = seconds.clamp(1.0, LONGEST).round() as u64;
    let to = |step: u64| (seconds + step / 2) / step * step;
    match seconds {
        0..10 => format!("~{seconds} s"),
        10..58 => format!("~{} s", to(5)),
        58..570 => format!("~{} min", to(60) / 60),
        570..3450 => format!("~{} min", to(300) / 60),
        3450..86_100 => match to(600) {
            whole if whole % 3600 == 0 => format!("~{} h", whole / 3600),
            part => format!("~{} h {} min", part / 3600, part / 60 % 60),
        },
        _ => match to(3600) {
            whole if whole % 86_400 == 0 => format!("~{} d", whole / 86_400),
            part => format!("~{} d {} h", part / 86_400, part / 3600 % 24),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(telling: &[f64]) -> Forecast {
        let mut forecast = Forecast::default();
        for took in telling {
            forecast.learn(*took, Lesson::Telling);
        }
        forecast
    }

    fn left(forecast: &Forecast, running: &[f64], waiting: u64, passed: f64) -> Option<f64> {
        forecast.left(&Moment { running, waiting, passed })
    }

    #[test]
    fn nothing_is_foretold_before_a_run_ended() {
        assert_eq!(left(&of(&[]), &[5.0, 5.0], 10, 5.0), None);
    }

    #[test]
    fn a_run_that_broke_off_foretells_nothing() {
        let mut forecast = of(&[]);
        forecast.learn(0.2, Lesson::Busy);
        assert_eq!(left(&forecast, &[5.0], 10, 5.2), None);
    }

    #[test]
    fn one_after_the_other_takes_the_sum() {
        assert_eq!(left(&of(&[10.0]), &[4.0], 3, 14.0), Some(36.0));
    }

    #[test]
    fn two_lanes_share_what_waits() {
        let forecast = of(&[10.0, 10.0]);
        assert_eq!(left(&forecast, &[0.0, 0.0], 2, 10.0), Some(20.0));
        assert_eq!(left(&forecast, &[0.0, 0.0], 3, 10.0), Some(30.0));
        assert_eq!(left(&forecast, &[5.0, 2.0], 1, 15.0), Some(15.0));
        assert_eq!(left(&forecast, &[5.0, 2.0], 0, 15.0), Some(8.0));
    }

    #[test]
    fn a_lane_between_two_runs_counts() {
        assert_eq!(left(&of(&[10.0, 10.0]), &[0.0], 3, 10.0), Some(20.0));
    }

    #[test]
    fn what_is_overdue_makes_the_rest_longer_and_never_shorter() {
        let forecast = of(&[10.0]);
        let mut before = left(&forecast, &[10.0], 5, 20.0).unwrap();
        for late in 11..100 {
            let now = left(&forecast, &[f64::from(late)], 5, f64::from(10 + late)).unwrap();
            assert!(now >= before, "{late}: {now} < {before}");
            before = now;
        }
    }

    #[test]
    fn the_last_run_past_its_time_is_not_foretold() {
        assert_eq!(left(&of(&[10.0]), &[31.0], 0, 41.0), None);
    }

    #[test]
    fn short_runs_that_end_first_do_not_promise_too_much() {
        let alike = left(&of(&[1.0]), &[1.0; 7], 8, 1.0).unwrap();
        let rest_is_long = left(&of(&[1.0]), &[60.0; 7], 8, 60.0).unwrap();
        assert!(rest_is_long > 50.0 * alike, "{rest_is_long} after {alike}");
    }

    #[test]
    fn an_hour_of_alike_runs_is_foretold_without_a_jump() {
        let mut forecast = of(&[]);
        for ended in 1_u32..60 {
            forecast.learn(60.0, Lesson::Telling);
            for second in [0_u32, 20, 40] {
                let passed = f64::from(ended * 60 + second);
                let told = left(&forecast, &[f64::from(second)], u64::from(59 - ended), passed).unwrap();
                assert!((told - (3600.0 - passed)).abs() < 1.0, "{told} after {passed}");
            }
        }
    }

    #[test]
    fn clocks_that_were_set_back_break_nothing() {
        let mut forecast = of(&[-5.0]);
        assert_eq!(left(&forecast, &[0.0], 0, -3.0), None);
        forecast.learn(10.0, Lesson::Telling);
        assert_eq!(left(&forecast, &[0.0], 0, 0.0), Some(5.0));
    }

    #[test]
    fn many_that_wait_are_no_more_work() {
        assert_eq!(left(&of(&[1.0]), &[], 10_000_000, 1.0), Some(10_000_000.0));
        assert_eq!(left(&of(&[1e9]), &[], 10_000_000, 1.0), Some(LONGEST));
    }

    #[test]
    fn estimates_are_as_rough_as_they_are_known() {
        let told: Vec<String> = [
            0.0, 0.4, 8.2, 9.6, 23.0, 57.0, 58.0, 89.0, 100.0, 569.0, 570.0, 2650.0, 3449.0, 3450.0, 8300.0,
            86_000.0, 86_200.0, 100_000.0, 1e12,
        ]
        .map(roughly)
        .to_vec();
        insta::assert_snapshot!(told.join(", "), @"~1 s, ~1 s, ~8 s, ~10 s, ~25 s, ~55 s, ~1 min, ~1 min, ~2 min, ~9 min, ~10 min, ~45 min, ~55 min, ~1 h, ~2 h 20 min, ~23 h 50 min, ~1 d, ~1 d 4 h, ~365 d");
    }
}
