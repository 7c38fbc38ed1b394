//! Which support and device the words on the command line name.

use super::{Config, Device, Support};
use crate::document::nearest;

/// Why a name picks nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// No support is called so.
    #[error("there is no support `{wanted}`; {}", what_there_is(.nearest.as_deref(), .available))]
    NoSupport {
        /// The name as given.
        wanted: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// The names that there are.
        available: Vec<String>,
    },
    /// Several supports are called so, case aside.
    #[error("`{wanted}` could be `{}`: write it exactly", .candidates.join("` or `"))]
    AmbiguousSupport {
        /// The name as given.
        wanted: String,
        /// The names that differ from it in case only.
        candidates: Vec<String>,
    },
    /// The support has no device that is called so.
    #[error("support `{support}` has no device `{wanted}`; {}", what_there_is(.nearest.as_deref(), .available))]
    NoDevice {
        /// The support that was found.
        support: String,
        /// The name as given.
        wanted: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// The names that there are.
        available: Vec<String>,
    },
    /// Several devices are called so, case aside.
    #[error("device `{wanted}` of `{support}` could be `{}`: write it exactly", .candidates.join("` or `"))]
    AmbiguousDevice {
        /// The support that was found.
        support: String,
        /// The name as given.
        wanted: String,
        /// The names that differ from it in case only.
        candidates: Vec<String>,
    },
}

fn what_there_is(nearest: Option<&str>, available: &[String]) -> String {
    match (nearest, available.is_empty()) {
        (Some(nearest), _) => format!("did you mean `{nearest}`?"),
        (None, true) => "there is none at all".to_owned(),
        (None, false) => format!("there is `{}`", available.join("`, `")),
    }
}

impl Config {
    /// Finds a support and its device: by the exact name, else by the only one that differs in case.
    pub fn device(&self, support: &str, device: &str) -> Result<(&Support, &Device), SelectError> {
        let found = pick(&self.supports, |support| &support.name, support).map_err(|miss| match miss {
            Miss::None { nearest, available } => {
                SelectError::NoSupport { wanted: support.to_owned(), nearest, available }
            }
            Miss::Several { candidates } => {
                SelectError::AmbiguousSupport { wanted: support.to_owned(), candidates }
            }
        })?;
        let support = || found.name.clone();
        let wanted = device.to_owned();
        match pick(&found.devices, |device| &device.name, device) {
            Ok(device) => Ok((found, device)),
            Err(Miss::None { nearest, available }) => {
                Err(SelectError::NoDevice { support: support(), wanted, nearest, available })
            }
            Err(Miss::Several { candidates }) => {
                Err(SelectError::AmbiguousDevice { support: support(), wanted, candidates })
            }
        }
    }
}

enum Miss {
    None { nearest: Option<String>, available: Vec<String> },
    Several { candidates: Vec<String> },
}

fn pick<'a, T>(all: &'a [T], name: impl Fn(&T) -> &String, wanted: &str) -> Result<&'a T, Miss> {
    if let Some(exact) = all.iter().find(|item| name(item) == wanted) {
        return Ok(exact);
    }
    let lower = wanted.to_lowercase();
    let matching: Vec<_> = all.iter().filter(|item| name(item).to_lowercase() == lower).collect();
    match matching.as_slice() {
        [only] => Ok(only),
        [] => {
            let available: Vec<_> = all.iter().map(|item| name(item).clone()).collect();
            let nearest = nearest(wanted, available.iter().map(String::as_str)).map(str::to_owned);
            Err(Miss::None { nearest, available })
        }
        several => Err(Miss::Several { candidates: several.iter().map(|item| name(item).clone()).collect() }),
    }
}
