//! What Slurm is asked and how its answers read, a file a command or a question.
//!
//! Each file pairs the description of a call with the reading of its reply, both pure; a thin `query` beside them has
//! the effect: it runs the call on the [`Runner`](crate::tool::Runner) that the caller gives. Output formats are those of
//! Slurm 22.05, restricted to what later versions print alike.

pub mod associations;
pub mod gpus;
pub mod id;
pub mod limits;
pub mod options;
pub mod query;
pub mod ranges;
pub mod reason;
pub mod sacct;
pub mod sbatch;
pub mod scancel;
mod since;
pub mod site;
pub mod squeue;
pub mod state;
pub mod submitted;
pub mod time;
pub mod usage;
pub mod witness;
