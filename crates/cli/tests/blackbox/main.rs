//! Black-box tests of the three commands in a sealed world without Slurm, a file a subject.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::similar_names,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and shows whole what it pins"
)]

#[path = "../kit/mod.rs"]
mod kit;

mod activation;
mod asking;
mod attempts;
mod before;
mod cancelling;
mod config;
mod damage;
mod detached;
mod dry_run;
mod endings;
mod environment;
mod faults;
mod fidelity;
mod gpus;
mod gpus_shared;
mod grammar;
mod halves;
mod handover;
mod interrupting;
mod jobs;
mod leftovers;
mod limits;
mod live;
mod logs;
mod looking;
mod lost;
mod ls;
mod mending;
mod names;
mod oddities;
mod pages;
mod params;
mod parting;
mod places;
mod quiet;
mod removing;
mod resuming;
mod retrying;
mod retrying_on_slurm;
mod scripted;
mod selecting;
mod setting;
mod showing;
mod signals;
mod skipping;
mod strangers;
mod taking_up;
mod terminal;
mod waiting;
mod words;

use kit::{ARGV_PY, World};

/// One device on this machine, without an env.
const LOCAL: &str = r#"{"local": {"cpu": {"env": "", "resources": ""}}}"#;

/// A world with [`LOCAL`] as its configuration, and a script that prints its arguments.
fn local_world() -> World {
    let world = World::new();
    world.file("config.json", LOCAL);
    world.file("argv.py", ARGV_PY);
    world
}

/// A world whose device has an env; `env` is JSON.
fn world_with_env(env: &str) -> World {
    let world = World::new();
    world.file("config.json", format!(r#"{{"local": {{"cpu": {{"env": {env}, "resources": ""}}}}}}"#));
    world.file("argv.py", ARGV_PY);
    world
}
