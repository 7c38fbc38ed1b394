//! What Slurm is asked for: the config, what is typed over it, and what the surroundings say.

use serde_json::json;

use crate::cluster::Cluster;
use crate::desk::{Desk, Launched, assert_says};

/// What the controller has of a job, as `Name=value` words.
fn shown(launch: &Launched<'_>) -> String {
    launch.desk.slurm(&format!("scontrol show job {}", launch.job()))
}

/// Asserts words of `scontrol show job`, whole ones.
#[track_caller]
fn assert_asked<'a>(launch: &Launched<'_>, words: impl IntoIterator<Item = &'a str>) {
    let shown = shown(launch);
    for word in words {
        assert!(shown.split_whitespace().any(|found| found == word), "no {word} in\n{shown}");
    }
}

#[test]
fn words_before_the_script_override_the_config() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let resources = json!({"partition": "big-gpu", "time": "10:00", "mem": "100", "requeue": true, "nice": 5,
        "exclusive": null, "gres": "gpu:p100:2", "comment": "two words, 'quoted'"});
    desk.configure(&[], &resources);
    let launch = desk.launch("slurm cpu --mem=200 --time=1:00 --hold --no-requeue --comment=mine train.py");
    assert_asked(
        &launch,
        ["MinMemoryNode=200M", "TimeLimit=00:01:00", "Reason=JobHeldUser", "Partition=big-gpu", "Requeue=0"]
            .into_iter()
            .chain(["Nice=5", "TresPerNode=gres:gpu:p100:2", "Comment=mine"]),
    );
    let plain = desk.launch("slurm cpu --hold train.py");
    assert_asked(&plain, ["MinMemoryNode=100M", "TimeLimit=00:10:00", "Requeue=1"]);
    assert_says(&shown(&plain), ["Comment=two words, 'quoted'"]);
    for launch in [&launch, &plain] {
        desk.neu(&format!("cancel {}", launch.id)).succeeded();
    }
}

#[test]
fn the_users_variables_apply_where_the_config_says_nothing() {
    let Some(cluster) = Cluster::shared() else { return };
    let mut desk = Desk::on(&cluster);
    desk.world.set("SBATCH_PARTITION", "short");
    desk.world.set("SBATCH_TIMELIMIT", "5:00");
    desk.configure(&[], &json!({"partition": "big-gpu"}));
    let configured = desk.launch("slurm cpu --hold train.py");
    assert_asked(&configured, ["Partition=big-gpu", "TimeLimit=00:05:00"]);
    desk.configure(&[], &json!(""));
    let silent = desk.launch("slurm cpu --hold train.py");
    assert_asked(&silent, ["Partition=short", "TimeLimit=00:05:00"]);
    // The time that the user always asks for counts against the partition, too.
    let late = desk.neurun(["slurm", "cpu", "--hold", "train.py"]).env("SBATCH_TIMELIMIT", "20:00");
    let refused = late.run().exited(2);
    assert_says(&refused.stderr, ["20:00", "`short`", "00:10:00"]);
    for launch in [&configured, &silent] {
        desk.neu(&format!("cancel {}", launch.id)).succeeded();
    }
}

#[test]
fn a_job_that_submits_hands_nothing_of_itself_on() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    desk.configure(&[], &json!({"partition": "big-mem"}));
    let outer = [
        ("SLURM_JOB_ID", "77"),
        ("SLURM_JOBID", "77"),
        ("SLURM_ARRAY_JOB_ID", "70"),
        ("SLURM_ARRAY_TASK_ID", "5"),
        ("SLURM_RESTART_COUNT", "3"),
        ("SLURM_MEM_PER_NODE", "12345"),
        ("SLURM_MEM_PER_CPU", "999"),
        ("SLURM_CPUS_PER_TASK", "7"),
        ("SLURM_NTASKS", "8"),
        ("SLURM_NNODES", "3"),
        ("SLURMD_NODENAME", "n99"),
        ("SBATCH_PARTITION", "no-such-partition"),
        ("SBATCH_TIMELIMIT", "300-0"),
    ];
    let within = |line: &str| {
        let line = desk.neurun(line.split_whitespace().collect::<Vec<_>>());
        outer.iter().fold(line, |line, (name, value)| line.env(*name, *value)).run()
    };
    let held = desk.launched(&within("slurm cpu --hold train.py").succeeded());
    assert_asked(&held, ["NumCPUs=1", "NumNodes=1", "CPUs/Task=1", "MinMemoryCPU=100M", "Partition=big-mem"]);
    desk.neu("cancel 1").succeeded();
    // And for real: a job whose run types neurun.
    desk.world.file("nested.sh", "neurun slurm cpu train.py --nested\n");
    let tools = desk.world.root().join("tools");
    desk.world.bash("true");
    desk.configure(
        &[&format!("PATH={}:$PATH", tools.display())],
        &json!({"mem": "300", "cpus-per-task": "2"}),
    );
    let outer = desk.launch("--runs=2 slurm cpu nested.sh");
    assert_eq!(outer.wait(), 0, "{}", outer.table());
    for id in [3, 4] {
        let inner = desk.launch_number(id);
        assert_eq!(inner.wait(), 0, "{}", inner.table());
        assert_eq!((&inner.run(0)["id"], &inner.run(0)["attempt"]), (&format!("{id}.0").into(), &1.into()));
        assert_eq!(desk.records()[&format!("{id}.0.1")], ["--nested"]);
    }
}

#[test]
fn what_is_not_as_it_may_seem_is_said() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    desk.configure(&[], &json!({"mem": "100", "output": "mine.%j", "job-name": "theirs"}));
    let outcome = desk.world.neurun("slurm cpu --nodes=2 --hold train.py").succeeded();
    assert_says(&outcome.stderr, ["`output`", "is not used", "`nodes`", "first node only"]);
    let launch = desk.launched(&outcome);
    assert_says(&shown(&launch), ["NumNodes=2", "JobName=theirs."]);
    desk.slurm(&format!("scontrol release {}", launch.job()));
    assert_eq!(launch.wait(), 0);
    assert_eq!(desk.records().len(), 1);
    assert!(!desk.world.path(format!("mine.{}", launch.job())).exists());
}
