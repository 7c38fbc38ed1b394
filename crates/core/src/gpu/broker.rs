//! Gets GPUs for the runs of one launch: asks the folder, the tools and the queue, and keeps what it got.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::census::Census;
use super::demand::Demand;
use super::eye::{Companion, Eye};
use super::folder::{Folder, FolderError, Locked};
use super::lease::{self, Lease};
use super::lookout::Lookout;
use super::placement::{Holding, Table, Until, Wait};
use super::queue::Priority;
use super::register::Register;
use super::strangers::strangers;
use super::ticket::{self, Ticket};
use super::words::with_causes;
use super::{Gpu, GpuId, Seen};
use crate::id::RunId;
use crate::process::ProcessId;

/// How soon to ask again while a tool looks.
const GLANCE: Duration = Duration::from_millis(10);

/// How soon to ask again at first.
const SOON: Duration = Duration::from_millis(500);

/// How soon at the most where another launch has what is needed: a look into the folder, without any tool.
const OTHERS: Duration = Duration::from_secs(1);

/// How soon at the most to look again at a stranger's GPU, since each look is a call of a tool.
const STRANGERS: Duration = Duration::from_secs(15);

/// How soon to try again what does not work: a full disk, a driver that is gone.
const TROUBLE: Duration = Duration::from_secs(5);

/// For how long a locked folder is nothing to speak of.
const LOCKED: Duration = Duration::from_secs(2);

/// What a launch brings.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its number and runs, as others and `/proc` see them.
    pub launch: crate::id::LaunchId,
    /// Its key, which its programs have in their environment.
    pub key: String,
    /// What each of its runs asks for.
    pub demand: Demand,
    /// The GPUs that it may use; `None` for all that are seen.
    pub only: Option<Vec<GpuId>>,
    /// How urgent it is.
    pub priority: Priority,
    /// How many of its runs execute at once, at the most.
    pub jobs: u64,
}

/// What a run was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The GPUs, in the order of the machine.
    pub gpus: Vec<Gpu>,
    /// How much of each.
    pub holdings: Vec<Holding>,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The run may start with these.
    Given(Given),
    /// Not now.
    Wait {
        /// Why; `None` where it is not known yet, as during the first look.
        wait: Option<Wait>,
        /// When to ask again, at the latest.
        again: Duration,
    },
}

/// Gets GPUs for the runs of one launch.
#[derive(Debug)]
pub struct Broker {
    application: Application,
    path: PathBuf,
    folder: Option<Folder>,
    lookout: Lookout,
    ticket: Ticket,
    /// The ticket's file, once there is one.
    line: Option<String>,
    held: HashMap<RunId, Held>,
    files: u64,
    patience: Duration,
    locked_since: Option<Instant>,
    last: Option<Wait>,
}

#[derive(Debug)]
struct Held {
    name: String,
    lease: Lease,
    program: Option<ProcessId>,
}

impl Broker {
    /// Takes a place in the queue of the folder at `path`, from now on. Nothing is read or asked yet, but `looker` is
    /// started: it looks for each line that it reads, and answers with a [`super::eye::Sight`] in a line of JSON.
    pub fn new(application: Application, path: PathBuf, looker: Command) -> Self {
        Self::with_eye(application, path, Box::new(Companion::start(looker)))
    }

    fn with_eye(application: Application, path: PathBuf, eye: Box<dyn Eye>) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        let Application { launch, key, demand, priority, .. } = &application;
        let ticket = Ticket::new(launch.to_string(), key.clone(), *priority, since, *demand);
        Self {
            ticket,
            application,
            path,
            folder: None,
            lookout: Lookout::new(eye),
            line: None,
            held: HashMap::new(),
            files: 0,
            patience: SOON,
            locked_since: None,
            last: None,
        }
    }

    /// Asks for what a run needs; `behind` it so many more runs of the launch are to be started.
    ///
    /// Never waits for more than a moment. What is in the way, a full disk or a driver that is gone, is a reason to wait.
    pub fn ask(&mut self, run: RunId, behind: u64) -> Answer {
        if self.lookout.is_looking() {
            return Answer::Wait { wait: self.last.clone(), again: GLANCE };
        }
        let answer = match self.lookout.last() {
            None => {
                self.lookout.begin();
                Ok(Answer::Wait { wait: None, again: GLANCE })
            }
            Some(Err(trouble)) => {
                let reason = trouble.to_owned();
                if !self.lookout.is_fresh() {
                    self.lookout.begin();
                }
                return self.trouble(reason);
            }
            Some(Ok(seen)) => {
                let seen = seen.to_vec();
                self.decide(run, behind, &seen)
            }
        };
        match answer {
            Ok(answer) => answer,
            Err(FolderError::Locked { .. }) if self.is_locked_briefly() => {
                Answer::Wait { wait: self.last.clone(), again: GLANCE }
            }
            Err(error) => self.trouble(with_causes(&error)),
        }
    }

    fn is_locked_briefly(&mut self) -> bool {
        self.locked_since.get_or_insert_with(Instant::now).elapsed() < LOCKED
    }

    fn trouble(&mut self, reason: String) -> Answer {
        let wait = Wait { reason, until: Until::TroublePasses };
        self.last = Some(wait.clone());
        Answer::Wait { wait: Some(wait), again: TROUBLE }
    }

    fn decide(&mut self, run: RunId, behind: u64, seen: &[Seen]) -> Result<Answer, FolderError> {
        let folder = match self.folder.take() {
            Some(folder) => folder,
            None => Folder::open(self.path.clone())?,
        };
        let decided = folder.lock().and_then(|locked| {
            self.locked_since = None;
            self.decide_alone(run, behind, seen, &locked)
        });
        self.folder = Some(folder);
        decided
    }

    /// Decides while nobody else does.
    fn decide_alone(
        &mut self,
        run: RunId,
        behind: u64,
        seen: &[Seen],
        locked: &Locked<'_>,
    ) -> Result<Answer, FolderError> {
        let census = Census::begin();
        let all = || seen.iter().map(|seen| seen.gpu.id.clone()).collect();
        self.ticket.usable = self.application.only.clone().unwrap_or_else(all);
        let mut register = Register::read(locked, &census)?;
        if self.renew(&register, locked)? > 0 {
            register = Register::read(locked, &census)?;
        }
        self.stand_in_line(self.wanted(behind.saturating_add(1)), locked)?;
        let mut table = Table::of(seen.iter().map(|seen| &seen.gpu));
        let is_fresh = self.lookout.is_fresh();
        if is_fresh {
            for (gpu, by) in strangers(seen, &register.leases) {
                table.occupy(&gpu, &by);
            }
        }
        let own = ticket::Filed { name: String::new(), uid: census.us(), ticket: self.ticket.clone() };
        register.lay(&mut table, &own, &census);
        match table.serve(&self.application.demand, &self.ticket.usable) {
            // What strangers do is known only now and then, and asked for only where it decides.
            Ok(_) if !is_fresh => Ok(self.look_again()),
            Err(Wait { until: Until::StrangersLeave, .. }) if !self.lookout.is_current() => {
                Ok(self.look_again())
            }
            Ok(holdings) => {
                let given = self.give(run, seen, holdings, locked)?;
                self.stand_in_line(if behind == 0 { 0 } else { self.wanted(behind) }, locked)?;
                self.last = None;
                self.patience = SOON;
                Ok(Answer::Given(given))
            }
            Err(wait) => {
                let longest = match wait.until {
                    Until::StrangersLeave => STRANGERS,
                    Until::OwnRunEnds | Until::OthersEnd => OTHERS,
                    Until::TroublePasses => TROUBLE,
                };
                let again = self.patience.min(longest);
                self.patience = again * 2;
                self.last = Some(wait.clone());
                Ok(Answer::Wait { wait: Some(wait), again })
            }
        }
    }

    fn look_again(&mut self) -> Answer {
        self.lookout.begin();
        Answer::Wait { wait: self.last.clone(), again: GLANCE }
    }

    fn wanted(&self, pending: u64) -> u64 {
        let held = u64::try_from(self.held.len()).unwrap_or(u64::MAX);
        held.saturating_add(pending).min(self.application.jobs)
    }

    fn give(
        &mut self,
        run: RunId,
        seen: &[Seen],
        holdings: Vec<Holding>,
        locked: &Locked<'_>,
    ) -> Result<Given, FolderError> {
        let Application { launch, key, .. } = &self.application;
        let lease = Lease::new(launch.to_string(), run.to_string(), key.clone(), holdings.clone());
        let name = self.create(lease::PREFIX, &lease.text(), locked)?;
        self.held.insert(run, Held { name, lease, program: None });
        let is_given = |gpu: &&Gpu| holdings.iter().any(|holding| holding.gpu == gpu.id);
        let gpus: Vec<Gpu> = seen.iter().map(|seen| &seen.gpu).filter(is_given).cloned().collect();
        Ok(Given { gpus, holdings })
    }

    /// Makes a file under a name that nobody has: another user may have taken any, and a killed process of the same pid, too.
    fn create(&mut self, prefix: &str, text: &str, locked: &Locked<'_>) -> Result<String, FolderError> {
        let ProcessId { pid, start, .. } = &self.ticket.owner;
        let (pid, start) = (*pid, *start);
        loop {
            self.files += 1;
            let name = format!("{prefix}{pid}-{start}-{}", self.files);
            match locked.create(&name, text) {
                Ok(()) => return Ok(name),
                Err(FolderError::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes leases anew that somebody removed: whoever cleans /tmp of what is old, say. Tells how many.
    fn renew(&mut self, register: &Register, locked: &Locked<'_>) -> Result<usize, FolderError> {
        let lost: Vec<RunId> =
            self.held.iter().filter(|(_, held)| !register.has(&held.name)).map(|(run, _)| *run).collect();
        for run in &lost {
            let Some(held) = self.held.get(run) else { continue };
            let program = held.program.as_ref().map(lease::began).unwrap_or_default();
            let name = self.create(lease::PREFIX, &(held.lease.text() + &program), locked)?;
            if let Some(held) = self.held.get_mut(run) {
                held.name = name;
            }
        }
        if self.line.as_ref().is_some_and(|line| !register.has(line)) {
            self.line = None;
        }
        Ok(lost.len())
    }

    /// Tells the queue how many runs the launch could execute at once; 0 leaves it.
    fn stand_in_line(&mut self, at_once: u64, locked: &Locked<'_>) -> Result<(), FolderError> {
        if self.line.is_some() && self.ticket.at_once == at_once {
            return Ok(());
        }
        if let Some(line) = self.line.take() {
            locked.remove(&line);
        }
        self.ticket.at_once = at_once;
        if at_once > 0 {
            self.line = Some(self.create(ticket::PREFIX, &self.ticket.text(), locked)?);
        }
        Ok(())
    }

    /// Learns which process the program of a run is: that tells other users that it lives, should this process be killed.
    pub fn started(&mut self, run: RunId, program: ProcessId) {
        if let (Some(held), Some(folder)) = (self.held.get_mut(&run), &self.folder) {
            // Without the line the lease still lives as long as this process, and for us by the program's environment.
            let _full_disk = folder.append(&held.name, &lease::began(&program));
            held.program = Some(program);
        }
    }

    /// Gives back what a run holds: its last process is gone.
    pub fn release(&mut self, run: RunId) {
        if let (Some(held), Some(folder)) = (self.held.remove(&run), &self.folder) {
            folder.remove(&held.name);
        }
    }

    /// Leaves the queue: nothing more is asked for.
    pub fn leave(&mut self) {
        if let (Some(line), Some(folder)) = (self.line.take(), &self.folder) {
            folder.remove(&line);
        }
    }
}

/// Whoever ends in order leaves the queue; leases are given back one by one, or end with their last process.
impl Drop for Broker {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests;
