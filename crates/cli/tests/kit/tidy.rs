//! Words in place of what differs from one time to the next.

/// Replaces times, durations, and what programs used by words.
pub(super) fn hide_times(text: &str) -> String {
    let usage = [("\"cpu_seconds\": ", ","), ("\"peak_memory\": ", ","), (" s, memory ", " at the most")];
    let text = usage.iter().fold(text.to_owned(), |text, (before, after)| hide_between(&text, before, after));
    hide_numbers(&text)
}

/// Replaces what stands between `before` and `after`, where that begins with a digit.
fn hide_between(text: &str, before: &str, after: &str) -> String {
    let mut pieces = text.split(before);
    let mut out = pieces.next().unwrap().to_owned();
    for piece in pieces {
        out.push_str(before);
        match piece.find(after).filter(|_| piece.starts_with(|c: char| c.is_ascii_digit())) {
            Some(end) => out.push_str(&format!("[USED]{}", &piece[end..])),
            None => out.push_str(piece),
        }
    }
    out
}

fn hide_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (word, length) = if let Some(length) = time(rest) {
            ("[TIME]", length)
        } else if let Some(length) = seconds(rest) {
            ("[SECONDS]", length)
        } else {
            (&rest[..number], number)
        };
        out.push_str(word);
        rest = &rest[length..];
    }
    out + rest
}

/// The length of `2026-11-22T21:52:08.123Z` or `2026-11-22 21:52:08` at the start.
fn time(text: &str) -> Option<usize> {
    let shape = "0000-00-00T00:00:00";
    let start = text.get(..shape.len())?;
    let fits = start.chars().zip(shape.chars()).all(|(c, wanted)| match wanted {
        '0' => c.is_ascii_digit(),
        'T' => c == 'T' || c == ' ',
        mark => c == mark,
    });
    let rest = &text[shape.len()..];
    let fraction = rest.len() - rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).len();
    let zone = usize::from(rest[fraction..].starts_with('Z'));
    fits.then_some(shape.len() + fraction + zone)
}

/// The length of `0.4 s` or `12 s` at the start.
fn seconds(text: &str) -> Option<usize> {
    let number = text.len() - text.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).len();
    let rest = text[number..].strip_prefix(" s")?;
    (!rest.starts_with(|c: char| c.is_alphanumeric())).then_some(number + 2)
}
