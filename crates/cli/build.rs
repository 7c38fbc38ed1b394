//! Links the unwinder of GCC into the commands, so that they load nothing but libc.
//!
//! The standard library asks for `libgcc_s`, a shared library that costs a tenth of a millisecond at every start and
//! that a node may lack. A linker script of that name, found first, hands it the same code from the archives that
//! come with every GCC; where there are none, everything stays as it is.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|set| set == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") || !is_native() {
        return;
    }
    if !has_archive("libgcc_eh.a") || !has_archive("libgcc.a") {
        return;
    }
    let Some(out) = env::var_os("OUT_DIR") else { return };
    let written = fs::write(Path::new(&out).join("libgcc_s.so"), "GROUP ( libgcc_eh.a libgcc.a )\n");
    if written.is_ok() {
        println!("cargo:rustc-link-search=native={}", Path::new(&out).display());
    }
}

/// Another target's compiler may keep its archives elsewhere.
fn is_native() -> bool {
    env::var("HOST") == env::var("TARGET")
}

/// Asks the compiler whether it has an archive: it answers with a path where it has, else with the bare name.
fn has_archive(name: &str) -> bool {
    let asked = Command::new("cc").arg(format!("-print-file-name={name}")).output();
    asked.is_ok_and(|answer| String::from_utf8_lossy(&answer.stdout).trim().starts_with('/'))
}
