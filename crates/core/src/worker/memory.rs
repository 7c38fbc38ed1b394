//! Whether the kernel killed something of this job for its memory: a parent that goes on and exits with 0 hides it.

use std::fs;
use std::path::{Path, PathBuf};

/// Counts what the kernel killed in this process's memory cgroup.
#[derive(Debug)]
pub(super) struct OutOfMemory {
    counter: Option<PathBuf>,
    before: u64,
}

impl OutOfMemory {
    /// Counts from now on, and in a cgroup of a job what the env has lost, too, which makes the job `OUT_OF_MEMORY` for
    /// Slurm; nothing where there is no such cgroup.
    pub(super) fn watch() -> Self {
        let counter = fs::read_to_string("/proc/self/cgroup").ok().and_then(|text| counter_of(&text));
        let is_of_a_job = counter.as_deref().is_some_and(is_of_a_job);
        let mut watch = Self { counter, before: 0 };
        if !is_of_a_job {
            watch.before = watch.count();
        }
        watch
    }

    /// Tells whether the kernel killed something since the last time that this was asked.
    pub(super) fn happened(&mut self) -> bool {
        let now = self.count();
        now > std::mem::replace(&mut self.before, now)
    }

    fn count(&self) -> u64 {
        let text = self.counter.as_ref().and_then(|counter| fs::read_to_string(counter).ok());
        text.and_then(|text| killed(&text)).unwrap_or(0)
    }
}

/// Finds the file that counts, in a process's list of cgroups (cgroups(7)): version 1 has a hierarchy for memory, in
/// version 2 all is one.
fn counter_of(cgroups: &str) -> Option<PathBuf> {
    let of = |line: &str| {
        let (_, line) = line.split_once(':')?;
        let (controllers, path) = line.split_once(':')?;
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.events"),
            list if list.split(',').any(|controller| controller == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.oom_control")
            }
            _ => return None,
        };
        let counter = PathBuf::from(format!("{root}{path}/{file}"));
        counter.is_file().then_some(counter)
    };
    cgroups.lines().find_map(of)
}

/// Tells whether a cgroup is a start's of a job, and new with it: `job_4/step_batch` of Slurm. One that others share has
/// counted before.
fn is_of_a_job(counter: &Path) -> bool {
    counter.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"job_"))
}

pub(super) fn killed(counter: &str) -> Option<u64> {
    counter.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_count_alike() {
        assert_eq!(killed("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"), Some(3));
        assert_eq!(killed("low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n"), Some(1));
        assert_eq!(killed(""), None);
    }

    #[test]
    fn only_the_cgroup_of_a_job_has_counted_nothing_before() {
        let is_of_a_job = |path: &str| is_of_a_job(Path::new(path));
        assert!(is_of_a_job("/sys/fs/cgroup/memory/slurm/uid_0/job_4/step_batch/memory.oom_control"));
        assert!(is_of_a_job(
            "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_4/step_batch/user/task_0/memory.events"
        ));
        assert!(!is_of_a_job("/sys/fs/cgroup/system.slice/slurmd.service/memory.events"));
    }

    #[test]
    fn a_process_without_a_memory_cgroup_counts_nothing() {
        assert_eq!(counter_of("3:cpu,cpuacct:/slurm\n1:name=systemd:/x\n"), None);
        assert!(!OutOfMemory { counter: None, before: 0 }.happened());
    }
}
