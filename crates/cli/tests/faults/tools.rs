//! Commands of Slurm that fail one time in five, each in its own way.

use crate::cluster::Cluster;
use crate::desk::until;
use crate::scene::Scene;
use crate::tally::play;

const FAULTY_TOOL: &str = include_str!("faulty_tool");

#[test]
fn commands_of_slurm_that_fail() {
    let options = ["--nodes=2", "--slurm-conf=MaxArraySize=11", "--slurm-conf=MessageTimeout=4"];
    let Some(cluster) = Cluster::special(&options) else { return };
    play("sbatch, squeue, sacct and scancel fail one time in five: a sweep of 200 runs", || {
        let mut scene = Scene::on(&cluster);
        scene.desk.world.set("CALLS_OF_FAULTY_TOOLS", scene.desk.world.root().join("faulty.calls"));
        for tool in ["sbatch", "squeue", "sacct", "scancel"] {
            let path = scene.desk.world.bin().join(tool);
            let _others = std::fs::remove_file(&path);
            scene.desk.world.program(path, FAULTY_TOOL);
        }
        let values: Vec<String> = (0..200).map(|value| value.to_string()).collect();
        scene.desk.world.file("params.json", format!("{{\"n\": [{}]}}", values.join(", ")));
        let mut sweep =
            scene.desk.world.tool(crate::kit::Tool::Neusweep, ["neurun", "slurm", "cpu", "work.py"]).spawn();
        until("the sweep is submitted", || if sweep.is_over() { Ok(()) } else { Err(()) });
        if sweep.wait().code != 0 {
            until("the sweep is complete", || {
                let resumed = scene.desk.neu("resume 1");
                if resumed.code == 0 { Ok(()) } else { Err(resumed) }
            });
        }
        // Shown where the test fails.
        let submissions = scene.desk.world.store().join("launches/1/submissions.jsonl");
        println!("{}", std::fs::read_to_string(submissions).unwrap());
        println!("{}", std::fs::read_to_string(scene.desk.world.root().join("faulty.calls")).unwrap());
        scene.watch(scene.desk.launch_number(1), 200).judge_all_well()
    });
}
