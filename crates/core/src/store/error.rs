//! What can go wrong on disk, always with the path that it went wrong with.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::submissions::Damage;

/// Tells what the disk, or a file on it, refused.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file of ours holds something else.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The plan of a launch does not tell a run.
    #[error("in `{}` the line of run {run} {}", path.display(), how.words())]
    NotPlanned {
        /// The plan, or its index.
        path: PathBuf,
        /// The run.
        run: u64,
        /// What became of its line.
        how: LostLine,
    },
    /// A record that would be torn when two are written at once.
    #[error("a record of {bytes} bytes is too long for `{}`", path.display())]
    RecordTooLong {
        /// Its length.
        bytes: usize,
        /// The journal.
        path: PathBuf,
    },
    /// A launch that a newer version wrote.
    #[error("`{}` was written in format {found}; this version reads up to {known}: update neuromanager", path.display())]
    NewerFormat {
        /// The launch's file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// There is no such launch.
    #[error("there is no launch {id} in `{}`", root.display())]
    NoLaunch {
        /// What was asked for.
        id: u64,
        /// The store.
        root: PathBuf,
    },
    /// The launch was removed.
    #[error("launch {id} was removed on {}", time.strftime("%Y-%m-%d at %H:%M:%S UTC"))]
    Removed {
        /// The launch.
        id: u64,
        /// When.
        time: Timestamp,
    },
    /// The folder of a launch without its description: its client was killed before anything was started.
    #[error("launch {id} was never completed: nothing of it was started")]
    HalfMade {
        /// The launch.
        id: u64,
    },
    /// Another client submits the launch by now: this one was silent for too long.
    #[error("another client has gone on with `{}`, since this one gave no sign of life for minutes", folder.display())]
    TakenOver {
        /// The launch's folder.
        folder: PathBuf,
    },
    /// A submission may be missing in the record of them: what it names is perhaps in the queue already.
    #[error("in `{}` {damage}, so it is not known which runs Slurm has: {why}", path.display())]
    Damaged {
        /// The record.
        path: PathBuf,
        /// Where.
        damage: Damage,
        /// The launch.
        id: u64,
        /// Why that could not be found out: who did not answer what.
        why: String,
    },
    /// Slurm took a job, and the store did not take the note of it.
    #[error("Slurm has job {job}, but that could not be written down")]
    Unrecorded {
        /// The job.
        job: u32,
        /// Why not.
        #[source]
        source: Box<StoreError>,
    },
    /// The launch is a copy of one that is still there.
    #[error("launch {id} here is a copy: its jobs and processes are those of `{}`", original.display())]
    Copied {
        /// The launch.
        id: u64,
        /// The folder of the original.
        original: PathBuf,
    },
    /// There is no such run.
    #[error("launch {launch} has runs 0 to {last}, not {run}")]
    NoRun {
        /// The launch.
        launch: u64,
        /// What was asked for.
        run: u64,
        /// The last run.
        last: u64,
    },
}

/// What became of a line that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostLine {
    /// The file ends before it.
    Missing,
    /// The file ends in it.
    Cut,
    /// It holds something else.
    Damaged,
}

impl LostLine {
    fn words(self) -> &'static str {
        match self {
            Self::Missing => "is missing",
            Self::Cut => "is cut off",
            Self::Damaged => "is damaged",
        }
    }
}

/// Adds what was tried, and with what, to an error of the system.
pub(crate) trait At<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Io { action, path: path.to_owned(), source })
    }
}

/// Tells whether an error of the system says that there is nothing at a path.
pub(super) fn is_not_there(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
