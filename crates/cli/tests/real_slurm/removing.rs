//! `neu rm` and `neu prune` beside a queue: what Slurm still has stays, and so does the program that its job will start.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::cluster::Cluster;
use crate::desk::{Desk, assert_says};

#[test]
fn a_held_job_stays_with_its_program_and_goes_once_it_is_over() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let launch = desk.launch("--runs=3 slurm cpu --hold train.py");
    let job = launch.job();
    let refused = desk.neu("rm 1 --yes").exited(2);
    assert_says(&refused.stderr, ["launch 1 is not over: 3 pending", "`neu cancel 1` first"]);
    let programs: Vec<PathBuf> = fs::read_dir(desk.world.store().join("bin"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("by-file"))
        .collect();
    let long_ago = SystemTime::now() - Duration::from_hours(48);
    for path in programs.iter().flat_map(|home| [home.join("neu"), home.clone()]) {
        File::open(path).unwrap().set_modified(long_ago).unwrap();
    }
    desk.neu("prune --keep-days=0 --yes").succeeded();
    assert_eq!(launch.states(), ["pending"; 3]);
    desk.slurm(&format!("scontrol release {job}"));
    assert_eq!(launch.wait(), 0);
    let open = desk.neu("ls --json").succeeded().json();
    assert_eq!(open["launches"][0]["states"], serde_json::json!({"succeeded": 3}));
    desk.neu("prune --keep-days=0 --yes").succeeded();
    assert_says(&desk.neu("status 1").exited(2).stderr, ["launch 1 was removed on"]);
    let gone = programs.iter().filter(|home| !home.exists()).count();
    assert_eq!(gone, programs.len(), "no launch needs them any more");
    let next = desk.launch("slurm cpu train.py");
    assert_eq!(next.wait(), 0);
    assert_eq!(desk.neu("ls -q").succeeded().stdout, "2\n");
}

#[test]
fn a_cancelled_launch_can_be_removed_at_once() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    desk.launch("--runs=2 slurm cpu --hold train.py");
    desk.neu("cancel 1").succeeded();
    let removed = desk.neu("rm 1 --yes").succeeded();
    assert_says(&removed.stderr, ["removed launch 1 `train` (2 runs, "]);
}
