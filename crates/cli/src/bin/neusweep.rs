//! The `neusweep` command.

fn main() {}
