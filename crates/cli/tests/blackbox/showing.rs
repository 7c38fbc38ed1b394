//! `neu show`: all that is known of a run or a launch.

use crate::kit::Tool;
use crate::local_world;

#[test]
fn a_run_and_a_launch_are_shown_whole_and_without_escapes() {
    let world = local_world();
    world.file("params.json", r#"{"lr": [0.10], "name": ["a b"]}"#);
    world.file("t.sh", "exit 3");
    let words = ["neurun", "local", "cpu", "t.sh", "x\u{1b}[31m\ny"];
    world.tool(Tool::Neusweep, words).run().exited(3);
    let run = world.neu("show 1.0").succeeded().stdout;
    assert!(!run.contains('\u{1b}'), "{run:?}");
    for said in [
        "run         1.0\n",
        "state       failed\n",
        "exit        code 3\n",
        "argv        bash t.sh $'x\\x1b[31m\\x0ay' '--lr=0.10' '--name=a b'\n",
        "parameter   lr = 0.10\n",
        "logs/0.1.out\n",
    ] {
        assert!(run.contains(said), "{said:?} in {run}");
    }
    let launch = world.neu("show 1").succeeded().stdout;
    assert!(
        launch.contains("runs        1: 1 failed\n") && launch.contains("submission  0: runs 0"),
        "{launch}"
    );
    let json = world.neu("show 1.0 --json").succeeded().json();
    assert_eq!(json["launches"][0]["runs"][0]["exit_code"], 3);
}

#[test]
fn the_shape_of_json_is_pinned() {
    let world = local_world();
    world.file("params.json", r#"{"lr": [0.10], "name": ["a b"]}"#);
    world.file("t.sh", "echo said; exit 3");
    world.neusweep("neurun local cpu t.sh").exited(3);
    let json = world.neu("show 1.0 --json").succeeded().stdout;
    let key = world.neu("show 1.0 --json").json()["launches"][0]["submissions"][0]["key"].clone();
    let tidy =
        world.tidy(&json.replace(Tool::Neusweep.path(), "neusweep")).replace(key.as_str().unwrap(), "[KEY]");
    insta::assert_snapshot!(tidy, @r#"
    {
      "schema": 1,
      "launches": [
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
              "t.sh"
            ],
            "parameters": [
              "lr",
              "name"
            ],
            "repeats": 1,
            "runs": 1,
            "states": {
              "failed": 1
            },
            "jobs": [],
            "submission": "whole",
            "unreadable": 0,
            "answered": null,
            "git": null,
            "path": "[WORLD]/project/.neu/launches/1"
          },
          "typed": [
            "neusweep",
            "neurun",
            "local",
            "cpu",
            "t.sh"
          ],
          "env": [],
          "submissions": [
            {
              "attempt": 1,
              "job": null,
              "key": "[KEY]",
              "number": 0,
              "refused": null,
              "runs": "0",
              "time": "[TIME]"
            }
          ],
          "runs": [
            {
              "id": "1.0",
              "run": 0,
              "repeat": 0,
              "name": "t",
              "state": "failed",
              "cause": "exit code 3",
              "class": "program",
              "last_lines": [
                "said"
              ],
              "scheduler": null,
              "pending": null,
              "params": {"lr":0.10,"name":"a b"},
              "labels": {},
              "argv": [
                "bash",
                "t.sh",
                "--lr=0.10",
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
              "log": "[WORLD]/project/.neu/launches/1/logs/0.1.out",
              "asked": [],
              "attempts": [
                {
                  "attempt": 1,
                  "ended": "[TIME]",
                  "gpus": [],
                  "happened": [
                    {
                      "time": "[TIME]",
                      "what": "ended",
                      "words": "exit code 3"
                    }
                  ],
                  "job": null,
                  "log": "[WORLD]/project/.neu/launches/1/logs/0.1.out",
                  "node": "[HOST]",
                  "started": "[TIME]"
                }
              ],
              "used": {
                "steps": [],
                "unknown": null
              }
            }
          ]
        }
      ]
    }
    "#);
    assert_eq!(world.neu("show -q 1").succeeded().stdout, "1.0\n");
}
