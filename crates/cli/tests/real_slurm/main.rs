//! What Slurm decides, shown on a real Slurm: scripts/test starts the cluster that these tests share, and a few of
//! them start a special one for themselves.

#![expect(clippy::unwrap_used, clippy::panic, clippy::similar_names, reason = "a test fails by panicking")]

#[path = "../kit/cluster.rs"]
mod cluster;
#[expect(dead_code, reason = "the tests without a Slurm use more of the kit")]
#[path = "../kit/mod.rs"]
mod kit;

mod arguments;
mod attempts;
mod cancelling;
mod desk;
mod environments;
mod following;
mod frozen;
mod memory;
mod mending;
mod no_accounting;
mod refusals;
mod removing;
mod replaced;
mod resources;
mod retrying;
mod seed;
mod single;
mod small_site;
mod stranger;
mod syncing;
mod terms;
mod truth;
