//! A cgroup of its own for each run whose memory is limited: the kernel then counts, refuses, and kills.
//!
//! The worker goes into it, starts the program, which inherits it, and goes back: no moment is left in which the
//! program is outside.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::id::RunId;
use crate::process::ProcessId;
use crate::resources::MemorySize;
use crate::worker::memory::killed;

/// Where Linux mounts cgroups.
pub(super) const ROOT: &str = "/sys/fs/cgroup";

/// Less than this is set only once the worker has left again: it must not be killed for the little that it needs.
const ROOM_TO_START: u64 = 32 << 20;

/// Which of the two interfaces of the kernel (cgroups(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// Where cgroups of runs can be tried to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    version: Version,
    /// The cgroup to make them in.
    parent: PathBuf,
    /// The cgroup of this process.
    home: PathBuf,
}

/// The cgroup of one run.
#[derive(Debug)]
pub(super) struct Cgroup {
    version: Version,
    folder: PathBuf,
    limit: MemorySize,
    /// The way back for this process, opened while it was certain to be allowed.
    way_home: File,
}

/// What the kernel does to a run that needs more than its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Killing {
    /// It kills all its processes at once.
    All,
    /// It kills one of them, and the others may wait for that one for ever.
    One,
}

/// Lists the places to try, the likeliest first, for a process with these `cgroups` (`/proc/PID/cgroup`). Pure.
///
/// In version 2 a cgroup with processes cannot limit its children's memory, except the root: the runs' own stand beside
/// that of this process, where systemd allows it for whatever a user has started under `user@.service`.
pub(super) fn places(cgroups: &str, root: &Path) -> Vec<Place> {
    let below = |root: PathBuf, path: &str| {
        let is_inside = path.starts_with('/') && !path.contains("/..");
        is_inside.then(|| root.join(path.trim_start_matches('/')))
    };
    let of = |line: &str| {
        let (_, line) = line.split_once(':')?;
        let (controllers, path) = line.split_once(':')?;
        if controllers.split(',').any(|controller| controller == "memory") {
            let home = below(root.join("memory"), path)?;
            return Some(vec![Place { version: Version::One, parent: home.clone(), home }]);
        }
        let home = below(root.to_owned(), path).filter(|_| controllers.is_empty())?;
        let beside = home.parent().filter(|_| path != "/").map(Path::to_owned);
        let parents = beside.into_iter().chain([home.clone()]);
        Some(parents.map(|parent| Place { version: Version::Two, parent, home: home.clone() }).collect())
    };
    cgroups.lines().filter_map(of).flatten().collect()
}

impl Place {
    /// Makes the cgroup of a run, with its limit.
    pub(super) fn make(&self, run: RunId, limit: MemorySize) -> io::Result<Cgroup> {
        if self.version == Version::Two {
            let passed_down = fs::read_to_string(self.parent.join("cgroup.subtree_control"))?;
            if !passed_down.split_ascii_whitespace().any(|controller| controller == "memory") {
                return Err(io::Error::new(io::ErrorKind::Unsupported, "it limits no memory below it"));
            }
        }
        let way_home = OpenOptions::new().write(true).open(self.home.join("cgroup.procs"))?;
        let folder = self.parent.join(format!("{PREFIX}{}-{run}", std::process::id()));
        fs::create_dir(&folder)?;
        let cgroup = Cgroup { version: self.version, folder, limit, way_home };
        cgroup.set_limit(limit.bytes().max(ROOM_TO_START)).inspect_err(|_| cgroup.remove_or_leave())?;
        Ok(cgroup)
    }

    /// Tells whether there is a cgroup of that name.
    #[cfg(test)]
    pub(super) fn has(&self, name: &str) -> bool {
        self.parent.join(name).exists()
    }

    /// Removes what workers that were killed have left, where nothing lives in it.
    pub(super) fn sweep(&self) {
        for entry in fs::read_dir(&self.parent).into_iter().flatten().flatten() {
            let maker = entry.file_name().to_str().and_then(maker_of);
            if maker.is_some_and(|pid| ProcessId::of(pid).is_none()) {
                // The kernel refuses while there are processes in it.
                let _in_use = fs::remove_dir(entry.path());
            }
        }
    }
}

const PREFIX: &str = "neu-";

/// Reads the pid of the worker in the name of a cgroup.
fn maker_of(name: &str) -> Option<i32> {
    name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

impl Cgroup {
    /// Moves this process into it.
    pub(super) fn step_in(&self) -> io::Result<()> {
        self.write("cgroup.procs", "0")
    }

    /// Moves this process back to where it was, and sets the whole limit.
    pub(super) fn step_out(&mut self) -> io::Result<()> {
        let gone_home = self.way_home.write_all(b"0");
        if gone_home.is_err() {
            // Inside, this process would be killed with its program.
            let _unlimited = self.set_limit(i64::MAX.unsigned_abs());
        }
        gone_home?;
        if self.limit.bytes() < ROOM_TO_START {
            // Version 1 refuses a limit that is exceeded already: what is over is killed by the next page it asks for.
            let _exceeded = self.set_limit(self.limit.bytes());
        }
        Ok(())
    }

    /// Tells whether the kernel has killed something in it.
    pub(super) fn has_killed(&self) -> bool {
        let file = match self.version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        };
        let text = fs::read_to_string(self.folder.join(file)).unwrap_or_default();
        killed(&text).is_some_and(|count| count > 0)
    }

    /// Tells what the kernel will do: version 2 was told to kill all, if it can (Linux 4.19).
    pub(super) fn killing(&self) -> Killing {
        let told = fs::read_to_string(self.folder.join("memory.oom.group")).unwrap_or_default();
        if told.trim() == "1" { Killing::All } else { Killing::One }
    }

    /// Removes it, and what the run has made inside.
    pub(super) fn remove(&self) -> io::Result<()> {
        remove_tree(&self.folder)
    }

    fn remove_or_leave(&self) {
        // The next worker sweeps it away.
        let _left = self.remove();
    }

    /// Limits memory, and swap with it: a run that swaps slows the whole machine down.
    fn set_limit(&self, bytes: u64) -> io::Result<()> {
        match self.version {
            Version::One => {
                let bytes = bytes.to_string();
                // The one with swap must never be the lower: it is raised first, or lowered last.
                let _without_swap_accounting = self.write("memory.memsw.limit_in_bytes", &bytes);
                self.write("memory.limit_in_bytes", &bytes)?;
                let _without_swap_accounting = self.write("memory.memsw.limit_in_bytes", &bytes);
                Ok(())
            }
            Version::Two => {
                self.write("memory.max", &bytes.to_string())?;
                let _without_swap = self.write("memory.swap.max", "0");
                let _before_linux_4_19 = self.write("memory.oom.group", "1");
                Ok(())
            }
        }
    }

    /// Writes to one of its files, all of which the kernel has made.
    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        OpenOptions::new().write(true).open(self.folder.join(file))?.write_all(text.as_bytes())
    }
}

/// Removes a cgroup from its leaves up: rmdir(2) alone works there.
fn remove_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    match fs::remove_dir(folder) {
        Err(error) if error.raw_os_error() == Some(Errno::ENOENT as i32) => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests;
