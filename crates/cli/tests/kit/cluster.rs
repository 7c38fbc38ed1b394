//! Real clusters: the one that all tests share, and special ones of a single test's own.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A running Slurm.
pub(crate) struct Cluster {
    conf: PathBuf,
    own: Option<TempDir>,
}

impl Cluster {
    /// Gives the cluster that scripts/test has started; `None`, said aloud, where the tests run without Slurm.
    pub(crate) fn shared() -> Option<Self> {
        let conf = env::var_os("NEU_TEST_SLURM_CONF").filter(|conf| !conf.is_empty());
        if conf.is_none() {
            let wish = env::var("NEU_TEST_SLURM").unwrap_or_default();
            assert_ne!(wish, "required", "NEU_TEST_SLURM=required, but NEU_TEST_SLURM_CONF names no cluster");
            eprintln!("!!! SKIPPED: this test needs a real Slurm cluster; scripts/test starts one");
        }
        Some(Self { conf: conf?.into(), own: None })
    }

    /// Starts a cluster with `options` of scripts/slurm-cluster, where there is a shared one; it ends with this
    /// value, or with this process.
    pub(crate) fn special(options: &[&str]) -> Option<Self> {
        Self::shared()?;
        // Short, since the path of a socket in it may have 107 bytes at most.
        let folder = tempfile::Builder::new().prefix("neu-special-").tempdir_in("/tmp").unwrap();
        let mut start = script("start", folder.path());
        start.arg("--until-exit").arg(std::process::id().to_string()).args(options);
        let Output { status, stderr, .. } = start.output().unwrap();
        let words = String::from_utf8_lossy(&stderr);
        if status.code() == Some(3) {
            eprintln!("!!! SKIPPED: this machine cannot have a cluster with {options:?}: {words}");
            return None;
        }
        assert!(status.success(), "no cluster with {options:?}: {words}");
        Some(Self { conf: folder.path().join("slurm.conf"), own: Some(folder) })
    }

    /// Gives its slurm.conf.
    pub(crate) fn conf(&self) -> &Path {
        &self.conf
    }

    /// Gives the process of its controller.
    pub(crate) fn controller(&self) -> i32 {
        self.daemon("slurmctld")
    }

    /// Gives the process of a daemon: `slurmctld`, `slurmdbd`, or `slurmd-n1` of a node.
    pub(crate) fn daemon(&self, name: &str) -> i32 {
        let file = self.conf.with_file_name("pid").join(name);
        std::fs::read_to_string(file).unwrap().trim().parse().unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(folder) = &self.own {
            let stopped = script("stop", folder.path()).status();
            assert!(stopped.is_ok_and(|status| status.success()) || std::thread::panicking());
        }
    }
}

fn script(verb: &str, folder: &Path) -> Command {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/slurm-cluster"));
    command.arg(verb).arg("--dir").arg(folder);
    command
}
