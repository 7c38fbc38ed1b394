//! What was removed, or would be: `neu rm --json`, `neu prune --json`.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{SCHEMA, text};

/// What was removed, or would be: `neu rm --json`, `neu prune --json`.
#[derive(Debug, Serialize)]
pub(crate) struct Removed {
    schema: u32,
    pub(crate) dry_run: bool,
    pub(crate) launches: Vec<RemovedLaunch>,
    pub(crate) already: Vec<u64>,
    pub(crate) others: Vec<RemovedFile>,
    pub(crate) forgotten: Vec<Value>,
    pub(crate) strange: Vec<Value>,
    pub(crate) bytes: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct RemovedLaunch {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) runs: u64,
    pub(crate) over: Timestamp,
    pub(crate) bytes: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct RemovedFile {
    pub(crate) path: Value,
    pub(crate) bytes: u64,
}

impl Removed {
    /// Begins with nothing.
    pub(crate) fn new() -> Self {
        Self {
            schema: SCHEMA,
            dry_run: false,
            launches: Vec::new(),
            already: Vec::new(),
            others: Vec::new(),
            forgotten: Vec::new(),
            strange: Vec::new(),
            bytes: 0,
        }
    }

    /// Writes it.
    pub(crate) fn render(&self) -> String {
        text(self)
    }
}
