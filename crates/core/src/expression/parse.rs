//! From a text to a tree. The syntax is a library's; what binds how tightly is Python's, and what we do not have is
//! refused here.

use std::ops::Range;

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, UnaryOpKind};
use minijinja::machinery::{Span, parse_expr};
use minijinja::value::ValueKind;

use super::error::{ExpressionError, NO_IS, Problem};
use super::functions::Function;
use super::tree::{Choice, Comparison, Node, Sign};
use super::value::Value;
use super::{ALL, LONGEST, Name};

/// How deep parts may be nested, which bounds the stack. Each of `a or b or c …` nests the ones before it.
const DEEPEST: usize = 150;

/// What there is, for who looks for something else.
const NOT_HERE: &str = "there are operators and a few functions only: no filters, slices or mappings";

/// Reads an expression and the names in it.
pub(super) fn read(text: &str) -> Result<(Node, Vec<Name>), ExpressionError> {
    if text.trim().is_empty() {
        return Err(ExpressionError::new("", None, Problem::Empty));
    }
    if text.len() > LONGEST {
        return Err(ExpressionError::new(text, None, Problem::TooLong));
    }
    let parsed = parse_expr(text).map_err(|error| ExpressionError::of_language(text, &error))?;
    let mut reading = Reading { text, names: Vec::new(), depth: 0 };
    let root = reading.node(&parsed)?;
    Ok((root, reading.names))
}

struct Reading<'t> {
    text: &'t str,
    names: Vec<Name>,
    depth: usize,
}

impl Reading<'_> {
    fn node(&mut self, part: &Expr<'_>) -> Result<Node, ExpressionError> {
        if self.depth >= DEEPEST {
            return Err(ExpressionError::new(self.text, None, Problem::TooMuchWork));
        }
        self.depth += 1;
        let node = self.node_of(part);
        self.depth -= 1;
        node
    }

    fn node_of(&mut self, part: &Expr<'_>) -> Result<Node, ExpressionError> {
        match part {
            Expr::Const(it) => self.constant(&it.value, start(it.span())),
            Expr::Var(it) => Ok(self.name(it.id, range(it.span()))),
            Expr::List(it) => Ok(folded(self.all(&it.items)?, Node::List, |it| Value::List(it.into()))),
            Expr::Tuple(it) => Ok(folded(self.all(&it.items)?, Node::Tuple, |it| Value::Tuple(it.into()))),
            Expr::UnaryOp(it) => {
                let of = Box::new(self.node(&it.expr)?);
                Ok(match it.op {
                    UnaryOpKind::Not => Node::Not(of),
                    UnaryOpKind::Neg => Node::Negative(of, start(it.span())),
                })
            }
            Expr::IfExpr(it) => {
                let Some(otherwise) = &it.false_expr else {
                    return Err(self.wrong(place(part), "an `if` needs an `else`"));
                };
                Ok(Node::Choice(Box::new(Choice {
                    then: self.node(&it.true_expr)?,
                    test: self.node(&it.test_expr)?,
                    otherwise: self.node(otherwise)?,
                })))
            }
            Expr::GetItem(it) => match (&it.expr, &it.subscript_expr) {
                (Expr::Var(all), Expr::Const(key)) if all.id == ALL && key.value.as_str().is_some() => {
                    let at = range(it.span());
                    Ok(self.name(key.value.as_str().unwrap_or_default(), at))
                }
                (of, key) => {
                    let sides = [self.node(of)?, self.node(key)?];
                    Ok(Node::Index(Box::new(sides), start(it.span())))
                }
            },
            Expr::GetAttr(it) => match &it.expr {
                Expr::Var(all) if all.id == ALL => Ok(self.name(it.name, range(it.span()))),
                of => {
                    let sides = [self.node(of)?, Node::Constant(Value::text(it.name))];
                    Ok(Node::Index(Box::new(sides), start(it.span())))
                }
            },
            Expr::BinOp(it) if matches!(it.op, BinOpKind::Pow) => self.power(part),
            Expr::BinOp(it) => self.operation(it.op, &it.left, &it.right, it.span()),
            Expr::Compare(it) => {
                let first = self.node(&it.expr)?;
                let next = |next| {
                    let next: &minijinja::machinery::ast::CompareOp<'_> = next;
                    Ok((comparison(next.op), self.node(&next.expr)?))
                };
                let rest = it.ops.iter().map(next).collect::<Result<_, ExpressionError>>()?;
                Ok(Node::Compare(Box::new(first), rest, place(&it.expr)))
            }
            Expr::Call(it) => {
                let at = place(&it.expr);
                let there_are = || Function::NAMES.join(", ");
                let Expr::Var(name) = &it.expr else {
                    let said = format!("values have no methods; the functions are {}", there_are());
                    return Err(self.wrong(at, &said));
                };
                let function = Function::of(name.id).ok_or_else(|| {
                    self.wrong(at, &format!("there is no function `{}`; there are {}", name.id, there_are()))
                })?;
                let argument = |argument: &CallArg<'_>| match argument {
                    CallArg::Pos(value) => self.node(value),
                    CallArg::Kwarg(..) | CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                        Err(self.wrong(at, "a function takes values only, one after the other"))
                    }
                };
                let arguments = it.args.iter().map(argument).collect::<Result<_, _>>()?;
                Ok(Node::Call(function, arguments, at))
            }
            Expr::Test(it) => Err(self.wrong(start(it.span()), NO_IS)),
            Expr::Slice(_) | Expr::Map(_) | Expr::Filter(_) => Err(self.wrong(start(part.span()), NOT_HERE)),
        }
    }

    fn all(&mut self, parts: &[Expr<'_>]) -> Result<Vec<Node>, ExpressionError> {
        parts.iter().map(|part| self.node(part)).collect()
    }

    fn name(&mut self, name: &str, at: Range<usize>) -> Node {
        let place = at.start;
        let slot = self.names.iter().position(|known| known.text == name).unwrap_or_else(|| {
            self.names.push(Name { text: name.to_owned(), at });
            self.names.len() - 1
        });
        Node::Name(slot, place)
    }

    fn constant(&self, value: &minijinja::Value, place: usize) -> Result<Node, ExpressionError> {
        let ours = match value.kind() {
            ValueKind::Bool => Some(Value::Bool(value.is_true())),
            ValueKind::None => Some(Value::None),
            ValueKind::String => value.as_str().map(Value::text),
            ValueKind::Number if value.is_integer() => i128::try_from(value.clone()).ok().map(Value::Int),
            ValueKind::Number => f64::try_from(value.clone()).ok().map(Value::Float),
            _ => None,
        };
        let too_large = || self.wrong(place, "a whole number beyond 128 bits");
        ours.map(Node::Constant).ok_or_else(too_large)
    }

    fn operation(
        &mut self,
        kind: BinOpKind,
        left: &Expr<'_>,
        right: &Expr<'_>,
        here: Span,
    ) -> Result<Node, ExpressionError> {
        let sides = |reading: &mut Self| -> Result<_, ExpressionError> {
            Ok(Box::new([reading.node(left)?, reading.node(right)?]))
        };
        let comparison = match kind {
            BinOpKind::ScAnd => return Ok(Node::And(sides(self)?)),
            BinOpKind::ScOr => return Ok(Node::Or(sides(self)?)),
            BinOpKind::Concat => {
                return Err(self.wrong(start(here), "`~` is no operator here; write `+`"));
            }
            BinOpKind::Add => return Ok(Node::Arithmetic(Sign::Add, sides(self)?, start(here))),
            BinOpKind::Sub => return Ok(Node::Arithmetic(Sign::Subtract, sides(self)?, start(here))),
            BinOpKind::Mul => return Ok(Node::Arithmetic(Sign::Multiply, sides(self)?, start(here))),
            BinOpKind::Div => return Ok(Node::Arithmetic(Sign::Divide, sides(self)?, start(here))),
            BinOpKind::FloorDiv => return Ok(Node::Arithmetic(Sign::FloorDivide, sides(self)?, start(here))),
            BinOpKind::Rem => return Ok(Node::Arithmetic(Sign::Remainder, sides(self)?, start(here))),
            BinOpKind::Pow => return Ok(Node::Arithmetic(Sign::Power, sides(self)?, start(here))),
            BinOpKind::Eq => Comparison::Equal,
            BinOpKind::Ne => Comparison::NotEqual,
            BinOpKind::Lt => Comparison::Less,
            BinOpKind::Lte => Comparison::LessOrEqual,
            BinOpKind::Gt => Comparison::Greater,
            BinOpKind::Gte => Comparison::GreaterOrEqual,
            BinOpKind::In => Comparison::In,
        };
        let [first, second] = *sides(self)?;
        Ok(Node::Compare(Box::new(first), vec![(comparison, second)], place(left)))
    }

    /// Reads `-a ** b ** c` as Python does: from the right, and tighter than the sign before it. The library reads
    /// from the left and binds the sign more tightly; which parts are in brackets is seen at where they begin.
    fn power(&mut self, part: &Expr<'_>) -> Result<Node, ExpressionError> {
        let mut operands = Vec::new();
        let mut rest = part;
        let begin = start(part.span());
        loop {
            match rest {
                Expr::BinOp(it) if matches!(it.op, BinOpKind::Pow) && start(it.span()) == begin => {
                    operands.push(&it.right);
                    rest = &it.left;
                }
                first => {
                    operands.push(first);
                    break;
                }
            }
        }
        let mut result: Option<Node> = None;
        for mut operand in operands {
            let mut signs = Vec::new();
            if result.is_some() {
                while let Expr::UnaryOp(it) = operand
                    && matches!(it.op, UnaryOpKind::Neg)
                    && !self.is_bracketed(start(it.span()), begin)
                {
                    signs.push(start(it.span()));
                    operand = &it.expr;
                }
            }
            let base = self.node(operand)?;
            let raised = match result {
                None => base,
                Some(exponent) => Node::Arithmetic(Sign::Power, Box::new([base, exponent]), begin),
            };
            if self.depth + signs.len() >= DEEPEST {
                return Err(ExpressionError::new(self.text, None, Problem::TooMuchWork));
            }
            result = Some(signs.into_iter().rev().fold(raised, |of, at| Node::Negative(Box::new(of), at)));
        }
        result.ok_or_else(|| ExpressionError::new(self.text, None, Problem::TooMuchWork))
    }

    /// Tells whether what begins at `place` is in brackets of its own, inside what begins at `outer`.
    fn is_bracketed(&self, place: usize, outer: usize) -> bool {
        place > outer && self.text.get(..place).is_some_and(|before| before.trim_end().ends_with('('))
    }

    fn wrong(&self, place: usize, words: &str) -> ExpressionError {
        ExpressionError::new(self.text, Some(place), Problem::Impossible(words.to_owned()))
    }
}

/// Makes a list once where it is always the same.
fn folded(items: Vec<Node>, varying: fn(Vec<Node>) -> Node, constant: fn(Vec<Value>) -> Value) -> Node {
    let values: Option<Vec<Value>> = items
        .iter()
        .map(|item| if let Node::Constant(value) = item { Some(value.clone()) } else { None })
        .collect();
    values.map_or_else(|| varying(items), |values| Node::Constant(constant(values)))
}

fn comparison(kind: CompareOpKind) -> Comparison {
    match kind {
        CompareOpKind::Eq => Comparison::Equal,
        CompareOpKind::Ne => Comparison::NotEqual,
        CompareOpKind::Lt => Comparison::Less,
        CompareOpKind::Lte => Comparison::LessOrEqual,
        CompareOpKind::Gt => Comparison::Greater,
        CompareOpKind::Gte => Comparison::GreaterOrEqual,
        CompareOpKind::In => Comparison::In,
        CompareOpKind::NotIn => Comparison::NotIn,
    }
}

fn start(span: Span) -> usize {
    span.start_offset as usize
}

fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

/// Finds where a part begins; the library counts a comparison from the word before it.
fn place(part: &Expr<'_>) -> usize {
    match part {
        Expr::Compare(it) => place(&it.expr),
        Expr::IfExpr(it) => place(&it.true_expr),
        Expr::BinOp(it) => place(&it.left),
        _ => start(part.span()),
    }
}
