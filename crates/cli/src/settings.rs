//! What surrounds the program: read once, here, and handed on as values.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::{Component, Path, PathBuf};

use neuromanager_core::store::{Registry, Store};

use crate::ui::Colors;

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
    /// Reads the process's surroundings, from the folder that the last of `folders` leads to, each seen from the one
    /// before.
    pub(crate) fn read(typed: Vec<OsString>, folders: &[PathBuf]) -> Result<Self, SurroundingsError> {
        let mut folder = current_folder().map_err(SurroundingsError::Lost)?;
        for next in folders {
            folder = go(&folder, next)
                .map_err(|source| SurroundingsError::NoFolder { folder: next.clone(), source })?;
        }
        let mut variables: Vec<(OsString, OsString)> = env::vars_os().collect();
        if !folders.is_empty() {
            variables.retain(|(name, _)| name != "PWD");
            variables.push(("PWD".into(), folder.clone().into()));
        }
        Ok(Self {
            folder,
            variables,
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

    /// Gives the store of this folder, which may be a store itself.
    pub(crate) fn store(&self) -> Store {
        match self.variable("NEU_DIR") {
            _ if Store::is_at(&self.folder) => Store::at(self.folder.clone()),
            Some(root) => Store::at(self.folder.join(root)),
            None => Store::locate(&self.folder),
        }
    }

    /// Gives the stores that the user has used, where the environment tells of a folder to remember them in.
    ///
    /// A relative `XDG_STATE_HOME` is none (XDG Base Directory Specification, "Environment variables").
    pub(crate) fn registry(&self) -> Option<Registry> {
        let absolute = |name: &str| self.variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
        state.map(|state| Registry::at(&state.join("neuromanager")))
    }

    /// Remembers a store, so that its launches are found from any folder.
    pub(crate) fn remember(&self, store: &Store) {
        if let Some(registry) = self.registry() {
            registry.remember(store);
        }
    }
}

/// Reads whether the user takes colours, which is needed before anything can be said: `NO_COLOR` asks for none.
pub(crate) fn colors() -> Colors {
    match env::var_os("NO_COLOR") {
        Some(no) if !no.is_empty() => Colors::Unwanted,
        Some(_) | None => Colors::Welcome,
    }
}

/// Why a command cannot begin.
#[derive(Debug)]
pub(crate) enum SurroundingsError {
    /// The current folder cannot be found.
    Lost(io::Error),
    /// A folder that was typed cannot be entered.
    NoFolder {
        /// As it was typed.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Goes to a folder and gives its path: as the user knows it, unless that says `..`, which links make another folder.
fn go(from: &Path, to: &Path) -> io::Result<PathBuf> {
    let path = from.join(to);
    env::set_current_dir(&path)?;
    if path.components().any(|part| part == Component::ParentDir) {
        env::current_dir()
    } else {
        Ok(path.components().collect())
    }
}

/// Gives the folder as the user knows it, links and all, where `PWD` names the same one.
fn current_folder() -> io::Result<PathBuf> {
    let real = env::current_dir()?;
    let shown = env::var_os("PWD").map(PathBuf::from).filter(|shown| shown.is_absolute());
    Ok(shown.filter(|shown| shown.canonicalize().is_ok_and(|same| same == real)).unwrap_or(real))
}
