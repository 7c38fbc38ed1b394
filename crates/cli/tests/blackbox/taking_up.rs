//! `neu resume` of launches on this machine: after kills, reboots and interruptions, every run finishes once.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::detached::{has_begun, patient_world};
use crate::kit::{Tool, World, wait_until};
use crate::local_world;

/// Writes down that it begins and that it ends, and whether it is alone.
const CAREFUL: &str = r"
import os, sys, time
run, attempt = os.environ['NEU_RUN'], os.environ['NEU_ATTEMPT']
def say(word): os.write(log, f'{word} {run} {attempt}\n'.encode())
log = os.open('story', os.O_WRONLY | os.O_APPEND | os.O_CREAT)
try:
    other = open('owner.' + run).read()
    # One that only waits to be reaped is over.
    if other and ') Z ' not in open(f'/proc/{other}/stat').read(): say('overlaps')
except FileNotFoundError: pass
open('owner.' + run, 'w').write(str(os.getpid()))
say('begins')
time.sleep(0.02)
say('ends')
open('owner.' + run, 'w').write('')
";

fn story(world: &World) -> Vec<[String; 3]> {
    let text = fs::read_to_string(world.path("story")).unwrap_or_default();
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
    text.lines().map(words).collect()
}

/// Gives the pids of the halves of the world's workers.
fn halves(world: &World, half: &str) -> Vec<i32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let store = world.store().into_os_string().into_string().unwrap();
    let ours = processes.filter_map(|process| {
        let argv = String::from_utf8(fs::read(process.path().join("cmdline")).ok()?).ok()?;
        let is_ours = argv.starts_with(&format!("neu\0{half}\0")) && argv.contains(&store);
        is_ours.then(|| process.file_name().to_str()?.parse().ok())?
    });
    ours.collect()
}

/// Kills, and waits until they are dead: a signal takes its time.
fn kill_9(pids: impl IntoIterator<Item = i32>) {
    let pids: Vec<i32> = pids.into_iter().collect();
    for pid in &pids {
        let _gone = nix::sys::signal::kill(nix::unistd::Pid::from_raw(*pid), Signal::SIGKILL);
    }
    let is_dead = |pid: &i32| {
        fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
    };
    wait_until("they are dead", || pids.iter().all(is_dead));
}

/// Kills both halves at once: the first is stopped before, so that it cannot end what the second leaves.
fn kill_the_worker(world: &World) {
    let first = halves(world, "worker");
    for pid in &first {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(*pid), Signal::SIGSTOP).unwrap();
    }
    kill_9(halves(world, "execute"));
    kill_9(first);
}

/// Gives the program of a run that has begun; `None` in the instant in which its next attempt writes the file anew.
fn program_of(world: &World, run: u64) -> Option<i32> {
    fs::read_to_string(world.path(format!("running.{run}"))).unwrap().parse().ok()
}

#[test]
fn kill_9_at_any_moment_and_every_run_finishes_once() {
    for round in 0..4 {
        let world = local_world();
        world.file("careful.py", CAREFUL);
        world.neurun("--detach --runs=8 local cpu careful.py").succeeded();
        let mut finished: BTreeMap<u64, usize> = BTreeMap::new();
        for kill in 0.. {
            assert!(kill < 40, "it never ends: {:?}", world.states("1"));
            // Every other time one more run gets to its end before the kill, so that a busy machine gets there, too.
            let ends = story(&world).iter().filter(|[word, ..]| word == "ends").count();
            wait_until("it gets on", || {
                let now = story(&world).iter().filter(|[word, ..]| word == "ends").count();
                kill % 2 == 0 || now > ends || halves(&world, "worker").is_empty()
            });
            thread::sleep(Duration::from_millis(13 * ((round * 5 + kill * 3) % 11)));
            match (round + kill) % 3 {
                0 => kill_the_worker(&world),
                1 => kill_9(halves(&world, "worker")),
                _ => kill_9(halves(&world, "execute")),
            }
            // What it had begun may be about to end.
            wait_until("nobody executes it", || halves(&world, "worker").is_empty());
            let states = world.states("1");
            for run in (0..8).filter(|run| states[*run] == "succeeded") {
                let begun = story(&world)
                    .iter()
                    .filter(|[word, of, _]| word == "begins" && *of == run.to_string())
                    .count();
                let before = finished.entry(run as u64).or_insert(begun);
                assert_eq!(*before, begun, "run {run} had finished, and began again: {:?}", story(&world));
            }
            if states.iter().all(|state| state == "succeeded") {
                break;
            }
            // A first half that lives a little longer still writes its last word.
            wait_until("it is taken up", || world.neu("resume 1 --detach").code == 0);
        }
        let story = story(&world);
        assert!(story.iter().all(|[word, ..]| word != "overlaps"), "{story:?}");
        let mut begins: Vec<_> = story.iter().filter(|[word, ..]| word == "begins").collect();
        let all = begins.len();
        begins.sort();
        begins.dedup();
        assert_eq!(all, begins.len(), "an attempt began twice: {story:?}");
        wait_until("nothing lives on", || world.survivors().is_empty());
    }
}

#[test]
fn what_lives_on_without_its_worker_is_ended_before_its_next_attempt() {
    let world = patient_world();
    world.neurun("--detach --runs=3 local cpu patient.py").succeeded();
    has_begun(&world, 0);
    kill_the_worker(&world);
    let orphan = program_of(&world, 0).unwrap();
    assert_eq!(world.states("1"), ["running", "lost", "lost"]);
    let told = world.neu("status 1").succeeded().stderr;
    insta::assert_snapshot!(told, @"warning: launch 1 has lost its worker: neu resume 1 ends what is left of that, and goes on with 3 runs");
    world.neu("resume 1 --detach").succeeded();
    wait_until("its next attempt has begun", || program_of(&world, 0).is_some_and(|next| next != orphan));
    assert!(fs::read(format!("/proc/{orphan}/cmdline")).unwrap_or_default().is_empty(), "{orphan} lives");
    world.file("go", "");
    world.neu("wait 1").succeeded();
    assert_eq!(world.status("1")["runs"][0]["attempt"], 2);
}

#[test]
fn a_launch_that_goes_on_is_not_taken_up() {
    let world = patient_world();
    world.neurun("--detach --runs=2 local cpu patient.py").succeeded();
    has_begun(&world, 0);
    let outcome = world.neu("resume 1").exited(2);
    assert!(outcome.stderr.contains("still goes on: process"), "{}", outcome.stderr);
    world.file("go", "");
    world.neu("wait 1").succeeded();
    let outcome = world.neu("resume 1").succeeded();
    insta::assert_snapshot!(outcome.stderr, @"launch 1: nothing is left to do");
}

/// Makes the machine one that has been booted since: in the store, all was another boot.
fn reboot(world: &World) {
    kill_the_worker(world);
    for pid in world.path("").read_dir().unwrap().flatten() {
        if pid.file_name().to_string_lossy().starts_with("running.") {
            kill_9([fs::read_to_string(pid.path()).unwrap().parse().unwrap()]);
        }
    }
    wait_until("all is gone", || world.survivors().is_empty());
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap().trim().to_owned();
    let launch = world.store().join("launches/1");
    for path in launch.join("events").read_dir().unwrap().flatten().map(|entry| entry.path()) {
        let text = fs::read_to_string(&path).unwrap().replace(&boot, "before");
        let renamed = path.to_str().unwrap().replace(&boot, "before");
        fs::write(renamed, text).unwrap();
        fs::remove_file(path).unwrap();
    }
    let submissions = launch.join("submissions.jsonl");
    let text = fs::read_to_string(&submissions).unwrap().replace(&boot, "before");
    fs::write(submissions, text).unwrap();
}

#[test]
fn after_a_reboot_it_goes_on_with_what_did_not_finish() {
    let world = patient_world();
    world.file("t.sh", "case $NEU_RUN in 0) exit 0 ;; 1) exit 3 ;; *) exec python patient.py ;; esac");
    world.neurun("--detach --runs=5 local cpu t.sh").succeeded();
    has_begun(&world, 2);
    world.neu("cancel 1.3").succeeded();
    reboot(&world);
    assert_eq!(world.states("1"), ["succeeded", "failed", "lost", "cancelled", "lost"]);
    let shown = world.neu("status 1").succeeded();
    insta::assert_snapshot!(shown.stderr, @"warning: launch 1: 2 runs did not finish, and nothing executes them: neu resume 1");
    world.file("go", "");
    let outcome = world.neu("resume 1").succeeded();
    insta::assert_snapshot!(world.tidy(&outcome.stderr), @"
    launch 1: going on with 2 runs as attempt 2: 1.2 and 1 more
    ==> 1.2
    ==> 1.4
    launch 1: all 2 runs succeeded
    ");
    assert_eq!(world.states("1"), ["succeeded", "failed", "succeeded", "cancelled", "succeeded"]);
    let runs = world.status("1")["runs"].clone();
    let attempts: Vec<u64> = (0..5).map(|run| runs[run]["attempt"].as_u64().unwrap()).collect();
    assert_eq!(attempts, [1, 1, 2, 0, 2]);
    assert_eq!(world.neu("status 1").succeeded().stderr, "");
}

#[test]
fn of_two_at_once_one_goes_on_and_the_other_says_so() {
    for _ in 0..5 {
        let world = local_world();
        world.file("careful.py", CAREFUL);
        world.neurun("--detach --runs=4 local cpu careful.py").succeeded();
        kill_the_worker(&world);
        let both = [(); 2].map(|()| world.tool(Tool::Neu, ["resume", "1"]).spawn());
        let both = both.map(|mut one| one.wait());
        world.neu("wait 1").succeeded();
        assert_eq!(world.states("1"), ["succeeded"; 4]);
        let won = both.iter().filter(|outcome| outcome.stderr.contains("going on with")).count();
        let told = |text: &str| {
            ["just being taken up", "still goes on", "nothing is left to do"]
                .iter()
                .any(|word| text.contains(word))
        };
        assert!(
            won <= 1 && both.iter().all(|outcome| outcome.code == 0 || told(&outcome.stderr)),
            "{both:?}"
        );
        let mut begun: Vec<_> = story(&world).into_iter().filter(|[word, ..]| word == "begins").collect();
        let all = begun.len();
        begun.sort();
        begun.dedup();
        assert_eq!(all, begun.len());
    }
}

#[test]
fn what_ctrl_c_stopped_is_taken_up_and_what_was_cancelled_is_not() {
    let world = patient_world();
    let mut running = world.tool(Tool::Neurun, ["--runs=2", "local", "cpu", "patient.py"]).spawn();
    has_begun(&world, 0);
    running.signal(Signal::SIGINT);
    running.wait().exited(130);
    world.neurun("--detach --runs=2 local cpu patient.py").succeeded();
    wait_until("it runs", || world.states("2") == ["running", "waiting"]);
    world.neu("cancel 2").succeeded();
    world.file("go", "");
    world.neu("resume 1").succeeded();
    assert_eq!(world.states("1"), ["succeeded", "succeeded"]);
    let outcome = world.neu("resume 2").succeeded();
    insta::assert_snapshot!(outcome.stderr, @"launch 2: nothing is left to do");
    assert_eq!(world.states("2"), ["cancelled", "cancelled"]);
}

#[test]
fn either_half_alone_that_is_killed_leaves_nothing_that_cancel_cannot_end() {
    for half in ["worker", "execute"] {
        let world = patient_world();
        world.neurun("--detach --runs=2 local cpu patient.py").succeeded();
        has_begun(&world, 0);
        kill_9(halves(&world, half));
        wait_until("it is over", || {
            world.states("1").iter().all(|state| state == "cancelled" || state == "lost")
        });
        world.neu("cancel 1");
        wait_until("nothing lives on", || world.survivors().is_empty());
    }
    // The env is activated by a shell that neither half can end once both are gone.
    let world = crate::world_with_env(r#""touch activating; sleep 600""#);
    world.neurun("--detach local cpu argv.py").succeeded();
    wait_until("the env is being activated", || world.path("activating").exists());
    kill_9(halves(&world, "worker"));
    wait_until("it is known", || world.states("1") == ["lost"]);
    world.neu("cancel 1");
    wait_until("nothing lives on", || world.survivors().is_empty());
}
