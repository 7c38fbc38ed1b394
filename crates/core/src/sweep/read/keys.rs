//! The `$`-keys: what is said of the set of points.

use super::super::definition::{Defined, Definition, Group, Limit, Order, Rule, Sample, Values};
use super::super::numbers::Method;
use super::{Reader, Within, is_table};
use crate::document::{Entry, Node, Value, nearest};

const KEYS: [&str; 8] = ["$zip", "$exclude", "$where", "$include", "$sample", "$order", "$limit", "$style"];

impl Reader<'_> {
    /// Reads one `$`-key; `$style` and `$include` are read with the whole object.
    pub(super) fn key(&mut self, entry: Entry, definition: &mut Definition) {
        if self.within != Within::File {
            let message =
                format!("`{}` says something of all points, and stands in the outermost object", entry.key);
            self.problem(&entry.key_at, message);
            return;
        }
        match entry.key.as_str() {
            "$zip" => self.zip(&entry.value, definition),
            "$exclude" => definition.exclude = self.rules(entry.value),
            "$where" => definition.keep = self.rules(entry.value),
            "$sample" => definition.sample = self.sample(entry.value),
            "$order" => definition.order = self.order(entry.value),
            "$limit" => definition.limit = self.limit(&entry.value),
            "$style" => {}
            _ => self.unknown_key(&entry, &KEYS),
        }
    }

    /// Reads groups of names: `["lr", "batch"]`, or a list of such.
    pub(super) fn zip(&mut self, node: &Node, definition: &mut Definition) {
        let is_list = |node: &Node| matches!(node.value, Value::List(_));
        let groups: Vec<&Node> = match &node.value {
            Value::List(items) if items.iter().any(is_list) => items.iter().collect(),
            _ => vec![node],
        };
        for group in groups {
            let names: Option<Vec<_>> = match &group.value {
                Value::List(items) => items
                    .iter()
                    .map(|item| match &item.value {
                        Value::Text(name) => Some((name.clone(), self.spot(&item.at))),
                        Value::Null
                        | Value::Bool(_)
                        | Value::Number(_)
                        | Value::List(_)
                        | Value::Table(_) => None,
                    })
                    .collect(),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Table(_) => None,
            };
            match names {
                Some(names) if names.len() > 1 => {
                    definition.zip.push(Group { names });
                }
                Some(_) => self.problem(&group.at, "one parameter alone varies with nothing").help(ZIP),
                None => self.problem(&group.at, "a group is a list of names of parameters").help(ZIP),
            }
        }
    }

    /// Reads expressions and partial points, one or a list of them.
    pub(super) fn rules(&mut self, node: Node) -> Vec<Rule> {
        let nodes = match node.value {
            Value::List(items) => items,
            _ => vec![node],
        };
        nodes.into_iter().filter_map(|node| self.rule(node)).collect()
    }

    fn rule(&mut self, node: Node) -> Option<Rule> {
        let Value::Table(entries) = node.value else { return self.formula(&node).map(Rule::Holds) };
        if entries.is_empty() {
            self.problem(&node.at, "an empty point is a part of every point");
            return None;
        }
        let wanted = entries.into_iter().map(|entry| {
            let at = self.spot(&entry.key_at);
            let values = match entry.value.value {
                Value::List(items) => items.into_iter().map(|item| item.value).collect(),
                one => vec![one],
            };
            (entry.key, at, values)
        });
        Some(Rule::Has(wanted.collect()))
    }

    /// Reads extra points. What is fixed or computed in the object is so in them too.
    pub(super) fn include(&mut self, entry: Entry, definition: &mut Definition) {
        if self.within != Within::File {
            self.problem(&entry.key_at, "`$include` stands in the outermost object");
            return;
        }
        let at = entry.value.at.clone();
        let nodes = match entry.value.value {
            Value::List(items) => items,
            Value::Table(_) => vec![entry.value],
            _ => Vec::new(),
        };
        if nodes.is_empty() || !nodes.iter().all(is_table) {
            let problem = self.problem(&at, "`$include` is a list of objects, each an extra point");
            problem.help(r#"write `"$include": [{"lr": 1.0, "layers": 2}]`"#);
            return;
        }
        for node in nodes {
            let Value::Table(entries) = node.value else { continue };
            let mut extra = Definition::empty(self.spot(&node.at), definition.style.clone());
            self.within = Within::Include;
            for entry in entries {
                if entry.key.starts_with('$') {
                    self.key(entry, &mut extra);
                } else {
                    extra.parameters.extend(self.parameter(entry, &extra.style));
                }
            }
            self.within = Within::File;
            self.warn_of_slips(definition, &extra);
            inherit(definition, &mut extra);
            if !self.has_room(&node.at, 1, extra.parameters.iter().map(weight).sum()) {
                return;
            }
            definition.include.push(extra);
        }
    }

    /// Warns of a parameter that an extra point alone has, and that is written nearly as one that it lacks.
    fn warn_of_slips(&mut self, definition: &Definition, extra: &Definition) {
        let (known, own) = (definition.names(), extra.names());
        let lacking = known.iter().copied().filter(|name| !own.contains(name));
        for defined in extra.parameters.iter().filter(|defined| !known.contains(&defined.name.as_str())) {
            if let Some(near) = nearest(&defined.name, lacking.clone()) {
                let message = format!("only this point has `{}`", defined.name);
                self.mistakes.warn(&defined.at, message, Some(format!("did you mean `{near}`?")));
            }
        }
    }

    pub(super) fn sample(&mut self, node: Node) -> Option<Sample> {
        let at = self.spot(&node.at);
        let Value::Table(entries) = node.value else {
            self.problem(&node.at, format!("`$sample` is an object, not {}", node.value.kind())).help(SAMPLE);
            return None;
        };
        let (mut kind, mut count, mut seed) = (None, None, 0);
        for entry in entries {
            match entry.key.as_str() {
                "seed" => seed = self.whole(&entry.value, "`seed`").unwrap_or_default(),
                "random" | "sobol" | "latin-hypercube" if kind.is_none() => {
                    count = self.how_many(&entry.value, "points");
                    kind = Some(entry);
                }
                "random" | "sobol" | "latin-hypercube" => {
                    self.problem(&entry.key_at, "there is one way to sample already").help(SAMPLE);
                }
                _ => {
                    self.unknown_key(&entry, &["random", "sobol", "latin-hypercube", "seed"]);
                    return None;
                }
            }
        }
        let Some(kind) = kind else {
            self.problem(&node.at, "it is not said how to sample").help(SAMPLE);
            return None;
        };
        let count = count?;
        let method = match kind.key.as_str() {
            "sobol" => Method::Sobol,
            "latin-hypercube" => Method::LatinHypercube,
            _ => Method::Random,
        };
        Some(Sample { method, count, seed, at })
    }

    fn limit(&mut self, node: &Node) -> Option<Limit> {
        let most = self.whole(node, "`$limit`")?;
        Some(Limit { most, at: self.spot(&node.at) })
    }

    fn order(&mut self, node: Node) -> Option<Order> {
        let help = r#"write `"$order": "interleave"`, `"shuffle"`, or `{"shuffle": {"seed": 1}}`"#;
        match node.value {
            Value::Text(word) if word == "interleave" => return Some(Order::Interleave),
            Value::Text(word) if word == "shuffle" => return Some(Order::Shuffle { seed: 0 }),
            Value::Table(entries) => {
                if let [Entry { key, value: Node { value: Value::Table(seeds), .. }, .. }] =
                    entries.as_slice()
                    && let ("shuffle", [seed]) = (key.as_str(), seeds.as_slice())
                    && seed.key == "seed"
                {
                    return self.whole(&seed.value, "`seed`").map(|seed| Order::Shuffle { seed });
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {}
        }
        self.problem(&node.at, "there is no such order").help(help);
        None
    }
}

/// Gives an extra point what the object fixes or computes, unless it says it itself.
fn inherit(definition: &Definition, extra: &mut Definition) {
    let own: Vec<_> = std::mem::take(&mut extra.parameters);
    let lasting = definition.parameters.iter().filter(|defined| match defined.values {
        Values::Fixed(_) | Values::Computed(_) => true,
        Values::Listed(_) | Values::Spaced(_) | Values::Drawn(_) | Values::Column(_) => {
            own.iter().any(|it| it.name == defined.name)
        }
    });
    let mut left = own.clone();
    for defined in lasting {
        match left.iter().position(|it| it.name == defined.name) {
            Some(place) => extra.parameters.push(left.remove(place)),
            None => extra.parameters.push(defined.clone()),
        }
    }
    extra.parameters.append(&mut left);
}

/// Counts about what a parameter takes in memory.
fn weight(defined: &Defined) -> usize {
    defined.name.len()
        + match &defined.values {
            Values::Fixed(choice) => choice.value.weight(),
            Values::Listed(choices) => choices.iter().map(|choice| choice.value.weight()).sum(),
            Values::Computed(formula) => formula.expression.text().len(),
            Values::Spaced(_) | Values::Drawn(_) | Values::Column(_) => 1,
        }
}

const ZIP: &str = r#"write `"$zip": ["lr", "batch"]` or `--zip lr,batch`; several groups are `[["lr", "batch"], ["width", "depth"]]`"#;
const SAMPLE: &str = r#"write `"$sample": {"random": 50, "seed": 1}` or `--sample random:50,seed=1`; there are `random`, `sobol` and `latin-hypercube`"#;
