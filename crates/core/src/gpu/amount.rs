//! How much of a GPU: shares and memory in exact units, never in floating point.

use serde::{Deserialize, Serialize};

/// A part of one GPU, in ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Share(u32);

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self(10_000);
    /// Nothing of it.
    pub const NONE: Self = Self(0);
    /// The least that can be held.
    pub const LEAST: Self = Self(1);

    /// Counts ten-thousandths; more than a whole is a whole.
    pub fn ten_thousandths(units: u32) -> Self {
        Self(units.min(Self::WHOLE.0))
    }

    /// Tells the ten-thousandths.
    pub fn units(self) -> u32 {
        self.0
    }

    /// Takes away, down to nothing.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Gives this share of some memory, rounded down, so that the shares of a whole never exceed it.
    pub fn of(self, memory: Mebibytes) -> Mebibytes {
        let whole = u128::from(Self::WHOLE.0);
        let part = u128::from(memory.0) * u128::from(self.0.min(Self::WHOLE.0)) / whole;
        Mebibytes(u64::try_from(part).unwrap_or(u64::MAX))
    }

    /// Gives the share that `part` is of `all`, rounded down, but never nothing.
    pub fn that_is(part: Mebibytes, all: Mebibytes) -> Self {
        let units = u128::from(part.0) * u128::from(Self::WHOLE.0) / u128::from(all.0.max(1));
        Self(u32::try_from(units).unwrap_or(u32::MAX).clamp(Self::LEAST.0, Self::WHOLE.0))
    }
}

/// As people write it: `1`, `0.5`, `0.3333`.
impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.0 / Self::WHOLE.0, self.0 % Self::WHOLE.0);
        match rest {
            0 => write!(f, "{whole}"),
            rest => write!(f, "{whole}.{}", format!("{rest:04}").trim_end_matches('0')),
        }
    }
}

/// An amount of memory in MiB, the unit of nvidia-smi.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mebibytes(pub u64);

impl Mebibytes {
    /// Counts the full MiB of some bytes.
    pub fn of_bytes(bytes: u64) -> Self {
        Self(bytes >> 20)
    }

    /// Adds.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Takes away, down to nothing.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// As people write it: `10G` where it is that exactly, else `24564M`.
impl std::fmt::Display for Mebibytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            full if full > 0 && full % 1024 == 0 => write!(f, "{}G", full / 1024),
            other => write!(f, "{other}M"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_as_they_are_typed() {
        let written = [0, 1, 2500, 3333, 5000, 9990, 10_000].map(|units| Share(units).to_string());
        assert_eq!(written, ["0", "0.0001", "0.25", "0.3333", "0.5", "0.999", "1"]);
    }

    #[test]
    fn shares_of_memory_never_exceed_it() {
        let all = Mebibytes(24_564);
        assert_eq!(Share::WHOLE.of(all), all);
        assert_eq!(Share(3333).of(all).0 * 3, 8187 * 3);
        assert_eq!(Share::that_is(Mebibytes(8188), all), Share(3333));
        assert_eq!(Share::that_is(Mebibytes(1), Mebibytes(u64::MAX)), Share::LEAST);
        assert_eq!(Share::that_is(Mebibytes(9), Mebibytes(0)), Share::WHOLE);
    }

    #[test]
    fn memory_is_written_in_the_largest_exact_unit() {
        assert_eq!([10_240, 24_564, 0].map(|mib| Mebibytes(mib).to_string()), ["10G", "24564M", "0M"]);
    }
}
