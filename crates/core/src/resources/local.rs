//! What a device of this machine asks for: how many runs at once, GPUs, and a limit for each run. The only place that reads
//! such values. Pure.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{MemorySize, MemorySizeError, Resources};
use crate::gpu::GpuId;
use crate::gpu::amount::Mebibytes;
use crate::gpu::demand::{Demand, Gpus, GpusError};
use crate::gpu::queue::{Priority, PriorityError};
use crate::gpu::wish::{self, Wish};
use crate::slurm::time::{TimeLimit, TimeLimitError};

/// The options that mean something on this machine.
///
/// `cpus-per-task` is Slurm's word for `cpus`, so that one set of resources can serve both.
pub const LOCAL_NAMES: [&str; 9] =
    [JOBS, wish::GPUS, wish::MEMORY, wish::LIST, wish::PRIORITY, "time", "mem", "cpus", SLURMS_WORD_FOR_CPUS];

/// The option that says how many runs execute at once.
pub const JOBS: &str = "jobs";

const SLURMS_WORD_FOR_CPUS: &str = "cpus-per-task";

/// What a device of this machine asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalResources {
    /// How many runs execute at once.
    pub jobs: Option<NonZeroU32>,
    /// How many GPUs each run gets.
    pub gpus: Option<Gpus>,
    /// How much memory of a GPU each run needs; never 0.
    pub gpu_memory: Option<Mebibytes>,
    /// The GPUs that may be used; `None` for all.
    pub only: Option<Vec<GpuId>>,
    /// How urgent the launch is.
    pub priority: Priority,
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
    #[error(transparent)]
    Gpus(#[from] GpusError),
    /// No memory of a GPU.
    #[error("no memory; leave it out where any will do")]
    NoMemory,
    /// Not a priority.
    #[error(transparent)]
    Priority(#[from] PriorityError),
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

    /// Reads how many runs execute at once, whatever else is asked.
    pub fn jobs_in(resources: &Resources) -> Result<NonZeroU32, LocalFault> {
        let jobs = resources.iter().filter(|resource| resource.name() == JOBS).cloned().collect();
        Ok(Self::read(&jobs)?.jobs.unwrap_or(NonZeroU32::MIN))
    }

    /// Tells what is asked of the GPUs; `None` where none is asked for.
    pub fn wish(self) -> Option<Wish> {
        let demand = Demand::of(self.gpus, self.gpu_memory)?;
        Some(Wish { demand, only: self.only, priority: self.priority })
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), LocalValueError> {
        match name {
            JOBS => self.jobs = Some(count(value)?),
            wish::GPUS => self.gpus = Some(value.parse()?),
            wish::MEMORY => self.gpu_memory = Some(gpu_memory(value)?),
            wish::LIST => self.only = Some(value.split(',').map(|id| GpuId(id.to_owned())).collect()),
            wish::PRIORITY => self.priority = value.parse()?,
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

fn gpu_memory(value: &str) -> Result<Mebibytes, LocalValueError> {
    match value.parse::<MemorySize>()?.bytes() {
        0 => Err(LocalValueError::NoMemory),
        bytes => Ok(Mebibytes(bytes.div_ceil(1 << 20))),
    }
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
    use crate::gpu::amount::Share;

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
            ("gpu_list", "GPU-1,GPU-2"),
            ("priority", "-5"),
            ("time", "1:00"),
            ("mem", "8000"),
            ("cpus", "2"),
        ];
        assert_eq!(
            read(&all),
            LocalResources {
                jobs: NonZeroU32::new(4),
                gpus: Some(Gpus::Part(Share::ten_thousandths(5000))),
                gpu_memory: Some(Mebibytes(10 << 10)),
                only: Some(vec![GpuId("GPU-1".into()), GpuId("GPU-2".into())]),
                priority: Priority::new(-5).unwrap(),
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
    fn a_launch_wishes_for_what_of_gpus_it_asks() {
        assert_eq!(read(&[("mem", "8G"), ("priority", "5")]).wish(), None);
        let wish = read(&[("gpus", "0.5"), ("gpu_memory", "500K")]).wish().unwrap();
        assert_eq!(wish.demand.to_string(), "0.5 of a GPU with 1M of its memory");
        assert_eq!((wish.only, wish.priority), (None, Priority::default()));
    }

    #[test]
    fn how_many_run_at_once_is_known_whatever_else_is_asked() {
        let jobs = |pairs| LocalResources::jobs_in(&resources(pairs)).map(NonZeroU32::get);
        assert_eq!(jobs(&[("jobs", "3"), ("gpus", "p100:2")]), Ok(3));
        assert_eq!(jobs(&[("gpus", "p100:2")]), Ok(1));
        let fault = jobs(&[("jobs", "many")]).unwrap_err();
        insta::assert_snapshot!(fault, @"`jobs`: `many` is not a count; a whole number from 1 is");
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
            ("gpus", "1.5"),
            ("gpus", "0"),
            ("gpu_memory", "10GB"),
            ("gpu_memory", "0"),
            ("priority", "high"),
            ("priority", "101"),
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
