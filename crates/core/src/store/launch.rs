//! The folder of one launch: who, what, where, and the paths of everything in it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};

use super::atomic::Batch;
use super::claim::{Claim, claim_log, claimed_attempts};
use super::error::{At, StoreError};
use super::remove::removed_on;
use super::submissions::{self, SubmissionRecord};
use super::{PlanReader, Store, Submissions, Turn, atomic, plan as plan_file};
use crate::config::SupportKind;
use crate::patience::Patience;
use crate::plan::{Argument, Plan};
use crate::resources::Resources;
use crate::sweep::RunNames;

/// The format of the store that this version writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// Up to this many runs, logs stand side by side; more are kept this many to a folder.
const LOGS_IN_A_FOLDER: u64 = 1000;

/// What one command line started: written once, never changed.
///
/// A launch of an older format may lack what was not yet written then.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Launch {
    /// The format of the store when it was written.
    #[serde(default)]
    pub format: u32,
    /// The number.
    pub id: u64,
    /// The name, for people.
    #[serde(default)]
    pub name: String,
    /// A key that no other launch has, carried by its jobs and processes.
    #[serde(default)]
    pub key: String,
    /// When it was made.
    pub created: Timestamp,
    /// The user's numeric id.
    #[serde(default)]
    pub uid: u32,
    /// The host that it was made on.
    #[serde(default)]
    pub host: String,
    /// The folder that its runs start in.
    pub folder: Argument,
    /// Its own folder, where it was made.
    #[serde(default)]
    pub made_in: Option<Argument>,
    /// What was typed.
    #[serde(default)]
    pub typed: Vec<Argument>,
    /// Where runs execute, and on what.
    pub place: Names,
    /// The lines that prepare the environment of the runs.
    #[serde(default)]
    pub env: Vec<String>,
    /// The options given to the scheduler.
    #[serde(default)]
    pub resources: Resources,
    /// The cluster that its jobs are on, as that names itself; `None` also where it was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The variables of the user's shell that sbatch takes options from.
    #[serde(default)]
    pub sbatch_variables: Vec<(String, String)>,
    /// The command without the parameters of a point.
    pub command: Vec<Argument>,
    /// The swept parameters, in their order.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// The repeats of each point.
    #[serde(default = "one")]
    pub repeats: u64,
    /// The runs.
    pub runs: u64,
    /// What runs that fail mean for the others, on this machine.
    #[serde(default)]
    pub patience: Patience,
    /// The state of the code.
    #[serde(default)]
    pub git: Option<Git>,
    /// The version of neuromanager that wrote this.
    #[serde(default)]
    pub version: String,
}

/// The support and device that the user named.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Names {
    /// The support's name in the configuration.
    pub support: String,
    /// What kind it is.
    pub kind: SupportKind,
    /// The device; `None` for a sweep that runs its command without a configuration.
    pub device: Option<String>,
}

/// The state of the repository that the launch was made in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Git {
    /// The commit that was checked out.
    pub commit: String,
    /// Whether tracked files had other content.
    pub dirty: bool,
}

/// What a launch begins with, beside the plan.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// The script for the scheduler, where there is one.
    pub job_script: Option<Vec<u8>>,
    /// The first thing that will be handed to the support.
    pub intent: SubmissionRecord,
}

/// The folder of one launch.
#[derive(Debug, Clone)]
pub struct LaunchDir {
    path: PathBuf,
}

impl LaunchDir {
    /// Names the folder of a launch.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Gives the folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the store that it is in.
    pub fn store(&self) -> Store {
        Store::at(self.path.ancestors().nth(2).unwrap_or(&self.path).to_owned())
    }

    /// Gives the script handed to sbatch.
    pub fn job_script(&self) -> PathBuf {
        self.path.join("job.sh")
    }

    /// Gives the script of a submission whose options are its own.
    pub fn job_script_of(&self, submission: u32) -> PathBuf {
        self.path.join(format!("job-{submission}.sh"))
    }

    /// Writes a script for the scheduler, where it is not there with that content already.
    pub fn keep_script(&self, script: &Path, content: &[u8]) -> Result<(), StoreError> {
        if fs::read(script).is_ok_and(|kept| kept == content) {
            return Ok(());
        }
        atomic::replace(script, content)
    }

    /// Gives the folder of the journals.
    pub fn events(&self) -> PathBuf {
        self.path.join("events")
    }

    /// Lets a network file system forget what it knows of the folder of the journals, so that the next listing is the
    /// server's.
    ///
    /// sshfs keeps a listing for 20 s (`dcache_timeout`), NFS for up to a minute (`acdirmax`, nfs(5)), and opening a
    /// file that is not in it changes nothing; both ask anew once they have changed the folder themselves. Where
    /// nothing can be created, or the folder is another user's, the listing comes as late as it does.
    pub fn forget_listing_of_events(&self) {
        let events = self.events();
        if fs::metadata(&events).is_ok_and(|folder| folder.uid() == geteuid().as_raw()) {
            let _late_listing = atomic::create_and_remove(&events);
        }
    }

    /// Gives the file of Slurm's own words.
    pub fn slurm_log(&self) -> PathBuf {
        self.path.join("slurm.log")
    }

    /// Gives the file for what workers in the background say of themselves, which is nothing unless they fail; nothing
    /// is decided from it.
    pub fn worker_log(&self) -> PathBuf {
        self.path.join("worker.log")
    }

    /// Gives the record of submissions.
    pub fn submissions_file(&self) -> PathBuf {
        self.path.join("submissions.jsonl")
    }

    /// Gives the log of one attempt of a run, in a launch of `runs` runs.
    pub fn log(&self, runs: u64, run: u64, attempt: u32) -> PathBuf {
        self.log_folder(runs, run).join(format!("{run}.{attempt}.out"))
    }

    /// Claims an attempt at a run by creating its log, in a launch of `runs` runs.
    pub fn claim(&self, runs: u64, run: u64, attempt: u32) -> Result<Claim, StoreError> {
        claim_log(&self.path, &self.log(runs, run, attempt))
    }

    /// Lists the attempts at a run that have claimed their logs so far, ascending, in a launch of `runs` runs.
    pub fn claimed_attempts(&self, runs: u64, run: u64) -> Result<Vec<u32>, StoreError> {
        claimed_attempts(&self.log(runs, run, 1), run)
    }

    /// Gives the file that a program may read its parameters from while it runs.
    pub fn params_file(&self, run: u64, attempt: u32) -> PathBuf {
        self.path.join("params").join(format!("{run}.{attempt}.json"))
    }

    fn log_folder(&self, runs: u64, run: u64) -> PathBuf {
        let logs = self.path.join("logs");
        if runs <= LOGS_IN_A_FOLDER {
            return logs;
        }
        logs.join((run / LOGS_IN_A_FOLDER * LOGS_IN_A_FOLDER).to_string())
    }

    /// Begins to fill the folder, with the plan and with what its workers will write into.
    pub fn begin(&self, plan: &Plan, names: &RunNames<'_>) -> Result<Draft<'_>, StoreError> {
        let mut batch = Batch::default();
        let (runs, index) = (self.path.join("runs.jsonl"), self.path.join("runs.idx"));
        plan_file::write(&mut batch, &runs, &index, plan, names)?;
        for folder in ["events", "params", "logs"] {
            let folder = self.path.join(folder);
            fs::create_dir(&folder).at("create", &folder)?;
        }
        if plan.len() > LOGS_IN_A_FOLDER {
            for first in (0..plan.len()).step_by(1000) {
                let folder = self.log_folder(plan.len(), first);
                fs::create_dir(&folder).at("create", &folder)?;
            }
        }
        Ok(Draft { dir: self, batch })
    }

    /// Makes it durable; what the launch is comes last, so that a launch is there whole or is none.
    fn finish(
        &self,
        mut batch: Batch,
        launch: &Launch,
        beginning: &Beginning,
        turn: Option<&Turn>,
    ) -> Result<(), StoreError> {
        if let Some(script) = &beginning.job_script {
            // Slurm takes a copy, and the plan says it all again: it need not survive a power cut.
            Batch::write_for_now(&self.job_script(), script)?;
        }
        let submissions = self.submissions_file();
        batch.write(&submissions, &submissions::line(&submissions, &beginning.intent)?)?;
        let path = self.path.join("launch.json");
        let written = turn.map_or_else(|| self.path.join("launch.json.writing"), Turn::draft);
        let text = serde_json::to_vec_pretty(launch)
            .map_err(|source| StoreError::Unreadable { path: path.clone(), source })?;
        batch.write(&written, &text)?;
        batch.sync()?;
        match turn {
            Some(turn) => turn.publish(&path)?,
            None => atomic::rename(&written, &path)?,
        }
        // The folder's own entry became durable with the first file in it.
        atomic::sync_folder(&self.path)
    }

    /// Reads what the launch is.
    pub fn read(&self) -> Result<Launch, StoreError> {
        let path = self.path.join("launch.json");
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(self.missing()),
            Err(error) => return Err(error).at("read", &path),
        };
        let unreadable = |source| StoreError::Unreadable { path: path.clone(), source };
        let header: Header = serde_json::from_slice(&text).map_err(unreadable)?;
        if header.format > FORMAT {
            return Err(StoreError::NewerFormat { path, found: header.format, known: FORMAT });
        }
        serde_json::from_slice(&text).map_err(unreadable)
    }

    /// Opens the plan.
    pub fn plan(&self) -> Result<PlanReader, StoreError> {
        PlanReader::open(self.path.join("runs.jsonl"), self.path.join("runs.idx"))
    }

    /// Reads what was submitted.
    pub fn submissions(&self) -> Result<Submissions, StoreError> {
        Submissions::read(&self.submissions_file())
    }

    /// Reads what was submitted of `launch`, to hand over more of it: fails where a submission may be missing, since its
    /// runs would be handed over twice.
    pub fn whole_submissions(&self, launch: &Launch) -> Result<Submissions, StoreError> {
        let submissions = self.submissions()?;
        match submissions.damage() {
            None => Ok(submissions),
            Some(damage) => Err(StoreError::Damaged {
                path: self.submissions_file(),
                damage,
                id: launch.id,
                why: "its jobs were not looked for".to_owned(),
            }),
        }
    }

    fn missing(&self) -> StoreError {
        let id = self.path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        let id = id.unwrap_or_default();
        if self.path.is_dir() {
            return StoreError::HalfMade { id };
        }
        if let Some(time) = removed_on(&self.path) {
            return StoreError::Removed { id, time };
        }
        let root = self.path.ancestors().nth(2).unwrap_or(&self.path).to_owned();
        StoreError::NoLaunch { id, root }
    }
}

/// A launch of which the plan is written, and what it is not yet.
#[derive(Debug)]
pub struct Draft<'a> {
    dir: &'a LaunchDir,
    batch: Batch,
}

impl Draft<'_> {
    /// Writes what the launch is, and makes all of it durable; in a `turn`, only if that is still ours.
    pub fn finish(
        self,
        launch: &Launch,
        beginning: &Beginning,
        turn: Option<&Turn>,
    ) -> Result<(), StoreError> {
        self.dir.finish(self.batch, launch, beginning, turn)
    }
}

fn one() -> u64 {
    1
}

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    format: u32,
}
