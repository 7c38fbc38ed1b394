//! How a number was written, and how the numbers computed from it are written.

use super::literal::Literal;
use super::{Decimal, NumberError};

/// A number together with the way it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The number.
    pub value: Decimal,
    /// Its notation.
    pub notation: Notation,
}

/// How numbers are written.
///
/// A computed number follows the numbers that it comes from: `0.0` to `1.0` gives `0.5` and `1.0`, since a program may
/// take `1` for an integer; `0` to `8` gives `4`, since it may not take `4.0` for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// Without a power of ten, with so many decimals at least.
    Plain {
        /// The least number of decimals.
        decimals: u32,
    },
    /// As a person would write it: `0.0001` and `1e-5`, without needless zeros. An exponent appears for numbers below
    /// 0.0001, as in Python (which pads it: `1e-05`), and from 10^21 on, as in JavaScript: a whole number below that
    /// has only digits, for Python's `int` reads no exponents.
    Shortest,
}

impl Written {
    /// Reads a number of JSON, TOML or YAML.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let value = Decimal::parse(text)?;
        let literal = Literal::split(text).ok_or(NumberError::NotANumber)?;
        let notation = match literal.exponent {
            Some(_) => Notation::Shortest,
            None => Notation::Plain { decimals: u32::try_from(literal.fraction.len()).unwrap_or(u32::MAX) },
        };
        Ok(Self { value, notation })
    }
}

impl Notation {
    /// The notation for what is counted from two numbers: the larger number of decimals, or the shortest form where
    /// one of them has an exponent.
    #[must_use]
    pub fn with_all_decimals(self, other: Self) -> Self {
        self.joined(other, u32::max)
    }

    /// The notation for what lies between two numbers of different size: at least the smaller number of decimals, or
    /// the shortest form where one of them has an exponent.
    #[must_use]
    pub fn with_shared_decimals(self, other: Self) -> Self {
        self.joined(other, u32::min)
    }

    fn joined(self, other: Self, chosen: fn(u32, u32) -> u32) -> Self {
        match (self, other) {
            (Self::Plain { decimals: one }, Self::Plain { decimals: two }) => {
                Self::Plain { decimals: chosen(one, two) }
            }
            (Self::Shortest, Self::Plain { .. } | Self::Shortest) | (Self::Plain { .. }, Self::Shortest) => {
                Self::Shortest
            }
        }
    }

    /// Writes a number in this notation, exactly.
    pub fn text(self, number: Decimal) -> String {
        match self {
            Self::Plain { decimals } => plain(number, decimals as usize),
            Self::Shortest if (-4..21).contains(&number.leading()) || number == Decimal::ZERO => {
                plain(number, 0)
            }
            Self::Shortest => scientific(number),
        }
    }
}

fn plain(number: Decimal, least_decimals: usize) -> String {
    let mut digits = number.digits().unsigned_abs().to_string();
    let zeros_before_point = usize::try_from(number.exponent()).unwrap_or(0);
    digits.extend(std::iter::repeat_n('0', zeros_before_point));
    let decimals = usize::try_from(-number.exponent()).unwrap_or(0);
    if digits.len() <= decimals {
        digits.insert_str(0, &"0".repeat(decimals + 1 - digits.len()));
    }
    let fraction = digits.split_off(digits.len() - decimals);
    let sign = if number.signum() < 0 { "-" } else { "" };
    match decimals.max(least_decimals) {
        0 => format!("{sign}{digits}"),
        width => format!("{sign}{digits}.{fraction:0<width$}"),
    }
}

fn scientific(number: Decimal) -> String {
    let mut first = number.digits().unsigned_abs().to_string();
    let rest = first.split_off(1);
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if number.signum() < 0 { "-" } else { "" };
    format!("{sign}{first}{point}{rest}e{}", number.leading())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shortest(text: &str) -> String {
        Notation::Shortest.text(Decimal::parse(text).unwrap())
    }

    fn as_written(text: &str) -> String {
        let number = Written::parse(text).unwrap();
        number.notation.text(number.value)
    }

    #[test]
    fn the_shortest_text_is_what_a_person_writes() {
        for text in [
            "0",
            "1",
            "-1",
            "0.3",
            "0.0001",
            "1e-5",
            "1.5e-7",
            "-2e-9",
            "100000",
            "12345678901234567890",
            "1e21",
            "1.2e400",
            "1e-400",
        ] {
            assert_eq!(shortest(text), text);
        }
        assert_eq!(shortest("0.10"), "0.1");
        assert_eq!(shortest("0.00001"), "1e-5");
        assert_eq!(shortest("1e20"), "100000000000000000000");
        assert_eq!(shortest("-0.0"), "0");
    }

    #[test]
    fn plain_text_keeps_its_decimals() {
        for text in ["0.10", "0", "0.0", "-1.50", "1000000000000000000000000", "0.0000001", "0.00000010"] {
            assert_eq!(as_written(text), text);
        }
        assert_eq!(as_written("1e-4"), "0.0001");
    }

    #[test]
    fn numbers_together_keep_the_larger_number_of_decimals() {
        let together = |one: &str, two: &str| {
            Written::parse(one).unwrap().notation.with_all_decimals(Written::parse(two).unwrap().notation)
        };
        assert_eq!(together("0.10", "0.5"), Notation::Plain { decimals: 2 });
        assert_eq!(together("1", "0.25"), Notation::Plain { decimals: 2 });
        assert_eq!(together("1e-5", "0.1"), Notation::Shortest);
    }

    proptest! {
        #[test]
        fn text_reads_back_as_the_same_number(digits in any::<i64>(), exponent in -30..30_i32, decimals in 0..40_u32) {
            let number = Decimal::new(digits.into(), exponent).unwrap();
            prop_assert_eq!(Decimal::parse(&Notation::Shortest.text(number)), Ok(number));
            prop_assert_eq!(Decimal::parse(&Notation::Plain { decimals }.text(number)), Ok(number));
        }
    }
}
