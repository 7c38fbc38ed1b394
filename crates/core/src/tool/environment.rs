//! Which environment a scheduler's command gets.
//!
//! A command started inside a job would take the outer job's settings for its own, and a user's
//! `SQUEUE_FORMAT` would change the shape of what we parse. `sbatch` is different from all others: it hands its
//! own environment to the job, so for it variables are only taken away, and only those that would change what
//! is submitted.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::run_variables::RUN_VARIABLES;

/// Tells which variables of the environment choose the cluster; what was asked of another is of no use. They stay also
/// inside a job.
pub const CHOOSE_CLUSTER: [&str; 2] = ["SLURM_CONF", "SLURM_CLUSTERS"];

/// The two kinds of environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolEnvironment {
    /// For commands whose output is parsed: nothing of the user's formats, epoch times, uncut index lists.
    Queries,
    /// For `sbatch`: the user's own environment, which the job will see, without the outer job's variables.
    Submission,
}

/// What makes the output of every query have one shape (`man squeue`, `man sacct`: ENVIRONMENT VARIABLES).
const STABLE_OUTPUT: [(&str, &str); 3] =
    [("LC_ALL", "C"), ("SLURM_BITSTR_LEN", "0"), ("SLURM_TIME_FORMAT", "%s")];

/// Prefixes of variables that choose what a query shows.
const FORMATS: [&str; 5] = ["SQUEUE_", "SACCT_", "SCANCEL_", "SINFO_", "SCONTROL_"];

/// Variables that would turn a submission into something else: `SBATCH_WAIT` keeps sbatch until the job's end,
/// `SBATCH_ARRAY_INX` makes an array of a single job. No option of the command line takes them back.
const OTHER_SUBMISSIONS: [&str; 2] = ["SBATCH_WAIT", "SBATCH_ARRAY_INX"];

/// What every job gets from its node, and no command that starts another job may see.
const OUTER_JOB: [&str; 4] = ["SLURM_", "SLURMD_", "SBATCH_", "PMI"];

/// Derives the environment of a scheduler's command from the caller's.
///
/// Inside a job (`SLURM_JOB_ID` is set) the variables of that job go; only what names the cluster stays. Outside
/// a job the user's `SBATCH_*` stay, as an account in `.bashrc` is meant to.
pub fn scheduler_environment(
    vars: impl IntoIterator<Item = (OsString, OsString)>,
    kind: ToolEnvironment,
) -> Vec<(OsString, OsString)> {
    let vars: Vec<_> = vars.into_iter().collect();
    let in_job = vars.iter().any(|(name, _)| name == "SLURM_JOB_ID");
    let kept = vars.into_iter().filter(|(name, _)| !(in_job && is_of_outer_job(name)));
    match kind {
        ToolEnvironment::Submission => kept
            // A job that a program submits is no part of its run: with these it would be taken for one of its processes.
            .filter(|(name, _)| !OTHER_SUBMISSIONS.iter().chain(&RUN_VARIABLES).any(|other| name == other))
            .collect(),
        ToolEnvironment::Queries => kept
            .filter(|(name, _)| !starts_with_any(name, &FORMATS))
            .filter(|(name, _)| !STABLE_OUTPUT.iter().any(|(set, _)| name == set))
            .chain(STABLE_OUTPUT.map(|(name, value)| (name.into(), value.into())))
            .collect(),
    }
}

fn is_of_outer_job(name: &OsStr) -> bool {
    starts_with_any(name, &OUTER_JOB) && !CHOOSE_CLUSTER.iter().any(|cluster| name == *cluster)
}

fn starts_with_any(name: &OsStr, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| name.as_bytes().starts_with(prefix.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(vars: &[(&str, &str)], kind: ToolEnvironment) -> Vec<String> {
        let vars = vars.iter().map(|(name, value)| (name.into(), value.into()));
        let derived = scheduler_environment(vars, kind);
        derived.into_iter().map(|(name, value)| format!("{}={}", name.display(), value.display())).collect()
    }

    const IN_JOB: [(&str, &str); 9] = [
        ("PATH", "/bin"),
        ("SLURM_JOB_ID", "7"),
        ("SLURM_MEM_PER_NODE", "100"),
        ("SLURMD_NODENAME", "n1"),
        ("SBATCH_ACCOUNT", "outer"),
        ("PMIX_RANK", "0"),
        ("SLURM_CONF", "/etc/s"),
        ("SLURM_CLUSTERS", "b"),
        ("CUDA_VISIBLE_DEVICES", "1"),
    ];

    #[test]
    fn inside_a_job_only_the_cluster_is_inherited() {
        let kept = ["PATH=/bin", "SLURM_CONF=/etc/s", "SLURM_CLUSTERS=b", "CUDA_VISIBLE_DEVICES=1"];
        assert_eq!(names(&IN_JOB, ToolEnvironment::Submission), kept);
        assert_eq!(names(&IN_JOB, ToolEnvironment::Queries)[..4], kept);
    }

    #[test]
    fn outside_a_job_the_users_own_settings_stay() {
        let vars = [("SBATCH_ACCOUNT", "mine"), ("SLURM_DEBUG", "1"), ("SQUEUE_FORMAT", "%i")];
        assert_eq!(
            names(&vars, ToolEnvironment::Submission),
            ["SBATCH_ACCOUNT=mine", "SLURM_DEBUG=1", "SQUEUE_FORMAT=%i"]
        );
    }

    #[test]
    fn a_submission_stays_the_one_that_was_described() {
        let vars = [("SBATCH_WAIT", "1"), ("SBATCH_ARRAY_INX", "0-9"), ("SBATCH_WAIT_ALL_NODES", "1")];
        assert_eq!(names(&vars, ToolEnvironment::Submission), ["SBATCH_WAIT_ALL_NODES=1"]);
    }

    #[test]
    fn a_job_that_a_program_submits_is_no_part_of_the_run() {
        let vars = [("NEU_RUN_ID", "1.2"), ("NEU_KEY", "abc"), ("NEU_DIR", "/store"), ("NEU_FENCE", "5")];
        assert_eq!(names(&vars, ToolEnvironment::Submission), ["NEU_DIR=/store", "NEU_FENCE=5"]);
    }

    #[test]
    fn a_query_has_one_shape_whatever_the_user_set() {
        let vars = [
            ("SQUEUE_FORMAT", "%i"),
            ("SACCT_FORMAT", "x"),
            ("SINFO_ALL", "1"),
            ("SCANCEL_INTERACTIVE", "1"),
            ("SLURM_TIME_FORMAT", "relative"),
            ("LC_ALL", "de_DE"),
            ("HOME", "/h"),
        ];
        assert_eq!(
            names(&vars, ToolEnvironment::Queries),
            ["HOME=/h", "LC_ALL=C", "SLURM_BITSTR_LEN=0", "SLURM_TIME_FORMAT=%s"]
        );
    }
}
