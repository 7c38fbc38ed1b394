//! A user whom no user database knows, as in many containers.

use std::fs;
use std::process::Command;

use crate::cluster::Cluster;
use crate::desk::{Desk, until};
use crate::kit::{Outcome, Tool};

const UID: &str = "4242";

#[test]
fn a_user_without_an_entry_in_passwd_submits_and_the_runs_succeed() {
    // A node of Slurm 22.05 that has started a job of such a user starts no other: its cache of groups stays locked.
    // So every run here gets a node of its own.
    let Some(cluster) = Cluster::special(&["--no-accounting"]) else { return };
    let desk = Desk::on(&cluster);
    let tools = desk.world.root().join("tools");
    fs::create_dir(&tools).unwrap();
    for (name, tool) in [("neu", Tool::Neu), ("neurun", Tool::Neurun)] {
        fs::copy(tool.path(), tools.join(name)).unwrap();
    }
    let owner = format!("{UID}:{UID}");
    assert!(Command::new("chown").args(["-R", &owner]).arg(desk.world.root()).status().unwrap().success());
    let typed = |name: &str, line: &str| -> Outcome {
        let become_them = ["--reuid", UID, "--regid", UID, "--clear-groups"].map(str::to_owned);
        let program = tools.join(name).display().to_string();
        let words = become_them.into_iter().chain([program]).chain(line.split(' ').map(str::to_owned));
        let line = desk.world.command("setpriv", words);
        line.without_env("USER").without_env("HOME").without_env("LC_ALL").without_env("TMPDIR").run()
    };
    typed("neurun", "slurm cpu --nodelist=n1 train.py --lr=0.1").succeeded();
    typed("neurun", "--runs=3 slurm cpu --exclude=n1 --exclusive train.py").succeeded();
    for (id, runs) in [(1, 1), (2, 3)] {
        until("every run has succeeded", || {
            let status = typed("neu", &format!("status {id} --json")).succeeded().json();
            if status["launch"]["states"]["succeeded"] == runs { Ok(()) } else { Err(status) }
        });
        typed("neu", &format!("wait {id}")).succeeded();
    }
    typed("neu", "logs 2").succeeded();
    assert_eq!(desk.records().len(), 4);
    typed("neurun", "slurm cpu --hold train.py").succeeded();
    typed("neu", "cancel 3").succeeded();
}
