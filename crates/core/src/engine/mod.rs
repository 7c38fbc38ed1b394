//! The use cases: each reads the pure parts and drives the effects.

pub mod attempts;
pub mod cancel;
pub mod configuration;
pub mod create;
pub mod earlier;
pub mod flags;
pub mod git;
pub mod limits;
pub mod mend;
pub mod parameters;
pub mod program;
pub mod removal;
pub mod rerun;
pub mod resume;
pub mod retry;
pub mod submit;
pub mod survey;
pub mod unfinished;
pub mod watch;
mod withhold;
