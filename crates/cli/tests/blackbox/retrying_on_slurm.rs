//! `neu retry` on Slurm: what is written down before anything is handed over, and who goes on with it. The Slurm is a
//! queue in a file.

use std::fs;
use std::path::PathBuf;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::kit::{Background, Tool, World, wait_until};
use crate::resuming::{arrays, cluster, queue, sbatch, started};

/// Twelve runs that Slurm refused for good; whatever is asked for now, it takes.
fn failed() -> World {
    let world = cluster();
    sbatch(&world, "echo 'sbatch: error: Invalid qos specification' >&2; exit 1");
    started(&world).wait().exited(3);
    assert_eq!(world.states("1"), ["failed"; 12]);
    sbatch(&world, "take; echo $id");
    world
}

fn record(world: &World) -> PathBuf {
    world.store().join("launches/1/submissions.jsonl")
}

fn retry(world: &World) -> Background {
    world.tool(Tool::Neu, ["retry", "1", "--with", "mem=7G"]).spawn()
}

/// Every run was handed over once, as the second attempt, with what the retry asked for.
fn is_retried_once(world: &World) {
    assert_eq!(arrays(world), ["0-4", "0-4", "0-1"], "{:?}", queue(world));
    for job in [100, 101, 102] {
        let command = fs::read_to_string(world.root().join(format!("command.{job}"))).unwrap();
        assert!(command.contains("--attempt 2"), "{command}");
    }
    let with_memory = world.calls().lines().filter(|call| call.contains("--mem=7G")).count();
    assert!(with_memory >= 3, "{}", world.calls());
    let again = world.neu("resume 1").succeeded();
    assert_eq!(again.stderr, "launch 1: nothing was missing\n");
    assert_eq!(queue(world).len(), 3);
    assert!(!world.states("1").contains(&"failed".to_owned()));
}

/// Two arrays fit.
const FULL: &str =
    "[ $id -ge 102 ] && { echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2; exit 1; }; take; echo $id";

#[test]
fn what_the_queue_has_no_room_for_is_handed_over_by_whoever_acts_later() {
    for later in ["resume 1", "resume", "wait 1 --timeout 1s", "retry 1"] {
        let world = failed();
        sbatch(&world, FULL);
        let outcome = retry(&world).wait().succeeded();
        assert!(outcome.stderr.contains("2 of 12 runs are not in the queue yet"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("`neu wait 1` hands over the rest"), "{}", outcome.stderr);
        for view in ["status", "status 1", "show 1"] {
            let shown = world.neu(view).succeeded();
            let words = "2 runs of the retry of launch 1 are not handed over yet: neu resume 1";
            assert!(shown.stderr.contains(words), "{view}: {}", shown.stderr);
        }
        let states = world.states("1");
        assert_eq!((&*states[9], &*states[10], &*states[11]), ("pending", "waiting", "waiting"));
        sbatch(&world, "take; echo $id");
        world.neu(later);
        is_retried_once(&world);
    }
}

#[test]
fn killed_at_any_step_a_retry_is_completed_once() {
    // Before a job is taken, and after; in the first array and in a later one.
    for script in [
        "echo $$ >../waiting; exec sleep 100",
        "take; echo $$ >../waiting; exec sleep 100",
        "[ $id = 101 ] && { echo $$ >../waiting; exec sleep 100; }; take; echo $id",
        "take; [ $id = 101 ] && { echo $$ >../waiting; exec sleep 100; }; echo $id",
    ] {
        let world = failed();
        sbatch(&world, script);
        let mut client = retry(&world);
        let waiting = world.root().join("waiting");
        wait_until("sbatch waits", || fs::read_to_string(&waiting).is_ok_and(|pid| pid.ends_with('\n')));
        client.signal(Signal::SIGKILL);
        client.wait();
        let pid = fs::read_to_string(&waiting).unwrap().trim().parse().unwrap();
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        sbatch(&world, "take; echo $id");
        world.neu("resume 1").succeeded();
        is_retried_once(&world);
    }
}

#[test]
fn killed_after_each_record_a_retry_is_completed_once() {
    let whole = failed();
    let before = fs::read_to_string(record(&whole)).unwrap();
    retry(&whole).wait().succeeded();
    let text = fs::read_to_string(record(&whole)).unwrap();
    let lines: Vec<&str> = text[before.len()..].lines().filter(|line| !line.is_empty()).collect();
    assert!(lines[0].contains("\"retry\"") && lines.len() == 7, "{lines:?}");
    // A record is cut after each of its lines, with the jobs that were there then, and in the middle of the next.
    for (kept, line) in lines.iter().enumerate().skip(1) {
        for torn in [0, line.len() / 2] {
            let answered = lines[..kept].iter().filter(|line| line.contains("accepted")).count();
            let jobs: Vec<String> = queue(&whole).into_iter().take(answered).collect();
            fs::write(
                record(&whole),
                format!("{before}\n{}\n\n{}", lines[..kept].join("\n\n"), &line[..torn]),
            )
            .unwrap();
            fs::write(
                whole.root().join("queue"),
                jobs.iter().map(|job| format!("{job}\n")).collect::<String>(),
            )
            .unwrap();
            whole.neu("resume 1").succeeded();
            is_retried_once(&whole);
        }
    }
}

#[test]
fn a_retry_that_is_not_handed_over_yet_is_withdrawn_by_cancel() {
    let world = failed();
    sbatch(&world, FULL);
    retry(&world).wait().succeeded();
    let outcome = world.neu("cancel 1.10-11").succeeded();
    assert!(outcome.stderr.contains("2 runs stopped (10-11)"), "{}", outcome.stderr);
    sbatch(&world, "take; echo $id");
    let resumed = world.neu("resume 1").succeeded();
    assert_eq!(resumed.stderr, "launch 1: nothing was missing\n");
    assert_eq!(arrays(&world), ["0-4", "0-4"]);
    // Whoever wants them after all says so.
    world.neu("retry 1.10-11").succeeded();
    assert_eq!(arrays(&world), ["0-4", "0-4", "0-1"]);
}

#[test]
fn who_interrupts_a_retry_reads_what_completes_it() {
    let world = failed();
    sbatch(&world, "[ $id = 101 ] && { echo $$ >../waiting; exec sleep 100; }; take; echo $id");
    let mut client = retry(&world);
    let waiting = world.root().join("waiting");
    wait_until("sbatch waits", || fs::read_to_string(&waiting).is_ok_and(|pid| pid.ends_with('\n')));
    client.signal(Signal::SIGINT);
    let outcome = client.wait().exited(130);
    let words = "the retry of launch 1 is written, 5 of 12 runs are handed over: `neu resume 1` completes it";
    assert!(outcome.stderr.contains(words), "{outcome:?}");
    let pid = fs::read_to_string(&waiting).unwrap().trim().parse().unwrap();
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    sbatch(&world, "take; echo $id");
    world.neu("resume 1").succeeded();
    is_retried_once(&world);
}
