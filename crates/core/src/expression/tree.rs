//! An expression as it is worked out: owned, and with every name resolved to its slot.

use std::fmt;

use super::functions::Function;
use super::value::Value;

/// A part of an expression. Places are byte offsets into its text.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Constant(Value),
    /// The slot of a name, and where it stands.
    Name(usize, usize),
    List(Vec<Node>),
    Tuple(Vec<Node>),
    Not(Box<Node>),
    Negative(Box<Node>, usize),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    Choice(Box<Choice>),
    Arithmetic(Sign, Box<[Node; 2]>, usize),
    /// The first value, then what each next one is compared by: `1 < layers < 5`.
    Compare(Box<Node>, Vec<(Comparison, Node)>, usize),
    Index(Box<[Node; 2]>, usize),
    Call(Function, Vec<Node>, usize),
}

/// `then if test else otherwise`
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) test: Node,
    pub(super) then: Node,
    pub(super) otherwise: Node,
}

/// What is done with two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
}

impl fmt::Display for Sign {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Remainder => "%",
            Self::Power => "**",
        })
    }
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}
