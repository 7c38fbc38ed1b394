//! How many GPUs a job gets at most, by the many options that say so. Pure.

use crate::resources::{Resources, Setting};

/// Gives the most GPUs that a job with `resources` gets; `None` where they do not tell. `sbatch_variable` looks up what
/// the user's shell gives to sbatch where they say nothing.
///
/// Sources: `man sbatch`, OPTIONS and INPUT ENVIRONMENT VARIABLES.
pub fn most_gpus(resources: &Resources, sbatch_variable: impl Fn(&str) -> Option<String>) -> Option<u64> {
    let asked = Asked { resources, sbatch_variable };
    if asked.takes_whole_nodes() {
        return None;
    }
    if let Some(text) = asked.text("gpus", "SBATCH_GPUS") {
        return Some(listed(&text));
    }
    let on_a_node = [("gres", "SBATCH_GRES"), ("gpus-per-node", "SBATCH_GPUS_PER_NODE")];
    let in_a_task = [("gpus-per-task", "SBATCH_GPUS_PER_TASK"), ("tres-per-task", "SBATCH_TRES_PER_TASK")];
    let most = |options: [(&str, &str); 2]| -> u64 {
        let counts = options.into_iter().filter_map(|(name, variable)| {
            let text = asked.text(name, variable)?;
            Some(if matches!(name, "gres" | "tres-per-task") { of_gpus(&text) } else { listed(&text) })
        });
        counts.max().unwrap_or(0)
    };
    let of_sockets = asked.text("gpus-per-socket", "SBATCH_GPUS_PER_SOCKET").map_or(0, |text| listed(&text));
    let sockets = if of_sockets == 0 { 0 } else { asked.number("sockets-per-node")? };
    let each_node = most(on_a_node).max(of_sockets.checked_mul(sockets)?);
    let each_task = most(in_a_task);
    let on_nodes = if each_node == 0 { 0 } else { each_node.checked_mul(asked.nodes()?)? };
    let in_tasks = if each_task == 0 { 0 } else { each_task.checked_mul(asked.tasks()?)? };
    Some(on_nodes.max(in_tasks))
}

struct Asked<'a, V> {
    resources: &'a Resources,
    sbatch_variable: V,
}

impl<V: Fn(&str) -> Option<String>> Asked<'_, V> {
    fn text(&self, name: &str, variable: &str) -> Option<String> {
        self.resources.value(name).map(str::to_owned).or_else(|| (self.sbatch_variable)(variable))
    }

    /// Gives the number that an option is set to, if it is one.
    fn number(&self, name: &str) -> Option<u64> {
        self.resources.value(name)?.parse().ok()
    }

    fn is_set(&self, name: &str) -> bool {
        !matches!(self.resources.get(name), None | Some(Setting::Omitted))
    }

    /// Tells whether the job gets all GPUs of its nodes, however many those have.
    fn takes_whole_nodes(&self) -> bool {
        let shared = |how: &str| ["user", "mcs", "topo"].contains(&how);
        match self.resources.get("exclusive") {
            None | Some(Setting::Omitted) => {
                (self.sbatch_variable)("SBATCH_EXCLUSIVE").is_some_and(|how| !shared(&how))
            }
            Some(Setting::Flag) => true,
            Some(Setting::Value(_) | Setting::Repeated(_)) => {
                !self.resources.value("exclusive").is_some_and(shared)
            }
        }
    }

    /// Gives the most nodes: as many as there are tasks, where nothing limits them.
    fn nodes(&self) -> Option<u64> {
        if self.is_set("nodes") {
            return largest(self.resources.value("nodes")?);
        }
        if self.is_set("nodelist") || self.is_set("nodefile") {
            return None;
        }
        if !self.is_set("ntasks") {
            return Some(1);
        }
        let tasks = self.number("ntasks")?;
        Some(self.tasks_of_a_node().map_or(tasks, |each| tasks.div_ceil(each.max(1))))
    }

    fn tasks(&self) -> Option<u64> {
        if self.is_set("ntasks") {
            return self.number("ntasks");
        }
        let each = self.tasks_of_a_node().unwrap_or(1);
        self.nodes()?.checked_mul(each)
    }

    fn tasks_of_a_node(&self) -> Option<u64> {
        self.number("ntasks-per-node").or_else(|| self.number("tasks-per-node"))
    }
}

/// Reads `4`, `2-8`, `1,2,4`, `2k`: the most nodes that are taken.
fn largest(text: &str) -> Option<u64> {
    let counts = text.split(['-', ',', ':']).map(|count| {
        let (digits, thousands) = match count.trim_end_matches(['k', 'K']) {
            digits if digits.len() < count.len() => (digits, 1024),
            digits => (digits, 1),
        };
        digits.parse::<u64>().ok()?.checked_mul(thousands)
    });
    counts.collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// Reads a list without the name of what is counted: `2`, `p100`, `p100:2,v100:1`.
fn listed(text: &str) -> u64 {
    text.split(',').map(|item| count(item.trim().split([':', '='])).unwrap_or(0)).sum()
}

/// Reads the GPUs of a list of several kinds of things: `gpu`, `gpu:2`, `gpu:p100:2`, `gres/gpu=2`, `craynetwork:1`.
fn of_gpus(text: &str) -> u64 {
    let counts = text.split(',').map(|item| {
        let item = item.trim().split('(').next().unwrap_or_default();
        let item = item.strip_prefix("gres").and_then(|rest| rest.strip_prefix(['/', ':'])).unwrap_or(item);
        let mut words = item.split([':', '=']);
        if words.next() == Some("gpu") { count(words).unwrap_or(1) } else { 0 }
    });
    counts.sum()
}

/// Gives the count that ends an item; 1 where there is only a kind, and nothing where there is nothing.
fn count<'a>(words: impl Iterator<Item = &'a str>) -> Option<u64> {
    words.last().filter(|word| !word.is_empty()).map(|word| word.parse().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::Resource;

    fn asked(options: &str) -> Option<u64> {
        let option = |word: &str| match word.split_once('=') {
            Some((name, value)) => Resource::new(name, Setting::Value(value.to_owned())).unwrap(),
            None => Resource::new(word, Setting::Flag).unwrap(),
        };
        most_gpus(&options.split_whitespace().map(option).collect(), |_| None)
    }

    #[test]
    fn every_way_to_ask_for_gpus_is_counted() {
        for (options, gpus) in [
            ("", 0),
            ("mem=8000", 0),
            ("gres=gpu:p100:1", 1),
            ("gres=gpu", 1),
            ("gres=gpu:2", 2),
            ("gres=gpu:p100", 1),
            ("gres=gres:gpu:2", 2),
            ("gres=gres/gpu:2", 2),
            ("gres=gpu:1g.5gb:2", 2),
            ("gres=gpu:p100:2(S:0-1)", 2),
            ("gres=gpu:p100:2,gpu:v100:1,craynetwork:4", 3),
            ("gres=craynetwork:4", 0),
            ("gres=none", 0),
            ("gres=gpu:2 nodes=3", 6),
            ("gpus=4", 4),
            ("gpus=p100:2,v100:1", 3),
            ("gpus=p100", 1),
            ("gpus=4 nodes=2", 4),
            ("gpus-per-node=2 nodes=4", 8),
            ("gpus-per-node=a100:2", 2),
            ("gpus-per-task=1 ntasks=8", 8),
            ("gpus-per-task=a100:2 nodes=2 ntasks-per-node=4", 16),
            ("gpus-per-task=1", 1),
            ("tres-per-task=cpu:2,gres/gpu:1 ntasks=3", 3),
            ("tres-per-task=cpu=2,gres/gpu=2", 2),
            ("gpus-per-socket=2 sockets-per-node=2 nodes=2", 8),
        ] {
            assert_eq!(asked(options), Some(gpus), "{options}");
        }
    }

    #[test]
    fn of_what_may_be_less_the_most_is_taken() {
        for (options, gpus) in [
            ("gres=gpu:1 nodes=2-8", 8),
            ("gres=gpu:1 nodes=1,4,2", 4),
            ("gres=gpu:1 nodes=1k", 1024),
            ("gres=gpu:1 ntasks=4", 4),
            ("gres=gpu:2 ntasks=5 ntasks-per-node=2", 6),
            ("gres=gpu:1 gpus-per-node=4", 4),
        ] {
            assert_eq!(asked(options), Some(gpus), "{options}");
        }
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        for options in [
            "exclusive",
            "exclusive gres=gpu:1",
            "gres=gpu:1 nodelist=n[1-4]",
            "gres=gpu:1 nodes=many",
            "gpus-per-socket=2",
            "gpus-per-task=18446744073709551615 ntasks=2",
        ] {
            assert_eq!(asked(options), None, "{options}");
        }
        assert_eq!(asked("exclusive=user gres=gpu:1"), Some(1));
        assert_eq!(asked("nodelist=n[1-4]"), Some(0));
    }

    #[test]
    fn what_the_shell_gives_to_sbatch_counts_where_the_device_says_nothing() {
        let variable = |name: &str| (name == "SBATCH_GRES").then(|| "gpu:2".to_owned());
        assert_eq!(most_gpus(&Resources::default(), variable), Some(2));
        let own = [Resource::new("gres", Setting::Value("gpu:1".to_owned())).unwrap()];
        assert_eq!(most_gpus(&own.into_iter().collect(), variable), Some(1));
    }
}
