//! `neu cancel` on a launch of this machine.

use std::fs;
use std::time::Instant;

use crate::kit::{Background, Tool, World, wait_until};
use crate::local_world;

/// A launch of three runs, the first of which goes on until it is stopped or `go` is there.
fn started() -> (World, Background) {
    let world = local_world();
    world.file("t.sh", "touch begun.$NEU_RUN; while ! [[ -e go ]]; do sleep 0.01; done; touch done.$NEU_RUN");
    let running = world.tool(Tool::Neurun, ["--runs=3", "local", "cpu", "t.sh"]).spawn();
    wait_until("the first run has begun", || world.path("begun.0").exists());
    (world, running)
}

#[test]
fn a_waiting_run_is_cancelled_and_the_others_run() {
    let (world, mut running) = started();
    let outcome = world.neu("cancel 1.1").succeeded();
    insta::assert_snapshot!(outcome.stderr, @r"launch 1: 1 run stopped (1)");
    assert_eq!(world.states("1"), ["running", "cancelled", "waiting"]);
    world.file("go", "");
    running.wait().exited(1);
    assert_eq!(world.states("1"), ["succeeded", "cancelled", "succeeded"]);
    assert!(!world.path("begun.1").exists() && world.path("done.2").exists());
}

#[test]
fn the_running_one_is_cancelled_and_the_next_begins() {
    let (world, mut running) = started();
    world.neu("cancel 1.0").succeeded();
    wait_until("the next run has begun", || world.path("begun.1").exists());
    world.file("go", "");
    running.wait().exited(1);
    assert_eq!(world.states("1"), ["cancelled", "succeeded", "succeeded"]);
    assert!(!world.path("done.0").exists());
}

#[test]
fn the_whole_launch_is_cancelled() {
    let (world, mut running) = started();
    let outcome = world.neu("cancel 1").succeeded();
    insta::assert_snapshot!(outcome.stderr, @r"launch 1: 3 runs stopped (0-2)");
    assert_ne!(running.wait().code, 0);
    assert_eq!(world.states("1"), ["cancelled", "cancelled", "cancelled"]);
    wait_until("nothing lives on", || world.survivors().is_empty());
    let outcome = world.neu("cancel 1").succeeded();
    insta::assert_snapshot!(outcome.stderr, @r"launch 1: 3 runs already over (0-2)");
}

#[test]
fn all_that_is_left_is_cancelled_piece_by_piece() {
    let (world, mut running) = started();
    world.neu("cancel 1.2").succeeded();
    world.neu("cancel 1.0-1").succeeded();
    assert_ne!(running.wait().code, 0);
    assert_eq!(world.states("1"), ["cancelled", "cancelled", "cancelled"]);
}

#[test]
fn a_run_that_ignores_term_is_killed() {
    let world = local_world();
    world.file("t.sh", "trap '' TERM INT; touch begun.$NEU_RUN; while ! [[ -e go ]]; do sleep 0.01; done");
    let mut running = world.tool(Tool::Neurun, ["--runs=2", "local", "cpu", "t.sh"]).spawn();
    wait_until("the first run has begun", || world.path("begun.0").exists());
    world.neu("cancel 1.0").succeeded();
    wait_until("the next run has begun", || world.path("begun.1").exists());
    world.file("go", "");
    running.wait().exited(1);
    assert_eq!(world.states("1"), ["cancelled", "succeeded"]);
}

#[test]
fn what_is_over_stays_as_it_is() {
    let world = local_world();
    world.neurun("--runs=2 local cpu argv.py").succeeded();
    let before = world.neu("status 1 --json").stdout;
    insta::assert_snapshot!(world.neu("cancel 1").succeeded().stderr, @r"launch 1: 2 runs already over (0-1)");
    assert_eq!(world.neu("status 1 --json").stdout, before);
    world.neu("cancel 1.2").exited(2);
    world.neu("cancel 9").exited(2);
}

#[test]
fn json_and_quiet() {
    let (world, mut running) = started();
    let outcome = world.neu("cancel --json 1.2").succeeded();
    assert_eq!(outcome.json()["launches"][0]["states"]["cancelled"], 1);
    let quiet = world.neu("cancel -q 1.1-2").succeeded();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("1.1\n", ""));
    world.neu("cancel -q --json 1").exited(2);
    world.file("go", "");
    running.wait().exited(1);
}

#[test]
fn a_program_whose_workers_were_killed_is_found_and_ended() {
    let (world, mut running) = started();
    let found = world.bash(&format!(
        "ps -eo pid,args | grep ' neu [we][ox][re][a-z]* {}/' | awk '{{print $1}}'",
        world.folder().display()
    ));
    let pids: Vec<&str> = found.stdout.lines().collect();
    assert!(!pids.is_empty(), "{}", found.stderr);
    world.bash(&format!("kill -9 {}", pids.join(" ")));
    assert_ne!(running.wait().code, 0);
    world.neu("cancel 1");
    wait_until("nothing lives on", || world.survivors().is_empty());
    assert!(!fs::exists(world.path("done.0")).unwrap());
}

#[test]
fn a_run_that_starts_in_that_moment_is_cancelled_at_once() {
    for delay in 0..8 {
        let world = local_world();
        world.file(
            "t.sh",
            "[[ $NEU_RUN = 0 ]] || exec sleep 600; touch begun; while ! [[ -e go ]]; do sleep 0.01; done",
        );
        let mut running = world.tool(Tool::Neurun, ["--runs=3", "local", "cpu", "t.sh"]).spawn();
        wait_until("the first run has begun", || world.path("begun").exists());
        let began = Instant::now();
        world.bash(&format!("(sleep 0.0{delay}; touch go) & neu cancel 1.1")).succeeded();
        // A run that is missed is found after 12 s.
        assert!(began.elapsed().as_secs() < 8);
        wait_until("the third run has begun", || world.states("1")[2] == "running");
        assert_eq!(world.states("1"), ["succeeded", "cancelled", "running"]);
        world.neu("cancel 1").succeeded();
        running.wait().exited(1);
    }
}

#[test]
fn a_copy_of_the_folder_acts_on_nothing_of_the_original() {
    let (world, mut running) = started();
    world.bash("mkdir copy && cp -r .neu config.json t.sh copy/").succeeded();
    let refused = world.neu("-C copy cancel 1").exited(2);
    insta::assert_snapshot!(world.tidy(&refused.stderr), @r"
    error: launch 1 here is a copy: its jobs and processes are those of `[WORLD]/project/.neu/launches/1`
    hint: act on it in `[WORLD]/project`, or start its runs anew here with `neu -C copy rerun 1`
    ");
    for verb in ["resume", "wait", "logs -f"] {
        assert_eq!(world.neu(&format!("-C copy {verb} 1")).exited(2).stderr, refused.stderr, "{verb}");
    }
    let status = world.neu("-C copy status 1").succeeded();
    insta::assert_snapshot!(world.table(&status.stdout), @r"
    launch 1 t on local/cpu: 3 unknown
    bash t.sh

    RUN  REPEAT  STATE  DURATION  NODE  EXIT
    1.0  0  unknown  [SECONDS]  [HOST]
    1.1  1  unknown
    1.2  2  unknown

    1.0 unknown: it was running when last heard of; this is a copy of `[WORLD]/project/.neu/launches/1`, where it may go on

    1.1-2 unknown: this is a copy of `[WORLD]/project/.neu/launches/1`, where it may go on
    ");
    // While the original cannot be looked at, here for a link to itself, it may be the copy that is looked at.
    world.bash("mv .neu aside && ln -s .neu .neu").succeeded();
    world.neu("-C copy cancel 1").exited(2);
    world.neu("-C copy rm --yes 1").exited(2);
    world.bash("rm .neu && mv aside .neu").succeeded();
    world.file("go", "");
    running.wait().succeeded();
    assert_eq!(world.states("1"), ["succeeded", "succeeded", "succeeded"]);
    world.neu("-C copy rm --yes 1").succeeded();
    world.neu("show 1.0").succeeded();
}

#[test]
fn a_copy_of_a_project_can_do_the_same_anew() {
    let world = local_world();
    world.file("t.sh", "echo $1 >>ran; until [[ $1 = done || -e go ]]; do sleep 0.01; done");
    world.neurun("local cpu t.sh done").succeeded();
    let mut running = world.tool(Tool::Neurun, ["local", "cpu", "t.sh", "held"]).spawn();
    wait_until("it has begun", || {
        fs::read_to_string(world.path("ran")).is_ok_and(|ran| ran.contains("held"))
    });
    world.bash("mkdir copy && cp -r .neu config.json t.sh copy/ && touch copy/go").succeeded();
    // What was done is done in the copy, too; what goes on there is not.
    let command = |word: &str| {
        let line = ["--skip-done", "local", "cpu", "t.sh", word];
        world.tool(Tool::Neurun, line).within(world.path("copy")).run().succeeded().stderr
    };
    assert!(command("done").starts_with("0 new, 1 done, 0 running\n"));
    assert!(command("held").starts_with("1 new, 0 done, 0 running\n"));
    world.neu("-C copy rerun 2").succeeded();
    assert_eq!(fs::read_to_string(world.path("copy/ran")).unwrap(), "held\nheld\n");
    // What is over needs no word of the original.
    world.bash("rm copy/go").succeeded();
    let later = ["--detach", "local", "cpu", "t.sh", "later"];
    world.tool(Tool::Neurun, later).within(world.path("copy")).run().succeeded();
    world.neu("-C copy wait --timeout=1 1 5").exited(124);
    world.file("copy/go", "");
    world.neu("-C copy wait 1 5").succeeded();
    assert_eq!(fs::read_to_string(world.path("ran")).unwrap(), "done\nheld\n");
    world.file("go", "");
    running.wait().succeeded();
}
