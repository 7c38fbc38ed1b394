//! The key of a submission in the name of its job, and the search for a job by it.

use std::collections::BTreeSet;
use std::fs;

use jiff::Timestamp;

use super::{BEFORE, DEADLINE};
use crate::slurm::id::JobId;
use crate::slurm::query::{QueryError, Wanted};
use crate::slurm::{sacct, squeue};
use crate::tool::Runner;

/// Names a job so that a person knows it and its key finds it: accounting keeps 255 bytes of a name, and a comma or
/// a quote breaks the question for it.
pub fn job_name(name: &str, key: &str) -> String {
    const LONGEST: usize = 60;
    let readable = name.chars().take(LONGEST);
    let safe = readable.map(|c| if c.is_ascii_alphanumeric() || "._+-".contains(c) { c } else { '_' });
    format!("{}.{key}", safe.collect::<String>())
}

/// What a search for the key of a submission saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Jobs that carry it; the first is the one to keep.
    Jobs(Vec<JobId>),
    /// All that could know of one answered, and none does.
    Nothing,
    /// Somebody who could know did not answer; these words say who and why.
    Unproven(String),
}

/// Looks for the jobs of a user by the name that carries their key, in the queue and then in accounting, which counts
/// as asked where the cluster has none.
pub fn look_for(runner: &dyn Runner, name: &str, uid: u32, submitted: Timestamp) -> Seen {
    let argument = format!("--job-name={name}");
    if is_submitting(|word| word == argument.as_bytes()) {
        return Seen::Unproven("its sbatch is still at work".to_owned());
    }
    let wanted = Wanted::Named { name: name.to_owned(), uid };
    let queued = match squeue::query(runner, &wanted, DEADLINE) {
        Ok(rows) => rows.into_iter().map(|row| row.job).collect::<BTreeSet<JobId>>(),
        Err(error) => return Seen::Unproven(format!("squeue does not answer: {}", with_cause(&error))),
    };
    if !queued.is_empty() {
        return Seen::Jobs(queued.into_iter().collect());
    }
    match sacct::query(runner, &wanted, submitted.as_second() - BEFORE, DEADLINE) {
        Ok(rows) if rows.is_empty() => Seen::Nothing,
        Ok(rows) => {
            let jobs: BTreeSet<JobId> = rows.into_iter().map(|row| row.job).collect();
            Seen::Jobs(jobs.into_iter().collect())
        }
        Err(QueryError::AccountingDisabled) => Seen::Nothing,
        Err(error) => Seen::Unproven(format!("sacct does not answer: {}", with_cause(&error))),
    }
}

/// Looks for a job by the name that carries its key; `None` also where nobody can be asked.
pub fn find_by_name(runner: &dyn Runner, name: &str, uid: u32, submitted: Timestamp) -> Option<JobId> {
    match look_for(runner, name, uid, submitted) {
        Seen::Jobs(jobs) => jobs.first().copied(),
        Seen::Nothing | Seen::Unproven(_) => None,
    }
}

pub(super) fn with_cause(error: &QueryError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// Tells whether an sbatch with such an argument works on this host: it goes on where its client was killed, and
/// retries by itself for minutes. A host without `/proc` cannot tell.
pub(super) fn is_submitting(is_argument: impl Fn(&[u8]) -> bool) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return false };
    processes.flatten().any(|process| {
        let is_process = process.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit);
        is_process
            && fs::read(process.path().join("cmdline"))
                .is_ok_and(|words| words.split(|byte| *byte == 0).any(&is_argument))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_name_is_safe_and_ends_with_its_key() {
        assert_eq!(job_name("dummytrain", "abcd2345"), "dummytrain.abcd2345");
        assert_eq!(job_name("my run, \"best\"\n", "k"), "my_run___best__.k");
        assert!(job_name(&"é".repeat(500), "key").len() < 70);
    }
}
