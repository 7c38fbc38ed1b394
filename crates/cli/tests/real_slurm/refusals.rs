//! What the cluster would not take, or take and never start.

use serde_json::json;

use crate::cluster::Cluster;
use crate::desk::{Desk, assert_says};

#[test]
fn a_time_above_the_partitions_limit_is_refused_before_anything_is_written() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    desk.configure(&[], &json!({"partition": "short", "time": "10:00"}));
    for line in ["slurm cpu --time=11:00 train.py", "--runs=30 slurm cpu --time=1-0 train.py"] {
        let refused = desk.world.neurun(line).exited(2);
        assert_says(&refused.stderr, ["above the limit of partition `short`, 00:10:00", "never start"]);
        desk.world.neurun(&format!("--dry-run {line}")).exited(2);
    }
    assert!(!desk.has_store());
    assert_eq!(desk.sbatch_calls(), [] as [&str; 0]);
    // One partition of several that has the time is enough.
    let launch = desk.launch("slurm cpu --time=11:00 --partition=short,big-mem --hold train.py");
    desk.neu(&format!("cancel {}", launch.id)).succeeded();
}

#[test]
fn an_unknown_partition_is_refused_with_its_nearest_name() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let refused = desk.world.neurun("slurm cpu --partition=big-gpus train.py").exited(2);
    assert_says(&refused.stderr, ["there is no partition `big-gpus`; did you mean `big-gpu`?"]);
    assert!(!desk.has_store());
    assert_eq!(desk.sbatch_calls(), [] as [&str; 0]);
}

#[test]
fn what_sbatch_refuses_is_failed_in_slurms_words() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let refusals = [
        ("--mem=900G", "Requested node configuration is not available"),
        ("--gres=gpu:nope:1", "Requested node configuration is not available"),
        ("--constraint=nope", "Invalid feature specification"),
        ("--licenses=nope:1", "Invalid license specification"),
    ];
    for (number, (option, words)) in (1..).zip(refusals) {
        for runs in ["", "--runs=3 "] {
            let refused = desk.world.neurun(&format!("{runs}slurm cpu {option} train.py")).exited(3);
            assert_says(&refused.stderr, [words, "Slurm refused it"]);
            assert_eq!(refused.stdout, "");
        }
        for id in [2 * number - 1, 2 * number] {
            let launch = desk.launch_number(id);
            assert!(launch.states().iter().all(|state| state == "failed"), "{}", launch.table());
            assert_says(&launch.table(), ["refused by Slurm", words]);
            assert_eq!(launch.wait(), 1);
            desk.neu(&format!("logs {id}")).succeeded();
        }
    }
    assert!(desk.records().is_empty());
}
