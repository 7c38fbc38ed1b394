//! Works an expression out as Python does: what has no order is not ordered. The library puts values of different
//! kinds into an order of its own, so that `'a' < 3` would silently be false; it does the arithmetic here.

use std::cell::Cell;
use std::cmp::Ordering;

use minijinja::machinery::Span;
use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, UnaryOpKind};
use minijinja::value::{Tuple, ValueKind};
use minijinja::{Value, context};

use super::error::{ExpressionError, Problem};
use super::{LANGUAGE, printable};

/// An expression that is being worked out.
pub(super) struct Evaluation<'a> {
    pub(super) text: &'a str,
    pub(super) names: &'a Value,
    /// How deep the part is nested that is being worked out.
    pub(super) depth: Cell<u32>,
}

/// How deep parts may be nested, which bounds the stack. Each of `a or b or c …` nests the ones before it.
const DEEPEST: u32 = 150;

impl Evaluation<'_> {
    /// Gives the value of a part of the expression.
    pub(super) fn value(&self, part: &Expr<'_>) -> Result<Value, ExpressionError> {
        if self.depth.get() >= DEEPEST {
            return Err(ExpressionError::new(self.text, None, Problem::TooMuchWork));
        }
        self.depth.set(self.depth.get() + 1);
        let value = self.value_of(part);
        self.depth.set(self.depth.get() - 1);
        value
    }

    fn value_of(&self, part: &Expr<'_>) -> Result<Value, ExpressionError> {
        let (here, all) = (part.span(), |parts: &[Expr<'_>]| -> Result<Vec<Value>, ExpressionError> {
            parts.iter().map(|part| self.value(part)).collect()
        });
        match part {
            Expr::Const(it) => Ok(it.value.clone()),
            Expr::Var(it) => match it.id {
                "True" | "true" => Ok(Value::from(true)),
                "False" | "false" => Ok(Value::from(false)),
                "None" | "none" => Ok(Value::from(())),
                name => self.calculate("a[b]", self.names, &Value::from(name), here),
            },
            Expr::List(it) => Ok(Value::from(all(&it.items)?)),
            Expr::Tuple(it) => Ok(Value::from(Tuple::from(all(&it.items)?))),
            Expr::UnaryOp(it) => {
                let value = self.value(&it.expr)?;
                match it.op {
                    UnaryOpKind::Not => Ok(Value::from(!value.is_true())),
                    UnaryOpKind::Neg => self.calculate("-a", &value, &value, here),
                }
            }
            Expr::IfExpr(it) => match (self.value(&it.test_expr)?.is_true(), &it.false_expr) {
                (true, _) => self.value(&it.true_expr),
                (false, Some(other)) => self.value(other),
                (false, None) => Err(self.wrong(here, "an `if` needs an `else`")),
            },
            Expr::GetItem(it) => {
                let (of, at) = (self.value(&it.expr)?, self.value(&it.subscript_expr)?);
                self.calculate("a[b]", &of, &at, here)
            }
            Expr::GetAttr(it) => self.calculate("a[b]", &self.value(&it.expr)?, &Value::from(it.name), here),
            Expr::BinOp(it) => self.operation(it.op, &it.left, &it.right, here),
            Expr::Compare(it) => {
                let mut left = self.value(&it.expr)?;
                for next in &it.ops {
                    let right = self.value(&next.expr)?;
                    if !self.compare(next.op, &left, &right, here)? {
                        return Ok(Value::from(false));
                    }
                    left = right;
                }
                Ok(Value::from(true))
            }
            Expr::Slice(_) | Expr::Map(_) | Expr::Filter(_) | Expr::Test(_) | Expr::Call(_) => Err(self
                .wrong(here, "there are operators only: no functions, filters, tests, slices or mappings")),
        }
    }

    fn operation(
        &self,
        kind: BinOpKind,
        left: &Expr<'_>,
        right: &Expr<'_>,
        here: Span,
    ) -> Result<Value, ExpressionError> {
        let left = self.value(left)?;
        let compare = |kind| {
            let right = self.value(right)?;
            self.compare(kind, &left, &right, here).map(Value::from)
        };
        let sign = match kind {
            BinOpKind::ScAnd if !left.is_true() => return Ok(left),
            BinOpKind::ScOr if left.is_true() => return Ok(left),
            BinOpKind::ScAnd | BinOpKind::ScOr => return self.value(right),
            BinOpKind::Eq => return compare(CompareOpKind::Eq),
            BinOpKind::Ne => return compare(CompareOpKind::Ne),
            BinOpKind::Lt => return compare(CompareOpKind::Lt),
            BinOpKind::Lte => return compare(CompareOpKind::Lte),
            BinOpKind::Gt => return compare(CompareOpKind::Gt),
            BinOpKind::Gte => return compare(CompareOpKind::Gte),
            BinOpKind::In => return compare(CompareOpKind::In),
            BinOpKind::Add => "a + b",
            BinOpKind::Sub => "a - b",
            BinOpKind::Mul => "a * b",
            BinOpKind::Div => "a / b",
            BinOpKind::FloorDiv => "a // b",
            BinOpKind::Rem => "a % b",
            BinOpKind::Pow => "a ** b",
            BinOpKind::Concat => return Err(self.wrong(here, "`~` is no operator here; write `+`")),
        };
        let right = self.value(right)?;
        let has_list = [&left, &right].iter().any(|value| value.kind() == ValueKind::Seq);
        if sign == "a * b" && has_list {
            // A few characters would make a list that takes minutes to look through.
            return Err(self.wrong(here, "a list cannot be repeated here; write its values out"));
        }
        self.calculate(sign, &left, &right, here)
    }

    fn compare(
        &self,
        kind: CompareOpKind,
        left: &Value,
        right: &Value,
        here: Span,
    ) -> Result<bool, ExpressionError> {
        let ordered = || {
            order(left, right).ok_or_else(|| {
                let name =
                    |value: &Value| format!("`{}` ({})", printable(&value.to_string(), 40), value.kind());
                self.wrong(here, &format!("{} and {} have no order", name(left), name(right)))
            })
        };
        let is_in = || self.calculate("a in b", left, right, here).map(|answer| answer.is_true());
        match kind {
            CompareOpKind::Eq => Ok(left == right),
            CompareOpKind::Ne => Ok(left != right),
            CompareOpKind::Lt => ordered().map(Ordering::is_lt),
            CompareOpKind::Lte => ordered().map(Ordering::is_le),
            CompareOpKind::Gt => ordered().map(Ordering::is_gt),
            CompareOpKind::Gte => ordered().map(Ordering::is_ge),
            CompareOpKind::In => is_in(),
            CompareOpKind::NotIn => is_in().map(|answer| !answer),
        }
    }

    /// Lets the library work out one operation, such as `a + b`.
    fn calculate(&self, what: &str, a: &Value, b: &Value, here: Span) -> Result<Value, ExpressionError> {
        let answer = LANGUAGE.compile_expression(what).and_then(|it| it.eval(context! { a, b }));
        match answer {
            Ok(value) if value.is_undefined() => {
                let of = self.text.get(here.start_offset as usize..here.end_offset as usize);
                Err(self.wrong(here, &format!("`{}` is undefined", of.unwrap_or(what))))
            }
            Ok(value) => Ok(value),
            Err(error) => {
                let problem = ExpressionError::of_language(what, &error).problem;
                Err(ExpressionError::new(self.text, Some(here.start_offset as usize), problem))
            }
        }
    }

    fn wrong(&self, here: Span, words: &str) -> ExpressionError {
        let problem = Problem::Impossible(words.to_owned());
        ExpressionError::new(self.text, Some(here.start_offset as usize), problem)
    }
}

/// Puts two values in order where Python does: two numbers (a truth value is one), two strings, two lists of such.
fn order(left: &Value, right: &Value) -> Option<Ordering> {
    let is_number = |value: &Value| matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
    match (left.kind(), right.kind()) {
        (ValueKind::String, ValueKind::String) => Some(left.cmp(right)),
        (ValueKind::Seq, ValueKind::Seq) if left.is_tuple() == right.is_tuple() => {
            let (mut lefts, mut rights) = (left.try_iter().ok()?, right.try_iter().ok()?);
            loop {
                match (lefts.next(), rights.next()) {
                    (Some(left), Some(right)) if left == right => {}
                    (Some(left), Some(right)) => return order(&left, &right),
                    (left, right) => return Some(left.is_some().cmp(&right.is_some())),
                }
            }
        }
        _ if is_number(left) && is_number(right) => Some(left.cmp(right)),
        _ => None,
    }
}
