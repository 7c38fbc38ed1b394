//! A controller that takes no more jobs for a while, since finished tasks still count.

use crate::cluster::Cluster;
use crate::desk::until;
use crate::scene::Scene;
use crate::tally::play;

#[test]
fn a_controller_that_is_full_of_finished_tasks() {
    let options =
        ["--nodes=2", "--no-accounting", "--slurm-conf=MaxJobCount=12", "--slurm-conf=MinJobAge=10"];
    let Some(cluster) = Cluster::special(&options) else { return };
    play("MaxJobCount reached by finished tasks that MinJobAge holds", || {
        let scene = Scene::on(&cluster);
        let mut first = scene.launch(8, "");
        first.until_over();
        let mut client = scene.desk.neurun(["--runs=8", "slurm", "cpu", "work.py"]).spawn();
        until("the second launch is submitted", || if client.is_over() { Ok(()) } else { Err(()) });
        let answer = client.wait();
        if answer.code != 0 {
            scene.desk.neu("resume 2").succeeded();
        }
        let mut tally = scene.watch(scene.desk.launch_number(2), 8).judge_all_well();
        tally += first.judge_all_well();
        tally
    });
}
