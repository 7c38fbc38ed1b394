//! What a device of this machine asks for: how many runs at once, GPUs, and a limit for each run. Pure.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{MemorySize, MemorySizeError, Resources};
use crate::slurm::time::{TimeLimit, TimeLimitError};

/// The options that mean something on this machine.
///
/// `cpus-per-task` is Slurm's word for `cpus`, so that one set of resources can serve both.
pub const LOCAL_NAMES: [&str; 9] =
    ["jobs", "gpus", "gpu_memory", "gpu_list", "priority", "time", "mem", "cpus", SLURMS_WORD_FOR_CPUS];

const SLURMS_WORD_FOR_CPUS: &str = "cpus-per-task";

/// What a device of this machine asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalResources {
    /// How many runs execute at once.
    pub jobs: Option<NonZeroU32>,
    /// How many GPUs each run gets, as written: a number such as `2` or `0.5`.
    pub gpus: Option<String>,
    /// How much memory of a GPU each run needs.
    pub gpu_memory: Option<MemorySize>,
    /// What each run may use.
    pub limits: RunLimits,
}

/// What a run may use, where that is limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunLimits {
    /// How long it may run; never 0.
    pub time: Option<Duration>,
    /// How much memory it may have, all of its processes together; never 0.
    pub memory: Option<MemorySize>,
    /// How many processors it gets.
    pub processors: Option<NonZeroU32>,
}

/// Why a value means nothing for an option of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LocalValueError {
    /// Not a whole number from 1.
    #[error("not a count; a whole number from 1 is")]
    Count,
    /// Not a number of GPUs.
    #[error("not a number of GPUs; `1`, `2` and `0.5` are")]
    Gpus,
    /// Not a time.
    #[error(transparent)]
    Time(#[from] TimeLimitError),
    /// Not an amount of memory.
    #[error(transparent)]
    Memory(#[from] MemorySizeError),
}

/// An option whose value means nothing on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}`: `{value}` is {why}")]
pub struct LocalFault {
    /// The option.
    pub name: String,
    /// Its value, as written.
    pub value: String,
    /// What is wrong with it.
    pub why: LocalValueError,
}

impl LocalResources {
    /// Reads what is asked, or tells the first value that means nothing: a configuration has been checked, but one that
    /// an older version has kept may hold anything.
    ///
    /// Of `cpus` and `cpus-per-task` the later one counts, which is the typed one.
    pub fn read(resources: &Resources) -> Result<Self, LocalFault> {
        let mut read = Self::default();
        for name in resources.iter().map(super::Resource::name) {
            if let Some(value) = resources.value(name) {
                let fault = |why| LocalFault { name: name.to_owned(), value: value.to_owned(), why };
                read.set(name, value).map_err(fault)?;
            }
        }
        Ok(read)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), LocalValueError> {
        match name {
            "jobs" => self.jobs = Some(count(value)?),
            "gpus" => self.gpus = Some(gpus(value)?),
            "gpu_memory" => self.gpu_memory = Some(value.parse()?),
            "time" => self.limits.time = time(value)?,
            "mem" => self.limits.memory = Some(value.parse()?).filter(|size: &MemorySize| size.bytes() > 0),
            "cpus" | SLURMS_WORD_FOR_CPUS => self.limits.processors = Some(count(value)?),
            _ => {}
        }
        Ok(())
    }
}

/// Says why a value means nothing for an option of this machine; an option that does nothing here takes any.
pub fn local_fault(name: &str, value: &str) -> Option<LocalValueError> {
    LocalResources::default().set(name, value).err()
}

impl Resources {
    /// Yields the options, as arguments, that do nothing on this machine.
    pub fn without_effect_here(&self) -> impl Iterator<Item = String> + '_ {
        let others = self.iter().filter(|resource| !LOCAL_NAMES.contains(&resource.name()));
        others.flat_map(super::Resource::directives)
    }
}

fn count(value: &str) -> Result<NonZeroU32, LocalValueError> {
    let is_written_plainly = value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| is_written_plainly).ok_or(LocalValueError::Count)
}

fn gpus(value: &str) -> Result<String, LocalValueError> {
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    if is_number(whole) && is_number(fraction) { Ok(value.to_owned()) } else { Err(LocalValueError::Gpus) }
}

fn time(value: &str) -> Result<Option<Duration>, LocalValueError> {
    Ok(match value.parse()? {
        TimeLimit::Seconds(seconds) => Some(Duration::from_secs(seconds)),
        TimeLimit::Unlimited => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Resource, Setting};
    use super::*;

    fn resources(pairs: &[(&str, &str)]) -> Resources {
        let of = |(name, value): &(&str, &str)| Resource::new(*name, Setting::Value((*value).to_owned()));
        pairs.iter().map(|pair| of(pair).unwrap()).collect()
    }

    fn read(pairs: &[(&str, &str)]) -> LocalResources {
        LocalResources::read(&resources(pairs)).unwrap()
    }

    #[test]
    fn all_that_a_device_may_ask_is_read() {
        let all = [
            ("jobs", "4"),
            ("gpus", "0.50"),
            ("gpu_memory", "10G"),
            ("time", "1:00"),
            ("mem", "8000"),
            ("cpus", "2"),
        ];
        assert_eq!(
            read(&all),
            LocalResources {
                jobs: NonZeroU32::new(4),
                gpus: Some("0.50".to_owned()),
                gpu_memory: Some(MemorySize::from_bytes(10 << 30)),
                limits: RunLimits {
                    time: Some(Duration::from_mins(1)),
                    memory: Some(MemorySize::from_bytes(8000 << 20)),
                    processors: NonZeroU32::new(2),
                },
            }
        );
        assert_eq!(read(&[]), LocalResources::default());
    }

    #[test]
    fn no_limit_can_be_written_too() {
        assert_eq!(read(&[("time", "UNLIMITED"), ("mem", "0")]).limits, RunLimits::default());
        assert_eq!(read(&[("time", "0")]).limits, RunLimits::default());
    }

    #[test]
    fn slurms_word_for_processors_means_the_same_and_the_later_one_counts() {
        let processors = |pairs: &[(&str, &str)]| read(pairs).limits.processors.map(NonZeroU32::get);
        assert_eq!(processors(&[("cpus-per-task", "3")]), Some(3));
        assert_eq!(processors(&[("cpus", "2"), ("cpus-per-task", "3")]), Some(3));
        let typed = resources(&[("cpus-per-task", "3")]).overridden_by(resources(&[("cpus", "2")]));
        assert_eq!(LocalResources::read(&typed).unwrap().limits.processors.map(NonZeroU32::get), Some(2));
    }

    #[test]
    fn a_value_that_means_nothing_is_told() {
        for (name, value) in [
            ("jobs", "0"),
            ("jobs", "-1"),
            ("jobs", "+1"),
            ("jobs", "1.5"),
            ("cpus", "all"),
            ("cpus-per-task", "0"),
            ("gpus", "p100:2"),
            ("gpus", ".5"),
            ("gpus", "1."),
            ("gpus", "-1"),
            ("gpus", "1e0"),
            ("gpu_memory", "10GB"),
            ("time", "soon"),
            ("mem", "lots"),
        ] {
            assert!(local_fault(name, value).is_some(), "{name}={value}");
            assert!(LocalResources::read(&resources(&[(name, value)])).is_err(), "{name}={value}");
        }
        let fault = LocalResources::read(&resources(&[("mem", "lots")])).unwrap_err();
        insta::assert_snapshot!(fault, @"`mem`: `lots` is not an amount of memory; `8G`, `500M` and `8000` (megabytes) are");
    }

    #[test]
    fn what_is_for_schedulers_does_nothing_here() {
        let resources = resources(&[("account", "me"), ("time", "1:00"), ("mem-per-cpu", "lots")]);
        assert_eq!(
            resources.without_effect_here().collect::<Vec<_>>(),
            ["--account=me", "--mem-per-cpu=lots"]
        );
        assert_eq!(local_fault("account", "me"), None);
    }
}
