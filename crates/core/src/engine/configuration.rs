//! Finds the configuration: as told, else here or above, else the user's own.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::config::{Config, ConfigError};
use crate::document::Source;

/// Where a configuration may be, in the order in which it is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// The file that the command line names.
    pub named: Option<&'a Path>,
    /// The file that the environment names.
    pub variable: Option<&'a OsStr>,
    /// Where the user is: `config.json` there, or in the nearest folder above up to the repository's root.
    pub folder: &'a Path,
    /// The user's own.
    pub user: Option<&'a Path>,
}

/// Tells why there is no configuration to work with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// A file that was named, or found, cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file has mistakes, or is something else.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is none.
    #[error("there is no configuration{}", describe_others(.others))]
    None {
        /// Files of that name that belong to something else, each with what it is.
        others: Vec<ConfigError>,
    },
}

fn describe_others(others: &[ConfigError]) -> String {
    if others.is_empty() {
        return ": no config.json in this folder, in the repository above it, or in the user's own configuration".to_owned();
    }
    let others: Vec<String> = others.iter().map(ToString::to_string).collect();
    format!(": {}", others.join("; "))
}

/// Finds the text of the configuration. A `config.json` of something else is passed over, unless it was named.
pub fn find(places: &Places<'_>) -> Result<(Source, PathBuf), ConfigurationError> {
    let named = places.named.map(Path::to_owned).or_else(|| places.variable.map(PathBuf::from));
    if let Some(named) = named {
        let path = places.folder.join(&named);
        let source = read(&path, places.folder)
            .map_err(|source| ConfigurationError::Unreadable { path: named, source })?;
        return Ok((source, path));
    }
    let mut others = Vec::new();
    for path in candidates(places) {
        let source = match read(&path, places.folder) {
            Ok(source) => source,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(ConfigurationError::Unreadable { path, source }),
        };
        match Config::read(&source, &[]) {
            Err(other @ ConfigError::SomethingElse { .. }) => others.push(other),
            _ => return Ok((source, path)),
        }
    }
    Err(ConfigurationError::None { others })
}

fn candidates(places: &Places<'_>) -> Vec<PathBuf> {
    let repository = places.folder.ancestors().position(|above| above.join(".git").exists());
    let above = places.folder.ancestors().take(repository.unwrap_or(0) + 1);
    above.map(|folder| folder.join("config.json")).chain(places.user.map(Path::to_owned)).collect()
}

/// The longest file, in bytes: more is another file than was meant, and would fill the memory.
pub const LONGEST: u64 = 64 << 20;

/// Reads a file under the name by which the user would call it from `folder`.
pub fn read(path: &Path, folder: &Path) -> io::Result<Source> {
    let name = path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    from_bytes(bytes, &name)
}

/// Takes what was read, which must be text.
pub fn from_bytes(bytes: Vec<u8>, name: &str) -> io::Result<Source> {
    if bytes.len() as u64 > LONGEST {
        let words = format!("it is longer than {} MB", LONGEST >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, words));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name: name.to_owned(), text }),
        Err(error) => {
            let readable = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = readable.split(|byte| *byte == b'\n').count();
            let words = format!("it is not UTF-8 text, see line {line}");
            Err(io::Error::new(io::ErrorKind::InvalidData, words))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = r#"{"local": {"cpu": {"env": ""}}}"#;

    fn search(folder: &Path) -> Result<(Source, PathBuf), ConfigurationError> {
        find(&Places { named: None, variable: None, folder, user: None })
    }

    #[test]
    fn the_nearest_up_to_the_repository_is_found_and_a_model_s_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("repo/models/deep");
        fs::create_dir_all(&deep).unwrap();
        fs::write(dir.path().join("config.json"), OURS).unwrap();
        assert!(search(&deep).is_err(), "not in a repository: only the folder itself");
        fs::create_dir(dir.path().join("repo/.git")).unwrap();
        assert!(search(&deep).is_err(), "never above the repository");
        fs::write(dir.path().join("repo/config.json"), OURS).unwrap();
        fs::write(deep.join("config.json"), r#"{"architectures": ["Bert"], "hidden_size": 768}"#).unwrap();
        assert_eq!(search(&deep).unwrap().1, dir.path().join("repo/config.json"));
        fs::remove_file(dir.path().join("repo/config.json")).unwrap();
        assert!(search(&deep).unwrap_err().to_string().contains("architectures"));
    }

    #[test]
    fn a_file_without_end_is_not_read_to_its_end() {
        let error = read(Path::new("/dev/zero"), Path::new("/")).unwrap_err();
        assert_eq!(error.to_string(), "it is longer than 64 MB");
    }

    #[test]
    fn what_was_named_is_taken_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let mut places =
            Places { named: Some(Path::new("mine.json")), variable: None, folder: dir.path(), user: None };
        assert_eq!(find(&places).unwrap_err().to_string(), "cannot read `mine.json`");
        fs::write(dir.path().join("mine.json"), OURS).unwrap();
        assert_eq!(find(&places).unwrap().0.name, "mine.json");
        fs::write(dir.path().join("other.json"), OURS).unwrap();
        places.variable = Some(OsStr::new("other.json"));
        assert_eq!(find(&places).unwrap().0.name, "mine.json");
        places.named = None;
        assert_eq!(find(&places).unwrap().0.name, "other.json");
    }
}
