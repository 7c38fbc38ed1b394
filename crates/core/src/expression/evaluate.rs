//! Works an expression out. No part is worked out twice and results are bounded, so that the length of the text
//! bounds the work.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::compare::{Number, equal, order};
use super::error::{Problem, described};
use super::tree::{Comparison, Node};
use super::value::Value;
use super::{arithmetic, printable};

/// Why a part has no value.
#[derive(Debug)]
pub(super) enum Stop {
    /// A name in it has none at this point.
    Absent,
    /// It is wrong, at a place of the text.
    Wrong(usize, Box<Problem>),
}

/// Finds the value of a slot.
pub(super) type ValueOf<'f, 'v> = &'f dyn Fn(usize) -> Option<&'v Value>;

type Found<'v> = Result<Cow<'v, Value>, Stop>;

fn at(place: usize) -> impl Fn(Problem) -> Stop {
    move |problem| Stop::Wrong(place, Box::new(problem))
}

/// Gives the value of a part of an expression.
pub(super) fn value<'v>(node: &'v Node, value_of: ValueOf<'_, 'v>) -> Found<'v> {
    let part = |node: &'v Node| value(node, value_of);
    match node {
        Node::Constant(it) => Ok(Cow::Borrowed(it)),
        Node::Name(slot, place) => match value_of(*slot) {
            None => Err(Stop::Absent),
            Some(Value::Oversized(number)) => {
                let number = printable(number, 40);
                Err(at(*place)(Problem::Impossible(format!("{number} is a number beyond 128 bits"))))
            }
            Some(value) => Ok(Cow::Borrowed(value)),
        },
        Node::List(items) => Ok(Cow::Owned(Value::List(all(items, value_of)?))),
        Node::Tuple(items) => Ok(Cow::Owned(Value::Tuple(all(items, value_of)?))),
        Node::Not(of) => Ok(Cow::Owned(Value::Bool(!part(of)?.is_true()))),
        Node::Negative(of, place) => arithmetic::negative(&*part(of)?).map(Cow::Owned).map_err(at(*place)),
        Node::And(sides) => decided(sides, Deciding::False, part),
        Node::Or(sides) => decided(sides, Deciding::True, part),
        Node::Choice(choice) => {
            part(if part(&choice.test)?.is_true() { &choice.then } else { &choice.otherwise })
        }
        Node::Arithmetic(sign, sides, place) => {
            let (left, right) = (part(&sides[0])?, part(&sides[1])?);
            arithmetic::calculate(*sign, &left, &right).map(Cow::Owned).map_err(at(*place))
        }
        Node::Compare(first, rest, place) => {
            let mut left = part(first)?;
            for (comparison, next) in rest {
                let right = part(next)?;
                if !compare(*comparison, &left, &right).map_err(at(*place))? {
                    return Ok(Cow::Owned(Value::Bool(false)));
                }
                left = right;
            }
            Ok(Cow::Owned(Value::Bool(true)))
        }
        Node::Index(sides, place) => {
            let (of, key) = (part(&sides[0])?, part(&sides[1])?);
            let item = item(&of, &key).ok_or_else(|| at(*place)(no_item(&of, &key)))?;
            Ok(Cow::Owned(item))
        }
        Node::Call(function, arguments, place) => {
            let arguments = arguments.iter().map(part).collect::<Result<Vec<_>, Stop>>()?;
            function.call(&arguments).map(Cow::Owned).map_err(at(*place))
        }
    }
}

fn all<'v, T: FromIterator<Value>>(items: &'v [Node], value_of: ValueOf<'_, 'v>) -> Result<T, Stop> {
    items.iter().map(|item| value(item, value_of).map(Cow::into_owned)).collect()
}

/// Which side of an `and` or an `or` settles it alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deciding {
    False,
    True,
}

/// Works out `and` and `or`: a side that settles it does so also where the other has no value.
fn decided<'v>(sides: &'v [Node; 2], deciding: Deciding, part: impl Fn(&'v Node) -> Found<'v>) -> Found<'v> {
    let settles = |value: &Value| value.is_true() == (deciding == Deciding::True);
    match part(&sides[0]) {
        Ok(left) if settles(&left) => Ok(left),
        Ok(_) => part(&sides[1]),
        Err(Stop::Absent) => match part(&sides[1])? {
            right if settles(&right) => Ok(right),
            _ => Err(Stop::Absent),
        },
        Err(wrong @ Stop::Wrong(..)) => Err(wrong),
    }
}

fn compare(comparison: Comparison, left: &Value, right: &Value) -> Result<bool, Problem> {
    let ordered = |is_so: fn(Ordering) -> bool| match order(left, right) {
        Ok(order) => Ok(order.is_some_and(is_so)),
        Err(_) => Err(Problem::lacking(left, right, "order")),
    };
    match comparison {
        Comparison::Equal => Ok(equal(left, right)),
        Comparison::NotEqual => Ok(!equal(left, right)),
        Comparison::Less => ordered(Ordering::is_lt),
        Comparison::LessOrEqual => ordered(Ordering::is_le),
        Comparison::Greater => ordered(Ordering::is_gt),
        Comparison::GreaterOrEqual => ordered(Ordering::is_ge),
        Comparison::In => contains(right, left),
        Comparison::NotIn => contains(right, left).map(|answer| !answer),
    }
}

fn contains(all: &Value, one: &Value) -> Result<bool, Problem> {
    match (all, one) {
        (Value::List(items) | Value::Tuple(items), one) => Ok(items.iter().any(|item| equal(item, one))),
        (Value::Text(text), Value::Text(part)) => Ok(text.contains(&**part)),
        (Value::Table(_), Value::Text(key)) => Ok(all.entry(key).is_some()),
        (Value::Table(_), _) => Ok(false),
        (Value::Text(_), one) => {
            let words = format!("{} has texts in it, and {} is none", described(all), described(one));
            Err(Problem::Impossible(words))
        }
        _ => Err(Problem::Impossible(format!("{} is nothing to look into by `in`", described(all)))),
    }
}

/// Says that a value has no such part, and which it has.
fn no_item(of: &Value, key: &Value) -> Problem {
    let length = match of {
        Value::List(items) | Value::Tuple(items) => Some(items.len()),
        Value::Text(text) => Some(text.chars().count()),
        Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Oversized(_)
        | Value::Table(_) => None,
    };
    let key_shown = printable(&key.to_string(), 40);
    Problem::Impossible(match (length, Number::of(key)) {
        (Some(length), Some(Number::Int(_))) => {
            format!("{} has no place {key_shown}: it has {length}, counted from 0", described(of))
        }
        _ => format!("{} has no `{key_shown}`", described(of)),
    })
}

/// Gives a part of a value, counted from its end where `key` is below zero.
fn item(of: &Value, key: &Value) -> Option<Value> {
    if let (Value::Table(_), Value::Text(key)) = (of, key) {
        return of.entry(key).cloned();
    }
    let Some(Number::Int(index)) = Number::of(key) else { return None };
    let place = |length: usize| {
        usize::try_from(if index < 0 { index.checked_add(length as i128)? } else { index }).ok()
    };
    match of {
        Value::List(items) | Value::Tuple(items) => items.get(place(items.len())?).cloned(),
        Value::Text(text) => {
            let character = text.chars().nth(place(text.chars().count())?)?;
            Some(Value::text(character.encode_utf8(&mut [0; 4])))
        }
        Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Oversized(_)
        | Value::Table(_) => None,
    }
}
