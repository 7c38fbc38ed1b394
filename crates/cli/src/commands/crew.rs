//! How many runs execute at once on this machine, and what failures mean for the others.

use std::num::NonZeroU32;

use neuromanager_core::config::SupportKind;
use neuromanager_core::patience::Patience;
use neuromanager_core::resources::{JOBS, LocalResources, Resource, Resources, Setting};
use neuromanager_core::store::Launch;

use super::order::Order;
use crate::args::{CrewArgs, PatienceArgs};
use crate::exit::Exit;
use crate::report::Failure;

/// What was typed about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Crew {
    jobs: Option<NonZeroU32>,
    patience: Option<Patience>,
}

impl Crew {
    /// Reads the options.
    pub(super) fn of(args: CrewArgs) -> Self {
        let PatienceArgs { keep_going, .. } = args.patience;
        let patience = args.patience.patience();
        Self {
            jobs: args.jobs,
            patience: Some(patience).filter(|_| keep_going || patience != Patience::KeepGoing),
        }
    }

    /// Joins the options of `neusweep` with those of the `neurun` that it hands over to: what stands closer counts.
    pub(super) fn and(self, inner: Self) -> Self {
        Self { jobs: inner.jobs.or(self.jobs), patience: inner.patience.or(self.patience) }
    }

    /// Gives what failures mean, where nothing was typed what they meant `before`.
    pub(super) fn patience(self, before: Patience) -> Patience {
        self.patience.unwrap_or(before)
    }

    /// Keeps to what failures meant for an earlier launch, where nothing was typed.
    pub(super) fn after(self, earlier: &Launch) -> Self {
        Self { patience: Some(self.patience(earlier.patience)), ..self }
    }

    /// Refuses what only this machine can do, where a scheduler executes the runs.
    pub(super) fn check(self, kind: SupportKind) -> Result<(), Failure> {
        match kind {
            SupportKind::Local => Ok(()),
            SupportKind::Slurm if self == Self::default() => Ok(()),
            SupportKind::Slurm => {
                let text = "`--jobs`, `--fail-fast`, `--max-failures` and `--keep-going` are for runs on this machine";
                Err(Failure::new(Exit::Usage, text)
                    .hint("Slurm decides how many tasks of an array run at once"))
            }
        }
    }

    /// Puts the number that was typed over that of the device, so that a retry knows it, too.
    pub(super) fn write_into(self, order: &mut Order) -> Result<(), Failure> {
        if let Some(jobs) = self.jobs {
            let setting = Setting::Value(jobs.to_string());
            let resource =
                Resource::new(JOBS, setting).map_err(|error| Failure::new(Exit::Bug, error.to_string()))?;
            order.resources.set(resource);
        }
        Ok(())
    }

    /// Gives how many runs of a launch with `resources` execute at once.
    pub(super) fn jobs(self, resources: &Resources) -> Result<NonZeroU32, Failure> {
        match self.jobs {
            Some(jobs) => Ok(jobs),
            None => Ok(LocalResources::jobs_in(resources)?),
        }
    }
}

impl PatienceArgs {
    /// Tells what failures mean.
    pub(super) fn patience(self) -> Patience {
        match (self.fail_fast, self.max_failures) {
            (true, _) => Patience::None,
            (false, Some(most)) => Patience::UpTo(most),
            (false, None) => Patience::KeepGoing,
        }
    }

    /// Writes options that are read as `patience`.
    pub(super) fn of(patience: Patience) -> Self {
        match patience {
            Patience::KeepGoing => Self::default(),
            Patience::UpTo(most) => Self { max_failures: Some(most), ..Self::default() },
            Patience::None => Self { fail_fast: true, ..Self::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    #[test]
    fn patience_is_written_as_it_is_read() {
        for patience in [Patience::KeepGoing, Patience::UpTo(NonZeroU64::MIN), Patience::None] {
            assert_eq!(PatienceArgs::of(patience).patience(), patience);
        }
    }

    #[test]
    fn what_stands_closer_to_the_script_counts() {
        let of = |jobs, patience| Crew { jobs: NonZeroU32::new(jobs), patience };
        let outer = of(2, Some(Patience::None));
        assert_eq!(outer.and(of(0, None)), outer);
        assert_eq!(outer.and(of(4, Some(Patience::KeepGoing))), of(4, Some(Patience::KeepGoing)));
    }

    #[test]
    fn the_number_is_that_which_was_typed_else_the_devices_else_one() {
        let device = |text: &str| -> Resources {
            [Resource::new(JOBS, Setting::Value(text.to_owned())).unwrap()].into_iter().collect()
        };
        let typed = Crew { jobs: NonZeroU32::new(3), patience: None };
        assert_eq!(typed.jobs(&device("2")).unwrap().get(), 3);
        assert_eq!(Crew::default().jobs(&device("2")).unwrap().get(), 2);
        assert_eq!(Crew::default().jobs(&Resources::default()).unwrap().get(), 1);
        for wrong in ["0", "-1", "two", "1.5"] {
            assert!(Crew::default().jobs(&device(wrong)).is_err());
        }
    }
}
