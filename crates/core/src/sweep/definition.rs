//! What a person defined, each part with its place: names are not resolved yet, and nothing is combined.

use std::ops::Range;

use super::numbers::{Distribution, Method, Pick, Spaced};
use super::style::Style;
use crate::document::Value;
use crate::expression::Expression;

/// A place in one of the texts that a sweep is read from: the file, or an option of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// Which text, by its number.
    pub(super) source: usize,
    /// The bytes of it.
    pub(super) at: Range<usize>,
}

/// One object of the file: its parameters, and what `$`-keys say of the set of its points.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) at: Spot,
    pub(super) parameters: Vec<Defined>,
    /// Parameters that came with a value which no point has any more: what asks about them is no mistake.
    pub(super) absent: Vec<String>,
    pub(super) zip: Vec<Group>,
    pub(super) exclude: Vec<Rule>,
    pub(super) keep: Vec<Rule>,
    /// Extra points: small sweeps of their own.
    pub(super) include: Vec<Definition>,
    pub(super) sample: Option<Sample>,
    pub(super) order: Option<Order>,
    pub(super) limit: Option<Limit>,
    pub(super) style: Style,
}

impl Definition {
    /// Starts one that says nothing.
    pub(super) fn empty(at: Spot, style: Style) -> Self {
        Self {
            at,
            parameters: Vec::new(),
            absent: Vec::new(),
            zip: Vec::new(),
            exclude: Vec::new(),
            keep: Vec::new(),
            include: Vec::new(),
            sample: None,
            order: None,
            limit: None,
            style,
        }
    }

    /// Gives the names of all parameters, those that values bring along among them.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut found = Vec::new();
        add_names(&self.parameters, &mut found);
        found
    }
}

fn add_names<'a>(parameters: &'a [Defined], names: &mut Vec<&'a str>) {
    for defined in parameters {
        names.push(&defined.name);
        defined.values.choices().iter().for_each(|choice| add_names(&choice.with, names));
    }
}

/// A parameter as it was defined.
#[derive(Debug, Clone)]
pub(super) struct Defined {
    pub(super) name: String,
    pub(super) at: Spot,
    pub(super) values: Values,
    /// Without it holding, a point does not have the parameter.
    pub(super) when: Option<Formula>,
}

/// The values that a parameter takes.
#[derive(Debug, Clone)]
pub(super) enum Values {
    /// One, in every point.
    Fixed(DefinedChoice),
    /// Each in turn.
    Listed(Vec<DefinedChoice>),
    /// Each in turn, of so many that they are made one by one.
    Spaced(Spaced),
    /// Worked out from other parameters.
    Computed(Formula),
    /// Drawn anew for every point of a sample.
    Drawn(Draw<DefinedChoice>),
    /// Those of a column of rows, which varies together with the other columns.
    Column(Column),
}

/// A value for each row; a row may lack one.
pub(super) type Column = Vec<Option<DefinedChoice>>;

impl Values {
    /// Gives those that are written out, in their order; a list has no gap.
    pub(super) fn choices(&self) -> &[DefinedChoice] {
        match self {
            Self::Fixed(choice) => std::slice::from_ref(choice),
            Self::Listed(choices) => choices,
            Self::Spaced(_) | Self::Computed(_) | Self::Drawn(_) | Self::Column(_) => &[],
        }
    }

    /// Gives the same to be changed.
    pub(super) fn choices_mut(&mut self) -> &mut [DefinedChoice] {
        match self {
            Self::Fixed(choice) => std::slice::from_mut(choice),
            Self::Listed(choices) => choices,
            Self::Spaced(_) | Self::Computed(_) | Self::Drawn(_) | Self::Column(_) => &mut [],
        }
    }
}

/// How a value is drawn.
#[derive(Debug, Clone)]
pub(super) enum Draw<C> {
    /// A number of so many digits.
    Number(Distribution, u32),
    /// One of some values.
    Choice(Pick, Vec<C>),
}

impl<C> Draw<C> {
    /// Turns what it draws from into something else.
    pub(super) fn map<D>(&self, change: impl Fn(&C) -> D) -> Draw<D> {
        match self {
            Self::Number(distribution, digits) => Draw::Number(*distribution, *digits),
            Self::Choice(pick, choices) => Draw::Choice(pick.clone(), choices.iter().map(change).collect()),
        }
    }
}

/// A value, with what it is called and what it brings along.
#[derive(Debug, Clone)]
pub(super) struct DefinedChoice {
    pub(super) value: Value,
    pub(super) label: Option<String>,
    /// Parameters that only points with this value have.
    pub(super) with: Vec<Defined>,
}

impl DefinedChoice {
    /// Takes a value that is nothing but itself.
    pub(super) fn plain(value: Value) -> Self {
        Self { value, label: None, with: Vec::new() }
    }
}

/// An expression with its place.
#[derive(Debug, Clone)]
pub(super) struct Formula {
    pub(super) expression: Expression,
    pub(super) at: Spot,
}

/// Parameters that vary together.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) names: Vec<(String, Spot)>,
}

/// What a point is asked.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    /// Whether an expression holds.
    Holds(Formula),
    /// Whether it has one of the values for each of the names.
    Has(Vec<(String, Spot, Vec<Value>)>),
}

impl Rule {
    /// Gives its place: that of the expression, or of the first name.
    pub(super) fn at(&self) -> Option<&Spot> {
        match self {
            Self::Holds(formula) => Some(&formula.at),
            Self::Has(wanted) => wanted.first().map(|(_, at, _)| at),
        }
    }

    /// Gives the parameters that it asks about.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Holds(formula) => {
                formula.expression.names().iter().map(|name| name.text.as_str()).collect()
            }
            Self::Has(wanted) => wanted.iter().map(|(name, _, _)| name.as_str()).collect(),
        }
    }
}

/// A sample instead of all combinations.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) method: Method,
    pub(super) count: u64,
    pub(super) seed: u64,
    pub(super) at: Spot,
}

/// The most runs that may be started without a word.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    pub(super) most: u64,
    pub(super) at: Spot,
}

/// The order in which points come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// By chance.
    Shuffle {
        /// Which chance.
        seed: u64,
    },
    /// So that any first part of them is spread over all.
    Interleave,
}
