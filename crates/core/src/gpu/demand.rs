//! What a device asks of the GPUs: `"gpus": 1`, `0.5` or `2`, and `"gpu_memory": "10G"`. Pure.

use super::amount::{Mebibytes, Share};
use super::words;
use super::{Form, Gpu};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What each run of a device gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// How many GPUs, or how much of one.
    pub gpus: Gpus,
    /// How much memory each of them must have for this run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory: Option<Mebibytes>,
}

/// How many GPUs, or how much of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gpus {
    /// So many, each whole; never 0.
    Whole(u32),
    /// This part of one.
    Part(Share),
    /// As much of one as its memory makes up.
    ByMemory,
}

/// Why a text is not a number of GPUs that a run can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GpusError {
    /// Not a number.
    #[error("not a number of GPUs; `1`, `2` and `0.5` are")]
    Form,
    /// None at all.
    #[error("no GPU; leave it out for a run without one")]
    None,
    /// Several, not all of them whole.
    #[error("neither whole GPUs nor a part of one; `2` and `0.5` are")]
    Mixed,
    /// A part that cannot be counted.
    #[error("a part with more than four decimals; `0.3333` is a third")]
    Fine,
    /// Too large a number.
    #[error("more GPUs than any machine has")]
    TooMany,
}

/// Why a demand cannot be met: the machine, or what of it may be used, is too small.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a run asks for {asked}, and {there}")]
pub struct TooMuch {
    /// What is asked for.
    pub asked: String,
    /// What is there.
    pub there: String,
}

impl FromStr for Gpus {
    type Err = GpusError;

    /// Reads whole GPUs, `2`, or a part of one, `0.5`, to ten-thousandths.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) {
            return Err(GpusError::Form);
        }
        let decimals = decimals.trim_end_matches('0');
        if decimals.len() > 4 {
            return Err(GpusError::Fine);
        }
        let whole: u32 = whole.parse().map_err(|_| GpusError::TooMany)?;
        match (whole, format!("{decimals:0<4}").parse().unwrap_or(0)) {
            (0, 0) => Err(GpusError::None),
            (whole, 0) => Ok(Self::Whole(whole)),
            (0, units) => Ok(Self::Part(Share::ten_thousandths(units))),
            (_, _) => Err(GpusError::Mixed),
        }
    }
}

impl Demand {
    /// Joins what a device says; `None` where it asks for no GPU.
    pub fn of(gpus: Option<Gpus>, memory: Option<Mebibytes>) -> Option<Self> {
        let gpus = gpus.or(memory.map(|_| Gpus::ByMemory))?;
        Some(Self { gpus, memory })
    }

    /// Tells whether one GPU is large enough for it, when nothing else is on it.
    pub fn is_met_by(&self, gpu: &Gpu) -> bool {
        let has_memory = match (self.memory, gpu.memory) {
            (None, _) => true,
            (Some(asked), Some(there)) => asked <= there,
            (Some(_), None) => false,
        };
        // A program can compute on one slice at a time.
        let is_enough = !matches!((self.gpus, &gpu.form), (Gpus::Whole(2..), Form::Slice { .. }));
        has_memory && is_enough
    }

    /// Tells how many GPUs it takes.
    pub fn count(&self) -> usize {
        match self.gpus {
            Gpus::Whole(count) => usize::try_from(count).unwrap_or(usize::MAX),
            Gpus::Part(_) | Gpus::ByMemory => 1,
        }
    }

    /// Makes sure that some of `usable` are enough for one run, when nothing else is on them.
    pub fn check(&self, usable: &[&Gpu]) -> Result<(), TooMuch> {
        if usable.iter().filter(|gpu| self.is_met_by(gpu)).count() >= self.count() {
            return Ok(());
        }
        let is_slice = |gpu: &&&Gpu| matches!(gpu.form, Form::Slice { .. });
        let slices = if self.count() > 1 { usable.iter().filter(is_slice).count() } else { 0 };
        let there = if slices == 0 {
            words::what_is_there(usable)
        } else {
            let cards: Vec<&Gpu> = usable.iter().filter(|gpu| !is_slice(gpu)).copied().collect();
            let beside = format!("beside MIG devices ({slices}), of which a program can use one at a time");
            format!("{} {beside}", words::what_is_there(&cards))
        };
        Err(TooMuch { asked: self.to_string(), there })
    }
}

/// `2 GPUs`, `0.5 of a GPU`, `10G of a GPU's memory`.
impl std::fmt::Display for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.gpus, self.memory) {
            (Gpus::Whole(1), None) => write!(f, "a GPU"),
            (Gpus::Whole(1), Some(memory)) => write!(f, "a GPU with {memory} of memory"),
            (Gpus::Whole(count), None) => write!(f, "{count} GPUs"),
            (Gpus::Whole(count), Some(memory)) => write!(f, "{count} GPUs with {memory} of memory each"),
            (Gpus::Part(share), None) => write!(f, "{share} of a GPU"),
            (Gpus::Part(share), Some(memory)) => write!(f, "{share} of a GPU with {memory} of its memory"),
            (Gpus::ByMemory, memory) => write!(f, "{} of a GPU's memory", memory.unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::placement::tests::gpu;

    #[test]
    fn numbers_of_gpus_are_whole_or_part_of_one() {
        let whole = ["1", "2", "2.0", "08"].map(str::parse);
        assert_eq!(whole, [1, 2, 2, 8].map(|count| Ok(Gpus::Whole(count))));
        for (written, units) in [("0.5", 5000), ("0.25", 2500), ("0.3333", 3333), ("0.10000", 1000)] {
            assert_eq!(written.parse(), Ok(Gpus::Part(Share::ten_thousandths(units))));
        }
        assert_eq!(Demand::of(None, None), None);
        let by_memory = Demand { gpus: Gpus::ByMemory, memory: Some(Mebibytes(10_240)) };
        assert_eq!(Demand::of(None, by_memory.memory), Some(by_memory));
    }

    #[test]
    fn what_cannot_be_asked_for_is_told_with_what_can() {
        let told = ["0", "0.0", "-1", "1.5", "0.33333", "one", "", ".5", "1.", "1e0", "99999999999"]
            .map(|gpus| format!("`{gpus}` is {}", gpus.parse::<Gpus>().unwrap_err()));
        insta::assert_snapshot!(told.join("\n"), @r"
        `0` is no GPU; leave it out for a run without one
        `0.0` is no GPU; leave it out for a run without one
        `-1` is not a number of GPUs; `1`, `2` and `0.5` are
        `1.5` is neither whole GPUs nor a part of one; `2` and `0.5` are
        `0.33333` is a part with more than four decimals; `0.3333` is a third
        `one` is not a number of GPUs; `1`, `2` and `0.5` are
        `` is not a number of GPUs; `1`, `2` and `0.5` are
        `.5` is not a number of GPUs; `1`, `2` and `0.5` are
        `1.` is not a number of GPUs; `1`, `2` and `0.5` are
        `1e0` is not a number of GPUs; `1`, `2` and `0.5` are
        `99999999999` is more GPUs than any machine has
        ");
    }

    fn demand(gpus: Option<&str>, gibibytes: Option<u64>) -> Demand {
        let gpus = gpus.map(|gpus| gpus.parse().unwrap());
        Demand::of(gpus, gibibytes.map(|amount| Mebibytes(amount << 10))).unwrap()
    }

    #[test]
    fn more_than_is_there_is_refused_with_what_is_there() {
        let gpus = [gpu(0, 24_564), gpu(1, 24_564), gpu(2, 11_264)];
        let usable: Vec<&Gpu> = gpus.iter().collect();
        let refusal =
            |gpus, memory, usable: &[&Gpu]| demand(gpus, memory).check(usable).unwrap_err().to_string();
        let told = [
            refusal(Some("4"), None, &usable),
            refusal(Some("3"), Some(20), &usable),
            refusal(None, Some(48), &usable),
            refusal(Some("2"), None, &usable[..1]),
            refusal(Some("0.5"), None, &[]),
        ];
        insta::assert_snapshot!(told.join("\n"), @r"
        a run asks for 4 GPUs, and there are 3: 0 (24564M), 1 (24564M), 2 (11G)
        a run asks for 3 GPUs with 20G of memory each, and there are 3: 0 (24564M), 1 (24564M), 2 (11G)
        a run asks for 48G of a GPU's memory, and there are 3: 0 (24564M), 1 (24564M), 2 (11G)
        a run asks for 2 GPUs, and there is one: 0 (24564M)
        a run asks for 0.5 of a GPU, and there is none
        ");
        assert_eq!(demand(Some("2"), Some(20)).check(&usable), Ok(()));
    }

    #[test]
    fn slices_are_not_counted_where_they_cannot_be_had_together() {
        let slice =
            |index| Gpu { form: Form::Slice { of: crate::gpu::GpuId("GPU-9".into()) }, ..gpu(index, 9530) };
        let gpus = [slice(0), slice(1), gpu(2, 24_564)];
        let usable: Vec<&Gpu> = gpus.iter().collect();
        let refusal = demand(Some("2"), None).check(&usable).unwrap_err().to_string();
        insta::assert_snapshot!(refusal, @"a run asks for 2 GPUs, and there is one: 2 (24564M) beside MIG devices (2), of which a program can use one at a time");
        assert_eq!(demand(Some("1"), None).check(&usable), Ok(()));
    }
}
