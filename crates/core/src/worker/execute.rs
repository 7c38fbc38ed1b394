//! The worker's second half: claims each run, executes its argv, and writes down what happened.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

use super::birth::{Births, ticks};
use super::ending::Conclusion;
use super::failures::Failures;
use super::gpus::{GpuDesk, leases};
use super::guard::{Limits, Unlimited};
use super::keeping::Kept;
use super::lease::{Grant, Leases};
use super::leftovers::Leftovers;
use super::limits::Keeper;
use super::memory::OutOfMemory;
use super::past::Past;
use super::points::Points;
use super::program::{Environment, Identity, Launcher, NOT_EXECUTABLE, unprepared};
use super::relay::relays;
use super::running::Running;
use super::stopping::{ABANDON, Stop};
use super::succession::Succession;
use super::supervise::HANDLED;
use super::terminal::Terminal;
use super::{Assignment, Doing, Input, Outcome, Setting, Signals, WorkerError, stop_with_the_parent};
use crate::event::{Event, Exit, Started};
use crate::process::boot_id;
use crate::ranges::Ranges;
use crate::resources::{LocalResources, Resources};
use crate::store::{JournalReader, JournalWriter, Launch, LaunchDir, PlanReader, Submission};

/// What the second half begins with.
#[derive(Debug)]
pub struct Beginning<'a> {
    /// The environment of this process, with all that the env has set.
    pub environment: &'a Environment,
    /// A file, alone in its folder, of which the removal tells the first half that the env was activated.
    pub activated: &'a Path,
    /// Why no run can be started, where the first half has found that already.
    pub hindrance: Option<String>,
}

/// Executes the runs of an assignment in this process's environment. GPUs are leased at `desk`, where the launch asks
/// for any.
pub fn execute(
    assignment: &Assignment,
    beginning: Beginning<'_>,
    desk: GpuDesk,
) -> Result<Outcome, WorkerError> {
    let Beginning { environment, activated, hindrance } = beginning;
    let dir = LaunchDir::at(assignment.launch.clone());
    let launch = dir.read()?;
    let submission = submission(assignment, &dir)?;
    let resources = launch.options_of(submission.as_ref());
    let limits = limits(assignment, resources, &desk)?;
    // It may start a process that is no leftover of a program.
    let leases = leases(assignment, &launch, resources, desk)?;
    let leftovers = Leftovers::adopt();
    let is_in_job = matches!(assignment.setting, Setting::Job(_));
    let relays = relays().filter(|relay| is_in_job || *relay == ABANDON as i32);
    let handled: Vec<i32> = HANDLED.into_iter().chain(relays).collect();
    let signals = Signals::listen(&handled).doing("listen for signals")?;
    stop_with_the_parent(&assignment.setting);
    fs::remove_file(activated).doing("remove its file for temporary use")?;
    // A first half that is killed cannot remove it.
    let _in_use = activated.parent().map(fs::remove_dir_all);
    let mut executor = Executor {
        assignment,
        launcher: Launcher::prepare(environment).doing("prepare the environment of programs")?,
        hindrance,
        births: Births::of_boot(&boot_id()),
        points: Points::default(),
        plan: dir.plan()?,
        journal: JournalWriter::open(&dir.events(), &assignment.node.name, &assignment.node.boot)?,
        past: Past::new(
            JournalReader::new(dir.events()),
            // Nobody asks for what came before a first attempt.
            if assignment.attempt > 1 { assignment.runs.clone() } else { Ranges::default() },
            submission.as_ref().map(|submission| submission.time),
        ),
        succession: Succession::of(assignment, &dir)?,
        launch,
        dir,
        signals,
        leftovers,
        out_of_memory: OutOfMemory::watch(),
        terminal: match assignment.setting {
            Setting::Foreground(Input::Terminal) => Terminal::of_stdin(),
            Setting::Foreground(Input::Nothing) | Setting::Job(_) => None,
        },
        leases,
        kept: Kept::default(),
        limits,
        unheeded: Vec::new(),
        stop: None,
        failures: Failures::default(),
        start_no_more: None,
    };
    if matches!(assignment.setting, Setting::Foreground(_)) && getppid().as_raw() != assignment.first_half.pid
    {
        // It was killed before it could be heard of: nobody waits for these runs.
        executor.stop = Some(Stop::Told(Signal::SIGTERM));
    }
    executor.execute_all()
}

/// Finds the submission that asked for these attempts, where they are not the first.
pub(super) fn submission(
    assignment: &Assignment,
    dir: &LaunchDir,
) -> Result<Option<Submission>, WorkerError> {
    if assignment.first_attempt == 1 {
        return Ok(None);
    }
    let submissions = dir.submissions()?;
    Ok(submissions.iter().find(|submission| submission.chunk.key == assignment.key).cloned())
}

/// Prepares to keep the limits that `resources` set; a scheduler keeps those of its jobs itself.
fn limits(
    assignment: &Assignment,
    resources: &Resources,
    desk: &GpuDesk,
) -> Result<Box<dyn Limits>, WorkerError> {
    match assignment.setting {
        Setting::Job(_) => Ok(Box::new(Unlimited)),
        Setting::Foreground(_) => {
            let limits = LocalResources::read(resources)?.limits;
            Ok(Box::new(
                Keeper::of(limits, assignment.means, desk.folder.clone()).doing("tell its processors")?,
            ))
        }
    }
}

pub(super) struct Executor<'a> {
    pub(super) assignment: &'a Assignment,
    launcher: Launcher,
    /// Why no run can be started.
    hindrance: Option<String>,
    births: Births,
    pub(super) points: Points,
    pub(super) launch: Launch,
    pub(super) dir: LaunchDir,
    plan: PlanReader,
    pub(super) journal: JournalWriter,
    pub(super) past: Past,
    pub(super) succession: Succession,
    pub(super) signals: Signals,
    pub(super) leftovers: Leftovers,
    pub(super) out_of_memory: OutOfMemory,
    /// The terminal that the only run reads from.
    pub(super) terminal: Option<Terminal>,
    pub(super) leases: Box<dyn Leases>,
    pub(super) kept: Kept,
    pub(super) limits: Box<dyn Limits>,
    /// Signals that came while something else was waited for.
    pub(super) unheeded: Vec<i32>,
    pub(super) stop: Option<Stop>,
    pub(super) failures: Failures,
    /// Why no run is started any more, for what came of others.
    pub(super) start_no_more: Option<String>,
}

impl Executor<'_> {
    /// Starts the program of a run that was claimed; where that is not possible, that is its end.
    pub(super) fn start(
        &mut self,
        run: u64,
        log: &File,
        grant: &Grant,
    ) -> Result<Result<Running, Option<Conclusion>>, WorkerError> {
        let planned = self.plan.run(run)?;
        let id = self.id_of(run);
        let attempt = self.assignment.attempt;
        let before = ticks();
        let mut guard = None;
        let mut point = None;
        let mut prepare_and_start = || {
            if let Some(reason) = &self.hindrance {
                return Err(Exit::Unstarted { code: NOT_EXECUTABLE, reason: reason.clone() });
            }
            let params_file = || self.dir.params_file(run, attempt);
            let place =
                self.points.take(planned.params.get(), params_file).map_err(|error| unprepared(&error))?;
            point = Some(place);
            guard = self.limits.guard(id).map_err(|error| unprepared(&error))?;
            let params_file =
                self.points.variable(place).ok_or_else(|| unprepared(&ErrorKind::NotFound.into()))?;
            let identity = Identity { id, key: &self.launch.key, attempt, params_file };
            let input = if self.terminal.is_some() { Input::Terminal } else { Input::Nothing };
            self.launcher
                .start(&planned, &identity, &grant.variables, log, input)
                .map(|program| (program, place))
        };
        let started = prepare_and_start();
        let (program, place) = match started {
            Ok(started) => started,
            Err(exit) => {
                if let Some(place) = point {
                    self.points.give_back(place);
                }
                if let Some(guard) = &mut guard {
                    guard.not_started();
                }
                if let Exit::Unstarted { reason, .. } = &exit {
                    // What the record says anyway; a full disk must not hide it.
                    let _disk_full = std::io::Write::write_all(&mut &*log, format!("{reason}\n").as_bytes());
                }
                return Ok(Err(Some(Conclusion::unstarted(run, exit))));
            }
        };
        if let Some(guard) = &mut guard {
            guard.started(program);
        }
        if self.terminal.is_some() {
            Terminal::lend(program);
        }
        self.record_start(run, program, before, grant)?;
        let look_at = self.next_look(None);
        Ok(Ok(Running { born: before, look_at, guard, ..Running::begin(run, program, place) }))
    }

    fn record_start(
        &mut self,
        run: u64,
        program: Pid,
        before: Option<u64>,
        grant: &Grant,
    ) -> Result<(), WorkerError> {
        let process = self.births.name(program, before);
        self.leases.started(self.id_of(run), &process);
        self.record(Event::Started(Started {
            run,
            attempt: self.assignment.attempt,
            node: self.assignment.node.name.clone(),
            process,
            job: self.assignment.setting.job(),
            gpus: grant.gpus.clone(),
        }))
    }

    /// Adds to the journal what a reader needs to know before this process waits again.
    ///
    /// In a job that is at once: on a network file system, others see a record once it is synced.
    pub(super) fn record(&mut self, event: Event) -> Result<(), WorkerError> {
        self.journal.add(event)?;
        match self.assignment.setting {
            Setting::Job(_) => {
                self.flush()?;
                Ok(self.journal.sync()?)
            }
            Setting::Foreground(_) => Ok(()),
        }
    }

    /// Writes what was added to the journal.
    pub(super) fn flush(&mut self) -> Result<(), WorkerError> {
        Ok(self.journal.flush()?)
    }

    /// Looks whether somebody cancelled a run. In a job, Slurm itself sees to that.
    pub(super) fn is_unwanted(&mut self, run: u64) -> Result<bool, WorkerError> {
        if matches!(self.assignment.setting, Setting::Job(_)) {
            return Ok(false);
        }
        self.look_back()?;
        Ok(self.past.is_unwanted(run))
    }

    /// Reads what others have written since.
    pub(super) fn look_back(&mut self) -> Result<(), WorkerError> {
        match self.assignment.setting {
            Setting::Job(_) => Ok(self.past.refresh()?),
            Setting::Foreground(_) => Ok(self.past.refresh_beside(&mut self.journal)?),
        }
    }
}
