//! The `neu` command.

fn main() {}
