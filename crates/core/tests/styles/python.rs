//! The Python that has the libraries, and the programs that are written with them.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// For what the standard library has.
pub(crate) const PLAIN: &str = "python3";

/// Gives a Python with all libraries, or `None` (with a word about it) where there is no way to get one.
pub(crate) fn python() -> Option<PathBuf> {
    match venv() {
        Ok(python) => Some(python),
        Err(error) => {
            assert!(!is_required(), "the libraries are required here: {error}");
            eprintln!("skipped: the libraries could not be installed from PyPI: {error}");
            None
        }
    }
}

fn is_required() -> bool {
    std::env::var_os("NEU_TEST_PYPI").is_some_and(|value| value == "required")
}

/// Every test is a process of its own; the first one makes the environment and the others wait for it.
fn venv() -> Result<PathBuf, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("styles");
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    let venv = folder.join("venv");
    let python = venv.join("bin/python");
    let made = venv.join("made-of");
    if fs::read_to_string(&made).is_ok_and(|made| made == REQUIREMENTS) {
        return Ok(python);
    }
    let failed = folder.join("failed");
    if !is_required() && is_fresh(&failed) {
        return Err(fs::read_to_string(&failed)?.into());
    }
    match install(&venv, &python) {
        Ok(()) => fs::write(&made, REQUIREMENTS)?,
        Err(error) => {
            fs::write(&failed, error.to_string())?;
            return Err(error);
        }
    }
    Ok(python)
}

/// What has just failed would fail again, and slowly: pip waits long for a network that is not there.
fn is_fresh(file: &Path) -> bool {
    let age = fs::metadata(file).and_then(|file| file.modified()).ok().and_then(|then| then.elapsed().ok());
    age.is_some_and(|age| age < Duration::from_mins(10))
}

fn install(venv: &Path, python: &Path) -> Result<(), Box<dyn Error>> {
    succeed(Command::new(PLAIN).args(["-m", "venv", "--clear"]).arg(venv))?;
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--retries=1",
        "--timeout=20",
        "-r",
    ];
    succeed(Command::new(python).args(pip).arg(source("requirements.txt")))
}

fn succeed(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// A file beside this one.
pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/styles").join(name)
}

/// Lets a program of the library parse each case, in one start of Python.
pub(crate) fn ask(python: &Path, library: &str, cases: &[Json]) -> Vec<Json> {
    let mut driver = Command::new(python)
        .args(["-B", "-W", "ignore"])
        .arg(source("programs/driver.py"))
        .arg(format!("with_{library}"))
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let mut stdin = driver.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = driver.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the driver of {library} ended: {}", output.status);
    let answers = str::from_utf8(&output.stdout).unwrap().lines();
    answers.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs a program once and reads the JSON that it prints.
pub(crate) fn run(program: &mut Command) -> Json {
    let output = program.env("PYTHONUTF8", "1").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
