//! Faults, one scenario each, on a real Slurm: every one counts what was asked, executed exactly once, lost, doubled and
//! wrongly shown, by a ledger that the programs keep themselves. `scripts/reliability` makes the table of docs/reliability.md.

#![expect(clippy::unwrap_used, clippy::panic, clippy::similar_names, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the faults find every daemon in their own way")]
#[path = "../kit/cluster.rs"]
mod cluster;
#[expect(dead_code, reason = "the faults use the part of the desk that they need")]
#[path = "../real_slurm/desk.rs"]
mod desk;
#[expect(dead_code, reason = "the tests without a Slurm use more of the kit")]
#[path = "../kit/mod.rs"]
mod kit;

mod daemons;
mod ledger;
mod scene;
mod tally;

mod controller;
mod damage;
mod killed;
mod lies;
mod limits;
mod network;
mod nodes;
mod records;
mod store;
mod tasks;
mod tools;
