//! Ctrl-C, TERM and KILL on the way of a local launch.

use std::fs;

use nix::sys::signal::Signal;

use crate::kit::{Background, Tool, World, wait_until};
use crate::local_world;

/// Says that it runs, and goes on until it is stopped, with a word for each signal.
const PATIENT: &str = "
import os, signal, sys, time
def told(number, frame):
    open('signals', 'a').write(signal.Signals(number).name + '\\n')
    if 'deaf' not in sys.argv: sys.exit(128 + number)
for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(s, told)
open('running.%s' % os.environ['NEU_RUN'], 'w').write(str(os.getpid()))
while True: time.sleep(0.02)
";

fn world() -> World {
    let world = local_world();
    world.file("patient.py", PATIENT);
    world
}

fn start(world: &World, line: &str) -> Background {
    let running = world.tool(Tool::Neurun, line.split(' ')).spawn();
    wait_until("the first run has begun", || {
        fs::read_to_string(world.path("running.0")).is_ok_and(|pid| !pid.is_empty())
    });
    running
}

fn signals_seen(world: &World) -> String {
    fs::read_to_string(world.path("signals")).unwrap_or_default()
}

#[test]
fn ctrl_c_stops_the_current_run_and_starts_no_more() {
    let world = world();
    let mut running = start(&world, "--runs=3 local cpu patient.py");
    running.signal(Signal::SIGINT);
    let outcome = running.wait().exited(130);
    assert_eq!(signals_seen(&world), "SIGINT\n");
    assert_eq!(world.states("1"), ["cancelled", "cancelled", "cancelled"]);
    assert!(!world.path("running.1").exists());
    insta::assert_snapshot!(world.tidy(&outcome.stderr), @r"
    launch 1: 3 runs of patient on local/cpu
    ==> 1.0
    launch 1: 3 cancelled
    ");
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn a_run_that_was_over_before_ctrl_c_keeps_its_state() {
    let world = world();
    world.file("t.sh", "[[ $NEU_RUN = 0 ]] && exit 0; [[ $NEU_RUN = 1 ]] && exit 5; exec python patient.py");
    let mut running = world.tool(Tool::Neurun, ["--runs=4", "local", "cpu", "t.sh"]).spawn();
    wait_until("the third run has begun", || world.path("running.2").exists());
    running.signal(Signal::SIGINT);
    running.wait().exited(130);
    assert_eq!(world.states("1"), ["succeeded", "failed", "cancelled", "cancelled"]);
}

#[test]
fn ctrl_c_on_one_run_is_130_and_cancelled() {
    let world = world();
    let mut running = start(&world, "local cpu patient.py");
    running.signal(Signal::SIGINT);
    running.wait().exited(130);
    assert_eq!(world.states("1"), ["cancelled"]);
}

#[test]
fn term_stops_the_launch_too() {
    let world = world();
    let mut running = start(&world, "--runs=2 local cpu patient.py");
    running.signal(Signal::SIGTERM);
    let outcome = running.wait();
    assert_ne!(outcome.code, 0);
    assert_eq!(signals_seen(&world), "SIGTERM\n");
    assert_eq!(world.states("1"), ["cancelled", "cancelled"]);
}

#[test]
fn a_closed_terminal_stops_the_launch_unless_nohup() {
    let world = world();
    let mut running = start(&world, "--runs=2 local cpu patient.py");
    running.signal(Signal::SIGHUP);
    running.wait().exited(130);
    assert_eq!(world.states("1"), ["cancelled", "cancelled"]);
    // To the program it is a Ctrl-C, too.
    assert_eq!(signals_seen(&world), "SIGINT\n");
    let world = self::world();
    let mut running = start(&world, "local cpu patient.py");
    running.signal(Signal::SIGHUP);
    let outcome = running.wait().exited(130);
    assert_eq!(signals_seen(&world), "SIGINT\n");
    assert!(outcome.stderr.contains("1.0 cancelled: stopped by SIGHUP"), "{}", outcome.stderr);
    let world = self::world();
    world.file("t.py", "import os, time\nopen('running.0', 'w').write('1')\nwhile not os.path.exists('go'): time.sleep(0.01)");
    let mut running = world.command("nohup", [Tool::Neurun.path(), "local", "cpu", "t.py"]).spawn();
    wait_until("the run has begun", || world.path("running.0").exists());
    running.signal(Signal::SIGHUP);
    world.file("go", "");
    running.wait().succeeded();
    assert_eq!(world.states("1"), ["succeeded"]);
}

#[test]
fn a_second_ctrl_c_kills_a_program_that_does_not_listen() {
    let world = world();
    let mut running = start(&world, "--runs=2 local cpu patient.py deaf");
    running.signal(Signal::SIGINT);
    wait_until("the program was told", || signals_seen(&world) == "SIGINT\n");
    assert!(!running.is_over());
    running.signal(Signal::SIGINT);
    running.wait().exited(130);
    assert_eq!(signals_seen(&world), "SIGINT\n");
    assert_eq!(world.states("1"), ["cancelled", "cancelled"]);
}

#[test]
fn a_program_that_does_not_listen_is_killed_after_the_grace() {
    let world = world();
    let mut running = start(&world, "local cpu patient.py deaf");
    running.signal(Signal::SIGINT);
    let outcome = running.wait();
    assert_eq!(outcome.code, 137, "{}", outcome.stderr);
    assert_eq!(signals_seen(&world), "SIGINT\n");
    assert_eq!(world.states("1"), ["cancelled"]);
}

#[test]
fn ctrl_c_while_the_env_is_activated_stops_it() {
    let world = crate::world_with_env(r#""touch activating; sleep 600""#);
    let mut running = world.tool(Tool::Neurun, ["--runs=2", "local", "cpu", "argv.py"]).spawn();
    wait_until("the env is being activated", || world.path("activating").exists());
    running.signal(Signal::SIGINT);
    running.wait().exited(130);
    assert_eq!(world.states("1"), ["cancelled", "cancelled"]);
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn kill_9_of_the_command_ends_the_worker_and_the_program_soon() {
    let world = world();
    let running = start(&world, "--runs=2 local cpu patient.py");
    running.signal(Signal::SIGKILL);
    wait_until("nothing lives on", || world.survivors().is_empty());
    let status = world.status("1");
    let told: Vec<_> =
        (0..2).map(|run| (&status["runs"][run]["state"], &status["runs"][run]["cause"])).collect();
    assert_eq!(
        told,
        [
            (&"cancelled".into(), &"stopped by SIGTERM, since its command was killed or crashed".into()),
            (&"cancelled".into(), &"not started: its command was killed or crashed".into()),
        ],
        "nobody has cancelled anything"
    );
    assert!(!world.path("running.1").exists());
    world.neu("wait 1").exited(1);
}

#[test]
fn kill_9_while_the_env_is_activated_ends_it() {
    let world = crate::world_with_env(r#""touch activating; sleep 600""#);
    let running = world.tool(Tool::Neurun, ["--runs=2", "local", "cpu", "argv.py"]).spawn();
    wait_until("the env is being activated", || world.path("activating").exists());
    running.signal(Signal::SIGKILL);
    wait_until("nothing lives on", || world.survivors().is_empty());
    let status = world.status("1");
    for run in 0..2 {
        let run = &status["runs"][run];
        assert_eq!(
            (&run["state"], &run["cause"]),
            (&"cancelled".into(), &"not started: its command was killed or crashed".into())
        );
    }
}

fn signal_half(world: &World, signal: &str, half: &str) {
    let found = world.bash(&format!(
        "ps -eo pid,args | grep -E '^ *[0-9]+ neu {half} (--first-half=[0-9]+ )?{}/' | awk '{{print $1}}'",
        world.folder().display()
    ));
    for pid in found.stdout.lines() {
        world.bash(&format!("kill -s {signal} {pid}"));
    }
}

#[test]
fn kill_9_of_the_first_half_of_the_worker_stops_the_second() {
    let world = world();
    let mut running = start(&world, "--runs=2 local cpu patient.py");
    signal_half(&world, "KILL", "worker");
    let outcome = running.wait();
    assert_ne!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(world.states("1"), ["cancelled", "cancelled"]);
    // The second half ends a moment after its last word.
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn kill_9_of_both_halves_of_the_worker_is_noticed() {
    let world = world();
    let mut running = start(&world, "--runs=2 local cpu patient.py");
    // The first half is stopped, so that it cannot see the end of the second.
    for (signal, half) in [("STOP", "worker"), ("KILL", "execute"), ("KILL", "worker")] {
        signal_half(&world, signal, half);
    }
    let outcome = running.wait();
    assert_ne!(outcome.code, 0, "{}", outcome.stderr);
    // Its program lives on, and is found.
    assert_eq!(world.states("1"), ["running", "lost"]);
    world.neu("cancel 1");
    wait_until("nothing lives on", || world.survivors().is_empty());
    let states = world.states("1");
    assert!(states.iter().all(|state| state == "cancelled" || state == "lost"), "{states:?}");
}

#[test]
fn signals_sent_to_the_program_alone_are_its_own_end() {
    let world = world();
    let mut running = start(&world, "--runs=2 local cpu patient.py");
    let pid = fs::read_to_string(world.path("running.0")).unwrap();
    world.bash(&format!("kill -9 {pid}")).succeeded();
    wait_until("the second run has begun", || world.path("running.1").exists());
    running.signal(Signal::SIGINT);
    running.wait().exited(130);
    assert_eq!(world.states("1"), ["failed", "cancelled"]);
}

/// Ends the program of run 0 as a machine that goes down does, and waits until its worker has seen that.
fn end_program_first(world: &World) {
    let pid = fs::read_to_string(world.path("running.0")).unwrap();
    world.bash(&format!("kill -TERM {pid}")).succeeded();
    wait_until("its worker has seen it end", || !std::path::Path::new("/proc").join(&pid).exists());
}

#[test]
fn a_shutdown_that_reaches_a_program_before_its_worker_leaves_the_run_to_be_resumed() {
    for program in ["t.sh sleeping", "patient.py"] {
        let world = world();
        world.file("t.sh", "echo $$ >running.tmp; mv running.tmp running.0; exec sleep 600");
        let mut running = start(&world, &format!("--runs=2 --fail-fast local cpu {program}"));
        let pid = fs::read_to_string(world.path("running.0")).unwrap();
        world.file("running.0", pid.trim());
        end_program_first(&world);
        running.signal(Signal::SIGTERM);
        let outcome = running.wait();
        assert_ne!(outcome.code, 0);
        assert_eq!(world.states("1"), ["cancelled", "cancelled"], "{program}");
        world.file(program.split(' ').next().unwrap(), "");
        world.neu("resume 1").succeeded();
        assert_eq!(world.states("1"), ["succeeded", "succeeded"], "{program}");
    }
}

#[test]
fn a_program_that_a_person_ended_has_failed() {
    let world = world();
    world.file(
        "t.sh",
        "[[ $NEU_RUN = 1 ]] && exit; echo $$ >running.tmp; mv running.tmp running.0; exec sleep 600",
    );
    let mut running = start(&world, "--runs=2 local cpu t.sh");
    let pid = fs::read_to_string(world.path("running.0")).unwrap();
    world.bash(&format!("kill -TERM {pid}")).succeeded();
    running.wait().exited(1);
    assert_eq!(world.states("1"), ["failed", "succeeded"]);
    let cause = world.status("1")["runs"][0]["cause"].as_str().unwrap().to_owned();
    assert_eq!(cause, "ended by SIGTERM");
}
