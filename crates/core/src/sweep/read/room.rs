//! How much a file may make out of a few words: what is written out is as long as the file, but `range`, `n`, `file`,
//! `glob` and `$include` make more than stands there.

use super::super::numbers::MOST_VALUES;

/// The most text that they may make together, in bytes.
const MOST_TEXT: u64 = 100_000_000;

/// What was made so far.
#[derive(Debug, Default)]
pub(super) struct Room {
    values: u64,
    text: u64,
    is_full: bool,
}

/// Tells that there is no room for more.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Full {
    /// There are too many values.
    #[error("up to here, more than {MOST_VALUES} values are made")]
    Values,
    /// They are too long.
    #[error("up to here, values of more than {} MB are made", MOST_TEXT / 1_000_000)]
    Text,
}

impl Room {
    /// Takes room for some values, each of a length in bytes. That there is none is said once; then it is `None`.
    pub(super) fn take(&mut self, values: u64, length: usize) -> Result<(), Option<Full>> {
        if self.is_full {
            return Err(None);
        }
        self.values = self.values.saturating_add(values);
        self.text = self.text.saturating_add(values.saturating_mul(length as u64));
        let full = match (self.values > MOST_VALUES, self.text > MOST_TEXT) {
            (true, _) => Full::Values,
            (false, true) => Full::Text,
            (false, false) => return Ok(()),
        };
        self.is_full = true;
        Err(Some(full))
    }
}
