//! What is started of what is asked for, where some of it may be there already.

use clap::{Args, ValueEnum};

#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct SkippingArgs {
    /// Start only what has neither succeeded nor still lives on this device; `--skip-done=any`: on any device
    #[arg(
        long,
        value_name = "WHERE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "same",
        value_enum,
        hide_possible_values = true
    )]
    pub(crate) skip_done: Option<ReachArg>,
}

/// Where an earlier run counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReachArg {
    /// On the same device of the same support.
    Same,
    /// Anywhere.
    Any,
}

#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    pub(crate) skipping: SkippingArgs,
    /// Start what is new, as --skip-done, and offer to cancel what lives and is not in the file any more; with --yes, do
    #[arg(long, conflicts_with_all = ["count", "table"])]
    pub(crate) sync: bool,
}
