//! A Slurm that is a handful of scripts: for what the commands make of answers that a real one gives rarely.

use crate::kit::{ARGV_PY, World};

/// What `scontrol` says of a cluster whose arrays have indices below `array_size`.
pub(crate) fn control(array_size: u32) -> String {
    format!(
        r#"case "$*" in
*config*) cat <<END
AccountingStorageEnforce = none
AccountingStorageType   = accounting_storage/none
ClusterName             = fake
MaxArraySize            = {array_size}
MaxJobCount             = 10000
MessageTimeout          = 1 sec
MinJobAge               = 300 sec
SLURM_VERSION           = 23.02.1
END
;;
*partition*) echo "PartitionName=cpu AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL Default=YES QoS=N/A DefaultTime=NONE Hidden=NO MaxTime=1-00:00:00 Nodes=n1 State=UP" ;;
*"show job"*) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1 ;;
esac"#
    )
}

/// A world whose cluster answers all questions, and takes every job as 4711.
pub(crate) fn cluster() -> World {
    let world = World::new();
    world.file("config.json", r#"{"slurm": {"cpu": {"env": "", "resources": {"time": "1:00"}}}}"#);
    world.file("argv.py", ARGV_PY);
    world.file("params.json", r#"{"lr": [0.1, 0.2, 0.3], "layers": [4, 8]}"#);
    world.fake("scontrol", &control(1001));
    world.fake("sbatch", "echo 4711");
    world.fake("squeue", "exit 0");
    world.fake("sacct", "echo 'sacct: error: no accounting' >&2; exit 1");
    world.fake("scancel", "exit 0");
    world
}
