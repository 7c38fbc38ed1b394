//! How much memory a run may have: by a cgroup where one may be made, else by looking.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::cgroup::{Cgroup, Killing, Place, ROOT, places};
use super::sample::{Level, Processes, Tree, level};
use crate::id::RunId;
use crate::resources::MemorySize;

/// How often to look whether the kernel has killed one process of a run, for which the others may wait for ever.
const LOOK_FOR_KILLED: Duration = Duration::from_secs(1);

/// How the memory of runs may be limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// By a cgroup for each run, where this process may make one, else by looking.
    Cgroups,
    /// By looking at the processes of each run now and then, more often the more of its limit it has.
    Looking,
}

/// Limits the memory of the runs of one worker.
#[derive(Debug)]
pub(super) struct Memory {
    limit: MemorySize,
    places: Vec<Place>,
    processes: Rc<RefCell<Processes>>,
    remains: Rc<RefCell<Remains>>,
}

/// The limit of one run.
#[derive(Debug)]
pub(super) struct Watch {
    run: RunId,
    limit: MemorySize,
    by: By,
    next: Option<Instant>,
    processes: Rc<RefCell<Processes>>,
    remains: Rc<RefCell<Remains>>,
}

#[derive(Debug)]
enum By {
    Kernel(Cgroup),
    Looking(Option<Tree>),
}

impl Memory {
    /// Limits every run; what workers that were killed have left is swept away first.
    pub(super) fn limited_to(limit: MemorySize, means: Means) -> Self {
        let places = match means {
            Means::Cgroups => {
                places(&fs::read_to_string("/proc/self/cgroup").unwrap_or_default(), Path::new(ROOT))
            }
            Means::Looking => Vec::new(),
        };
        places.iter().for_each(Place::sweep);
        Self { limit, places, processes: Rc::default(), remains: Rc::default() }
    }

    /// Prepares the start of a run's program: where cgroups may be made, this process is in the run's until
    /// [`Watch::step_out`].
    pub(super) fn step_in(&mut self, run: RunId) -> Watch {
        self.remains.borrow_mut().remove();
        let cgroup = self.places.iter().find_map(|place| {
            let cgroup = place.make(run, self.limit).ok()?;
            if cgroup.step_in().is_ok() {
                return Some(cgroup);
            }
            self.remains.borrow_mut().add(cgroup);
            None
        });
        Watch {
            run,
            limit: self.limit,
            by: cgroup.map_or(By::Looking(None), By::Kernel),
            next: None,
            processes: Rc::clone(&self.processes),
            remains: Rc::clone(&self.remains),
        }
    }
}

impl Watch {
    /// Takes this process out of the run's cgroup again. Where it cannot leave, the limit is kept by looking.
    pub(super) fn step_out(&mut self) {
        if let By::Kernel(cgroup) = &mut self.by
            && cgroup.step_out().is_err()
        {
            self.by = By::Looking(None);
        }
    }

    /// Begins to look at the program, where there is anything to see before its end.
    pub(super) fn begin(&mut self, program: Pid, now: Instant) {
        self.next = match &mut self.by {
            By::Kernel(cgroup) => (cgroup.killing() == Killing::One).then(|| now + LOOK_FOR_KILLED),
            By::Looking(tree) => {
                let mark = format!("NEU_RUN_ID={}", self.run).into_bytes();
                *tree = Some(Tree { program, mark });
                Some(self.processes.borrow().next(now, Level::High))
            }
        };
    }

    /// Gives the time to look; `None` where the kernel does all.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Tells, once, the limit that was exceeded.
    pub(super) fn look(&mut self, now: Instant) -> Option<MemorySize> {
        self.next.take_if(|next| *next <= now)?;
        let (is_exceeded, next) = match &self.by {
            By::Kernel(cgroup) => (cgroup.has_killed(), now + LOOK_FOR_KILLED),
            By::Looking(None) => return None,
            By::Looking(Some(tree)) => {
                let mut processes = self.processes.borrow_mut();
                let pids = processes.of(tree, now);
                let level = level(&pids, self.limit);
                (level == Level::TooHigh, processes.next(now, level))
            }
        };
        if is_exceeded {
            return Some(self.limit);
        }
        self.next = Some(next);
        None
    }

    /// Tells the limit where the kernel has killed for it, once the run is over, and removes its cgroup.
    pub(super) fn end(self) -> Option<MemorySize> {
        match self.by {
            By::Kernel(cgroup) => {
                let limit = cgroup.has_killed().then_some(self.limit);
                self.remains.borrow_mut().add(cgroup);
                limit
            }
            By::Looking(_) => None,
        }
    }
}

/// Cgroups whose runs are over. The kernel may take a moment to forget the last process of one.
#[derive(Debug, Default)]
struct Remains(Vec<Cgroup>);

impl Remains {
    fn add(&mut self, cgroup: Cgroup) {
        self.0.push(cgroup);
        self.remove();
    }

    fn remove(&mut self) {
        self.0.retain(|cgroup| cgroup.remove().is_err());
    }
}

impl Drop for Remains {
    /// Blocks for a tenth of a second at the most: the next worker sweeps away what is still left.
    fn drop(&mut self) {
        let until = Instant::now() + Duration::from_millis(100);
        self.remove();
        while !self.0.is_empty() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
            self.remove();
        }
    }
}
