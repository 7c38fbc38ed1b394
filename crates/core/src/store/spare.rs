//! What stands in a store beside launches and may go: programs that no job will start, caches, files of killed writers.

mod programs;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Store;
use super::error::{At, StoreError};
use super::remove::{self, Entry, Removal};
use crate::id::LaunchId;

/// How long anything is kept after it was last used: whoever is about to submit a job has just looked at its program.
const KEPT: Duration = Duration::from_hours(24);

/// What a store has at its top.
const OURS: [&str; 5] = [".gitignore", "bin", "cache", "launches", "turns"];

/// Something that may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spare {
    /// Where it is.
    pub path: PathBuf,
    /// The bytes of its files.
    pub bytes: u64,
}

/// What may go, and what is not the store's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spares {
    /// Programs that were kept for jobs, and that no launch needs.
    pub programs: Vec<Spare>,
    /// Caches, and files that a killed writer left.
    pub files: Vec<Spare>,
    /// Folders of launches that were never completed.
    pub holes: Vec<Spare>,
    /// What stands in the store and is not its own: it is left where it is.
    pub strange: Vec<PathBuf>,
}

impl Store {
    /// Looks for what may go once the launches `leaving` are gone.
    pub fn spares(&self, leaving: &[LaunchId], now: SystemTime) -> Result<Spares, StoreError> {
        let mut spares = Spares::default();
        for path in list(&self.root)? {
            let name = name(&path);
            if is_left_by_a_writer(&name) {
                spares.files.extend(old(&path, now));
            } else if !OURS.contains(&name.as_str()) {
                spares.strange.push(path);
            }
        }
        for entry in self.entries()? {
            match entry {
                Entry::Launch(id) => spares.holes.extend(self.hole(id, now)),
                Entry::Mark(_) | Entry::Removing(_) => {}
                Entry::Strange(entry) => {
                    let path = self.root.join("launches").join(entry);
                    if is_left_by_a_writer(&name(&path)) {
                        spares.files.extend(old(&path, now));
                    } else {
                        spares.strange.push(path);
                    }
                }
            }
        }
        self.add_cache(&mut spares, leaving, now)?;
        self.add_programs(&mut spares, leaving, now)?;
        Ok(spares)
    }

    /// Adds what is cached for the store, and in folders what is cached for launches, `12.json`: that may be all that is
    /// left of what a scheduler knew, and stays as long as the launch does.
    fn add_cache(
        &self,
        spares: &mut Spares,
        leaving: &[LaunchId],
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let is_cache = |path: &Path| path.extension().is_some_and(|ending| ending == "json");
        let staying = self.launches()?;
        let stays = |id: &LaunchId| staying.contains(id) && !leaving.contains(id);
        for path in list(&self.root.join("cache"))? {
            if path.symlink_metadata().is_ok_and(|what| what.is_dir()) {
                for path in list(&path)? {
                    let launch = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok()).map(LaunchId);
                    match launch.filter(|_| is_cache(&path)) {
                        Some(id) if stays(&id) => {}
                        Some(_) => spares.files.push(Spare { bytes: remove::size(&path), path }),
                        None if is_left_by_a_writer(&name(&path)) => spares.files.extend(old(&path, now)),
                        None => spares.strange.push(path),
                    }
                }
            } else if is_cache(&path) || is_left_by_a_writer(&name(&path)) {
                spares.files.extend(old(&path, now));
            } else {
                spares.strange.push(path);
            }
        }
        Ok(())
    }

    /// Gives the folder of a launch that nobody will complete any more.
    fn hole(&self, id: LaunchId, now: SystemTime) -> Option<Spare> {
        let path = self.launch(id).path().to_owned();
        let is_hole = path.symlink_metadata().is_ok_and(|what| what.is_dir())
            && path
                .join("launch.json")
                .symlink_metadata()
                .is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        (is_hole && !is_young(&path, now)).then(|| Spare { bytes: remove::size(&path), path })
    }

    /// Deletes something that may go; tells whether it is gone.
    pub fn discard(&self, spare: &Spare) -> Result<bool, StoreError> {
        let entry = spare.path.strip_prefix(self.root.join("launches")).map(Entry::of);
        if let Ok(Entry::Launch(id)) = entry {
            return Ok(self.remove(&self.standing(id)?)? != Removal::TakenUp);
        }
        if spare.path.parent() != Some(&self.root.join("bin")) {
            remove::delete(&spare.path)?;
            return Ok(true);
        }
        self.discard_program(spare)
    }
}

fn is_left_by_a_writer(name: &str) -> bool {
    name.starts_with(".writing-")
}

fn old(path: &Path, now: SystemTime) -> Option<Spare> {
    let is_folder = path.symlink_metadata().is_ok_and(|what| what.is_dir());
    (!is_folder && !is_young(path, now)).then(|| Spare { path: path.to_owned(), bytes: remove::size(path) })
}

/// Tells whether something was written to within a day, or in the future of a clock that was set back.
fn is_young(path: &Path, now: SystemTime) -> bool {
    let written = path.symlink_metadata().and_then(|what| what.modified());
    written.is_ok_and(|written| now.duration_since(written).is_ok_and(|age| age < KEPT) || written > now)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Lists a folder in order; nothing where it is none, or a link to one.
fn list(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    if !folder.symlink_metadata().is_ok_and(|what| what.is_dir()) {
        return Ok(Vec::new());
    }
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.at("list", folder)?,
    };
    let paths: Result<Vec<PathBuf>, StoreError> =
        entries.map(|entry| Ok(entry.at("list", folder)?.path())).collect();
    let mut paths = paths?;
    paths.sort_unstable();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::unix::fs::symlink;

    const LATER: Duration = Duration::from_hours(48);

    fn store() -> (tempfile::TempDir, Store, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path().join(".neu"));
        let program = dir.path().join("program");
        fs::write(&program, "one").unwrap();
        let kept = store.keep_binary(&program).unwrap();
        (dir, store, kept)
    }

    fn programs(store: &Store, leaving: &[LaunchId]) -> usize {
        store.spares(leaving, SystemTime::now() + LATER).unwrap().programs.len()
    }

    fn make_old(path: &Path) {
        let then = SystemTime::now() - LATER;
        File::open(path).unwrap().set_modified(then).unwrap();
    }

    #[test]
    fn a_program_is_needed_as_long_as_a_script_names_it() {
        let (_dir, store, kept) = store();
        let (id, launch) = store.create_launch().unwrap();
        assert_eq!(programs(&store, &[]), 1);
        fs::write(launch.job_script(), format!("exec '{}' worker\n", kept.display())).unwrap();
        assert_eq!(programs(&store, &[]), 0);
        assert_eq!(programs(&store, &[id]), 1);
    }

    #[test]
    fn a_young_program_is_kept_for_whoever_is_about_to_submit() {
        let (_dir, store, _) = store();
        assert_eq!(store.spares(&[], SystemTime::now()).unwrap().programs, []);
    }

    #[test]
    fn using_a_program_makes_it_young_again() {
        let (dir, store, kept) = store();
        make_old(&kept);
        make_old(kept.parent().unwrap());
        assert_eq!(store.spares(&[], SystemTime::now()).unwrap().programs.len(), 1);
        assert_eq!(store.keep_binary(&dir.path().join("program")).unwrap(), kept);
        assert_eq!(store.spares(&[], SystemTime::now()).unwrap().programs, []);
    }

    #[test]
    fn what_is_used_at_the_last_moment_is_put_back() {
        let (dir, store, kept) = store();
        make_old(&kept);
        make_old(kept.parent().unwrap());
        let spare = store.spares(&[], SystemTime::now()).unwrap().programs.remove(0);
        store.keep_binary(&dir.path().join("program")).unwrap();
        assert!(!store.discard(&spare).unwrap());
        assert_eq!(fs::read(&kept).unwrap(), b"one");
        make_old(&kept);
        assert!(store.discard(&spare).unwrap());
        assert_eq!(fs::read_dir(store.root().join("bin/by-file")).unwrap().count(), 0);
        assert!(store.discard(&spare).unwrap(), "gone already");
        assert_eq!(fs::read(store.keep_binary(&dir.path().join("program")).unwrap()).unwrap(), b"one");
    }

    #[test]
    fn a_killed_deletion_is_finished() {
        let (_dir, store, kept) = store();
        make_old(&kept);
        let home = kept.parent().unwrap();
        let taken = home.with_extension("removing");
        fs::rename(home, &taken).unwrap();
        let spares = store.spares(&[], SystemTime::now() + LATER).unwrap();
        assert!(spares.programs[0].path == taken && store.discard(&spares.programs[0]).unwrap());
        assert!(!taken.exists() && spares.strange.is_empty(), "{spares:?}");
    }

    #[test]
    fn a_hole_goes_after_a_day_and_its_number_stays_taken() {
        let (_dir, store, _) = store();
        let (id, launch) = store.create_launch().unwrap();
        assert_eq!(store.spares(&[], SystemTime::now()).unwrap().holes, []);
        let holes = store.spares(&[], SystemTime::now() + LATER).unwrap().holes;
        assert!(holes[0].path == launch.path() && store.discard(&holes[0]).unwrap());
        assert!(store.removed(id).is_some());
        let (_, launch) = store.create_launch().unwrap();
        fs::write(launch.path().join("launch.json"), "not readable, but there").unwrap();
        assert_eq!(store.spares(&[], SystemTime::now() + LATER).unwrap().holes, []);
    }

    #[test]
    fn what_is_cached_for_a_launch_stays_as_long_as_it_does() {
        let (_dir, store, _) = store();
        let (id, _) = store.create_launch().unwrap();
        fs::create_dir_all(store.root().join("cache/slurm")).unwrap();
        for file in ["limits.json", "slurm/1.json", "slurm/7.json", "slurm/notes"] {
            fs::write(store.root().join("cache").join(file), "{}").unwrap();
        }
        let files = |leaving: &[LaunchId], now| -> Vec<String> {
            let files = store.spares(leaving, now).unwrap().files;
            files.iter().map(|spare| name(&spare.path)).collect()
        };
        assert_eq!(files(&[], SystemTime::now()), ["7.json"]);
        assert_eq!(files(&[id], SystemTime::now()), ["1.json", "7.json"]);
        assert_eq!(files(&[], SystemTime::now() + LATER), ["limits.json", "7.json"]);
        let strange = store.spares(&[], SystemTime::now()).unwrap().strange;
        assert_eq!(strange, [store.root().join("cache/slurm/notes")]);
    }

    #[test]
    fn what_is_not_ours_is_left_and_named() {
        let (dir, store, _) = store();
        store.create_launch().unwrap();
        let root = store.root();
        symlink(dir.path(), root.join("cache")).unwrap();
        for name in ["notes.txt", "launches/old", "bin/mine", ".writing-abc"] {
            fs::write(root.join(name), "mine").unwrap();
        }
        let spares = store.spares(&[], SystemTime::now() + LATER).unwrap();
        let names: Vec<String> = spares
            .strange
            .iter()
            .map(|path| path.strip_prefix(root).unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["notes.txt", "launches/old", "bin/mine"]);
        assert_eq!(spares.files.iter().map(|spare| name(&spare.path)).collect::<Vec<_>>(), [".writing-abc"]);
        assert_eq!(store.spares(&[], SystemTime::now()).unwrap().files, []);
    }
}
