//! What the fuzzer starts from and what it once found, given to the same functions again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "they are public where the fuzzer calls them")]
mod fuzz;

use std::fs;
use std::path::Path;

fn replay(target: &str, function: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        function(&fs::read(&path).unwrap());
        count += 1;
    }
    assert!(count > 5, "{count} files in {}", folder.display());
}

#[test]
fn parameter_files() {
    replay("sweep", fuzz::sweep);
}

#[test]
fn expressions() {
    replay("expression", fuzz::expression);
}

#[test]
fn rows() {
    replay("rows", fuzz::rows);
}

#[test]
fn configurations() {
    replay("configuration", fuzz::configuration);
}
