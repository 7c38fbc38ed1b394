//! `neu retry` and `neu rerun` on this machine.

use std::fs;

use crate::kit::{Tool, World, wait_until};
use crate::local_world;

/// Three runs: the middle one fails until `fixed` is there. Each says where and as which attempt it runs.
const FLAKY: &str =
    "echo $NEU_RUN_ID attempt $NEU_ATTEMPT in ${PWD##*/} $X; [[ $NEU_RUN != 1 || -e fixed ]]\n";

fn failed() -> World {
    let world = local_world();
    world.file("t.sh", FLAKY);
    world.neurun("--runs=3 local cpu t.sh").exited(1);
    assert_eq!(world.states("1"), ["succeeded", "failed", "succeeded"]);
    world
}

#[test]
fn what_failed_is_tried_again_and_nothing_else() {
    let world = failed();
    let before = fs::metadata(world.store().join("launches/1/logs/0.1.out")).unwrap().modified().unwrap();
    let again = world.neu("retry 1");
    insta::assert_snapshot!(again.exited(1).stderr, @"
    launch 1: left alone: 2 succeeded (0,2)
    launch 1: 1 run again as attempt 2 (1.1)
    1.1 failed: exit code 1
    ");
    world.file("fixed", "");
    let again = world.neu("retry 1").succeeded();
    assert_eq!(again.stdout, "1.1 attempt 3 in project\n");
    assert_eq!(world.states("1"), ["succeeded"; 3]);
    assert_eq!(world.status("1")["runs"][1]["attempt"], 3);
    assert_eq!(world.log("1.1"), "1.1 attempt 3 in project\n");
    let after = fs::metadata(world.store().join("launches/1/logs/0.1.out")).unwrap().modified().unwrap();
    assert_eq!(before, after);
    let nothing = world.neu("retry 1").succeeded();
    insta::assert_snapshot!(nothing.stderr, @"launch 1: left alone: 3 succeeded (0-2)");
}

#[test]
fn a_run_that_succeeded_is_not_retried_even_by_name() {
    let world = failed();
    insta::assert_snapshot!(world.neu("retry 1.0").exited(2).stderr, @"
    error: 1.0 succeeded, and is not retried
    hint: `neu rerun 1.0` starts it again, as a new launch
    ");
    insta::assert_snapshot!(world.neu("retry 1.0-1").exited(1).stderr, @"
    launch 1: left alone: 1 succeeded (0)
    launch 1: 1 run again as attempt 2 (1.1)
    1.1 failed: exit code 1
    ");
    world.neu("retry 1.7").exited(2);
    world.neu("retry 9").exited(2);
}

#[test]
fn the_launch_is_retried_as_it_was_from_any_folder_and_whatever_the_files_say_now() {
    let world = World::new();
    world.file("config.json", r#"{"local": {"cpu": {"env": "export X=then", "resources": ""}}}"#);
    world.file("t.sh", FLAKY);
    world.neurun("--runs=2 local cpu t.sh").exited(1);
    world.file("config.json", r#"{"local": {"other": {"env": "export X=now", "resources": ""}}}"#);
    world.file("fixed", "");
    fs::create_dir(world.path("below")).unwrap();
    let line = world.tool(Tool::Neu, ["retry", "1"]).within("below").env("NEU_DIR", world.store());
    assert_eq!(line.run().succeeded().stdout, "1.1 attempt 2 in project then\n");
}

#[test]
fn a_dry_run_prints_and_changes_nothing() {
    let world = failed();
    let before = world.listing();
    let outcome = world.neu("retry --dry-run 1").succeeded();
    assert_eq!(outcome.stdout, "bash t.sh\n");
    insta::assert_snapshot!(outcome.stderr, @"
    launch 1: left alone: 2 succeeded (0,2)
    launch 1: 1.1 would be attempt 2
    ");
    let outcome = world.neu("rerun --dry-run 1").succeeded();
    assert_eq!(outcome.stdout, "bash t.sh\nbash t.sh\nbash t.sh\n");
    assert_eq!(world.listing(), before);
}

#[test]
fn a_launch_that_goes_on_is_left_alone() {
    let world = local_world();
    world
        .file("t.sh", "[[ $NEU_RUN == 1 ]] || exit 3; touch begun; while ! [[ -e go ]]; do sleep 0.01; done");
    let mut running = world.tool(Tool::Neurun, ["--runs=2", "local", "cpu", "t.sh"]).spawn();
    wait_until("the second run has begun", || world.path("begun").exists());
    insta::assert_snapshot!(world.neu("retry 1").exited(2).stderr, @"
    launch 1: left alone: 1 not over (1)
    error: launch 1 is not over: its worker still has runs to execute
    hint: `neu wait 1` waits for it, `neu cancel 1` ends it
    ");
    world.file("go", "");
    running.wait().exited(1);
    world.neu("retry 1").exited(3);
    assert_eq!(world.states("1"), ["failed", "succeeded"]);
}

#[test]
fn cancelled_and_lost_runs_are_tried_again() {
    let world = local_world();
    world.file("t.sh", "touch begun.$NEU_RUN; while ! [[ -e go ]]; do sleep 0.01; done; echo done");
    let mut running = world.tool(Tool::Neurun, ["--runs=3", "local", "cpu", "t.sh"]).spawn();
    wait_until("the first run has begun", || world.path("begun.0").exists());
    world.neu("cancel 1.2").succeeded();
    let found = world.bash(&format!(
        "ps -eo pid,args | grep ' neu [we][ox][re][a-z]* {}/' | awk '{{print $1}}'",
        world.folder().display()
    ));
    let pids: Vec<&str> = found.stdout.lines().collect();
    assert!(!pids.is_empty(), "{}", found.stderr);
    world.bash(&format!("kill -9 {}", pids.join(" ")));
    assert_ne!(running.wait().code, 0);
    let before = world.states("1");
    assert!(!before.iter().any(|state| state == "succeeded"), "{before:?}");
    world.file("go", "");
    let again = world.neu("retry 1").succeeded();
    assert_eq!(again.stdout, "done\ndone\ndone\n", "{}", again.stderr);
    assert_eq!(world.states("1"), ["succeeded"; 3], "{before:?}");
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn one_of_the_retried_is_cancelled_and_the_other_runs() {
    let world = local_world();
    world.file(
        "t.sh",
        "[[ $NEU_ATTEMPT == 2 ]] || exit 3; touch begun.$NEU_RUN; while ! [[ -e go ]]; do sleep 0.01; done",
    );
    world.neurun("--runs=2 local cpu t.sh").exited(1);
    let mut running = world.tool(Tool::Neu, ["retry", "1"]).spawn();
    wait_until("the first run has begun", || world.path("begun.0").exists());
    world.neu("cancel 1.0").succeeded();
    wait_until("the second run has begun", || world.path("begun.1").exists());
    world.file("go", "");
    running.wait().exited(1);
    assert_eq!(world.states("1"), ["cancelled", "succeeded"]);
}

#[test]
fn two_retries_at_once_make_one_attempt() {
    let world = local_world();
    world.file("t.sh", "echo x >>count.$NEU_RUN; [[ $NEU_ATTEMPT != 1 ]] || exit 3; sleep 0.5");
    world.neurun("--runs=2 local cpu t.sh").exited(1);
    let mut both: Vec<_> = (0..4).map(|_| world.tool(Tool::Neu, ["retry", "1"]).spawn()).collect();
    let codes: Vec<i32> = both.iter_mut().map(|one| one.wait().code).collect();
    assert!(codes.contains(&0), "{codes:?}");
    for run in 0..2 {
        assert_eq!(fs::read_to_string(world.path(format!("count.{run}"))).unwrap(), "x\nx\n", "{codes:?}");
    }
}

#[test]
fn json_says_which() {
    let world = failed();
    world.file("fixed", "");
    let outcome = world.neu("retry --json 1").succeeded().json();
    assert_eq!((&outcome["attempt"], &outcome["retried"]), (&2.into(), &serde_json::json!(["1.1"])));
    assert_eq!(outcome["launch"]["id"], 1);
}

#[test]
fn who_cannot_write_that_it_has_a_launch_does_not_wait_for_itself() {
    let world = failed();
    world.file("fixed", "");
    // No file can be written to, as on a full disk, though one can be made.
    let refused = world.bash("trap '' XFSZ; ulimit -f 0; neu retry 1").exited(4);
    assert!(
        refused.stderr.contains("cannot write") && !refused.stderr.contains("waiting for"),
        "{}",
        refused.stderr
    );
    world.neu("retry 1").succeeded();
    assert!(!world.states("1").contains(&"failed".to_owned()));
}

#[test]
fn a_rerun_is_a_new_launch_of_the_same_arguments() {
    let world = local_world();
    world.file("params.json", r#"{"lr": [0.10, 1e-4], "s": ["a b\n", "$X"]}"#);
    world.neusweep("neurun --runs=2 --name=mine local cpu argv.py --steps=1").succeeded();
    world.file("params.json", r#"{"lr": [7]}"#);
    world.neu("rerun 1.2-3 1.6").succeeded();
    let (before, after) = (world.status("1"), world.status("2"));
    for (now, then) in [(0, 2), (1, 3), (2, 6)] {
        for field in ["argv", "params", "repeat"] {
            assert_eq!(after["runs"][now][field], before["runs"][then][field]);
        }
        assert_eq!(world.log_bytes(&format!("2.{now}")), world.log_bytes(&format!("1.{then}")));
    }
    assert_eq!(after["launch"]["runs"], 3);
    for field in ["name", "command", "parameters", "repeats", "device", "folder"] {
        assert_eq!(after["launch"][field], before["launch"][field], "{field}");
    }
    world.neu("rerun 2.0").succeeded();
    assert_eq!(world.status("3")["launch"]["name"], "mine");
    assert_eq!(world.states("1"), ["succeeded"; 8]);
}

#[test]
fn wrong_changes_are_refused_before_anything_happens() {
    let world = failed();
    let before = world.listing();
    insta::assert_snapshot!(world.neu("retry --with tiem=1:00 1").exited(2).stderr, @"
    error: there is no option `tiem`
    hint: did you mean `time=1:00`?
    ");
    world.neu("rerun --with tiem=1:00 1").exited(2);
    assert_eq!(world.listing(), before);
}

#[test]
fn a_folder_that_is_gone_is_named() {
    let world = local_world();
    world.file("below/t.sh", "exit 3");
    world.file("below/config.json", crate::LOCAL);
    let line =
        world.tool(Tool::Neurun, ["local", "cpu", "t.sh"]).within("below").env("NEU_DIR", world.store());
    line.run().exited(3);
    fs::remove_dir_all(world.path("below")).unwrap();
    insta::assert_snapshot!(world.tidy(&world.neu("retry 1").exited(2).stderr), @"
    error: launch 1 started in `[WORLD]/project/below`, which is not there
    hint: on a cluster, go to a machine that has it
    ");
}

#[test]
fn a_project_that_was_moved_is_named_with_what_to_do() {
    let world = local_world();
    world.bash("mkdir old && cp config.json old/ && echo 'exit 3' >old/t.sh").succeeded();
    world.tool(Tool::Neurun, ["local", "cpu", "t.sh"]).within("old").run().exited(3);
    world.bash("mv old new").succeeded();
    insta::assert_snapshot!(world.tidy(&world.neu("-C new retry 1").exited(2).stderr), @r"
    error: launch 1 started in `[WORLD]/project/old`, which is not there
    hint: its project was moved: `neu -C new rerun 1` starts runs anew in `[WORLD]/project/new`
    ");
}

#[test]
fn a_copy_of_a_store_that_was_moved_is_known_once_somebody_has_acted_there() {
    let world = local_world();
    world.file("t.sh", "exit 3");
    let at = |store: &str, tool: Tool, line: &str| {
        world.tool(tool, line.split_whitespace()).env("NEU_DIR", world.path(store)).run()
    };
    at("first", Tool::Neurun, "local cpu t.sh").exited(3);
    world.bash("mv first moved").succeeded();
    at("moved", Tool::Neu, "retry 1").exited(3);
    world.bash("cp -r moved copy").succeeded();
    let refused = at("copy", Tool::Neu, "retry 1").exited(2);
    insta::assert_snapshot!(world.tidy(&refused.stderr), @r"
    error: launch 1 here is a copy: its jobs and processes are those of `[WORLD]/project/moved/launches/1`
    hint: act on it in `[WORLD]/project`, or start its runs anew here with `neu rerun 1`
    ");
    at("moved", Tool::Neu, "retry 1").exited(3);
}

#[test]
fn a_script_that_is_gone_is_refused_before_anything_starts() {
    let world = failed();
    fs::remove_file(world.path("t.sh")).unwrap();
    world.file("u.sh", "");
    let before = world.listing();
    for line in ["retry 1", "retry --dry-run 1", "rerun 1", "rerun --dry-run 1"] {
        let refused = world.neu(line).exited(2);
        assert!(refused.stderr.contains("error: there is no file `t.sh`"), "{line}: {}", refused.stderr);
        assert!(refused.stderr.contains("hint: launch 1 starts in `"), "{line}: {}", refused.stderr);
    }
    assert_eq!(world.listing(), before);
}

#[test]
fn a_run_that_ran_out_of_time_is_tried_again_with_more() {
    let world = crate::resuming::cluster();
    world.neurun("slurm cpu train.py").succeeded();
    let name = world.calls().split("--job-name=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let first = format!(
        r"printf '\x1e100\x1f100\x1fN/A\x1fTIMEOUT\x1fTimeLimit\x1fn1\x1f%s\x1f1795382094\x1f1795382094\x1f1795382999\x1f%s\n' $(id -u) {name}"
    );
    world.fake(
        "squeue",
        &format!(
            "{first}\n{}",
            crate::resuming::SHOW
                .replace("read -r id name array; do", "read -r id name array; do [ $id != 100 ] || continue")
        ),
    );
    assert_eq!(world.states("1"), ["timed-out"]);
    let again = world.neu("retry --with time=2:00 1").succeeded();
    assert!(again.stdout.contains("1 run again as attempt 2"), "{}", again.stdout);
    let calls = world.calls();
    let last = calls.lines().rfind(|call| call.starts_with("sbatch")).unwrap();
    assert!(last.contains("--time=2:00") && last.contains("--attempt 2"), "{last}");
    assert_eq!(world.states("1"), ["pending"]);
}
