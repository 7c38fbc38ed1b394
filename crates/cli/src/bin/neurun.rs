//! The `neurun` command.

fn main() {}
