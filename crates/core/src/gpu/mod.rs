//! The GPUs of this machine: found, asked for, leased between all users, and given to runs.
//!
//! [`find`] tells which there are, [`demand`] what a device asks for, [`choice`] which of them may be used. [`placement`]
//! decides, [`queue`] tells whose turn it is; both are pure. The [`folder`] that all users share has a file for each lease and
//! each launch that waits, and the [`broker`] puts all of it together for one launch.

pub mod amount;
pub mod broker;
mod census;
pub mod choice;
pub mod demand;
pub mod environment;
pub mod eye;
pub mod find;
pub mod folder;
mod lease;
mod lookout;
pub mod placement;
pub mod queue;
mod register;
mod strangers;
mod ticket;
pub mod wish;
mod words;

use serde::{Deserialize, Serialize};

use amount::Mebibytes;

/// Names one GPU for good: its UUID where it has one (`GPU-…`, `MIG-…`), else its index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GpuId(pub String);

/// Who made a GPU: programs are told in the maker's own variables which they may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Vendor {
    /// NVIDIA, seen through `nvidia-smi`.
    Nvidia,
    /// AMD, seen through `rocm-smi`.
    Amd,
}

/// What stands behind a [`Gpu`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// A card, or a chip of one.
    Card,
    /// A MIG device: a fixed slice of this card.
    Slice {
        /// The card.
        of: GpuId,
    },
}

/// One GPU that runs can be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    /// Its lasting name.
    pub id: GpuId,
    /// What people call it: `0`, as its tool counts; `1:0` is MIG device 0 of GPU 1.
    pub label: String,
    /// Who made it.
    pub vendor: Vendor,
    /// A whole card, or a slice of one.
    pub form: Form,
    /// How much memory it has; `None` where the tool does not tell, as where it shares the computer's.
    pub memory: Option<Mebibytes>,
}

/// One GPU as it was seen at some moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The GPU.
    pub gpu: Gpu,
    /// How much of its memory is in use, by whomever; `None` where the tool does not tell.
    pub used: Option<Mebibytes>,
    /// The processes that compute on it. Those of a slice are told for its card.
    pub pids: Vec<i32>,
}

impl Gpu {
    /// Tells whether this name means it: its own, or that of the card which it is a slice of.
    pub fn is_of(&self, id: &GpuId) -> bool {
        self.id == *id || matches!(&self.form, Form::Slice { of } if of == id)
    }
}

impl std::fmt::Display for GpuId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
