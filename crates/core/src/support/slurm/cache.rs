//! What saves questions to Slurm: small files in the store's cache, which may be lost at any time.
//!
//! A store of another user, or on a read-only disk, is viewed without it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{AccessFlags, access, geteuid};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::Store;

/// The cache of a store.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    store: Store,
    can_keep: bool,
}

impl Cache {
    /// Takes the cache of the store that is there.
    pub(super) fn of(store: Store) -> Self {
        let user = geteuid().as_raw();
        let is_ours = fs::metadata(store.root()).is_ok_and(|root| root.uid() == user);
        let can_keep = is_ours && access(store.root(), AccessFlags::W_OK).is_ok();
        Self { store, can_keep }
    }

    /// Reads something.
    pub(super) fn read<T: DeserializeOwned>(&self, file: &Path) -> Option<T> {
        self.store.kept(&Path::new("cache").join(file))
    }

    /// Tells whether it can keep anything. Files in another user's store would not be theirs.
    pub(super) fn can_keep(&self) -> bool {
        self.can_keep
    }

    /// Keeps something, where it can.
    pub(super) fn keep<T: Serialize>(&self, file: &Path, what: &T) {
        if self.can_keep {
            let _costs_a_question_later = self.store.keep(&Path::new("cache").join(file), what);
        }
    }
}
