//! Which attempts were claimed: what the names of the logs say of many runs at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::LaunchDir;
use super::error::{At, StoreError};
use crate::ranges::Ranges;

impl LaunchDir {
    /// Gives the latest attempt at each of `wanted` that has a log, in a launch of `runs` runs; runs without one are
    /// left out. Each folder of logs is listed once.
    pub fn latest_claims(&self, runs: u64, wanted: &Ranges) -> Result<BTreeMap<u64, u32>, StoreError> {
        let folder_of = |run| self.log(runs, run, 1).parent().map(Path::to_owned);
        let folders: BTreeSet<PathBuf> = wanted.iter().filter_map(folder_of).collect();
        let mut latest = BTreeMap::new();
        for folder in folders {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error).at("list", &folder),
            };
            for entry in entries {
                let name = entry.at("list", &folder)?.file_name();
                let claim = name.to_str().and_then(run_and_attempt);
                if let Some((run, attempt)) = claim.filter(|(run, _)| wanted.contains(*run)) {
                    let known = latest.entry(run).or_insert(attempt);
                    *known = attempt.max(*known);
                }
            }
        }
        Ok(latest)
    }
}

/// Reads the name of a log, `3.1.out`.
fn run_and_attempt(name: &str) -> Option<(u64, u32)> {
    let (run, attempt) = name.strip_suffix(".out")?.split_once('.')?;
    Some((run.parse().ok()?, attempt.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_of_each_run_is_found_in_all_folders() {
        let dir = tempfile::tempdir().unwrap();
        let launch = LaunchDir::at(dir.path().to_owned());
        assert!(launch.latest_claims(5000, &Ranges::span(0, 4999)).unwrap().is_empty());
        for (run, attempt) in [(3, 1), (3, 12), (3, 2), (7, 1), (2003, 4)] {
            let log = launch.log(5000, run, attempt);
            fs::create_dir_all(log.parent().unwrap()).unwrap();
            fs::write(log, "").unwrap();
        }
        for name in ["3.out", "3.99", "x.1.out", ".3.99.out", "3.99.out.old"] {
            fs::write(launch.log(5000, 3, 1).with_file_name(name), "").unwrap();
        }
        let wanted: Ranges = [0, 3, 2003, 2004].into_iter().collect();
        let found: Vec<(u64, u32)> = launch.latest_claims(5000, &wanted).unwrap().into_iter().collect();
        assert_eq!(found, [(3, 12), (2003, 4)]);
    }
}
