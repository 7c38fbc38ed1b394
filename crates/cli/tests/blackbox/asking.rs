//! What views ask of Slurm, how often, and what they make of its answers. The Slurm of these tests is scripted.

use std::fs;
use std::time::{Duration, Instant};

use crate::kit::{Tool, World};
use crate::scripted::control;

/// Prints rows as squeue does: `row INDEX STATE REASON NAME`.
const ROW: &str = r#"row() { printf '\036%s\037%s\037%s\037%s\037%s\037%s\0370\0371795382580\037%s\037%s\037%s\n' 4711 4711 "$1" "$2" "$3" n1 "${5:-1795382581}" "${6:-N/A}" "$4"; }
name=$(cat name)
"#;

/// A world with a Slurm that takes every job as 4711, and says what `squeue` and `sacct`, in bash, say.
fn cluster(squeue: &str, sacct: &str) -> World {
    let world = World::new();
    world.file("config.json", r#"{"slurm": {"cpu": {"env": "", "resources": {"time": "1:00"}}}}"#);
    world.file("t.py", "");
    world.fake("scontrol", &control(1001));
    let name = r#"for word; do case "$word" in --job-name=*) printf %s "${word#*=}" > name ;; esac; done; echo 4711"#;
    world.fake("sbatch", name);
    world.fake("scancel", "exit 0");
    says(&world, squeue, sacct);
    world
}

fn says(world: &World, squeue: &str, sacct: &str) {
    world.fake("squeue", &format!("{ROW}{squeue}"));
    world.fake("sacct", &format!("name=$(cat name)\n{sacct}"));
}

const NO_ACCOUNTING: &str = "echo 'Slurm accounting storage is disabled' >&2; exit 1";

/// How often squeue and sacct were called since the last time.
fn asked(world: &World) -> (usize, usize) {
    let calls = world.calls();
    let _none = fs::remove_file(world.root().join("calls"));
    let count = |name: &str| calls.lines().filter(|line| line.starts_with(name)).count();
    (count("squeue"), count("sacct"))
}

fn forget_answers(world: &World) {
    fs::remove_file(world.store().join("cache/answers.json")).unwrap();
}

#[test]
fn five_hundred_live_runs_are_one_question_and_none_a_moment_later() {
    let world = cluster(r#"for i in $(seq 0 499); do row $i RUNNING None "$name"; done"#, NO_ACCOUNTING);
    world.neurun("-y --runs=500 slurm cpu t.py").succeeded();
    asked(&world);
    assert!(world.neu("status").succeeded().stdout.contains("500 running"));
    assert_eq!(asked(&world), (1, 0));
    for view in ["status", "status 1", "status 1 --json"] {
        world.neu(view).succeeded();
    }
    assert_eq!(asked(&world), (0, 0), "the answer is still fresh");
    forget_answers(&world);
    world.neu("status").succeeded();
    assert_eq!(asked(&world), (1, 0));
}

#[test]
fn what_is_over_is_asked_for_once_and_never_again() {
    let ended = r#"for i in 0 1 2; do printf '4711_%s\037%s\037CANCELLED by 0\0370:0\0370:0\0371795382580\037Unknown\0371795382585\0370\037None assigned\037None\0370\037%s\n' $i 47$i "$name"; done"#;
    let world = cluster("exit 0", ended);
    world.neurun("--runs=3 slurm cpu t.py").succeeded();
    asked(&world);
    assert_eq!(world.states("1"), ["cancelled"; 3]);
    assert_eq!(asked(&world), (2, 1), "an empty answer is asked for twice");
    forget_answers(&world);
    assert_eq!(world.states("1"), ["cancelled"; 3]);
    assert_eq!(asked(&world), (0, 0));
}

#[test]
fn a_job_that_nobody_knows_is_lost_only_after_a_while() {
    let world = cluster("exit 0", NO_ACCOUNTING);
    world.neurun("--runs=2 slurm cpu t.py").succeeded();
    assert_eq!(world.states("1"), ["unknown"; 2]);
    forget_answers(&world);
    says(&world, r#"row 0 PENDING Priority "$name"; row 1 RUNNING None "$name""#, NO_ACCOUNTING);
    assert_eq!(world.states("1"), ["pending", "running"], "the empty answer was a wrong one");
    forget_answers(&world);
    says(&world, "exit 0", NO_ACCOUNTING);
    assert_eq!(world.states("1"), ["unknown"; 2]);
    // A minute later.
    let memory = world.store().join("cache/slurm/1.json");
    let mut seen: serde_json::Value = serde_json::from_slice(&fs::read(&memory).unwrap()).unwrap();
    seen["seen"][0]["seen"]["missing"] = "2026-01-01T00:00:00Z".into();
    fs::write(&memory, seen.to_string()).unwrap();
    forget_answers(&world);
    assert_eq!(world.states("1"), ["lost"; 2]);
    asked(&world);
    assert_eq!(world.states("1"), ["lost"; 2]);
    assert_eq!(asked(&world), (0, 0));
}

#[test]
fn how_a_job_ended_is_remembered_where_nothing_keeps_accounts() {
    let ended = r#"row 0 TIMEOUT TimeLimit "$name" 1795382581 1795382999; row 1 NODE_FAIL None "$name" 1795382581 1795382999"#;
    let world = cluster(ended, NO_ACCOUNTING);
    world.neurun("--runs=2 slurm cpu t.py").succeeded();
    assert_eq!(world.states("1"), ["timed-out", "node-failed"]);
    says(&world, "exit 0", NO_ACCOUNTING);
    forget_answers(&world);
    assert_eq!(world.states("1"), ["timed-out", "node-failed"]);
}

#[test]
fn another_job_with_the_same_id_is_never_taken_for_ours() {
    let world = cluster(r#"row 0 RUNNING None train.abcd2345; row 1 RUNNING None "not$name""#, NO_ACCOUNTING);
    world.neurun("--runs=2 slurm cpu t.py").succeeded();
    assert_eq!(world.states("1"), ["unknown", "running"], "the name may change, the key in it may not");
}

#[test]
fn a_controller_that_hangs_costs_seconds_and_takes_nothing_back() {
    let world = cluster(r#"row 0 RUNNING None "$name""#, NO_ACCOUNTING);
    world.neurun("--runs=1 slurm cpu t.py").succeeded();
    world.fake("squeue", &format!("{ROW}row N/A RUNNING None \"$name\""));
    assert_eq!(world.states("1"), ["running"]);
    asked(&world);
    let kept = fs::read_to_string(world.store().join("cache/answers.json")).unwrap();
    let mut kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    kept["answers"] = serde_json::json!([]);
    fs::write(world.store().join("cache/answers.json"), kept.to_string()).unwrap();
    world.fake("squeue", "sleep 100");
    let began = Instant::now();
    let list = world.neu("status").succeeded();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(list.stderr.contains("waiting for Slurm's answer to `squeue`"), "{}", list.stderr);
    assert!(list.stdout.contains("1 unknown"), "{}", list.stdout);
    let all = format!("{}{}", list.stdout, list.stderr);
    assert!(all.contains("`squeue` gave no answer") && all.contains("Slurm last answered"), "{all}");
    assert_eq!(asked(&world), (1, 0), "sacct would hang too");
}

#[test]
fn a_controller_that_hangs_keeps_no_log_back_and_waiting_has_its_end() {
    let world = cluster(r#"row N/A RUNNING None "$name""#, NO_ACCOUNTING);
    world.neurun("slurm cpu t.py").succeeded();
    let launch = world.store().join("launches/1");
    let started = format!(
        "{{\"time\":\"{}\",\"event\":{{\"started\":{{\"run\":0,\"attempt\":1,\"node\":\"n1\",\
         \"process\":{{\"pid\":1,\"start\":1,\"boot\":\"b\"}},\"job\":\"4711\"}}}}}}\n",
        jiff::Timestamp::now()
    );
    fs::create_dir_all(launch.join("events")).unwrap();
    fs::write(launch.join("events/n1-b.jsonl"), started).unwrap();
    fs::create_dir_all(launch.join("logs")).unwrap();
    fs::write(launch.join("logs/0.1.out"), "what it printed\n").unwrap();
    world.fake("squeue", "exec sleep 100");
    let began = Instant::now();
    assert_eq!(world.neu("logs 1").succeeded().stdout, "what it printed\n");
    let waited = world.neu("wait 1 --timeout 1s").exited(124);
    assert!(waited.stderr.contains("1.0"), "{}", waited.stderr);
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
}

#[test]
fn a_store_that_cannot_be_written_is_viewed_all_the_same() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let world = cluster(r#"row N/A RUNNING None "$name""#, NO_ACCOUNTING);
    world.neurun("slurm cpu t.py").succeeded();
    fs::remove_dir_all(world.store().join("cache")).unwrap();
    // Of another user, so that even root keeps nothing in it.
    let chowned = world.command("/bin/chown", ["4242", ".neu"]).run();
    assert_eq!(chowned.code, 0, "{}", chowned.stderr);
    let outcome = world.tool(Tool::Neu, ["status", "1"]).run().succeeded();
    assert!(outcome.stdout.contains("running"), "{}", outcome.stdout);
    assert_eq!(outcome.stderr, "");
    assert!(!world.store().join("cache").exists());
}

#[test]
fn a_run_that_began_after_the_answer_is_running_and_one_that_waits_again_is_pending() {
    let world = cluster(r#"row 0 PENDING Resources "$name"; row 1 PENDING Resources "$name""#, NO_ACCOUNTING);
    world.neurun("-y --runs=2 slurm cpu t.py").succeeded();
    world.neu("status").succeeded();
    assert_eq!(world.states("1"), ["pending", "pending"]);
    asked(&world);
    let started = format!(
        "\n{{\"time\":\"{}\",\"event\":{{\"started\":{{\"run\":0,\"attempt\":1,\"node\":\"n1\",\
         \"process\":{{\"pid\":1,\"start\":1,\"boot\":\"b\"}},\"job\":\"4711_0\"}}}}}}\n",
        jiff::Timestamp::now()
    );
    fs::write(world.store().join("launches/1/events/n1-b.jsonl"), started).unwrap();
    assert_eq!(world.states("1"), ["running", "pending"]);
    assert_eq!(asked(&world), (0, 0), "the answer is still fresh");
    forget_answers(&world);
    assert_eq!(world.states("1"), ["pending", "pending"], "it was put back into the queue since");
}

#[test]
fn a_run_that_is_stopped_while_slurm_is_asked_may_be_started_again() {
    let overtaking = r#"
now=$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)
record() { printf '\n{"time":"%s","event":{%s}}\n' "$now" "$1" >> .neu/launches/1/events/n1-b.jsonl; }
row 1 PENDING None "$name"
if [ -e begun ]; then row 0 PENDING BeginTime "$name"; exit; fi
touch begun
record '"started":{"run":0,"attempt":1,"node":"n1","process":{"pid":1,"start":1,"boot":"b"},"job":"4711_0"}'
record '"interrupted":{"run":0,"attempt":1,"signal":"SIGTERM"}'
record '"ended":{"run":0,"attempt":1,"exit":{"signal":15},"stopped":true}'
row 0 RUNNING None "$name"
"#;
    let world = cluster(overtaking, NO_ACCOUNTING);
    world.neurun("--runs=2 slurm cpu t.py").succeeded();
    assert_eq!(world.states("1"), ["unknown", "pending"], "it was stopped, and Slurm was asked before");
    assert_eq!(world.states("1"), ["pending"; 2], "it was requeued");
}
