//! From the words that a user typed to the argv that is executed.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::document::nearest;

/// Where a command is looked for, and what is known of the place that it will run in.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// The folder that runs start in.
    pub folder: &'a Path,
    /// The value of PATH here.
    pub path: &'a OsStr,
    /// The interpreter for Python files; `python` where the configuration names none.
    pub python: Option<&'a str>,
    /// Whether an env is activated first, which may bring commands that are not on PATH here.
    pub env: Env,
}

/// Whether an env is activated before the program starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Env {
    /// It is.
    Activated,
    /// The program starts in the environment as it is.
    None,
}

/// A command that can be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// A name for people: the script's, without folder and ending.
    pub name: String,
    /// What the user should know before it starts.
    pub warning: Option<String>,
}

/// Tells why there is no such program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// Nothing was typed.
    #[error("there is no script to run")]
    Nothing,
    /// `-m` without a module.
    #[error("`-m` needs the name of a module: `-m package.module`")]
    NoModule,
    /// A script or a path that is not there.
    #[error("there is no file `{}`{}", file.display(), suggestion(nearest.as_deref()))]
    NoFile {
        /// What was typed.
        file: PathBuf,
        /// The nearest name that is there.
        nearest: Option<String>,
    },
    /// A folder where a script is wanted.
    #[error("`{}` is a folder, not a script", file.display())]
    Folder {
        /// What was typed.
        file: PathBuf,
    },
    /// A file that cannot be executed.
    #[error("`{0}` is not executable; make it so with `chmod +x {0}`, or name the program that runs it", file.display())]
    NotExecutable {
        /// What was typed.
        file: PathBuf,
    },
    /// A command that is nowhere.
    #[error("there is no command `{command}` on PATH, and no such file{}", suggestion(nearest.as_deref()))]
    NoCommand {
        /// What was typed.
        command: String,
        /// The nearest command or file.
        nearest: Option<String>,
    },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// Finds the program that `words` mean.
pub fn find(words: &[OsString], search: &Search<'_>) -> Result<Program, ProgramError> {
    let (first, rest) = words.split_first().ok_or(ProgramError::Nothing)?;
    let python = OsString::from(search.python.unwrap_or("python"));
    if first == "-m" {
        let module = rest.first().filter(|module| !module.is_empty()).ok_or(ProgramError::NoModule)?;
        let name = module.to_string_lossy().rsplit('.').next().unwrap_or_default().to_owned();
        return Ok(Program { argv: joined([python], words), name, warning: None });
    }
    let name = Path::new(first).file_stem().unwrap_or(first).to_string_lossy().into_owned();
    let interpreter = match Path::new(first).extension().map(OsStr::as_bytes) {
        Some(b"py") => Some(python),
        Some(b"sh") => Some("bash".into()),
        _ => None,
    };
    if let Some(interpreter) = interpreter {
        check_is_file(first, search)?;
        return Ok(Program { argv: joined([interpreter], words), name, warning: None });
    }
    let (program, warning) = find_command(first, search)?;
    Ok(Program { argv: joined([program], rest), name, warning })
}

/// Insists that the script or program of a command that was planned before is still there: what [`find`] once found.
///
/// An interpreter and a bare command may come with an env, and are not looked for.
pub fn check_again(argv: &[OsString], search: &Search<'_>) -> Result<(), ProgramError> {
    let (first, rest) = argv.split_first().ok_or(ProgramError::Nothing)?;
    match rest.first() {
        Some(script) if is_script_of(first, script) => check_is_file(script, search),
        Some(module) if module == "-m" => Ok(()),
        Some(_) | None if first.as_bytes().contains(&b'/') => find_command(first, search).map(drop),
        Some(_) | None => Ok(()),
    }
}

/// Tells whether a program is an interpreter, and the word behind it a script of its kind.
fn is_script_of(interpreter: &OsStr, script: &OsStr) -> bool {
    let name = Path::new(interpreter).file_name().unwrap_or(interpreter).as_bytes();
    match Path::new(script).extension().map(OsStr::as_bytes) {
        Some(b"py") => name.starts_with(b"python") || name.starts_with(b"pypy"),
        Some(b"sh") => name == b"bash",
        Some(_) | None => false,
    }
}

fn joined<const N: usize>(before: [OsString; N], words: &[OsString]) -> Vec<OsString> {
    before.into_iter().chain(words.iter().cloned()).collect()
}

fn check_is_file(script: &OsStr, search: &Search<'_>) -> Result<(), ProgramError> {
    let file = PathBuf::from(script);
    match fs::metadata(search.folder.join(script)) {
        Ok(found) if found.is_dir() => Err(ProgramError::Folder { file }),
        Ok(_) => Ok(()),
        Err(_) => Err(ProgramError::NoFile { nearest: nearest_file(&file, search), file }),
    }
}

fn find_command(first: &OsStr, search: &Search<'_>) -> Result<(OsString, Option<String>), ProgramError> {
    let file = search.folder.join(first);
    if first.as_bytes().contains(&b'/') {
        check_is_file(first, search)?;
        return match is_executable(&file) {
            true => Ok((first.to_owned(), None)),
            false => Err(ProgramError::NotExecutable { file: first.into() }),
        };
    }
    // The worker takes `python3` for a `python` that is not there.
    let is_python = first == "python" && is_on_path(OsStr::new("python3"), search);
    if is_on_path(first, search) || is_python {
        return Ok((first.to_owned(), None));
    }
    if is_executable(&file) {
        return Ok((Path::new(".").join(first).into(), None));
    }
    if file.is_file() {
        return Err(ProgramError::NotExecutable { file: first.into() });
    }
    let command = first.to_string_lossy().into_owned();
    match search.env {
        Env::Activated => {
            let warning =
                format!("`{command}` is not on PATH here; it must be there once the env is activated");
            Ok((first.to_owned(), Some(warning)))
        }
        Env::None => Err(ProgramError::NoCommand { nearest: nearest_command(&command, search), command }),
    }
}

fn is_on_path(command: &OsStr, search: &Search<'_>) -> bool {
    !command.is_empty()
        && std::env::split_paths(search.path).any(|folder| is_executable(&folder.join(command)))
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn nearest_file(file: &Path, search: &Search<'_>) -> Option<String> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let names = names_in(&search.folder.join(folder));
    let wanted = file.file_name()?.to_str()?;
    // A link to nowhere has the very name that was typed.
    let found = nearest(wanted, names.iter().map(String::as_str).filter(|name| *name != wanted))?;
    Some(folder.join(found).display().to_string())
}

fn nearest_command(command: &str, search: &Search<'_>) -> Option<String> {
    let folders = std::env::split_paths(search.path).chain([search.folder.to_owned()]);
    let names: BTreeSet<String> = folders.flat_map(|folder| names_in(&folder)).collect();
    nearest(command, names.iter().map(String::as_str)).map(str::to_owned)
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World(tempfile::TempDir);

    impl World {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("bin")).unwrap();
            for (name, mode) in [
                ("train.py", 0o644),
                ("job.sh", 0o644),
                ("bench", 0o755),
                ("data.txt", 0o644),
                ("bin/torchrun", 0o755),
            ] {
                let path = dir.path().join(name);
                fs::write(&path, "").unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
            Self(dir)
        }

        fn find(&self, words: &[&str], env: Env) -> Result<Program, ProgramError> {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            let bin = self.0.path().join("bin");
            find(&words, &Search { folder: self.0.path(), path: bin.as_os_str(), python: None, env })
        }

        fn argv(&self, words: &[&str]) -> Vec<OsString> {
            self.find(words, Env::None).unwrap().argv
        }
    }

    #[test]
    fn each_kind_of_script_gets_its_interpreter() {
        let world = World::new();
        assert_eq!(
            world.argv(&["train.py", "--runs=3", "--", ""]),
            ["python", "train.py", "--runs=3", "--", ""]
        );
        assert_eq!(world.argv(&["-m", "package.module", "-m"]), ["python", "-m", "package.module", "-m"]);
        assert_eq!(world.argv(&["job.sh"]), ["bash", "job.sh"]);
        assert_eq!(world.argv(&["torchrun", "x"]), ["torchrun", "x"]);
        assert_eq!(world.argv(&["./bench"]), ["./bench"]);
        assert_eq!(world.argv(&["bench"]), ["./bench"]);
    }

    #[test]
    fn what_is_not_there_is_named_with_its_nearest() {
        let world = World::new();
        let error = |words: &[&str]| world.find(words, Env::None).unwrap_err().to_string();
        assert_eq!(error(&["trian.py"]), "there is no file `trian.py`; did you mean `train.py`?");
        assert_eq!(error(&["bin/torchrn"]), "there is no file `bin/torchrn`; did you mean `bin/torchrun`?");
        assert_eq!(
            error(&["torchrn"]),
            "there is no command `torchrn` on PATH, and no such file; did you mean `torchrun`?"
        );
        assert!(error(&["data.txt"]).contains("chmod +x data.txt"));
        assert!(error(&["./bin"]).contains("is not executable") || error(&["./bin"]).contains("is a folder"));
        assert_eq!(error(&[]), "there is no script to run");
        assert!(error(&["-m"]).contains("-m package.module"));
    }

    #[test]
    fn what_was_planned_is_checked_again() {
        let world = World::new();
        let check = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            let search =
                Search { folder: world.0.path(), path: OsStr::new(""), python: None, env: Env::Activated };
            check_again(&words, &search).map_err(|error| error.to_string())
        };
        for there in [
            &["python", "train.py", "gone.py"][..],
            &["/env/of/a/node/bin/python3.11", "train.py"],
            &["/env/of/a/node/bin/python", "-m", "package.module"],
            &["bash", "job.sh"],
            &["./bench", "gone.py"],
            &["torchrun", "gone.py"],
        ] {
            assert_eq!(check(there), Ok(()), "{there:?}");
        }
        for gone in
            [&["python", "gone.py"][..], &["/env/bin/python3", "gone.py"], &["bash", "gone.sh"], &["./gone"]]
        {
            assert!(check(gone).unwrap_err().starts_with("there is no file"), "{gone:?}");
        }
    }

    #[test]
    fn an_env_may_bring_a_command_but_not_a_script() {
        let world = World::new();
        let program = world.find(&["accelerate", "launch"], Env::Activated).unwrap();
        assert_eq!(program.argv, ["accelerate", "launch"]);
        assert!(program.warning.unwrap().contains("once the env is activated"));
        assert!(world.find(&["trian.py"], Env::Activated).is_err());
    }
}
