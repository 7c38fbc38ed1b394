//! The key of a submission in the name of its job, and the search for a job by it.

use jiff::Timestamp;

use super::{BEFORE, DEADLINE};
use crate::slurm::id::JobId;
use crate::slurm::query::Wanted;
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

/// Looks for a job by the name that carries its key, in the queue and then in accounting; `None` also where neither
/// can be asked.
pub fn find_by_name(runner: &dyn Runner, name: String, uid: u32, submitted: Timestamp) -> Option<JobId> {
    let wanted = Wanted::Named { name, uid };
    let queued = squeue::query(runner, &wanted, DEADLINE).ok()?.first().map(|row| row.job);
    queued.or_else(|| {
        let rows = sacct::query(runner, &wanted, submitted.as_second() - BEFORE, DEADLINE).ok()?;
        rows.first().map(|row| row.job)
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
