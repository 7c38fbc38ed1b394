//! `neu wait`: how long it stays, and what it says when the time is up.

use std::fs;

use crate::kit::{Tool, wait_until};
use crate::local_world;

#[test]
fn the_time_that_is_given_ends_it_with_124_and_the_runs_that_are_open() {
    let world = local_world();
    world.file("t.sh", "echo first; [[ $NEU_RUN = 0 ]] || while ! [[ -e go ]]; do sleep 0.01; done");
    let mut running = world.tool(Tool::Neurun, ["-q", "--runs=3", "local", "cpu", "t.sh"]).spawn();
    wait_until("the second run has begun", || world.neu("logs 1.1").stdout == "first\n");
    let late = world.neu("wait 1 --timeout=0.1").exited(124);
    insta::assert_snapshot!(late.stderr.lines().last().unwrap(), @"the time is up, and 1.1 1.2 are not over");
    let json = world.neu("wait 1 --timeout 0 --json").exited(124).json();
    assert_eq!(json["timed_out"], true);
    assert_eq!(json["not_over"], serde_json::json!(["1.1", "1.2"]));
    assert_eq!(json["launches"][0]["states"]["succeeded"], 1);
    assert_eq!(world.neu("wait -q 1 --timeout 100ms").exited(124).stdout, "1.0\n");
    world.neu("wait 1.0 --timeout 1m").succeeded();
    fs::write(world.folder().join("go"), "").unwrap();
    let all = world.neu("wait -q 1 --timeout 1h").succeeded();
    assert_eq!((all.stdout.as_str(), all.stderr.as_str()), ("1.0\n1.1\n1.2\n", ""));
    running.wait().succeeded();
}

#[test]
fn a_time_that_is_none_is_refused() {
    let world = local_world();
    let refused = world.neu("wait 1 --timeout soon").exited(2);
    assert!(
        refused.stderr.contains("`soon` is no length of time: write seconds as `90`"),
        "{}",
        refused.stderr
    );
}
