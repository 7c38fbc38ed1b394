//! What is said of runs that wait, never begin, or end without a word.

use crate::cluster::Cluster;
use crate::desk::{Desk, assert_says, until};

#[test]
fn what_never_starts_stands_apart_from_what_waits() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let held = desk.launch("--runs=2 slurm cpu --hold train.py");
    let later = desk.launch("slurm cpu --begin=now+1hour train.py");
    // Slurm gives the reason with its next look at the queue.
    until("the reason is there", || {
        let run = later.run(0);
        if run["pending"]["reason"] == "BeginTime" { Ok(()) } else { Err(run) }
    });
    assert_eq!(later.run(0)["pending"]["never"], false);
    assert_says(&later.table(), ["2.0 pending (BeginTime): its start time has not come"]);
    until("it is seen to be held", || {
        let run = held.run(1);
        if run["pending"]["never"] == true { Ok(()) } else { Err(run) }
    });
    for view in ["status", "status 1"] {
        let outcome = desk.neu(view).succeeded();
        assert_says(
            &outcome.stderr,
            ["warning: 1.0-1 will not start (JobHeldUser): it is held; scontrol release"],
        );
    }
    desk.neu("cancel 1 2").succeeded();
    assert_eq!(held.run(0)["class"], "cancelled");
}

#[test]
fn what_depends_on_a_job_that_failed_never_starts_and_what_to_do_helps() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    desk.world.file("fail.sh", "exit 3");
    let first = desk.launch("slurm cpu --hold fail.sh");
    let job = first.job();
    let second = desk.launch(&format!("--runs=2 slurm cpu --dependency=afterok:{job} train.py"));
    desk.slurm(&format!("scontrol release {job}"));
    assert_eq!(first.wait(), 1);
    until("Slurm has seen that it never can", || {
        let run = second.run(1);
        if run["pending"]["never"] == true { Ok(()) } else { Err(run) }
    });
    assert_eq!(
        (&second.run(1)["state"], &second.run(1)["pending"]["reason"]),
        (&"pending".into(), &"DependencyNeverSatisfied".into())
    );
    for view in ["status", "status 2"] {
        let said = desk.neu(view).succeeded().stderr;
        assert_says(
            &said,
            ["2.0-1 will not start (DependencyNeverSatisfied)", "neu cancel", "neu rerun --with dependency="],
        );
    }
    desk.neu("cancel 2").succeeded();
    assert_eq!(second.states(), ["cancelled"; 2]);
    let again = desk.launched(&desk.neu("rerun --with dependency= 2").succeeded());
    assert_eq!(again.wait(), 0);
}

#[test]
fn a_job_that_its_node_could_not_start_and_a_worker_that_was_killed_are_told_apart() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    desk.world.file("long.sh", "echo $PPID > worker; touch began; sleep 300");
    let killed = desk.launch("slurm cpu long.sh");
    let held = desk.launch("slurm cpu --hold train.py");
    killed.until_file("began");
    // Without the folder of its log.
    let folder = desk.world.store().join("launches/2");
    let aside = desk.world.root().join("aside");
    std::fs::rename(&folder, &aside).unwrap();
    let job = aside.join("submissions.jsonl");
    let text = std::fs::read_to_string(job).unwrap();
    let id: String =
        text.split("\"job\":").last().unwrap().chars().take_while(char::is_ascii_digit).collect();
    desk.slurm(&format!("scontrol release {id}"));
    until("its node has tried", || {
        let row = desk.slurm(&format!("squeue -h -t all -o %T -j {id}"));
        if row.trim() == "FAILED" { Ok(()) } else { Err(row) }
    });
    std::fs::rename(&aside, &folder).unwrap();
    let worker = std::fs::read_to_string(desk.world.path("worker")).unwrap();
    let halves = "ps -o pid=,ppid= -e | awk -v w=$W '$1==w {print $2}'";
    let first_half = desk.world.command("bash", ["-c", &halves.replace("$W", worker.trim())]).run().stdout;
    desk.world.command("bash", ["-c", &format!("kill -9 {} {}", first_half.trim(), worker.trim())]).run();
    held.until_state(0, &["failed"]);
    assert_eq!(held.run(0)["class"], "never-started");
    assert_says(&held.table(), ["never began", "a folder was not there"]);
    killed.until_state(0, &["lost"]);
    assert_says(&killed.table(), ["its worker ended without a word; Slurm says FAILED"]);
}
