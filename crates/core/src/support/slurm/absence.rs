//! Whether jobs that neither squeue nor accounting tell of are surely gone: the controller itself says so, and it is that
//! of the cluster which has taken them.

use std::collections::HashMap;
use std::time::Duration;

use super::view::{Asked, unanswered};
use crate::slurm::id::JobId;
use crate::slurm::limits::{self, OtherCluster};
use crate::slurm::query::QueryError;
use crate::slurm::witness::{self, Knowledge};
use crate::tool::Runner;

/// How many jobs the controller is asked for in one look, a call for each; the others wait for the next.
pub(super) const AT_ONCE: usize = 20;

/// Why a job that is missing may be there all the same, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Whoever was asked may know better the next time.
    ForNow(String),
    /// Nobody can be asked from here.
    Here(String),
}

impl Doubt {
    pub(super) fn into_words(self) -> String {
        match self {
            Self::ForNow(words) | Self::Here(words) => words,
        }
    }
}

/// What the controller says of jobs that are missing.
pub(super) struct Absence<'a> {
    /// The cluster that answers here; `None` where nobody needs to know.
    cluster: Option<Result<String, QueryError>>,
    jobs: HashMap<(JobId, &'a str), Result<Knowledge, QueryError>>,
}

impl<'a> Absence<'a> {
    /// Asks the controller for jobs that are missing, until it does not answer.
    pub(super) fn ask(runner: &dyn Runner, missing: &[&Asked<'a>], deadline: Duration) -> Self {
        let is_known_where = missing.iter().any(|asked| asked.cluster.is_some());
        let cluster =
            is_known_where.then(|| limits::config(runner, deadline).map(|config| config.cluster_name));
        let mut absence = Self { cluster, jobs: HashMap::new() };
        for asked in missing {
            let Asked { job, key, .. } = **asked;
            if absence.jobs.contains_key(&(job, key)) || absence.check_cluster(asked).is_err() {
                continue;
            }
            let answer = witness::ask(runner, job, key, deadline);
            let is_silent = answer.is_err();
            absence.jobs.insert((job, key), answer);
            if is_silent || absence.jobs.len() == AT_ONCE {
                break;
            }
        }
        absence
    }

    /// Fails where the cluster that answers is not, or may not be, the one that has taken a job.
    fn check_cluster(&self, asked: &Asked<'_>) -> Result<(), Doubt> {
        let here = match (asked.cluster, &self.cluster) {
            (Some(_), Some(Err(error))) => return Err(Doubt::ForNow(unanswered(error))),
            (_, Some(Ok(here))) => Some(here.as_str()),
            (Some(_), None) | (None, _) => None,
        };
        OtherCluster::check(asked.cluster, here).map_err(|error| Doubt::Here(error.to_string()))
    }

    /// Fails with why a job that was missing may be there all the same.
    pub(super) fn confirm(&self, asked: &Asked<'_>) -> Result<(), Doubt> {
        self.check_cluster(asked)?;
        let job = asked.job;
        let words = match self.jobs.get(&(job, asked.key)) {
            Some(Ok(Knowledge::Unknown)) => return Ok(()),
            Some(Ok(Knowledge::Known)) => format!("squeue does not list job {job}, which scontrol knows"),
            Some(Err(error)) => unanswered(error),
            None => format!("squeue does not list job {job}, and scontrol is asked for it next time"),
        };
        Err(Doubt::ForNow(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::{ScriptedRunner, reply};
    use crate::tool::{Reply, ToolError};
    use jiff::Timestamp;

    fn asked(job: u32, cluster: Option<&'static str>) -> Asked<'static> {
        Asked { job: JobId(job), index: None, key: "k3y", submitted: Timestamp::UNIX_EPOCH, cluster }
    }

    fn confirmed(asked: &[Asked<'_>], replies: impl IntoIterator<Item = Reply>) -> Vec<Result<(), Doubt>> {
        let replies: Vec<Result<Reply, ToolError>> = replies.into_iter().map(Ok).collect();
        let runner = ScriptedRunner::new(replies);
        let absence = Absence::ask(&runner, &asked.iter().collect::<Vec<_>>(), Duration::from_secs(1));
        asked.iter().map(|asked| absence.confirm(asked)).collect()
    }

    fn gone() -> Reply {
        reply(1, "", "slurm_load_jobs error: Invalid job id specified\n")
    }

    #[test]
    fn only_the_controller_of_the_right_cluster_confirms_it() {
        assert_eq!(confirmed(&[asked(7, None)], [gone()]), [Ok(())]);
        let config = |name: &str| reply(0, &format!("ClusterName = {name}\n"), "");
        assert_eq!(confirmed(&[asked(7, Some("a"))], [config("a"), gone()]), [Ok(())]);
        let elsewhere = confirmed(&[asked(7, Some("a"))], [config("b"), gone()]);
        let words = "its jobs are on the cluster `a`, and the commands of Slurm here ask `b`";
        assert_eq!(elsewhere, [Err(Doubt::Here(words.to_owned()))]);
        assert_eq!(
            confirmed(&[asked(7, Some("a"))], [config("b")]),
            elsewhere,
            "jobs are not asked for there"
        );
        let silent = reply(1, "", "slurm_load_ctl_conf error: Unable to contact slurm controller\n");
        assert!(confirmed(&[asked(7, Some("a"))], [silent])[0].is_err());
        let known = reply(0, "JobId=7 JobName=train.k3y\n", "");
        let words = "squeue does not list job 7, which scontrol knows".to_owned();
        assert_eq!(confirmed(&[asked(7, None)], [known]), [Err(Doubt::ForNow(words))]);
    }

    #[test]
    fn an_id_that_two_launches_had_is_asked_for_by_the_key_of_each() {
        let known = || reply(0, "JobId=7 JobName=train.k3y\n", "");
        let other = Asked { key: "other", ..asked(7, None) };
        let confirmed = confirmed(&[other, asked(7, None)], [known(), known()]);
        assert!(confirmed[0].is_ok() && confirmed[1].is_err(), "{confirmed:?}");
    }

    #[test]
    fn after_a_question_without_an_answer_no_other_is_asked() {
        let silent = reply(1, "", "slurm_load_jobs error: Unable to contact slurm controller\n");
        let confirmed = confirmed(&[asked(1, None), asked(2, None), asked(3, None)], [gone(), silent]);
        assert_eq!(confirmed[0], Ok(()));
        let later = "squeue does not list job 3, and scontrol is asked for it next time".to_owned();
        assert_eq!(confirmed[2], Err(Doubt::ForNow(later)));
    }

    #[test]
    fn the_tasks_of_a_job_are_one_question_and_many_jobs_take_several_looks() {
        assert_eq!(confirmed(&[asked(7, None), asked(7, None)], [gone()]), [Ok(()), Ok(())]);
        let many: Vec<Asked<'_>> = (0..25).map(|job| asked(job, None)).collect();
        let confirmed = confirmed(&many, (0..AT_ONCE).map(|_| gone()));
        assert_eq!(confirmed.iter().filter(|it| it.is_ok()).count(), AT_ONCE);
    }
}
