//! All parameters of an object in a row, those that a value brings along behind the one whose value it is.

use crate::sweep::definition::{Defined, Definition};
use crate::sweep::mistakes::Mistakes;

/// The most parameters of an object. More are a slip, and each is compared with each.
const MOST_PARAMETERS: usize = 1000;

/// All parameters of an object, those that a value brings along behind the one whose value it is.
pub(super) struct Flat<'a>(pub(super) Vec<FlatParameter<'a>>);

pub(super) struct FlatParameter<'a> {
    pub(super) defined: &'a Defined,
    /// Whose value brings it along, and the place of that value.
    pub(super) parent: Option<(usize, u64)>,
}

impl<'a> Flat<'a> {
    pub(super) fn of(definition: &'a Definition, mistakes: &mut Mistakes) -> Self {
        let mut flat = Self(Vec::new());
        for defined in &definition.parameters {
            flat.add(defined, None, mistakes);
        }
        if let Some(parameter) = flat.0.get(MOST_PARAMETERS) {
            let message = format!(
                "more than {MOST_PARAMETERS} parameters in one object, each that a value brings along counted"
            );
            mistakes.add(&parameter.defined.at, message, None);
        }
        flat
    }

    fn add(&mut self, defined: &'a Defined, parent: Option<(usize, u64)>, mistakes: &mut Mistakes) {
        let me = self.0.len();
        if me > MOST_PARAMETERS {
            return;
        }
        let twice = self.0.iter().position(|other| other.defined.name == defined.name);
        if twice.is_some_and(|other| !self.exclude_each_other(other, parent)) {
            let message = format!("`{}` is set twice for the same point", defined.name);
            mistakes.add(
                &defined.at,
                message,
                Some("only different values of one parameter may bring the same name along".to_owned()),
            );
        }
        self.0.push(FlatParameter { defined, parent });
        for (choice, place) in defined.values.choices().iter().zip(0..) {
            for sub in &choice.with {
                self.add(sub, Some((me, place)), mistakes);
            }
        }
    }

    /// Tells whether no point has both a parameter and one that this value brings along.
    fn exclude_each_other(&self, other: usize, mine: Option<(usize, u64)>) -> bool {
        let line = |start: Option<(usize, u64)>| {
            std::iter::successors(start, |(parent, _)| self.0[*parent].parent).collect::<Vec<_>>()
        };
        let others = line(self.0[other].parent);
        let apart =
            |(parent, place): &(usize, u64)| others.iter().any(|(it, at)| it == parent && at != place);
        line(mine).iter().any(apart)
    }

    /// Gives all names, those that no point has behind the others.
    pub(super) fn names(&self, absent: &'a [String]) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        let present = self.0.iter().map(|parameter| &parameter.defined.name);
        for name in present.chain(absent) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// Gives the weight of the heaviest value in the lists of a name.
    pub(super) fn heaviest(&self, name: &str) -> u64 {
        let named = self.0.iter().filter(|parameter| parameter.defined.name == name);
        named
            .flat_map(|it| it.defined.values.choices())
            .map(|choice| choice.value.weight() as u64)
            .max()
            .unwrap_or(0)
    }
}
