//! An amount of memory, written as Slurm writes it: `8G`, `8000` (megabytes). Pure.

use std::fmt;
use std::str::FromStr;

/// An amount of memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemorySize {
    bytes: u64,
}

/// Why a text is not an amount of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemorySizeError {
    /// Not a number with a unit of Slurm's.
    #[error("not an amount of memory; `8G`, `500M` and `8000` (megabytes) are")]
    Form,
    /// More bytes than 64 bits hold.
    #[error("more memory than any machine has; for no limit write `0`")]
    TooLarge,
}

/// What Slurm takes after the number, and what each is worth (`--mem` in sbatch(1)): powers of 1024.
const UNITS: [(char, u64); 4] = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30), ('T', 1 << 40)];

impl MemorySize {
    /// Takes so many bytes.
    pub fn from_bytes(bytes: u64) -> Self {
        Self { bytes }
    }

    /// Gives the number of bytes.
    pub fn bytes(self) -> u64 {
        self.bytes
    }
}

impl FromStr for MemorySize {
    type Err = MemorySizeError;

    /// Reads a whole number with `K`, `M`, `G` or `T`; without any of them it counts megabytes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit = |letter: char| UNITS.into_iter().find(|(unit, _)| unit.eq_ignore_ascii_case(&letter));
        let (number, worth) = match text.chars().last().and_then(unit) {
            Some((letter, worth)) => (&text[..text.len() - letter.len_utf8()], worth),
            None => (text, 1 << 20),
        };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MemorySizeError::Form);
        }
        let count: u64 = number.parse().map_err(|_| MemorySizeError::TooLarge)?;
        let bytes = count.checked_mul(worth).ok_or(MemorySizeError::TooLarge)?;
        Ok(Self { bytes })
    }
}

impl fmt::Display for MemorySize {
    /// Writes it in the largest unit that needs no fraction.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, worth): &(char, u64)| self.bytes != 0 && self.bytes.is_multiple_of(*worth);
        match UNITS.into_iter().rev().find(fits) {
            Some((letter, worth)) => write!(out, "{}{letter}", self.bytes / worth),
            None => write!(out, "{} bytes", self.bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_units_are_those_of_slurm() {
        for (text, bytes) in [
            ("8000", 8000 << 20),
            ("8G", 8 << 30),
            ("8g", 8 << 30),
            ("1T", 1 << 40),
            ("64K", 65536),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(MemorySize { bytes }), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "G", "8GB", "8 G", "1.5G", "-1", "+1", "0x10", "8é", "٣"] {
            assert_eq!(text.parse::<MemorySize>(), Err(MemorySizeError::Form), "{text}");
        }
        for text in ["99999999999999999999", "16777216T"] {
            assert_eq!(text.parse::<MemorySize>(), Err(MemorySizeError::TooLarge), "{text}");
        }
    }

    #[test]
    fn it_is_written_without_fractions() {
        let written = |text: &str| text.parse::<MemorySize>().map(|size| size.to_string());
        assert_eq!(written("8192"), Ok("8G".to_owned()));
        assert_eq!(written("8000"), Ok("8000M".to_owned()));
        assert_eq!(MemorySize { bytes: 1000 }.to_string(), "1000 bytes");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(kilobytes in 1..=u64::MAX / 1024) {
            let size = MemorySize { bytes: kilobytes * 1024 };
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }
    }
}
