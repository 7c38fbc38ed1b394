//! `sinfo` and `sacctmgr`: what a first config for this site could say.

use std::time::Duration;

use super::associations;
use super::limits::PartitionRole;
use super::query::{FIELD, QueryError, output_of, present};
use crate::tool::{Invocation, Reply, Runner};

const PROGRAM: &str = "sinfo";

/// What is printed of a partition (`man sinfo`, --format).
const FIELDS: [&str; 5] = ["%P", "%a", "%l", "%G", "%m"];

/// What this site offers a user, as far as it answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Site {
    /// The partitions that are up, in the site's order.
    pub partitions: Vec<SitePartition>,
    /// The accounts that the user may charge, each once.
    pub accounts: Vec<String>,
}

/// One partition and what its nodes have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitePartition {
    /// Its name.
    pub name: String,
    /// Whether it is the default.
    pub role: PartitionRole,
    /// The highest time limit, as `--time` takes it; none for no limit.
    pub time_limit: Option<String>,
    /// The kinds of generic resources of its nodes (`gpu:p100:4`), each once.
    pub gres: Vec<String>,
    /// The memory of its smallest nodes, in MB.
    pub memory: Option<u64>,
}

/// Describes the question for partitions.
pub fn partitions_invocation(deadline: Duration) -> Invocation {
    let format = FIELDS.join(&FIELD.to_string());
    Invocation::query(PROGRAM, deadline).arg("--noheader").arg(format!("--format={format}"))
}

/// Reads the partitions: a row for each kind of node becomes one entry a partition.
pub fn read_partitions(reply: &Reply) -> Result<Vec<SitePartition>, QueryError> {
    let mut partitions: Vec<SitePartition> = Vec::new();
    for line in output_of(PROGRAM, reply)?.lines().filter(|line| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split(FIELD).collect();
        let [name, "up", time, gres, memory] = fields[..] else {
            if fields.len() == FIELDS.len() {
                continue;
            }
            return Err(QueryError::Unreadable { program: PROGRAM, row: line.to_owned() });
        };
        let found = read_kind_of_node(name, time, gres, memory);
        match partitions.iter_mut().find(|partition| partition.name == found.name) {
            Some(partition) => partition.add(found),
            None => partitions.push(found),
        }
    }
    Ok(partitions)
}

/// Asks what there is. Whatever does not answer is left out: this only serves an example.
pub fn query(runner: &dyn Runner, user: Option<&str>, deadline: Duration) -> Site {
    let partitions = runner.run(&partitions_invocation(deadline)).map_err(QueryError::from);
    let associations = user.map(|user| associations::query(runner, user, deadline));
    let mut accounts: Vec<String> = Vec::new();
    for association in associations.and_then(Result::ok).unwrap_or_default() {
        if !accounts.contains(&association.account) {
            accounts.push(association.account);
        }
    }
    Site { partitions: partitions.and_then(|reply| read_partitions(&reply)).unwrap_or_default(), accounts }
}

impl SitePartition {
    fn add(&mut self, other: Self) {
        self.memory = self.memory.min(other.memory);
        for gres in other.gres {
            if !self.gres.contains(&gres) {
                self.gres.push(gres);
            }
        }
    }
}

fn read_kind_of_node(name: &str, time: &str, gres: &str, memory: &str) -> SitePartition {
    let (name, role) = match name.strip_suffix('*') {
        Some(name) => (name, PartitionRole::Default),
        None => (name, PartitionRole::Named),
    };
    SitePartition {
        name: name.to_owned(),
        role,
        time_limit: present(time).filter(|limit| limit != "infinite"),
        gres: present(gres).map(|gres| each_gres(&gres)).unwrap_or_default(),
        memory: memory.trim_end_matches('+').parse().ok(),
    }
}

/// Splits `gpu:p100:4(S:0-1),tmp:1T` at its commas outside parentheses, and drops what is in them: the sockets.
fn each_gres(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    plain.split(',').filter(|gres| !gres.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::ToolError;
    use crate::tool::scripted::{ScriptedRunner, reply};

    const SOON: Duration = Duration::from_secs(1);

    fn printed(text: &str) -> Reply {
        reply(0, &text.replace("^_", "\x1f"), "")
    }

    #[test]
    fn kinds_of_nodes_are_joined_by_partition() {
        let text = "\
big-mem*^_up^_7-00:00:00^_(null)^_16000
big-mem*^_up^_7-00:00:00^_gpu:p100:4(S:0-1,3),tmp:1^_8000+
old^_down^_1:00^_(null)^_1000
long^_up^_infinite^_(null)^_1000
";
        let partitions = read_partitions(&printed(text)).unwrap();
        let shown: Vec<String> = partitions.iter().map(|partition| format!("{partition:?}")).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        SitePartition { name: "big-mem", role: Default, time_limit: Some("7-00:00:00"), gres: ["gpu:p100:4", "tmp:1"], memory: Some(8000) }
        SitePartition { name: "long", role: Named, time_limit: None, gres: [], memory: Some(1000) }
        "#);
        assert!(read_partitions(&printed("huh\n")).is_err());
    }

    #[test]
    fn what_answers_is_used() {
        let missing = ToolError::Missing { program: "sinfo".to_owned() };
        let runner =
            ScriptedRunner::new([Err(missing), Ok(reply(0, "c|a||||n|\nc|a|p|||n|\nc|b||||n|\n", ""))]);
        let site = query(&runner, Some("ada"), SOON);
        assert_eq!(site, Site { partitions: vec![], accounts: vec!["a".to_owned(), "b".to_owned()] });

        let runner = ScriptedRunner::new([Ok(printed("p^_up^_1:00^_(null)^_5\n"))]);
        assert_eq!(query(&runner, None, SOON).partitions.len(), 1);
    }
}
