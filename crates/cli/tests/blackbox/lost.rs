//! When a run whose worker went without a word is called lost. The Slurm of these tests is a handful of scripts.

use std::fs;

use crate::kit::World;
use crate::scripted::cluster;

/// A launch of one run whose worker, a process of `boot` that is dead, wrote that it began; Slurm says since a moment
/// ago that it failed.
fn killed(boot: &str) -> World {
    let world = cluster();
    world.neurun("slurm cpu argv.py").succeeded();
    let folder = world.store().join("launches/1");
    let launch: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("launch.json")).unwrap()).unwrap();
    let (key, time) = (launch["key"].as_str().unwrap(), launch["created"].as_str().unwrap());
    // No pid is as large (proc(5), pid_max).
    let process = format!(r#"{{"pid":2000000000,"start":1,"boot":"{boot}"}}"#);
    let worker = format!(
        r#"{{"worker":{{"key":"{key}","node":"n1","process":{process},"job":"4711","version":"0.1.0"}}}}"#
    );
    let started =
        format!(r#"{{"started":{{"run":0,"attempt":1,"node":"n1","process":{process},"job":"4711"}}}}"#);
    let records = [worker, started].map(|event| format!("{{\"time\":\"{time}\",\"event\":{event}}}\n"));
    fs::create_dir_all(folder.join("events")).unwrap();
    fs::write(folder.join("events/n1-boot.jsonl"), records.concat()).unwrap();
    let name = world.calls().split("--job-name=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    world.fake("squeue", &format!(
        r"printf '\x1e4711\x1f4711\x1fN/A\x1fFAILED\x1fNonZeroExitCode\x1fn1\x1f%s\x1f1795382094\x1f1795382094\x1f%s\x1f%s\n' $(id -u) $(date +%s) {name}"
    ));
    world
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap().trim().to_owned()
}

#[test]
fn a_worker_that_is_seen_dead_on_this_host_has_no_more_to_say() {
    let world = killed(&boot());
    assert_eq!(world.states("1"), ["lost"]);
}

#[test]
fn the_words_of_another_host_s_worker_may_be_on_their_way() {
    let world = killed("another");
    assert_eq!(world.states("1"), ["running"]);
    let table = world.neu("status 1").succeeded().stdout;
    assert!(table.contains("1 running"), "{table}");
}
