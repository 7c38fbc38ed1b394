//! The engine of neuromanager: everything but the terminal.
//!
//! Nothing here prints, parses a command line, or reads the environment or the current folder on its own:
//! whoever calls passes those in. The way of the data is told in `ARCHITECTURE.md`.

pub mod bound;
pub mod config;
mod counted;
pub mod disk;
pub mod document;
pub mod engine;
pub mod event;
pub mod expression;
pub mod flags;
pub mod gpu;
pub mod history;
pub mod id;
mod kept;
pub mod patience;
pub mod plan;
pub mod process;
pub mod ranges;
pub mod resources;
pub mod run_state;
mod run_variables;
pub mod selection;
pub mod slurm;
pub mod state;
pub mod store;
pub mod support;
pub mod sweep;
pub mod tool;
pub mod worker;

pub use counted::counted;
