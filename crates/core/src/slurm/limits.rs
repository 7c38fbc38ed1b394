//! `scontrol`: what this cluster is, and the limits that hold for everybody.

use std::collections::HashMap;
use std::time::Duration;

use super::query::{QueryError, output_of, present};
use crate::tool::{Invocation, Reply, Runner};

const PROGRAM: &str = "scontrol";

/// The parts of `scontrol show config` that decide how to submit and to ask. What a version does not print is
/// unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterConfig {
    /// The cluster's name.
    pub cluster_name: String,
    /// The version of Slurm.
    pub version: Option<String>,
    /// One more than the highest index that an array may have, however few indices it has.
    pub max_array_size: Option<u32>,
    /// How many jobs and tasks the controller holds, for all users, finished ones too until `MinJobAge`.
    pub max_job_count: Option<u32>,
    /// How long a command waits for the controller.
    pub message_timeout: Option<Duration>,
    /// How long the controller remembers a finished job.
    pub min_job_age: Option<Duration>,
    /// Whether there is something for `sacct` to ask.
    pub accounting: Accounting,
    /// Which rules accounting enforces: `associations`, `limits`, `qos`, ….
    pub enforced: Vec<String>,
}

/// Jobs are on another cluster than the one that answers: nothing of them can be looked for here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its jobs are on the cluster `{theirs}`, and the commands of Slurm here ask `{here}`")]
pub struct OtherCluster {
    theirs: String,
    here: String,
}

impl OtherCluster {
    /// Fails where the cluster that has taken jobs is known not to be the one that answers.
    pub fn check(theirs: Option<&str>, here: Option<&str>) -> Result<(), Self> {
        match (theirs, here) {
            (Some(theirs), Some(here)) if theirs != here => {
                Err(Self { theirs: theirs.to_owned(), here: here.to_owned() })
            }
            (Some(_) | None, _) => Ok(()),
        }
    }
}

/// Whether the cluster keeps accounting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounting {
    /// It does, in a database.
    Kept,
    /// It does not.
    Absent,
}

/// Whether jobs that name no partition go there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionRole {
    /// They do.
    Default,
    /// A job has to name it.
    Named,
}

/// One partition of `scontrol show partition`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Whether it is the default.
    pub role: PartitionRole,
    /// The highest time limit, as Slurm writes it (`7-00:00:00`, `UNLIMITED`).
    pub max_time: Option<String>,
    /// The time limit of a job that names none, as Slurm writes it.
    pub default_time: Option<String>,
    /// `UP`, `DOWN`, `DRAIN` or `INACTIVE`.
    pub state: String,
    /// Its nodes, in Slurm's notation.
    pub nodes: Option<String>,
    /// The quality of service whose limits hold for all its jobs.
    pub qos: Option<String>,
}

/// Describes the question for the configuration.
pub fn config_invocation(deadline: Duration) -> Invocation {
    Invocation::query(PROGRAM, deadline).args(["show", "config"])
}

/// Describes the question for the partitions that this user may see.
pub fn partitions_invocation(deadline: Duration) -> Invocation {
    Invocation::query(PROGRAM, deadline).args(["--oneliner", "show", "partition"])
}

/// Reads the configuration.
pub fn read_config(reply: &Reply) -> Result<ClusterConfig, QueryError> {
    let output = output_of(PROGRAM, reply)?;
    let settings: HashMap<&str, &str> = output
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim()))
        .collect();
    let text = |key: &str| settings.get(key).and_then(|value| present(value));
    let first_word =
        |key: &str| text(key).and_then(|value| value.split_whitespace().next().map(str::to_owned));
    let number = |key: &str| first_word(key).and_then(|word| word.parse().ok());
    let seconds = |key: &str| first_word(key).and_then(|word| word.parse().ok()).map(Duration::from_secs);
    let Some(cluster_name) = text("ClusterName") else {
        return Err(unreadable(output));
    };
    Ok(ClusterConfig {
        cluster_name,
        version: text("SLURM_VERSION"),
        max_array_size: number("MaxArraySize"),
        max_job_count: number("MaxJobCount"),
        message_timeout: seconds("MessageTimeout"),
        min_job_age: seconds("MinJobAge"),
        accounting: accounting_of(text("AccountingStorageType").as_deref()),
        enforced: enforced_by(text("AccountingStorageEnforce").as_deref()),
    })
}

/// Reads the partitions, in the cluster's order.
pub fn read_partitions(reply: &Reply) -> Result<Vec<Partition>, QueryError> {
    let output = output_of(PROGRAM, reply)?;
    if output.trim_start().starts_with("No partitions") {
        return Ok(Vec::new());
    }
    let lines = output.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| read_partition(line).ok_or_else(|| unreadable(line))).collect()
}

/// Asks for the configuration.
pub fn config(runner: &dyn Runner, deadline: Duration) -> Result<ClusterConfig, QueryError> {
    read_config(&runner.run(&config_invocation(deadline))?)
}

/// Asks for the partitions.
pub fn partitions(runner: &dyn Runner, deadline: Duration) -> Result<Vec<Partition>, QueryError> {
    read_partitions(&runner.run(&partitions_invocation(deadline))?)
}

fn accounting_of(storage: Option<&str>) -> Accounting {
    match storage {
        None | Some("none" | "accounting_storage/none") => Accounting::Absent,
        Some(_) => Accounting::Kept,
    }
}

fn enforced_by(flags: Option<&str>) -> Vec<String> {
    let flags = flags.unwrap_or_default().split(',');
    flags.filter(|flag| !flag.is_empty() && *flag != "none").map(str::to_owned).collect()
}

fn read_partition(line: &str) -> Option<Partition> {
    let facts: HashMap<&str, &str> =
        line.split_whitespace().filter_map(|fact| fact.split_once('=')).collect();
    let text = |key: &str| facts.get(key).and_then(|value| present(value));
    let role =
        if facts.get("Default") == Some(&"YES") { PartitionRole::Default } else { PartitionRole::Named };
    Some(Partition {
        name: text("PartitionName")?,
        role,
        max_time: text("MaxTime"),
        default_time: text("DefaultTime").filter(|time| time != "NONE"),
        state: text("State")?,
        nodes: text("Nodes"),
        qos: text("QoS"),
    })
}

fn unreadable(row: &str) -> QueryError {
    QueryError::Unreadable { program: PROGRAM, row: row.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::reply;

    /// Lines of Slurm 22.05.8.
    const CONFIG: &str = "\
Configuration data as of 1795382171
AccountingStorageEnforce = associations,limits,qos
AccountingStorageType   = accounting_storage/slurmdbd
ClusterName             = neu23680
MaxArraySize            = 10001
MaxJobCount             = 20000
MessageTimeout          = 10 sec
MinJobAge               = 300 sec
SlurmctldHost[0]        = vm(127.0.0.1)
SLURM_VERSION           = 22.05.8

Slurmctld(primary) at vm is UP
";

    #[test]
    fn the_configuration_is_read() {
        let config = read_config(&reply(0, CONFIG, "")).unwrap();
        assert_eq!(
            config,
            ClusterConfig {
                cluster_name: "neu23680".to_owned(),
                version: Some("22.05.8".to_owned()),
                max_array_size: Some(10001),
                max_job_count: Some(20000),
                message_timeout: Some(Duration::from_secs(10)),
                min_job_age: Some(Duration::from_mins(5)),
                accounting: Accounting::Kept,
                enforced: ["associations", "limits", "qos"].map(str::to_owned).to_vec(),
            }
        );
    }

    #[test]
    fn accounting_can_be_absent_in_several_words() {
        for word in ["accounting_storage/none", "(null)", "none"] {
            let text = CONFIG
                .replace("accounting_storage/slurmdbd", word)
                .replace("associations,limits,qos", "none");
            let config = read_config(&reply(0, &text, "")).unwrap();
            assert_eq!((config.accounting, config.enforced.len()), (Accounting::Absent, 0), "{word}");
        }
    }

    #[test]
    fn a_frozen_controller_is_no_configuration() {
        let frozen = reply(1, "", "slurm_load_ctl_conf error: Socket timed out on send/recv operation\n");
        assert!(matches!(read_config(&frozen), Err(QueryError::Failed { .. })));
        assert!(matches!(read_config(&reply(0, "what?\n", "")), Err(QueryError::Unreadable { .. })));
        // Half of it would part a launch into arrays of 10 tasks.
        let half = CONFIG.split_once("001\n").unwrap().0;
        assert!(matches!(read_config(&reply(0, half, "")), Err(QueryError::CutOff { .. })));
    }

    #[test]
    fn partitions_are_read() {
        let text = "\
PartitionName=big-mem AllowGroups=ALL AllowQos=ALL AllocNodes=ALL Default=YES QoS=N/A DefaultTime=NONE Hidden=NO MaxTime=7-00:00:00 Nodes=n[1-4] State=UP TRES=cpu=32,mem=62.50G JobDefaults=(null)
PartitionName=short AllowGroups=ALL AllowQos=ALL AllocNodes=ALL Default=NO QoS=small DefaultTime=00:01:00 Hidden=NO MaxTime=00:10:00 Nodes=(null) State=DOWN TRES=(null)
";
        let partitions = read_partitions(&reply(0, text, "")).unwrap();
        let shown: Vec<String> = partitions.iter().map(|partition| format!("{partition:?}")).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        Partition { name: "big-mem", role: Default, max_time: Some("7-00:00:00"), default_time: None, state: "UP", nodes: Some("n[1-4]"), qos: None }
        Partition { name: "short", role: Named, max_time: Some("00:10:00"), default_time: Some("00:01:00"), state: "DOWN", nodes: None, qos: Some("small") }
        "#);
        assert_eq!(read_partitions(&reply(0, "No partitions in the system\n", "")).unwrap(), []);
    }
}
