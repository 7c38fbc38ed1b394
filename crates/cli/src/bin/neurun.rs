//! The `neurun` command: put it before the command you type.

use std::process::ExitCode;

fn main() -> ExitCode {
    neuromanager::main(neuromanager::Program::Neurun)
}
