//! Whether this machine ends what a user runs when that user logs out: some sites have systemd do so.

use std::fs;
use std::path::{Path, PathBuf};

/// What becomes of a process in the background at logout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logout {
    /// It goes on, as far as can be told.
    Survived,
    /// It is ended with the session that it was started in.
    Deadly,
}

impl Logout {
    /// Reads what becomes of this process (logind.conf(5), `KillUserProcesses`). What is not set is not assumed: most
    /// distributions have it off.
    pub fn here() -> Self {
        let cgroup = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        if !is_of_a_session(&cgroup) {
            return Self::Survived;
        }
        let files = main_file().into_iter().chain(drop_ins());
        let texts = files.filter_map(|file| fs::read_to_string(file).ok());
        texts.filter_map(|text| kills(&text)).next_back().map_or(Self::Survived, |kills| match kills {
            true => Self::Deadly,
            false => Self::Survived,
        })
    }
}

/// The folders of systemd's configuration, the one that counts most first.
const FOLDERS: [&str; 4] = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];

fn main_file() -> Option<PathBuf> {
    let files = FOLDERS.iter().map(|folder| Path::new(folder).join("logind.conf"));
    files.into_iter().find(|file| file.exists())
}

/// Gives the files that add to it, in the order of their names wherever they are; one of a name hides others of it.
fn drop_ins() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in FOLDERS {
        let entries = fs::read_dir(Path::new(folder).join("logind.conf.d")).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let is_hidden = found.iter().any(|other| other.file_name() == path.file_name());
            if path.extension().is_some_and(|extension| extension == "conf") && !is_hidden {
                found.push(path);
            }
        }
    }
    found.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    found
}

/// Tells whether a process is in the scope of a login session, by its `/proc/PID/cgroup` (cgroups(7)).
fn is_of_a_session(cgroup: &str) -> bool {
    let mut parts = cgroup.lines().flat_map(|line| line.split('/'));
    parts.any(|part| part.strip_prefix("session-").is_some_and(|rest| rest.strip_suffix(".scope").is_some()))
}

/// Reads the last word of a file on it.
fn kills(text: &str) -> Option<bool> {
    let lines = text.lines().map(str::trim).filter_map(|line| line.split_once('='));
    let words = lines.filter(|(name, _)| name.trim() == "KillUserProcesses");
    words
        .map(|(_, word)| ["1", "yes", "y", "true", "t", "on"].contains(&word.trim().to_lowercase().as_str()))
        .next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_counts_and_a_comment_is_none() {
        assert_eq!(kills("[Login]\n#KillUserProcesses=yes\nNAutoVTs=6\n"), None);
        assert_eq!(kills("[Login]\nKillUserProcesses = yes\n"), Some(true));
        assert_eq!(kills("KillUserProcesses=yes\nKillUserProcesses=no\nKillOnlyUsers=ada"), Some(false));
    }

    #[test]
    fn only_what_is_in_the_scope_of_a_session_ends_with_it() {
        assert!(is_of_a_session("0::/user.slice/user-1000.slice/session-3.scope\n"));
        assert!(!is_of_a_session(
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope\n"
        ));
        assert!(!is_of_a_session("1:name=systemd:/system.slice/slurmd.service\n0::/\n"));
    }
}
