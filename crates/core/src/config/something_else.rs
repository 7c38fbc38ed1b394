//! Tells a config of neuromanager from the many other files called config.json.

use super::SupportKind;
use crate::document::{Entry, Node, Value, nearest};

/// The keys of a device; an object with one of them two levels down is what makes a file ours.
pub(super) const DEVICE_KEYS: [&str; 3] = ["env", "resources", "python"];

/// The first-level keys of a file that is plainly not ours, `None` for one that is, whatever mistakes it has.
pub(super) fn keys_of_something_else(document: &Node) -> Option<Vec<String>> {
    let Value::Table(entries) = &document.value else { return Some(Vec::new()) };
    if entries.is_empty() || entries.iter().any(is_support) {
        return None;
    }
    Some(entries.iter().map(|entry| entry.key.clone()).collect())
}

fn is_support(entry: &Entry) -> bool {
    if SupportKind::called(&entry.key).is_some() {
        return true;
    }
    let Value::Table(inside) = &entry.value.value else { return false };
    nearest(&entry.key, ["local", "slurm"]).is_some()
        || inside.iter().any(|entry| match &entry.value.value {
            Value::Text(word) => entry.key == "type" && SupportKind::called(word).is_some(),
            Value::Table(device) => device.iter().any(|entry| DEVICE_KEYS.contains(&entry.key.as_str())),
            _ => false,
        })
}
