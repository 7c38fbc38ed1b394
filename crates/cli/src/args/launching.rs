//! The options that `neurun` and `neusweep` share.

use clap::Args;

use super::{CountArgs, CrewArgs};

#[derive(Debug, Clone, Args)]
pub(crate) struct LaunchArgs {
    /// The name of the launch [default: the script's]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) count: CountArgs,
    #[command(flatten)]
    pub(crate) manner: MannerArgs,
}

/// How something is started, whatever it is.
#[derive(Debug, Clone, Args)]
pub(crate) struct MannerArgs {
    /// Print what would happen, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Stay until every run is over
    #[arg(long)]
    pub(crate) wait: bool,
    /// Go on in the background, also after logout; what Slurm has does so anyway
    #[arg(long, conflicts_with = "wait")]
    pub(crate) detach: bool,
    /// Never ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Print the launch as JSON
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) json: bool,
    /// Print what runs on this machine print, as it comes, instead of a live view of them
    #[arg(long)]
    pub(crate) stream: bool,
    /// Say less; where nothing that runs print is shown, as on Slurm, print the id of the launch only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) crew: CrewArgs,
}
