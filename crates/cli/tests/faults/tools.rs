//! Commands of Slurm that fail one time in five, each in its own way.

use crate::cluster::Cluster;
use crate::desk::until;
use crate::scene::Scene;
use crate::tally::{Tally, play};

/// What a wrapper may print of job `$id`, and where there is no number of it at all.
const OTHER_NUMBERS: [&str; 5] = [
    "Submitted batch job 99999\\n12\\n",
    "$id\\n99999\\n",
    "99999\\n$id\\n",
    "Welcome! 2 news\\n$id\\n",
    "\\377 what now?\\n",
];

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
    play("sbatch accepts, and prints other numbers than its job's, or garbage", || other_numbers(&cluster));
}

fn other_numbers(cluster: &Cluster) -> Tally {
    let mut scene = Scene::on(cluster);
    let ids = scene.desk.world.root().join("ids");
    scene.desk.world.set("TRUE_IDS", &ids);
    let mut tally = Tally::default();
    for (number, answer) in (1..).zip(OTHER_NUMBERS) {
        let wrapper = format!(
            "#!/bin/bash\nid=$(/usr/bin/sbatch \"$@\") || exit\necho \"$id\" >>\"$TRUE_IDS\"\nprintf \"{answer}\"\n"
        );
        let path = scene.desk.world.bin().join("sbatch");
        let _before = std::fs::remove_file(&path);
        scene.desk.world.program(path, wrapper);
        scene.desk.world.neurun("--runs=2 slurm cpu work.py").succeeded();
        let launch = scene.desk.launch_number(number);
        let true_ids = std::fs::read_to_string(&ids).unwrap();
        let taken: Vec<&str> = true_ids.lines().collect();
        assert_eq!(
            taken.len(),
            usize::try_from(number).unwrap(),
            "after {answer:?} it is not submitted again"
        );
        assert_eq!(
            [launch.job().as_str()],
            taken[taken.len() - 1..],
            "after {answer:?} it is found by its key"
        );
        tally += scene.watch(launch, 2).judge_all_well();
    }
    tally
}
