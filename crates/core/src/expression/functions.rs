//! The functions that an expression may call: a few of Python's, and the same on every machine.

use std::borrow::Cow;

use super::arithmetic::{LONGEST_TEXT, too_large};
use super::compare::{Number, order};
use super::error::{Problem, described, printable};
use super::rounding::{nearest_int, round_to};
use super::value::Value;

/// A function, with how it is called.
macro_rules! functions {
    ($($name:literal => $function:ident),* $(,)?) => {
        /// One of the functions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Function { $($function),* }

        impl Function {
            /// The names of all of them.
            pub(super) const NAMES: &[&str] = &[$($name),*];

            /// Finds the one that is called so.
            pub(super) fn of(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$function),)* _ => None }
            }

            fn name(self) -> &'static str {
                match self { $(Self::$function => $name),* }
            }
        }
    };
}

functions! {
    "abs" => Abs, "min" => Min, "max" => Max, "round" => Round, "int" => Int, "float" => Float, "str" => Str,
    "len" => Len, "log" => Log, "log2" => Log2, "log10" => Log10, "exp" => Exp, "sqrt" => Sqrt,
}

impl Function {
    /// Works it out.
    pub(super) fn call(self, arguments: &[Cow<'_, Value>]) -> Result<Value, Problem> {
        match (self, arguments) {
            (Self::Abs, [of]) => match self.number(of)? {
                Number::Int(it) => it.checked_abs().map(Value::Int).ok_or_else(too_large),
                Number::Float(it) => Ok(Value::Float(it.abs())),
            },
            (Self::Min | Self::Max, [of]) => match &**of {
                Value::List(items) | Value::Tuple(items) => self.extreme(items.iter()),
                Value::Text(text) => {
                    let character = |c: char| Value::text(c.encode_utf8(&mut [0; 4]));
                    self.extreme(text.chars().map(character).collect::<Vec<_>>().iter())
                }
                _ => Err(self.unfit(of)),
            },
            (Self::Min | Self::Max, [_, _, ..]) => self.extreme(arguments.iter().map(|it| &**it)),
            (Self::Round, [of]) => self.round(of),
            (Self::Round, [of, digits]) if matches!(**digits, Value::None) => self.round(of),
            (Self::Round, [of, digits]) => match (self.number(of)?, Number::of(digits)) {
                (Number::Int(it), Some(Number::Int(digits))) => {
                    nearest_int(it, digits).map(Value::Int).ok_or_else(too_large)
                }
                (Number::Float(it), Some(Number::Int(digits))) => {
                    round_to(it, digits).map(Value::Float).ok_or_else(|| self.unable(of))
                }
                (_, Some(Number::Float(_)) | None) => Err(self.unfit(digits)),
            },
            (Self::Int, [of]) => self.int(of),
            (Self::Float, [of]) => match (&**of, Number::of(of)) {
                (_, Some(number)) => Ok(Value::Float(number.float())),
                (Value::Text(text), None) => {
                    plain_digits(text).parse().map(Value::Float).map_err(|_| self.unable(of))
                }
                (_, None) => Err(self.unfit(of)),
            },
            (Self::Str, [of]) => match of.to_string() {
                text if text.len() > LONGEST_TEXT => Err(Problem::TooMuchWork),
                text => Ok(Value::text(&text)),
            },
            (Self::Len, [of]) => {
                let count = match &**of {
                    Value::Text(text) => text.chars().count(),
                    Value::List(items) | Value::Tuple(items) => items.len(),
                    Value::Table(entries) => entries.len(),
                    Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Oversized(_) => {
                        return Err(self.unfit(of));
                    }
                };
                Ok(Value::Int(count as i128))
            }
            (Self::Log, [of]) => self.logarithm(of, libm::log).map(Value::Float),
            (Self::Log, [of, base]) => {
                let (of, of_base) = (self.logarithm(of, libm::log)?, self.logarithm(base, libm::log)?);
                if of_base == 0.0 { Err(self.unable(base)) } else { Ok(Value::Float(of / of_base)) }
            }
            (Self::Log2, [of]) => self.logarithm(of, libm::log2).map(Value::Float),
            (Self::Log10, [of]) => self.logarithm(of, libm::log10).map(Value::Float),
            (Self::Exp, [of]) => {
                let number = self.number(of)?.float();
                let result = libm::exp(number);
                if result.is_infinite() && number.is_finite() {
                    return Err(self.unable(of));
                }
                Ok(Value::Float(result))
            }
            (Self::Sqrt, [of]) => match self.number(of)?.float() {
                number if number < 0.0 => Err(self.unable(of)),
                number => Ok(Value::Float(libm::sqrt(number))),
            },
            (_, arguments) => Err(Problem::Impossible(format!(
                "{}() cannot be called with {} values",
                self.name(),
                arguments.len()
            ))),
        }
    }

    fn round(self, of: &Value) -> Result<Value, Problem> {
        match self.number(of)? {
            Number::Int(it) => Ok(Value::Int(it)),
            Number::Float(it) => self.whole(it.round_ties_even(), of),
        }
    }

    fn number(self, value: &Value) -> Result<Number, Problem> {
        Number::of(value).ok_or_else(|| self.unfit(value))
    }

    fn logarithm(self, value: &Value, of: fn(f64) -> f64) -> Result<f64, Problem> {
        let number = self.number(value)?.float();
        if number <= 0.0 { Err(self.unable(value)) } else { Ok(of(number)) }
    }

    /// Gives the first value that none comes before, or after.
    fn extreme<'a>(self, mut values: impl Iterator<Item = &'a Value>) -> Result<Value, Problem> {
        let empty = || Problem::Impossible(format!("{}() of an empty list", self.name()));
        let mut best = values.next().ok_or_else(empty)?;
        for value in values {
            let order = order(value, best).map_err(|_| Problem::lacking(value, best, "order"))?;
            let is_better = match self {
                Self::Min => order.is_some_and(std::cmp::Ordering::is_lt),
                _ => order.is_some_and(std::cmp::Ordering::is_gt),
            };
            best = if is_better { value } else { best };
        }
        Ok(best.clone())
    }

    fn int(self, of: &Value) -> Result<Value, Problem> {
        match (of, Number::of(of)) {
            (_, Some(Number::Int(it))) => Ok(Value::Int(it)),
            (_, Some(Number::Float(it))) => self.whole(it.trunc(), of),
            (Value::Text(text), None) => {
                plain_digits(text).parse().map(Value::Int).map_err(|_| self.unable(of))
            }
            (_, None) => Err(self.unfit(of)),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is whole and below 2^127")]
    fn whole(self, number: f64, of: &Value) -> Result<Value, Problem> {
        const BEYOND: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;
        if !number.is_finite() {
            return Err(self.unable(of));
        }
        if number.abs() >= BEYOND { Err(too_large()) } else { Ok(Value::Int(number as i128)) }
    }

    fn unfit(self, value: &Value) -> Problem {
        Problem::Impossible(format!("{}() does not take {}", self.name(), described(value)))
    }

    fn unable(self, value: &Value) -> Problem {
        let value = printable(&value.to_string(), 40);
        Problem::Impossible(format!("unable to calculate {}({value})", self.name()))
    }
}

/// Gives a number that a text holds without what Python allows around and in it; what is wrong stays wrong.
fn plain_digits(text: &str) -> String {
    let text = text.trim();
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let separates =
        |at: usize| bytes[at] == b'_' && at > 0 && is_digit(bytes.get(at - 1)) && is_digit(bytes.get(at + 1));
    text.char_indices().filter(|(at, _)| !separates(*at)).map(|(_, c)| c).collect()
}
