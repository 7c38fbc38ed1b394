//! A cluster that kills what takes more memory than it asked for.

use serde_json::json;

use crate::cluster::Cluster;
use crate::desk::Desk;

#[test]
fn too_much_memory_is_told_whatever_the_exit_code_is() {
    let Some(cluster) = Cluster::special(&["--cgroup", "--nodes=1", "--node-prefix=mem"]) else { return };
    let desk = Desk::on(&cluster);
    desk.configure(&[], &json!({"mem": "60"}));
    desk.world.file("greedy.py", "b = bytearray(300 << 20)\nprint(len(b))\n");
    desk.world.file("parent.sh", "python greedy.py\nexit $NEU_REPEAT\n");
    let greedy = desk.launch("slurm cpu greedy.py");
    // The program goes on without the child that was killed.
    let parent = desk.launch("--runs=2 slurm cpu parent.sh");
    let modest = desk.launch("slurm cpu train.py");
    assert_eq!((greedy.wait(), modest.wait()), (1, 0));
    assert_eq!(greedy.states(), ["out-of-memory"], "{}", greedy.table());
    assert_eq!(parent.wait(), 1);
    assert_eq!(parent.states(), ["out-of-memory"; 2], "{}", parent.table());
}
