//! `--skip-done` and `--sync`: what is started of a sweep that was started before.

use std::fs;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::kit::{Background, Outcome, Tool, World, wait_until};
use crate::scripted;

/// Notes what it was given, waits while `hold` is there, and fails where `fail` is.
const NOTE: &str = "echo \"$@\" >>ran\nwhile [ -e hold ]; do sleep 0.02; done\n[ ! -e fail ]\n";

fn world(params: &str) -> World {
    let world = World::without_python();
    world.file(
        "config.json",
        r#"{"local": {"cpu": {"env": "", "resources": ""}, "big": {"env": "", "resources": ""}}}"#,
    );
    world.file("note.sh", NOTE);
    world.file("params.json", params);
    world
}

/// What was executed so far, in order of the words.
fn ran(world: &World) -> Vec<String> {
    let text = fs::read_to_string(world.path("ran")).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn launches(world: &World) -> usize {
    let ids = world.neu("status -q").succeeded().stdout;
    ids.lines().count()
}

#[track_caller]
fn says(outcome: &Outcome, parts: &[&str]) {
    for part in parts {
        assert!(outcome.stderr.contains(part), "no {part:?} in:\n{}", outcome.stderr);
    }
}

/// Starts a sweep in the background whose programs wait, and waits until one has begun.
fn held(world: &World, line: &str) -> Background {
    world.file("hold", "");
    let before = ran(world).len();
    let sweep = world.tool(Tool::Neusweep, line.split_whitespace()).spawn();
    wait_until("a program has begun", || ran(world).len() > before);
    sweep
}

fn release(world: &World, mut sweep: Background) {
    fs::remove_file(world.path("hold")).unwrap();
    sweep.wait();
}

#[test]
fn what_succeeded_is_not_started_again_however_it_is_written() {
    let world = world(r#"{"lr": [0.001, 2], "opt": ["sgd"]}"#);
    let first = world.neusweep("--skip-done neurun local cpu note.sh").succeeded();
    says(&first, &["2 new, 0 done, 0 running\n"]);
    world.file("params.json", r#"{"opt": ["sgd"], "lr": [1e-3, 2.0, 3]}"#);
    let second = world.neusweep("--skip-done neurun local cpu note.sh").succeeded();
    assert_eq!(second.stderr.lines().next(), Some("1 new, 2 done, 0 running"));
    assert_eq!(ran(&world), ["--lr=0.001 --opt=sgd", "--lr=2 --opt=sgd", "--opt=sgd --lr=3"]);
    let before = world.listing();
    let third = world.neusweep("--skip-done neurun local cpu note.sh").succeeded();
    assert_eq!(third.stderr, "0 new, 3 done, 0 running\nnothing is left to start\n");
    assert_eq!((third.stdout.as_str(), world.listing() == before), ("", true));
    assert_eq!(launches(&world), 2);
}

#[test]
fn a_sweep_of_any_command_leaves_out_what_is_done_too() {
    let world = world(r#"{"x": [1, 2]}"#);
    world.neusweep("bash note.sh").succeeded();
    world.file("params.json", r#"{"x": [1, 2, 3]}"#);
    says(&world.neusweep("--skip-done bash note.sh").succeeded(), &["1 new, 2 done, 0 running"]);
    assert_eq!(ran(&world), ["--x=1", "--x=2", "--x=3"]);
    says(&world.neusweep("--skip-done bash ./note.sh").succeeded(), &["3 new, 0 done, 0 running"]);
}

#[test]
fn what_still_lives_is_not_started_again() {
    let world = world(r#"{"x": [1, 2]}"#);
    let sweep = held(&world, "neurun local cpu note.sh");
    world.file("params.json", r#"{"x": [2, 1, 3]}"#);
    let dry = world.neusweep("--skip-done --dry-run neurun local cpu note.sh").succeeded();
    assert_eq!(dry.stderr, "1 new, 0 done, 2 running (of them 1 waiting)\n1 run of note on local/cpu\n");
    assert_eq!(dry.stdout, "bash note.sh --x=3\n");
    let mut second = world.tool(Tool::Neusweep, "--skip-done neurun local cpu note.sh".split(' ')).spawn();
    wait_until("the new one runs", || ran(&world) == ["--x=1", "--x=3"]);
    release(&world, sweep);
    second.wait().succeeded();
    assert_eq!(ran(&world), ["--x=1", "--x=2", "--x=3"]);
}

#[test]
fn what_only_looks_says_the_numbers_too() {
    let world = world(r#"{"x": [1, 2]}"#);
    world.neusweep("neurun local cpu note.sh").succeeded();
    world.file("params.json", r#"{"x": [1, 2, 3]}"#);
    let count = world.neusweep("--skip-done --count neurun --runs=2 local cpu note.sh").succeeded();
    insta::assert_snapshot!(count.stdout, @"4");
    says(&count, &["4 new, 2 done, 0 running\n", "4 runs of note on local/cpu"]);
    let none = world.neurun("--skip-done --count local cpu note.sh").succeeded();
    assert_eq!((none.stdout.as_str(), none.stderr.lines().next()), ("1\n", Some("1 new, 0 done, 0 running")));
    let table = world.neusweep("--skip-done --table neurun local cpu note.sh").succeeded();
    assert_eq!(table.stdout.lines().count(), 4);
    says(&table, &["1 new, 2 done, 0 running\n"]);
    assert_eq!(launches(&world), 1);
}

#[test]
fn what_failed_is_started_as_a_new_run_and_a_retry_is_proposed() {
    let world = world(r#"{"x": [1, 2]}"#);
    world.file("fail", "");
    world.neusweep("neurun local cpu note.sh").exited(1);
    fs::remove_file(world.path("fail")).unwrap();
    let again = world.neusweep("--skip-done neurun local cpu note.sh").succeeded();
    says(
        &again,
        &[
            "2 new, 0 done, 0 running\n2 of the new ones did not succeed before; `neu retry 1` would do them again",
        ],
    );
    says(&world.neusweep("--skip-done neurun local cpu note.sh").succeeded(), &["0 new, 2 done, 0 running"]);
    assert_eq!(ran(&world), ["--x=1", "--x=1", "--x=2", "--x=2"]);
}

#[test]
fn more_repeats_go_on_where_fewer_ended() {
    let world = world(r#"{"x": [1, 2]}"#);
    world.neurun("--runs=2 local cpu note.sh alone").succeeded();
    says(
        &world.neurun("--skip-done --runs=5 local cpu note.sh alone").succeeded(),
        &["3 new, 2 done, 0 running"],
    );
    assert_eq!(ran(&world), ["alone"; 5]);
    world.neusweep("neurun --runs=2 local cpu note.sh").succeeded();
    says(
        &world.neusweep("neurun --skip-done --runs=3 local cpu note.sh").succeeded(),
        &["2 new, 4 done, 0 running"],
    );
    let runs = world.status("4")["runs"].clone();
    let told = |run: usize| (runs[run]["id"].clone(), runs[run]["repeat"].clone(), runs[run]["name"].clone());
    assert_eq!(told(0), (json!("4.0"), json!(2), json!("x1-r2")));
    assert_eq!(told(1), (json!("4.1"), json!(2), json!("x2-r2")));
}

#[test]
fn another_device_counts_where_any_does() {
    let world = world(r#"{"x": [1]}"#);
    world.neusweep("neurun local big note.sh").succeeded();
    let line = |option: &str| format!("{option} --dry-run neurun local cpu note.sh");
    says(&world.neusweep(&line("--skip-done")).succeeded(), &["1 new, 0 done, 0 running"]);
    says(
        &world.neusweep(&line("--skip-done=any")).succeeded(),
        &["0 new, 1 done, 0 running", "nothing is left"],
    );
    world.neusweep(&line("--skip-done=some")).exited(2);
}

#[test]
fn other_words_and_another_folder_are_another_command() {
    let world = world(r#"{"x": [1]}"#);
    world.neusweep("neurun local cpu note.sh --steps=3").succeeded();
    fs::create_dir(world.path(".git")).unwrap();
    for name in ["config.json", "note.sh", "params.json"] {
        world.file(format!("other/{name}"), fs::read(world.path(name)).unwrap());
    }
    let dry =
        |words: &str| world.neusweep(&format!("--skip-done --dry-run neurun local cpu {words}")).succeeded();
    says(&dry("note.sh --steps=3"), &["0 new, 1 done"]);
    for words in ["note.sh", "note.sh --steps=4", "./note.sh --steps=3", "note.sh --steps 3"] {
        says(&dry(words), &["1 new, 0 done"]);
    }
    let words = "--skip-done --dry-run neurun local cpu note.sh --steps=3".split(' ');
    says(&world.tool(Tool::Neusweep, words).within("other").run().succeeded(), &["1 new, 0 done"]);
}

#[test]
fn what_was_done_before_the_project_was_moved_counts() {
    let world = world(r#"{"x": [1]}"#);
    world.file("below/note.sh", NOTE);
    world.file("below/params.json", r#"{"x": [1, 2]}"#);
    let words = |line: &'static str| world.tool(Tool::Neusweep, line.split(' '));
    fs::create_dir(world.path(".git")).unwrap();
    words("neurun local cpu note.sh").run().succeeded();
    words("neurun local cpu note.sh").within("below").run().succeeded();
    fs::rename(world.folder(), world.root().join("moved")).unwrap();
    fs::create_dir(world.folder()).unwrap();
    let dry = "--skip-done --dry-run neurun local cpu note.sh";
    says(&words(dry).within("../moved").run().succeeded(), &["0 new, 1 done"]);
    says(&words(dry).within("../moved/below").run().succeeded(), &["0 new, 2 done"]);
}

#[test]
fn what_was_started_again_counts_once() {
    let world = world(r#"{"x": [1, 2]}"#);
    world.neusweep("neurun local cpu note.sh").succeeded();
    world.neu("rerun 1").succeeded();
    world.file("params.json", r#"{"x": [1, 1, 1, 2]}"#);
    let dry = world.neusweep("--skip-done --dry-run neurun local cpu note.sh").succeeded();
    assert_eq!(
        (dry.stderr.as_str(), dry.stdout.as_str()),
        ("1 new, 3 done, 0 running\n1 run of note on local/cpu\n", "bash note.sh --x=1\n")
    );
}

#[test]
fn a_fixed_parameter_is_part_of_the_point() {
    let world = world(r#"{"x": [1], "seed": 7}"#);
    world.neusweep("neurun local cpu note.sh").succeeded();
    let dry =
        |words: &str| world.neusweep(&format!("--skip-done --dry-run neurun local cpu {words}")).succeeded();
    says(&dry("note.sh"), &["0 new, 1 done"]);
    world.file("params.json", r#"{"x": [1]}"#);
    says(&dry("note.sh --seed=7"), &["1 new, 0 done"]);
    world.file("params.json", r#"{"x": [1], "seed": [7, null]}"#);
    says(&dry("note.sh"), &["1 new, 1 done"]);
}

#[test]
fn what_was_done_at_another_commit_counts_and_is_said() {
    let world = world(r#"{"x": [1, 2]}"#);
    let commit = "git add -A . && git -c user.name=a -c user.email=a@b commit -qm 1 && git rev-parse HEAD";
    let first = world.bash(&format!("git init -q && {commit}")).succeeded().stdout;
    world.neusweep("neurun local cpu note.sh").succeeded();
    world.file("params.json", r#"{"x": [1, 2, 3]}"#);
    world.bash(commit).succeeded();
    let again = world.neusweep("--skip-done --json neurun local cpu note.sh").succeeded();
    let said = format!(
        "1 new, 2 done (2 of them at commit {}, which is not the current one), 0 running\n",
        &first[..7]
    );
    says(&again, &[&said]);
    let told = again.stdout.split_once("\n}\n").unwrap().0.to_owned() + "\n}";
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["launch"]["id"], 2);
    assert_eq!(
        told["skipped"],
        json!({
            "new": 1, "done": 2, "running": 0, "failed_before": 0, "done_at_other_commits": {first.trim(): 2},
            "running_by_state": {}, "gone": [], "cancelled": [],
        })
    );
    let none = world.neusweep("--skip-done --json neurun local cpu note.sh").succeeded().json();
    assert_eq!((&none["launch"], &none["skipped"]["done"]), (&json!(null), &json!(3)));
}

#[test]
fn a_run_keeps_the_name_that_it_has_in_the_whole_sweep() {
    let world = world(r#"{"x": [1, 1, 2]}"#);
    world.neusweep("neurun local cpu note.sh").succeeded();
    world.file("params.json", r#"{"x": [1, 1, 2, 1, 3]}"#);
    says(&world.neusweep("--skip-done neurun local cpu note.sh").succeeded(), &["2 new, 3 done"]);
    let runs = world.status("2")["runs"].clone();
    assert_eq!((&runs[0]["name"], &runs[1]["name"]), (&json!("x1-3"), &json!("x3-4")));
}

#[test]
fn of_twenty_at_once_each_point_is_started_once() {
    let world = world(r#"{"x": [1, 2, 3, 4, 5]}"#);
    let words = || "--skip-done neurun local cpu note.sh".split(' ');
    let mut sweeps: Vec<Background> = (0..20).map(|_| world.tool(Tool::Neusweep, words()).spawn()).collect();
    let outcomes: Vec<Outcome> = sweeps.iter_mut().map(Background::wait).collect();
    assert_eq!(ran(&world), ["--x=1", "--x=2", "--x=3", "--x=4", "--x=5"]);
    for outcome in &outcomes {
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    }
    assert_eq!(launches(&world), 1);
}

#[test]
fn of_different_sweeps_at_once_each_point_is_started_once() {
    let world = world("");
    world.file("config.json", r#"{"local": {"cpu": {"env": "", "resources": {"jobs": 4}}}}"#);
    let mut sweeps: Vec<Background> = (0..12)
        .map(|first| {
            let points: Vec<String> = (first..first + 4).map(|x| (x % 12).to_string()).collect();
            let file = format!("{first}.json");
            world.file(&file, format!("{{\"x\": [{}]}}", points.join(", ")));
            world
                .tool(Tool::Neusweep, ["--skip-done", "-p", &file, "neurun", "local", "cpu", "note.sh"])
                .spawn()
        })
        .collect();
    for sweep in &mut sweeps {
        sweep.wait().succeeded();
    }
    let mut expected: Vec<String> = (0..12).map(|x| format!("--x={x}")).collect();
    expected.sort();
    assert_eq!(ran(&world), expected);
}

#[test]
fn who_was_killed_in_its_turn_holds_nobody_up() {
    let world = world(r#"{"x": [1]}"#);
    world.neusweep("--skip-done neurun local cpu note.sh").succeeded();
    let turns = world.store().join("turns");
    // A process of this boot that is gone.
    let kept = fs::read_dir(&turns).unwrap().next().unwrap().unwrap().path();
    let mut owner: serde_json::Value = serde_json::from_slice(&fs::read(&kept).unwrap()).unwrap();
    owner["client"]["start"] = json!(1);
    fs::write(turns.join("owner.2"), owner.to_string()).unwrap();
    fs::write(turns.join("2.json"), "{}").unwrap();
    world.file("params.json", r#"{"x": [1, 2]}"#);
    says(&world.neusweep("--skip-done neurun local cpu note.sh").succeeded(), &["1 new, 1 done"]);
    assert_eq!(ran(&world), ["--x=1", "--x=2"]);
    assert!(!turns.join("2.json").exists());
    assert_eq!(world.neu("prune --json").succeeded().json()["strange"], json!([]));
}

#[test]
fn a_launch_that_cannot_be_read_may_have_the_runs() {
    let world = world(r#"{"x": [1]}"#);
    world.neusweep("neurun local cpu note.sh").succeeded();
    world.neusweep("neurun local cpu note.sh --other").succeeded();
    world.file(".neu/launches/2/launch.json", "{");
    let line = "--skip-done neurun local cpu note.sh";
    says(
        &world.neusweep(line).succeeded(),
        &["warning: launch 2 cannot be read: ", "nothing is left to start\n"],
    );
    world.file(".neu/launches/1/launch.json", r#"{"format": 99}"#);
    let refused = world.neusweep(line).exited(4);
    says(&refused, &["launch 1 cannot be read: ", "error: nothing was started: ", "hint: add `--yes` "]);
    assert_eq!(ran(&world), ["--other --x=1", "--x=1"]);
    world.neusweep(&format!("--yes {line}")).succeeded();
    assert_eq!(ran(&world), ["--other --x=1", "--x=1", "--x=1"]);
}

/// Three runs of which one goes on and two wait; the one of x=2 is not in the file any more, and x=4 is new.
fn changed(world: &World) -> Background {
    let sweep = held(world, "neurun local cpu note.sh");
    world.file("params.json", r#"{"x": [1, 3, 4]}"#);
    sweep
}

#[test]
fn sync_says_what_to_type_where_nobody_can_be_asked() {
    let world = world(r#"{"x": [1, 2, 3]}"#);
    let sweep = changed(&world);
    let dry = world.neusweep("--sync --dry-run neurun local cpu note.sh").succeeded();
    insta::assert_snapshot!(dry.stderr, @r"
    1 new, 0 done, 2 running (of them 1 waiting)
    1 run is not asked for any more, though it is not over:
      1.1  x2  waiting
    `neu cancel 1.1` would be offered
    1 run of note on local/cpu
    ");
    assert_eq!(dry.stdout, "bash note.sh --x=4\n");
    let mut synced = world.tool(Tool::Neusweep, "--sync neurun local cpu note.sh".split(' ')).spawn();
    wait_until("the new one runs", || ran(&world) == ["--x=1", "--x=4"]);
    assert_eq!(world.states("1"), ["running", "waiting", "waiting"]);
    release(&world, sweep);
    let outcome = synced.wait().succeeded();
    says(&outcome, &["\nhint: `neu cancel 1.1` stops them, and so does `--yes`\n"]);
    assert_eq!(ran(&world), ["--x=1", "--x=2", "--x=3", "--x=4"]);
}

#[test]
fn sync_with_yes_cancels_what_is_gone_and_leaves_the_rest() {
    let world = world(r#"{"x": [1, 2, 3]}"#);
    let sweep = changed(&world);
    let words = "--sync --yes --json neurun local cpu note.sh".split(' ');
    let mut synced = world.tool(Tool::Neusweep, words).spawn();
    wait_until("the new one runs", || ran(&world) == ["--x=1", "--x=4"]);
    assert_eq!(world.states("1"), ["running", "cancelled", "waiting"]);
    release(&world, sweep);
    let outcome = synced.wait().succeeded();
    says(&outcome, &["1 new, 0 done, 2 running", "launch 1: 1 run stopped (1)"]);
    assert!(
        outcome
            .stdout
            .contains("\"gone\": [\n      \"1.1\"\n    ],\n    \"cancelled\": [\n      \"1.1\"\n    ]")
    );
    assert_eq!(ran(&world), ["--x=1", "--x=3", "--x=4"]);
    says(
        &world.neusweep("--sync neurun local cpu note.sh").succeeded(),
        &["0 new, 3 done, 0 running\nnothing is left"],
    );
}

#[test]
fn sync_asks_on_a_terminal_and_a_no_keeps_nothing_from_being_started() {
    for (answer, state) in [("n\n", "waiting"), ("y\n", "cancelled")] {
        let world = world(r#"{"x": [1, 2, 3]}"#);
        let sweep = changed(&world);
        let line = world.tool(Tool::Neusweep, "--sync neurun local cpu note.sh".split(' '));
        let mut terminal = line.on_terminal();
        terminal.expect("  1.1  x2  waiting\r\ncancel 1 run? [y/N] ");
        terminal.type_in(answer);
        wait_until("the new one runs", || ran(&world) == ["--x=1", "--x=4"]);
        assert_eq!(world.states("1")[1], state);
        release(&world, sweep);
        terminal.wait();
    }
}

#[test]
fn sync_leaves_other_commands_and_devices_alone() {
    let world = world(r#"{"x": [1, 2]}"#);
    let others = [held(&world, "neurun local big note.sh"), held(&world, "neurun local cpu note.sh --more")];
    world.file("params.json", r#"{"x": [3]}"#);
    let dry = world.neusweep("--sync --skip-done=any --dry-run neurun local cpu note.sh").succeeded();
    assert_eq!(dry.stderr, "1 new, 0 done, 0 running\n1 run of note on local/cpu\n");
    fs::remove_file(world.path("hold")).unwrap();
    for mut other in others {
        other.wait().succeeded();
    }
}

#[test]
fn sync_is_for_sweeps() {
    let world = world(r#"{"x": [1]}"#);
    says(&world.neusweep("neurun --sync local cpu note.sh").exited(2), &["--sync"]);
    says(&world.neurun("--sync local cpu note.sh").exited(2), &["--sync"]);
}

/// Six runs on a Slurm that is a handful of scripts.
fn cluster() -> World {
    let world = scripted::cluster();
    world.program("argv.py", "");
    world
}

#[test]
fn what_slurm_does_not_tell_of_counts_as_running() {
    let world = cluster();
    world.neusweep("neurun slurm cpu argv.py").succeeded();
    world.fake("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1");
    let again = world.neusweep("--skip-done neurun slurm cpu argv.py").succeeded();
    says(
        &again,
        &[
            "0 new, 0 done, 6 running (of them 6 unknown)\n",
            "it is not known whether all runs of launch 1 live, and none is started twice: ",
            "nothing is left to start\n",
        ],
    );
}

#[test]
fn what_is_half_submitted_counts_as_running() {
    let world = cluster();
    let waiting = world.root().join("waiting");
    world.fake("sbatch", "echo $$ >../waiting; exec sleep 100");
    let mut client = world.tool(Tool::Neusweep, "neurun slurm cpu argv.py".split(' ')).spawn();
    wait_until("sbatch waits", || fs::read_to_string(&waiting).is_ok_and(|pid| pid.ends_with('\n')));
    client.signal(Signal::SIGKILL);
    client.wait();
    let pid = fs::read_to_string(&waiting).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    let again = world.neusweep("--skip-done neurun slurm cpu argv.py").succeeded();
    says(
        &again,
        &[
            "0 new, 0 done, 6 running (of them 6 unknown)\nwarning: ",
            "launch 1 is half submitted, and its runs count as running: `neu resume 1` completes it\n",
        ],
    );
}
