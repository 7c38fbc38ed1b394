//! What the site adds: options of sbatch's plugins, and a configuration to start from.

use std::time::Duration;

use neuromanager_core::engine::configuration::ConfigurationError;
use neuromanager_core::slurm::limits::PartitionRole;
use neuromanager_core::slurm::site::{self, Site, SitePartition};
use neuromanager_core::tool::{Invocation, Runner};

use super::App;
use crate::report::Failure;

/// How long a question that only improves a message may take.
const DEADLINE: Duration = Duration::from_secs(5);

impl App {
    /// Gives the names of the long options that this site's sbatch lists, those of plugins included; none where there
    /// is no sbatch.
    pub(super) fn options_of_plugins(&self) -> Vec<String> {
        let reply = self.runner().run(&Invocation::query("sbatch", DEADLINE).arg("--help"));
        reply.map_or_else(|_| Vec::new(), |reply| long_options(&reply.stdout))
    }

    /// Shows a small configuration to start from, where there is none.
    pub(super) fn explain_missing_config(&self, error: ConfigurationError) -> Failure {
        let what_to_write = match &error {
            ConfigurationError::None { others } if others.is_empty() => {
                "write a config.json such as this one"
            }
            // It must not be written over what the other file is for.
            ConfigurationError::None { .. } => {
                "write one such as this under another name, and give that with `--config FILE` or NEU_CONFIG"
            }
            ConfigurationError::Unreadable { .. } | ConfigurationError::Config(_) => return error.into(),
        };
        let site = site::query(&self.runner(), self.user(), DEADLINE);
        Failure::from(error).hint(format!("{what_to_write}:\n{}", example(&site)))
    }
}

fn long_options(help: &str) -> Vec<String> {
    let words = help.split_whitespace().filter_map(|word| word.trim_start_matches('[').strip_prefix("--"));
    let name =
        |word: &str| word.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>();
    words.map(name).filter(|name| !name.is_empty()).collect()
}

/// Writes a configuration for this machine, and for the cluster where there is one.
fn example(site: &Site) -> String {
    let partition = site.partitions.iter().find(|partition| partition.role == PartitionRole::Default);
    let partition = partition.or_else(|| site.partitions.first());
    let with_gpus = with_gpus(site);
    let mut devices = Vec::new();
    if let Some(partition) = partition {
        let device = |name: &str, partition: &str, more: &str| {
            let account = site
                .accounts
                .first()
                .map_or_else(String::new, |account| format!("\"account\": \"{account}\", "));
            format!(
                "    \"{name}\": {{ \"env\": \"\", \"resources\": {{ {account}\"partition\": \"{partition}\", \"time\": \"1:00:00\", \"mem\": \"8G\"{more} }} }}"
            )
        };
        devices.push(device("cpu", &partition.name, ""));
        if let Some(partition) = with_gpus {
            devices.push(device("gpu", &partition.name, ", \"gres\": \"gpu:1\""));
        }
    }
    let local = "  \"local\": {\n    \"cpu\": { \"env\": \"\", \"resources\": \"\" }\n  }";
    if devices.is_empty() {
        return format!("{{\n{local}\n}}");
    }
    format!("{{\n{local},\n  \"slurm\": {{\n{}\n  }}\n}}", devices.join(",\n"))
}

/// Chooses among the partitions that have GPUs: one that is named for them comes first, since others may only contain
/// the same nodes.
fn with_gpus(site: &Site) -> Option<&SitePartition> {
    let has_gpus = |partition: &&SitePartition| partition.gres.iter().any(|gres| gres.contains("gpu"));
    let named = |partition: &&SitePartition| partition.name.to_ascii_lowercase().contains("gpu");
    let mut candidates = site.partitions.iter().filter(has_gpus);
    candidates.clone().find(named).or_else(|| candidates.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(name: &str, role: PartitionRole, gres: &[&str]) -> SitePartition {
        let gres = gres.iter().map(|&gres| gres.to_owned()).collect();
        SitePartition { name: name.to_owned(), role, time_limit: None, gres, memory: None }
    }

    #[test]
    fn the_example_takes_the_partition_that_is_named_for_its_gpus() {
        let all = partition("all", PartitionRole::Default, &["gpu:p100:1"]);
        let named = partition("big-GPU", PartitionRole::Named, &["gpu:p100:1"]);
        let empty = partition("gpu-soon", PartitionRole::Named, &[]);
        let site = |partitions: &[&SitePartition]| Site {
            partitions: partitions.iter().map(|&partition| partition.clone()).collect(),
            accounts: Vec::new(),
        };
        let chosen = |site: &Site| with_gpus(site).map(|partition| partition.name.clone());
        assert_eq!(chosen(&site(&[&all, &empty, &named])).as_deref(), Some("big-GPU"));
        assert_eq!(chosen(&site(&[&empty, &all])).as_deref(), Some("all"));
        assert_eq!(chosen(&site(&[&empty])), None);
    }

    #[test]
    fn options_are_read_from_the_help() {
        let help = "  -A, --account=name          charge job\n      --container-image=[USER@]IMG  [pyxis] image\n  --bb=<spec>";
        assert_eq!(long_options(help), ["account", "container-image", "bb"]);
    }
}
