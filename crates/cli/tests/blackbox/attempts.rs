//! Workers of jobs that start at the same run: who executes it, who waits, and who leaves it alone. The jobs of these
//! tests are started by hand, with the variables that Slurm sets.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::kit::{Background, Line, Tool, World, wait_until};
use crate::scripted::cluster;

/// Says that it has begun, counts TERM, and ends when it is let go, or soon after a TERM.
const PATIENT: &str = r#"import os, signal, time
name = os.environ["NEU_ATTEMPT"]
end = [float("inf")]
def count(number, frame):
    with open("terms." + name, "a") as terms:
        terms.write("TERM\n")
    end[0] = min(end[0], time.monotonic() + 0.7)
signal.signal(signal.SIGTERM, count)
with open("began.new", "w") as began:
    began.write(str(os.getpid()))
os.rename("began.new", "began." + name)
while time.monotonic() < end[0] and not os.path.exists("go." + name):
    time.sleep(0.01)
raise SystemExit(os.path.exists("fail." + name))
"#;

/// A launch of one run that was handed to a Slurm which does nothing.
fn launched() -> World {
    let world = cluster();
    world.file("patient.py", PATIENT);
    world.neurun("slurm cpu patient.py").succeeded();
    world
}

/// The worker of a task: its job, its node, and how often Slurm has started it before.
fn worker(world: &World, job: u32, node: &str, restarts: u32) -> Line {
    worker_of(world, 1, job, node, restarts)
}

fn worker_of(world: &World, launch: u32, job: u32, node: &str, restarts: u32) -> Line {
    worker_of_submission(world, (launch, 0), job, node, restarts)
}

/// The worker of a task of a launch's submission: each retry is another one.
fn worker_of_submission(
    world: &World,
    (launch, submission): (u32, usize),
    job: u32,
    node: &str,
    restarts: u32,
) -> Line {
    let launch = world.store().join(format!("launches/{launch}"));
    let record = fs::read_to_string(launch.join("submissions.jsonl")).unwrap();
    let events = record.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut chunks = events.map(|event| event["event"]["intent"]["chunk"].clone()).filter(Value::is_object);
    let chunk = chunks.nth(submission).unwrap();
    let (key, attempt) = (chunk["key"].as_str().unwrap(), chunk["attempt"].to_string());
    let mut words: Vec<String> = vec!["worker".into(), launch.to_str().unwrap().into()];
    words.extend(
        ["--key", key, "--runs", "0", "--base", "0", "--attempt", &attempt, "--setting", "job"]
            .map(Into::into),
    );
    let line = world.tool(Tool::Neu, words).env("SLURM_JOB_ID", job.to_string()).env("SLURMD_NODENAME", node);
    line.env("SLURM_RESTART_COUNT", restarts.to_string()).env("NEU_FENCE", "6")
}

fn until_it_began(world: &World, attempt: u32) -> Pid {
    let file = world.path(format!("began.{attempt}"));
    wait_until(&format!("attempt {attempt} began"), || file.exists());
    Pid::from_raw(fs::read_to_string(file).unwrap().parse().unwrap())
}

fn let_go(world: &World, attempt: u32) {
    world.file(format!("go.{attempt}"), "");
}

fn records(world: &World, kind: &str) -> Vec<Value> {
    records_of(world, 1, kind)
}

fn records_of(world: &World, launch: u32, kind: &str) -> Vec<Value> {
    let files = fs::read_dir(world.store().join(format!("launches/{launch}/events"))).unwrap();
    let text: String = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let records = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    records.map(|record| record["event"][kind].clone()).filter(|event| !event.is_null()).collect()
}

fn terms(world: &World, attempt: u32) -> String {
    fs::read_to_string(world.path(format!("terms.{attempt}"))).unwrap_or_default()
}

#[test]
fn an_attempt_after_one_that_ended_executes_at_once() {
    let world = launched();
    for (restarts, node) in [(0, "n1"), (1, "n2"), (5, "n3")] {
        let_go(&world, restarts + 1);
        worker(&world, 9, node, restarts).run().succeeded();
    }
    assert_eq!(records(&world, "ended").len(), 3);
    assert!(records(&world, "fenced").is_empty());
    assert_eq!(world.log("1.0"), "");
}

#[test]
fn one_of_many_workers_at_the_same_attempt_executes() {
    let world = launched();
    let_go(&world, 1);
    let workers: Vec<Background> = (0..8).map(|job| worker(&world, 10 + job, "n1", 0).spawn()).collect();
    let codes: Vec<i32> = workers.into_iter().map(|mut worker| worker.wait().code).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(records(&world, "started").len(), 1);
    assert_eq!(records(&world, "refused").len(), 7);
}

#[test]
fn another_task_leaves_a_run_alone_that_may_still_execute() {
    let world = launched();
    let mut first = worker(&world, 9, "n1", 0).spawn();
    let program = until_it_began(&world, 1);
    for node in ["n1", "n2"] {
        worker(&world, 10, node, 1).run().exited(1);
    }
    let refused = records(&world, "refused");
    assert_eq!(refused.len(), 2);
    assert_eq!(
        refused[0]["reason"],
        "attempt 1 (on n1, job 9) has not ended, and this is not a restart of it: it may still run"
    );
    kill(program, None).unwrap();
    let_go(&world, 1);
    first.wait().succeeded();
    assert_eq!(terms(&world, 1), "");
    assert!(!world.store().join("launches/1/logs/0.2.out").exists());
}

#[test]
fn a_restart_on_the_same_node_ends_what_is_left_there() {
    let world = launched();
    let first = worker(&world, 9, "n1", 0).spawn();
    let program = until_it_began(&world, 1);
    let mut second = worker(&world, 9, "n1", 1).spawn();
    until_it_began(&world, 2);
    assert!(kill(program, None).is_err(), "both run");
    let_go(&world, 2);
    second.wait().succeeded();
    assert_eq!(terms(&world, 1), "TERM\n");
    assert!(records(&world, "fenced").is_empty());
    drop(first);
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn a_restart_elsewhere_waits_until_the_first_has_seen_it() {
    let world = launched();
    let mut first = worker(&world, 9, "n1", 0).spawn();
    let program = until_it_began(&world, 1);
    let began = Instant::now();
    let mut second = worker(&world, 9, "n2", 1).spawn();
    wait_until("the second waits", || !records(&world, "fenced").is_empty());
    until_it_began(&world, 2);
    assert!(began.elapsed() < Duration::from_secs(6), "the word of the first ends the fence");
    assert!(kill(program, None).is_err(), "both run");
    first.wait().exited(1);
    let_go(&world, 2);
    second.wait().succeeded();
    assert_eq!(records(&world, "superseded"), [serde_json::json!({"run": 0, "attempt": 1, "by": 2})]);
    assert_eq!(terms(&world, 1), "TERM\n");
    let fenced = &records(&world, "fenced")[0];
    assert_eq!((&fenced["place"], &fenced["node"]), (&"on n1, job 9".into(), &"n2".into()));
    assert_eq!(world.states("1"), ["succeeded"]);
}

#[test]
fn a_restart_waits_the_whole_fence_for_a_node_that_says_nothing() {
    let world = launched();
    let first = worker(&world, 9, "n1", 0).spawn();
    let program = until_it_began(&world, 1);
    let workers = records(&world, "worker");
    // Frozen, like a virtual machine: nothing there can see its successor.
    world
        .bash(&format!("kill -STOP {} $(ps -o pid= --ppid {0}) {program}", workers[0]["process"]["pid"]))
        .succeeded();
    let mut second = worker(&world, 9, "n2", 1).env("NEU_FENCE", "1").spawn();
    wait_until("the second waits", || !records(&world, "fenced").is_empty());
    until_it_began(&world, 2);
    let times: Vec<jiff::Timestamp> = ["fenced", "started"].map(|kind| time_of(&world, kind, 2)).into();
    assert!(times[1].duration_since(times[0]).as_millis() >= 900, "{times:?}");
    let_go(&world, 2);
    second.wait().succeeded();
    drop(first);
}

fn time_of(world: &World, kind: &str, attempt: u32) -> jiff::Timestamp {
    let files = fs::read_dir(world.store().join("launches/1/events")).unwrap();
    let text: String = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let mut records = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let record = records.find(|record| record["event"][kind]["attempt"] == attempt).unwrap();
    record["time"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_stop_within_the_fence_executes_nothing_and_the_next_attempt_waits_again() {
    let world = launched();
    let mut first = worker(&world, 9, "n1", 0).env("NEU_FENCE", "600").spawn();
    until_it_began(&world, 1);
    let mut second = worker(&world, 9, "n2", 1).env("NEU_FENCE", "600").spawn();
    wait_until("the second waits", || !records(&world, "fenced").is_empty());
    second.signal(Signal::SIGTERM);
    second.wait().exited(1);
    assert!(!world.path("began.2").exists());
    let ended = &records(&world, "ended")[0];
    assert_eq!((&ended["attempt"], &ended["stopped"]), (&2.into(), &true.into()));
    let mut third = worker(&world, 9, "n3", 2).env("NEU_FENCE", "600").spawn();
    wait_until("the third waits", || records(&world, "fenced").len() == 2);
    assert_eq!(records(&world, "fenced")[1]["earlier"], 1);
    let_go(&world, 1);
    first.wait().succeeded();
    until_it_began(&world, 3);
    let_go(&world, 3);
    third.wait().succeeded();
}

#[test]
fn an_attempt_that_comes_after_its_successor_leaves_the_run_alone() {
    let world = launched();
    let_go(&world, 3);
    worker(&world, 9, "n1", 2).run().succeeded();
    worker(&world, 9, "n1", 0).run().exited(1);
    assert_eq!(records(&world, "refused")[0]["reason"], "attempt 3 has begun already");
    assert!(!world.path("began.1").exists());
}

/// A world whose first attempt has ended, and whose second was killed between its claim and its first word.
fn with_a_log_without_a_word() -> World {
    let world = launched();
    let_go(&world, 1);
    world.file("fail.1", "");
    worker(&world, 9, "n1", 0).run().exited(1);
    fs::write(world.store().join("launches/1/logs/0.2.out"), "").unwrap();
    world
}

#[test]
fn a_log_without_a_word_is_waited_for_by_a_restart_and_left_alone_by_others() {
    let world = with_a_log_without_a_word();
    let_go(&world, 3);
    worker(&world, 9, "n3", 2).env("NEU_FENCE", "1").run().succeeded();
    let fenced = records(&world, "fenced");
    assert_eq!((fenced.len(), &fenced[0]["earlier"]), (1, &2.into()));
    let world = with_a_log_without_a_word();
    worker(&world, 10, "n3", 2).run().exited(1);
    assert_eq!(records(&world, "refused")[0]["attempt"], 3);
}

#[test]
fn what_was_concluded_is_waited_for_by_whoever_comes() {
    let world = with_a_log_without_a_word();
    let concluded = r#"{"run":0,"attempt":2,"state":"lost","cause":"nothing is known of it"}"#;
    let record = format!(r#"{{"time":"2026-11-01T00:00:00Z","event":{{"concluded":{concluded}}}}}"#);
    fs::write(world.store().join("launches/1/events/desk-boot.jsonl"), format!("\n{record}\n")).unwrap();
    let_go(&world, 3);
    worker(&world, 10, "n3", 2).env("NEU_FENCE", "1").run().succeeded();
    assert_eq!(records(&world, "fenced").len(), 1);
}

#[test]
fn logs_that_were_removed_do_not_keep_a_run_from_its_execution() {
    let world = launched();
    fs::remove_dir_all(world.store().join("launches/1/logs")).unwrap();
    let_go(&world, 1);
    worker(&world, 9, "n1", 0).run().succeeded();
    assert_eq!(world.states("1"), ["succeeded"]);
}

#[test]
fn a_program_sees_one_term_whether_all_or_the_batch_process_alone_got_it() {
    for kills_all in [true, false] {
        let world = launched();
        let mut batch = worker(&world, 9, "n1", 0).spawn();
        let program = until_it_began(&world, 1);
        let first_half = &records(&world, "worker")[0]["process"]["pid"];
        let others =
            if kills_all { format!("$(ps -o pid= --ppid {first_half}) {program}") } else { String::new() };
        world.bash(&format!("kill -TERM {others} {first_half}")).succeeded();
        batch.wait();
        assert_eq!(terms(&world, 1), "TERM\n", "all: {kills_all}");
        assert_eq!(records(&world, "interrupted").len(), 1);
        assert!(world.survivors().is_empty());
    }
}

#[test]
fn the_child_of_a_program_that_dies_first_of_a_term_to_all_sees_one() {
    let world = launched();
    world.file("parent.sh", "python patient.py; true");
    world.neurun("slurm cpu parent.sh").succeeded();
    let mut batch = worker_of(&world, 2, 9, "n1", 0).spawn();
    let child = until_it_began(&world, 1);
    let first_half = &records_of(&world, 2, "worker")[0]["process"]["pid"];
    let parent = format!("$(ps -o ppid= -p {child})");
    let halves = format!("$(ps -o pid= --ppid {first_half}) {first_half}");
    world
        .bash(&format!("all=\"{child} {halves}\"; kill -TERM {parent}; sleep 0.1; kill -TERM $all"))
        .succeeded();
    batch.wait();
    assert_eq!(terms(&world, 1), "TERM\n");
    assert!(world.survivors().is_empty());
    let ended = &records_of(&world, 2, "ended")[0];
    assert_eq!((&ended["exit"]["signal"], &ended["stopped"]), (&15.into(), &true.into()));
}

#[test]
fn a_worker_without_its_job_s_variables_says_so() {
    let world = launched();
    let outcome = worker(&world, 9, "n1", 0).without_env("SLURM_JOB_ID").run().exited(2);
    assert!(outcome.stderr.contains("SLURM_JOB_ID"), "{}", outcome.stderr);
    let outcome = worker(&world, 9, "n1", 0).env("NEU_FENCE", "long").run().exited(2);
    assert!(outcome.stderr.contains("NEU_FENCE"), "{}", outcome.stderr);
    assert!(records(&world, "worker").is_empty());
}

/// Has a Slurm that knows no job at all, not even when its controller is asked, and waits until the run is lost for it.
fn until_it_is_lost(world: &World) {
    world.fake("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1");
    wait_until("the run is lost", || world.states("1") == ["lost"]);
}

#[test]
fn a_job_that_was_taken_for_lost_leaves_its_run_to_the_retry() {
    let world = launched();
    until_it_is_lost(&world);
    world.neu("retry 1").succeeded();
    for attempt in [1, 2] {
        let_go(&world, attempt);
    }
    worker(&world, 9, "n1", 0).run().exited(1);
    assert_eq!(records(&world, "refused")[0]["reason"], "attempt 2 was asked for since");
    worker_of_submission(&world, (1, 1), 10, "n2", 0).run().succeeded();
    assert!(!world.path("began.1").exists() && world.path("began.2").exists());
    assert_eq!(world.states("1"), ["succeeded"]);
}

#[test]
fn a_run_that_succeeded_while_it_was_taken_for_lost_is_not_executed_again() {
    let world = launched();
    let_go(&world, 1);
    worker(&world, 9, "n1", 0).run().succeeded();
    // Its record is still on its way through a network file system.
    let (events, aside) = (world.store().join("launches/1/events"), world.root().join("on-its-way"));
    world.bash(&format!("mkdir {0} && mv {1}/* {0}", aside.display(), events.display())).succeeded();
    until_it_is_lost(&world);
    world.neu("retry 1").succeeded();
    world.bash(&format!("mv {}/n1-* {}", aside.display(), events.display())).succeeded();
    let shows_success = |world: &World| {
        assert_eq!(world.states("1"), ["succeeded"]);
        let shown = world.neu("show 1.0").succeeded().stdout;
        let cause = "attempt 2 was asked for before that was known, and executes nothing";
        assert!(shown.contains(cause), "{shown}");
    };
    shows_success(&world);
    let_go(&world, 2);
    worker_of_submission(&world, (1, 1), 10, "n2", 0).run().exited(1);
    assert_eq!(records(&world, "refused")[0]["reason"], "attempt 1 (on n1, job 9) has succeeded");
    assert!(!world.path("began.2").exists());
    shows_success(&world);
}
