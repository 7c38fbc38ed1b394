//! A launch whose journals are read again and again.

use crate::history::History;
use crate::id::LaunchId;
use crate::ranges::Ranges;
use crate::store::{JournalReader, Launch, LaunchDir, Store, StoreError};

/// A launch whose journals are read again and again.
#[derive(Debug)]
pub struct Watched {
    pub(super) launch: Launch,
    pub(super) dir: LaunchDir,
    pub(super) history: History,
    /// Runs that were seen to succeed, and are only counted.
    pub(super) counted: Ranges,
    pub(super) reader: JournalReader,
}

impl Watched {
    /// Opens a launch.
    pub fn open(store: &Store, id: LaunchId) -> Result<Self, StoreError> {
        let dir = store.launch(id);
        let launch = dir.read()?;
        Ok(Self::new(launch, dir))
    }

    /// Watches a launch that is already read.
    pub fn new(launch: Launch, dir: LaunchDir) -> Self {
        let reader = JournalReader::new(dir.events());
        Self { launch, dir, history: History::default(), counted: Ranges::default(), reader }
    }

    /// Only counts runs that were seen to succeed: nothing of what the journal says of them is kept.
    #[must_use]
    pub fn counting(self, succeeded: Ranges) -> Self {
        Self { counted: succeeded, ..self }
    }

    /// Gives what the launch is.
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// Gives its folder.
    pub fn dir(&self) -> &LaunchDir {
        &self.dir
    }

    /// Gives what its workers wrote, as far as it was read.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Reads what its workers wrote since the last time, and tells whether that was anything.
    pub fn refresh(&mut self) -> Result<bool, StoreError> {
        read_on(&mut self.reader, &mut self.history, &self.counted)
    }
}

/// Adds to a history what its journal says since, but for runs that are only counted; tells whether that was anything.
pub(super) fn read_on(
    reader: &mut JournalReader,
    history: &mut History,
    counted: &Ranges,
) -> Result<bool, StoreError> {
    let mut is_news = false;
    reader.read_each(|record| {
        is_news = true;
        if !record.event.run().is_some_and(|run| counted.contains(run)) {
            history.add([record]);
        }
    })?;
    Ok(is_news)
}
