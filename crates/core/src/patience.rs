//! What runs that fail mean for the others of a launch on this machine.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

/// What runs that fail mean for the others of a launch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Patience {
    /// Nothing: all are executed.
    #[default]
    KeepGoing,
    /// After this many, no more are started; those that run go on.
    UpTo(NonZeroU64),
    /// After the first, no more are started, and those that run are stopped.
    None,
}
