//! How many of something there are, as a sentence says it.

/// Counts things by a noun: `1 value`, `3 values`.
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
