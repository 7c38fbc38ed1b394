//! What Slurm itself knows and says.

pub mod options;
pub mod time;
