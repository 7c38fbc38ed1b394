//! Runs that Slurm ends or starts again: requeues and time limits.

use crate::cluster::Cluster;
use crate::desk::{Desk, assert_says, until};

#[test]
fn a_requeued_task_becomes_the_next_attempt_of_its_run_alone() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let script = "echo attempt $NEU_ATTEMPT of $NEU_RUN\ntouch began.$NEU_RUN.$NEU_ATTEMPT\n\
        while [ $NEU_RUN.$NEU_ATTEMPT != 1.2 ] && [ ! -e go ]; do sleep 0.1; done\n";
    desk.world.file("long.sh", script);
    let launch = desk.launch("--runs=2 slurm cpu long.sh");
    launch.until_file("began.0.1");
    launch.until_file("began.1.1");
    let task = format!("{}_1", launch.job());
    desk.slurm(&format!("scontrol requeue {task}"));
    launch.until_state(1, &["pending"]);
    assert_eq!(launch.states()[0], "running");
    // Not at once: the end of the first execution, still on its way, would be taken for that of the second.
    until("it may start soon", || {
        let line = format!("job={task} StartTime=now+3");
        let update = desk.world.command("scontrol", ["update"].into_iter().chain(line.split(' '))).run();
        if update.code == 0 { Ok(()) } else { Err(update) }
    });
    launch.until_file("began.1.2");
    launch.until_state(1, &["succeeded"]);
    desk.world.file("go", "");
    assert_eq!(launch.wait(), 0, "{}", launch.table());
    assert_eq!(launch.logs(), ["0.1.out", "1.1.out", "1.2.out"]);
    assert_eq!((&launch.run(0)["attempt"], &launch.run(1)["attempt"]), (&1.into(), &2.into()));
    assert_eq!(launch.run(1)["exit_code"], 0);
    assert_eq!(launch.log(1), "attempt 2 of 1\n");
    let first = desk.world.store().join("launches/1/logs/1.1.out");
    assert_says(&std::fs::read_to_string(first).unwrap(), ["attempt 1 of 1"]);
}

#[test]
fn a_time_limit_is_told_whatever_the_program_makes_of_its_term() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let script = "case $NEU_RUN in 1) trap 'exit 0' TERM ;; 2) trap '' TERM ;; esac\n\
        for i in {1..2000}; do sleep 0.1; done\n";
    desk.world.file("long.sh", script);
    let launch = desk.launch("--runs=3 slurm cpu --time=1 long.sh");
    assert_eq!(launch.wait(), 1);
    assert_eq!(launch.states(), ["timed-out"; 3], "{}", launch.table());
    assert_says(&launch.table(), ["3 timed-out", "Slurm says TIMEOUT"]);
    until("accounting has every end", || {
        let rows = desk.slurm(&format!("sacct -n -X -P -j {} --format=State", launch.job()));
        if rows.lines().filter(|state| *state == "TIMEOUT").count() == 3 { Ok(()) } else { Err(rows) }
    });
    assert_eq!(launch.states(), ["timed-out"; 3], "{}", launch.table());
}
