//! What is said of jobs and folders that is not so: by commands of Slurm, by a copy of a project, by a job's description.

use std::fs;

use crate::cluster::Cluster;
use crate::scene::{Scene, Watched};
use crate::tally::play;

/// Answers as a Slurm that has none of the jobs, and keeps no accounting.
const DENIES: [(&str, &str); 3] = [
    ("squeue", "exit 0"),
    ("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1"),
    (
        "scontrol",
        "case \"$*\" in *'show job'*) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1 ;; esac\n\
         exec /usr/bin/scontrol \"$@\"",
    ),
];

/// Two runs that go on until they are let go, and two that are held.
fn running_and_held(scene: &Scene) -> (Watched<'_>, Watched<'_>) {
    let gate = scene.desk.world.path("gate");
    let running = scene.launch(2, &format!("--gate={}", gate.display()));
    let held = scene.launch_with(2, "--hold", "");
    (0..2).for_each(|run| running.until_begun(run, 1));
    (running, held)
}

fn let_go(scene: &Scene, held: &Watched<'_>) {
    fs::write(scene.desk.world.path("gate"), "").unwrap();
    release(scene, held, 0);
}

fn release(scene: &Scene, held: &Watched<'_>, job: usize) {
    scene.desk.slurm(&format!("scontrol release {}", held.launch.jobs()[job]));
}

#[test]
fn a_copy_of_a_project_that_goes_on() {
    let Some(cluster) = Cluster::shared() else { return };
    play("a copy of the project, cancelled and retried while its runs wait and run", || {
        let scene = Scene::on(&cluster);
        let (running, held) = running_and_held(&scene);
        scene.desk.world.bash("mkdir copy && cp -r .neu *.json *.py copy/").succeeded();
        let shown = scene.desk.neu("-C copy status 1 2 --json").succeeded().json();
        for launch in shown["launches"].as_array().unwrap() {
            let states = &launch["launch"]["states"];
            assert_eq!(*states, serde_json::json!({"unknown": 2}), "{shown}");
        }
        scene.desk.neu("-C copy retry 1 2").exited(2);
        scene.desk.neu("-C copy cancel 1 2").exited(2);
        let_go(&scene, &held);
        let mut tally = running.judge_all_well();
        tally += held.judge_all_well();
        tally
    });
}

#[test]
fn a_squeue_that_lists_nothing() {
    let Some(cluster) = Cluster::special(&["--no-accounting", "--nodes=2"]) else { return };
    play("squeue lists nothing while runs wait and run, and they are retried; no accounting", || {
        let scene = Scene::on(&cluster);
        let (mut running, mut held) = running_and_held(&scene);
        scene.desk.world.fake("squeue", "exit 0");
        scene.desk.neu("retry 1 2").exited(3);
        for states in [running.look(), held.look()] {
            assert!(!states.is_empty() && !states.contains(&"lost".to_owned()), "{states:?}");
        }
        fs::remove_file(scene.desk.world.bin().join("squeue")).unwrap();
        let_go(&scene, &held);
        let mut tally = running.judge_all_well();
        tally += held.judge_all_well();
        tally
    });
}

#[test]
fn commands_that_deny_every_job() {
    let Some(cluster) = Cluster::shared() else { return };
    play("squeue, sacct and scontrol deny all jobs, the runs are retried, and then both jobs begin", || {
        let scene = Scene::on(&cluster);
        let mut held = scene.launch_with(3, "--hold", "");
        for (tool, lie) in DENIES {
            scene.desk.world.fake(tool, lie);
        }
        (0..3).for_each(|run| held.until_state(run, &["lost"]));
        scene.desk.neu("retry 1").succeeded();
        held.begins_again();
        for (tool, _) in DENIES {
            fs::remove_file(scene.desk.world.bin().join(tool)).unwrap();
        }
        for job in 0..2 {
            release(&scene, &held, job);
        }
        held.judge_all_well()
    });
}

#[test]
fn a_folder_that_is_gone_when_its_runs_begin() {
    let Some(cluster) = Cluster::shared() else { return };
    play("the folder that runs start in is gone when they begin, and back for a retry", || {
        let scene = Scene::on(&cluster);
        let (inner, aside) = (scene.desk.world.path("inner"), scene.desk.world.path("aside"));
        fs::create_dir(&inner).unwrap();
        let script = scene.desk.world.path("work.py");
        let line = format!("--runs=2 slurm cpu --hold --chdir=inner {}", script.display());
        let mut held = scene.watch(scene.desk.launch(&line), 2);
        fs::rename(&inner, &aside).unwrap();
        release(&scene, &held, 0);
        (0..2).for_each(|run| held.until_state(run, &["failed"]));
        fs::rename(&aside, &inner).unwrap();
        scene.desk.neu("retry 1").succeeded();
        held.begins_again();
        release(&scene, &held, 1);
        held.judge_all_well()
    });
}
