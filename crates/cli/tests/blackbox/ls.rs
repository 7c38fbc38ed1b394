//! `neu ls` and `neu -C`: launches of this folder and of all others, without asking anybody.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::kit::{ARGV_PY, Outcome, Tool, World, wait_until};
use crate::{LOCAL, local_world};

/// A world with two projects, `one` and `two`, and a launch in each.
fn two_projects() -> World {
    let world = World::new();
    for project in ["one", "two"] {
        world.file(format!("{project}/config.json"), LOCAL);
        world.file(format!("{project}/argv.py"), ARGV_PY);
        within(&world, project, Tool::Neurun, "local cpu argv.py").succeeded();
    }
    world
}

fn within(world: &World, folder: &str, tool: Tool, line: &str) -> Outcome {
    world.tool(tool, line.split_whitespace()).within(folder).run()
}

fn entries(world: &World) -> Vec<PathBuf> {
    let folder = world.home().join(".local/state/neuromanager/stores");
    fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

fn launches(outcome: &Outcome) -> Vec<Value> {
    outcome.json()["launches"].as_array().unwrap().clone()
}

#[test]
fn launches_of_every_folder_are_found_from_any() {
    let world = two_projects();
    insta::assert_snapshot!(world.table(&world.neu("ls --all").succeeded().stdout), @r"
    LAUNCH  NAME  ON  RUNS  STATES  CREATED  FOLDER
    1  argv  local/cpu  1  1 succeeded  [TIME]  [WORLD]/project/one
    1  argv  local/cpu  1  1 succeeded  [TIME]  [WORLD]/project/two
    ");
    let here = within(&world, "two", Tool::Neu, "ls").succeeded();
    insta::assert_snapshot!(world.table(&here.stdout), @r"
    LAUNCH  NAME  ON  RUNS  STATES  CREATED
    1  argv  local/cpu  1  1 succeeded  [TIME]
    ");
    insta::assert_snapshot!(world.tidy(&world.neu("ls").succeeded().stderr), @"no launches in [WORLD]/project/.neu");
}

#[test]
fn the_shape_of_json_is_pinned() {
    let world = local_world();
    world.file("t.sh", "exit $NEU_RUN");
    world.neurun("--runs=2 local cpu t.sh a").exited(1);
    insta::assert_snapshot!(world.tidy(&world.neu("ls --json").succeeded().stdout), @r#"
    {
      "schema": 1,
      "launches": [
        {
          "answered": null,
          "command": [
            "bash",
            "t.sh",
            "a"
          ],
          "created": "[TIME]",
          "device": "cpu",
          "folder": "[WORLD]/project",
          "git": null,
          "host": "[HOST]",
          "id": 1,
          "jobs": [],
          "name": "t",
          "parameters": [],
          "path": "[WORLD]/project/.neu/launches/1",
          "repeats": 2,
          "runs": 2,
          "states": {
            "failed": 1,
            "succeeded": 1
          },
          "store": "[WORLD]/project/.neu",
          "submission": "whole",
          "support": "local",
          "unreadable": 0
        }
      ],
      "missing": []
    }
    "#);
}

#[test]
fn quiet_prints_what_to_type_next() {
    let world = two_projects();
    assert_eq!(within(&world, "one", Tool::Neu, "ls -q").succeeded().stdout, "1\n");
    let all = world.neu("ls --all -q").succeeded().stdout;
    insta::assert_snapshot!(world.tidy(&all), @r"
    -C [WORLD]/project/one/.neu 1
    -C [WORLD]/project/two/.neu 1
    ");
    for line in all.lines() {
        let outcome = world.bash(&format!("neu status --json {line}")).succeeded();
        assert_eq!(outcome.json()["launch"]["runs"], 1);
    }
    world.neu("ls -q --json").exited(2);
}

#[test]
fn a_run_that_goes_on_is_open_and_no_scheduler_is_asked() {
    let world = local_world();
    world.file("t.sh", "touch begun; while ! [[ -e go ]]; do sleep 0.01; done");
    for command in ["squeue", "sacct", "scontrol"] {
        world.fake(command, "exit 1");
    }
    let mut running = world.tool(Tool::Neurun, ["--runs=3", "local", "cpu", "t.sh"]).spawn();
    wait_until("the first run has begun", || world.path("begun").exists());
    assert_eq!(launches(&world.neu("ls --json"))[0]["states"], json!({"open": 3}));
    assert!(world.neu("ls").stdout.contains("3 open"));
    world.file("go", "");
    running.wait().succeeded();
    assert_eq!(launches(&world.neu("ls --json"))[0]["states"], json!({"succeeded": 3}));
    assert_eq!(world.calls(), "");
}

#[test]
fn a_store_is_remembered_once_and_without_a_word() {
    let world = two_projects();
    assert_eq!(entries(&world).len(), 2);
    let written: Vec<u64> = entries(&world).iter().map(|path| fs::metadata(path).unwrap().ino()).collect();
    within(&world, "one", Tool::Neurun, "local cpu argv.py").succeeded();
    let later: Vec<u64> = entries(&world).iter().map(|path| fs::metadata(path).unwrap().ino()).collect();
    assert_eq!(written, later, "not written again");
}

#[test]
fn a_dry_run_and_a_look_at_nothing_remember_nothing() {
    let world = local_world();
    world.neurun("--dry-run local cpu argv.py").succeeded();
    world.neu("ls --all").succeeded();
    world.neu("status").succeeded();
    assert_eq!(entries(&world), Vec::<PathBuf>::new());
}

#[test]
fn without_a_place_to_remember_nothing_is_remembered_and_nothing_is_said() {
    let world = local_world();
    let file = world.file("file", "");
    for line in [
        world.tool(Tool::Neurun, ["local", "cpu", "argv.py"]).without_env("HOME"),
        world.tool(Tool::Neurun, ["local", "cpu", "argv.py"]).env("HOME", "/proc/nowhere"),
        world.tool(Tool::Neurun, ["local", "cpu", "argv.py"]).env("HOME", file),
        world.tool(Tool::Neurun, ["local", "cpu", "argv.py"]).env("HOME", "relative"),
    ] {
        let outcome = line.run().succeeded();
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    }
    let outcome = world.tool(Tool::Neu, ["ls", "--all", "-q"]).without_env("HOME").run().succeeded();
    assert_eq!(outcome.stdout.lines().count(), 4, "this folder's are listed all the same");
    assert_eq!(entries(&world), Vec::<PathBuf>::new());
}

#[test]
fn a_home_that_cannot_be_written_is_no_obstacle() {
    let world = local_world();
    fs::set_permissions(world.home(), fs::Permissions::from_mode(0o500)).unwrap();
    let outcome = world.neurun("local cpu argv.py").succeeded();
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    fs::set_permissions(world.home(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn the_state_folder_of_the_user_is_taken() {
    let mut world = local_world();
    let state = world.root().join("state");
    world.set("XDG_STATE_HOME", &state);
    world.neurun("local cpu argv.py").succeeded();
    assert_eq!(fs::read_dir(state.join("neuromanager/stores")).unwrap().count(), 1);
    assert_eq!(entries(&world), Vec::<PathBuf>::new());
}

#[test]
fn a_store_that_is_gone_is_said_and_not_forgotten() {
    let world = two_projects();
    fs::rename(world.path("two"), world.path("three")).unwrap();
    let outcome = world.neu("ls --all --json").succeeded();
    assert_eq!((launches(&outcome).len(), outcome.json()["missing"].as_array().unwrap().len()), (1, 1));
    insta::assert_snapshot!(world.tidy(&outcome.stderr), @r"
    warning: `[WORLD]/project/two/.neu` is not there: removed, moved, or not mounted
    hint: `neu prune --forget-missing` forgets the stores that are not there
    ");
    assert_eq!(entries(&world).len(), 2);
    let outcome = world.neu("prune --forget-missing --dry-run").succeeded();
    insta::assert_snapshot!(world.tidy(&outcome.stdout), @"forgotten: [WORLD]/project/two/.neu");
    assert_eq!(entries(&world).len(), 2);
    world.neu("prune --yes").succeeded();
    assert_eq!(entries(&world).len(), 2, "only when asked to");
    world.neu("prune --forget-missing --yes").succeeded();
    assert_eq!(entries(&world).len(), 1);
    assert_eq!(world.neu("ls --all").succeeded().stderr, "");
}

#[test]
fn a_folder_that_is_not_utf8_and_would_move_the_cursor_is_found_and_shown_harmlessly() {
    let world = World::new();
    let name = OsString::from_vec(b"a b'\n\x1b[2J\xff".to_vec());
    let folder = world.path(&name);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("config.json"), LOCAL).unwrap();
    fs::write(folder.join("argv.py"), ARGV_PY).unwrap();
    world.tool(Tool::Neurun, ["local", "cpu", "argv.py"]).within(&name).run().succeeded();
    let shown = world.neu("ls --all").succeeded();
    assert_eq!((shown.stdout.lines().count(), shown.stdout.contains('\x1b')), (2, false), "{}", shown.stdout);
    let quiet = world.neu("ls --all -q").succeeded();
    assert!(quiet.stdout_bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')), "{}", quiet.stdout);
    assert_eq!(quiet.stdout.lines().count(), 1);
    let outcome = world.bash(&format!("neu status --json {}", quiet.stdout.trim_end())).succeeded();
    assert_eq!(outcome.json()["launch"]["runs"], 1);
    let store = &launches(&world.neu("ls --all --json"))[0]["store"];
    assert!(store["bytes"].as_str().unwrap().ends_with("ff2f2e6e6575"), "{store}");
    fs::rename(&folder, world.path("moved")).unwrap();
    let gone = world.neu("ls --all").succeeded();
    assert!(gone.stderr.contains("is not there") && !gone.stderr.contains('\x1b'), "{}", gone.stderr);
}

#[test]
fn a_damaged_launch_is_left_out_and_said() {
    let world = local_world();
    for _ in 0..2 {
        world.neurun("local cpu argv.py").succeeded();
    }
    fs::write(world.store().join("launches/1/launch.json"), "{\"format\": 99, \"new\": true}").unwrap();
    fs::create_dir(world.store().join("launches/3")).unwrap();
    let outcome = world.neu("ls -q").succeeded();
    assert_eq!(outcome.stdout, "2\n");
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("launch 1") && outcome.stderr.contains("update"), "{}", outcome.stderr);
}

#[test]
fn a_store_by_another_name_is_listed_and_addressed() {
    let mut world = local_world();
    let elsewhere = world.root().join("elsewhere");
    world.set("NEU_DIR", &elsewhere);
    world.neurun("local cpu argv.py").succeeded();
    world.set("NEU_DIR", world.root().join("nowhere"));
    let all = world.neu("ls --all").succeeded();
    assert!(all.stdout.trim_end().ends_with(&*elsewhere.to_string_lossy()), "{}", all.stdout);
    let line = world.neu("ls --all -q").succeeded().stdout;
    let outcome = world.bash(&format!("neu status --json {}", line.trim_end())).succeeded();
    assert_eq!(outcome.json()["launch"]["runs"], 1);
}

#[test]
fn every_verb_can_be_told_where() {
    let world = two_projects();
    for line in ["-C two status 1", "status -C two 1", "-C one -C ../two status 1", "-C two/.neu status 1"] {
        assert!(world.neu(line).succeeded().stdout.contains("launch 1 argv"), "{line}");
    }
    world.neu("-C two run local cpu argv.py -C x").succeeded();
    assert_eq!(within(&world, "two", Tool::Neu, "ls -q").stdout, "1\n2\n");
    assert_eq!(world.neu("-C two logs 2").succeeded().stdout, "-C\0x\0");
    world.file("two/params.json", r#"{"lr": [1, 2]}"#);
    world.neu("-C two sweep run.sh").exited(2);
    world.neu("-C two sweep neurun local cpu argv.py").succeeded();
    assert_eq!(within(&world, "two", Tool::Neu, "ls -q").stdout, "1\n2\n3\n");
    assert!(!world.store().exists());
}

#[test]
fn a_program_that_is_told_where_sees_that_folder() {
    let world = two_projects();
    symlink(world.path("two"), world.path("link")).unwrap();
    world.file("two/where.py", "import os; print(os.getcwd(), os.environ['PWD'])");
    let outcome = world.neu("-C two run local cpu where.py").succeeded();
    assert_eq!(world.tidy(&outcome.stdout), "[WORLD]/project/two [WORLD]/project/two\n");
    let outcome = world.neu("-C link run local cpu where.py").succeeded();
    assert_eq!(world.tidy(&outcome.stdout), "[WORLD]/project/two [WORLD]/project/link\n");
}

#[test]
fn a_folder_that_is_not_there_is_an_error_of_the_command_line() {
    let world = two_projects();
    let outcome = world.neu("-C three ls").exited(2);
    insta::assert_snapshot!(outcome.stderr, @"error: cannot go to `three`: No such file or directory (os error 2)");
    world.neu("-C one/config.json ls").exited(2);
    world.neu("-C").exited(2);
    let hint = world.neu("-C / status 1").exited(2).stderr;
    assert!(hint.contains("hint: `neu -C / status` lists"), "{hint}");
}
