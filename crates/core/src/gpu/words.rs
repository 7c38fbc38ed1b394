//! GPUs and reasons in words: `there are 2: 0 (24564M), 1 (24564M)`.

use super::Gpu;

/// Joins as people do: `0`, `0 and 2`, `0, 1 and 2`.
pub(super) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Tells the GPUs of a machine: `there is one: 0 (24564M)`.
pub(super) fn what_is_there(gpus: &[&Gpu]) -> String {
    let one = |gpu: &&Gpu| match gpu.memory {
        Some(memory) => format!("{} ({memory})", gpu.label),
        None => gpu.label.clone(),
    };
    let each: Vec<String> = gpus.iter().map(one).collect();
    match each.as_slice() {
        [] => "there is none".to_owned(),
        [one] => format!("there is one: {one}"),
        all => format!("there are {}: {}", all.len(), all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_sentences_do() {
        let words = ["0", "1", "2"].map(str::to_owned);
        assert_eq!([0, 1, 2, 3].map(|count| list(&words[..count])), ["", "0", "0 and 1", "0, 1 and 2"]);
    }
}
