//! Logs that are followed through a requeue, and all that is known of the run afterwards.

use crate::cluster::Cluster;
use crate::desk::{Desk, assert_says, until};
use crate::kit::Tool;

#[test]
fn a_requeued_run_is_followed_to_its_end_and_shown_with_all_attempts() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let script = "echo attempt $NEU_ATTEMPT\ntouch began.$NEU_ATTEMPT\n\
        while [ $NEU_ATTEMPT = 1 ] || [ ! -e go ]; do sleep 0.1; done\necho end\n";
    desk.world.file("long.sh", script);
    let launch = desk.launch("--runs=2 slurm cpu long.sh");
    launch.until_file("began.1");
    let mut following = desk.world.tool(Tool::Neu, ["logs", "-f", "1.0"]).spawn();
    let task = format!("{}_0", launch.job());
    launch.until_state(0, &["running"]);
    desk.slurm(&format!("scancel {}_1", launch.job()));
    desk.slurm(&format!("scontrol requeue {task}"));
    launch.until_state(0, &["pending"]);
    assert!(!following.is_over(), "what waits to be started again is not over");
    until("it may start soon", || {
        let line = format!("job={task} StartTime=now+3");
        let update = desk.world.command("scontrol", ["update"].into_iter().chain(line.split(' '))).run();
        if update.code == 0 { Ok(()) } else { Err(update) }
    });
    launch.until_file("began.2");
    desk.world.file("go", "");
    let followed = following.wait().succeeded();
    assert_eq!(followed.stdout, "attempt 1\nattempt 2\nend\n");
    assert_says(&followed.stderr, ["==> 1.0 attempt 2 <=="]);
    let shown = desk.world.neu("show 1.0").succeeded().stdout;
    assert_says(&shown, ["1: on ", "2: on ", "(exit code 0)", &format!("task {task}")]);
    // Which of the two hears of the requeue first is Slurm's doing.
    assert!(shown.contains("(SIGTERM)") || shown.contains("(signal 15)"), "{shown}");
    until("accounting has its steps", || {
        let json = desk.world.neu("show 1.0 --json").succeeded().json();
        let used = &json["launches"][0]["runs"][0]["used"];
        let steps = used["steps"].as_array().cloned().unwrap_or_default();
        let is_batch = |step: &serde_json::Value| step["step"] == "batch" && step["elapsed"].is_string();
        if steps.iter().any(is_batch) { Ok(()) } else { Err(used.to_string()) }
    });
}
