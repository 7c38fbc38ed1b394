//! The configuration that the help of a hydra program shows: what `name=value` can override.

use std::collections::BTreeSet;

use crate::document::{Source, Value, yaml};

const GROUPS: &str = "== Configuration groups ==";
const CONFIG: &str = "== Config ==";
const END: &str = "Powered by Hydra";

/// Gives all keys of the configuration, those in others as `optim.lr`, and the groups; `None` where there is none to read.
pub(super) fn keys(text: &str) -> Option<BTreeSet<String>> {
    let (before, config) = text.split_once(CONFIG)?;
    let config = config.rsplit_once(END).map_or(config, |(config, _)| config);
    // Behind the title a line says what it is.
    let config = config.trim_start().split_once('\n').map_or("", |(_, yaml)| yaml);
    let source = Source { name: "config.yaml".to_owned(), text: config.to_owned() };
    let mut problems = Vec::new();
    let node = yaml::parse(&source, &mut problems);
    let mut keys = groups(before);
    match node {
        Some(node) if problems.is_empty() => add(&node.value, "", &mut keys),
        Some(_) | None => return None,
    }
    Some(keys)
}

fn groups(before: &str) -> BTreeSet<String> {
    let lines = before.split_once(GROUPS).map_or("", |(_, groups)| groups).lines();
    let names = lines.filter_map(|line| Some(line.split_once(": ")?.0));
    names.filter(|name| !name.contains(char::is_whitespace)).map(str::to_owned).collect()
}

fn add(value: &Value, parents: &str, keys: &mut BTreeSet<String>) {
    let mut below = |name: &str, value: &Value| {
        let key = if parents.is_empty() { name.to_owned() } else { format!("{parents}.{name}") };
        add(value, &key, keys);
        keys.insert(key);
    };
    match value {
        Value::Table(entries) => entries.iter().for_each(|entry| below(&entry.key, &entry.value.value)),
        Value::List(items) => {
            items.iter().enumerate().for_each(|(place, item)| below(&place.to_string(), &item.value));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "app is powered by Hydra.\n\n== Configuration groups ==\n\
        Compose your configuration from those groups (group=option)\n\ndb: mysql, sqlite\noptim/schedule: step\n\n\n\
        == Config ==\nOverride anything in the config (foo.bar=value)\n\n\
        db:\n  host: localhost\nlr: 0.1\noptim:\n  betas:\n  - 0.9\n  - 0.99\n  deep: {er: 1}\nmodel: ???\n\
        text: 'a: b\n\n  c'\n\n\nPowered by Hydra (https://hydra.cc)\nUse --hydra-help to view Hydra specific help\n";

    #[test]
    fn keys_of_all_depths_and_groups_are_found() {
        let keys: Vec<_> = keys(HELP).unwrap().into_iter().collect();
        insta::assert_snapshot!(keys.join(" "), @"db db.host lr model optim optim.betas optim.betas.0 optim.betas.1 optim.deep optim.deep.er optim/schedule text");
    }

    #[test]
    fn another_text_has_none() {
        assert_eq!(keys("usage: x [--lr LR]"), None);
        assert_eq!(keys("== Config ==\nOverride\n\n: : [\n"), None);
    }
}
