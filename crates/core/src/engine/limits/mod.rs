//! What the cluster allows, asked once and kept for a while.

mod fitting;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::submit::Terms;
use crate::slurm::associations::{self, Association, QosLimits};
use crate::slurm::limits::{self, ClusterConfig, OtherCluster, Partition, PartitionRole};
use crate::slurm::query::QueryError;
use crate::store::{Launch, Store};
use crate::tool::{Runner, ToolError};

pub use crate::tool::CHOOSE_CLUSTER;
pub use fitting::{Excess, NeedOfCount, Room};

/// How long one question may take: a launch does without its answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// How long a command waits for a controller at most, in seconds, where that is not known (slurm.conf(5): a
/// `MessageTimeout` above 100 is warned of).
const LONGEST_MESSAGE_TIMEOUT: u64 = 100;

/// How long a submission whose answer was lost is pursued: a controller is restarted within minutes.
const PATIENCE: Duration = Duration::from_mins(5);

/// How long an answer is good for, in seconds: limits change by hand, a few times a year.
const GOOD_FOR: i64 = 600;

/// What a cluster allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// When it was asked.
    asked: Timestamp,
    /// Which cluster was asked: the variables that choose one, and the machine.
    cluster: Vec<String>,
    /// What the cluster calls itself.
    #[serde(default)]
    name: Option<String>,
    /// One more than the largest index of an array.
    max_array_size: Option<u64>,
    /// How many jobs the whole cluster can have at once.
    max_job_count: Option<u64>,
    /// How long a command waits for the controller, in seconds.
    #[serde(default)]
    message_timeout: Option<u64>,
    /// The partitions.
    partitions: Vec<PartitionLimit>,
    /// How many jobs the user may have submitted at once, each with what says so.
    submit: Vec<SubmitLimit>,
    /// Where they come from.
    #[serde(skip)]
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Origin {
    /// The store kept them.
    #[default]
    Store,
    /// The cluster was asked just now.
    Cluster,
    /// Nobody told them: they are those of Slurm where nothing is configured.
    Assumed,
}

/// The limits as far as they are known.
#[derive(Debug)]
pub struct Known {
    /// What holds, or held, or is assumed.
    pub limits: Limits,
    /// Why the cluster did not tell them now, where it was asked.
    pub silence: Option<QueryError>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PartitionLimit {
    name: String,
    is_default: bool,
    max_time: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SubmitLimit {
    account: Option<String>,
    qos: Option<String>,
    at_most: u64,
}

/// A launch is on another cluster than the one that answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("launch {id}: {cluster}")]
pub struct Elsewhere {
    id: u64,
    cluster: OtherCluster,
}

impl Limits {
    /// Gives the limits, asked of the cluster. Where that does not answer, those hold that it told before, and else the
    /// defaults of Slurm: sbatch has the last word. `user` is the user's name, without which accounting cannot be
    /// asked. Fails where there is no Slurm to ask.
    pub fn ask_now(
        store: &Store,
        runner: &dyn Runner,
        cluster: Vec<String>,
        user: Option<&str>,
    ) -> Result<Known, QueryError> {
        match Self::ask(runner, cluster.clone(), user) {
            Ok(limits) => Ok(Known { limits, silence: None }),
            Err(QueryError::Tool(absent @ (ToolError::Missing { .. } | ToolError::Spawn { .. }))) => {
                Err(absent.into())
            }
            Err(silence) => {
                let limits = Self::kept(store, &cluster).unwrap_or_else(|| Self::assumed(cluster));
                Ok(Known { limits, silence: Some(silence) })
            }
        }
    }

    /// Gives the limits that the store keeps where they are fresh, so that nobody has to be asked.
    pub fn fresh(store: &Store, cluster: &[String]) -> Option<Self> {
        Self::kept(store, cluster).filter(Self::is_fresh)
    }

    fn kept(store: &Store, cluster: &[String]) -> Option<Self> {
        store.kept::<Self>(&Self::file()).filter(|kept| kept.cluster == cluster)
    }

    fn is_fresh(&self) -> bool {
        (0..GOOD_FOR).contains(&(Timestamp::now().as_second() - self.asked.as_second()))
    }

    /// Gives what holds where nothing is configured; how long a command waits is taken for as long as it may be, so
    /// that nothing is submitted again while the first may still arrive.
    fn assumed(cluster: Vec<String>) -> Self {
        Self {
            asked: Timestamp::now(),
            cluster,
            name: None,
            max_array_size: None,
            max_job_count: None,
            message_timeout: Some(LONGEST_MESSAGE_TIMEOUT),
            partitions: Vec::new(),
            submit: Vec::new(),
            origin: Origin::Assumed,
        }
    }

    /// Tells whether nobody told them.
    pub fn are_assumed(&self) -> bool {
        self.origin == Origin::Assumed
    }

    /// Keeps the limits in a store that is there, unless they came from it. A store that cannot be written to costs
    /// the next launch a question, and nothing else.
    pub fn keep(&self, store: &Store) {
        if self.origin == Origin::Cluster {
            let _not_kept = store.keep(&Self::file(), self);
        }
    }

    fn file() -> PathBuf {
        Path::new("cache").join("slurm.json")
    }

    fn ask(runner: &dyn Runner, cluster: Vec<String>, user: Option<&str>) -> Result<Self, QueryError> {
        let (config, partitions) =
            both(|| limits::config(runner, DEADLINE), || limits::partitions(runner, DEADLINE));
        let (config, partitions) = (config?, partitions?);
        let is_enforced = config.enforced.iter().any(|what| matches!(what.as_str(), "limits" | "all"));
        let submit = match user.filter(|_| is_enforced) {
            // A cluster whose accounting does not answer still takes jobs; sbatch has the last word.
            Some(user) => {
                let (own, qos) = both(
                    || associations::query(runner, user, DEADLINE),
                    || associations::query_qos(runner, DEADLINE),
                );
                submit_limits(&own.unwrap_or_default(), &qos.unwrap_or_default())
            }
            None => Vec::new(),
        };
        Ok(Self::new(cluster, &config, partitions, submit))
    }

    fn new(
        cluster: Vec<String>,
        config: &ClusterConfig,
        partitions: Vec<Partition>,
        submit: Vec<SubmitLimit>,
    ) -> Self {
        let partitions = partitions.into_iter().map(|partition| PartitionLimit {
            name: partition.name,
            is_default: partition.role == PartitionRole::Default,
            max_time: partition.max_time,
        });
        Self {
            asked: Timestamp::now(),
            cluster,
            name: Some(config.cluster_name.clone()),
            max_array_size: config.max_array_size.map(u64::from),
            max_job_count: config.max_job_count.map(u64::from),
            message_timeout: config.message_timeout.map(|timeout| timeout.as_secs()),
            partitions: partitions.collect(),
            submit,
            origin: Origin::Cluster,
        }
    }

    /// Gives what the cluster calls itself, where it has told that.
    pub fn cluster_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Fails where the jobs of a launch are on another cluster than this one.
    pub fn check_cluster(&self, launch: &Launch) -> Result<(), Elsewhere> {
        OtherCluster::check(launch.cluster.as_deref(), self.cluster_name())
            .map_err(|cluster| Elsewhere { id: launch.id, cluster })
    }

    /// Gives how many tasks one array can have; the default of Slurm where the cluster does not tell.
    pub fn array_size(&self) -> u64 {
        self.max_array_size.unwrap_or(1001).max(1)
    }

    /// Gives the terms on which runs are handed over.
    pub fn terms(&self) -> Terms {
        Terms {
            array_size: self.array_size(),
            message_timeout: Duration::from_secs(self.message_timeout.unwrap_or(10)),
            patience: PATIENCE,
            room: None,
        }
    }
}

/// Asks two things at once.
fn both<A: Send, B: Send>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        match first.join() {
            Ok(first) => (first, second),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn submit_limits(own: &[Association], qos: &[QosLimits]) -> Vec<SubmitLimit> {
    let of_accounts = own.iter().filter_map(|association| {
        let at_most = association.max_submit?;
        Some(SubmitLimit { account: Some(association.account.clone()), qos: None, at_most: at_most.into() })
    });
    let of_qos = qos.iter().filter_map(|qos| {
        let at_most = [qos.max_submit_per_user, qos.max_submit_per_account].into_iter().flatten().min()?;
        Some(SubmitLimit { account: None, qos: Some(qos.name.clone()), at_most: at_most.into() })
    });
    of_accounts.chain(of_qos).collect()
}
