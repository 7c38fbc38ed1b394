//! The daemons of a cluster, one by one: frozen, killed, started again.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::cluster::Cluster;
use crate::desk::until;

/// One daemon, by the name of its pid file: `slurmctld`, `slurmdbd`, `slurmd-n1`.
#[derive(Debug, Clone)]
pub(crate) struct Daemon {
    folder: PathBuf,
    name: String,
}

impl Daemon {
    pub(crate) fn of(cluster: &Cluster, name: &str) -> Self {
        Self { folder: cluster.conf().parent().unwrap().to_owned(), name: name.to_owned() }
    }

    pub(crate) fn pid(&self) -> Pid {
        let text = fs::read_to_string(self.folder.join("pid").join(&self.name)).unwrap();
        Pid::from_raw(text.trim().parse().unwrap())
    }

    /// Stops it where it is, until the answer is dropped.
    pub(crate) fn freeze(&self) -> Frozen {
        let pid = self.pid();
        kill(pid, Signal::SIGSTOP).unwrap();
        Frozen(pid)
    }

    /// Ends it and sees it gone.
    pub(crate) fn end(&self, signal: Signal) {
        let pid = self.pid();
        kill(pid, signal).unwrap();
        until("the daemon is gone", || if is_gone(pid) { Ok(()) } else { Err(pid) });
    }

    /// Starts it again.
    pub(crate) fn start(&self) {
        let started = self.command(&[]).status().unwrap();
        assert!(started.success(), "{} does not start", self.name);
    }

    /// Gives the command that starts it, through the words of `prefix`.
    pub(crate) fn command(&self, prefix: &[&str]) -> Command {
        let conf = self.folder.join("slurm.conf").display().to_string();
        let (program, node) = self.name.split_once('-').unwrap_or((&self.name, ""));
        let mut words: Vec<&str> = prefix.iter().copied().chain([program]).collect();
        if program != "slurmdbd" {
            words.extend(["-f", &conf]);
        }
        if !node.is_empty() {
            words.extend(["-N", node]);
        }
        let mut command = Command::new("setsid");
        command
            .args(words)
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("SLURM_CLUSTER_DIR", &self.folder).env("SLURM_CONF", &conf);
        command.env("HOME", "/").env("MYSQL_UNIX_PORT", self.folder.join("db/socket"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Gives the step daemons of this node's jobs: they write into its log.
    pub(crate) fn steps(&self) -> Vec<Pid> {
        let log = self.folder.join("log").join(&self.name);
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let pids = processes.filter_map(|process| process.file_name().to_string_lossy().parse().ok());
        let is_step = |pid: &i32| {
            let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            let mut files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
            comm.trim() == "slurmstepd"
                && files.any(|file| fs::read_link(file.path()).is_ok_and(|file| file == log))
        };
        pids.filter(is_step).map(Pid::from_raw).collect()
    }
}

/// A process that is stopped for as long as this lives.
pub(crate) struct Frozen(Pid);

impl Drop for Frozen {
    fn drop(&mut self) {
        let _gone = kill(self.0, Signal::SIGCONT);
    }
}

fn is_gone(pid: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.is_empty() || status.contains("\nState:\tZ")
}
