//! What Slurm, or somebody with its commands, does to jobs behind our back.

use std::fs;

use crate::cluster::Cluster;
use crate::desk::until;
use crate::scene::Scene;
use crate::tally::{Fate, play};

#[test]
fn a_requeue_of_one_task() {
    let Some(cluster) = Cluster::shared() else { return };
    play("`scontrol requeue` of one task", || {
        let scene = Scene::on(&cluster);
        let gate = scene.desk.world.path("gate");
        let mut watched = scene.launch(4, &format!("--gate={}", gate.display()));
        (0..4).for_each(|run| watched.until_begun(run, 1));
        let task = watched.task(1);
        scene.desk.slurm(&format!("scontrol requeue {task}"));
        watched.until_state(1, &["pending"]);
        scene.let_go(&task);
        watched.until_begun(1, 2);
        fs::write(&gate, "").unwrap();
        watched.judge_all_well()
    });
}

#[test]
fn a_requeue_of_the_whole_array() {
    let Some(cluster) = Cluster::shared() else { return };
    play("`scontrol requeue` of the array", || {
        let scene = Scene::on(&cluster);
        let mut watched = scene.launch(4, "--hang=1");
        (0..4).for_each(|run| watched.until_begun(run, 1));
        scene.desk.slurm(&format!("scontrol requeue {}", watched.launch.job()));
        for run in 0..4 {
            watched.until_state(run, &["pending"]);
            scene.let_go(&watched.task(run));
        }
        watched.judge_all_well()
    });
}

#[test]
fn a_preemption_with_requeue() {
    let options = ["--no-accounting", "--nodes=1"];
    let Some(cluster) = Cluster::special(&options) else { return };
    play("preemption with requeue", || {
        let scene = Scene::on(&cluster);
        let mut low = scene.launch_with(2, "--cpus-per-task=4", "--hang=1");
        (0..2).for_each(|run| low.until_begun(run, 1));
        let high = scene.launch_with(1, "--partition=high --cpus-per-task=8", "");
        let tally = high.judge_all_well();
        for run in 0..2 {
            low.until_state(run, &["pending"]);
            scene.let_go(&low.task(run));
        }
        let mut all = low.judge_all_well();
        all += tally;
        all
    });
}

#[test]
fn a_scancel_by_hand() {
    let Some(cluster) = Cluster::shared() else { return };
    play("`scancel` by hand, of a running task, a pending one, and a whole array", || {
        let scene = Scene::on(&cluster);
        let gate = scene.desk.world.path("gate");
        let watched = scene.launch(3, &format!("--gate={}", gate.display()));
        let held = scene.launch_with(2, "--hold", "");
        let whole = scene.launch(2, "--hang=9");
        (0..3).for_each(|run| watched.until_begun(run, 1));
        (0..2).for_each(|run| whole.until_begun(run, 1));
        scene.desk.slurm(&format!("scancel {} {}", watched.task(1), held.task(0)));
        scene.desk.slurm(&format!("scancel {}", whole.launch.job()));
        // Let go before that, it would end by itself.
        until("the running task was stopped", || {
            let executions = scene.ledger.executions(&watched.run(1));
            if executions.iter().all(|execution| !execution.is_alive) { Ok(()) } else { Err(executions) }
        });
        fs::write(&gate, "").unwrap();
        scene.desk.slurm(&format!("scontrol release {}", held.launch.job()));
        let cancelled = ("cancelled", Fate::IsStopped);
        let well = ("succeeded", Fate::Ends(0));
        let mut tally = watched.judge(|run| if run == 1 { cancelled } else { well });
        // Of a task that was cancelled before it was a job of its own, Slurm keeps nothing at all.
        tally += held.judge(|run| if run == 0 { ("cancelled", Fate::NeverStarts) } else { well });
        tally += whole.judge(|_| cancelled);
        tally
    });
}

#[test]
fn a_log_folder_that_is_removed_while_its_runs_wait() {
    let Some(cluster) = Cluster::shared() else { return };
    play("log folder removed while pending", || {
        let scene = Scene::on(&cluster);
        let watched = scene.launch_with(3, "--hold", "");
        let _absent = fs::remove_dir_all(scene.desk.world.store().join("launches/1/logs"));
        scene.desk.slurm(&format!("scontrol release {}", watched.launch.job()));
        watched.judge_all_well()
    });
}

#[test]
fn a_time_limit() {
    let Some(cluster) = Cluster::shared() else { return };
    play("time limit", || {
        let scene = Scene::on(&cluster);
        let heeds = scene.launch_with(2, "--time=1", "--hang=9");
        let ignores = scene.launch_with(1, "--time=1", "--hang=9 --ignore-term");
        let saves = scene.launch_with(1, "--time=1", "--hang=9 --end-on-term");
        let mut tally = heeds.judge(|_| ("timed-out", Fate::IsStopped));
        tally += ignores.judge(|_| ("timed-out", Fate::IsStopped));
        let row = || scene.desk.launch_number(3).run(0);
        // Its exit code is kept, and Slurm's word, which is the worse one, counts.
        tally += saves.judge(|_| ("timed-out", Fate::Ends(0)));
        assert_eq!(
            (&row()["exit_code"], &row()["cause"]),
            (&0.into(), &"Slurm says TIMEOUT (TimeLimit)".into())
        );
        for run in ["1.0", "1.1", "2.0", "3.0"] {
            let executions = scene.ledger.executions(run);
            assert_eq!(executions[0].terms, 1, "{run} sees one TERM: {executions:?}");
        }
        until("nothing is left behind", || {
            let left = scene.desk.world.survivors();
            if left.is_empty() { Ok(()) } else { Err(left) }
        });
        tally
    });
}
