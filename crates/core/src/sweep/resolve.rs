//! From what a person defined to what can be walked: names become places, parameters become dimensions in an order in
//! which each stands behind what it depends on.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::block::{
    Block, Dimension, Formula, Guard, Member, MemberValues, Question, Rule, Sample, Shortfall, Source,
    Verdict,
};
use super::choice::Choice;
use super::definition::{self, Defined, DefinedChoice, Definition, Group, Spot, Values};
use super::mistakes::Mistakes;
use super::numbers::{Method, Sampler};
use crate::counted;
use crate::document::nearest;
use crate::expression::{self, Expression};

/// Resolves an object; what is wrong goes to `mistakes`, and then there is no block.
pub(super) fn resolve(definition: &Definition, mistakes: &mut Mistakes) -> Option<Block> {
    let before = mistakes.count();
    let flat = Flat::of(definition, mistakes);
    let names = flat.names(&definition.absent);
    let units = flat.units(&definition.zip, mistakes);
    let weights = names.iter().map(|name| flat.heaviest(name)).collect();
    let resolving = Resolving { definition, flat: &flat, names: &names, weights };
    let order = resolving.order(&units, mistakes);
    let dimensions: Vec<_> =
        order.iter().map(|unit| resolving.dimension(&units[*unit], &units, &order, mistakes)).collect();
    let rules = resolving.rules(&dimensions, mistakes);
    let sample = definition.sample.as_ref().and_then(|sample| drawing(sample, &dimensions, &names, mistakes));
    let mut block = Block {
        at: definition.at.clone(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        dimensions,
        rules,
        work: Vec::new(),
        sample,
        order: definition.order,
        style: definition.style.clone(),
    };
    set_strides(&mut block, mistakes);
    block.count_work();
    (mistakes.count() == before).then_some(block)
}

/// The most parameters of an object. More are a slip, and each is compared with each.
const MOST_PARAMETERS: usize = 1000;

/// All parameters of an object, those that a value brings along behind the one whose value it is.
struct Flat<'a>(Vec<FlatParameter<'a>>);

struct FlatParameter<'a> {
    defined: &'a Defined,
    /// Whose value brings it along, and the place of that value.
    parent: Option<(usize, u64)>,
}

impl<'a> Flat<'a> {
    fn of(definition: &'a Definition, mistakes: &mut Mistakes) -> Self {
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
    fn names(&self, absent: &'a [String]) -> Vec<&'a str> {
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
    fn heaviest(&self, name: &str) -> u64 {
        let named = self.0.iter().filter(|parameter| parameter.defined.name == name);
        named
            .flat_map(|it| it.defined.values.choices())
            .map(|choice| choice.value.weight() as u64)
            .max()
            .unwrap_or(0)
    }

    /// Puts together what varies together, groups and the columns of rows: each unit becomes a dimension.
    fn units(&self, groups: &[Group], mistakes: &mut Mistakes) -> Vec<Vec<usize>> {
        let of_columns = groups.len();
        let is_column =
            |it: &FlatParameter<'_>| matches!(it.defined.values, Values::Column(_)).then_some(of_columns);
        let mut group_of: Vec<Option<usize>> = self.0.iter().map(is_column).collect();
        for (number, group) in groups.iter().enumerate() {
            let mut first: Option<(&str, u64)> = None;
            for (name, at) in &group.names {
                let Some(index) = self.0.iter().position(|it| it.defined.name == *name) else {
                    let known = self.0.iter().map(|it| it.defined.name.as_str());
                    let help = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
                    mistakes.add(at, format!("`{name}` is no parameter here"), help);
                    continue;
                };
                if let Some(other) = group_of[index] {
                    let message = if other == of_columns {
                        format!("`{name}` is a column of the rows, which varies together with the others")
                    } else {
                        format!("`{name}` is in two groups")
                    };
                    mistakes.add(at, message, None);
                    continue;
                }
                let parameter = &self.0[index];
                let is_free = parameter.parent.is_none() && parameter.defined.when.is_none();
                let length = match &parameter.defined.values {
                    Values::Listed(choices) if is_free => choices.len() as u64,
                    Values::Spaced(numbers) if is_free => numbers.count(),
                    Values::Fixed(_) if is_free => 1,
                    Values::Listed(_) | Values::Spaced(_) | Values::Fixed(_) => {
                        let help =
                            "put the condition on the other parameters, or list the points with `$include`";
                        mistakes.add(
                            at,
                            format!(
                                "`{name}` exists under a condition only, and cannot vary together with others"
                            ),
                            Some(help.to_owned()),
                        );
                        continue;
                    }
                    Values::Computed(_) | Values::Drawn(_) | Values::Column(_) => {
                        mistakes.add(
                            at,
                            format!("`{name}` is no list of values, and cannot vary together with others"),
                            None,
                        );
                        continue;
                    }
                };
                match first {
                    Some((other, expected)) if expected != length => {
                        let message = format!(
                            "`{name}` has {}, and `{other}`, with which it varies, has {expected}",
                            counted(length, "value")
                        );
                        mistakes.add(at, message, None);
                    }
                    Some(_) => {}
                    None => first = Some((name, length)),
                }
                group_of[index] = Some(number);
            }
        }
        let mut units: Vec<Vec<usize>> = Vec::new();
        let mut unit_of_group: Vec<Option<usize>> = vec![None; groups.len() + 1];
        for (index, group) in group_of.iter().enumerate() {
            if let Some(unit) = group.and_then(|group| unit_of_group[group]) {
                units[unit].push(index);
            } else {
                if let Some(group) = group {
                    unit_of_group[*group] = Some(units.len());
                }
                units.push(vec![index]);
            }
        }
        units
    }
}

struct Resolving<'a> {
    definition: &'a Definition,
    flat: &'a Flat<'a>,
    names: &'a [&'a str],
    /// For each name the weight of its heaviest value.
    weights: Vec<u64>,
}

impl Resolving<'_> {
    /// Puts the units into the order of the file, but each behind those that it depends on.
    fn order(&self, units: &[Vec<usize>], mistakes: &mut Mistakes) -> Vec<usize> {
        let needs: Vec<BTreeSet<usize>> = units.iter().map(|unit| self.needs(unit, units)).collect();
        let mut order: Vec<usize> = Vec::with_capacity(units.len());
        let mut is_placed = vec![false; units.len()];
        while order.len() < units.len() {
            let ready = |unit: &usize| !is_placed[*unit] && needs[*unit].iter().all(|need| is_placed[*need]);
            if let Some(unit) = (0..units.len()).find(ready) {
                is_placed[unit] = true;
                order.push(unit);
            } else {
                let left: Vec<_> = (0..units.len()).filter(|unit| !is_placed[*unit]).collect();
                self.report_circle(&circle(&left, &needs), units, mistakes);
                order.extend(left);
            }
        }
        order
    }

    /// Gives the units that must be set before one can be.
    fn needs(&self, unit: &[usize], units: &[Vec<usize>]) -> BTreeSet<usize> {
        let mut needs = BTreeSet::new();
        for index in unit {
            let parameter = &self.flat.0[*index];
            let parent = parameter.parent.map(|(parent, _)| parent);
            needs.extend(units.iter().position(|it| parent.is_some_and(|parent| it.contains(&parent))));
            for formula in formulas(parameter.defined) {
                for name in formula.expression.names() {
                    let gives = |unit: &Vec<usize>| {
                        unit.iter().any(|index| self.flat.0[*index].defined.name == name.text)
                    };
                    needs.extend(
                        units.iter().enumerate().filter(|(_, unit)| gives(unit)).map(|(unit, _)| unit),
                    );
                }
            }
        }
        needs
    }

    fn report_circle(&self, circle: &[usize], units: &[Vec<usize>], mistakes: &mut Mistakes) {
        let members: Vec<_> =
            circle.iter().flat_map(|unit| &units[*unit]).map(|index| self.flat.0[*index].defined).collect();
        let names: Vec<_> = members.iter().map(|defined| format!("`{}`", defined.name)).collect();
        let Some(formula) = members.iter().find_map(|defined| formulas(defined).next()) else { return };
        let message = match names.as_slice() {
            [only] if matches!(members[0].values, Values::Computed(_)) => {
                format!("{only} is computed from itself")
            }
            [only] => format!("whether there is {only} depends on {only} itself"),
            several => format!("{} depend on each other in a circle", several.join(", ")),
        };
        mistakes.add(&formula.at, message, None);
    }

    fn dimension(
        &self,
        unit: &[usize],
        units: &[Vec<usize>],
        order: &[usize],
        mistakes: &mut Mistakes,
    ) -> Dimension {
        let mut guards = Vec::new();
        for index in unit {
            let parameter = &self.flat.0[*index];
            if let Some((parent, place)) = parameter.parent {
                let depth = order.iter().position(|unit| units[*unit].contains(&parent));
                guards.extend(depth.map(|dimension| Guard::Chosen { dimension, place }));
            }
            let when = parameter.defined.when.as_ref();
            guards.extend(when.and_then(|formula| self.formula(formula, mistakes)).map(Guard::When));
        }
        Dimension { source: self.source(unit, mistakes), guards, stride: 1 }
    }

    fn source(&self, unit: &[usize], mistakes: &mut Mistakes) -> Source {
        let mut members = Vec::with_capacity(unit.len());
        for index in unit {
            let defined = self.flat.0[*index].defined;
            let parameter = self.place_of(&defined.name);
            match &defined.values {
                Values::Computed(formula) => {
                    if let Some(formula) = self.formula(formula, mistakes) {
                        return Source::Computed { parameter, formula };
                    }
                }
                Values::Drawn(draw) => {
                    if self.definition.sample.is_none() {
                        let help = "add `\"n\": 10` for ten values, or `\"$sample\": {\"random\": 50}` to draw every point anew; on the command line `uniform:0..1:10`, or `--sample random:50`";
                        mistakes.add(
                            &defined.at,
                            format!("it is not said how many values of `{}` to draw", defined.name),
                            Some(help.to_owned()),
                        );
                    }
                    let draw = draw.map(|choice| self.choice(&defined.name, choice));
                    return Source::Drawn { parameter, draw };
                }
                Values::Fixed(choice) => {
                    let choices = vec![Some(self.choice(&defined.name, choice))];
                    members.push(Member { parameter, values: MemberValues::Kept(choices) });
                }
                Values::Spaced(numbers) => {
                    members.push(Member { parameter, values: MemberValues::Spaced(*numbers) });
                }
                Values::Listed(list) => {
                    let choices =
                        list.iter().map(|choice| Some(self.choice(&defined.name, choice))).collect();
                    members.push(Member { parameter, values: MemberValues::Kept(choices) });
                }
                Values::Column(cells) => {
                    let choice = |cell: &Option<DefinedChoice>| {
                        cell.as_ref().map(|choice| self.choice(&defined.name, choice))
                    };
                    members.push(Member {
                        parameter,
                        values: MemberValues::Kept(cells.iter().map(choice).collect()),
                    });
                }
            }
        }
        let length = members.first().map_or(1, |member| member.values.count());
        Source::Listed { members, length }
    }

    fn choice(&self, name: &str, choice: &DefinedChoice) -> Arc<Choice> {
        let (value, label) = (choice.value.clone(), choice.label.clone());
        Arc::new(Choice::new(&self.definition.style, name, value, label))
    }

    fn place_of(&self, name: &str) -> usize {
        self.names.iter().position(|it| *it == name).unwrap_or_default()
    }

    fn rules(&self, dimensions: &[Dimension], mistakes: &mut Mistakes) -> Vec<Rule> {
        let excluding = self.definition.exclude.iter().map(|rule| (rule, Verdict::Exclude));
        let keeping = self.definition.keep.iter().map(|rule| (rule, Verdict::Keep));
        let mut rules = Vec::new();
        for (rule, verdict) in excluding.chain(keeping) {
            if let Some((question, parameters)) = self.question(rule, mistakes) {
                let sets = |dimension: &Dimension| dimension.parameters().any(|it| parameters.contains(&it));
                let depth = dimensions.iter().rposition(sets).map_or(0, |last| last + 1);
                let at = rule.at().unwrap_or(&self.definition.at).clone();
                rules.push(Rule { depth, question, verdict, at });
            }
        }
        rules
    }

    /// Resolves a question, and gives the parameters that it asks about.
    fn question(&self, rule: &definition::Rule, mistakes: &mut Mistakes) -> Option<(Question, Vec<usize>)> {
        match rule {
            definition::Rule::Holds(formula) => {
                let formula = self.formula(formula, mistakes)?;
                let parameters = formula.slots.clone();
                Some((Question::Holds(formula), parameters))
            }
            definition::Rule::Has(values) => {
                let mut wanted = Vec::new();
                for (name, at, values) in values {
                    if !self.names.contains(&name.as_str()) {
                        let help = nearest(name, self.names.iter().copied())
                            .map(|near| format!("did you mean `{near}`?"));
                        mistakes.add(at, format!("`{name}` is no parameter here"), help);
                        return None;
                    }
                    let values = values.iter().map(expression::Value::of).collect();
                    wanted.push((self.place_of(name), values));
                }
                let parameters = wanted.iter().map(|(parameter, _)| *parameter).collect();
                Some((Question::Has(wanted), parameters))
            }
        }
    }

    fn formula(&self, formula: &definition::Formula, mistakes: &mut Mistakes) -> Option<Formula> {
        let expression: &Expression = &formula.expression;
        if let Err(error) = expression.check_names(self.names.iter().copied()) {
            mistakes.add(&formula.at, error.to_string(), None);
            return None;
        }
        let slots = expression.names().iter().map(|name| self.place_of(&name.text)).collect();
        let slots: Vec<usize> = slots;
        let asked: u64 = slots.iter().map(|slot| self.weights[*slot] / 64).sum();
        let work = 1 + expression.text().len() as u64 / 16 + asked;
        Some(Formula { expression: expression.clone(), slots, at: formula.at.clone(), work })
    }
}

/// Follows units that wait for each other until one comes again, and gives those from there on.
fn circle(waiting: &[usize], needs: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut way: Vec<usize> = Vec::new();
    let mut next = waiting.first().copied();
    while let Some(unit) = next {
        if let Some(start) = way.iter().position(|met| *met == unit) {
            return way.split_off(start);
        }
        way.push(unit);
        next = needs[unit].iter().copied().find(|need| waiting.contains(need));
    }
    way
}

/// Gives the expressions of a parameter.
fn formulas(defined: &Defined) -> impl Iterator<Item = &definition::Formula> {
    let computed = match &defined.values {
        Values::Computed(formula) => Some(formula),
        Values::Fixed(_) | Values::Listed(_) | Values::Spaced(_) | Values::Drawn(_) | Values::Column(_) => {
            None
        }
    };
    defined.when.iter().chain(computed)
}

/// How many draws in vain, for each point that is wanted, are too many.
const DRAWS_PER_POINT: u64 = 1000;

/// The most draws that a sampler tells apart.
const MOST_DRAWS: u64 = 1 << 32;

/// Spreads the draws of a sample over the dimensions that have something to draw.
fn drawing(
    sample: &definition::Sample,
    dimensions: &[Dimension],
    names: &[&str],
    mistakes: &mut Mistakes,
) -> Option<Sample> {
    let (draws, shortfall) = match sample.method {
        Method::LatinHypercube => (sample.count, Shortfall::Accept),
        Method::Random | Method::Sobol => {
            let draws = sample.count.saturating_mul(DRAWS_PER_POINT).min(MOST_DRAWS);
            (draws.max(sample.count), Shortfall::DrawOn)
        }
    };
    let mut drawn_names = Vec::new();
    let places = dimensions.iter().map(|dimension| {
        let first = dimension.parameters().next().filter(|_| dimension.is_drawn())?;
        drawn_names.push(names[first]);
        Some(drawn_names.len() - 1)
    });
    let places = places.collect();
    match Sampler::new(sample.method, draws, drawn_names, sample.seed) {
        Ok(sampler) => {
            Some(Sample { sampler, drawn: places, count: sample.count, shortfall, at: sample.at.clone() })
        }
        Err(error) => {
            mistakes.add(&sample.at, error.to_string(), None);
            None
        }
    }
}

/// Numbers the combinations: the last dimension varies fastest.
fn set_strides(block: &mut Block, mistakes: &mut Mistakes) {
    let mut stride = 1_u128;
    for dimension in block.dimensions.iter_mut().rev() {
        dimension.stride = stride;
        stride = stride.saturating_mul(dimension.length().max(1).into());
    }
    if stride == u128::MAX || (block.is_plain() && stride > u128::from(u64::MAX)) {
        too_many(&block.at, mistakes);
    }
}

fn too_many(at: &Spot, mistakes: &mut Mistakes) {
    mistakes.add(at, "there are more combinations than can be counted".to_owned(), None);
}
