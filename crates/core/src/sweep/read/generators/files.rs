//! Values that files give: the lines of one, or the paths that a pattern finds.

use crate::document::{Node, Value};
use crate::sweep::definition::{DefinedChoice, Values};
use crate::sweep::read::Reader;
use crate::sweep::surroundings::Found;

impl Reader<'_> {
    /// Reads the lines of a file, each a value; a line that is a number is one.
    pub(super) fn lines(&mut self, node: &Node) -> Option<Values> {
        let path = self.text(node, "a path")?;
        match self.surroundings.read(&path) {
            Ok(source) => {
                let text = source.text.trim_start_matches('\u{feff}');
                let lines = text.lines().filter(|line| !line.trim().is_empty());
                if !self.has_room(&node.at, lines.clone().count() as u64, 0) {
                    return None;
                }
                let choices: Vec<_> = lines.map(|line| DefinedChoice::plain(line_value(line))).collect();
                if choices.is_empty() {
                    self.problem(&node.at, format!("`{path}` has no line"));
                }
                if text.contains('\0') {
                    self.problem(&node.at, format!("`{path}` has a NUL in it, which no argument can have"));
                }
                Some(Values::Listed(choices))
            }
            Err(reason) => {
                self.problem(&node.at, format!("cannot read `{path}`: {reason}"));
                None
            }
        }
    }

    /// Reads a pattern of paths.
    pub(super) fn paths(&mut self, node: &Node) -> Option<Values> {
        let pattern = self.text(node, "a pattern of paths")?;
        let Found { paths, unreadable } = match self.surroundings.glob(&pattern) {
            Ok(found) => found,
            Err(reason) => {
                self.problem(&node.at, format!("cannot look for `{pattern}`: {reason}"));
                return None;
            }
        };
        if paths.is_empty() {
            let problem = self.problem(&node.at, format!("no path here is like `{pattern}`"));
            if let Some(folder) = unreadable.into_iter().next() {
                problem.help(folder);
            }
            return None;
        }
        let at = self.spot(&node.at);
        for folder in unreadable {
            self.mistakes.warn(&at, folder, Some("what it holds is left out".to_owned()));
        }
        let has_room = self.has_room(&node.at, paths.len() as u64, 0);
        let choices = paths.into_iter().map(|path| DefinedChoice::plain(Value::Text(path)));
        has_room.then(|| Values::Listed(choices.collect()))
    }
}

/// Takes a line of a file as a number where it is one, for the sake of expressions; else as it is.
fn line_value(line: &str) -> Value {
    match serde_json::from_str::<serde_json::Number>(line.trim()) {
        Ok(_) => Value::Number(line.trim().into()),
        Err(_) => Value::Text(line.to_owned()),
    }
}
