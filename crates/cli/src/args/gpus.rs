//! Which GPUs of this machine, and how urgently.

use clap::Args;

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct GpuArgs {
    /// Use only these GPUs of this machine, by index or UUID: `0,2`
    #[arg(long, value_name = "LIST")]
    pub(crate) gpus: Option<String>,
    /// Wait for GPUs of this machine before (higher) or after (lower than 0) others, from -100 to 100
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) priority: Option<i32>,
}
