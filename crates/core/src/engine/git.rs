//! The state of the code: which commit, and whether files were changed since.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::store::Git;
use crate::tool::{Invocation, Runner};

/// How long git may take before the launch goes on without its answer; a large repository on a slow disk would
/// keep the user waiting.
const PATIENCE: Duration = Duration::from_millis(500);

/// A question to git that is answered while other things are done.
#[derive(Debug)]
pub struct Question(Option<JoinHandle<Option<Git>>>);

impl Question {
    /// Begins to ask git about the repository of `folder`.
    pub fn ask(runner: impl Runner + 'static, folder: PathBuf) -> Self {
        let has_repository = folder.ancestors().any(|above| above.join(".git").exists());
        Self(has_repository.then(|| thread::spawn(move || ask(&runner, &folder))))
    }

    /// Waits for the answer; `None` where there is no repository, or no git, or no answer in time.
    pub fn answer(self) -> Option<Git> {
        self.0?.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn ask(runner: &dyn Runner, folder: &Path) -> Option<Git> {
    let asked = Invocation::query("git", PATIENCE).arg("-C").arg(folder);
    let asked = asked.args(["status", "--porcelain=v2", "--branch", "--untracked-files=no"]);
    let reply = runner.run(&asked).ok()?;
    read(&reply.stdout)
}

fn read(status: &str) -> Option<Git> {
    let commit = status.lines().find_map(|line| line.strip_prefix("# branch.oid "))?;
    let dirty = status.lines().any(|line| !line.starts_with('#'));
    // A repository without a commit yet says "(initial)".
    commit.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| Git { commit: commit.to_owned(), dirty })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_and_changed_files_are_read() {
        let clean = "# branch.oid 5594ecb0\n# branch.head main\n";
        assert_eq!(read(clean), Some(Git { commit: "5594ecb0".to_owned(), dirty: false }));
        let dirty = format!("{clean}1 .M N... 100644 100644 100644 1 1 train.py\n");
        assert!(read(&dirty).unwrap().dirty);
        assert_eq!(read("# branch.oid (initial)\n"), None);
        assert_eq!(read(""), None);
    }
}
