//! `sbatch`: handing a script to Slurm, and what its answer proves.
//!
//! A failure does not prove that there is no job: with a frozen controller `sbatch` gives up, and the job is in
//! the queue afterwards. So only words that are known to be a decision of Slurm count as a refusal.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::id::JobId;
use super::query::{is_cut_off, words_of};
use super::ranges::ArraySpec;
use crate::tool::{Invocation, Reply, ToolError};

/// A script with what goes onto the command line.
///
/// The command line beats the user's `SBATCH_*` variables, and these beat the `#SBATCH` lines of the script; so
/// what must hold whatever the user's environment says belongs into `options`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The folder that the job starts in, unless an option says otherwise: sbatch is called there.
    pub folder: PathBuf,
    /// The script; Slurm keeps a copy as it is now.
    pub script: PathBuf,
    /// The name of the job. Accounting keeps its first 255 bytes.
    pub job_name: Option<String>,
    /// Where the output goes. Slurm replaces `%A`, `%a` and the like in it; a plain `%` is written `%%`.
    pub output: Option<PathBuf>,
    /// The tasks, for an array.
    pub array: Option<ArraySpec>,
    /// Further options, each complete in itself (`--hold`, `--mem=64G`). Those above win over them.
    pub options: Vec<OsString>,
    /// What the script receives as arguments.
    pub script_args: Vec<OsString>,
}

/// What is known after the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitAnswer {
    /// There is a job, with this id.
    Accepted(JobId),
    /// There is no job, and the same submission will not be taken later either.
    Refused {
        /// Slurm's words.
        words: String,
    },
    /// There is no job for now: a limit on the number of jobs is reached.
    Busy {
        /// Slurm's words.
        words: String,
    },
    /// There may be a job. It has to be looked for.
    Uncertain {
        /// Slurm's words, or why there are none.
        words: String,
    },
}

/// Words of a call whose end the controller, or the way to it, did not confirm (`slurm_errno.c`). They count
/// more than any others beside them.
const UNCONFIRMED: [&str; 12] = [
    "timed out",
    "unable to contact",
    "zero bytes were transmitted",
    "communication",
    "unexpected message received",
    "message send failure",
    "message receive failure",
    "message length",
    "header lengths",
    "protocol authentication error",
    "standby",
    "connection re",
];

/// Words for "not now". The limits on waiting jobs are told from other limits by the line before the reason
/// (`QOSMaxSubmitJobPerUserLimit`, `AssocGrpSubmitJobsLimit`).
const BUSY: [&str; 6] = [
    "temporarily unable to accept job",
    "resource temporarily unavailable",
    "try again",
    "maxsubmitjob",
    "grpsubmitjob",
    "grpsubmitlimit",
];

/// Words for a decision, by the option parser of `sbatch` or by the controller (`slurm_errno.c`).
const REFUSED: [&str; 44] = [
    "invalid",
    "specification",
    "unrecognized option",
    "unrecognized argument",
    "is ambiguous",
    "requires an argument",
    "doesn't allow an argument",
    "unable to open file",
    "does not look like a batch script",
    "dos line breaks",
    "batch script is empty",
    "could not establish a configuration source",
    "unable to process configuration file",
    "requested node configuration is not available",
    "requested partition configuration not available",
    "required partition not available",
    "required node not available",
    "requested nodes not in this partition",
    "no partition specified",
    "more processors requested than permitted",
    "requested more tasks than available",
    "can not be satisfied",
    "cannot be satisfied",
    "memory required by task",
    "not permitted",
    "permission denied",
    "access denied",
    "violates accounting/qos policy",
    "requested time limit",
    "breached requested qos",
    "requested reservation",
    "job dependency problem",
    "circular job dependency",
    "requested operation",
    "unsupported",
    "not supported",
    "submissions disabled",
    "only batch jobs are accepted",
    "immediate execution impossible",
    "job can not start immediately",
    "too long",
    "job size",
    "incompatible versions",
    "no cluster '",
];

/// Describes the call.
pub fn invocation(submission: &Submission, deadline: Duration) -> Invocation {
    let Submission { folder, script, job_name, output, array, options, script_args } = submission;
    Invocation::submission("sbatch", deadline)
        .within(folder.clone())
        .arg("--parsable")
        .args(options)
        .args(job_name.as_ref().map(|name| format!("--job-name={name}")))
        .args(output.as_ref().map(|path| with_value("--output=", path)))
        .arg("--open-mode=append")
        .args(array.as_ref().map(|spec| format!("--array={spec}")))
        .arg(script)
        .args(script_args)
}

fn with_value(option: &str, path: &PathBuf) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}

/// Reads what the call proves.
pub fn answer(outcome: &Result<Reply, ToolError>) -> SubmitAnswer {
    match outcome {
        Ok(reply) => judge(reply),
        Err(error @ (ToolError::Missing { .. } | ToolError::Spawn { .. })) => {
            SubmitAnswer::Refused { words: error.to_string() }
        }
        Err(error) => SubmitAnswer::Uncertain { words: error.to_string() },
    }
}

fn judge(reply: &Reply) -> SubmitAnswer {
    if reply.succeeded() {
        return match id_in(&reply.stdout) {
            Some(job) => SubmitAnswer::Accepted(job),
            None => SubmitAnswer::Uncertain { words: without_id(reply) },
        };
    }
    let words = words_of(reply);
    let lower = words.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let has_output = !reply.stdout.trim().is_empty();
    // The words that count most may be those that are missing.
    if has_output || says(&UNCONFIRMED) || is_cut_off(&reply.stderr) {
        SubmitAnswer::Uncertain { words }
    } else if says(&BUSY) {
        SubmitAnswer::Busy { words }
    } else if says(&REFUSED) {
        SubmitAnswer::Refused { words }
    } else {
        SubmitAnswer::Uncertain { words }
    }
}

/// Reads `4811` or, with several clusters, `4811;cluster`. sbatch ends the line with a newline (`printf("\n")` in
/// `sbatch.c`): one without is the beginning of some other id. Where a site's wrapper prints more than that, which
/// number is the job's is not known, and it is looked for.
fn id_in(stdout: &str) -> Option<JobId> {
    if is_cut_off(stdout) {
        return None;
    }
    let mut lines = stdout.lines().map(str::trim).filter(|line| !line.is_empty());
    let id = lines.next()?.split(';').next()?.parse().ok()?;
    lines.next().is_none().then_some(id)
}

fn without_id(reply: &Reply) -> String {
    match (reply.stdout.trim(), reply.stderr.trim()) {
        ("", "") => "sbatch exited with code 0 and printed no job id".to_owned(),
        ("", _) => words_of(reply),
        (output, _) => format!("sbatch printed not just a job id but {output:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::{command_line, reply};
    use crate::tool::{Status, ToolEnvironment};

    fn after(code: i32, stdout: &str, stderr: &str) -> SubmitAnswer {
        answer(&Ok(reply(code, stdout, stderr)))
    }

    fn submission() -> Submission {
        Submission {
            folder: "/w".into(),
            script: PathBuf::from("/x/job.sh"),
            job_name: None,
            output: None,
            array: None,
            options: vec![],
            script_args: vec![],
        }
    }

    #[test]
    fn only_what_is_given_is_on_the_command_line() {
        let shown = |submission: &Submission| command_line(&invocation(submission, Duration::from_secs(1)));
        assert_eq!(shown(&submission()), "sbatch --parsable --open-mode=append /x/job.sh");
        let full = Submission {
            job_name: Some("train.k3y".to_owned()),
            output: Some(PathBuf::from("/x/slurm.log")),
            array: Some("0-59%5".parse().unwrap()),
            options: vec!["--hold".into()],
            script_args: vec!["--launch".into(), "12".into()],
            ..submission()
        };
        assert_eq!(
            shown(&full),
            "sbatch --parsable --hold --job-name=train.k3y --output=/x/slurm.log --open-mode=append --array=0-59%5 /x/job.sh --launch 12"
        );
        assert_eq!(invocation(&full, Duration::from_secs(1)).environment, ToolEnvironment::Submission);
    }

    #[test]
    fn an_id_alone_with_code_0_is_a_job_whatever_was_said_beside_it() {
        let retried = "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n";
        assert_eq!(after(0, "4811\n", retried), SubmitAnswer::Accepted(JobId(4811)));
        assert_eq!(after(0, "4811;other\n", ""), SubmitAnswer::Accepted(JobId(4811)));
        // Half of 4811, which is another job; and one that a wrapper has put beside it.
        for stdout in ["48", "Welcome to the site\n4811\n", "4811\n12\n", "Submitted batch job 4811\n12\n"] {
            assert!(matches!(after(0, stdout, ""), SubmitAnswer::Uncertain { .. }), "{stdout}");
        }
    }

    /// All of these were printed by Slurm 22.05.8.
    #[test]
    fn decisions_of_slurm_are_refusals() {
        let real = [
            (
                1,
                "sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: Invalid partition name specified\n",
            ),
            (
                1,
                "sbatch: error: Memory specification can not be satisfied\nsbatch: error: Batch job submission failed: Requested node configuration is not available\n",
            ),
            (1, "sbatch: error: Invalid generic resource (gres) specification\n"),
            (1, "sbatch: error: Batch job submission failed: Invalid job array specification\n"),
            (255, "sbatch: error: Invalid --time specification\n"),
            (255, "sbatch: unrecognized option '--foo=1'\nTry \"sbatch --help\" for more information\n"),
            (
                255,
                "sbatch: option '--tim=4' is ambiguous; possibilities: '--time' '--time-min'\nTry \"sbatch --help\" for more information\n",
            ),
            (1, "sbatch: error: Batch job submission failed: Requested reservation is invalid\n"),
            (1, "sbatch: error: Unable to open file nofile.sh\n"),
            (1, "sbatch: error: Batch script is empty!\n"),
            (
                1,
                "sbatch: error: No cluster 'other' known by database.\nsbatch: error: 'other' can't be reached now, or it is an invalid entry for --cluster.  Use 'sacctmgr list clusters' to see available clusters.\n",
            ),
            (
                1,
                "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified\n",
            ),
            (
                1,
                "sbatch: error: fetch_config: DNS SRV lookup failed\nsbatch: fatal: Could not establish a configuration source\n",
            ),
        ];
        for (code, stderr) in real {
            assert!(matches!(after(code, "", stderr), SubmitAnswer::Refused { .. }), "{stderr}");
        }
        assert_eq!(
            after(real[5].0, "", real[5].1),
            SubmitAnswer::Refused { words: "unrecognized option '--foo=1'".to_owned() }
        );
    }

    #[test]
    fn a_full_queue_is_no_refusal() {
        let real = [
            "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\nsbatch: error: Batch job submission failed: Resource temporarily unavailable\n",
            "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)\n",
        ];
        for stderr in real {
            assert!(matches!(after(1, "", stderr), SubmitAnswer::Busy { .. }), "{stderr}");
        }
        let too_large = "sbatch: error: QOSMaxCpuPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)\n";
        assert!(matches!(after(1, "", too_large), SubmitAnswer::Refused { .. }));
    }

    #[test]
    fn what_may_have_reached_the_controller_is_uncertain() {
        let failed = "sbatch: error: Batch job submission failed: ";
        let reasons = [
            "Socket timed out on send/recv operation",
            "Unable to contact slurm controller (connect failure)",
            "Zero Bytes were transmitted or received",
            "Unspecified error",
            "a reason of the future",
        ];
        for reason in reasons {
            assert!(
                matches!(after(1, "", &format!("{failed}{reason}\n")), SubmitAnswer::Uncertain { .. }),
                "{reason}"
            );
        }
        let both =
            format!("{failed}Socket timed out on send/recv operation\n{failed}Invalid qos specification\n");
        assert!(matches!(after(1, "", &both), SubmitAnswer::Uncertain { .. }));
        for (code, stdout) in [(0, ""), (0, "hello\n"), (0, "0\n"), (1, "4811\n"), (1, "")] {
            assert!(matches!(after(code, stdout, ""), SubmitAnswer::Uncertain { .. }), "{code} {stdout}");
        }
        let killed = Reply { status: Status::Signal(9), ..reply(0, "4811\n", "") };
        assert!(matches!(answer(&Ok(killed)), SubmitAnswer::Uncertain { .. }));
        let late = ToolError::Deadline {
            program: "sbatch".to_owned(),
            after: Duration::from_secs(9),
            stderr: String::new(),
        };
        assert!(matches!(answer(&Err(late)), SubmitAnswer::Uncertain { .. }));
    }

    #[test]
    fn an_answer_that_is_cut_off_proves_nothing() {
        for (code, stdout, stderr) in [
            (0, "6", ""),
            (0, "66;oth", ""),
            (0, "Welcome to the site\n4", ""),
            (1, "", "sbatch: error: Batch job submission failed: Invalid"),
            (1, "", "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: er"),
        ] {
            let answer = after(code, stdout, stderr);
            assert!(matches!(answer, SubmitAnswer::Uncertain { .. }), "{stdout} {stderr}: {answer:?}");
        }
    }

    #[test]
    fn without_sbatch_there_is_surely_no_job() {
        let missing = ToolError::Missing { program: "sbatch".to_owned() };
        assert!(matches!(answer(&Err(missing)), SubmitAnswer::Refused { .. }));
    }
}
