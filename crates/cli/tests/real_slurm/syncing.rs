//! `--skip-done` and `--sync`: what the queue of Slurm has afterwards.

use std::fs;

use crate::cluster::Cluster;
use crate::desk::{Desk, Launched, assert_says, until};
use crate::kit::{Background, Tool};

/// Notes the point that it was given; those of x below 2 end, the others go on until `end` is there.
const GO: &str = r#"import os, pathlib, sys, time
here = pathlib.Path(os.environ["RECORDS"]).parent / "project"
x = sys.argv[1].removeprefix("--x=")
with open(here / "ran", "a") as ran:
    ran.write(f"{x}\n")
while int(x) >= 2 and not (here / "end").exists():
    time.sleep(0.02)
"#;

fn desk(cluster: &Cluster, params: &str) -> Desk {
    let desk = Desk::on(cluster);
    desk.world.file("go.py", GO);
    desk.world.file("params.json", params);
    desk
}

/// The points that were executed, ascending.
fn ran(desk: &Desk) -> Vec<u32> {
    let text = fs::read_to_string(desk.world.path("ran")).unwrap_or_default();
    let mut points: Vec<u32> = text.lines().map(|line| line.parse().unwrap()).collect();
    points.sort_unstable();
    points
}

/// Waits until some points were executed, and no others.
#[track_caller]
fn until_ran(desk: &Desk, expected: &[u32]) {
    until(&format!("{expected:?} have begun"), || {
        let ran = ran(desk);
        if ran == expected { Ok(()) } else { Err(ran) }
    });
}

/// The tasks of a launch that are in the queue, by index.
fn queued(launch: &Launched<'_>) -> Vec<String> {
    let rows = launch.desk.slurm(&format!("squeue -h -r -j {} -t PD,R -o %K", launch.jobs().join(",")));
    let mut tasks: Vec<String> = rows.lines().map(str::to_owned).collect();
    tasks.sort();
    tasks
}

#[test]
fn sync_makes_the_queue_match_the_file() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = desk(&cluster, r#"{"x": [0, 1, 2, 3, 4, 5]}"#);
    let first = desk.sweep("neurun slurm cpu go.py");
    until_ran(&desk, &[0, 1, 2, 3, 4, 5]);
    first.until_state(0, &["succeeded"]);
    first.until_state(1, &["succeeded"]);
    desk.world.file("params.json", r#"{"x": [0, 1.0, 2, 4, 5, 6, 7]}"#);

    let outcome = desk.world.neusweep("--sync --yes neurun slurm cpu go.py").succeeded();
    assert_says(&outcome.stderr, ["2 new, 2 done, 3 running\n", "launch 1: 1 run stopped (3)\n"]);
    let second = desk.launched(&outcome);
    assert_eq!((first.id.as_str(), second.id.as_str(), second.jobs().len()), ("1", "2", 1));
    assert_eq!(queued(&first), ["2", "4", "5"]);
    assert_eq!(queued(&second), ["0", "1"]);
    let states = first.states();
    assert_eq!(states[..2], ["succeeded", "succeeded"]);
    assert_eq!(states[3], "cancelled");
    until_ran(&desk, &[0, 1, 2, 3, 4, 5, 6, 7]);

    let calls = desk.sbatch_calls().len();
    let again = desk.world.neusweep("--sync --yes neurun slurm cpu go.py").succeeded();
    assert_eq!(again.stderr, "0 new, 2 done, 5 running\nnothing is left to start\n");
    assert_eq!((desk.sbatch_calls().len(), again.stdout.as_str()), (calls, ""));
    desk.world.file("end", "");
    assert_eq!((first.wait(), second.wait()), (1, 0));
    for run in [0, 1, 2, 4, 5] {
        assert_eq!((&first.run(run)["state"], &first.run(run)["attempt"]), (&"succeeded".into(), &1.into()));
    }
    assert_eq!(ran(&desk), [0, 1, 2, 3, 4, 5, 6, 7], "each point once");
    let done = desk.world.neusweep("--skip-done neurun slurm cpu go.py").succeeded();
    assert_eq!(done.stderr, "0 new, 7 done, 0 running\nnothing is left to start\n");
}

#[test]
fn of_several_sweeps_at_once_each_point_is_submitted_once() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = desk(&cluster, r#"{"x": [0, 1, 2, 3]}"#);
    let words = || "--skip-done neurun slurm cpu go.py".split(' ');
    let mut sweeps: Vec<Background> =
        (0..8).map(|_| desk.world.tool(Tool::Neusweep, words()).spawn()).collect();
    let launched = sweeps.iter_mut().map(|sweep| sweep.wait().succeeded().stdout);
    assert_eq!(launched.filter(|stdout| stdout.starts_with("launch ")).count(), 1);
    desk.world.file("end", "");
    assert_eq!(desk.newest_launch().wait(), 0);
    assert_eq!((ran(&desk), desk.sbatch_calls().len()), (vec![0, 1, 2, 3], 1));
}

#[test]
fn what_slurm_puts_back_into_its_queue_is_not_started_again() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = desk(&cluster, r#"{"x": [2]}"#);
    let launch = desk.sweep("neurun slurm cpu go.py");
    until_ran(&desk, &[2]);
    let job = launch.job();
    desk.slurm(&format!("scontrol requeue {job}"));
    launch.until_state(0, &["pending"]);
    let dry = desk.world.neusweep("--skip-done --dry-run neurun slurm cpu go.py").succeeded();
    assert_eq!(dry.stderr, "0 new, 0 done, 1 running (of them 1 pending)\nnothing is left to start\n");
    desk.neu("cancel 1").succeeded();
    let dry = desk.world.neusweep("--skip-done --dry-run neurun slurm cpu go.py").succeeded();
    assert_says(&dry.stderr, ["1 new, 0 done, 0 running\n"]);
}
