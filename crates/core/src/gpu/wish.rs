//! What a launch of this machine says of GPUs in its resources. Pure.

use super::GpuId;
use super::demand::Demand;
use super::queue::Priority;

/// How many GPUs a run asks for: `1`, `2`, `0.5`.
pub const GPUS: &str = "gpus";

/// How much memory of a GPU a run asks for: `10G`.
pub const MEMORY: &str = "gpu_memory";

/// Which GPUs may be used, where not all: their UUIDs, a comma between them. Written from what was typed.
pub const LIST: &str = "gpu_list";

/// How urgent a launch is.
pub const PRIORITY: &str = "priority";

/// What a launch asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What each run gets.
    pub demand: Demand,
    /// The GPUs that may be used; `None` for all.
    pub only: Option<Vec<GpuId>>,
    /// How urgent it is.
    pub priority: Priority,
}
