//! `neu logs`: attempts, several runs, and schedulers that do not answer.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::kit::{Background, Tool, World, wait_until};
use crate::local_world;

#[test]
fn one_attempt_is_printed_and_a_missing_one_is_said() {
    let world = local_world();
    world.file("t.sh", "echo hello");
    world.neurun("--runs=2 local cpu t.sh").succeeded();
    assert_eq!(world.neu("logs 1.0 --attempt=1").succeeded().stdout, "hello\n");
    let missing = world.neu("logs 1.0 --attempt=2").exited(2);
    assert!(missing.stderr.contains("1.0 has no attempt 2"), "{}", missing.stderr);
    // A second attempt as its worker would have left it.
    fs::write(world.store().join("launches/1/logs/1.2.out"), "again\n").unwrap();
    let both = world.neu("logs 1 --attempt=2").succeeded();
    assert_eq!(both.stdout, "==> 1.1 attempt 2 <==\nagain\n");
    assert!(both.stderr.contains("1.0 has no attempt 2"), "{}", both.stderr);
    let json = world.neu("logs 1 --attempt=2 --json").succeeded().json();
    assert_eq!(json["logs"][0]["log"], serde_json::Value::Null);
    assert!(json["logs"][1]["log"].as_str().unwrap().ends_with("1.2.out"));
    assert_eq!(world.neu("logs 1 --attempt=2 -q").succeeded().stdout, "1.1\n");
    assert_eq!(world.neu("logs 1 --quiet").succeeded().stdout, "1.0\n1.1\n");
    world.neu("logs 1 --attempt=0").exited(2);
}

#[test]
fn several_runs_are_followed_with_their_ids_before_each_line() {
    let world = local_world();
    world.file("t.sh", "echo one; echo; printf end");
    world.neurun("--runs=2 local cpu t.sh").succeeded();
    let followed = world.neu("logs -f 1").succeeded().stdout;
    assert_eq!(followed, "1.0 | one\n1.0 | \n1.1 | one\n1.1 | \n1.0 | end\n1.1 | end\n");
    assert_eq!(world.neu("logs -f 1.1").succeeded().stdout, "one\n\nend");
}

/// A run whose worker lives: its journal and logs are written by hand.
fn requeued(world: &World) -> (PathBuf, Background) {
    world.file("t.sh", "echo one; while ! [[ -e go ]]; do sleep 0.01; done");
    let running = world.tool(Tool::Neurun, ["-q", "local", "cpu", "t.sh"]).spawn();
    wait_until("the run has begun", || world.neu("logs 1.0").stdout == "one\n");
    let launch = world.store().join("launches/1");
    (launch, running)
}

/// Writes that an attempt at run 0 started, as a worker does.
fn start(launch: &Path, attempt: u32) {
    let journal = fs::read_dir(launch.join("events")).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&journal).unwrap();
    let started = text.lines().find(|line| line.contains("\"started\"")).unwrap();
    let next = started.replace("\"attempt\":1", &format!("\"attempt\":{attempt}"));
    let mut file = fs::File::options().append(true).open(journal).unwrap();
    file.write_all(format!("\n{next}\n").as_bytes()).unwrap();
}

#[test]
fn every_attempt_is_followed_in_order_and_no_end_is_lost() {
    let world = local_world();
    let (launch, running) = requeued(&world);
    let log = |attempt: u32| launch.join(format!("logs/0.{attempt}.out"));
    let seen = world.root().join("seen");
    let script = format!("exec {} logs -f 1.0 > {}", Tool::Neu.path(), seen.display());
    let mut following = world.command("bash", ["-c", &script]).spawn();
    let mut first = world.tool(Tool::Neu, ["logs", "-f", "1.0", "--attempt", "1"]).spawn();
    let shows = |text: &str| wait_until(text, || fs::read_to_string(&seen).is_ok_and(|seen| seen == text));
    shows("one\n");
    // Attempts 2 and 3 come within one look at the journal, and the first goes on.
    fs::write(log(2), "two").unwrap();
    fs::write(log(3), "three\n").unwrap();
    fs::File::options().append(true).open(log(1)).unwrap().write_all(b"end of one\n").unwrap();
    start(&launch, 3);
    shows("one\nend of one\ntwothree\n");
    assert_eq!(first.wait().succeeded().stdout, "one\nend of one\n");
    fs::File::options().append(true).open(log(2)).unwrap().write_all(b"late").unwrap();
    assert!(!following.is_over());
    running.signal(nix::sys::signal::Signal::SIGKILL);
    let said = following.wait().succeeded().stderr;
    assert_eq!(fs::read_to_string(&seen).unwrap(), "one\nend of one\ntwothree\nlate");
    assert_eq!(
        said,
        "==> 1.0 attempt 2 <==\n==> 1.0 attempt 3 <==\n==> 1.0 attempt 2, which went on meanwhile <==\n"
    );
}

#[test]
fn a_log_that_is_gone_is_told_from_one_that_has_not_begun() {
    let world = local_world();
    world.file("t.sh", "echo hello; exit 3");
    world.neurun("--runs=2 local cpu t.sh").exited(1);
    fs::remove_dir_all(world.store().join("launches/1/logs")).unwrap();
    insta::assert_snapshot!(world.tidy(&world.neu("logs 1.1").succeeded().stderr), @"the log of 1.1, `[WORLD]/project/.neu/launches/1/logs/1.1.out`, is gone; it is failed: exit code 3");
    insta::assert_snapshot!(world.tidy(&world.neu("logs 1").succeeded().stderr), @"the log of 1.0, `[WORLD]/project/.neu/launches/1/logs/0.1.out`, and those of the others are gone; they are failed: exit code 3");
}
