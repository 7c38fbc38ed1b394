//! Which launches and runs a user means beside ids: words for states, and patterns for names. Pure.

mod glob;
mod states;

pub use glob::NamePattern;
pub use states::{States, StatesError};
