//! When a program was started, as its `/proc/PID/stat` would say: read from the same clock, which costs no system call.

#[cfg(target_os = "linux")]
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

use crate::process::ProcessId;

/// Names programs that this process has just started.
#[derive(Debug)]
pub(super) struct Births {
    boot: String,
    trust: Trust,
}

/// Whether the clock counts as the system does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Untried,
    Proved,
    Broken,
}

impl Births {
    /// Names programs of this boot, whose id is `boot`.
    pub(super) fn of_boot(boot: &str) -> Self {
        Self { boot: boot.to_owned(), trust: Trust::Untried }
    }

    /// Names a program that was started after `before`, and not before this moment.
    ///
    /// Its start is known where the whole of that time lies within one tick of the system; else the system is asked.
    pub(super) fn name(&mut self, program: Pid, before: Option<u64>) -> ProcessId {
        let pid = program.as_raw();
        let start = before.filter(|before| ticks() == Some(*before));
        if let (Trust::Proved, Some(start)) = (self.trust, start) {
            return ProcessId { pid, start, boot: self.boot.clone() };
        }
        let told = ProcessId::of(pid);
        if let (Trust::Untried, Some(told), Some(start)) = (self.trust, &told, start) {
            self.trust = if told.start == start { Trust::Proved } else { Trust::Broken };
        }
        told.unwrap_or(ProcessId { pid, start: 0, boot: String::new() })
    }
}

/// How many ticks of `/proc` a second has: `USER_HZ`, which is 100 on all that Linux runs on (time(7)).
#[cfg(target_os = "linux")]
const TICKS: u64 = 100;

/// Gives the ticks since boot, the time of suspension included, as `/proc/PID/stat` counts them; `None` where the system
/// has no such clock.
#[cfg(target_os = "linux")]
pub(super) fn ticks() -> Option<u64> {
    let now = clock_gettime(ClockId::CLOCK_BOOTTIME).ok()?;
    let (seconds, nanos) = (u64::try_from(now.tv_sec()).ok()?, u64::try_from(now.tv_nsec()).ok()?);
    Some(seconds * TICKS + nanos / (1_000_000_000 / TICKS))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn ticks() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::boot_id;
    use std::process::Command;

    #[test]
    fn a_program_is_named_as_the_system_names_it() {
        let mut births = Births::of_boot(&boot_id());
        for _ in 0..30 {
            let before = ticks();
            let mut child = Command::new("sleep").arg("60").spawn().unwrap();
            let pid = i32::try_from(child.id()).unwrap();
            let named = births.name(Pid::from_raw(pid), before);
            assert_eq!(Some(named), ProcessId::of(pid));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_ne!(births.trust, Trust::Broken);
    }
}
