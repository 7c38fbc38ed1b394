//! The last line that a run printed, read from the end of its log whenever that has grown.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::ui::printable;

/// How much of the end of a log is read.
const READ: usize = 4096;

/// The end of a log that grows.
#[derive(Debug)]
pub(super) struct LastLine {
    log: File,
    length: u64,
}

impl LastLine {
    /// Looks at a log from now on.
    pub(super) fn of(log: &Path) -> io::Result<Self> {
        Ok(Self { log: File::open(log)?, length: 0 })
    }

    /// Gives the last line, where there is more in the log than at the last look.
    pub(super) fn news(&mut self) -> io::Result<Option<String>> {
        let length = self.log.metadata()?.len();
        if length == self.length {
            return Ok(None);
        }
        self.length = length;
        let mut end = [0; READ];
        let mut filled = 0;
        let start = length.saturating_sub(READ as u64);
        while filled < READ {
            match self.log.read_at(&mut end[filled..], start + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(last_line(&end[..filled]))
    }
}

/// Finds what a reader of a log would call its last line: the last whole one that is not blank, or a progress bar
/// that is being written over, as it is now. Of other lines that have no end yet nobody knows what they will say.
fn last_line(end: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(end);
    let (whole, begun) = text.rsplit_once('\n').unwrap_or(("", &text));
    let bar = begun.contains('\r').then_some(begun);
    bar.into_iter().chain(whole.rsplit('\n')).find_map(on_screen)
}

/// Gives what the last carriage return left on the screen; `None` for a blank line.
fn on_screen(line: &str) -> Option<String> {
    let shown = line.rsplit('\r').map(printable).find(|piece| !piece.trim().is_empty())?;
    Some(shown.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::io::Write;

    fn of(log: &str) -> String {
        last_line(log.as_bytes()).unwrap_or_default()
    }

    #[test]
    fn the_last_whole_line_counts() {
        assert_eq!(of(""), "");
        assert_eq!(of("one\n"), "one");
        assert_eq!(of("one\ntwo\n"), "two");
        assert_eq!(of("one\ntwo"), "one");
        assert_eq!(of("half"), "");
        assert_eq!(of("one\n\n  \n"), "one");
        assert_eq!(of("one\r\ntwo\r\n"), "two");
    }

    #[test]
    fn a_progress_bar_is_as_it_is_now() {
        assert_eq!(of("start\n\r  0%|  | 0/2\r 50%|█ | 1/2"), "50%|█ | 1/2");
        assert_eq!(of("start\n  0%\r 50%\r"), "50%");
        assert_eq!(of("\r100%|██| 2/2\nnext"), "100%|██| 2/2");
        assert_eq!(of("\r100%|██| 2/2\r         \r"), "100%|██| 2/2");
    }

    #[test]
    fn bars_of_bars_and_of_backspaces() {
        assert_eq!(of("\router 1/3\n\r inner 2/9\x1b[A"), "inner 2/9");
        assert_eq!(of("\x08\x08\x08\x08\r 3/10 [===>......]"), "3/10 [===>......]");
    }

    #[test]
    fn colours_and_broken_text_do_no_harm() {
        assert_eq!(of("\x1b[32mepoch 1\x1b[0m\n"), "epoch 1");
        assert_eq!(last_line(b"caf\xc3\n").unwrap(), "caf\u{fffd}");
        assert_eq!(of("\x1b[2J\x1b[H\n"), "");
    }

    #[test]
    fn a_log_is_read_when_it_has_grown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let mut last = LastLine::of(&path).unwrap();
        assert_eq!(last.news().unwrap(), None);
        log.write_all(b"one\n").unwrap();
        assert_eq!(last.news().unwrap().unwrap(), "one");
        assert_eq!(last.news().unwrap(), None);
        log.write_all(&[b'x'; 3 * READ]).unwrap();
        log.write_all(b"\rnow").unwrap();
        assert_eq!(last.news().unwrap().unwrap(), "now");
    }

    #[test]
    fn a_log_that_was_cut_short_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, "one\ntwo\n").unwrap();
        let mut last = LastLine::of(&path).unwrap();
        assert_eq!(last.news().unwrap().unwrap(), "two");
        std::fs::write(&path, "one\n").unwrap();
        assert_eq!(last.news().unwrap().unwrap(), "one");
    }
}
