//! `neu status`, `neu logs`, `neu wait`: what they show of launches, and what they say of ids that are none.

use crate::kit::{Tool, World, wait_until};
use crate::local_world;

/// A launch of four runs, one of which failed.
fn world() -> World {
    let world = local_world();
    world.file("params.json", r#"{"lr": [0.10, 1e-4], "name": ["a b", "c"]}"#);
    world.file("t.sh", "echo log of $NEU_RUN; [[ $NEU_RUN != 2 ]] || exit 3");
    world.neusweep("neurun local cpu t.sh --steps=1").exited(1);
    world
}

#[test]
fn the_list_and_the_table() {
    let world = world();
    insta::assert_snapshot!(world.table(&world.neu("status").succeeded().stdout), @r"
    LAUNCH  NAME  ON  RUNS  STATES  CREATED
    1  t  local/cpu  4  3 succeeded, 1 failed  [TIME]
    ");
    insta::assert_snapshot!(world.table(&world.neu("status 1").succeeded().stdout), @"
    launch 1 t on local/cpu: 3 succeeded, 1 failed
    bash t.sh --steps=1

    RUN  NAME  lr  name  STATE  DURATION  NODE  EXIT
    1.0  lr0.10-name-a_b  0.10  a b  succeeded  [SECONDS]  [HOST]  0
    1.1  lr0.10-name-c  0.10  c  succeeded  [SECONDS]  [HOST]  0
    1.2  lr1e-4-name-a_b  1e-4  a b  failed  [SECONDS]  [HOST]  3
    1.3  lr1e-4-name-c  1e-4  c  succeeded  [SECONDS]  [HOST]  0

    1.2 failed: exit code 3
    | log of 2
    ");
    insta::assert_snapshot!(world.table(&world.neu("status 1.1-2").succeeded().stdout), @"
    launch 1 t on local/cpu: 3 succeeded, 1 failed
    bash t.sh --steps=1

    RUN  NAME  lr  name  STATE  DURATION  NODE  EXIT
    1.1  lr0.10-name-c  0.10  c  succeeded  [SECONDS]  [HOST]  0
    1.2  lr1e-4-name-a_b  1e-4  a b  failed  [SECONDS]  [HOST]  3

    1.2 failed: exit code 3
    | log of 2
    ");
}

#[test]
fn the_shapes_of_json_are_pinned() {
    let world = world();
    insta::assert_snapshot!(world.tidy(&world.neu("status --json").succeeded().stdout), @r#"
    {
      "schema": 1,
      "launches": [
        {
          "id": 1,
          "name": "t",
          "support": "local",
          "device": "cpu",
          "created": "[TIME]",
          "host": "[HOST]",
          "folder": "[WORLD]/project",
          "command": [
            "bash",
            "t.sh",
            "--steps=1"
          ],
          "parameters": [
            "lr",
            "name"
          ],
          "repeats": 1,
          "runs": 4,
          "states": {
            "failed": 1,
            "succeeded": 3
          },
          "jobs": [],
          "submission": "whole",
          "unreadable": 0,
          "answered": null,
          "git": null,
          "path": "[WORLD]/project/.neu/launches/1"
        }
      ]
    }
    "#);
    insta::assert_snapshot!(world.tidy(&world.neu("status 1.2 --json").succeeded().stdout), @r#"
    {
      "schema": 1,
      "launch": {
        "id": 1,
        "name": "t",
        "support": "local",
        "device": "cpu",
        "created": "[TIME]",
        "host": "[HOST]",
        "folder": "[WORLD]/project",
        "command": [
          "bash",
          "t.sh",
          "--steps=1"
        ],
        "parameters": [
          "lr",
          "name"
        ],
        "repeats": 1,
        "runs": 4,
        "states": {
          "failed": 1,
          "succeeded": 3
        },
        "jobs": [],
        "submission": "whole",
        "unreadable": 0,
        "answered": null,
        "git": null,
        "path": "[WORLD]/project/.neu/launches/1"
      },
      "runs": [
        {
          "id": "1.2",
          "run": 2,
          "repeat": 0,
          "name": "lr1e-4-name-a_b",
          "state": "failed",
          "cause": "exit code 3",
          "class": "program",
          "last_lines": [
            "log of 2"
          ],
          "scheduler": null,
          "pending": null,
          "params": {"lr":1e-4,"name":"a b"},
          "labels": {},
          "argv": [
            "bash",
            "t.sh",
            "--steps=1",
            "--lr=1e-4",
            "--name=a b"
          ],
          "exit_code": 3,
          "signal": null,
          "cpu_seconds": [USED],
          "peak_memory": [USED],
          "attempt": 1,
          "node": "[HOST]",
          "job": null,
          "started": "[TIME]",
          "ended": "[TIME]",
          "log": "[WORLD]/project/.neu/launches/1/logs/2.1.out"
        }
      ]
    }
    "#);
    insta::assert_snapshot!(world.tidy(&world.neu("logs 1.2-3 --json").succeeded().stdout), @r#"
    {
      "logs": [
        {
          "id": "1.2",
          "log": "[WORLD]/project/.neu/launches/1/logs/2.1.out"
        },
        {
          "id": "1.3",
          "log": "[WORLD]/project/.neu/launches/1/logs/3.1.out"
        }
      ],
      "schema": 1
    }
    "#);
    insta::assert_snapshot!(world.tidy(&world.neu("wait 1 --json").exited(1).stdout), @r#"
    {
      "schema": 1,
      "launches": [
        {
          "id": 1,
          "name": "t",
          "support": "local",
          "device": "cpu",
          "created": "[TIME]",
          "host": "[HOST]",
          "folder": "[WORLD]/project",
          "command": [
            "bash",
            "t.sh",
            "--steps=1"
          ],
          "parameters": [
            "lr",
            "name"
          ],
          "repeats": 1,
          "runs": 4,
          "states": {
            "failed": 1,
            "succeeded": 3
          },
          "jobs": [],
          "submission": "whole",
          "unreadable": 0,
          "answered": null,
          "git": null,
          "path": "[WORLD]/project/.neu/launches/1"
        }
      ],
      "timed_out": false,
      "not_over": []
    }
    "#);
}

#[test]
fn parameters_keep_the_text_of_the_file_in_json() {
    let world = world();
    let printed = world.neu("status 1 --json").succeeded().stdout;
    assert!(printed.contains("\"lr\":0.10") || printed.contains("\"lr\": 0.10"), "{printed}");
    assert!(printed.contains("1e-4"), "{printed}");
}

#[test]
fn times_are_rfc_3339() {
    let world = world();
    let status = world.status("1.0");
    for value in [&status["launch"]["created"], &status["runs"][0]["started"], &status["runs"][0]["ended"]] {
        value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    }
}

#[test]
fn every_way_to_write_ids() {
    let world = world();
    let shown = |ids: &str| -> Vec<String> {
        let status = world.neu(&format!("status {ids} --json")).succeeded().json();
        status["runs"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(shown("1"), ["1.0", "1.1", "1.2", "1.3"]);
    assert_eq!(shown("1.2"), ["1.2"]);
    assert_eq!(shown("1.1-3"), ["1.1", "1.2", "1.3"]);
    assert_eq!(shown("1.3 1.1"), ["1.1", "1.3"]);
    assert_eq!(shown("1.3 1"), ["1.0", "1.1", "1.2", "1.3"]);
    assert_eq!(shown("1.2-2"), ["1.2"]);
}

#[test]
fn ids_that_are_none_are_explained() {
    let world = world();
    let mut told = String::new();
    for id in [
        "7",
        "0",
        "1.4",
        "1.2-9",
        "1.3-1",
        "x",
        "1.",
        ".1",
        "1.x",
        "-1",
        "1.2.3",
        "slurm:4711_3",
        "slurm:4711",
        "slurm:x",
        "99999999999999999999",
        "1.99999999999999999999",
        "''",
    ] {
        let id = if id == "''" { "" } else { id };
        let outcome = world.tool(Tool::Neu, ["status", "--", id]).run();
        told.push_str(&format!(
            "$ neu status {id}\n{}{}exit {}\n\n",
            outcome.stdout, outcome.stderr, outcome.code
        ));
    }
    insta::assert_snapshot!(world.tidy(&told), @"
    $ neu status 7
    error: there is no launch 7 in `[WORLD]/project/.neu`
    hint: `neu status` lists the launches of this folder
    exit 2

    $ neu status 0
    error: there is no launch 0 in `[WORLD]/project/.neu`
    hint: `neu status` lists the launches of this folder
    exit 2

    $ neu status 1.4
    error: launch 1 has runs 0 to 3, not 4
    exit 2

    $ neu status 1.2-9
    error: launch 1 has runs 0 to 3, not 9
    exit 2

    $ neu status 1.3-1
    error: invalid value '1.3-1' for '[ID]...': `1.3-1` begins after its end; write `1.1-3`

    For more information, try '--help'.
    exit 2

    $ neu status x
    error: invalid value 'x' for '[ID]...': `x` is not an id; write a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`

    For more information, try '--help'.
    exit 2

    $ neu status 1.
    error: invalid value '1.' for '[ID]...': `1.` is not an id; write a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`

    For more information, try '--help'.
    exit 2

    $ neu status .1
    error: invalid value '.1' for '[ID]...': `.1` is not an id; write a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`

    For more information, try '--help'.
    exit 2

    $ neu status 1.x
    error: invalid value '1.x' for '[ID]...': `1.x` is not an id; write a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`

    For more information, try '--help'.
    exit 2

    $ neu status -1
    error: invalid value '-1' for '[ID]...': `-1` is not an id; write a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`

    For more information, try '--help'.
    exit 2

    $ neu status 1.2.3
    error: invalid value '1.2.3' for '[ID]...': `1.2.3` is not an id; write a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`

    For more information, try '--help'.
    exit 2

    $ neu status slurm:4711_3
    error: no launch of this folder has the Slurm job 4711_3
    exit 2

    $ neu status slurm:4711
    error: no launch of this folder has the Slurm job 4711
    exit 2

    $ neu status slurm:x
    error: invalid value 'slurm:x' for '[ID]...': `slurm:x` is not an id; write a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`

    For more information, try '--help'.
    exit 2

    $ neu status 99999999999999999999
    error: invalid value '99999999999999999999' for '[ID]...': `99999999999999999999` is not an id; write a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`

    For more information, try '--help'.
    exit 2

    $ neu status 1.99999999999999999999
    error: invalid value '1.99999999999999999999' for '[ID]...': `1.99999999999999999999` is not an id; write a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`

    For more information, try '--help'.
    exit 2

    $ neu status 
    error: invalid value '' for '[ID]...': `` is not an id; write a launch `12`, a run `12.3`, runs `12.3-7`, or a Slurm job `slurm:4711_3`

    For more information, try '--help'.
    exit 2
    ");
}

#[test]
fn logs_of_one_run_are_the_bytes_and_of_several_have_headings() {
    let world = world();
    assert_eq!(world.neu("logs 1.3").succeeded().stdout, "log of 3\n");
    insta::assert_snapshot!(world.neu("logs 1").succeeded().stdout, @"
    ==> 1.0 lr0.10-name-a_b <==
    log of 0

    ==> 1.1 lr0.10-name-c <==
    log of 1

    ==> 1.2 lr1e-4-name-a_b <==
    log of 2

    ==> 1.3 lr1e-4-name-c <==
    log of 3
    ");
    insta::assert_snapshot!(world.neu("logs 1.0 1.3").succeeded().stdout, @"
    ==> 1.0 lr0.10-name-a_b <==
    log of 0

    ==> 1.3 lr1e-4-name-c <==
    log of 3
    ");
}

#[test]
fn logs_are_followed_until_the_run_is_over() {
    let world = local_world();
    world.file("t.sh", "echo first; while ! [[ -e go ]]; do sleep 0.01; done; echo last");
    let mut running = world.tool(Tool::Neurun, ["-q", "local", "cpu", "t.sh"]).spawn();
    wait_until("the run has begun", || world.neu("logs 1.0").stdout == "first\n");
    assert_eq!(world.states("1"), ["running"]);
    let mut following = world.tool(Tool::Neu, ["logs", "-f", "1.0"]).spawn();
    let mut waiting = world.tool(Tool::Neu, ["wait", "1"]).spawn();
    assert!(!following.is_over() && !waiting.is_over());
    world.file("go", "");
    assert_eq!(following.wait().succeeded().stdout, "first\nlast\n");
    insta::assert_snapshot!(world.tidy(waiting.wait().succeeded().stderr.lines().last().unwrap()), @r"launch 1: 1 of 1 runs succeeded");
    running.wait().succeeded();
}

#[test]
fn runs_that_have_not_begun_are_waiting_and_their_logs_say_so() {
    let world = local_world();
    world.file("t.sh", "echo first; while ! [[ -e go ]]; do sleep 0.01; done");
    let mut running = world.tool(Tool::Neurun, ["-q", "--runs=3", "local", "cpu", "t.sh"]).spawn();
    wait_until("the run has begun", || world.neu("logs 1.0").stdout == "first\n");
    assert_eq!(world.states("1"), ["running", "waiting", "waiting"]);
    let outcome = world.neu("logs 1.1").succeeded();
    assert_eq!(outcome.stdout, "");
    insta::assert_snapshot!(outcome.stderr, @r"1.1 has printed nothing yet; it is waiting");
    insta::assert_snapshot!(world.table(&world.neu("status 1").succeeded().stdout), @r"
    launch 1 t on local/cpu: 2 waiting, 1 running
    bash t.sh

    RUN  REPEAT  STATE  DURATION  NODE  EXIT
    1.0  0  running  [SECONDS]  [HOST]
    1.1  1  waiting
    1.2  2  waiting
    ");
    world.file("go", "");
    running.wait().succeeded();
}

#[test]
fn wait_tells_by_its_code_and_of_picked_runs_only() {
    let world = world();
    insta::assert_snapshot!(world.neu("wait 1").exited(1).stderr, @r"launch 1: 3 of 4 runs succeeded");
    world.neu("wait 1.0-1").succeeded();
    world.neu("wait 1.2").exited(1);
    assert_eq!(world.neu("wait -q 1.0").succeeded().stderr, "");
}

#[test]
fn a_half_made_launch_is_a_hole_and_no_error_of_the_list() {
    let world = world();
    std::fs::create_dir(world.store().join("launches/2")).unwrap();
    world.neurun("local cpu argv.py").succeeded();
    assert_eq!(world.states("3"), ["succeeded"]);
    let list = world.neu("status").succeeded();
    assert_eq!((list.stdout.lines().count(), list.stderr.as_str()), (3, ""), "{}", list.stdout);
    let outcome = world.neu("status 2");
    assert_eq!(outcome.code, 4, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("never completed"), "{}", outcome.stderr);
}

#[test]
fn a_damaged_store_is_told_of_and_the_rest_is_shown() {
    let world = world();
    world.neurun("local cpu argv.py").succeeded();
    let events =
        std::fs::read_dir(world.store().join("launches/1/events")).unwrap().next().unwrap().unwrap().path();
    let mut text = std::fs::read(&events).unwrap();
    text.extend_from_slice(b"\n{\"torn\": \n");
    std::fs::write(&events, text).unwrap();
    let outcome = world.neu("status 1").succeeded();
    assert!(outcome.stderr.contains("warning"), "{}", outcome.stderr);
    assert_eq!(world.states("1"), ["succeeded", "succeeded", "failed", "succeeded"]);
    std::fs::write(world.store().join("launches/2/launch.json"), "{\"format\": 99, \"new\": true}").unwrap();
    let outcome = world.neu("status 2").exited(4);
    assert!(outcome.stderr.contains("update neuromanager"), "{}", outcome.stderr);
    let list = world.neu("status").succeeded();
    assert!(
        list.stdout.contains("3 succeeded") && list.stderr.contains("launch 2"),
        "{}{}",
        list.stdout,
        list.stderr
    );
}
