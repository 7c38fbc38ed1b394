//! Quoting for people: how a command is written so that a shell would read it back unchanged.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Appends a command to `out` as a shell would accept it, words separated by one space.
pub fn write_command<W: AsRef<OsStr>>(out: &mut Vec<u8>, words: impl IntoIterator<Item = W>) {
    for (place, word) in words.into_iter().enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        let word = word.as_ref();
        // `A=b` as the first word would be an assignment.
        let is_assignment = place == 0 && word.as_bytes().contains(&b'=');
        if is_assignment { write_quoted(out, word) } else { write_word(out, word) }
    }
}

/// Appends what sets a variable for the command behind it, with a space.
pub fn write_assignment(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.push(b'=');
    write_word(out, value.as_ref());
    out.push(b' ');
}

/// Quotes one command as text for a message; bytes that are not UTF-8 are replaced by `�`.
pub fn command<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> String {
    let mut out = Vec::new();
    write_command(&mut out, words);
    String::from_utf8_lossy(&out).into_owned()
}

fn write_word(out: &mut Vec<u8>, word: &OsStr) {
    let bytes = word.as_bytes();
    if !bytes.is_empty() && bytes.iter().all(|byte| is_plain(*byte)) {
        out.extend_from_slice(bytes);
    } else {
        write_quoted(out, word);
    }
}

fn write_quoted(out: &mut Vec<u8>, word: &OsStr) {
    let bytes = word.as_bytes();
    if bytes.contains(&b'\r') {
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

    proptest! {
        /// A real shell reads back what was quoted.
        #[test]
        fn bash_reads_it_back(words in prop::collection::vec(prop::collection::vec(1u8..=255, 0..12), 1..4)) {
            let argv: Vec<OsString> = words.into_iter().map(OsString::from_vec).collect();
            let mut line = b"printf '%s\\0' ".to_vec();
            for word in &argv {
                write_word(&mut line, word);
                line.push(b' ');
            }
            let shell = std::process::Command::new("bash").arg("-c").arg(OsString::from_vec(line)).output().unwrap();
            let read: Vec<&[u8]> = shell.stdout.split(|b| *b == 0).collect();
            let meant: Vec<&[u8]> = argv.iter().map(|w| w.as_bytes()).chain([&b""[..]]).collect();
            prop_assert_eq!(read, meant);
        }
    }
}
