//! Several runs at once on this machine: `--jobs`, and what failures mean for the others.

use std::fs;

use nix::sys::signal::Signal;

use crate::kit::{Background, Tool, World, wait_until};
use crate::local_world;

/// Waits for `go`, and says that it began and that it ended.
const PATIENT: &str = "touch begun.$NEU_RUN; while ! [[ -e go ]]; do sleep 0.01; done; touch done.$NEU_RUN";

fn started(script: &str, line: &str) -> (World, Background) {
    let world = local_world();
    world.file("t.sh", script);
    let running = world.tool(Tool::Neurun, line.split_whitespace()).spawn();
    (world, running)
}

fn wait_for(world: &World, name: &str) {
    wait_until(name, || world.path(name).exists());
}

#[test]
fn as_many_run_at_once_as_was_said_and_no_more() {
    let (world, mut running) = started(PATIENT, "-j2 --runs=3 local cpu t.sh");
    wait_for(&world, "begun.0");
    wait_for(&world, "begun.1");
    assert_eq!(world.states("1"), ["running", "running", "waiting"]);
    world.file("go", "");
    running.wait().succeeded();
    assert_eq!(world.states("1"), ["succeeded"; 3]);
    assert!(world.path("done.2").exists());
}

#[test]
fn a_device_says_how_many_and_a_typed_number_wins() {
    let world = World::new();
    world.file("config.json", r#"{"local": {"cpu": {"env": "", "resources": {"jobs": 3}}}}"#);
    world.file(
        "t.sh",
        "while (( $(ls begun.* 2>/dev/null | wc -l) < 3 )); do touch begun.$NEU_RUN; sleep 0.01; done",
    );
    let outcome = world.neurun("--runs=3 local cpu t.sh").succeeded();
    assert!(!outcome.stderr.contains("warning"), "{}", outcome.stderr);
    world.file("t.sh", "mkdir alone && sleep 0.05 && mv alone gone.$NEU_RUN");
    world.neurun("-j1 --runs=3 local cpu t.sh").succeeded();
    world.neurun("--runs=2 local cpu --jobs=1 t.sh").succeeded();
}

#[test]
fn a_number_that_is_none_is_an_error_before_anything_is_written() {
    let world = World::new();
    world.file("config.json", r#"{"local": {"cpu": {"env": "", "resources": {"jobs": "many"}}}}"#);
    world.file("t.sh", "");
    let outcome = world.neurun("local cpu t.sh").exited(2);
    insta::assert_snapshot!(outcome.stderr, @r#"
    error: `many` is not a count; a whole number from 1 is
     --> config.json:1:53
      |
    1 | {"local": {"cpu": {"env": "", "resources": {"jobs": "many"}}}}
      |                                                     ^^^^^^
    "#);
    world.neurun("-j0 local cpu t.sh").exited(2);
    world.neurun("--fail-fast --keep-going local cpu t.sh").exited(2);
    world.neurun("--fail-fast --max-failures=2 local cpu t.sh").exited(2);
    assert!(!world.path(".neu/launches").exists());
}

#[test]
fn each_is_printed_whole_when_it_has_ended() {
    let world = local_world();
    world.file("t.sh", "echo $NEU_RUN one; sleep 0.0$NEU_RUN; echo $NEU_RUN two");
    let outcome = world.neurun("-j4 --runs=6 local cpu t.sh").succeeded();
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), 12);
    for pair in lines.chunks(2) {
        let run = pair[0].strip_suffix(" one").unwrap();
        assert_eq!(pair[1], format!("{run} two"));
    }
    for run in 0..6 {
        assert!(outcome.stderr.contains(&format!("==> 1.{run}")), "{}", outcome.stderr);
    }
}

#[test]
fn the_first_failure_stops_all_others() {
    let script = "if (( NEU_RUN == 1 )); then touch begun.1; while ! [[ -e fail ]]; do sleep 0.01; done; exit 3; fi\n\
                  touch begun.$NEU_RUN; while :; do sleep 0.01; done";
    let (world, mut running) = started(script, "-j2 --fail-fast --runs=4 local cpu t.sh");
    wait_for(&world, "begun.0");
    wait_for(&world, "begun.1");
    world.file("fail", "");
    running.wait().exited(1);
    assert_eq!(world.states("1"), ["cancelled", "failed", "cancelled", "cancelled"]);
    let runs = world.status("1")["runs"].clone();
    assert_eq!(runs[0]["cause"], "stopped by SIGTERM, --fail-fast: run 1 failed");
    assert_eq!(runs[2]["cause"], "not started: --fail-fast: run 1 failed");
    assert_eq!(world.survivors(), Vec::<String>::new());
}

#[test]
fn after_so_many_failures_no_more_are_started_and_those_that_run_go_on() {
    let script = "if (( NEU_RUN == 0 )); then while ! [[ -e go ]]; do sleep 0.01; done; exit 0; fi; exit 1";
    let (world, mut running) = started(script, "-j2 --max-failures=2 --runs=6 local cpu t.sh");
    wait_until("two have failed", || {
        world.path(".neu/launches/1/launch.json").exists()
            && world.states("1").iter().filter(|state| *state == "failed").count() == 2
    });
    wait_until("the others are told", || world.states("1")[5] == "cancelled");
    world.file("go", "");
    running.wait().exited(1);
    assert_eq!(world.states("1"), ["succeeded", "failed", "failed", "cancelled", "cancelled", "cancelled"]);
}

#[test]
fn one_of_several_is_cancelled_and_the_others_go_on() {
    let (world, mut running) = started(PATIENT, "-j3 --runs=4 local cpu t.sh");
    for run in 0..3 {
        wait_for(&world, &format!("begun.{run}"));
    }
    world.neu("cancel 1.1").succeeded();
    wait_for(&world, "begun.3");
    world.file("go", "");
    running.wait().exited(1);
    assert_eq!(world.states("1"), ["succeeded", "cancelled", "succeeded", "succeeded"]);
    assert!(!world.path("done.1").exists());
}

#[test]
fn ctrl_c_and_a_cancellation_reach_all_that_run() {
    for how in ["ctrl-c", "cancel"] {
        let (world, mut running) = started(PATIENT, "-j2 --runs=3 local cpu t.sh");
        wait_for(&world, "begun.0");
        wait_for(&world, "begun.1");
        match how {
            "ctrl-c" => running.signal(Signal::SIGINT),
            _ => drop(world.neu("cancel 1").succeeded()),
        }
        assert_ne!(running.wait().code, 0);
        assert_eq!(world.states("1"), ["cancelled"; 3], "{how}");
        wait_until("nothing lives on", || world.survivors().is_empty());
    }
}

#[test]
fn what_one_leaves_behind_is_ended_with_it_and_what_others_have_is_not() {
    let world = local_world();
    // Each has a child that has left its group and session, and lost its parent; run 0 ends first.
    world.file(
        "t.sh",
        "(setsid bash -c 'echo $$ > new.$NEU_RUN; mv new.$NEU_RUN left.$NEU_RUN; while :; do sleep 0.02; done' &) >/dev/null 2>&1\n\
         while ! [[ -e left.$NEU_RUN ]]; do sleep 0.01; done\n\
         if (( NEU_RUN == 0 )); then while ! [[ -e left.1 ]]; do sleep 0.01; done; exit 0; fi\n\
         while ! [[ -e go ]]; do sleep 0.01; done; kill -0 $(cat left.1) && touch kept",
    );
    let mut running = world.tool(Tool::Neurun, ["-j2", "--runs=2", "local", "cpu", "t.sh"]).spawn();
    wait_until("the first is over", || {
        world.path(".neu/launches/1/launch.json").exists() && world.states("1")[0] == "succeeded"
    });
    let lives = |run: u32| {
        let pid = fs::read_to_string(world.path(format!("left.{run}"))).unwrap();
        fs::read(format!("/proc/{}/cmdline", pid.trim())).is_ok_and(|line| !line.is_empty())
    };
    assert!(!lives(0) && lives(1));
    world.file("go", "");
    running.wait().succeeded();
    assert!(world.path("kept").exists());
    assert_eq!(world.survivors(), Vec::<String>::new());
}

#[test]
fn each_finds_its_parameters_in_its_file_while_others_run() {
    let world = local_world();
    world
        .file("params.json", r#"{"a": [1, 2, 3, 4], "b": ["x", "a long one, so that the next is shorter"]}"#);
    world.file(
        "t.sh",
        "sleep 0.02; [[ $(cat $NEU_PARAMS_FILE) == \"$NEU_PARAMS\" ]] && cat $NEU_PARAMS_FILE && echo",
    );
    let outcome = world.neusweep("-j3 neurun local cpu t.sh").succeeded();
    let mut lines: Vec<&str> = outcome.stdout.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 8);
    assert_eq!(fs::read_dir(world.path(".neu/launches/1/params")).unwrap().count(), 0);
}

#[test]
fn what_a_run_used_is_told() {
    let world = local_world();
    world.file(
        "t.sh",
        "a=$(head -c 30000000 /dev/zero | tr '\\0' x); for ((i = 0; i < 20000; i++)); do :; done",
    );
    world.neurun("local cpu t.sh").succeeded();
    let run = world.status("1")["runs"][0].clone();
    assert!(run["cpu_seconds"].as_f64().unwrap() > 0.005, "{run}");
    assert!(run["peak_memory"].as_u64().unwrap() > 30_000_000, "{run}");
    assert!(world.neu("show 1.0").succeeded().stdout.contains("used        processor time "));
}

#[test]
fn what_failures_mean_is_remembered_by_what_goes_on_with_a_launch() {
    let world = local_world();
    world.file("t.sh", "exit 1");
    world.neurun("--max-failures=1 --runs=3 local cpu t.sh").exited(1);
    assert_eq!(world.states("1"), ["failed", "cancelled", "cancelled"]);
    let named = world.neu("resume").succeeded();
    insta::assert_snapshot!(named.stderr, @r"
    warning: launch 1: 2 runs did not finish, and nothing executes them: neu resume 1
    no launch is half submitted
    ");
    world.neu("resume 1").exited(1);
    assert_eq!(world.states("1"), ["failed", "failed", "cancelled"]);
    world.neu("resume --keep-going 1").exited(1);
    assert_eq!(world.states("1"), ["failed", "failed", "failed"]);
    world.neu("retry 1").exited(1);
    assert_eq!(world.states("1"), ["failed", "cancelled", "cancelled"]);
    world.neu("rerun 1").exited(1);
    assert_eq!(world.states("2"), ["failed", "cancelled", "cancelled"]);
}
