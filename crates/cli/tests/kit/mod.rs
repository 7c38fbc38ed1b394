//! The sealed world that black-box tests run in: a folder, an empty home, a PATH of known tools, and nothing else.

mod background;
mod line;
mod terminal;
mod tidy;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use background::Background;
pub(crate) use line::{Line, Outcome};
pub(crate) use terminal::Terminal;

use tidy::hide_times;

/// How long anything may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What every world has on its PATH.
const TOOLS: &[&str] = &[
    "awk", "basename", "bash", "cat", "chmod", "cp", "cut", "date", "dirname", "echo", "env", "false", "git",
    "grep", "head", "id", "kill", "ln", "ls", "mkdir", "mktemp", "mv", "nohup", "printf", "ps", "readlink",
    "rm", "sed", "seq", "setpriv", "setsid", "sh", "sleep", "sort", "stat", "stty", "tail", "tee", "touch",
    "tr", "true", "tty", "uname", "wc", "xargs",
];

/// Prints its arguments byte for byte, each with a NUL behind it; [`arguments`] reads them.
pub(crate) const ARGV_PY: &str = "import os, sys\n\
    sys.stdout.buffer.write(b''.join(os.fsencode(word) + b'\\0' for word in sys.argv[1:]))\n\
    sys.stdout.buffer.flush()\n";

/// Reads what [`ARGV_PY`] printed.
pub(crate) fn arguments(printed: &[u8]) -> Vec<OsString> {
    let mut words: Vec<OsString> =
        printed.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_owned())).collect();
    assert_eq!(words.pop(), Some(OsString::new()), "cut short: {:?}", String::from_utf8_lossy(printed));
    words
}

/// One of the product's commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Neu,
    Neurun,
    Neusweep,
}

impl Tool {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Neu => env!("CARGO_BIN_EXE_neu"),
            Self::Neurun => env!("CARGO_BIN_EXE_neurun"),
            Self::Neusweep => env!("CARGO_BIN_EXE_neusweep"),
        }
    }
}

/// A folder of its own, with `project/` to work in, `home/` that is empty, `bin/` that is PATH, and `tmp/`.
#[derive(Debug)]
pub(crate) struct World {
    root: PathBuf,
    variables: BTreeMap<OsString, OsString>,
    _dir: tempfile::TempDir,
}

impl World {
    /// Makes a world that has `python` and `python3`.
    pub(crate) fn new() -> Self {
        let world = Self::without_python();
        let python = python();
        for name in ["python", "python3"] {
            std::os::unix::fs::symlink(&python, world.bin().join(name)).unwrap();
        }
        world
    }

    /// Makes a world that has no Python at all.
    pub(crate) fn without_python() -> Self {
        let dir = tempfile::Builder::new().prefix("neu-world-").tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for folder in ["project", "home", "bin", "tmp"] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        for tool in TOOLS {
            if let Some(found) = find_tool(tool) {
                std::os::unix::fs::symlink(found, root.join("bin").join(tool)).unwrap();
            }
        }
        let mut variables = BTreeMap::new();
        for (name, folder) in [("HOME", "home"), ("PATH", "bin"), ("TMPDIR", "tmp"), ("NEU_GPU_DIR", "gpus")]
        {
            variables.insert(name.into(), root.join(folder).into());
        }
        // The mark by which `survivors` finds what was started here.
        variables.insert("NEU_TEST_WORLD".into(), root.clone().into());
        for (name, value) in [("TZ", "UTC"), ("COLUMNS", "100"), ("USER", "ada"), ("LC_ALL", "C.UTF-8")] {
            variables.insert(name.into(), value.into());
        }
        Self { root, variables, _dir: dir }
    }

    /// The world's own folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that commands are typed in.
    pub(crate) fn folder(&self) -> PathBuf {
        self.root.join("project")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub(crate) fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    /// The store, where nothing says otherwise.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder().join(".neu")
    }

    /// A path below the project's folder.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file of the project; folders are made as needed.
    pub(crate) fn file(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes an executable file of the project, or of `bin/` by its absolute path.
    pub(crate) fn program(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Puts a command of the test's own on PATH, in bash; it records its arguments, see [`World::calls`].
    pub(crate) fn fake(&self, command: &str, script: &str) {
        let calls = self.root.join("calls");
        let _system = fs::remove_file(self.bin().join(command));
        let text = format!(
            "#!{}\nprintf '%s\\n' \"{command} $*\" >>'{}'\n{script}\n",
            self.bin().join("bash").display(),
            calls.display()
        );
        self.program(self.bin().join(command), text);
    }

    /// What the fake commands were called with, a line a call.
    pub(crate) fn calls(&self) -> String {
        self.tidy(&fs::read_to_string(self.root.join("calls")).unwrap_or_default())
    }

    /// Sets a variable for every command of this world.
    pub(crate) fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.variables.insert(name.into(), value.into());
    }

    /// A command line to run here.
    pub(crate) fn command<I, S>(&self, program: impl AsRef<OsStr>, words: I) -> Line
    where
        I: IntoIterator<Item = S>,
        S: Into<OsString>,
    {
        Line {
            program: program.as_ref().to_owned(),
            words: words.into_iter().map(Into::into).collect(),
            folder: self.folder(),
            variables: self.variables.clone(),
            input: None,
        }
    }

    /// A command line of the product to run here.
    pub(crate) fn tool<I, S>(&self, tool: Tool, words: I) -> Line
    where
        I: IntoIterator<Item = S>,
        S: Into<OsString>,
    {
        self.command(tool.path(), words)
    }

    /// Runs `neurun` to its end; words are split at spaces.
    pub(crate) fn neurun(&self, line: &str) -> Outcome {
        self.tool(Tool::Neurun, line.split_whitespace()).run()
    }

    /// Runs `neusweep` to its end; words are split at spaces.
    pub(crate) fn neusweep(&self, line: &str) -> Outcome {
        self.tool(Tool::Neusweep, line.split_whitespace()).run()
    }

    /// Runs `neu` to its end; words are split at spaces.
    pub(crate) fn neu(&self, line: &str) -> Outcome {
        self.tool(Tool::Neu, line.split_whitespace()).run()
    }

    /// Runs a line of bash to its end, with the product's commands on PATH under their names.
    pub(crate) fn bash(&self, script: &str) -> Outcome {
        let tools = self.root.join("tools");
        fs::create_dir_all(&tools).unwrap();
        for (name, tool) in [("neu", Tool::Neu), ("neurun", Tool::Neurun), ("neusweep", Tool::Neusweep)] {
            let _there = std::os::unix::fs::symlink(tool.path(), tools.join(name));
        }
        let mut line = self.command("bash", ["-c", script]);
        let path = line.variables[OsStr::new("PATH")].clone();
        let joined = std::env::join_paths([tools].into_iter().chain(std::env::split_paths(&path))).unwrap();
        line.variables.insert("PATH".into(), joined);
        line.run()
    }

    /// The object that `neu status ID --json` prints.
    pub(crate) fn status(&self, id: &str) -> serde_json::Value {
        self.neu(&format!("status {id} --json")).succeeded().json()
    }

    /// The states of a launch's runs, in order.
    pub(crate) fn states(&self, id: &str) -> Vec<String> {
        let status = self.status(id);
        let runs = status["runs"].as_array().unwrap();
        runs.iter().map(|run| run["state"].as_str().unwrap().to_owned()).collect()
    }

    /// The log of a run, wherever the store keeps it.
    pub(crate) fn log(&self, id: &str) -> String {
        String::from_utf8_lossy(&self.log_bytes(id)).into_owned()
    }

    /// The log of a run, byte for byte.
    #[track_caller]
    pub(crate) fn log_bytes(&self, id: &str) -> Vec<u8> {
        let logs = self.neu(&format!("logs {id} --json")).succeeded().json();
        let path = logs["logs"][0]["log"].as_str();
        fs::read(path.unwrap_or_else(|| panic!("no log of {id}: {logs}"))).unwrap()
    }

    /// Every file and folder below the world with its content: to see that nothing changed.
    pub(crate) fn listing(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder(), self.home(), self.root.join("tmp")];
        while let Some(folder) = folders.pop() {
            found.insert(folder.clone(), Vec::new());
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                } else {
                    let content = fs::read(&path).unwrap_or_default();
                    found.insert(path, content);
                }
            }
        }
        found
    }

    /// The processes that were started in this world and still live.
    pub(crate) fn survivors(&self) -> Vec<String> {
        let mark = [b"NEU_TEST_WORLD=", self.root.as_os_str().as_encoded_bytes()].concat();
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let marked = processes.filter(|process| {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark)
        });
        let told = marked.filter_map(|process| {
            let argv = fs::read(process.path().join("cmdline")).ok()?;
            Some(String::from_utf8_lossy(&argv).replace('\0', " ").trim().to_owned())
        });
        told.filter(|argv| !argv.is_empty()).collect()
    }

    /// Replaces what differs from world to world: paths, times, durations, this machine's name.
    pub(crate) fn tidy(&self, text: &str) -> String {
        let text = text.replace(&*self.root.to_string_lossy(), "[WORLD]");
        let host = nix::unistd::gethostname().unwrap().to_string_lossy().into_owned();
        hide_times(&text.replace(&host, "[HOST]"))
    }

    /// Gives a table of the product without what differs from machine to machine, and without the widths of its columns.
    pub(crate) fn table(&self, text: &str) -> String {
        let mut out = String::new();
        for line in self.tidy(text).lines() {
            let cells: Vec<&str> = line.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect();
            out.push_str(&(cells.join("  ") + "\n"));
        }
        out
    }
}

/// Waits until something is so, and fails with its name where that takes too long.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "never happened: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn find_tool(name: &str) -> Option<PathBuf> {
    ["/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.exists())
}

/// The interpreter itself: a version manager's shim would not run in an environment that was cleared.
fn python() -> PathBuf {
    if let Some(python) = find_tool("python3") {
        return python;
    }
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    PathBuf::from(String::from_utf8(asked.stdout).unwrap().trim())
}
