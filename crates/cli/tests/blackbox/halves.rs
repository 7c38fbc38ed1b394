//! `neu cancel` of a launch that is half submitted, at each point where its client can be: nothing of it is submitted
//! afterwards, but what is retried by name.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::kit::{Background, Tool, World, wait_until};
use crate::resuming::{SHOW, cluster, killed_once, queue, sbatch, started};

/// A cluster as in [`crate::resuming`], whose scancel takes jobs out of the queue.
fn cancelling_cluster() -> World {
    let world = cluster();
    world.fake(
        "scancel",
        r#"touch ../queue; for word; do case $word in [0-9]*) sed -i "s/^${word%%_*} [^ ]* /${word%%_*} gone /" ../queue ;; esac; done"#,
    );
    world
}

/// Lets a client die, with its sbatch, once `script` has written `waiting`; later sbatches work.
fn client_died(world: &World, script: &str) {
    sbatch(world, script);
    let waiting = world.root().join("waiting");
    killed_once(world, "sbatch waits", || fs::read_to_string(&waiting).is_ok_and(|pid| pid.ends_with('\n')));
    let pid = fs::read_to_string(&waiting).unwrap().trim().parse().unwrap();
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    sbatch(world, "take; echo $id");
}

/// The attempts that sbatch was called for.
fn attempts(world: &World) -> Vec<String> {
    let calls = world.calls();
    let calls = calls.lines().filter(|call| call.starts_with("sbatch"));
    calls.map(|call| call.split("--attempt ").nth(1).unwrap()[..1].to_owned()).collect()
}

fn live(world: &World) -> Vec<String> {
    queue(world).into_iter().filter(|line| !line.contains(" gone ")).collect()
}

/// No command submits anything, until the runs are tried again.
fn stays_cancelled(world: &World) {
    let before = attempts(world);
    assert!(live(world).is_empty(), "{:?}", queue(world));
    assert!(world.states("1").iter().all(|state| state == "cancelled"), "{:?}", world.states("1"));
    world.neu("resume").succeeded();
    world.neu("resume 1").succeeded();
    world.neu("wait 1 --timeout 20s").exited(1);
    world.neu("cancel 1").succeeded();
    assert_eq!(attempts(world), before);
    world.neu("retry 1 -y").succeeded();
    let retried = attempts(world).split_off(before.len());
    assert_eq!(retried, ["2", "2", "2"], "runs that were cancelled are tried again, and nothing else");
}

#[test]
fn an_intent_without_an_answer_and_without_a_job() {
    let world = cancelling_cluster();
    client_died(&world, "echo $$ >../waiting; exec sleep 100");
    world.neu("cancel 1").succeeded();
    stays_cancelled(&world);
}

#[test]
fn an_intent_without_an_answer_whose_job_is_in_the_queue() {
    let world = cancelling_cluster();
    client_died(&world, "take; echo $$ >../waiting; exec sleep 100");
    world.neu("cancel 1").succeeded();
    stays_cancelled(&world);
}

#[test]
fn a_client_that_died_between_two_arrays() {
    let world = cancelling_cluster();
    client_died(&world, "[ $id = 101 ] && { echo $$ >../waiting; exec sleep 100; }; take; echo $id");
    // It died before it wrote the second intent.
    let path = world.store().join("launches/1/submissions.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let second = text.lines().position(|line| line.contains("\"submission\":1,")).unwrap();
    fs::write(&path, text.lines().take(second).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    world.neu("cancel 1").succeeded();
    stays_cancelled(&world);
}

#[test]
fn a_client_that_died_in_its_second_array() {
    let world = cancelling_cluster();
    client_died(&world, "[ $id = 101 ] && { echo $$ >../waiting; exec sleep 100; }; take; echo $id");
    world.neu("cancel 1").succeeded();
    stays_cancelled(&world);
}

#[test]
fn a_client_that_lives_stops_before_its_next_sbatch() {
    let world = cancelling_cluster();
    sbatch(&world, "take; touch ../taken; until [ -e ../go ]; do sleep 0.05; done; echo $id");
    let mut client = started(&world);
    wait_until("the first array is taken", || world.root().join("taken").exists());
    let mut cancel = world.tool(Tool::Neu, ["cancel", "1"]).spawn();
    let events = world.store().join("launches/1/events");
    let is_told = |entry: fs::DirEntry| fs::read_to_string(entry.path()).unwrap().contains("neu cancel");
    wait_until("the client is told", || fs::read_dir(&events).unwrap().flatten().any(is_told));
    fs::write(world.root().join("go"), "").unwrap();
    cancel.wait().succeeded();
    client.wait();
    assert_eq!(attempts(&world), ["1"]);
    stays_cancelled(&world);
}

/// The client is in the sbatch of its second array, which has taken its job and waits for `go`.
fn client_in_its_second_array(world: &World) -> Background {
    sbatch(
        world,
        "take; [ $id = 100 ] || { touch ../taken; until [ -e ../go ]; do sleep 0.05; done; }; echo $id",
    );
    let client = started(world);
    wait_until("the second array is taken", || world.root().join("taken").exists());
    client
}

#[test]
fn a_job_that_is_known_only_when_the_first_one_is_gone_is_cancelled_by_the_same_command() {
    let world = cancelling_cluster();
    let mut client = client_in_its_second_array(&world);
    let mut cancel = world.tool(Tool::Neu, ["cancel", "1"]).spawn();
    wait_until("the first job is gone", || world.calls().contains("scancel 100"));
    fs::write(world.root().join("go"), "").unwrap();
    cancel.wait().succeeded();
    client.wait();
    assert_eq!(attempts(&world), ["1", "1"]);
    stays_cancelled(&world);
}

#[test]
fn a_client_that_lets_go_while_it_is_looked_at_first_leaves_nothing_alive() {
    let world = cancelling_cluster();
    let mut client = client_in_its_second_array(&world);
    // The first question for the jobs that are known is answered only when the client has handed over the rest.
    let released = "until ls .neu/launches/1/owner.1.released 2>/dev/null; do sleep 0.01; done >/dev/null";
    world.fake("squeue", &format!("case \"$*\" in *--jobs=*|*-j*) touch ../go; {released} ;; esac\n{SHOW}"));
    world.neu("cancel 1").succeeded();
    client.wait();
    assert_eq!(attempts(&world), ["1", "1", "1"], "it was never told");
    stays_cancelled(&world);
}

#[test]
fn what_stood_in_a_damaged_record_is_found_and_cancelled_with_the_rest() {
    let world = cancelling_cluster();
    started(&world).wait().succeeded();
    let path = world.store().join("launches/1/submissions.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let damaged = text.lines().map(|line| match line.contains("\"submission\":1,\"event\":{\"intent\"") {
        true => "garbage\n".to_owned(),
        false => format!("{line}\n"),
    });
    fs::write(&path, damaged.collect::<String>()).unwrap();
    let outcome = world.neu("cancel 1").succeeded();
    insta::assert_snapshot!(outcome.stderr, @"
    launch 1: in its submissions.jsonl line 6 is damaged: looking for its jobs in Slurm and in its journal; Ctrl-C is safe: `neu resume 1` goes on
    launch 1: Slurm has runs 5-9 as job 101, which is written down again
    launch 1: its submissions.jsonl tells of all its jobs again
    launch 1: 12 runs stopped (0-11)
    ");
    assert_eq!(live(&world).len(), 0, "{:?}", queue(&world));
    assert!(world.states("1").iter().all(|state| state == "cancelled"), "{:?}", world.states("1"));
}

#[test]
fn views_of_a_launch_whose_client_was_killed_say_what_completes_it_and_submit_nothing() {
    let world = cancelling_cluster();
    client_died(&world, "[ $id = 101 ] && { echo $$ >../waiting; exec sleep 100; }; take; echo $id");
    let before = attempts(&world);
    for view in ["status", "status 1", "show 1.7"] {
        let shown = world.neu(view).succeeded();
        assert!(shown.stderr.contains("neu resume 1"), "{view}: {shown:?}");
    }
    let listed = world.neu("ls").succeeded();
    assert!(listed.stdout.contains("train"), "{listed:?}");
    let logs = world.neu("logs 1.0").succeeded();
    assert_eq!(logs.stdout, "", "{logs:?}");
    let states = world.states("1");
    assert_eq!(
        (states[0].as_str(), states[7].as_str(), states[11].as_str()),
        ("pending", "unknown", "unknown")
    );
    assert_eq!(attempts(&world), before);
    assert_eq!(live(&world).len(), 1);
}

#[test]
fn the_json_of_a_completed_launch_is_pinned() {
    let world = cancelling_cluster();
    client_died(&world, "[ $id = 101 ] && { echo $$ >../waiting; exec sleep 100; }; take; echo $id");
    let resumed = world.neu("resume 1 --json").succeeded();
    insta::assert_snapshot!(world.tidy(&resumed.stdout), @r#"
    {
      "schema": 1,
      "launches": [
        {
          "id": 1,
          "name": "train",
          "support": "slurm",
          "device": "cpu",
          "created": "[TIME]",
          "host": "[HOST]",
          "folder": "[WORLD]/project",
          "command": [
            "python",
            "train.py"
          ],
          "parameters": [],
          "repeats": 12,
          "runs": 12,
          "states": {
            "pending": 12
          },
          "jobs": [
            100,
            101,
            102
          ],
          "submission": "whole",
          "unreadable": 0,
          "answered": null,
          "git": null,
          "path": "[WORLD]/project/.neu/launches/1"
        }
      ],
      "resumed": [
        "1.5",
        "1.6",
        "1.7",
        "1.8",
        "1.9",
        "1.10",
        "1.11"
      ]
    }
    "#);
}
