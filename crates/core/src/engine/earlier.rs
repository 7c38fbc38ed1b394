//! What earlier launches of a store did of a command: read from disk, and asked of the supports where the disk leaves
//! open whether a run lives.
//!
//! A launch of another command costs a look into its `launch.json`. Of one that is over nothing is kept but what became
//! of each run; those that are not are asked about together, in one question.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::value::RawValue;

use super::survey::{Handing, OnDisk, Supports, Survey, Unreadable, Watched, on_disk, survey};
use crate::id::{LaunchId, RunId};
use crate::plan::{Argument, Code, EarlierRun, EarlierRuns, RunIdentity, Standing};
use crate::state::RunState;
use crate::store::{Git, Launch, LaunchDir, Names, PlannedPoint, Store, StoreError};
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
    /// Their runs, to compare a plan with.
    pub runs: EarlierRuns,
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
    /// Looks at every launch of a store that it has not looked at before, and asks the supports about those of which the
    /// disk leaves open whether they live. Tells whether there was any of the command.
    pub fn look(
        &mut self,
        store: &Store,
        sought: &Sought<'_>,
        supports: &Supports<'_>,
    ) -> Result<bool, StoreError> {
        let before = self.launches.len();
        let mut open = Vec::new();
        for id in store.launches()? {
            if self.known.contains(&id) {
                continue;
            }
            let dir = store.launch(id);
            match dir.read() {
                Ok(launch) => {
                    self.known.insert(id);
                    if sought.means(&launch, &dir) {
                        open.extend(self.read(Watched::new(launch, dir), sought));
                    }
                }
                // It may be in the making, and is looked at again.
                Err(
                    StoreError::HalfMade { .. } | StoreError::Removed { .. } | StoreError::NoLaunch { .. },
                ) => {}
                Err(error) => self.leave_out(id, error),
            }
        }
        for survey in survey(open, supports)? {
            self.add(&survey, sought);
        }
        Ok(self.launches.len() > before)
    }

    /// Takes what the disk tells of a launch, and gives it back where somebody has to be asked. One that cannot be read
    /// is left out, and said to be.
    fn read(&mut self, watched: Watched, sought: &Sought<'_>) -> Option<Watched> {
        let id = LaunchId(watched.launch().id);
        match on_disk(watched) {
            Ok(OnDisk::Whole(survey)) => self.add(&survey, sought),
            Ok(OnDisk::Open(watched)) => return Some(watched),
            Err(error) => self.leave_out(id, error),
        }
        None
    }

    fn leave_out(&mut self, id: LaunchId, error: StoreError) {
        self.known.insert(id);
        self.unreadable.push((id, error));
    }

    fn add(&mut self, survey: &Survey, sought: &Sought<'_>) {
        let id = LaunchId(survey.launch.id);
        match runs_of(survey, sought) {
            Ok(runs) => self.runs.extend(runs),
            Err(error) => return self.leave_out(id, error),
        }
        let unknown = survey.statuses.iter().find(|status| status.state == RunState::Unknown);
        let doubt = unknown.map(|status| status.cause.clone().unwrap_or_default());
        let Launch { place, git, .. } = &survey.launch;
        let handing = survey.submission();
        let launch = EarlierLaunch { place: place.clone(), git: git.clone(), handing, doubt };
        self.launches.insert(id, launch);
    }
}

fn runs_of(survey: &Survey, sought: &Sought<'_>) -> Result<Vec<EarlierRun>, StoreError> {
    let (launch, code) = (LaunchId(survey.launch.id), sought.code_of(&survey.launch));
    // What goes on in the folder that this was copied from is not done here.
    let is_copy = !survey.is_over() && survey.dir.original(&survey.launch).is_some();
    let mut runs = Vec::with_capacity(survey.statuses.len());
    // Repeats of a point stand one after the other.
    let mut last: Option<(Box<RawValue>, Option<PointIdentity>)> = None;
    for planned in survey.dir.plan()?.points() {
        let PlannedPoint { run, repeat, params } = planned?;
        let point = match &last {
            Some((same, point)) if same.get() == params.get() => *point,
            _ => PointIdentity::of_json(params.get().to_owned()),
        };
        last = Some((params, point));
        let status = survey.status(run).filter(|status| !is_copy || status.state.is_final());
        if let (Some(point), Some(status)) = (point, status) {
            let (identity, standing) = (RunIdentity { point, repeat }, Standing::of(status.state, code));
            runs.push(EarlierRun { identity, standing, id: RunId { launch, run } });
        }
    }
    Ok(runs)
}

/// Tells whether two places are the same device of the same support.
pub fn is_same_device(one: &Names, other: &Names) -> bool {
    (&one.support, &one.device) == (&other.support, &other.device)
}

impl Sought<'_> {
    /// Tells whether a launch is of the same command, in the same folder, and where it counts.
    fn means(&self, launch: &Launch, dir: &LaunchDir) -> bool {
        launch.command == self.command
            && (self.reach == Reach::Anywhere || is_same_device(&launch.place, self.place))
            && self.is_folder_of(launch, dir)
    }

    /// Tells whether a launch was made in this folder, also where the project was moved since.
    fn is_folder_of(&self, launch: &Launch, dir: &LaunchDir) -> bool {
        Path::new(&launch.folder.0) == self.folder || dir.folder_today(launch) == self.folder
    }

    fn code_of(&self, launch: &Launch) -> Code {
        match (self.git, &launch.git) {
            (Some(now), Some(then)) if now.commit != then.commit => Code::Other,
            _ => Code::Current,
        }
    }
}
