//! Arithmetic as in Python: whole numbers stay whole and exact, `/` gives a float, `//` and `%` round down.

use std::sync::Arc;

use super::compare::Number;
use super::error::{Problem, described, printable};
use super::tree::Sign;
use super::value::Value;

/// The longest string that may come out, in bytes.
pub(super) const LONGEST_TEXT: usize = 65_536;

/// The most values that a list may have that comes out.
const LONGEST_LIST: usize = 10_000;

/// Does `left sign right`.
pub(super) fn calculate(sign: Sign, left: &Value, right: &Value) -> Result<Value, Problem> {
    if let (Some(a), Some(b)) = (Number::of(left), Number::of(right)) {
        return match (a, b) {
            (Number::Int(a), Number::Int(b)) => of_ints(sign, a, b),
            _ => of_floats(sign, a.float(), b.float()).map(Value::Float),
        }
        .map_err(|fault| fault.problem(sign, left, right));
    }
    let is_list = |value: &Value| matches!(value, Value::List(_) | Value::Tuple(_));
    match (sign, left, right) {
        (Sign::Add, Value::Text(left), Value::Text(right)) => {
            if left.len() + right.len() > LONGEST_TEXT {
                return Err(Problem::TooMuchWork);
            }
            Ok(Value::text(&[&**left, &**right].concat()))
        }
        (Sign::Add, Value::List(left), Value::List(right)) => joined(left, right).map(Value::List),
        (Sign::Add, Value::Tuple(left), Value::Tuple(right)) => joined(left, right).map(Value::Tuple),
        (Sign::Multiply, Value::Text(text), times) | (Sign::Multiply, times, Value::Text(text))
            if matches!(times, Value::Int(_) | Value::Bool(_)) =>
        {
            repeated(text, times)
        }
        // A few characters would make a list that takes minutes to look through.
        (Sign::Multiply, left, right) if is_list(left) || is_list(right) => {
            Err(Problem::Impossible("a list cannot be repeated here; write its values out".to_owned()))
        }
        _ => Err(Problem::lacking(left, right, &format!("`{sign}`"))),
    }
}

/// Gives a number with its sign turned.
pub(super) fn negative(value: &Value) -> Result<Value, Problem> {
    match Number::of(value) {
        Some(Number::Int(it)) => it.checked_neg().map(Value::Int).ok_or_else(too_large),
        Some(Number::Float(it)) => Ok(Value::Float(-it)),
        None => Err(Problem::Impossible(format!("{} has no `-`", described(value)))),
    }
}

/// Says that a whole number came out that is too large.
pub(super) fn too_large() -> Problem {
    Problem::Impossible("a whole number beyond 128 bits came out; use floats, as `2.0 ** 200`".to_owned())
}

fn joined(left: &[Value], right: &[Value]) -> Result<Arc<[Value]>, Problem> {
    if left.len() + right.len() > LONGEST_LIST {
        return Err(Problem::TooMuchWork);
    }
    Ok(left.iter().chain(right).cloned().collect())
}

fn repeated(text: &str, times: &Value) -> Result<Value, Problem> {
    let times = match Number::of(times) {
        Some(Number::Int(times)) => i64::try_from(times).ok(),
        Some(Number::Float(_)) | None => None,
    };
    let times = times.ok_or(Problem::TooMuchWork)?;
    let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
    match text.len().checked_mul(times) {
        Some(length) if length <= LONGEST_TEXT => {
            Ok(Value::text(&text.repeat(if text.is_empty() { 0 } else { times })))
        }
        Some(_) | None => Err(Problem::TooMuchWork),
    }
}

/// Why no number comes out.
enum Fault {
    /// As a division by zero.
    Undefined,
    /// It does not fit.
    TooLarge,
    /// The power of a negative number by a fraction.
    Complex,
    /// A power beyond what a float holds.
    Overflow,
}

impl Fault {
    fn problem(self, sign: Sign, left: &Value, right: &Value) -> Problem {
        let shown = |value: &Value| printable(&value.to_string(), 40);
        let what = format!("{} {sign} {}", shown(left), shown(right));
        match self {
            Self::Undefined => {
                let why =
                    if matches!(sign, Sign::Power) { "a negative power of zero" } else { "division by zero" };
                Problem::Impossible(format!("unable to calculate {what}: {why}"))
            }
            Self::TooLarge => too_large(),
            Self::Complex => {
                Problem::Impossible(format!("unable to calculate {what}: it is a complex number"))
            }
            Self::Overflow => Problem::Impossible(format!("unable to calculate {what}: it is too large")),
        }
    }
}

fn of_ints(sign: Sign, a: i128, b: i128) -> Result<Value, Fault> {
    let whole = match sign {
        Sign::Add => a.checked_add(b),
        Sign::Subtract => a.checked_sub(b),
        Sign::Multiply => a.checked_mul(b),
        Sign::Divide | Sign::FloorDivide | Sign::Remainder if b == 0 => return Err(Fault::Undefined),
        Sign::Divide => return Ok(Value::Float(quotient(a, b))),
        Sign::FloorDivide => a.checked_div(b).map(|it| if is_off(a, b) { it - 1 } else { it }),
        Sign::Remainder => {
            let rest = a.wrapping_rem(b);
            Some(if is_off(a, b) { rest + b } else { rest })
        }
        Sign::Power => return int_power(a, b),
    };
    whole.map(Value::Int).ok_or(Fault::TooLarge)
}

/// Tells whether Rust, which rounds towards zero, is one above the floor.
fn is_off(a: i128, b: i128) -> bool {
    a.wrapping_rem(b) != 0 && (a < 0) != (b < 0)
}

fn int_power(base: i128, exponent: i128) -> Result<Value, Fault> {
    let raised = |exponent: u128| match (base, u32::try_from(exponent)) {
        (0 | 1, _) => Some(if exponent == 0 { 1 } else { base }),
        (-1, _) => Some(if exponent.is_multiple_of(2) { 1 } else { -1 }),
        (_, Ok(exponent)) => base.checked_pow(exponent),
        (_, Err(_)) => None,
    };
    if exponent >= 0 {
        return raised(exponent.unsigned_abs()).map(Value::Int).ok_or(Fault::TooLarge);
    }
    if base == 0 {
        return Err(Fault::Undefined);
    }
    match raised(exponent.unsigned_abs()).filter(|_| is_exact_float(base)) {
        // Rounded once, so that `10 ** -3` is `0.001`.
        Some(raised) => Ok(Value::Float(quotient(1, raised))),
        None => {
            of_floats(Sign::Power, Number::Int(base).float(), Number::Int(exponent).float()).map(Value::Float)
        }
    }
}

/// Divides two whole numbers and rounds once, to the nearest float.
#[expect(clippy::cast_precision_loss, reason = "the one rounding that is meant")]
fn quotient(a: i128, b: i128) -> f64 {
    const EXACT: u128 = 1 << 53;
    /// More bits than a float has, the one that decides about rounding and one for all that follow.
    const ENOUGH: u32 = 56;
    let is_negative = (a < 0) != (b < 0) && a != 0;
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    let size = if a <= EXACT && b <= EXACT {
        a as f64 / b as f64
    } else {
        let (mut whole, mut rest, mut halvings) = (a / b, a % b, 0);
        while rest != 0 && u128::BITS - whole.leading_zeros() < ENOUGH {
            // A rest is below 2^127.
            rest <<= 1;
            whole = whole << 1 | u128::from(rest >= b);
            rest = if rest >= b { rest - b } else { rest };
            halvings += 1;
        }
        (whole | u128::from(rest != 0)) as f64 * libm::ldexp(1.0, -halvings)
    };
    if is_negative { -size } else { size }
}

fn of_floats(sign: Sign, a: f64, b: f64) -> Result<f64, Fault> {
    match sign {
        Sign::Add => Ok(a + b),
        Sign::Subtract => Ok(a - b),
        Sign::Multiply => Ok(a * b),
        Sign::Divide | Sign::FloorDivide | Sign::Remainder if b == 0.0 => Err(Fault::Undefined),
        Sign::Divide => Ok(a / b),
        Sign::FloorDivide => Ok(floors(a, b).0),
        Sign::Remainder => Ok(floors(a, b).1),
        Sign::Power => float_power(a, b),
    }
}

/// Gives what `//` and `%` give, by `CPython`'s `float_divmod`.
fn floors(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut times = (a - rest) / b;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        times -= 1.0;
    }
    if times == 0.0 {
        return (0.0_f64.copysign(a / b), rest);
    }
    let floor = times.floor();
    (if times - floor > 0.5 { floor + 1.0 } else { floor }, rest)
}

/// Tells whether a whole number is a float, so that nothing is lost where Python makes one of it.
fn is_exact_float(number: i128) -> bool {
    let size = number.unsigned_abs();
    size.checked_shr(size.trailing_zeros()).is_none_or(|digits| digits < 1 << 53)
}

fn float_power(base: f64, exponent: f64) -> Result<f64, Fault> {
    if base == 0.0 && exponent < 0.0 {
        return Err(Fault::Undefined);
    }
    if base < 0.0 && base.is_finite() && exponent.is_finite() && exponent.fract() != 0.0 {
        return Err(Fault::Complex);
    }
    let raised = libm::pow(base, exponent);
    if raised.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Err(Fault::Overflow);
    }
    Ok(raised)
}
