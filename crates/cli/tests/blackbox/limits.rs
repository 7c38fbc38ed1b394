//! Time, memory and processors of runs on this machine.

use std::collections::BTreeSet;
use std::fs;

use nix::sys::signal::Signal;

use crate::kit::{Tool, World, wait_until};
use crate::local_world;

/// Goes on until it is told to end, writes down what it was told, and obeys unless it is `deaf`.
const PATIENT: &str = "
import os, signal, sys, time
def told(number, frame):
    open('signals', 'a').write(signal.Signals(number).name + '\\n')
    if 'deaf' not in sys.argv: sys.exit(int(sys.argv[1]))
for s in (signal.SIGINT, signal.SIGTERM): signal.signal(s, told)
open('ready', 'w')
while True: time.sleep(0.02)
";

/// Takes as many megabytes as it is told, and keeps them.
const HUNGRY: &str = "
import sys, time
held = bytearray(int(sys.argv[1]) << 20)
for i in range(0, len(held), 4096): held[i] = 1
time.sleep(float(sys.argv[2]))
";

/// How often several launches choose at once.
const ROUNDS: usize = 20;

fn world() -> World {
    let world = local_world();
    world.file("patient.py", PATIENT);
    world.file("hungry.py", HUNGRY);
    world
}

fn cause(world: &World, run: usize) -> String {
    let status = world.status("1");
    status["runs"][run]["cause"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_run_that_takes_too_long_is_told_to_end_and_the_next_one_starts() {
    let world = world();
    world.file("t.sh", "[[ $NEU_RUN = 0 ]] && exec python patient.py 143; exit 0");
    let outcome = world.neurun("--runs=2 local cpu --time=0:01 t.sh").exited(1);
    assert_eq!(world.states("1"), ["timed-out", "succeeded"]);
    assert_eq!(fs::read_to_string(world.path("signals")).unwrap(), "SIGTERM\n");
    insta::assert_snapshot!(world.tidy(&outcome.stderr), @"
    launch 1: 2 runs of t on local/cpu
    ==> 1.0
    ==> 1.1
    launch 1: 1 succeeded, 1 timed-out
    1.0 timed-out: ran longer than its `time` of 0:01; exit code 143
    ");
    let shown = world.neu("show 1.0").succeeded();
    let asked: Vec<&str> =
        shown.stdout.lines().filter(|line| line.contains("--time")).map(str::trim).collect();
    insta::assert_snapshot!(asked.join("\n"), @"asked       --time=0:01");
}

#[test]
fn a_run_that_ends_well_when_its_time_is_over_has_not_succeeded() {
    let world = world();
    let outcome = world.neurun("local cpu --time=0:01 patient.py 0").exited(1);
    assert_eq!(world.states("1"), ["timed-out"]);
    insta::assert_snapshot!(world.tidy(&outcome.stderr), @"
    launch 1: 1 run of patient on local/cpu
    1.0 timed-out: ran longer than its `time` of 0:01; exit code 0
    ");
}

#[test]
fn what_does_not_end_is_killed_with_all_below_it() {
    let world = world();
    // A child of its own session, whose parent is gone, and which hears nothing.
    world.file("t.sh", "(setsid bash -c \"trap '' TERM; touch child; while :; do sleep 0.1; done\" &)\nexec python patient.py 0 deaf");
    world.neurun("local cpu --time=0:01 t.sh").exited(137);
    assert!(world.path("child").exists());
    assert_eq!(cause(&world, 0), "ran longer than its `time` of 0:01; ended by SIGKILL");
    assert_eq!(fs::read_to_string(world.path("signals")).unwrap(), "SIGTERM\n");
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn ctrl_c_while_a_run_ends_for_its_time_stops_the_others_and_leaves_it_alone() {
    let world = world();
    let mut running =
        world.tool(Tool::Neurun, "--runs=2 local cpu --time=0:01 patient.py 0 deaf".split(' ')).spawn();
    let signals = || fs::read_to_string(world.path("signals")).unwrap_or_default();
    wait_until("its time is over", || !signals().is_empty());
    running.signal(Signal::SIGINT);
    let journal = || world.bash("cat .neu/launches/1/events/*").stdout;
    wait_until("the stop is known", || journal().contains("interrupted"));
    assert!(!running.is_over());
    running.signal(Signal::SIGINT);
    running.wait().exited(130);
    assert_eq!(signals(), "SIGTERM\n");
    assert_eq!(world.states("1"), ["timed-out", "cancelled"]);
    assert_eq!(cause(&world, 0), "ran longer than its `time` of 0:01; ended by SIGKILL");
}

#[test]
fn a_run_that_is_stopped_before_its_time_is_over_is_cancelled_whatever_comes_later() {
    let world = world();
    let mut running = world.tool(Tool::Neurun, "local cpu --time=0:03 patient.py 0 deaf".split(' ')).spawn();
    wait_until("it runs", || world.path("ready").exists());
    running.signal(Signal::SIGTERM);
    running.wait();
    assert_eq!(world.states("1"), ["cancelled"]);
    assert_eq!(fs::read_to_string(world.path("signals")).unwrap(), "SIGTERM\n");
}

#[test]
fn a_run_that_takes_too_much_memory_is_ended_by_the_kernel_or_by_its_worker() {
    for cgroups in ["1", "0"] {
        let mut world = world();
        world.set("NEU_CGROUPS", cgroups);
        world.neurun("--runs=2 local cpu --mem=200M hungry.py 300 20").exited(1);
        assert_eq!(world.states("1"), ["out-of-memory", "out-of-memory"], "NEU_CGROUPS={cgroups}");
        let cause = cause(&world, 0);
        assert!(cause.starts_with("needed more memory than its `mem` of 200M"), "{cause}");
        world.neurun("local cpu --mem=400M hungry.py 300 1").succeeded();
        wait_until("nothing lives on", || world.survivors().is_empty());
    }
}

#[test]
fn a_child_that_takes_too_much_memory_makes_its_parents_success_none() {
    for cgroups in ["1", "0"] {
        let mut world = world();
        world.set("NEU_CGROUPS", cgroups);
        world.file("t.sh", "trap 'exit 0' TERM\npython hungry.py 300 20 &\nwait\nexit 0");
        world.neurun("local cpu --mem=200M t.sh").exited(1);
        assert_eq!(world.states("1"), ["out-of-memory"], "NEU_CGROUPS={cgroups}");
    }
}

#[test]
fn a_limit_can_be_raised_or_lifted_for_a_retry() {
    let world = world();
    world.file("t.sh", "sleep 2; echo done");
    world.neurun("local cpu --time=0:01 t.sh");
    assert_eq!(world.states("1"), ["timed-out"]);
    let refused = world.neu("retry 1 --with time=soon").exited(2);
    assert!(refused.stderr.contains("`soon` is not a time limit"), "{}", refused.stderr);
    world.neu("retry 1 --with time=0:01").exited(143);
    assert_eq!(world.states("1"), ["timed-out"]);
    world.neu("retry 1 --with time=2:00:00,cpus=1").succeeded();
    assert_eq!(world.states("1"), ["succeeded"]);
    let shown = world.neu("show 1.0").succeeded().stdout;
    assert!(shown.contains("--time=2:00:00") && shown.contains("--cpus=1"), "{shown}");
}

#[test]
fn a_run_gets_the_processors_that_it_asks_for_and_its_neighbour_others() {
    let world = world();
    world.file(
        "t.py",
        "import os, time\nopen('started.' + os.environ['NEU_RUN'], 'w')\nwhile not all(os.path.exists('started.%d' % n) for n in (0, 1)): time.sleep(0.01)\nprint(*os.sched_getaffinity(0))",
    );
    world.neurun("--runs=2 --jobs=2 local cpu --cpus=1 t.py").succeeded();
    let (first, second) = (world.log("1.0"), world.log("1.1"));
    assert_eq!((first.split_whitespace().count(), second.split_whitespace().count()), (1, 1));
    let several = std::thread::available_parallelism().unwrap().get() > 1;
    assert_eq!(first != second, several, "{first}{second}");
}

#[test]
fn launches_that_choose_at_the_same_instant_choose_different_processors() {
    let several = std::thread::available_parallelism().unwrap().get().min(8);
    if several == 1 {
        return;
    }
    let world = world();
    // All launches begin a round together, and none leaves it before all are there.
    world.file(
        "t.py",
        "import os, sys, time\nround, launches = os.environ['NEU_RUN'], int(sys.argv[1])\nopen('there.%s.%s' % (round, os.environ['NEU_LAUNCH']), 'w').write(' '.join(map(str, os.sched_getaffinity(0))))\nwhile not all(os.path.exists('there.%s.%d' % (round, n)) for n in range(1, launches + 1)): time.sleep(0.001)",
    );
    let line = format!("--runs={ROUNDS} local cpu --cpus=1 t.py {several}");
    let launches: Vec<_> = (0..several).map(|_| world.tool(Tool::Neurun, line.split(' ')).spawn()).collect();
    for mut launch in launches {
        launch.wait().succeeded();
    }
    let in_round = |round: usize| {
        let of = |launch: usize| fs::read_to_string(world.path(format!("there.{round}.{launch}"))).unwrap();
        (1..=several).map(of).collect::<Vec<String>>()
    };
    let rounds: Vec<Vec<String>> = (0..ROUNDS).map(in_round).collect();
    let is_shared = |round: &&Vec<String>| round.iter().collect::<BTreeSet<_>>().len() < several;
    let shared = rounds.iter().filter(is_shared).count();
    // Others on this machine may be bound to a processor between two choices; without turns it is half of the rounds.
    assert!(shared <= ROUNDS / 5, "in {shared} of {ROUNDS} rounds: {rounds:?}");
}

#[test]
fn more_processors_than_there_are_start_nothing() {
    let world = world();
    let outcome = world.neurun("local cpu --cpus=100000 argv.py").exited(2);
    assert!(
        outcome.stderr.contains("a run is to have 100000 processors, and there are "),
        "{}",
        outcome.stderr
    );
    assert!(!world.store().join("launches/1").exists());
}
