//! From what a person defined to what can be walked: names become places, parameters become dimensions in an order in
//! which each stands behind what it depends on.

mod flat;
mod order;
mod sampling;
mod units;

use std::sync::Arc;

use super::block::{Block, Dimension, Formula, Guard, Member, MemberValues, Question, Rule, Source, Verdict};
use super::choice::Choice;
use super::definition::{self, DefinedChoice, Definition, Spot, Values};
use super::mistakes::Mistakes;
use crate::document::nearest;
use crate::expression::{self, Expression};

use flat::Flat;
use sampling::drawing;

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

struct Resolving<'a> {
    definition: &'a Definition,
    flat: &'a Flat<'a>,
    names: &'a [&'a str],
    /// For each name the weight of its heaviest value.
    weights: Vec<u64>,
}

impl Resolving<'_> {
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
