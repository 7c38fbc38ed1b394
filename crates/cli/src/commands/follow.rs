//! Follows logs: prints what is new in them, byte for byte.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A log that is read on from where it was left. It is not kept open, since a launch may have thousands.
#[derive(Debug)]
pub(super) struct Tail {
    log: PathBuf,
    offset: u64,
}

impl Tail {
    /// Reads a log from its start.
    pub(super) fn new(log: &Path) -> Self {
        Self { log: log.to_owned(), offset: 0 }
    }

    /// Gives the log.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Tells whether there is more to read; a log that is not there has nothing.
    pub(super) fn has_news(&self) -> bool {
        fs::metadata(&self.log).is_ok_and(|log| log.len() > self.offset)
    }

    /// Copies what is new to `out`.
    pub(super) fn pump(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !self.has_news() {
            return Ok(());
        }
        let mut file = File::open(&self.log)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut buffer = [0; 16 * 1024];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return out.flush(),
                Ok(read) => {
                    out.write_all(&buffer[..read])?;
                    self.offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Puts a prefix before each line of one log, and keeps a line back until it is whole, so that the lines of several
/// logs never mix.
#[derive(Debug)]
pub(super) struct Lines {
    prefix: String,
    begun: Vec<u8>,
}

/// The longest line that is kept back; of a longer one, such as a progress bar, parts are printed as lines.
const LONGEST: usize = 64 * 1024;

impl Lines {
    /// Puts `prefix` before each line.
    pub(super) fn new(prefix: String) -> Self {
        Self { prefix, begun: Vec::new() }
    }

    /// Writes to `out`, with the prefix.
    pub(super) fn to<'a>(&'a mut self, out: &'a mut dyn Write) -> Prefixed<'a> {
        Prefixed { lines: self, out }
    }

    /// Writes what is left without the end of a line.
    pub(super) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.begun.is_empty() {
            return Ok(());
        }
        out.write_all(self.prefix.as_bytes())?;
        out.write_all(&std::mem::take(&mut self.begun))?;
        out.write_all(b"\n")
    }
}

/// One log's way to an output that several share.
pub(super) struct Prefixed<'a> {
    lines: &'a mut Lines,
    out: &'a mut dyn Write,
}

impl Write for Prefixed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (line, is_whole) = piece.strip_suffix(b"\n").map_or((piece, false), |line| (line, true));
            self.lines.begun.extend_from_slice(line);
            if is_whole && self.lines.begun.is_empty() {
                writeln!(self.out, "{}", self.lines.prefix)?;
            } else if is_whole || self.lines.begun.len() > LONGEST {
                self.lines.finish(self.out)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_two_logs_never_mix() {
        let mut out = Vec::new();
        let (mut a, mut b) = (Lines::new("a | ".to_owned()), Lines::new("b | ".to_owned()));
        a.to(&mut out).write_all(b"one\n\ntw").unwrap();
        b.to(&mut out).write_all(b"x\n").unwrap();
        a.to(&mut out).write_all(b"o\nend").unwrap();
        a.finish(&mut out).unwrap();
        b.finish(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a | one\na | \nb | x\na | two\na | end\n");
    }
}
