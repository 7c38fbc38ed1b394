//! Waits for what a worker writes, without looking again and again: inotify(7) where the system has it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use neuromanager_core::worker::Signals;
#[cfg(target_os = "linux")]
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};

/// How long nothing is waited for where nothing tells of news.
const TICK: Duration = Duration::from_millis(30);

/// How long news are waited for at the most, where they are told of: a file system may keep some to itself.
#[cfg(target_os = "linux")]
const LONGEST: Duration = Duration::from_secs(2);

/// News of the folder of a journal, and of one log.
#[derive(Debug)]
pub(super) struct News {
    #[cfg(target_os = "linux")]
    watch: Option<Watch>,
    /// How often news are looked at, however many there are.
    pace: Duration,
    looked: Instant,
}

impl News {
    /// Waits for news of `events`, to be looked at once in a `pace`.
    pub(super) fn of(events: &Path, pace: Duration) -> Self {
        Self {
            #[cfg(target_os = "linux")]
            watch: Watch::of(events),
            pace,
            looked: Instant::now(),
        }
    }

    /// Waits for news, or for signals, which it gives.
    pub(super) fn wait(&mut self, signals: &mut Signals) -> Vec<i32> {
        let rest = self.pace.saturating_sub(self.looked.elapsed());
        let mut came = signals.wait(Some(rest));
        if came.is_empty() {
            came = self.wait_long(signals);
        }
        self.looked = Instant::now();
        came
    }

    #[cfg(target_os = "linux")]
    fn wait_long(&mut self, signals: &mut Signals) -> Vec<i32> {
        match &self.watch {
            Some(watch) => watch.wait(signals),
            None => signals.wait(Some(TICK)),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn wait_long(&mut self, signals: &mut Signals) -> Vec<i32> {
        signals.wait(Some(TICK))
    }

    /// Waits for news of this log, too, and of none from before.
    #[cfg(target_os = "linux")]
    pub(super) fn follow(&mut self, log: Option<&Path>) -> Watched {
        self.watch.as_mut().map_or(Watched::AsBefore, |watch| watch.follow(log))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn follow(&mut self, _log: Option<&Path>) -> Watched {
        Watched::AsBefore
    }
}

/// Whether a log is watched since now only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watched {
    Anew,
    AsBefore,
}

#[cfg(target_os = "linux")]
#[derive(Debug)]
struct Watch {
    inotify: Inotify,
    log: Option<(PathBuf, WatchDescriptor)>,
}

#[cfg(target_os = "linux")]
impl Watch {
    /// Watches a folder; `None` where the system has no watch left for this user.
    fn of(events: &Path) -> Option<Self> {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).ok()?;
        inotify.add_watch(events, AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_CREATE).ok()?;
        Some(Self { inotify, log: None })
    }

    fn wait(&self, signals: &mut Signals) -> Vec<i32> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        use std::os::fd::AsFd;

        let mut ends = [
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.inotify.as_fd(), PollFlags::POLLIN),
        ];
        let limit = PollTimeout::try_from(LONGEST).unwrap_or(PollTimeout::MAX);
        // An interrupted poll is a signal that came.
        let _interrupted = poll(&mut ends, limit);
        // What they tell is seen in the files.
        while self.inotify.read_events().is_ok_and(|events| !events.is_empty()) {}
        signals.wait(Some(Duration::ZERO))
    }

    fn follow(&mut self, log: Option<&Path>) -> Watched {
        if self.log.as_ref().map(|(path, _)| path.as_path()) == log {
            return Watched::AsBefore;
        }
        if let Some((_, before)) = self.log.take() {
            // A log that was removed is not watched any more.
            let _gone = self.inotify.rm_watch(before);
        }
        self.log = log.and_then(|log| {
            let watch = self.inotify.add_watch(log, AddWatchFlags::IN_MODIFY).ok()?;
            Some((log.to_owned(), watch))
        });
        Watched::Anew
    }
}
