//! Expressions over parameters, as in Python: `lr * layers < 1 and opt in ['sgd', 'adam']`. Pure, without any access
//! to the machine, and bounded in size, depth and work.

mod error;
mod evaluate;
mod values;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use minijinja::machinery::ast::Expr;
use minijinja::machinery::parse_expr;
use minijinja::{Environment, UndefinedBehavior};

use crate::document::nearest;

use error::printable;
use evaluate::Evaluation;

pub use error::{ExpressionError, Problem};
pub use values::Values;

/// The longest expression, in bytes. It bounds how deep one can be nested, and with that the stack.
pub const LONGEST: usize = 1000;

/// How many steps one evaluation may take; what people write takes some tens.
const STEPS: u64 = 10_000;

/// The name under which every parameter is found, also one that is no name in an expression: `params['batch-size']`.
const ALL: &str = "params";

/// The names that are values of the language itself.
const CONSTANTS: [&str; 6] = ["True", "true", "False", "false", "None", "none"];

/// The language: operators, and neither functions nor filters.
static LANGUAGE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut language = Environment::empty();
    language.set_undefined_behavior(UndefinedBehavior::Strict);
    language.set_fuel(Some(STEPS));
    language.set_debug(true);
    language
});

/// An expression that was read.
#[derive(Debug)]
pub struct Expression {
    text: String,
    names: Vec<String>,
}

impl Expression {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.len() > LONGEST {
            return Err(ExpressionError::new(text, None, Problem::TooLong));
        }
        // It is not compiled: the library would work out constant parts then, whatever they cost.
        let parsed = parse_expr(text).map_err(|error| ExpressionError::of_language(text, &error))?;
        let mut names = BTreeSet::new();
        collect_names(&parsed, &mut names);
        Ok(Self { text: text.to_owned(), names: names.into_iter().map(str::to_owned).collect() })
    }

    /// Gives the text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Checks that every name in it is one of `known`.
    pub fn check_names<'a>(&self, known: impl IntoIterator<Item = &'a str>) -> Result<(), ExpressionError> {
        let known: Vec<&str> = known.into_iter().collect();
        let is_known = |name: &str| name == ALL || known.contains(&name);
        match self.names.iter().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => {
                let nearest = nearest(name, known.iter().copied()).map(str::to_owned);
                let known = known.into_iter().map(str::to_owned).collect();
                let problem = Problem::UnknownName { name: name.clone(), nearest, known };
                Err(ExpressionError::new(&self.text, self.place_of(name), problem))
            }
        }
    }

    /// Tells whether it holds for these values. Anything but true or false is an error: `lr` alone is no question.
    pub fn holds(&self, values: &Values) -> Result<bool, ExpressionError> {
        self.check_names(values.names())?;
        let parsed =
            parse_expr(&self.text).map_err(|error| ExpressionError::of_language(&self.text, &error))?;
        let result = Evaluation { text: &self.text, names: &values.context(ALL), depth: Cell::new(0) }
            .value(&parsed)?;
        if result.kind() == minijinja::value::ValueKind::Bool {
            return Ok(result.is_true());
        }
        // A value may be as long as the bound on work allows.
        let result = printable(&result.to_string(), 40);
        Err(ExpressionError::new(&self.text, None, Problem::NoAnswer { result }))
    }

    /// Finds where a name stands, as a word of its own.
    fn place_of(&self, name: &str) -> Option<usize> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let is_alone = |place: usize| {
            !self.text[..place].ends_with(is_part) && !self.text[place + name.len()..].starts_with(is_part)
        };
        self.text.match_indices(name).map(|(place, _)| place).find(|place| is_alone(*place))
    }
}

/// Collects the names in a part of an expression; parts that are refused later have none.
fn collect_names<'a>(part: &Expr<'a>, names: &mut BTreeSet<&'a str>) {
    let mut all = |parts: &[&Expr<'a>]| parts.iter().for_each(|part| collect_names(part, names));
    match part {
        Expr::Var(it) if CONSTANTS.contains(&it.id) => {}
        Expr::Var(it) => drop(names.insert(it.id)),
        Expr::List(it) => it.items.iter().for_each(|item| all(&[item])),
        Expr::Tuple(it) => it.items.iter().for_each(|item| all(&[item])),
        Expr::UnaryOp(it) => all(&[&it.expr]),
        Expr::BinOp(it) => all(&[&it.left, &it.right]),
        Expr::GetItem(it) => all(&[&it.expr, &it.subscript_expr]),
        Expr::GetAttr(it) => all(&[&it.expr]),
        Expr::IfExpr(it) => {
            all(&[&it.test_expr, &it.true_expr]);
            it.false_expr.iter().for_each(|other| all(&[other]));
        }
        Expr::Compare(it) => {
            all(&[&it.expr]);
            it.ops.iter().for_each(|next| all(&[&next.expr]));
        }
        Expr::Const(_) | Expr::Slice(_) | Expr::Map(_) | Expr::Filter(_) | Expr::Test(_) | Expr::Call(_) => {}
    }
}

#[cfg(test)]
mod tests;
/// stand-in
#[derive(Debug, Clone, PartialEq)]
pub struct Value(String);
impl Value {
    pub fn of(value: &crate::document::Value) -> Self {
        let mut s = String::new();
        crate::document::json::write(value, &mut s);
        Self(s)
    }
}
impl Clone for Expression {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), names: self.names.clone() }
    }
}
impl Expression {
    pub fn names(&self) -> &[String] {
        &self.names
    }
    fn values<'v>(&self, of: &dyn Fn(usize) -> Option<&'v Value>) -> Option<Values> {
        let mut map = Vec::new();
        for (slot, name) in self.names.iter().enumerate() {
            map.push(format!("{name:?}:{}", of(slot)?.0));
        }
        let text = format!("{{{}}}", map.join(","));
        Values::of(&serde_json::value::RawValue::from_string(text).unwrap()).ok()
    }
    pub fn evaluate<'v>(
        &self,
        of: &dyn Fn(usize) -> Option<&'v Value>,
    ) -> Result<Option<Value>, ExpressionError> {
        let Some(values) = self.values(of) else { return Ok(None) };
        let parsed =
            parse_expr(&self.text).map_err(|error| ExpressionError::of_language(&self.text, &error))?;
        Evaluation { text: &self.text, names: &values.context(ALL), depth: Cell::new(0) }
            .value(&parsed)
            .map(|v| Some(Value(v.to_string())))
    }
    pub fn holds_of<'v>(
        &self,
        of: &dyn Fn(usize) -> Option<&'v Value>,
    ) -> Result<Option<bool>, ExpressionError> {
        let Some(values) = self.values(of) else { return Ok(None) };
        self.holds(&values).map(Some)
    }
    pub fn to_document(&self, v: &Value) -> Result<crate::document::Value, ExpressionError> {
        Ok(crate::document::Value::Number(v.0.as_str().into()))
    }
}
