//! The files that the parameters of a sweep are taken from.

use std::path::Path;
use std::{fs, io};

use glob::MatchOptions;

use super::configuration::read;
use crate::document::Source;
use crate::sweep::numbers::MOST_VALUES;
use crate::sweep::{Found, Surroundings};

/// The folder in which a command was typed.
#[derive(Debug, Clone)]
pub struct Folder<'a>(pub &'a Path);

impl Surroundings for Folder<'_> {
    fn read(&self, path: &str) -> Result<Source, String> {
        read(&self.0.join(path), self.0).map_err(|error| error.to_string())
    }

    fn glob(&self, pattern: &str) -> Result<Found, String> {
        if pattern.split('/').filter(|part| *part == "**").count() > 1 {
            return Err("`**` goes through all folders below, and stands there once at the most".to_owned());
        }
        // As a shell has it: a dot at the start of a name is written out, and `*` stays within a folder.
        let options = MatchOptions {
            require_literal_separator: true,
            require_literal_leading_dot: true,
            ..MatchOptions::new()
        };
        let folder = glob::Pattern::escape(&self.0.to_string_lossy());
        let whole = Path::new(&folder).join(pattern);
        let found = glob::glob_with(&whole.to_string_lossy(), options).map_err(|error| error.to_string())?;
        // One path more than may be used tells that there are too many.
        let most = usize::try_from(MOST_VALUES).unwrap_or(usize::MAX);
        let (mut paths, mut unreadable) = (Vec::new(), Vec::new());
        for path in found.take(most.saturating_add(1)) {
            match path {
                Ok(path) => paths.push(path),
                // What has gone meanwhile has nothing that could be found.
                Err(error) if error.error().kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let folder = self.as_typed(error.path(), pattern)?;
                    unreadable.push(format!("`{folder}` cannot be read: {}", error.error()));
                }
            }
        }
        paths.sort_unstable();
        let paths = paths.iter().map(|path| self.as_typed(path, pattern)).collect::<Result<_, _>>()?;
        Ok(Found { paths, unreadable })
    }
}

impl Folder<'_> {
    /// Writes a path as the pattern was: relative where that is, and with its `./`.
    fn as_typed(&self, path: &Path, pattern: &str) -> Result<String, String> {
        let short =
            if Path::new(pattern).is_absolute() { path } else { path.strip_prefix(self.0).unwrap_or(path) };
        let text = short.to_str().ok_or_else(|| format!("`{}` is not UTF-8", short.display()))?;
        let prefix = if pattern.starts_with("./") && !text.starts_with("./") { "./" } else { "" };
        Ok(format!("{prefix}{text}"))
    }
}

/// The names under which parameters are found where none is named.
pub const USUAL: [&str; 4] = ["params.json", "params.toml", "params.yaml", "params.yml"];

/// Finds the parameter files of the usual names in a folder.
pub fn usual(folder: &Path) -> Vec<&'static str> {
    USUAL.into_iter().filter(|name| fs::metadata(folder.join(name)).is_ok_and(|it| it.is_file())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_goes_through_all_folders_once() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::write(dir.path().join("a/b/c.csv"), "").unwrap();
        let folder = Folder(dir.path());
        assert_eq!(
            folder.glob("**/*.csv"),
            Ok(Found { paths: vec!["a/b/c.csv".to_owned()], unreadable: Vec::new() })
        );
        let said = folder.glob("/**/*/**/*/**").unwrap_err();
        assert_eq!(said, "`**` goes through all folders below, and stands there once at the most");
    }
}
