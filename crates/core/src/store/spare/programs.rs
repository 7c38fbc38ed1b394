//! Which kept programs no job will start, and how one is deleted while others may begin to use it.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::{Spare, Spares, is_young, list, name};
use crate::id::LaunchId;
use crate::store::error::At;
use crate::store::{Store, StoreError, atomic, remove};

impl Store {
    /// Adds the programs that no launch but those that leave starts, and nobody has used for a day.
    pub(super) fn add_programs(
        &self,
        spares: &mut Spares,
        leaving: &[LaunchId],
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let bin = self.root.join("bin");
        let mut idle = Vec::new();
        for path in list(&bin)? {
            let name = name(&path);
            if name == "by-file" {
                continue;
            }
            if !is_program(&name) {
                spares.strange.push(path);
            } else if !is_young(&path.join("neu"), now) && !is_young(&path, now) {
                idle.push((name, path));
            }
        }
        if idle.is_empty() {
            return Ok(());
        }
        let needed = self.needed(leaving)?;
        let unneeded = idle.into_iter().filter(|(name, _)| !needed.contains(hash_of(name)));
        spares.programs.extend(unneeded.map(|(_, path)| Spare { bytes: remove::size(&path), path }));
        Ok(())
    }

    /// Gives the programs that the jobs of launches start, by their content.
    fn needed(&self, leaving: &[LaunchId]) -> Result<BTreeSet<String>, StoreError> {
        let mut needed = BTreeSet::new();
        for id in self.launches()?.into_iter().filter(|id| !leaving.contains(id)) {
            for path in list(self.launch(id).path())? {
                if path.extension().is_some_and(|ending| ending == "sh" || ending == "jsonl")
                    && name(&path) != "runs.jsonl"
                {
                    needed.extend(hashes(&read(&path)?));
                }
            }
        }
        Ok(needed)
    }

    /// Deletes a program, unless somebody has begun to use it; tells whether it is gone.
    pub(super) fn discard_program(&self, spare: &Spare) -> Result<bool, StoreError> {
        let name = name(&spare.path);
        let taken = spare.path.with_file_name(format!("{}.removing", hash_of(&name)));
        if spare.path != taken && fs::rename(&spare.path, &taken).is_err() {
            return Ok(spare.path.symlink_metadata().is_err());
        }
        // Somebody may have begun to use it since it was looked at, and found it until the rename.
        let is_used =
            is_young(&taken.join("neu"), SystemTime::now()) || self.needed(&[])?.contains(hash_of(&name));
        if is_used && atomic::rename(&taken, &taken.with_file_name(hash_of(&name))).is_ok() {
            return Ok(false);
        }
        remove::delete(&taken)?;
        self.forget_files_of(hash_of(&name));
        Ok(true)
    }

    /// Forgets which files had the content of a program that is gone. It only saved time.
    fn forget_files_of(&self, hash: &str) {
        for link in list(&self.root.join("bin/by-file")).unwrap_or_default() {
            if fs::read_link(&link).is_ok_and(|target| target == Path::new(hash)) {
                let _not_forgotten = fs::remove_file(link);
            }
        }
    }
}

/// Finds the names of kept programs in a text: 32 hexadecimal digits.
fn hashes(text: &[u8]) -> impl Iterator<Item = String> {
    let words = text.split(|byte| !byte.is_ascii_alphanumeric());
    words.filter_map(|word| std::str::from_utf8(word).ok()).filter(|word| is_hash(word)).map(str::to_owned)
}

fn is_hash(word: &str) -> bool {
    word.len() == 32 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Tells whether a name is that of a kept program, or of one whose deletion was killed.
fn is_program(name: &str) -> bool {
    is_hash(hash_of(name))
}

fn hash_of(name: &str) -> &str {
    name.strip_suffix(".removing").unwrap_or(name)
}

fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.at("read", path),
    }
}
