//! What surrounds the program: read once, here, and handed on as values.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use neuromanager_core::store::Store;

/// The folder, the environment and the terminal that a command was typed in.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where the user is.
    pub(crate) folder: PathBuf,
    /// The environment.
    pub(crate) variables: Vec<(OsString, OsString)>,
    /// What was typed, the program first.
    pub(crate) typed: Vec<OsString>,
    /// Whether somebody is there to be asked.
    pub(crate) interactive: bool,
}

impl Settings {
    /// Reads the process's surroundings.
    pub(crate) fn read(typed: Vec<OsString>) -> io::Result<Self> {
        Ok(Self {
            folder: current_folder()?,
            variables: env::vars_os().collect(),
            typed,
            interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
        })
    }

    /// Gives a variable of the environment that is set to something.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        let found = self.variables.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_os_str()).filter(|value| !value.is_empty())
    }

    /// Gives a variable that holds text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.variable(name).and_then(OsStr::to_str)
    }

    /// Gives PATH; empty where it is not set.
    pub(crate) fn path(&self) -> &OsStr {
        self.variable("PATH").unwrap_or_default()
    }

    /// Gives the folder for small files that do not outlive the process.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.variable("TMPDIR").map_or_else(|| "/tmp".into(), PathBuf::from)
    }

    /// Gives the user's folder of configurations, where the environment tells of one; the system is not asked.
    pub(crate) fn user_configuration(&self) -> Option<PathBuf> {
        let base = self.variable("XDG_CONFIG_HOME").map(PathBuf::from);
        let base = base.or_else(|| self.variable("HOME").map(|home| PathBuf::from(home).join(".config")));
        base.map(|base| base.join("neuromanager").join("config.json"))
    }

    /// Gives the store of this folder.
    pub(crate) fn store(&self) -> Store {
        match self.variable("NEU_DIR") {
            Some(root) => Store::at(self.folder.join(root)),
            None => Store::locate(&self.folder),
        }
    }
}

/// Gives the folder as the user knows it, links and all, where `PWD` names the same one.
fn current_folder() -> io::Result<PathBuf> {
    let real = env::current_dir()?;
    let shown = env::var_os("PWD").map(PathBuf::from).filter(|shown| shown.is_absolute());
    Ok(shown.filter(|shown| shown.canonicalize().is_ok_and(|same| same == real)).unwrap_or(real))
}
