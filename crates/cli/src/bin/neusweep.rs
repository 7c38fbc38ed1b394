//! The `neusweep` command: run a command for every combination of `params.json`.

use std::process::ExitCode;

fn main() -> ExitCode {
    neuromanager::main(neuromanager::Program::Neusweep)
}
