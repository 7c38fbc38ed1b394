//! What a cluster would not take, and for how much the user's limits leave room. Pure.

use super::{Limits, PartitionLimit};
use crate::document::nearest;
use crate::resources::Resources;
use crate::slurm::squeue::Counted;
use crate::slurm::time::TimeLimit;

/// How much it matters how many jobs the user has in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedOfCount {
    /// Not at all: no limit is known that it could touch.
    None,
    /// A limit of the user could leave room for a part of them only.
    Needed,
}

/// Tells what the cluster would refuse, or accept and never start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// The time is above what the partition allows: Slurm would accept it and let it wait for ever.
    #[error(
        "the time {asked} is above the limit of partition `{partition}`, {limit}; Slurm would accept the job and never start it"
    )]
    Time {
        /// The time that was asked for.
        asked: String,
        /// The partition.
        partition: String,
        /// Its limit.
        limit: String,
    },
    /// There is no such partition.
    #[error("there is no partition `{partition}`{}", .nearest.as_ref().map_or_else(String::new, |name| format!("; did you mean `{name}`?")))]
    NoPartition {
        /// What was asked for.
        partition: String,
        /// The nearest name.
        nearest: Option<String>,
    },
}

/// How many more jobs the user may have, where that is fewer than the runs that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// How many more.
    pub left: u64,
    /// What sets the limit, as a person would name it.
    pub limit: String,
    /// The limit.
    pub at_most: u64,
}

impl Limits {
    /// Tells how much it matters for `runs` more how many jobs the user has already.
    pub fn need_of_count(&self, runs: u64) -> NeedOfCount {
        let is_small = runs <= self.array_size() && self.max_job_count.is_none_or(|count| runs <= count);
        if is_small && self.submit.is_empty() { NeedOfCount::None } else { NeedOfCount::Needed }
    }

    /// Gives everything that the cluster would refuse for good, or never start. `sbatch_variable` looks up what the
    /// user's shell gives to sbatch, such as a partition.
    pub fn excesses(
        &self,
        resources: &Resources,
        sbatch_variable: impl Fn(&str) -> Option<String>,
    ) -> Vec<Excess> {
        let (partition, time) = (
            option(resources, "partition", &sbatch_variable, "SBATCH_PARTITION"),
            option(resources, "time", &sbatch_variable, "SBATCH_TIMELIMIT"),
        );
        self.partition_excesses(partition.as_deref(), time.as_deref())
    }

    /// Gives the room that the user's limits leave for `runs` more jobs beside those that `queued` counts; `None`
    /// where they all fit as far as is known.
    pub fn room(
        &self,
        resources: &Resources,
        runs: u64,
        sbatch_variable: impl Fn(&str) -> Option<String>,
        queued: impl Fn(&Counted) -> u64,
    ) -> Option<Room> {
        let account = option(resources, "account", &sbatch_variable, "SBATCH_ACCOUNT");
        let qos = option(resources, "qos", &sbatch_variable, "SBATCH_QOS");
        let limits = self.limits_of(account.as_deref(), qos.as_deref());
        let rooms = limits.into_iter().map(|(at_most, counted)| {
            let left = at_most.saturating_sub(queued(&counted));
            let limit = match counted {
                Counted::All => "the cluster".to_owned(),
                Counted::OfAccount(account) => format!("account `{account}`"),
                Counted::OfQos(qos) => format!("QOS `{qos}`"),
            };
            Room { left, limit, at_most }
        });
        rooms.filter(|room| runs > room.left).min_by_key(|room| room.left)
    }

    fn partition_excesses(&self, partition: Option<&str>, time: Option<&str>) -> Vec<Excess> {
        let asked: Vec<&str> = partition.into_iter().flat_map(|names| names.split(',')).collect();
        let mut excesses: Vec<Excess> = Vec::new();
        for name in &asked {
            if !self.partitions.is_empty() && self.partitions.iter().all(|known| known.name != *name) {
                let nearest =
                    nearest(name, self.partitions.iter().map(|known| known.name.as_str())).map(str::to_owned);
                excesses.push(Excess::NoPartition { partition: (*name).to_owned(), nearest });
            }
        }
        let Some((text, time)) = time.and_then(|text| Some((text, text.parse::<TimeLimit>().ok()?))) else {
            return excesses;
        };
        let mut candidates = self.partitions.iter().filter(|known| match asked.is_empty() {
            true => known.is_default,
            false => asked.contains(&known.name.as_str()),
        });
        let limit_of = |partition: &PartitionLimit| partition.max_time.as_ref()?.parse::<TimeLimit>().ok();
        let is_above = |partition: &PartitionLimit| limit_of(partition).is_some_and(|limit| time > limit);
        // A job for several partitions starts where it fits.
        if let (Some(first), true) = (candidates.clone().next(), candidates.all(is_above)) {
            excesses.push(Excess::Time {
                asked: text.to_owned(),
                partition: first.name.clone(),
                limit: first.max_time.clone().unwrap_or_default(),
            });
        }
        excesses
    }

    /// Gives the limits on how many jobs a user has at once, each with the jobs that count against it.
    fn limits_of(&self, account: Option<&str>, qos: Option<&str>) -> Vec<(u64, Counted)> {
        let concerns =
            |asked: Option<&str>, limit: Option<&str>| asked.is_none() || limit.is_none() || asked == limit;
        let own = self.submit.iter().filter(|limit| match &limit.qos {
            // A QOS that is not asked for may not be the one that the job gets.
            Some(name) => qos == Some(name.as_str()),
            None => concerns(account, limit.account.as_deref()),
        });
        let named = own.map(|limit| match (&limit.qos, &limit.account) {
            (Some(qos), _) => (limit.at_most, Counted::OfQos(qos.clone())),
            (None, Some(account)) => (limit.at_most, Counted::OfAccount(account.clone())),
            (None, None) => (limit.at_most, Counted::All),
        });
        named.chain(self.max_job_count.map(|count| (count, Counted::All))).collect()
    }
}

/// Gives what is asked of sbatch: by the resources, else by a variable of the user's shell.
fn option(
    resources: &Resources,
    name: &str,
    sbatch_variable: impl Fn(&str) -> Option<String>,
    variable: &str,
) -> Option<String> {
    resources.value(name).map(str::to_owned).or_else(|| sbatch_variable(variable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{Resource, Setting};

    /// A cluster with one partition by default, one beside it, and a limit of an account and of a QOS.
    fn limits() -> Limits {
        let text = r#"{"asked":"2026-11-23T00:00:00Z","cluster":[],"max_array_size":100,"max_job_count":1000,
            "partitions":[{"name":"cpu","is_default":true,"max_time":"1:00:00"},{"name":"long","is_default":false,"max_time":null}],
            "submit":[{"account":"a","qos":null,"at_most":50},{"account":null,"qos":"high","at_most":10}]}"#;
        serde_json::from_str(text).unwrap()
    }

    fn asked(options: &[(&str, &str)]) -> Resources {
        let set =
            |(name, value): &(&str, &str)| Resource::new(*name, Setting::Value((*value).to_owned())).unwrap();
        options.iter().map(set).collect()
    }

    fn excesses(options: &[(&str, &str)]) -> Vec<String> {
        limits().excesses(&asked(options), |_| None).iter().map(Excess::to_string).collect()
    }

    #[test]
    fn a_time_is_too_long_where_it_fits_no_partition_that_is_asked_for() {
        assert!(excesses(&[("time", "2:00:00")])[0].contains("limit of partition `cpu`, 1:00:00"));
        assert!(excesses(&[("time", "1:00:00")]).is_empty());
        assert!(excesses(&[("time", "2:00:00"), ("partition", "cpu,long")]).is_empty());
        assert!(excesses(&[("partition", "lomg")])[0].contains("did you mean `long`?"));
        let of_the_shell = |name: &str| (name == "SBATCH_TIMELIMIT").then(|| "2:00:00".to_owned());
        assert_eq!(limits().excesses(&asked(&[]), of_the_shell).len(), 1);
        // sbatch takes the last of several.
        let times = Setting::Repeated(vec!["30:00".to_owned(), "2:00:00".to_owned()]);
        let repeated: Resources = [Resource::new("time", times).unwrap()].into_iter().collect();
        assert_eq!(limits().excesses(&repeated, |_| None).len(), 1);
    }

    #[test]
    fn the_narrowest_limit_that_concerns_the_user_sets_the_room() {
        let room = |options: &[(&str, &str)], runs, queued| {
            let room = limits().room(&asked(options), runs, |_| None, |_| queued);
            room.map(|Room { left, limit, .. }| format!("{left} of {limit}"))
        };
        assert_eq!(room(&[], 50, 0), None);
        assert_eq!(room(&[], 50, 8).as_deref(), Some("42 of account `a`"));
        assert_eq!(room(&[("account", "b")], 50, 8), None);
        assert_eq!(room(&[("qos", "high")], 50, 8).as_deref(), Some("2 of QOS `high`"));
        assert_eq!(room(&[("account", "b")], 5000, 8).as_deref(), Some("992 of the cluster"));
    }

    #[test]
    fn the_queue_is_counted_only_where_that_could_matter() {
        assert_eq!(limits().need_of_count(1), NeedOfCount::Needed);
        let unlimited = Limits { submit: Vec::new(), ..limits() };
        assert_eq!(
            [unlimited.need_of_count(100), unlimited.need_of_count(101)],
            [NeedOfCount::None, NeedOfCount::Needed]
        );
    }
}
