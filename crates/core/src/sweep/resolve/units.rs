//! What varies together: groups, and the columns of rows.

use super::flat::{Flat, FlatParameter};
use crate::counted;
use crate::document::nearest;
use crate::sweep::definition::{Group, Values};
use crate::sweep::mistakes::Mistakes;

impl Flat<'_> {
    /// Puts together what varies together, groups and the columns of rows: each unit becomes a dimension.
    pub(super) fn units(&self, groups: &[Group], mistakes: &mut Mistakes) -> Vec<Vec<usize>> {
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
