//! Values that are drawn: from a distribution, or from some values, each with its weight.

use std::ops::Range;

use super::{Beside, list_of_numbers};
use crate::counted;
use crate::document::{Entry, Node, Value};
use crate::sweep::definition::{DefinedChoice, Draw, Values};
use crate::sweep::numbers::{Decimal, Distribution, DistributionError, Pick, Stream};
use crate::sweep::read::Reader;
use crate::sweep::style::Style;

impl Reader<'_> {
    /// Reads a draw from some values, each with its weight.
    pub(super) fn weighted(
        &mut self,
        name: &str,
        kind: Entry,
        beside: &Beside,
        style: &Style,
    ) -> Option<Values> {
        let at = kind.value.at.clone();
        let Value::List(items) = kind.value.value else {
            self.problem(&at, format!("`choice` takes a list of values, not {}", kind.value.value.kind()));
            return None;
        };
        let choices = self.choices(items, style);
        if choices.iter().any(|choice| !choice.with.is_empty()) {
            self.problem(&at, "a value that is drawn brings nothing along")
                .help("put it into a list, with `$sample` beside");
        }
        let (pick, pick_at) = match &beside.weights {
            None => (Pick::even(choices.len()), at.clone()),
            Some(node) => {
                (Pick::weighted(choices.len(), &self.weights(node, choices.len())?), node.at.clone())
            }
        };
        match pick {
            Ok(pick) => self.drawn(name, Draw::Choice(pick, choices), beside, &at),
            Err(error) => self.refused(&pick_at, &error),
        }
    }

    /// Reads the weights of so many values.
    fn weights(&mut self, node: &Node, values: usize) -> Option<Vec<Decimal>> {
        let list = list_of_numbers(node);
        let weights = list.and_then(|list| list.iter().map(|text| Decimal::parse(text).ok()).collect());
        if weights.is_none() {
            let wanted = counted(values as u64, "number");
            self.problem(&node.at, format!("`weights` is a list of {wanted}, one for each value"));
        }
        weights
    }

    /// Makes a list of draws where their number is said, else leaves them to the sample.
    pub(super) fn drawn(
        &mut self,
        name: &str,
        draw: Draw<DefinedChoice>,
        beside: &Beside,
        at: &Range<usize>,
    ) -> Option<Values> {
        let Some(count) = beside.n else { return Some(Values::Drawn(draw)) };
        let longest = match &draw {
            Draw::Number(..) => 0,
            Draw::Choice(_, choices) => choices.iter().map(|choice| choice.value.weight()).max().unwrap_or(0),
        };
        if !self.has_room(at, count, longest) {
            return None;
        }
        let stream = Stream::new(beside.seed, name);
        let units = (0..count).map(|number| stream.unit(number));
        Some(Values::Listed(match draw {
            Draw::Number(distribution, digits) => {
                let text = |unit| Value::Number(distribution.text(unit, digits).into());
                units.map(|unit| DefinedChoice::plain(text(unit))).collect()
            }
            Draw::Choice(pick, choices) => {
                units.filter_map(|unit| choices.get(pick.place(unit)).cloned()).collect()
            }
        }))
    }
}

pub(super) fn distribution(
    kind: &str,
    one: Decimal,
    other: Decimal,
) -> Result<Distribution, DistributionError> {
    match kind {
        "uniform" => Distribution::uniform(one, other),
        "loguniform" => Distribution::log_uniform(one, other),
        "normal" => Distribution::normal(one, other),
        "lognormal" => Distribution::log_normal(one, other),
        "logint" => Distribution::log_int(one, other),
        _ => Distribution::int(one, other),
    }
}

pub(super) fn distribution_form(kind: &str) -> &'static str {
    match kind {
        "normal" | "lognormal" => "[mean, standard deviation]",
        _ => "[lowest, highest]",
    }
}
