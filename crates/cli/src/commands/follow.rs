//! Follows logs: prints what is new in them, byte for byte.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// A log that is read on from where it was left.
#[derive(Debug)]
pub(super) struct Tail {
    file: File,
}

impl Tail {
    /// Opens a log at its start.
    pub(super) fn open(log: &Path) -> io::Result<Self> {
        Ok(Self { file: File::open(log)? })
    }

    /// Copies what is new to `out`, and tells how much that was.
    pub(super) fn pump(&mut self, out: &mut dyn Write) -> io::Result<u64> {
        let mut buffer = [0; 16 * 1024];
        let mut copied = 0;
        loop {
            match self.file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    out.write_all(&buffer[..read])?;
                    copied += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if copied > 0 {
            out.flush()?;
        }
        Ok(copied)
    }
}
