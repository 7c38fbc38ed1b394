//! What was typed, put over what files define: it holds for every point, whatever object or extra point it is from.

use super::definition::{Defined, DefinedChoice, Definition, Group, Rule, Sample, Values};
use super::identity::write_canonical;

/// What is different in every object.
pub(super) struct Changes {
    /// Columns of rows, which stand before all other parameters.
    pub(super) columns: Vec<Defined>,
    pub(super) set: Vec<Defined>,
    pub(super) sample: Option<Sample>,
}

/// Changes an object and its extra points.
pub(super) fn apply(changes: &Changes, definition: &mut Definition) {
    let before: Vec<String> = definition.names().into_iter().map(str::to_owned).collect();
    for column in changes.columns.iter().rev() {
        remove(&column.name, &mut definition.parameters);
        definition.parameters.insert(0, column.clone());
    }
    for set in &changes.set {
        if !replace(set, &mut definition.parameters) {
            definition.parameters.push(set.clone());
        }
    }
    let left = definition.names();
    definition.absent = before.into_iter().filter(|name| !left.contains(&name.as_str())).collect();
    if let Some(sample) = &changes.sample {
        definition.sample = Some(sample.clone());
    }
    let without_sample = Changes { columns: changes.columns.clone(), set: changes.set.clone(), sample: None };
    definition.include.iter_mut().for_each(|extra| apply(&without_sample, extra));
}

fn remove(name: &str, parameters: &mut Vec<Defined>) {
    parameters.retain(|defined| defined.name != name);
    for choice in parameters.iter_mut().flat_map(|defined| defined.values.choices_mut()) {
        remove(name, &mut choice.with);
    }
}

/// Gives a parameter other values wherever it is defined, and tells whether it is anywhere. The condition under which
/// a file has it stays, unless another one was typed.
fn replace(set: &Defined, parameters: &mut [Defined]) -> bool {
    let mut found = false;
    for defined in parameters {
        if defined.name == set.name {
            let earlier = std::mem::replace(&mut defined.values, set.values.clone());
            take_over(&earlier, &mut defined.values);
            defined.at = set.at.clone();
            defined.when = set.when.clone().or(defined.when.take());
            found = true;
        } else {
            for choice in defined.values.choices_mut() {
                found |= replace(set, &mut choice.with);
            }
        }
    }
    found
}

/// Leaves a value that the file has too its label, and what it brings along.
fn take_over(earlier: &Values, values: &mut Values) {
    let canonical = |choice: &DefinedChoice| {
        let mut text = String::new();
        write_canonical(&choice.value, &mut text);
        text
    };
    let known: Vec<_> =
        earlier.choices().iter().filter(|it| it.label.is_some() || !it.with.is_empty()).collect();
    for choice in values.choices_mut().iter_mut().filter(|it| it.label.is_none() && it.with.is_empty()) {
        let value = canonical(choice);
        if let Some(same) = known.iter().find(|it| canonical(it) == value) {
            choice.label.clone_from(&same.label);
            choice.with.clone_from(&same.with);
        }
    }
}

/// Lets parameters vary together in every object that has them.
pub(super) fn zip(group: &Group, definitions: &mut [Definition]) {
    let names: Vec<_> = group.names.iter().map(|(name, _)| name.as_str()).collect();
    wherever(&names, definitions, |definition| definition.zip.push(group.clone()));
}

/// Leaves points out of every object that has the parameters.
pub(super) fn exclude(rule: &Rule, definitions: &mut [Definition]) {
    wherever(&rule.names(), definitions, |definition| definition.exclude.push(rule.clone()));
}

/// Keeps some points only of every object that has the parameters.
pub(super) fn keep(rule: &Rule, definitions: &mut [Definition]) {
    wherever(&rule.names(), definitions, |definition| definition.keep.push(rule.clone()));
}

/// Changes what has all of some parameters. Where nothing has, the first object is changed, so that it is found wrong
/// there.
fn wherever(names: &[&str], definitions: &mut [Definition], change: impl Fn(&mut Definition)) {
    let with_extra = |definition: &Definition| {
        std::iter::once(definition).chain(&definition.include).any(|it| has_all(names, it))
    };
    if !definitions.iter().any(with_extra) {
        definitions.first_mut().into_iter().for_each(change);
        return;
    }
    for definition in definitions {
        definition.include.iter_mut().filter(|it| has_all(names, it)).for_each(&change);
        if has_all(names, definition) {
            change(definition);
        }
    }
}

fn has_all(wanted: &[&str], definition: &Definition) -> bool {
    let known = definition.names();
    wanted.iter().all(|name| known.contains(name) || definition.absent.iter().any(|absent| absent == name))
}
