//! What programs leave behind is ended with them; what the env started is not.

use std::fs;

use nix::sys::signal::Signal;

use crate::kit::{Tool, wait_until};
use crate::{local_world, world_with_env};

#[test]
fn a_double_forked_child_that_ignores_term_does_not_survive_the_run() {
    let world = local_world();
    world.file(
        "t.sh",
        "(trap '' TERM INT HUP; setsid bash -c 'trap \"\" TERM; echo $$ > left; while :; do sleep 0.05; done' & ) >/dev/null 2>&1\n\
         while ! [[ -s left ]]; do sleep 0.01; done; echo done",
    );
    let outcome = world.neurun("local cpu t.sh").succeeded();
    assert_eq!(outcome.stdout, "done\n");
    assert!(fs::read_to_string(world.path("left")).is_ok_and(|pid| !pid.trim().is_empty()));
    assert_eq!(world.survivors(), Vec::<String>::new());
}

#[test]
fn a_leftover_does_not_keep_the_next_run_waiting_or_change_the_exit_code() {
    let world = local_world();
    world.file("t.sh", "sleep 600 & disown; nohup sleep 600 >/dev/null 2>&1 & echo run $NEU_RUN");
    let outcome = world.neurun("--runs=3 local cpu t.sh").succeeded();
    assert_eq!(outcome.stdout, "run 0\nrun 1\nrun 2\n");
    assert_eq!(world.survivors(), Vec::<String>::new());
    let runs = world.status("1")["runs"].clone();
    for run in runs.as_array().unwrap() {
        let time = |name: &str| run[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        assert!(time("ended").duration_since(time("started")).as_secs() < 2, "{run}");
    }
}

#[test]
fn what_the_env_runs_in_the_background_lives_as_long_as_the_launch() {
    let world = world_with_env(
        r#"["bash -c 'echo $$ > server; while :; do sleep 0.02; done' >/dev/null 2>&1 &", "while ! [[ -s server ]]; do sleep 0.01; done"]"#,
    );
    world.file("t.sh", "kill -0 $(cat server) && echo alive");
    let outcome = world.neurun("--runs=3 local cpu t.sh").succeeded();
    assert_eq!(outcome.stdout, "alive\nalive\nalive\n");
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn a_program_that_closes_its_output_and_goes_on_is_waited_for() {
    let world = local_world();
    world.file("t.sh", "echo out; exec >/dev/null 2>&1; sleep 0.2; touch late");
    world.neurun("local cpu t.sh").succeeded();
    assert!(world.path("late").exists());
}

#[test]
fn ctrl_c_while_a_leftover_is_ended_starts_no_more() {
    let world = local_world();
    world.file(
        "t.sh",
        "bash -c 'trap \"touch told\" TERM; touch left; while :; do sleep 0.02; done' >/dev/null 2>&1 &\n\
         while ! [[ -e left ]]; do sleep 0.01; done",
    );
    let mut running = world.tool(Tool::Neurun, ["--runs=3", "local", "cpu", "t.sh"]).spawn();
    wait_until("the leftover was told to end", || world.path("told").exists());
    running.signal(Signal::SIGINT);
    running.wait().exited(130);
    assert_eq!(world.states("1"), ["succeeded", "cancelled", "cancelled"]);
}
