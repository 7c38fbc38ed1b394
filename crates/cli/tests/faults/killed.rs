//! Clients and workers that are killed, at random instants.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::cluster::Cluster;
use crate::desk::until;
use crate::kit::Outcome;
use crate::scene::Scene;
use crate::tally::{Fate, Tally, play, play_times, rounds};

/// How often an instant is tried in a round, so that 20 rounds make 200.
const INSTANTS: usize = 10;

#[test]
fn a_client_that_is_killed() {
    let Some(cluster) = Cluster::shared() else { return };
    play("kill -9 of the client at random instants", || {
        after_a_signal(&Scene::on(&cluster), Signal::SIGKILL, INSTANTS)
    });
}

#[test]
fn a_client_that_is_stopped() {
    let Some(cluster) = Cluster::shared() else { return };
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        play(&format!("{signal} to the client at random instants"), || {
            after_a_signal(&Scene::on(&cluster), signal, 3)
        });
    }
}

fn after_a_signal(scene: &Scene, signal: Signal, instants: usize) -> Tally {
    let line = scene.desk.neurun(["--runs=2", "slurm", "cpu", "work.py"]);
    let began = Instant::now();
    line.run().succeeded();
    let usual = began.elapsed();
    let mut clients = Vec::new();
    for _ in 0..instants {
        let mut client = line.spawn();
        thread::sleep(random(usual));
        if !client.is_over() {
            client.signal(signal);
        }
        until("the client is over", || if client.is_over() { Ok(()) } else { Err(()) });
        clients.push(client.wait());
    }
    let (launches, holes) = folders(scene);
    let mut tally = Tally::default();
    are_holes(scene, &holes, &clients, &mut tally);
    scene.desk.neu("resume").succeeded();
    are_holes(scene, &holes, &clients, &mut tally);
    assert_eq!(folders(scene), (launches.clone(), holes), "nothing is made of a hole, and nothing is lost");
    assert!(launches.len() <= 1 + instants, "each client makes one launch at most");
    for id in launches {
        let launch = scene.desk.launch_number(id);
        let mut watched = scene.watch(launch, 2);
        let states = watched.until_over();
        // Whoever asked a client to stop may have stopped its runs.
        tally += watched.judge(|run| match states[run].as_str() {
            "cancelled" if signal != Signal::SIGKILL => ("cancelled", Fate::IsStopped),
            _ => ("succeeded", Fate::Ends(0)),
        });
    }
    tally
}

/// Gives the numbers of launches, and those that a client took that was stopped before its launch could be seen.
fn folders(scene: &Scene) -> (Vec<u32>, Vec<u32>) {
    let listed = fs::read_dir(scene.desk.world.store().join("launches")).into_iter().flatten().flatten();
    let mut numbers: Vec<u32> =
        listed.filter_map(|entry| entry.file_name().to_string_lossy().parse().ok()).collect();
    numbers.sort_unstable();
    let (launches, holes): (Vec<u32>, Vec<u32>) = numbers
        .into_iter()
        .partition(|number| scene.desk.world.store().join(format!("launches/{number}/launch.json")).exists());
    let shown = scene.desk.neu("status --json").succeeded().json();
    let shown: Vec<u64> =
        shown["launches"].as_array().unwrap().iter().map(|launch| launch["id"].as_u64().unwrap()).collect();
    assert_eq!(shown, launches.iter().map(|id| u64::from(*id)).collect::<Vec<_>>(), "every launch is shown");
    (launches, holes)
}

/// Holes are allowed where nothing of a launch was said, handed over or executed, and every verb says so.
fn are_holes(scene: &Scene, holes: &[u32], clients: &[Outcome], tally: &mut Tally) {
    for hole in holes {
        let path = format!("/launches/{hole}/");
        assert!(!scene.desk.sbatch_calls().iter().any(|call| call.contains(&path)), "{hole} was handed over");
        assert_eq!(scene.ledger.count(&hole.to_string()), 0, "{hole} was executed");
        let names = [format!("launch {hole}:"), format!("launch {hole} "), format!("`neu resume {hole}`")];
        for Outcome { stdout, stderr, .. } in clients {
            let said = names.iter().any(|name| stdout.contains(name) || stderr.contains(name));
            assert!(!said, "a client told of {hole}: {stdout} {stderr}");
        }
        for verb in ["status", "show", "resume", "retry", "cancel", "wait"] {
            let refused = scene.desk.neu(&format!("{verb} {hole}"));
            if refused.code != 4 || !refused.stderr.contains("was never completed: nothing of it was started")
            {
                tally.wrongly_shown.push(format!("neu {verb} {hole}: {refused:?}"));
            }
        }
    }
}

#[test]
fn a_client_of_this_machine_that_is_killed() {
    play("kill -9 of a foreground launch on this machine at random instants, then retry", || {
        let mut tally = Tally::default();
        for _ in 0..3 {
            let scene = Scene::without_slurm();
            let gate = scene.desk.world.path("gate");
            let words = format!("--runs=3 local cpu work.py --gate={}", gate.display());
            let mut client = scene.desk.neurun(words.split(' ')).spawn();
            thread::sleep(random(Duration::from_millis(500)));
            client.signal(Signal::SIGKILL);
            let clients = [client.wait()];
            until("nothing of it lives", || {
                let left = scene.desk.world.survivors();
                if left.is_empty() { Ok(()) } else { Err(left) }
            });
            fs::write(&gate, "").unwrap();
            let (launches, holes) = folders(&scene);
            are_holes(&scene, &holes, &clients, &mut tally);
            if launches.is_empty() {
                continue;
            }
            scene.desk.neu("retry 1").succeeded();
            tally += scene.watch(scene.desk.launch_number(1), 3).judge_all_well();
        }
        tally
    });
}

#[test]
fn a_worker_that_is_killed() {
    let Some(cluster) = Cluster::shared() else { return };
    let times = if rounds() == 1 { 4 } else { rounds() * 5 / 2 };
    play_times("kill -9 of the worker at random instants, then retry", times, || {
        let scene = Scene::on(&cluster);
        let watched = scene.launch(1, "--hang=1");
        until("the worker began", || if workers(&scene).is_empty() { Err(()) } else { Ok(()) });
        thread::sleep(random(Duration::from_millis(300)));
        for worker in workers(&scene) {
            let _gone = kill(worker, Signal::SIGKILL);
        }
        // Its program goes on, which nobody can see from another host: `lost` is all that can be said.
        until("the loss is seen", || {
            let states = watched.launch.states();
            if ["lost", "failed"].contains(&states[0].as_str()) { Ok(()) } else { Err(states) }
        });
        scene.desk.neu("retry 1").succeeded();
        watched.until_begun(0, 2);
        watched.judge_all_well()
    });
}

/// Gives the halves of the worker, in any order.
fn workers(scene: &Scene) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|process| process.file_name().to_string_lossy().parse().ok());
    let store = scene.desk.world.store().display().to_string();
    let is_worker = |pid: &i32| {
        let argv = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let argv = String::from_utf8_lossy(&argv).into_owned();
        let mut words = argv.split('\0');
        words.next().is_some_and(|program| program.starts_with(&store))
            && words.next().is_some_and(|verb| ["worker", "execute"].contains(&verb))
    };
    pids.filter(is_worker).map(Pid::from_raw).collect()
}

fn random(below: Duration) -> Duration {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    below.mul_f64(bits as f64 / (1_u64 << 53) as f64)
}
