//! A record of submissions that is damaged or lost: what the real squeue, sacct and the journals tell of it.

use std::fs;

use crate::cluster::Cluster;
use crate::desk::Desk;

#[test]
fn slurm_tells_of_each_job_all_that_was_lost() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    desk.launch("--runs=600 --yes slurm cpu --hold train.py");
    desk.neu("cancel 1").succeeded();
    // A list of runs that is as long as they get.
    let odd: Vec<String> = (0..300).map(|run| format!("1.{}", 2 * run + 1)).collect();
    desk.neu(&format!("retry --yes {}", odd.join(" "))).succeeded();
    let known = |desk: &Desk| (desk.world.status("1")["launch"]["jobs"].clone(), desk.world.states("1"));
    let before = known(&desk);
    assert_eq!(before.1.iter().filter(|state| *state == "pending").count(), 300);
    let path = desk.world.store().join("launches/1/submissions.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let without_retry: String =
        text.lines().take_while(|line| !line.contains("\"retry\"")).map(|line| format!("{line}\n")).collect();
    // All of the retry is garbage; all is gone.
    for damage in [Some(without_retry + "\0\0\0\n"), None] {
        match damage {
            Some(text) => fs::write(&path, text).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        desk.neu("resume 1").succeeded();
        assert_eq!(known(&desk), before);
        assert!(desk.neu("resume 1").succeeded().stderr.contains("nothing was missing"));
    }
    desk.neu("cancel 1").succeeded();
}
