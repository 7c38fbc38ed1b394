//! Times, durations and pieces of logs, as people read them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use neuromanager_core::plan::quote;

/// How much of the end of a log is read to find its last lines.
const END_OF_LOG: u64 = 16 * 1024;

/// Writes a duration in at most two units: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub(crate) fn duration(from: Timestamp, to: Timestamp) -> String {
    let span = to.duration_since(from);
    let seconds = span.as_secs().max(0);
    match seconds {
        0..10 => format!("{:.1} s", span.as_secs_f64().max(0.0)),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86400 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86400, seconds / 3600 % 24),
    }
}

/// Writes how long ago something was, and when.
pub(crate) fn ago(time: Timestamp) -> String {
    format!("{} ago ({})", duration(time, Timestamp::now()), local_time(time))
}

/// Writes a time in the user's zone, to the second.
pub(crate) fn local_time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Gives the last lines of a log, as a terminal would show them: what a carriage return overwrote is gone.
pub(crate) fn last_lines(log: &Path, count: usize) -> io::Result<Vec<String>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END_OF_LOG)))?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let shown = |line: &str| cut(line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default());
    let mut lines: Vec<String> = text.lines().map(shown).filter(|line| !line.trim().is_empty()).collect();
    Ok(lines.split_off(lines.len().saturating_sub(count)))
}

/// Cuts a line that no terminal would show whole, and leaves out what would move its cursor.
fn cut(line: &str) -> String {
    const WIDEST: usize = 160;
    let plain = |c: &char| !c.is_control() || *c == '\t';
    let start: String = line.chars().filter(plain).take(WIDEST).collect();
    if line.chars().filter(plain).nth(WIDEST).is_some() { start + "…" } else { start }
}

/// Puts a text on one line for a table, without anything that would move the terminal's cursor.
pub(crate) fn one_line(text: &str) -> String {
    text.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Writes a path on one line.
pub(crate) fn shown(path: &Path) -> String {
    one_line(&path.to_string_lossy())
}

/// Writes how much room something takes: `412 B`, `3.1 kB`, `2.0 GB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if count < 1000 {
        return format!("{count} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let mut amount = count as f64 / 1000.0;
    let mut unit = 0;
    while amount >= 999.95 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    format!("{amount:.1} {}", UNITS[unit])
}

/// Writes a path as one word for bash, on one line whatever is in it.
pub(crate) fn shell_word(path: &Path) -> String {
    let is_plain = |text: &&str| !text.chars().any(char::is_control);
    if path.to_str().as_ref().is_some_and(is_plain) {
        return quote::command(["-C", &path.to_string_lossy()])["-C ".len()..].to_owned();
    }
    let mut word = "$'".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'\'' | b'\\' => word.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => word.push(char::from(*byte)),
            other => word.push_str(&format!("\\x{other:02x}")),
        }
    }
    word + "'"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn sizes_have_two_digits_or_more() {
        let told: Vec<String> = [0, 999, 1000, 3149, 999_949, 999_950, 2_000_000_000].map(bytes).to_vec();
        assert_eq!(told, ["0 B", "999 B", "1.0 kB", "3.1 kB", "999.9 kB", "1.0 MB", "2.0 GB"]);
    }

    #[test]
    fn a_path_is_one_word_on_one_line() {
        let word = |bytes: &[u8]| shell_word(Path::new(&OsString::from_vec(bytes.to_owned())));
        assert_eq!(word(b"/home/ada/p"), "/home/ada/p");
        assert_eq!(word(b"/a b"), "'/a b'");
        assert_eq!(word(b"/it's\n\xff\x1b[2J"), r"$'/it\'s\x0a\xff\x1b[2J'");
    }

    #[test]
    fn durations_have_at_most_two_units() {
        let at = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap();
        let told = |milliseconds| duration(at(0), at(milliseconds));
        assert_eq!(told(420), "0.4 s");
        assert_eq!(told(12_900), "12 s");
        assert_eq!(told(200_000), "3 min 20 s");
        assert_eq!(told(7_500_000), "2 h 5 min");
        assert_eq!(told(273_600_000), "3 d 4 h");
        assert_eq!(duration(at(5000), at(0)), "0.0 s");
    }

    #[test]
    fn a_progress_bar_shows_its_last_state() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        std::fs::write(&log, "one\n 10%\r 50%\r100%\r\n\nlast").unwrap();
        assert_eq!(last_lines(&log, 2).unwrap(), ["100%", "last"]);
    }
}
