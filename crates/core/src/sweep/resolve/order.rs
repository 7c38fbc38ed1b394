//! The order of dimensions: that of the file, but each behind those that it depends on.

use std::collections::BTreeSet;

use super::Resolving;
use crate::sweep::definition::{self, Defined, Values};
use crate::sweep::mistakes::Mistakes;

impl Resolving<'_> {
    /// Puts the units into the order of the file, but each behind those that it depends on.
    pub(super) fn order(&self, units: &[Vec<usize>], mistakes: &mut Mistakes) -> Vec<usize> {
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
