//! An attempt and the one before it never run at the same time, whatever became of node, step and worker.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::desk::{Desk, Launched, until};

/// Writes down the time and its attempt, again and again; the second attempt ends when it is let go.
const BEAT: &str = r#"import os, time
attempt = os.environ["NEU_ATTEMPT"]
while attempt == "1" or not os.path.exists("go"):
    with open("beats." + attempt, "a") as beats:
        beats.write("%f\n" % time.time())
    time.sleep(0.05)
"#;

fn desk(cluster: &Cluster, fence: &str) -> Desk {
    let mut desk = Desk::on(cluster);
    desk.world.file("beat.py", BEAT);
    desk.world.set("NEU_FENCE", fence);
    desk
}

fn beats(desk: &Desk, attempt: u32) -> Vec<f64> {
    let text = fs::read_to_string(desk.world.path(format!("beats.{attempt}"))).unwrap_or_default();
    // The last line may still be on its way.
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')?.parse().ok()).collect()
}

/// The records of a kind that the journal of a launch has.
fn records(launch: &Launched<'_>, kind: &str) -> Vec<Value> {
    let events = launch.desk.world.store().join("launches").join(&launch.id).join("events");
    let texts = fs::read_dir(events).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let lines: Vec<String> =
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let records = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    records.map(|record| record["event"][kind].clone()).filter(|event| !event.is_null()).collect()
}

#[track_caller]
fn until_it_beats(launch: &Launched<'_>, attempt: u32) {
    until(&format!("attempt {attempt} goes on"), || {
        if beats(launch.desk, attempt).len() > 20 { Ok(()) } else { Err(launch.table()) }
    });
}

/// Lets a task that waits in the queue start.
fn let_go(desk: &Desk, task: &str) {
    until("it may start soon", || {
        let update =
            desk.world.command("scontrol", ["update", &format!("job={task}"), "StartTime=now+2"]).run();
        if update.code == 0 { Ok(()) } else { Err(update) }
    });
}

/// Lets the second attempt end, and insists that it began after the first had ended.
#[track_caller]
fn assert_one_after_the_other(launch: &Launched<'_>) {
    until_it_beats(launch, 2);
    let (first, second) = (beats(launch.desk, 1), beats(launch.desk, 2));
    assert!(first.last().unwrap() < second.first().unwrap(), "{:?} {:?}", first.last(), second.first());
    launch.desk.world.file("go", "");
    launch.until_state(0, &["succeeded"]);
    assert_eq!(beats(launch.desk, 1), first, "the first attempt has gone on");
    assert_eq!(launch.run(0)["attempt"], 2);
    until("nothing lives on", || match launch.desk.world.survivors() {
        none if none.is_empty() => Ok(()),
        some => Err(some),
    });
}

#[test]
fn a_node_that_froze_gives_way_to_the_one_that_took_over() {
    let options = ["--nodes=2", "--node-prefix=frz", "--slurm-conf=SlurmdTimeout=10"];
    let Some(cluster) = Cluster::special(&options) else { return };
    let desk = desk(&cluster, "6");
    let launch = desk.launch("slurm cpu beat.py");
    until_it_beats(&launch, 1);
    let node = records(&launch, "started")[0]["node"].as_str().unwrap().to_owned();
    let slurmd = Pid::from_raw(cluster.daemon(&format!("slurmd-{node}")));
    kill(slurmd, Signal::SIGSTOP).unwrap();
    let job = launch.job();
    until("Slurm gives the node up", || {
        let state = desk.slurm(&format!("squeue -h -j {job} -o %T"));
        if state == "PENDING\n" { Ok(()) } else { Err(state) }
    });
    assert!(!beats(&desk, 1).is_empty());
    let_go(&desk, &job);
    until_it_beats(&launch, 2);
    kill(slurmd, Signal::SIGCONT).unwrap();
    assert_one_after_the_other(&launch);
    let fenced = &records(&launch, "fenced")[0];
    assert_eq!(
        (&fenced["attempt"], &fenced["earlier"], &fenced["seconds"]),
        (&2.into(), &1.into(), &6.into())
    );
    let superseded = &records(&launch, "superseded")[0];
    assert_eq!((&superseded["attempt"], &superseded["by"]), (&1.into(), &2.into()));
}

/// Kills what stands above the program, and has the run started again on the same node.
fn a_second_attempt_ends_what_outlived(kill_above: impl Fn(i32)) {
    let Some(cluster) = Cluster::special(&["--nodes=1", "--node-prefix=kil"]) else { return };
    let desk = desk(&cluster, "600");
    let launch = desk.launch("slurm cpu beat.py");
    until_it_beats(&launch, 1);
    let first_half = records(&launch, "worker")[0]["process"]["pid"].as_i64().unwrap();
    kill_above(i32::try_from(first_half).unwrap());
    let job = launch.job();
    until("Slurm starts it again", || {
        let requeue = desk.world.command("scontrol", ["requeue", &job]).run();
        let state = desk.slurm(&format!("squeue -h -j {job} -t all -o %T"));
        if state == "PENDING\n" { Ok(()) } else { Err((requeue, state)) }
    });
    let_go(&desk, &job);
    assert_one_after_the_other(&launch);
    assert!(records(&launch, "fenced").is_empty(), "on the same host nothing needs to be waited for");
}

fn parent_of(pid: i32) -> i32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap();
    parent.trim().parse().unwrap()
}

fn kill_9(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

fn second_half_of(first_half: i32) -> i32 {
    let children = fs::read_to_string(format!("/proc/{first_half}/task/{first_half}/children")).unwrap();
    children.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn after_a_kill_of_the_step_nothing_outlives_the_next_attempt() {
    a_second_attempt_ends_what_outlived(|first_half| kill_9(parent_of(first_half)));
}

#[test]
fn after_a_kill_of_step_and_worker_nothing_outlives_the_next_attempt() {
    a_second_attempt_ends_what_outlived(|first_half| {
        // The step first, then the first half: each would end what the next one leaves.
        for pid in [parent_of(first_half), first_half, second_half_of(first_half)] {
            kill_9(pid);
        }
    });
}

#[test]
fn after_a_kill_of_the_worker_nothing_outlives_the_next_attempt() {
    a_second_attempt_ends_what_outlived(|first_half| {
        let second_half = second_half_of(first_half);
        kill_9(first_half);
        kill_9(second_half);
    });
}

#[test]
fn after_a_kill_of_step_and_worker_a_cancellation_on_that_host_ends_the_program() {
    let Some(cluster) = Cluster::special(&["--nodes=1", "--node-prefix=kic"]) else { return };
    let desk = desk(&cluster, "600");
    let launch = desk.launch("slurm cpu beat.py");
    until_it_beats(&launch, 1);
    let first_half = records(&launch, "worker")[0]["process"]["pid"].as_i64().unwrap();
    let first_half = i32::try_from(first_half).unwrap();
    // In this order: each would end what the next one leaves.
    for pid in [parent_of(first_half), first_half, second_half_of(first_half)] {
        kill_9(pid);
    }
    let before = beats(&desk, 1).len();
    until("the program goes on alone", || match beats(&desk, 1).len() {
        now if now > before + 5 => Ok(()),
        now => Err(now),
    });
    desk.neu("cancel 1").succeeded();
    until("nothing lives on", || match desk.world.survivors() {
        none if none.is_empty() => Ok(()),
        some => Err(some),
    });
    let state = launch.states()[0].clone();
    assert!(["lost", "cancelled"].contains(&state.as_str()), "{}", launch.table());
    desk.neu("cancel 1").succeeded();
}
