//! The files that the parameters of a sweep are taken from.

use std::fs;
use std::path::{Path, PathBuf};

use glob::MatchOptions;

use super::configuration::read;
use crate::document::Source;
use crate::sweep::Surroundings;

/// The folder in which a command was typed.
#[derive(Debug, Clone)]
pub struct Folder<'a>(pub &'a Path);

impl Surroundings for Folder<'_> {
    fn read(&self, path: &str) -> Result<Source, String> {
        read(&self.0.join(path), self.0).map_err(|error| error.to_string())
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, String> {
        // As a shell has it: a dot at the start of a name is written out, and `*` stays within a folder.
        let options = MatchOptions {
            require_literal_separator: true,
            require_literal_leading_dot: true,
            ..MatchOptions::new()
        };
        let folder = glob::Pattern::escape(&self.0.to_string_lossy());
        let whole = Path::new(&folder).join(pattern);
        let found = glob::glob_with(&whole.to_string_lossy(), options).map_err(|error| error.to_string())?;
        let paths: Result<Vec<PathBuf>, _> = found.collect();
        let mut paths = paths.map_err(|error| error.to_string())?;
        paths.sort_unstable();
        paths.iter().map(|path| self.as_typed(path, pattern)).collect()
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
