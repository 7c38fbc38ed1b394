//! Whose an orphan is, where several programs run at once: its process group, its session, or its environment says it.

use std::collections::BTreeMap;
use std::fs;

use nix::unistd::{Pid, getpgid, getsid};

use super::leftovers::Deceased;
use crate::id::RunId;

/// Whose an orphan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The run that ended.
    Deceased,
    /// Another one that runs, or none that can be told.
    Another,
}

/// The orphans that this process has adopted, with the runs that they bear the signs of.
///
/// A child's pid is not given to another process before it is reaped, so that what was read once holds.
#[derive(Debug, Default)]
pub(super) struct Heirs {
    runs: BTreeMap<Pid, Option<String>>,
}

impl Heirs {
    /// Forgets all but those that are there.
    pub(super) fn keep(&mut self, orphans: &[Pid]) {
        if !self.runs.is_empty() {
            self.runs.retain(|pid, _| orphans.contains(pid));
        }
    }

    /// Tells whose an orphan is, with other programs at work.
    pub(super) fn owner(&mut self, orphan: Pid, deceased: &Deceased<'_>) -> Owner {
        let group = deceased.group;
        if getpgid(Some(orphan)) == Ok(group) || getsid(Some(orphan)) == Ok(group) {
            return Owner::Deceased;
        }
        let is_its = is_run(self.sign(orphan, deceased.key), deceased.run);
        if is_its { Owner::Deceased } else { Owner::Another }
    }

    /// Tells whether an orphan bears no sign of any run, with these programs at work.
    pub(super) fn is_of_nobody(&mut self, orphan: Pid, key: &str, programs: &[Pid]) -> bool {
        let leads = |group: nix::Result<Pid>| group.is_ok_and(|group| programs.contains(&group));
        let is_of_a_program = leads(getpgid(Some(orphan))) || leads(getsid(Some(orphan)));
        !is_of_a_program && self.sign(orphan, key).is_none()
    }

    /// Gives the run that an orphan has in its environment.
    fn sign(&mut self, orphan: Pid, key: &str) -> Option<&str> {
        let run = self.runs.entry(orphan).or_insert_with(|| {
            let environment = fs::read(format!("/proc/{orphan}/environ")).unwrap_or_default();
            run_in(&environment, format!("NEU_KEY={key}").as_bytes())
        });
        run.as_deref()
    }
}

fn is_run(sign: Option<&str>, run: RunId) -> bool {
    sign.is_some_and(|sign| sign == run.to_string())
}

/// Finds the run in an environment that also has the launch's key.
fn run_in(environment: &[u8], key: &[u8]) -> Option<String> {
    let mut variables = environment.split(|byte| *byte == 0);
    let is_ours = variables.clone().any(|variable| variable == key);
    let run = variables.find_map(|variable| variable.strip_prefix(b"NEU_RUN_ID="))?;
    is_ours.then(|| String::from_utf8_lossy(run).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::LaunchId;

    #[test]
    fn an_environment_names_the_run_only_beside_the_key_of_its_launch() {
        let run = |text: &[u8]| run_in(text, b"NEU_KEY=abc");
        assert_eq!(run(b"A=1\0NEU_RUN_ID=4.2\0NEU_KEY=abc\0").as_deref(), Some("4.2"));
        assert_eq!(run(b"NEU_KEY=abc\0NEU_RUN_ID=4.20\0").as_deref(), Some("4.20"));
        assert_eq!(run(b"NEU_RUN_ID=4.2\0NEU_KEY=abcd\0"), None);
        assert_eq!(run(b"NEU_KEY=abc\0"), None);
        assert_eq!(run(b""), None);
    }

    #[test]
    fn a_sign_is_of_one_run_alone() {
        let run = RunId { launch: LaunchId(4), run: 2 };
        assert!(is_run(Some("4.2"), run));
        assert!(!is_run(Some("4.20"), run) && !is_run(Some("14.2"), run) && !is_run(None, run));
    }
}
