//! The ledger: what was really executed, as the programs themselves wrote it down, outside of the store.

use std::fs;
use std::path::{Path, PathBuf};

/// The program that keeps it.
pub(crate) const WORK: &str = include_str!("work.py");

/// The folder with a file for each execution.
pub(crate) struct Ledger {
    folder: PathBuf,
}

/// One execution of a program.
#[derive(Debug, Clone)]
pub(crate) struct Execution {
    pub(crate) attempt: u32,
    pub(crate) began: u64,
    /// Its last sign of life.
    pub(crate) last: u64,
    /// The exit code that it ended with by itself.
    pub(crate) ended: Option<i32>,
    /// How many SIGTERM it saw.
    pub(crate) terms: usize,
    pub(crate) is_alive: bool,
}

impl Ledger {
    pub(crate) fn at(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives the executions of a run, `12.3`, in the order of their beginning.
    pub(crate) fn executions(&self, run: &str) -> Vec<Execution> {
        let pages = fs::read_dir(&self.folder).unwrap().map(|page| page.unwrap().path());
        let prefix = format!("{run}-");
        let of_run = |page: &PathBuf| page.file_name().unwrap().to_string_lossy().starts_with(&prefix);
        let mut found: Vec<_> = pages.filter(of_run).filter_map(|page| self.read(&page)).collect();
        found.sort_by_key(|execution| execution.began);
        found
    }

    /// Gives the number of all executions of a launch.
    pub(crate) fn count(&self, launch: &str) -> usize {
        let prefix = format!("{launch}.");
        let pages = fs::read_dir(&self.folder).unwrap();
        pages.filter(|page| page.as_ref().unwrap().file_name().to_string_lossy().starts_with(&prefix)).count()
    }

    /// Reads a page; `None` where the program has written nothing in it yet.
    fn read(&self, page: &Path) -> Option<Execution> {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        let mut words = name.split('-').skip(1);
        let attempt = words.next().unwrap().parse().unwrap();
        let pid: i32 = words.next().unwrap().parse().unwrap();
        // A line that is being written has no end yet.
        let text = fs::read_to_string(page).unwrap();
        let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        let lines: Vec<(u64, &str)> = whole
            .map(|line| line.split_once(' ').unwrap())
            .map(|(time, word)| (time.parse().unwrap(), word))
            .collect();
        let code = |(_, word): &(u64, &str)| word.strip_prefix("ended ").map(|code| code.parse().unwrap());
        Some(Execution {
            attempt,
            began: lines.first()?.0,
            last: lines.last()?.0,
            ended: lines.iter().find_map(code),
            terms: lines.iter().filter(|(_, word)| *word == "term").count(),
            is_alive: self.is_alive(pid),
        })
    }

    fn is_alive(&self, pid: i32) -> bool {
        let mark = [b"LEDGER=", self.folder.as_os_str().as_encoded_bytes()].concat();
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark)
    }
}
