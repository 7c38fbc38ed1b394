//! The node that a worker is on.

use crate::process::{boot_id, host};

/// A node, and the boot of it: together they name the one journal that its workers append to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The name: Slurm's for a node of Slurm, else the host's.
    pub name: String,
    /// The boot.
    pub boot: String,
}

impl Node {
    /// Names this node; `scheduler_name` is what the scheduler calls it, where there is one.
    pub fn this(scheduler_name: Option<String>) -> Self {
        Self { name: scheduler_name.unwrap_or_else(host), boot: boot_id() }
    }
}
