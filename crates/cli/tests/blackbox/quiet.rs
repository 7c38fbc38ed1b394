//! `-q`: ids for other commands to read, and nothing beside them but what went wrong.

use crate::kit::{Outcome, World};
use crate::{local_world, scripted};

/// What a command printed: results, and messages.
fn said(outcome: &Outcome) -> (&str, &str) {
    (&outcome.stdout, &outcome.stderr)
}

/// Runs that fail at their first attempt, and print something.
fn failed(runs: u32) -> World {
    let world = local_world();
    world.file("t.sh", "echo seen; [ $NEU_ATTEMPT = 2 ] || [ -e fixed ]");
    world.neurun(&format!("--runs={runs} local cpu t.sh")).exited(1);
    world
}

#[test]
fn what_slurm_takes_is_one_id() {
    let world = scripted::cluster();
    assert_eq!(said(&world.neurun("-q slurm cpu argv.py").succeeded()), ("1\n", ""));
    assert_eq!(said(&world.neusweep("-q neurun slurm cpu argv.py").succeeded()), ("2\n", ""));
    assert_eq!(said(&world.neu("rerun -q 2.1-3").succeeded()), ("3\n", ""));
    assert_eq!(said(&world.neu("rerun -q 1 2").succeeded()), ("4\n5\n", ""));
    world.fake("sbatch", "echo 'sbatch: error: Invalid qos specification' >&2; exit 1");
    let refused = world.neu("rerun -q 1").exited(3);
    assert_eq!(refused.stdout, "", "nothing of it is anywhere");
    assert!(refused.stderr.contains("Invalid qos"), "{}", refused.stderr);
}

#[test]
fn a_launch_here_prints_what_its_runs_print() {
    let world = local_world();
    world.file("t.sh", "echo seen");
    assert_eq!(said(&world.neurun("-q --runs=2 local cpu t.sh").succeeded()), ("seen\nseen\n", ""));
}

#[test]
fn a_retry_here_prints_the_ids_of_its_runs() {
    let world = failed(2);
    assert_eq!(said(&world.neu("retry -q 1").succeeded()), ("1.0\n1.1\n", ""));
    assert_eq!(world.log("1.1"), "seen\n", "what they print is in their logs");
}

#[test]
fn a_rerun_here_prints_the_ids_of_its_launches() {
    let world = failed(2);
    world.file("fixed", "");
    assert_eq!(said(&world.neu("rerun -q 1").succeeded()), ("2\n", ""));
    assert_eq!(said(&world.neu("rerun -q 1 2.0").succeeded()), ("3\n4\n", ""));
    assert_eq!(world.log("4.0"), "seen\n");
    assert_eq!(said(&world.neu("rerun -q --detach 1").succeeded()), ("5\n", ""));
    world.neu("rerun -q --stream 1").exited(2);
    assert_eq!(world.neu("ls -q").succeeded().stdout, "1\n2\n3\n4\n5\n");
}

#[test]
fn failures_are_told_beside_the_ids_with_the_last_words_of_the_program() {
    let world = failed(2);
    let several = world.neu("rerun -q 1").exited(1);
    assert_eq!(said(&several), ("2\n", "launch 2: 2 failed\n2.0-1 failed: exit code 1\n  | seen\n"));
    let one = world.neu("rerun -q 1.0").exited(1);
    assert_eq!(said(&one), ("3\n", "3.0 failed: exit code 1\n  | seen\n"));
}

#[test]
fn what_goes_on_here_is_told_by_the_ids_of_its_runs() {
    let world = local_world();
    world.file("t.sh", "echo seen; [ -e fixed ] || kill -9 $PPID; sleep 0.1");
    world.neurun("--runs=2 local cpu t.sh");
    world.file("fixed", "");
    let resumed = world.neu("resume -q 1").succeeded();
    assert_eq!(said(&resumed), ("1.0\n1.1\n", ""));
}
