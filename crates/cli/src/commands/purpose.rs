//! What a command line is for: to start something, or to look at it in one way. The options that say so may stand before
//! `neusweep` words and before those of the `neurun` that it hands over to, and have to agree.

use super::order::Manner;
use super::table::Form;
use crate::args::{RunArgs, SweepArgs};
use crate::exit::Exit;
use crate::report::Failure;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Start, or say what would be started.
    Launch,
    /// Count the runs.
    Count,
    /// Show the points.
    Table(Form),
    /// Compare the parameters with the script's help.
    CheckFlags,
}

impl Purpose {
    /// Reads the options of `neusweep`, with those of the `neurun` that it hands over to; `manner` is that of both.
    pub(super) fn of_sweep(
        args: &SweepArgs,
        inner: Option<&RunArgs>,
        manner: Manner,
    ) -> Result<Self, Failure> {
        let is_counted = args.launch.count.count || inner.is_some_and(|inner| inner.launch.count.count);
        let points = args.points;
        let asked = [
            ("--dry-run", manner.dry_run),
            ("--count", is_counted),
            ("--table", points.table),
            ("--check-flags", points.check_flags),
        ];
        agree(&asked, manner)?;
        if points.csv && manner.json {
            return Err(Failure::new(
                Exit::Usage,
                "`--csv` and `--json` are two forms of one table: say one of them",
            ));
        }
        Ok(match (is_counted, points.table, points.check_flags) {
            (true, _, _) => Self::Count,
            (false, true, _) => Self::Table(Form::of(points.csv, manner.json)),
            (false, false, true) => Self::CheckFlags,
            (false, false, false) => Self::Launch,
        })
    }
}

/// Checks that the options of `neurun` agree.
pub(super) fn check_run(args: &RunArgs, manner: Manner) -> Result<(), Failure> {
    agree(&[("--dry-run", manner.dry_run), ("--count", args.launch.count.count)], manner)
}

/// Refuses options of which one would be passed over.
fn agree(asked: &[(&str, bool)], manner: Manner) -> Result<(), Failure> {
    let said: Vec<&str> = asked.iter().filter(|(_, is_said)| *is_said).map(|(option, _)| *option).collect();
    let refuse = |text: String| Err(Failure::new(Exit::Usage, text));
    match said.as_slice() {
        [one, other, ..] => {
            refuse(format!("`{one}` and `{other}` ask for different things: say one of them"))
        }
        [one] if manner.json && *one != "--table" => {
            refuse(format!("`{one}` has no JSON: leave `--json` out"))
                .map_err(|failure| failure.hint("`neusweep --table --json` prints the points as JSON"))
        }
        _ if manner.wait && manner.detach => {
            refuse("`--wait` and `--detach` ask for different things: say one of them".to_owned())
        }
        _ => Ok(()),
    }
}
