//! GPUs and reasons in words: `there are 2: 0 (24564M), 1 (24564M)`.

use std::fs;

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

/// Joins an error and its causes, as a message does.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Tells a user's name, as the machine's own list of users has it, else the number.
///
/// Nobody else is asked: names of a directory service need libraries that a static program has not.
pub(super) fn user_name(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse::<u32>() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("user {uid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_sentences_do() {
        let words = ["0", "1", "2"].map(str::to_owned);
        assert_eq!([0, 1, 2, 3].map(|count| list(&words[..count])), ["", "0", "0 and 1", "0, 1 and 2"]);
    }

    #[test]
    fn users_have_names_where_the_machine_knows_them() {
        assert_eq!(user_name(0), "root");
        assert_eq!(user_name(4_000_000_001), "user 4000000001");
    }
}
