//! Quoting for people: how a command is written so that a shell would read it back unchanged.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Who reads what is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// bash, after sbatch has looked at it: a script of a job, or a person.
    Bash,
    /// Any shell of POSIX.
    AnyShell,
}

/// Appends a command to `out` as bash would accept it, words separated by one space.
pub fn write_command<W: AsRef<OsStr>>(out: &mut Vec<u8>, words: impl IntoIterator<Item = W>) {
    write_command_for(Reader::Bash, out, words);
}

/// Appends a command to `out` as its reader would accept it, words separated by one space.
pub fn write_command_for<W: AsRef<OsStr>>(
    reader: Reader,
    out: &mut Vec<u8>,
    words: impl IntoIterator<Item = W>,
) {
    for (place, word) in words.into_iter().enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        let word = word.as_ref();
        // `A=b` as the first word would be an assignment.
        let is_assignment = place == 0 && word.as_bytes().contains(&b'=');
        if is_assignment { write_quoted(reader, out, word) } else { write_word(reader, out, word) }
    }
}

/// Appends what sets a variable for the command behind it, with a space.
pub fn write_assignment(reader: Reader, out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.push(b'=');
    write_word(reader, out, value.as_ref());
    out.push(b' ');
}

/// Puts a command for [`Reader::AnyShell`] on one line, for programs that read commands line by line.
///
/// No quotes of POSIX have two letters that mean a line break (`$'\n'` is of bash), but printf(1) has: where there is one, the
/// line is a command that has it printed and then reads that.
pub fn fold(command: &mut Vec<u8>) {
    if !command.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return;
    }
    let mut line = b"eval \"$(printf '".to_vec();
    for (place, byte) in command.iter().enumerate() {
        match byte {
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\'' => line.extend_from_slice(b"\\047"),
            b'-' if place == 0 => line.extend_from_slice(b"\\055"),
            b'\\' | b'%' => line.extend_from_slice(&[*byte, *byte]),
            other => line.push(*other),
        }
    }
    line.extend_from_slice(b"')\"");
    *command = line;
}

/// Quotes one command as text for a message; bytes that are not UTF-8 are replaced by `�`.
pub fn command<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> String {
    let mut out = Vec::new();
    write_command(&mut out, words);
    String::from_utf8_lossy(&out).into_owned()
}

fn write_word(reader: Reader, out: &mut Vec<u8>, word: &OsStr) {
    let bytes = word.as_bytes();
    if !bytes.is_empty() && bytes.iter().all(|byte| is_plain(*byte)) {
        out.extend_from_slice(bytes);
    } else {
        write_quoted(reader, out, word);
    }
}

fn write_quoted(reader: Reader, out: &mut Vec<u8>, word: &OsStr) {
    let bytes = word.as_bytes();
    if reader == Reader::Bash && bytes.contains(&b'\r') {
        return write_escaped(out, bytes);
    }
    out.extend_from_slice(
        &shlex::bytes::Quoter::new().allow_nul(true).quote(bytes).unwrap_or(Cow::Borrowed(bytes)),
    );
}

/// Writes a word as bash's `$'…'`: sbatch refuses a script that has a carriage return before a newline, even where
/// both are quoted.
fn write_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(b"$'");
    for byte in bytes {
        match byte {
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\'' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            other => out.push(*other),
        }
    }
    out.push(b'\'');
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn ordinary_words_stay_bare() {
        let words = ["python", "train.py", "--lr=0.01", "a b", "", "it's"];
        assert_eq!(command(words), r#"python train.py --lr=0.01 'a b' '' "it's""#);
    }

    #[test]
    fn no_carriage_return_is_left_for_sbatch_to_refuse() {
        assert_eq!(command(["a", "it's\r\n\\"]), r"a $'it\'s\r\n\\'");
    }

    #[test]
    fn an_assignment_is_no_program() {
        assert_eq!(command(["A=b", "A=b"]), "'A=b' A=b");
    }

    #[test]
    fn a_command_with_a_line_break_is_one_line() {
        let folded = |words: &[&str]| {
            let mut line = Vec::new();
            write_command_for(Reader::AnyShell, &mut line, words);
            fold(&mut line);
            String::from_utf8(line).unwrap()
        };
        assert_eq!(folded(&["a", "b c"]), "a 'b c'");
        assert_eq!(folded(&["a", "100%", "b\nc\\n"]), r#"eval "$(printf 'a 100%% "b\nc\\\\n"')""#);
        assert_eq!(folded(&["a", "it's\r\n"]), r#"eval "$(printf 'a "it\047s\r\n"')""#);
    }

    /// Has a real shell print the words that it reads.
    fn words_of(shell: &str, line: &[u8]) -> Vec<Vec<u8>> {
        let line = OsString::from_vec(line.to_owned());
        let printed = std::process::Command::new(shell).arg("-c").arg(line).output().unwrap().stdout;
        printed.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
    }

    proptest! {
        /// Real shells read back what was quoted, the one that has no more than POSIX from one line.
        #[test]
        fn shells_read_it_back(words in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(1u8..=255, 0..12),
                "[-%$`'\"\\\\nr0-9\n\r! ~#]{0,8}".prop_map(String::into_bytes),
            ],
            1..4,
        )) {
            let argv: Vec<OsString> = ["printf", "%s\\0"].map(OsString::from).into_iter()
                .chain(words.iter().cloned().map(OsString::from_vec)).collect();
            let meant: Vec<Vec<u8>> = words.into_iter().chain([Vec::new()]).collect();
            let mut script = Vec::new();
            write_command(&mut script, &argv);
            prop_assert_eq!(words_of("bash", &script), meant.clone());
            let mut line = Vec::new();
            write_command_for(Reader::AnyShell, &mut line, &argv);
            fold(&mut line);
            prop_assert!(!line.iter().any(|byte| matches!(byte, b'\n' | b'\r')));
            prop_assert_eq!(words_of("sh", &line), meant.clone());
            prop_assert_eq!(words_of("bash", &line), meant);
        }
    }
}
