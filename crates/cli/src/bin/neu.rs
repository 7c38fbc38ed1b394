//! The `neu` command: look at launches, and act on them.

use std::process::ExitCode;

fn main() -> ExitCode {
    neuromanager::main(neuromanager::Program::Neu)
}
