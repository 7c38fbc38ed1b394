//! What the errors of the core mean for a user: the exit code, and what to do.

use std::io;
use std::path::Path;

use neuromanager_core::config::{ConfigError, SelectError, WordProblems};
use neuromanager_core::document::Problems;
use neuromanager_core::engine::cancel::CancelError;
use neuromanager_core::engine::configuration::ConfigurationError;
use neuromanager_core::engine::flags::FlagsError;
use neuromanager_core::engine::limits::Elsewhere;
use neuromanager_core::engine::program::ProgramError;
use neuromanager_core::engine::rerun::RerunError;
use neuromanager_core::expression::ExpressionError;
use neuromanager_core::id::SelectionError;
use neuromanager_core::plan::PlanError;
use neuromanager_core::resources::LocalFault;
use neuromanager_core::slurm::query::QueryError;
use neuromanager_core::store::StoreError;
use neuromanager_core::support::SupportError;
use neuromanager_core::worker::WorkerError;

use super::{Body, Failure};
use crate::exit::Exit;

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        vec![problems].into()
    }
}

impl From<Vec<Problems>> for Failure {
    fn from(texts: Vec<Problems>) -> Self {
        Self { exit: Exit::Usage, body: Body::Problems(texts), hints: Vec::new() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Problems { problems, .. } => problems.into(),
            other @ ConfigError::SomethingElse { .. } => Self::of(Exit::Usage, other)
                .hint("name the configuration with `--config FILE`, or set NEU_CONFIG"),
        }
    }
}

impl From<ConfigurationError> for Failure {
    fn from(error: ConfigurationError) -> Self {
        match error {
            ConfigurationError::Config(error) => error.into(),
            other => Self::of(Exit::Usage, other),
        }
    }
}

impl From<LocalFault> for Failure {
    fn from(fault: LocalFault) -> Self {
        Self::of(Exit::Usage, fault)
    }
}

impl From<WordProblems> for Failure {
    fn from(problems: WordProblems) -> Self {
        let mistakes = problems.0.into_iter().map(|problem| (problem.message, problem.help)).collect();
        Self { exit: Exit::Usage, body: Body::Several(mistakes), hints: Vec::new() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NoLaunch { .. } => {
                Self::of(Exit::Usage, error).hint("`neu status` lists the launches of this folder")
            }
            StoreError::Copied { id, original } => {
                let folder = original.ancestors().nth(3).unwrap_or(original).display();
                let hint =
                    format!("act on it in `{folder}`, or start its runs anew here with `neu rerun {id}`");
                Self::of(Exit::Usage, error).hint(hint)
            }
            StoreError::NoRun { .. } | StoreError::Removed { .. } => Self::of(Exit::Usage, error),
            StoreError::HalfMade { .. } => Self::of(Exit::Store, error).hint("start it again"),
            StoreError::Unrecorded { .. } => Self::of(Exit::Store, error)
                .hint("the job goes on; `neu resume` finds it by its key once the store can be written to"),
            StoreError::Damaged { id, .. } => {
                let hint = format!(
                    "nothing more of launch {id} is handed over: `neu resume {id}` looks again, `squeue --me` shows the jobs of that name, `neu cancel {id}` ends those that are known, and `neu rerun {id}` starts runs again as a new launch"
                );
                Self::of(Exit::Store, error).hint(hint)
            }
            StoreError::NotPlanned { path, .. } => {
                let hint = of_plan(path);
                Self::of(Exit::Store, error).hint(hint)
            }
            StoreError::Io { path, source, .. }
                if source.kind() == io::ErrorKind::NotFound && is_of_plan(path) =>
            {
                let hint = of_plan(path);
                Self::of(Exit::Store, error).hint(hint)
            }
            StoreError::Unreadable { path, .. } if path.ends_with("launch.json") => {
                let hint = of_description(path);
                Self::of(Exit::Store, error).hint(hint)
            }
            StoreError::Io { .. }
            | StoreError::Unreadable { .. }
            | StoreError::RecordTooLong { .. }
            | StoreError::NewerFormat { .. }
            | StoreError::TakenOver { .. } => Self::of(Exit::Store, error),
        }
    }
}

fn is_of_plan(path: &Path) -> bool {
    path.ends_with("runs.jsonl") || path.ends_with("runs.idx")
}

/// Says what can be done about a plan that is damaged.
fn of_plan(path: &Path) -> String {
    let id = path.parent().and_then(Path::file_name).unwrap_or_default().display();
    format!(
        "bring the file back from a backup; without it `neu ls` and `neu show {id}` tell of the launch, `neu cancel {id}` ends it, \
         and what its runs printed is in `{}`",
        path.with_file_name("logs").display()
    )
}

/// Says what can be done about a launch of which it is not known what it is.
fn of_description(path: &Path) -> String {
    format!(
        "bring the file back from a backup; without it nothing is done with the launch. Its jobs, if it has any, are in \
         `squeue --me`, and what its runs printed is in `{}`",
        path.with_file_name("logs").display()
    )
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Store(error) => error.into(),
            other @ WorkerError::Resources(_) => Self::of(Exit::Usage, other),
            other @ WorkerError::System { .. } => Self::of(Exit::Store, other),
        }
    }
}

impl From<SupportError> for Failure {
    fn from(error: SupportError) -> Self {
        match error {
            SupportError::Store(error) => error.into(),
            other => Self::of(Exit::Scheduler, other),
        }
    }
}

impl From<CancelError> for Failure {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::Store(error) => error.into(),
            CancelError::Support(error) => error.into(),
        }
    }
}

impl From<RerunError> for Failure {
    fn from(error: RerunError) -> Self {
        match error {
            RerunError::Store(error) => error.into(),
            RerunError::Plan(error) => error.into(),
        }
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::of(Exit::Scheduler, error).hint("is this a machine of the cluster, and does `sinfo` answer?")
    }
}

impl From<Elsewhere> for Failure {
    fn from(error: Elsewhere) -> Self {
        Self::of(Exit::Scheduler, error)
            .hint("go to a machine of that cluster, or set SLURM_CONF or SLURM_CLUSTERS as it was then")
    }
}

impl From<FlagsError> for Failure {
    fn from(error: FlagsError) -> Self {
        let hint =
            "nothing was checked, and nothing was started; `--dry-run` shows what the program would be given";
        // What it says already has what the program said.
        Self::new(Exit::Scheduler, error.to_string()).hint(hint)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { exit: Exit::Done, body: Body::ClosedPipe, hints: Vec::new() },
            // What is written elsewhere has a path beside its error.
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::new(Exit::Store, format!("cannot write to standard output: {error}"))
                    .hint("make room where it goes, and start this again: what was printed is not whole")
            }
            _ => Self::of(Exit::Store, error),
        }
    }
}

macro_rules! usage {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::of(Exit::Usage, error)
            }
        })*
    };
}

usage!(SelectError, ProgramError, PlanError, SelectionError, ExpressionError);
