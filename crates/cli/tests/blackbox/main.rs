//! Black-box tests of the three commands in a sealed world without Slurm, a file a subject.

#[path = "../kit/mod.rs"]
mod kit;

mod dry_run;
