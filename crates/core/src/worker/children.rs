//! The children of this process, in one system call: `/proc/PID/task/TID/children` (proc(5)), kept open.

use std::fs::File;
use std::os::unix::fs::FileExt;

use nix::unistd::Pid;

/// Lists the children of this process's only thread that starts any.
#[derive(Debug)]
pub(super) struct Children {
    list: Option<File>,
    text: Vec<u8>,
}

impl Children {
    /// Lists those of the calling thread, of its adopted orphans too; a kernel without `CONFIG_PROC_CHILDREN` lists none.
    pub(super) fn of_this_process() -> Self {
        let this = Pid::this();
        Self { list: File::open(format!("/proc/{this}/task/{this}/children")).ok(), text: vec![0; 1024] }
    }

    /// Gives their pids, of those too that wait to be reaped; `None` where the system does not tell.
    pub(super) fn list(&mut self) -> Option<Vec<Pid>> {
        let list = self.list.as_ref()?;
        loop {
            let read = list.read_at(&mut self.text, 0).ok()?;
            if let Some(text) = self.text.get(..read).filter(|_| read < self.text.len()) {
                let words = std::str::from_utf8(text).ok()?.split_ascii_whitespace();
                return words.map(|word| word.parse().map(Pid::from_raw).ok()).collect();
            }
            let more = self.text.len() * 2;
            self.text.resize(more, 0);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_lists_nothing() {
        assert_eq!(Children { list: None, text: vec![0; 4] }.list(), None);
    }

    #[test]
    fn more_children_than_fit_are_read_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("children");
        let text: String = (1..2000).map(|pid| format!("{pid} ")).collect();
        std::fs::write(&path, text).unwrap();
        let mut children = Children { list: Some(File::open(path).unwrap()), text: vec![0; 4] };
        let pids: Vec<i32> = children.list().unwrap().into_iter().map(Pid::as_raw).collect();
        assert_eq!(pids, (1..2000).collect::<Vec<_>>());
    }
}
