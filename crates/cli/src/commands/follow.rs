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
