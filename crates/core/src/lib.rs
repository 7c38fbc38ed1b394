//! The engine of neuromanager: everything but the terminal.
//!
//! Nothing here prints, parses a command line, or reads the environment or the current folder on its own:
//! whoever calls passes those in. The way of the data is told in `ARCHITECTURE.md`.

pub mod config;
pub mod document;
pub mod resources;
pub mod slurm;
pub mod sweep;
pub mod tool;
