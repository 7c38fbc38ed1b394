//! What runs may take at most: hours and GPU-hours, by what their device asks for. Pure.

use std::fmt;

use crate::config::SupportKind;
use crate::gpu::amount::Share;
use crate::gpu::demand::{Demand, Gpus};
use crate::resources::{LocalResources, Resources};
use crate::slurm::gpus::most_gpus;
use crate::slurm::time::TimeLimit;

const MINUTE: u64 = 60;

/// What one run may take at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// How many seconds; `None` where no limit is known.
    seconds: Option<u64>,
    /// How many GPUs, in ten-thousandths of one; `None` where that is not known.
    gpus: Option<u64>,
}

impl Bound {
    /// Reads what a device asks for. `sbatch_variable` looks up what the user's shell gives to sbatch where the device
    /// says nothing.
    pub fn of(
        kind: SupportKind,
        resources: &Resources,
        sbatch_variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        match kind {
            SupportKind::Slurm => {
                let time = resources.value("time").map(str::to_owned);
                let time = time.or_else(|| sbatch_variable("SBATCH_TIMELIMIT"));
                let gpus = most_gpus(resources, sbatch_variable);
                Self {
                    seconds: time.and_then(|text| text.parse().ok()).and_then(of_slurm),
                    gpus: gpus.and_then(|gpus| gpus.checked_mul(u64::from(Share::WHOLE.units()))),
                }
            }
            SupportKind::Local => {
                let asked = LocalResources::read(resources).ok();
                let seconds = asked.as_ref().and_then(|asked| asked.limits.time).map(|time| time.as_secs());
                Self { seconds, gpus: asked.map(|asked| of_demand(asked.wish().map(|wish| wish.demand))) }
            }
        }
    }

    /// Gives the seconds that so many runs may take together.
    pub fn seconds(self, runs: u64) -> Option<u128> {
        Some(u128::from(self.seconds?) * u128::from(runs))
    }

    /// Gives the seconds of a GPU that so many runs may take together, rounded up.
    pub fn gpu_seconds(self, runs: u64) -> Option<u128> {
        let parts = self.seconds(runs)?.checked_mul(u128::from(self.gpus?))?;
        Some(parts.div_ceil(u128::from(Share::WHOLE.units())))
    }

    /// Says what so many runs may take: `at most 2880 h and 2880 GPU-hours`; `None` where nothing is known of it.
    pub fn describe(self, runs: u64) -> Option<String> {
        match (self.seconds(runs), self.gpus) {
            (None, None | Some(0)) => None,
            (None, Some(gpus)) => Some(format!("{} each, no time limit", Count(gpus))),
            (Some(seconds), _) => {
                let hours = Hours::of_seconds(seconds);
                Some(match self.gpu_seconds(runs) {
                    None | Some(0) => format!("at most {hours} h"),
                    Some(seconds) => {
                        format!("at most {hours} h and {} GPU-hours", Hours::of_seconds(seconds))
                    }
                })
            }
        }
    }
}

/// Slurm counts in whole minutes, rounded up.
fn of_slurm(limit: TimeLimit) -> Option<u64> {
    match limit {
        TimeLimit::Seconds(seconds) => Some(seconds.div_ceil(MINUTE) * MINUTE),
        TimeLimit::Unlimited => None,
    }
}

/// What is asked for by its memory is a part of one GPU; how much of it is not known before it is given.
fn of_demand(demand: Option<Demand>) -> u64 {
    let whole = u64::from(Share::WHOLE.units());
    match demand.map(|demand| demand.gpus) {
        None => 0,
        Some(Gpus::Whole(count)) => u64::from(count) * whole,
        Some(Gpus::Part(share)) => u64::from(share.units()),
        Some(Gpus::ByMemory) => whole,
    }
}

/// A number of GPUs, in ten-thousandths: `1 GPU`, `2 GPUs`, `0.5 of a GPU`.
struct Count(u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = u64::from(Share::WHOLE.units());
        match (self.0 / whole, u32::try_from(self.0 % whole)) {
            (0, Ok(part)) => write!(f, "{} of a GPU", Share::ten_thousandths(part)),
            (1, _) => write!(f, "1 GPU"),
            (count, _) => write!(f, "{count} GPUs"),
        }
    }
}

/// Hours, rounded up: a bound that is rounded down is none. Whole from ten on, else with as many decimals as tell
/// something.
struct Hours {
    hundredths: u128,
}

impl Hours {
    fn of_seconds(seconds: u128) -> Self {
        Self { hundredths: seconds.div_ceil(36) }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hundredths {
            1000.. => write!(f, "{}", self.hundredths.div_ceil(100)),
            100.. => {
                let tenths = self.hundredths.div_ceil(10);
                let decimal =
                    if tenths.is_multiple_of(10) { String::new() } else { format!(".{}", tenths % 10) };
                write!(f, "{}{decimal}", tenths / 10)
            }
            part => write!(f, "0.{}", format!("{part:02}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{Resource, Setting};

    fn resources(options: &str) -> Resources {
        let option = |word: &str| {
            let (name, value) = word.split_once('=').unwrap();
            Resource::new(name, Setting::Value(value.to_owned())).unwrap()
        };
        options.split_whitespace().map(option).collect()
    }

    fn told(kind: SupportKind, options: &str, runs: u64) -> String {
        let bound = Bound::of(kind, &resources(options), |_| None);
        bound.describe(runs).unwrap_or_else(|| "nothing".to_owned())
    }

    #[test]
    fn a_job_takes_its_time_limit_in_every_spelling_times_its_gpus() {
        let slurm = |options, runs| told(SupportKind::Slurm, options, runs);
        assert_eq!(slurm("time=2-00:00:00 gres=gpu:p100:1", 60), "at most 2880 h and 2880 GPU-hours");
        for (time, hours) in [
            ("90", "1.5"),
            ("90:00", "1.5"),
            ("1:30:00", "1.5"),
            ("2-12", "60"),
            ("0-1:30", "1.5"),
            ("1-0:0:0", "24"),
            ("0:30", "0.02"),
            ("1:01", "0.04"),
        ] {
            let asked = format!("time={time}");
            assert_eq!(told(SupportKind::Slurm, &asked, 1), format!("at most {hours} h"), "{time}");
        }
        assert_eq!(slurm("time=60 gpus-per-node=4 nodes=2", 10), "at most 10 h and 80 GPU-hours");
    }

    #[test]
    fn without_a_time_limit_there_is_no_bound() {
        let slurm = |options| told(SupportKind::Slurm, options, 6);
        assert_eq!(slurm(""), "nothing");
        assert_eq!(slurm("time=UNLIMITED"), "nothing");
        assert_eq!(slurm("time=0"), "nothing");
        assert_eq!(slurm("gres=gpu:2"), "2 GPUs each, no time limit");
        assert_eq!(
            told(SupportKind::Local, "gpus=0.5 time=UNLIMITED", 6),
            "0.5 of a GPU each, no time limit"
        );
    }

    #[test]
    fn gpus_that_are_not_known_are_not_told() {
        assert_eq!(told(SupportKind::Slurm, "time=60 gres=gpu:1 nodelist=n[1-2]", 6), "at most 6 h");
    }

    #[test]
    fn on_this_machine_a_part_of_a_gpu_counts_as_such() {
        let local = |options, runs| told(SupportKind::Local, options, runs);
        assert_eq!(local("time=1:00:00", 6), "at most 6 h");
        assert_eq!(local("time=1:00:00 gpus=0.5", 6), "at most 6 h and 3 GPU-hours");
        assert_eq!(local("time=1:00:00 gpus=2", 6), "at most 6 h and 12 GPU-hours");
        assert_eq!(local("time=1:00:00 gpu_memory=10G", 6), "at most 6 h and 6 GPU-hours");
        assert_eq!(local("time=0:10 gpus=0.3333", 1), "at most 0.01 h and 0.01 GPU-hours");
        assert_eq!(local("gpus=1", 6), "1 GPU each, no time limit");
    }

    #[test]
    fn what_the_shell_gives_to_sbatch_counts() {
        let variable = |name: &str| match name {
            "SBATCH_TIMELIMIT" => Some("2:00:00".to_owned()),
            "SBATCH_GPUS" => Some("2".to_owned()),
            _ => None,
        };
        let describe = |options| Bound::of(SupportKind::Slurm, &resources(options), variable).describe(3);
        assert_eq!(describe(""), Some("at most 6 h and 12 GPU-hours".to_owned()));
        assert_eq!(describe("time=60 gpus=1"), Some("at most 3 h and 3 GPU-hours".to_owned()));
    }

    #[test]
    fn hours_are_rounded_up() {
        let hours = [1, 36, 37, 1800, 3600, 3601, 35_999, 36_000, 36_001, 360_000]
            .map(|seconds| Hours::of_seconds(seconds).to_string());
        assert_eq!(hours, ["0.01", "0.01", "0.02", "0.5", "1", "1.1", "10", "10", "11", "100"]);
    }

    #[test]
    fn no_number_is_too_large() {
        let bound = Bound { seconds: Some(u64::MAX), gpus: Some(u64::MAX) };
        assert!(bound.describe(u64::MAX).is_some());
    }
}
