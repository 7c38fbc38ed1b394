//! What earlier launches of a store did of a command: read from disk, and asked of the supports where the disk leaves
//! open whether a run lives.
//!
//! A launch of another command costs a look into its `launch.json`. Of one that is over nothing is kept but what became
//! of each run; those that are not are asked about together, in one question.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::survey::{Handing, Supports, Survey, Unreadable, Watched, glance, survey};
use crate::id::{LaunchId, RunId};
use crate::plan::{Argument, Code, EarlierRun, EarlierRuns, RunIdentity, Standing};
use crate::state::RunState;
use crate::store::{Git, Launch, LaunchDir, Names, Store, StoreError};
use crate::sweep::PointIdentity;

/// Which launches are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// The command as it is planned, without the parameters of a point.
    pub command: &'a [Argument],
    /// The folder that it starts in: the same words mean another script in another one.
    pub folder: &'a Path,
    /// Where it is to run.
    pub place: &'a Names,
    /// Where it may have run.
    pub reach: Reach,
    /// The commit that is checked out.
    pub git: Option<&'a Git>,
}

/// Where an earlier launch may have run so that it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// On the same device of the same support.
    SameDevice,
    /// Anywhere.
    Anywhere,
}

/// What is known of earlier launches of a command.
#[derive(Debug, Default)]
pub struct Earlier {
    runs: Vec<EarlierRun>,
    /// The launches that have them.
    pub launches: BTreeMap<LaunchId, EarlierLaunch>,
    /// Launches that may be of the command and cannot be read.
    pub unreadable: Unreadable,
    /// Everything that was looked at, also launches of other commands.
    known: BTreeSet<LaunchId>,
}

/// An earlier launch of a command.
#[derive(Debug)]
pub struct EarlierLaunch {
    /// Where it runs.
    pub place: Names,
    /// The state of the code that it was started with.
    pub git: Option<Git>,
    /// How far it was handed over.
    pub handing: Handing,
    /// Why it is not known of some of its runs whether they live.
    pub doubt: Option<String>,
}

impl Earlier {
    /// Looks at every launch of a store that it has not looked at before, and asks the supports about those that are not
    /// over.
    pub fn look(
        &mut self,
        store: &Store,
        sought: &Sought<'_>,
        supports: &Supports<'_>,
    ) -> Result<(), StoreError> {
        let mut open = Vec::new();
        for seen in self.glance_at_new(store, sought)? {
            if seen.is_over() { self.add(&seen, sought) } else { open.push(seen.into_watched()) }
        }
        for survey in survey(open, supports)? {
            self.add(&survey, sought);
        }
        Ok(())
    }

    /// Looks at every launch of a store that it has not looked at before, without asking anybody: a moment after the
    /// last look, whatever is new and has no end on disk lives. Tells whether there was anything.
    pub fn glance(&mut self, store: &Store, sought: &Sought<'_>) -> Result<bool, StoreError> {
        let before = self.runs.len();
        for seen in self.glance_at_new(store, sought)? {
            self.add(&seen, sought);
        }
        Ok(self.runs.len() > before)
    }

    /// Gives their runs, to compare a plan with.
    pub fn runs(&self) -> EarlierRuns {
        self.runs.iter().copied().collect()
    }

    fn glance_at_new(&mut self, store: &Store, sought: &Sought<'_>) -> Result<Vec<Survey>, StoreError> {
        let mut found = Vec::new();
        for id in store.launches()? {
            if self.known.contains(&id) {
                continue;
            }
            let dir = store.launch(id);
            match dir.read() {
                Ok(launch) => {
                    self.known.insert(id);
                    if sought.means(&launch, store) {
                        found.extend(self.open(launch, dir));
                    }
                }
                // It may be in the making, and is looked at again.
                Err(
                    StoreError::HalfMade { .. } | StoreError::Removed { .. } | StoreError::NoLaunch { .. },
                ) => {}
                Err(error) => self.leave_out(id, error),
            }
        }
        Ok(found)
    }

    /// Reads what is on disk of a launch; one that cannot be read is left out, and said to be.
    fn open(&mut self, launch: Launch, dir: LaunchDir) -> Option<Survey> {
        let id = LaunchId(launch.id);
        match glance(vec![Watched::new(launch, dir)]) {
            Ok(mut surveys) => surveys.pop(),
            Err(error) => {
                self.leave_out(id, error);
                None
            }
        }
    }

    fn leave_out(&mut self, id: LaunchId, error: StoreError) {
        self.known.insert(id);
        self.unreadable.push((id, error));
    }

    fn add(&mut self, survey: &Survey, sought: &Sought<'_>) {
        let id = LaunchId(survey.launch.id);
        let before = self.runs.len();
        if let Err(error) = read_runs(survey, sought, &mut self.runs) {
            self.runs.truncate(before);
            self.leave_out(id, error);
            return;
        }
        let unknown = survey.statuses.iter().find(|status| status.state == RunState::Unknown);
        let doubt = unknown.map(|status| status.cause.clone().unwrap_or_default());
        let Launch { place, git, .. } = &survey.launch;
        let handing = survey.submission();
        let launch = EarlierLaunch { place: place.clone(), git: git.clone(), handing, doubt };
        self.launches.insert(id, launch);
    }
}

fn read_runs(survey: &Survey, sought: &Sought<'_>, runs: &mut Vec<EarlierRun>) -> Result<(), StoreError> {
    let code = sought.code_of(&survey.launch);
    // Repeats of a point stand one after the other.
    let mut last: Option<(String, Option<PointIdentity>)> = None;
    for planned in survey.dir.plan()?.points() {
        let planned = planned?;
        let params = planned.params.get();
        let point = match &last {
            Some((same, point)) if same == params => *point,
            _ => {
                let point = PointIdentity::of_json(params.to_owned());
                last = Some((params.to_owned(), point));
                point
            }
        };
        if let (Some(point), Some(status)) = (point, survey.status(planned.run)) {
            runs.push(EarlierRun {
                identity: RunIdentity { point, repeat: planned.repeat },
                standing: Standing::of(status.state, code),
                id: RunId { launch: LaunchId(survey.launch.id), run: planned.run },
            });
        }
    }
    Ok(())
}

/// Tells whether two places are the same device of the same support.
pub fn is_same_device(one: &Names, other: &Names) -> bool {
    (&one.support, &one.device) == (&other.support, &other.device)
}

impl Sought<'_> {
    /// Tells whether a launch is of the same command, in the same folder, and where it counts.
    fn means(&self, launch: &Launch, store: &Store) -> bool {
        launch.command == self.command
            && (self.reach == Reach::Anywhere || is_same_device(&launch.place, self.place))
            && self.is_folder_of(launch, store)
    }

    /// Tells whether a launch was made in this folder, also where the project was moved since.
    fn is_folder_of(&self, launch: &Launch, store: &Store) -> bool {
        let folder = Path::new(&launch.folder.0);
        let moved = || {
            let made_in = Path::new(&launch.made_in.as_ref()?.0);
            let then = folder.strip_prefix(made_in.ancestors().nth(3)?).ok()?;
            Some(then == self.folder.strip_prefix(store.root().parent()?).ok()?)
        };
        folder == self.folder || moved() == Some(true)
    }

    fn code_of(&self, launch: &Launch) -> Code {
        match (self.git, &launch.git) {
            (Some(now), Some(then)) if now.commit != then.commit => Code::Other,
            _ => Code::Current,
        }
    }
}
