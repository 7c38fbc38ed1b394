//! A lease on disk: which run has what of which GPU, and by which processes it is known to live.
//!
//! The first line says what is held, and by whom; a line is added for the run's program once it was started. A lease lives as
//! long as the process that keeps it, the program, or anything that carries the run in its environment; a lock that a program
//! inherited says nothing, since programs close what they do not know.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::census::Census;
use super::folder::Entry;
use super::placement::Holding;
use super::words;
use crate::process::ProcessId;

/// What the name of each file of a lease begins with.
pub(super) const PREFIX: &str = "lease-";

/// The form of the files. Another version of neuromanager, of another user, must be able to read them.
const FORMAT: u32 = 1;

/// What the first line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lease {
    format: u32,
    /// The launch's number in its store: `12`.
    pub(super) launch: String,
    /// The run, as it stands in its environment: `12.3`.
    pub(super) run: String,
    /// The launch's key, likewise.
    pub(super) key: String,
    pub(super) holdings: Vec<Holding>,
    /// The process that releases it.
    pub(super) owner: ProcessId,
}

/// What a further line says.
#[derive(Debug, Serialize, Deserialize)]
struct Began {
    process: ProcessId,
}

/// A lease as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filed {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) lease: Lease,
    programs: Vec<ProcessId>,
    is_new: bool,
}

/// How long a lease without a program lives at least: that may be about to start, and is not yet to be seen.
const STARTING: Duration = Duration::from_secs(1);

impl Lease {
    pub(super) fn new(launch: String, run: String, key: String, holdings: Vec<Holding>) -> Self {
        Self { format: FORMAT, launch, run, key, holdings, owner: ProcessId::current() }
    }

    /// Gives the first line.
    pub(super) fn text(&self) -> String {
        line(self)
    }
}

/// Gives the line that tells of a program.
pub(super) fn began(process: &ProcessId) -> String {
    line(&Began { process: process.clone() })
}

/// Writes one line of JSON.
pub(super) fn line(value: &impl Serialize) -> String {
    // Only a map with keys that are no text can fail.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

impl Filed {
    /// Reads a file; `None` where it is not one of a lease. A torn last line is skipped: its program is not known by it.
    pub(super) fn read(entry: &Entry) -> Option<Self> {
        let mut lines = entry.text.lines();
        let lease: Lease = serde_json::from_str(lines.next()?).ok()?;
        let programs =
            lines.filter_map(|line| serde_json::from_str::<Began>(line).ok()).map(|began| began.process);
        let (programs, is_new) = (programs.collect(), entry.age < STARTING);
        Some(Self { name: entry.name.clone(), uid: entry.uid, lease, programs, is_new })
    }

    /// Tells whether the run has any process.
    pub(super) fn lives(&self, census: &Census) -> bool {
        self.processes().any(|process| census.lives(process, self.uid))
            || (self.is_new && self.programs.is_empty())
            || census.any_carries(&self.lease.key, &self.lease.run, self.uid)
    }

    /// Tells whether a process that computes on one of its GPUs is of this run. Of another user's process only the user can be
    /// told.
    pub(super) fn is_of(&self, pid: i32, uid: u32) -> bool {
        let processes: Vec<&ProcessId> = self.processes().collect();
        let known = Census::belongs(pid, &processes, &self.lease.key, &self.lease.run);
        known.unwrap_or(uid == self.uid)
    }

    fn processes(&self) -> impl Iterator<Item = &ProcessId> {
        std::iter::once(&self.lease.owner).chain(&self.programs)
    }

    /// Tells whose it is, for another launch: `launch 12`, `launch 12 of alice`.
    pub(super) fn holder(&self, us: u32) -> String {
        launch_in_words(&self.lease.launch, self.uid, us)
    }
}

/// Names a launch to the user `us`. What another user wrote is cut to a number's length, and to plain letters.
pub(super) fn launch_in_words(launch: &str, uid: u32, us: u32) -> String {
    let launch: String = launch.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    if uid == us {
        format!("launch {launch}")
    } else {
        format!("launch {launch} of {}", words::user_name(uid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::GpuId;
    use crate::gpu::amount::{Mebibytes, Share};
    use std::process::Command;

    fn lease() -> Lease {
        let holding = Holding { gpu: GpuId("GPU-1".into()), share: Share::WHOLE, memory: Mebibytes(24_564) };
        let owner = ProcessId { pid: 7, start: 9, boot: "b".into() };
        Lease { owner, ..Lease::new("12".into(), "12.3".into(), "key".into(), vec![holding]) }
    }

    fn filed(text: &str, uid: u32) -> Option<Filed> {
        Filed::read(&Entry { name: "lease-1".into(), uid, text: text.to_owned(), age: STARTING })
    }

    #[test]
    fn a_file_is_lines_that_other_versions_can_read() {
        insta::assert_snapshot!(lease().text() + &began(&lease().owner), @r#"
        {"format":1,"launch":"12","run":"12.3","key":"key","holdings":[{"gpu":"GPU-1","share":10000,"memory":24564}],"owner":{"pid":7,"start":9,"boot":"b"}}
        {"process":{"pid":7,"start":9,"boot":"b"}}
        "#);
        let newer = lease().text().replace("{\"format\":1", "{\"new\":[],\"format\":2");
        assert_eq!(filed(&newer, 0).unwrap().lease.launch, "12");
    }

    #[test]
    fn what_is_torn_or_garbage_is_not_believed() {
        assert_eq!(filed("", 0), None);
        assert_eq!(filed("{\"format\":1,\"lau", 0), None);
        assert_eq!(filed("[]\n", 0), None);
        let torn = filed(&(lease().text() + "{\"process\":{\"pi"), 0).unwrap();
        assert_eq!(torn.programs, []);
    }

    #[test]
    fn a_lease_lives_as_long_as_any_process_of_the_run() {
        let us = Census::begin().us();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let program = ProcessId::of(i32::try_from(child.id()).unwrap()).unwrap();
        let lives = |lease: &Lease, uid: u32| {
            filed(&(lease.text() + &began(&program)), uid).unwrap().lives(&Census::begin())
        };
        let abandoned = Lease { key: "of-no-process".into(), ..lease() };
        assert!(lives(&abandoned, us));
        assert!(!lives(&abandoned, us + 1), "nobody keeps a GPU by another's process");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!lives(&abandoned, us));
        assert!(lives(&Lease { owner: ProcessId::current(), ..abandoned }, us));
    }

    #[test]
    fn launches_are_named_with_their_user_and_nothing_else() {
        assert_eq!(launch_in_words("12", 5, 5), "launch 12");
        assert_eq!(launch_in_words("12\u{1b}[31m\nx", 0, 5), "launch 1231mx of root");
    }
}
