//! What a device asks of the GPUs: `"gpus": 1`, `0.5` or `2`, and `"gpu_memory": "10G"`. Pure.

use super::amount::{Mebibytes, Share};
use super::words;
use super::{Form, Gpu};
use serde::{Deserialize, Serialize};

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

/// Why a demand cannot be understood, or met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DemandError {
    /// `gpus` is no number of GPUs.
    #[error("`gpus` cannot be `{written}`: {fault}")]
    Gpus {
        /// As written.
        written: String,
        /// What is wrong, and what to write.
        fault: &'static str,
    },
    /// `gpu_memory` is no amount of memory.
    #[error("`gpu_memory` cannot be `{written}`: {fault}")]
    Memory {
        /// As written.
        written: String,
        /// What is wrong, and what to write.
        fault: &'static str,
    },
    /// The machine, or what of it may be used, is too small.
    #[error("a run asks for {asked}, and {there}")]
    TooMuch {
        /// What is asked for.
        asked: String,
        /// What is there.
        there: String,
    },
}

impl Demand {
    /// Reads what a device says; `None` where it asks for no GPU.
    pub fn read(gpus: Option<&str>, memory: Option<&str>) -> Result<Option<Self>, DemandError> {
        let memory = memory.map(read_memory).transpose()?;
        let gpus = match (gpus, memory) {
            (Some(written), _) => read_gpus(written)?,
            (None, Some(_)) => Gpus::ByMemory,
            (None, None) => return Ok(None),
        };
        Ok(Some(Self { gpus, memory }))
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
    pub fn check(&self, usable: &[&Gpu]) -> Result<(), DemandError> {
        if usable.iter().filter(|gpu| self.is_met_by(gpu)).count() >= self.count() {
            return Ok(());
        }
        Err(DemandError::TooMuch { asked: self.to_string(), there: words::what_is_there(usable) })
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

/// No GPU has more, and sums of it are exact.
const MOST: u64 = 1 << 40;

fn read_gpus(written: &str) -> Result<Gpus, DemandError> {
    let fault = |fault| DemandError::Gpus { written: written.to_owned(), fault };
    let text = written.trim();
    if text.starts_with('-') {
        return Err(fault("nothing can be less than none; leave it out for a run without a GPU"));
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(decimals) || (whole.is_empty() && decimals.is_empty()) {
        return Err(fault("write a number: 1, 2, or a part of one, 0.5"));
    }
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 4 {
        return Err(fault("four decimals count; write 0.3333 for a third"));
    }
    let whole: u32 = match whole {
        "" => 0,
        digits => digits.parse().map_err(|_| fault("no machine has so many"))?,
    };
    match (whole, format!("{decimals:0<4}").parse().unwrap_or(0)) {
        (0, 0) => Err(fault("leave it out for a run without a GPU")),
        (whole, 0) => Ok(Gpus::Whole(whole)),
        (0, units) => Ok(Gpus::Part(Share::ten_thousandths(units))),
        (_, _) => Err(fault("several GPUs are given whole; write 2, or a part of one, 0.5")),
    }
}

fn read_memory(written: &str) -> Result<Mebibytes, DemandError> {
    let fault = |fault| DemandError::Memory { written: written.to_owned(), fault };
    let amount = || fault("write a whole number and its unit: 10G, 800M");
    let text = written.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, unit) = text.split_at(digits);
    let number: u64 = digits.parse().map_err(|_| amount())?;
    let unit = unit.trim().to_ascii_lowercase();
    let mib = match unit.trim_end_matches('b').trim_end_matches('i') {
        // As in sbatch's own `mem`, MiB are meant where nothing is said.
        "" | "m" => Some(number),
        "g" => number.checked_mul(1 << 10),
        "t" => number.checked_mul(1 << 20),
        _ => return Err(amount()),
    };
    match mib {
        Some(0) => Err(fault("leave it out where any memory will do")),
        Some(mib) if mib <= MOST => Ok(Mebibytes(mib)),
        Some(_) | None => Err(fault("no GPU has so much")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::placement::tests::gpu;

    fn read(gpus: &str) -> Gpus {
        Demand::read(Some(gpus), None).unwrap().unwrap().gpus
    }

    #[test]
    fn numbers_of_gpus_are_whole_or_part_of_one() {
        assert_eq!(["1", "2", "2.0", "08"].map(read), [1, 2, 2, 8].map(Gpus::Whole));
        let parts = [("0.5", 5000), (".25", 2500), ("0.3333", 3333), ("0.10", 1000)];
        for (written, units) in parts {
            assert_eq!(read(written), Gpus::Part(Share::ten_thousandths(units)));
        }
        assert_eq!(Demand::read(None, None), Ok(None));
        let by_memory = Demand::read(None, Some("10G")).unwrap().unwrap();
        assert_eq!(by_memory, Demand { gpus: Gpus::ByMemory, memory: Some(Mebibytes(10_240)) });
    }

    #[test]
    fn what_cannot_be_asked_for_is_told_with_what_can() {
        let told = ["0", "-1", "1.5", "0.33333", "one", "", "99999999999"]
            .map(|gpus| Demand::read(Some(gpus), None).unwrap_err().to_string());
        insta::assert_snapshot!(told.join("\n"), @r"
        `gpus` cannot be `0`: leave it out for a run without a GPU
        `gpus` cannot be `-1`: nothing can be less than none; leave it out for a run without a GPU
        `gpus` cannot be `1.5`: several GPUs are given whole; write 2, or a part of one, 0.5
        `gpus` cannot be `0.33333`: four decimals count; write 0.3333 for a third
        `gpus` cannot be `one`: write a number: 1, 2, or a part of one, 0.5
        `gpus` cannot be ``: write a number: 1, 2, or a part of one, 0.5
        `gpus` cannot be `99999999999`: no machine has so many
        ");
        let told = ["0", "10", "1.5G", "lots", "99999999999T"].map(|memory| {
            Demand::read(None, Some(memory))
                .map_or_else(|error| error.to_string(), |it| it.unwrap().to_string())
        });
        insta::assert_snapshot!(told.join("\n"), @r"
        `gpu_memory` cannot be `0`: leave it out where any memory will do
        10M of a GPU's memory
        `gpu_memory` cannot be `1.5G`: write a whole number and its unit: 10G, 800M
        `gpu_memory` cannot be `lots`: write a whole number and its unit: 10G, 800M
        `gpu_memory` cannot be `99999999999T`: no GPU has so much
        ");
    }

    #[test]
    fn units_are_read_in_every_spelling() {
        for written in ["10G", "10g", "10GB", "10GiB", "10 G", "10240", "10240M"] {
            assert_eq!(read_memory(written), Ok(Mebibytes(10_240)), "{written}");
        }
    }

    #[test]
    fn more_than_is_there_is_refused_with_what_is_there() {
        let gpus = [gpu(0, 24_564), gpu(1, 24_564), gpu(2, 11_264)];
        let usable: Vec<&Gpu> = gpus.iter().collect();
        let refusal = |gpus, memory, usable: &[&Gpu]| {
            Demand::read(gpus, memory).unwrap().unwrap().check(usable).unwrap_err().to_string()
        };
        let told = [
            refusal(Some("4"), None, &usable),
            refusal(Some("3"), Some("20G"), &usable),
            refusal(None, Some("48G"), &usable),
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
        assert_eq!(Demand::read(Some("2"), Some("20G")).unwrap().unwrap().check(&usable), Ok(()));
    }
}
