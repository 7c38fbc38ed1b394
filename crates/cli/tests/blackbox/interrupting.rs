//! What a command says that is interrupted while it hands runs over, and that what it says completes it.

use std::fs;

use nix::sys::signal::Signal;

use crate::kit::{Background, Outcome, Tool, World, wait_until};
use crate::resuming::{arrays, cluster, queue, sbatch, started};

const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// Has the sbatch of the `nth` job wait, having written its pid, until it is killed.
fn stay_at(world: &World, nth: u32) {
    let id = 100 + nth;
    sbatch(world, &format!("[ $id = {id} ] && {{ echo $$ >../waiting; exec sleep 100; }}; take; echo $id"));
}

/// Interrupts a client in its sbatch, ends that, and lets the next ones through.
fn interrupted(world: &World, client: &mut Background, signal: Signal) -> Outcome {
    let waiting = world.root().join("waiting");
    wait_until("sbatch waits", || fs::read_to_string(&waiting).is_ok_and(|pid| pid.ends_with('\n')));
    client.signal(signal);
    let outcome = client.wait();
    let pid = fs::read_to_string(&waiting).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    fs::remove_file(&waiting).unwrap();
    sbatch(world, "take; echo $id");
    outcome
}

#[test]
fn a_submission_says_how_far_it_was_and_what_completes_it() {
    for (signal, handed) in SIGNALS.into_iter().zip([0, 5, 10]) {
        let world = cluster();
        stay_at(&world, handed / 5);
        let outcome = interrupted(&world, &mut started(&world), signal).exited(130);
        let words = format!(
            "interrupted: launch 1 is written, {handed} of 12 runs are handed over: `neu resume 1` completes it"
        );
        assert!(outcome.stderr.contains(&words), "{outcome:?}");
        world.neu("resume 1").succeeded();
        assert_eq!(arrays(&world), ["0-4", "0-4", "0-1"], "{:?}", queue(&world));
    }
}

#[test]
fn before_anything_is_written_it_says_that() {
    for signal in SIGNALS {
        let world = cluster();
        world.fake("scontrol", "touch ../asked; exec sleep 100");
        let mut client = started(&world);
        wait_until("the limits are asked for", || world.root().join("asked").exists());
        client.signal(signal);
        let outcome = client.wait().exited(130);
        assert!(outcome.stderr.contains("before anything was written or submitted"), "{outcome:?}");
        assert!(!world.store().join("launches").exists());
    }
}

#[test]
fn so_do_a_resumption_and_a_wait_that_feed_the_queue() {
    for verb in ["resume", "wait"] {
        let world = cluster();
        stay_at(&world, 1);
        interrupted(&world, &mut started(&world), Signal::SIGTERM).exited(130);
        stay_at(&world, 2);
        let mut client = world.tool(Tool::Neu, [verb, "1"]).spawn();
        let outcome = interrupted(&world, &mut client, Signal::SIGINT).exited(130);
        assert!(outcome.stderr.contains("10 of 12 runs are handed over: `neu resume 1`"), "{outcome:?}");
        world.neu("resume 1").succeeded();
        assert_eq!(arrays(&world), ["0-4", "0-4", "0-1"], "{:?}", queue(&world));
    }
}

#[test]
fn a_signal_that_comes_when_nothing_is_handed_over_ends_a_wait_as_ever() {
    let world = cluster();
    started(&world).wait().succeeded();
    let mut client = world.tool(Tool::Neu, ["wait", "1"]).spawn();
    wait_until("squeue was asked", || world.calls().lines().any(|call| call.starts_with("squeue")));
    client.signal(Signal::SIGINT);
    let outcome = client.wait();
    assert_ne!(outcome.code, 0);
    assert!(!outcome.stderr.contains("interrupted"), "{outcome:?}");
}
