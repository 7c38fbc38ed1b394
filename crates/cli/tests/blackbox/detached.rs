//! Launches on this machine that nobody stays with.

use std::fs;

use nix::sys::signal::Signal;

use crate::kit::{Tool, World, wait_until};
use crate::local_world;

/// Says that it runs, and goes on until the test lets it.
const PATIENT: &str = "
import os, time
open('running.%s' % os.environ['NEU_RUN'], 'w').write(str(os.getpid()))
print('run', os.environ['NEU_RUN'], flush=True)
while not os.path.exists('go'): time.sleep(0.01)
";

pub(crate) fn patient_world() -> World {
    let world = local_world();
    world.file("patient.py", PATIENT);
    world
}

#[track_caller]
pub(crate) fn has_begun(world: &World, run: u64) {
    wait_until("the run has begun", || {
        fs::read_to_string(world.path(format!("running.{run}"))).is_ok_and(|pid| !pid.is_empty())
    });
}

#[test]
fn a_detached_launch_outlives_its_command_and_is_seen_by_all() {
    let world = patient_world();
    let outcome = world.neurun("--detach --runs=2 local cpu patient.py").succeeded();
    insta::assert_snapshot!(outcome.stdout, @"launch 1: 2 runs of patient on local/cpu, in the background");
    insta::assert_snapshot!(outcome.stderr, @r"
    neu status 1
    neu logs 1 -f
    neu cancel 1
    ");
    has_begun(&world, 0);
    assert_eq!(world.states("1"), ["running", "waiting"]);
    let mut follower = world.tool(Tool::Neu, ["logs", "1", "-f"]).spawn();
    let mut waiter = world.tool(Tool::Neu, ["wait", "1"]).spawn();
    world.file("go", "");
    waiter.wait().succeeded();
    assert!(follower.wait().succeeded().stdout.contains("run 1"));
    assert_eq!(world.states("1"), ["succeeded", "succeeded"]);
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn a_detached_launch_has_a_session_of_its_own_and_no_terminal() {
    let world = patient_world();
    world.file(
        "t.py",
        "import os, time\nopen('sid', 'w').write(f'{os.getsid(0)} {os.getsid(os.getppid())} {os.getppid()}')\ntry: open('/dev/tty'); print('a terminal')\nexcept OSError: print('none')\nopen('running.0', 'w').write('1')\nwhile not os.path.exists('go'): time.sleep(0.01)",
    );
    let mut terminal = world.tool(Tool::Neurun, ["--detach", "local", "cpu", "t.py"]).on_terminal();
    let outcome = terminal.wait().succeeded();
    assert!(
        outcome.stdout.contains("launch 1: 1 run of t on local/cpu, in the background"),
        "{}",
        outcome.stdout
    );
    // The terminal is closed, and its session is over.
    drop(terminal);
    has_begun(&world, 0);
    let sessions = fs::read_to_string(world.path("sid")).unwrap();
    let [program, worker, _] = sessions.split(' ').collect::<Vec<_>>()[..] else { panic!("{sessions}") };
    assert_eq!(program, worker, "the program is in the session of its worker");
    let leads = fs::read_to_string(format!("/proc/{worker}/cmdline")).unwrap();
    assert!(leads.starts_with("neu\0worker\0"), "{leads:?}");
    for end in ["0", "1", "2"] {
        let leads_to = fs::read_link(format!("/proc/{worker}/fd/{end}")).unwrap();
        assert!(!leads_to.starts_with("/dev/pts") && !leads_to.starts_with("/dev/tty"), "{leads_to:?}");
    }
    world.file("go", "");
    world.neu("wait 1").succeeded();
    assert_eq!(world.log("1"), "none\n");
}

#[test]
fn json_and_quiet_say_what_other_submissions_do() {
    let world = local_world();
    world.file("t.sh", "");
    let outcome = world.neurun("--detach --json local cpu t.sh").succeeded();
    assert_eq!(outcome.json()["launch"]["id"], 1);
    let outcome = world.neurun("--detach -q local cpu t.sh").succeeded();
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("2\n", ""));
    world.file("params.json", r#"{"a": [1, 2]}"#);
    world.neusweep("neurun --detach local cpu t.sh").succeeded();
    world.neusweep("--detach neurun local cpu t.sh").succeeded();
    world.neu("wait 1 2 3 4").succeeded();
    assert_eq!(world.states("3"), ["succeeded", "succeeded"]);
    world.neurun("--detach --wait local cpu t.sh").exited(2);
}

#[test]
fn a_retry_goes_on_in_the_background_too() {
    let world = local_world();
    world.file("t.sh", "[ $NEU_ATTEMPT = 2 ]");
    world.neurun("--runs=2 local cpu t.sh").exited(1);
    let outcome = world.neu("retry 1 --detach -q").succeeded();
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("1.0\n1.1\n", ""));
    world.neu("wait 1").succeeded();
    assert_eq!(world.states("1"), ["succeeded", "succeeded"]);
}

#[test]
fn an_env_that_fails_is_seen_afterwards() {
    let world = crate::world_with_env(r#""echo no module; false""#);
    world.neurun("--detach local cpu argv.py").succeeded();
    world.neu("wait 1").exited(1);
    assert_eq!(world.states("1"), ["env-failed"]);
    let shown = world.neu("status 1").succeeded().stdout;
    assert!(shown.contains("no module"), "{shown}");
}

#[test]
fn what_a_worker_says_before_it_gives_up_is_shown() {
    let mut world = local_world();
    world.file("t.sh", "");
    world.set("TMPDIR", "/nowhere");
    world.neurun("--detach local cpu t.sh").succeeded();
    wait_until("it has given up", || world.states("1") == ["lost"]);
    let told = world.neu("status 1").succeeded().stderr;
    let [first, second, ..] = told.lines().collect::<Vec<_>>()[..] else { panic!("{told}") };
    assert_eq!(first, "warning: launch 1: 1 run did not finish, and nothing executes it: neu resume 1");
    assert_eq!(second, "  | error: the worker cannot write to the folder for temporary files");
    world.set("TMPDIR", world.root().join("tmp"));
    world.neu("resume 1").succeeded();
}

#[test]
fn cancelling_ends_all_of_it_while_it_runs_and_while_its_env_is_activated() {
    let world = patient_world();
    world.neurun("--detach --runs=2 local cpu patient.py").succeeded();
    has_begun(&world, 0);
    world.neu("cancel 1").succeeded();
    assert_eq!(world.states("1"), ["cancelled", "cancelled"]);
    wait_until("nothing lives on", || world.survivors().is_empty());
    let world = crate::world_with_env(r#""touch activating; sleep 600""#);
    world.neurun("--detach local cpu argv.py").succeeded();
    wait_until("the env is being activated", || world.path("activating").exists());
    world.neu("cancel 1").succeeded();
    assert_eq!(world.states("1"), ["cancelled"]);
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn a_command_that_is_killed_before_it_lets_go_leaves_no_launch_behind() {
    for delay in 0..25 {
        let world = patient_world();
        let mut command = world.tool(Tool::Neurun, ["--detach", "local", "cpu", "patient.py"]).spawn();
        std::thread::sleep(std::time::Duration::from_millis(delay));
        if !command.is_over() {
            command.signal(Signal::SIGKILL);
        }
        if command.wait().code == 0 {
            has_begun(&world, 0);
            assert_eq!(world.states("1"), ["running"]);
            world.neu("cancel 1").succeeded();
        } else if world.store().join("launches/1/launch.json").exists() {
            // It was let go at the last moment, or is stopping: either way what is shown is what is.
            wait_until("it is known", || {
                let states = world.states("1");
                states == ["cancelled"] || states == ["lost"] || states == ["running"]
            });
            world.neu("cancel 1");
        }
        wait_until("nothing lives on", || world.survivors().is_empty());
    }
}
