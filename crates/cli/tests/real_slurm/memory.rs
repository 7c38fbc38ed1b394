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
    assert_eq!(parent.run(0)["cause"], "the kernel killed a process of it for its memory; exit code 0");
    assert_eq!(parent.run(0)["exit_code"], 0, "both are kept");
    // What the env has lost makes the job OUT_OF_MEMORY, too, whatever came of the program.
    desk.configure(&["python greedy.py || true"], &json!({"mem": "60"}));
    let prepared = desk.launch("slurm cpu train.py");
    assert_eq!(prepared.wait(), 1);
    assert_eq!(prepared.states(), ["out-of-memory"], "{}", prepared.table());
    for launch in [&parent, &prepared] {
        let says = desk.slurm(&format!("squeue -h -t all -o %T -j {}", launch.job()));
        assert!(says.lines().all(|state| state == "OUT_OF_MEMORY"), "Slurm says the same: {says}");
    }
}
