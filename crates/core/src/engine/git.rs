//! The state of the code: which commit, and whether files were changed since.

use std::path::Path;
use std::time::Duration;

use crate::store::Git;
use crate::tool::{Invocation, Runner};

/// How long git may take before the launch goes on without its answer; a large repository on a slow disk would
/// keep the user waiting.
const PATIENCE: Duration = Duration::from_millis(500);

/// Asks git about the repository of `folder`; `None` where there is none, or no git, or no answer in time.
pub fn ask(runner: &dyn Runner, folder: &Path) -> Option<Git> {
    folder.ancestors().find(|above| above.join(".git").exists())?;
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
