//! Which launches and runs a verb of `neu` is about: the same ids and filters for every verb.

use clap::Args;
use neuromanager_core::id::Selection;
use neuromanager_core::selection::States;

/// What is picked: ids, and filters of what they mean; filters alone are of all launches here.
#[derive(Debug, Args)]
pub(crate) struct Selecting {
    /// Launches `12`, runs `12.3` or `12.3-7`, or a Slurm job `slurm:4711_3`
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<Selection>,
    /// Only runs in these states, as `failed,oom,timeout`
    #[arg(long, value_name = "STATES", help_heading = "Filters")]
    pub(crate) state: Option<States>,
    /// Only runs whose parameters fit, as `lr == 0.01 and layers > 4`; of several, all
    #[arg(long = "where", value_name = "EXPR", help_heading = "Filters")]
    pub(crate) conditions: Vec<String>,
    /// Only launches of this name: a part of it, or a pattern with `*` and `?`
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    pub(crate) name: Option<String>,
    /// Only the newest launch, or with N the newest N
    #[arg(
        long,
        value_name = "N",
        help_heading = "Filters",
        num_args = 0..=1,
        default_missing_value = "1",
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub(crate) last: Option<u64>,
}

impl Selecting {
    /// Tells whether nothing at all was said of what is meant.
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty() && !self.has_filters()
    }

    /// Tells whether anything beside ids narrows what is meant.
    pub(crate) fn has_filters(&self) -> bool {
        let Self { ids: _, state, conditions, name, last } = self;
        state.is_some() || !conditions.is_empty() || name.is_some() || last.is_some()
    }
}
