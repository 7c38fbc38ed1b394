//! A place in the queue on disk: a launch that has runs to start, and what they ask for.
//!
//! It stands from the first question of a launch until its last run has started. What the launch may still take is what it
//! can run at once, less what it holds: that much is kept from those behind it.

use serde::{Deserialize, Serialize};

use super::GpuId;
use super::census::Census;
use super::demand::Demand;
use super::folder::Entry;
use super::lease::{launch_in_words, line};
use super::queue::{Priority, Rank};
use crate::process::ProcessId;

/// What the name of each file of a ticket begins with.
pub(super) const PREFIX: &str = "ticket-";

/// The form of the files.
const FORMAT: u32 = 1;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ticket {
    format: u32,
    pub(super) launch: String,
    pub(super) key: String,
    pub(super) owner: ProcessId,
    pub(super) priority: Priority,
    /// Since when it waits, in nanoseconds of the machine's clock.
    pub(super) since: u64,
    pub(super) demand: Demand,
    /// The GPUs that it may use.
    pub(super) usable: Vec<GpuId>,
    /// How many of its runs would run now if nobody else were there.
    pub(super) at_once: u64,
}

/// A ticket as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filed {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) ticket: Ticket,
}

impl Ticket {
    pub(super) fn new(launch: String, key: String, priority: Priority, since: u64, demand: Demand) -> Self {
        let owner = ProcessId::current();
        Self { format: FORMAT, launch, key, owner, priority, since, demand, usable: Vec::new(), at_once: 0 }
    }

    /// Gives the file's text.
    pub(super) fn text(&self) -> String {
        line(self)
    }
}

impl Filed {
    /// Reads a file; `None` where it is not one of a ticket.
    pub(super) fn read(entry: &Entry) -> Option<Self> {
        let ticket = serde_json::from_str(entry.text.lines().next()?).ok()?;
        Some(Self { name: entry.name.clone(), uid: entry.uid, ticket })
    }

    /// Tells whether its launch still wants something: one that is gone, or was stopped with Ctrl-Z, holds back nobody.
    pub(super) fn counts(&self, census: &Census) -> bool {
        self.lives(census) && !Census::is_stopped(&self.ticket.owner)
    }

    /// Tells whether its launch lives.
    pub(super) fn lives(&self, census: &Census) -> bool {
        census.lives(&self.ticket.owner, self.uid)
    }

    pub(super) fn rank(&self) -> Rank {
        let Ticket { priority, since, key, .. } = &self.ticket;
        Rank { uid: self.uid, priority: *priority, since: *since, key: key.clone() }
    }

    /// Tells whose it is, for another launch.
    pub(super) fn holder(&self, us: u32) -> String {
        launch_in_words(&self.ticket.launch, self.uid, us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::placement::tests::demand;

    #[test]
    fn a_file_is_a_line_that_other_versions_can_read() {
        let owner = ProcessId { pid: 7, start: 9, boot: "b".into() };
        let ticket = Ticket::new("12".into(), "key".into(), Priority::default(), 5, demand("0.5"));
        let ticket = Ticket { owner, usable: vec![GpuId("GPU-1".into())], at_once: 2, ..ticket };
        insta::assert_snapshot!(ticket.text(), @r#"{"format":1,"launch":"12","key":"key","owner":{"pid":7,"start":9,"boot":"b"},"priority":0,"since":5,"demand":{"gpus":{"part":5000}},"usable":["GPU-1"],"at_once":2}"#);
        let entry =
            Entry { name: "ticket-1".into(), uid: 0, text: ticket.text(), age: std::time::Duration::ZERO };
        let read = Filed::read(&entry).unwrap();
        assert_eq!(read.ticket, ticket);
        assert!(!read.counts(&Census::begin()));
        assert_eq!(Filed::read(&Entry { text: "{}".into(), ..entry }), None);
    }

    #[test]
    fn a_ticket_counts_while_its_launch_lives() {
        let ticket = Ticket::new("12".into(), "key".into(), Priority::default(), 5, demand("1"));
        let filed = |uid| Filed { name: String::new(), uid, ticket: ticket.clone() };
        let census = Census::begin();
        assert!(filed(census.us()).counts(&census));
        assert!(!filed(census.us() + 1).counts(&census));
    }
}
