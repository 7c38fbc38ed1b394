//! What says which points a sweep has.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct SweepingArgs {
    /// The parameters: name → list of values; `-` is standard input [default: params.json, params.toml or params.yaml]
    #[arg(short, long, value_name = "FILE", help_heading = "Points")]
    pub(crate) params: Option<PathBuf>,
    /// Leave a params.json that is here alone
    #[arg(long, conflicts_with = "params", help_heading = "Points")]
    pub(crate) no_params: bool,
    /// Sweep a parameter, whatever the file says of it: `lr=0.1,0.01`, `layers=4..16:4`, `wd=log:1e-5..1e-2:4`
    #[arg(short, long, value_name = "NAME=VALUES", allow_hyphen_values = true, help_heading = "Points")]
    pub(crate) set: Vec<String>,
    /// Let parameters vary together, as `lr,batch`
    #[arg(long, value_name = "NAMES", help_heading = "Points")]
    pub(crate) zip: Vec<String>,
    /// Leave points out, as `lr > 0.1 and layers > 8`
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true, help_heading = "Points")]
    pub(crate) exclude: Vec<String>,
    /// Keep only points for which this holds
    #[arg(long = "where", value_name = "EXPR", allow_hyphen_values = true, help_heading = "Points")]
    pub(crate) keep: Vec<String>,
    /// Points that are written out, a row each: CSV, TSV or JSON lines; `-` is standard input
    ///
    /// Rows are combined with `--set`, and with a parameter file only where `--params` names one.
    #[arg(long, value_name = "FILE", help_heading = "Points")]
    pub(crate) rows: Option<PathBuf>,
    /// Draw points instead of taking all: `random:50`, `sobol:64`, `latin-hypercube:20`, with `,seed=1`
    #[arg(long, value_name = "METHOD:N", help_heading = "Points")]
    pub(crate) sample: Option<String>,
    /// How values reach the program: argparse, click, absl, hydra, fire, tyro, env, and knobs, as `click,bool=switch`
    #[arg(long, value_name = "STYLE", help_heading = "Points")]
    pub(crate) style: Option<String>,
}
