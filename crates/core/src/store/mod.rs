//! The store: `.neu` on disk, plain files with one writer each; the only writer of history.
//!
//! Correctness leans on two primitives alone, which network file systems keep: an exclusive create and a rename.

mod atomic;
mod binary;
mod claim;
mod claims;
mod error;
mod held;
mod journal;
mod launch;
mod original;
mod owner;
mod plan;
mod registry;
mod remove;
mod spare;
mod submissions;
mod turn;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::id::LaunchId;

pub use claim::Claim;
pub use error::{LostLine, StoreError};
pub use held::{OwnedBy, Owner};
pub use journal::{JournalReader, JournalWriter};
pub use launch::{Beginning, Draft, FORMAT, Git, Launch, LaunchDir, Names};
pub use owner::{Owned, Ownership};
pub use plan::{PlanReader, PlannedPoint, PlannedRun};
pub use registry::{Entry as RegistryEntry, Registry};
pub use remove::{Removal, Standing, size};
pub use spare::{Spare, Spares};
pub use submissions::{
    Answer, Chunk, Damage, Submission, SubmissionEvent, SubmissionRecord, Submissions, Wish,
};
pub use turn::{Turn, TurnTaking};

use error::At;
use remove::{Entry, removed_on};

/// What the `.gitignore` of a store holds: everything.
const IGNORED: &[u8] = b"*\n";

/// The folder that holds every launch of a project.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// Names the store at `root`; nothing is touched.
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Finds where the store of `folder` is: at the root of its repository, else in the folder itself. A store that
    /// happens to lie above, in `/tmp` say, may be another user's.
    pub fn locate(folder: &Path) -> Self {
        let repository = folder.ancestors().find(|above| above.join(".git").exists());
        let root = repository.unwrap_or(folder);
        Self { root: root.join(".neu") }
    }

    /// Tells whether a folder is a store itself, by what [`Store::create_launch`] makes first.
    pub fn is_at(folder: &Path) -> bool {
        folder.join("launches").is_dir()
            && std::fs::read(folder.join(".gitignore")).is_ok_and(|text| text == IGNORED)
    }

    /// Gives the store's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Gives the launches, ascending; none where there is no store yet.
    pub fn launches(&self) -> Result<Vec<LaunchId>, StoreError> {
        let launch = |entry| match entry {
            Entry::Launch(id) => Some(id),
            Entry::Mark(_) | Entry::Removing(_) | Entry::Strange(_) => None,
        };
        let mut ids: Vec<LaunchId> = self.entries()?.into_iter().filter_map(launch).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Lists the folder of launches; nothing where there is no store yet.
    fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let folder = self.root.join("launches");
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).at("list", &folder),
        };
        let entry = |entry: std::io::Result<std::fs::DirEntry>| {
            Ok(Entry::of(Path::new(&entry.at("list", &folder)?.file_name())))
        };
        entries.map(entry).collect()
    }

    /// Gives the folder of a launch, whether or not it is there.
    pub fn launch(&self, id: LaunchId) -> LaunchDir {
        LaunchDir::at(self.root.join("launches").join(id.to_string()))
    }

    /// Takes the next launch number by making its folder: no two clients ever get the same.
    pub fn create_launch(&self) -> Result<(LaunchId, LaunchDir), StoreError> {
        self.prepare()?;
        let taken = self.entries()?.iter().filter_map(Entry::number).max();
        let mut next = taken.map_or(1, |last| last.0 + 1);
        loop {
            let dir = self.launch(LaunchId(next));
            match std::fs::create_dir(dir.path()) {
                // It was removed while the folder was listed: a number is never used again.
                Ok(()) if removed_on(dir.path()).is_some() => {
                    std::fs::remove_dir(dir.path()).at("give back", dir.path())?;
                    next += 1;
                }
                Ok(()) => return Ok((LaunchId(next), dir)),
                // Network file systems give the loser of a race other errors too: what counts is whether it is there.
                Err(_) if dir.path().exists() => next += 1,
                Err(error) => return Err(error).at("create", dir.path()),
            }
        }
    }

    /// Keeps a copy of the program by its content, so that an upgrade does not break queued jobs.
    pub fn keep_binary(&self, program: &Path) -> Result<PathBuf, StoreError> {
        self.prepare()?;
        binary::keep(&self.root.join("bin"), program)
    }

    /// Reads something that is kept to save a question, and may be lost at any time; `None` where it is not there.
    pub fn kept<T: DeserializeOwned>(&self, file: &Path) -> Option<T> {
        serde_json::from_slice(&std::fs::read(self.root.join(file)).ok()?).ok()
    }

    /// Keeps something that may be lost at any time, in a store that is there.
    pub fn keep<T: Serialize>(&self, file: &Path, what: &T) -> Result<(), StoreError> {
        let path = self.root.join(file);
        let text = serde_json::to_vec(what)
            .map_err(|source| StoreError::Unreadable { path: path.clone(), source })?;
        if let Some(folder) = path.parent() {
            atomic::create_folder(folder)?;
        }
        atomic::replace(&path, &text)
    }

    /// Makes the store's folders, private to the user and out of sight of git.
    fn prepare(&self) -> Result<(), StoreError> {
        let launches = self.root.join("launches");
        if launches.is_dir() {
            return Ok(());
        }
        atomic::create_folder(&self.root)?;
        atomic::write(&self.root.join(".gitignore"), IGNORED)?;
        atomic::create_folder(&launches)
    }
}
