//! What can be looked at before anything is started.

use clap::Args;

#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct CountArgs {
    /// Print how many runs there would be
    #[arg(long)]
    pub(crate) count: bool,
}

#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct PointsArgs {
    /// Print the combinations as a table, with `--json` or `--csv` for programs
    #[arg(long)]
    pub(crate) table: bool,
    /// Print the table as CSV, which `--rows` reads
    #[arg(long, requires = "table")]
    pub(crate) csv: bool,
    /// Ask the script for its `--help`, and report parameters that it does not know
    #[arg(long)]
    pub(crate) check_flags: bool,
}
