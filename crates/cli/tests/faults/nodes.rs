//! Nodes that freeze, are lost, or run out of memory.

use nix::sys::signal::{Signal, kill};
use serde_json::json;

use crate::cluster::Cluster;
use crate::daemons::Daemon;
use crate::scene::{Scene, Watched};
use crate::tally::{Fate, play};

#[test]
fn a_node_that_freezes_and_a_node_that_is_lost() {
    let options = ["--nodes=2", "--no-accounting", "--slurm-conf=SlurmdTimeout=5"];
    let Some(cluster) = Cluster::special(&options) else { return };
    play("slurmd stopped past SlurmdTimeout, its job started elsewhere, slurmd continued", || {
        let scene = Scene::on(&cluster);
        let mut watched = scene.launch(1, "--hang=1 --seconds=2");
        watched.until_begun(0, 1);
        let frozen = node_of(&cluster, &watched).freeze();
        watched.until_state(0, &["pending"]);
        scene.let_go(&watched.launch.job());
        watched.until_begun(0, 2);
        drop(frozen);
        watched.judge_all_well()
    });
    play("slurmd and the step killed (node lost)", || {
        let scene = Scene::on(&cluster);
        let mut watched = scene.launch(1, "--hang=1 --seconds=2");
        watched.until_begun(0, 1);
        let node = node_of(&cluster, &watched);
        let steps = node.steps();
        assert_eq!(steps.len(), 1);
        node.end(Signal::SIGKILL);
        for step in steps {
            kill(step, Signal::SIGKILL).unwrap();
        }
        watched.until_state(0, &["pending"]);
        scene.let_go(&watched.launch.job());
        let tally = watched.judge_all_well();
        node.start();
        tally
    });
}

fn node_of(cluster: &Cluster, watched: &Watched<'_>) -> Daemon {
    Daemon::of(cluster, &format!("slurmd-{}", watched.launch.run(0)["node"].as_str().unwrap()))
}

#[test]
fn a_run_that_takes_too_much_memory() {
    let Some(cluster) = Cluster::special(&["--cgroup", "--nodes=1", "--node-prefix=eat", "--no-accounting"])
    else {
        return;
    };
    play("OUT_OF_MEMORY by cgroup", || {
        let scene = Scene::on(&cluster);
        scene.desk.configure(&[], &json!({"mem": "60"}));
        let modest = scene.launch(2, "");
        let mut greedy = scene.launch(2, "--eat=300");
        assert_eq!(greedy.until_over(), ["out-of-memory"; 2]);
        let mut tally = greedy.judge(|_| ("out-of-memory", Fate::IsStopped));
        tally += modest.judge_all_well();
        tally
    });
}
