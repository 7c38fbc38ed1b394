//! One run: no array, an early return, `--wait`, and every way in which a program ends.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::desk::{Desk, assert_says, until};

#[test]
fn a_single_run_is_no_array_and_neurun_returns_before_it_starts() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let launch = desk.launch("slurm cpu --hold train.py --lr=0.01");
    let job = launch.job();
    assert!(!desk.sbatch_calls()[0].contains("--array"), "{:?}", desk.sbatch_calls());
    assert_eq!(desk.slurm(&format!("squeue -h -j {job} -o %i|%K|%T")), format!("{job}|N/A|PENDING\n"));
    assert_eq!(launch.states(), ["pending"]);
    assert!(launch.logs().is_empty());
    assert_says(&desk.neu("logs 1").succeeded().stderr, ["1.0 has printed nothing yet; it is pending"]);
    desk.slurm(&format!("scontrol release {job}"));
    assert_eq!(launch.wait(), 0);
    assert_eq!(desk.records()["1.0.1"], ["--lr=0.01"]);
    let run = launch.run(0);
    assert_eq!(run["job"], job.as_str());
    assert_eq!(desk.neu("logs 1.0").succeeded().stdout, "trained 2\n");
    assert_eq!(desk.neu(&format!("logs slurm:{job}")).succeeded().stdout, "trained 2\n");
}

#[test]
fn a_run_is_told_which_one_it_is() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    desk.world.file(
        "show.sh",
        "env | grep ^NEU_ | sort\necho file: $(cat $NEU_PARAMS_FILE)\necho $PYTHONUNBUFFERED\n",
    );
    desk.world.file("params.json", r#"{"lr": [0.10, 0.2]}"#);
    let launch = desk.sweep("neurun --runs=2 slurm cpu show.sh");
    assert_eq!(launch.wait(), 0);
    let log = launch.log(1);
    let told = ["NEU_ATTEMPT=1", "NEU_LAUNCH=1", "NEU_REPEAT=1", "NEU_RUN=1", "NEU_RUN_ID=1.1"];
    for line in told.into_iter().chain(["NEU_RUN_NAME=lr0.10-r1", "1"]) {
        assert!(log.lines().any(|found| found == line), "{line} in {log}");
    }
    assert!(log.contains("NEU_PARAMS={\"lr\":0.10}") && log.contains("file: {\"lr\":0.10}"), "{log}");
}

#[test]
fn wait_tells_whether_all_succeeded() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    desk.world.file("half.sh", "exit $NEU_REPEAT\n");
    let some = desk.world.neurun("--wait --runs=2 slurm cpu half.sh").exited(1);
    assert_says(&some.stderr, ["1 of 2 runs succeeded"]);
    let all = desk.world.neurun("--wait slurm cpu half.sh").exited(0);
    assert_says(&all.stderr, ["1 of 1 runs succeeded"]);
    desk.neu("wait 1.0").exited(0);
    desk.neu("wait 1").exited(1);
    desk.neu("wait 1.1 2").exited(1);
    let list = desk.neu("status --json").succeeded().json();
    assert_eq!(list["launches"][0]["states"], json!({"succeeded": 1, "failed": 1}));
}

#[test]
fn every_end_of_a_program_is_told_apart() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    desk.configure(&["export READY=yes"], &json!({"mem": "100"}));
    desk.world.file("code.sh", "echo the last words >&2; exit 3\n");
    desk.world.file("killed.sh", "kill -9 $$\n");
    let code = desk.launch("slurm cpu code.sh");
    let killed = desk.launch("slurm cpu killed.sh");
    let warned = desk.world.neurun("slurm cpu no-such-program -x").succeeded();
    assert_says(&warned.stderr, ["no-such-program"]);
    let missing = desk.launched(&warned);
    for launch in [&code, &killed, &missing] {
        assert_eq!(launch.wait(), 1);
        assert_eq!(launch.states(), ["failed"]);
    }
    assert_eq!(code.run(0)["exit_code"], 3);
    assert!(code.table().contains("the last words"), "{}", code.table());
    assert_eq!((&killed.run(0)["exit_code"], &killed.run(0)["signal"]), (&Value::Null, &9.into()));
    assert!(killed.table().contains("SIGKILL"), "{}", killed.table());
    assert_eq!(missing.run(0)["exit_code"], 127);
    let sentence = "`no-such-program` is not on PATH, after the env was activated";
    assert!(missing.table().contains(sentence) && missing.log(0).contains(sentence), "{}", missing.table());
    // Accounting, too, must not take these jobs for successes.
    for launch in [&code, &killed, &missing] {
        let job = launch.job();
        until("accounting says FAILED", || {
            let state = desk.slurm(&format!("sacct -n -X -P -j {job} --format=State"));
            if state == "FAILED\n" { Ok(()) } else { Err(state) }
        });
    }
}
