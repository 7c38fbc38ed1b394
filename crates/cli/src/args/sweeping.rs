//! What says which points a sweep has.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct SweepingArgs {
    /// The parameters: name → list of values [default: params.json, params.toml or params.yaml]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) params: Option<PathBuf>,
}
