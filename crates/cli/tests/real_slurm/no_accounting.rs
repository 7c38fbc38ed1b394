//! A site without accounting whose controller forgets jobs at once: our own records must do.

use serde_json::json;

use crate::cluster::Cluster;
use crate::desk::{Desk, Launched, assert_says, until};
use crate::kit::Tool;

fn until_forgotten(launch: &Launched<'_>) {
    for job in launch.jobs() {
        until("Slurm has forgotten the job", || {
            let row = launch.desk.world.command("squeue", ["-h", "-t", "all", "-j", &job]).run();
            if row.stdout.is_empty() { Ok(()) } else { Err(row) }
        });
    }
}

#[test]
fn every_end_is_known_after_slurm_has_forgotten_the_jobs() {
    let options = ["--no-accounting", "--nodes=2", "--slurm-conf=MinJobAge=2"];
    let Some(cluster) = Cluster::special(&options) else { return };
    let desk = Desk::on(&cluster);
    desk.world.command("sacct", ["-n"]).run().exited(1);
    let ends = "case $NEU_RUN in 1) exit 3 ;; 2) kill -9 $$ ;; 3) touch began; sleep 100 ;; 4) touch began.4; sleep 100 ;; esac\n";
    desk.world.file("ends.sh", ends);
    let launch = desk.launch("--runs=6 slurm cpu ends.sh");
    let held = desk.launch("--runs=3 slurm cpu --hold train.py");
    desk.configure(&["echo broken; false"], &json!({"mem": "100"}));
    let broken = desk.launch("slurm cpu train.py");
    launch.until_file("began");
    launch.until_file("began.4");
    desk.neu("cancel 1.3").succeeded();
    desk.slurm(&format!("scancel {}_4", launch.job()));
    desk.neu("cancel 2.1").succeeded();
    assert_eq!(held.states(), ["pending", "cancelled", "pending"]);
    desk.slurm(&format!("scontrol release {}", held.job()));
    assert_eq!((launch.wait(), held.wait(), broken.wait()), (1, 1, 1));
    let check = || {
        let ends = ["succeeded", "failed", "failed", "cancelled", "cancelled", "succeeded"];
        assert_eq!(launch.states(), ends, "{}", launch.table());
        assert_eq!(held.states(), ["succeeded", "cancelled", "succeeded"], "{}", held.table());
        assert_eq!(broken.states(), ["env-failed"], "{}", broken.table());
    };
    check();
    for launch in [&launch, &held, &broken] {
        until_forgotten(launch);
    }
    check();
    assert_eq!((&launch.run(1)["exit_code"], &launch.run(2)["signal"]), (&3.into(), &9.into()));
    assert_says(&broken.table(), ["echo broken; false"]);
    let shown = desk.neu("show 1.0").succeeded().stdout;
    assert_says(&shown, ["used        not known: this cluster keeps no accounting"]);
    assert_eq!(launch.run(0)["job"], format!("{}_0", launch.job()));
    assert_says(&desk.neu("cancel 1").succeeded().stderr, ["6 runs already over"]);
    what_squeue_does_not_list_is_not_lost(&desk);
}

fn what_squeue_does_not_list_is_not_lost(desk: &Desk) {
    desk.configure(&[], &json!({"mem": "100"}));
    let held = desk.launch("--runs=2 slurm cpu --hold train.py");
    let refuses = |words: &str| {
        assert_eq!(held.states(), ["unknown", "unknown"], "{}", held.table());
        assert_says(&held.table(), [words]);
        assert_says(&desk.neu(&format!("retry {}", held.id)).exited(3).stderr, ["not retried", words]);
    };
    desk.world.fake("squeue", "exit 0");
    refuses(&format!("squeue does not list job {}, which scontrol knows", held.job()));
    std::fs::remove_file(desk.world.bin().join("squeue")).unwrap();
    assert_eq!(held.states(), ["pending", "pending"]);
    // The same user at the same store, whose commands talk to another cluster.
    let Some(other) = Cluster::shared() else { return };
    let elsewhere = |line: &str| {
        let neu = desk.world.tool(Tool::Neu, line.split_whitespace());
        neu.env("SLURM_CONF", other.conf()).run()
    };
    let words = "its jobs are on the cluster `";
    assert_says(&elsewhere(&format!("status {}", held.id)).succeeded().stdout, ["2 unknown", words]);
    for verb in ["cancel", "retry"] {
        assert_says(&elsewhere(&format!("{verb} {}", held.id)).exited(3).stderr, [words]);
    }
    desk.slurm(&format!("scontrol release {}", held.job()));
    assert_eq!(held.wait(), 0, "{}", held.table());
    let executed = desk.records().into_keys().filter(|name| name.starts_with(&held.id)).count();
    assert_eq!(executed, 2);
}
