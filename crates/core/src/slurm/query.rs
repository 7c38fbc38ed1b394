//! What all questions to Slurm share: what is asked for, how a question fails, and Slurm's words.

use super::id::JobId;
use crate::tool::{Reply, Status, ToolError};

/// Separates the fields of a row: no name of a job holds it.
pub(super) const FIELD: char = '\x1f';

/// Which jobs a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The jobs with these ids, arrays with all their tasks.
    Jobs(Vec<JobId>),
    /// The jobs of one user with exactly this name.
    Named {
        /// The name. Slurm compares without case and takes a comma for a list, so rows are compared again.
        name: String,
        /// The numeric id of the user.
        uid: u32,
    },
    /// All jobs of one user.
    Owned {
        /// The numeric id of the user.
        uid: u32,
    },
}

impl Wanted {
    /// Says whether a row that came back was asked for.
    pub(super) fn includes(&self, job: JobId, row_name: &str, row_uid: u32) -> bool {
        match self {
            Self::Jobs(jobs) => jobs.contains(&job),
            Self::Named { name, uid } => is_same_name(name, row_name) && *uid == row_uid,
            Self::Owned { uid } => *uid == row_uid,
        }
    }

    /// Gives the value for `--jobs`, when jobs are asked for.
    pub(super) fn job_list(&self) -> Option<String> {
        match self {
            Self::Jobs(jobs) => Some(jobs.iter().map(JobId::to_string).collect::<Vec<_>>().join(",")),
            Self::Named { .. } | Self::Owned { .. } => None,
        }
    }

    /// Gives the value for `--name`, when the name can be asked for: one with a comma would be a list of others,
    /// and `sacct` finds none with a quote. The rows of all the user's jobs are then compared here.
    pub(super) fn name_filter(&self) -> Option<&str> {
        match self {
            Self::Named { name, .. } if !name.contains([',', '\'', '"']) => Some(name),
            _ => None,
        }
    }

    pub(super) fn uid(&self) -> Option<u32> {
        match self {
            Self::Jobs(_) => None,
            Self::Named { uid, .. } | Self::Owned { uid } => Some(*uid),
        }
    }
}

/// Compares names as far as all commands give them back: accounting turns `"` into a backquote.
fn is_same_name(asked: &str, printed: &str) -> bool {
    let without_quotes = |name: &str| name.replace('"', "`");
    without_quotes(asked) == without_quotes(printed)
}

/// Why a question was not answered. None of these says anything about the jobs.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The command did not run to its end.
    #[error("cannot ask Slurm")]
    Tool(#[from] ToolError),
    /// The command said why it has no answer.
    #[error("`{program}` failed: {words}")]
    Failed {
        /// The command.
        program: &'static str,
        /// Slurm's words.
        words: String,
    },
    /// The command ended in the middle of a row: others may be missing, too.
    #[error("the answer of `{program}` is cut off")]
    CutOff {
        /// The command.
        program: &'static str,
    },
    /// This cluster keeps no accounting, so nothing can be asked about the past.
    #[error("this cluster keeps no accounting")]
    AccountingDisabled,
    /// The command printed something else than it was asked for.
    #[error("`{program}` printed a row that this version cannot read: {row:?}")]
    Unreadable {
        /// The command.
        program: &'static str,
        /// The row.
        row: String,
    },
}

/// Takes the output of a query that worked.
///
/// Some commands report an error, print nothing and exit with 0 (`squeue --user` of a user without a name), so
/// words without any output are a failure too: silence must never be taken for "no such job".
pub(super) fn output_of<'a>(program: &'static str, reply: &'a Reply) -> Result<&'a str, QueryError> {
    let is_mute = reply.stdout.trim().is_empty() && reply.stderr.contains("error");
    if reply.succeeded() && !is_mute {
        if is_cut_off(&reply.stdout) {
            return Err(QueryError::CutOff { program });
        }
        return Ok(&reply.stdout);
    }
    if ["accounting storage is disabled", "not running a supported accounting_storage plugin"]
        .iter()
        .any(|words| reply.stderr.contains(words))
    {
        return Err(QueryError::AccountingDisabled);
    }
    // They end up in the middle of a sentence.
    let words = words_of(reply).lines().collect::<Vec<_>>().join("; ");
    Err(QueryError::Failed { program, words })
}

/// Tells whether a text breaks off: all commands of Slurm end every line, of output and of errors, with a newline.
pub(super) fn is_cut_off(text: &str) -> bool {
    !text.is_empty() && !text.ends_with('\n')
}

/// Gives what the command said on standard error without its own name before each line.
pub(super) fn words_of(reply: &Reply) -> String {
    let words = plain_words(&reply.stderr);
    match (words.is_empty(), reply.status) {
        (false, _) => words,
        (true, Status::Code(code)) => format!("it said nothing and exited with code {code}"),
        (true, Status::Signal(signal)) => format!("it said nothing and was killed by signal {signal}"),
    }
}

/// Strips `sbatch: error: ` and its like from every line, and drops what is no news.
pub(super) fn plain_words(stderr: &str) -> String {
    let lines =
        stderr.lines().map(without_speaker).filter(|line| !line.is_empty() && !line.starts_with("Try \""));
    lines.collect::<Vec<_>>().join("\n")
}

fn without_speaker(line: &str) -> &str {
    let speakers = ["sbatch: ", "squeue: ", "sacct: ", "scancel: ", "scontrol: ", "sinfo: ", "sacctmgr: "];
    let line = line.trim();
    let words = speakers.iter().find_map(|speaker| line.strip_prefix(speaker)).unwrap_or(line);
    ["error: ", "fatal: "].iter().find_map(|kind| words.strip_prefix(kind)).unwrap_or(words)
}

/// Reads a time in seconds since 1970; `N/A`, `Unknown` and `None` are none.
pub(super) fn epoch(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Keeps a text unless it is one of Slurm's words for nothing.
pub(super) fn present(text: &str) -> Option<String> {
    let is_nothing = matches!(text, "" | "None" | "None assigned" | "N/A" | "n/a" | "(null)" | "Unknown");
    (!is_nothing).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::reply;

    #[test]
    fn an_error_with_code_0_and_no_output_is_no_answer() {
        let mute = reply(0, "", "squeue: error: Invalid user: 4242\n\n");
        let Err(QueryError::Failed { words, .. }) = output_of("squeue", &mute) else { panic!() };
        assert_eq!(words, "Invalid user: 4242");
        let lines = reply(
            1,
            "",
            "sacct: error: Sending PersistInit msg: Connection refused\nsacct: error: Problem talking\n",
        );
        let Err(QueryError::Failed { words, .. }) = output_of("sacct", &lines) else { panic!() };
        assert_eq!(words, "Sending PersistInit msg: Connection refused; Problem talking");
    }

    #[test]
    fn a_name_is_known_again_after_accounting_changed_it() {
        let named = |name: &str| Wanted::Named { name: name.to_owned(), uid: 0 };
        assert!(named("dq\"q").includes(JobId(1), "dq`q", 0));
        assert!(!named("dq\"q").includes(JobId(1), "dq'q", 0));
        assert_eq!(named("plain'q").name_filter(), None);
        assert_eq!(named("a b.k").name_filter(), Some("a b.k"));
    }

    #[test]
    fn an_answer_that_ends_within_a_row_is_none() {
        let cut = output_of("squeue", &reply(0, "4711\n47", "")).map(str::to_owned);
        assert!(matches!(cut, Err(QueryError::CutOff { program: "squeue" })));
    }

    #[test]
    fn an_empty_answer_is_an_answer() {
        assert_eq!(output_of("squeue", &reply(0, "", "")).unwrap(), "");
        assert_eq!(output_of("squeue", &reply(0, "4711\n", "squeue: error: slow")).unwrap(), "4711\n");
    }

    #[test]
    fn a_cluster_without_accounting_is_told_from_a_failure() {
        let words = [
            "Slurm accounting storage is disabled\n",
            "You are not running a supported accounting_storage plugin\nOnly 'accounting_storage/slurmdbd' is supported.\n",
        ];
        for words in words {
            assert!(matches!(output_of("sacct", &reply(1, "", words)), Err(QueryError::AccountingDisabled)));
        }
    }

    #[test]
    fn every_line_loses_its_speaker() {
        let stderr = "squeue: error: fetch_config: DNS SRV lookup failed\nsqueue: fatal: Could not establish a configuration source\n";
        assert_eq!(
            words_of(&reply(1, "", stderr)),
            "fetch_config: DNS SRV lookup failed\nCould not establish a configuration source"
        );
        let down = "sacct: error: Sending PersistInit msg: Connection refused\nsacct: error: Problem talking to the database: Connection refused\n";
        assert!(
            words_of(&reply(1, "", down)).ends_with("Problem talking to the database: Connection refused")
        );
        assert_eq!(words_of(&reply(7, "", "")), "it said nothing and exited with code 7");
    }
}
