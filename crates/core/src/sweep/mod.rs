//! The parameters of a sweep, and all points that follow from them, made one at a time.
//!
//! A text becomes a `definition` (`read`), that becomes blocks whose names are resolved (`resolve`), and of each block it
//! is found once which combinations are points (`settle`, `walk`). A point is then made from its number.

mod block;
mod change;
mod choice;
mod definition;
mod effect;
mod identity;
mod limit;
mod mistakes;
mod naming;
pub mod numbers;
mod origin;
mod point;
mod read;
mod resolve;
mod settle;
pub mod style;
mod surroundings;
mod walk;

use std::collections::HashSet;
use std::sync::Arc;

pub use choice::Choice;
pub use identity::{PointIdentity, write_canonical};
pub use limit::StartLimit;
pub use naming::{LONGEST_NAME, NameTemplate, RunNames};
pub use origin::{Origin, Typed};
pub use point::{Point, Points};
pub use surroundings::{Found, Nowhere, Surroundings};

use block::Block;
use definition::Definition;
use effect::Conditions;
use mistakes::{Mistakes, Told};
use numbers::{Interleave, Shuffle};
use settle::{Seen, settle};

use crate::document::{Problems, Source};
use crate::kept::Kept;

/// All points of a sweep, block after block; in each the first parameter varies slowest.
#[derive(Debug, Clone)]
pub struct Sweep {
    blocks: Arc<[Settled]>,
    parameters: Arc<[Parameter]>,
    count: u64,
    limits: Arc<[StartLimit]>,
    /// What is hardly meant as it stands there.
    warnings: Arc<[Problems]>,
    /// How its runs are to be named, where that was said.
    names: Option<Arc<NameTemplate>>,
}

/// A parameter of any of the blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Whether points differ in it.
    pub varies: bool,
}

/// A block, and which of its combinations are points.
#[derive(Debug)]
struct Settled {
    block: Block,
    kept: Kept,
    order: Option<Permutation>,
    /// The number of points in the blocks before.
    start: u64,
}

#[derive(Debug)]
enum Permutation {
    Shuffle(Shuffle),
    Interleave(Interleave),
}

impl Default for Sweep {
    /// The sweep of no parameters: one point that adds nothing to a command.
    fn default() -> Self {
        let nothing = Definition::empty(definition::Spot { source: 0, at: 0..0 }, style::Style::default());
        let mut mistakes = Mistakes::default();
        Self::settle(&[nothing], Conditions::default(), &mut mistakes)
    }
}

impl Sweep {
    /// Reads a parameter file that names no other files, or tells everything that is wrong with it.
    pub fn read(source: &Source) -> Result<Self, Vec<Problems>> {
        Self::of(&Origin { file: Some(source), rows: None, typed: &Typed::default() }, &Nowhere)
    }

    /// Reads all that says something of a sweep, or tells everything that is wrong with any of it. Globs and files of
    /// values are looked up in `surroundings`.
    pub fn of(origin: &Origin<'_>, surroundings: &dyn Surroundings) -> Result<Self, Vec<Problems>> {
        let mut mistakes = Mistakes::default();
        let definitions = read::read(origin, surroundings, &mut mistakes);
        let sweep = if mistakes.count() == 0 {
            Self::settle(&definitions, Conditions::of(origin), &mut mistakes)
        } else {
            Self::default()
        };
        let Told { problems, warnings } = mistakes.into_told();
        if problems.is_empty() { Ok(Self { warnings: warnings.into(), ..sweep }) } else { Err(problems) }
    }

    /// Resolves what was defined, and finds its points.
    fn settle(definitions: &[Definition], mut conditions: Conditions, mistakes: &mut Mistakes) -> Self {
        let mut objects = Vec::new();
        for definition in definitions {
            let with_included = std::iter::once(definition).chain(&definition.include);
            let blocks: Vec<_> =
                with_included.filter_map(|definition| resolve::resolve(definition, mistakes)).collect();
            objects.push((definition, blocks));
        }
        if mistakes.count() > 0 {
            return Self::nothing();
        }
        let all = || objects.iter().flat_map(|(_, blocks)| blocks);
        let mut seen = if all().count() > 1 { Seen::Points(HashSet::new()) } else { Seen::Nothing };
        let parameters = parameters(&all().collect::<Vec<_>>());
        let (mut settled, mut start, mut limits) = (Vec::new(), 0_u64, Vec::new());
        for (definition, blocks) in objects {
            let first = start;
            for block in blocks {
                let kept = settle(&block, &mut seen, &mut conditions, mistakes);
                let count = kept.count();
                let order = block.order.map(|order| Permutation::new(order, count));
                let at = block.at.clone();
                settled.push(Settled { block, kept, order, start });
                start = start.checked_add(count).unwrap_or_else(|| {
                    mistakes.add(&at, "there are more points than can be counted".to_owned(), None);
                    start
                });
            }
            let limit = definition.limit.as_ref();
            limits.extend(limit.map(|it| StartLimit::new(it, first..start, mistakes.text(it.at.source))));
        }
        conditions.warn(mistakes);
        if let (0, 0, Some(first)) = (start, mistakes.count(), definitions.first()) {
            let help =
                "look at what conditions leave: `$exclude`, `$where` and `when`, `--exclude` and `--where`";
            mistakes.add(&first.at, "no point is left to run".to_owned(), Some(help.to_owned()));
        }
        Self {
            blocks: settled.into(),
            parameters: parameters.into(),
            count: start,
            limits: limits.into(),
            warnings: Arc::default(),
            names: None,
        }
    }

    /// A sweep without any point, which is given to nobody.
    fn nothing() -> Self {
        Self {
            blocks: Arc::default(),
            parameters: Arc::default(),
            count: 0,
            limits: Arc::default(),
            warnings: Arc::default(),
            names: None,
        }
    }

    /// Names its runs as a template says.
    #[must_use]
    pub fn named_by(self, template: NameTemplate) -> Self {
        Self { names: Some(Arc::new(template)), ..self }
    }

    /// The number of points.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The parameters, in the order of the file.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// All values that stand in lists, with their parameters' names: those that are worked out or drawn are not known
    /// before their points.
    pub fn listed_choices(&self) -> impl Iterator<Item = (&str, &Choice)> {
        self.blocks.iter().flat_map(|settled| settled.block.listed_choices())
    }

    /// What a program has to know for each parameter.
    pub fn wanted(&self) -> impl Iterator<Item = (&str, style::Wanted)> {
        self.blocks.iter().flat_map(|settled| settled.block.wanted())
    }

    /// All points, the first parameter varying slowest. Nothing is kept in memory for a point.
    pub fn points(&self) -> Points<'_> {
        Points::new(self)
    }

    /// The point at a place in that order, counted from 0; `None` past the end.
    pub fn point(&self, index: u64) -> Option<Point<'_>> {
        let behind = self.blocks.partition_point(|settled| settled.start <= index);
        let settled = self.blocks[..behind].iter().rev().find(|settled| settled.kept.count() > 0)?;
        let place = index - settled.start;
        if place >= settled.kept.count() {
            return None;
        }
        let place = settled.order.as_ref().and_then(|order| order.at(place)).unwrap_or(place);
        let settings = settled.block.settings(settled.kept.at(place));
        Some(Point::new(index, &settled.block, settings))
    }

    /// What is no mistake, and yet hardly meant: conditions that do nothing, and names that are nearly others.
    pub fn warnings(&self) -> &[Problems] {
        &self.warnings
    }

    /// What files say of the number of runs that may be started without a word.
    pub fn limits(&self) -> &[StartLimit] {
        &self.limits
    }
}

impl Permutation {
    fn new(order: definition::Order, count: u64) -> Self {
        match order {
            definition::Order::Shuffle { seed } => Self::Shuffle(Shuffle::new(count, seed)),
            definition::Order::Interleave => Self::Interleave(Interleave::new(count)),
        }
    }

    fn at(&self, place: u64) -> Option<u64> {
        match self {
            Self::Shuffle(shuffle) => shuffle.at(place),
            Self::Interleave(interleave) => interleave.at(place),
        }
    }
}

/// Gathers the parameters of all blocks.
fn parameters(blocks: &[&Block]) -> Vec<Parameter> {
    let mut all: Vec<Parameter> = Vec::new();
    for block in blocks {
        for (place, name) in block.names.iter().enumerate().filter(|(place, _)| block.has(*place)) {
            let varies = blocks.len() > 1 || block.varies(place);
            match all.iter_mut().find(|parameter| parameter.name == *name) {
                Some(parameter) => parameter.varies |= varies,
                None => all.push(Parameter { name: name.clone(), varies }),
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;
