//! A controller that freezes while runs are cancelled or retried: every run ends up exactly once where it should.

use std::thread;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::desk::{Desk, assert_says, until};
use crate::kit::Tool;
use crate::small_site::Frozen;

/// Longer than `MessageTimeout`, so that the commands of Slurm give up.
const FROZEN_FOR: Duration = Duration::from_secs(10);

#[test]
fn what_is_asked_of_a_frozen_controller_is_done_once_when_it_wakes() {
    let options = ["--nodes=2", "--slurm-conf=MessageTimeout=4"];
    let Some(cluster) = Cluster::special(&options) else { return };
    let desk = Desk::on(&cluster);
    runs_are_cancelled_when_it_wakes(&desk, &cluster);
    runs_are_retried_exactly_once(&desk, &cluster);
    what_is_still_being_submitted_is_cancelled(&desk, &cluster);
}

fn queue(desk: &Desk) -> String {
    desk.slurm("squeue -h -r -t PD,CF,R -o %i|%T|%j")
}

fn runs_are_cancelled_when_it_wakes(desk: &Desk, cluster: &Cluster) {
    let launch = desk.launch("--runs=3 slurm cpu --hold train.py");
    let frozen = Frozen::of(cluster);
    let mut cancel = desk.world.tool(Tool::Neu, ["cancel", &launch.id]).spawn();
    thread::sleep(FROZEN_FOR);
    drop(frozen);
    let told = cancel.wait().succeeded();
    assert_says(&told.stderr, ["3 runs stopped"]);
    assert_eq!(queue(desk), "");
    assert_eq!(launch.states(), ["cancelled"; 3]);
}

fn runs_are_retried_exactly_once(desk: &Desk, cluster: &Cluster) {
    desk.world.file("once.sh", "echo $NEU_RUN $NEU_ATTEMPT >>once; [[ $NEU_ATTEMPT != 1 ]]");
    let launch = desk.launch("--runs=3 slurm cpu once.sh");
    assert_eq!(launch.wait(), 1);
    let frozen = Frozen::of(cluster);
    let mut both: Vec<_> =
        (0..2).map(|_| desk.world.tool(Tool::Neu, ["retry", &launch.id]).spawn()).collect();
    thread::sleep(FROZEN_FOR);
    drop(frozen);
    for one in &mut both {
        until("it has ended", || if one.is_over() { Ok(()) } else { Err(()) });
        one.wait();
    }
    // One that was told nothing by a frozen controller retries nothing: it is asked again here.
    desk.neu(&format!("retry {}", launch.id)).succeeded();
    assert_eq!(launch.wait(), 0, "{}", launch.table());
    let mut lines: Vec<String> =
        std::fs::read_to_string(desk.world.path("once")).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    let attempts: Vec<&str> = lines.iter().map(|line| &line[..1]).collect();
    assert_eq!(attempts, ["0", "0", "1", "1", "2", "2"], "{lines:?}");
}

fn what_is_still_being_submitted_is_cancelled(desk: &Desk, cluster: &Cluster) {
    let calls = desk.sbatch_calls().len();
    let frozen = Frozen::of(cluster);
    let mut neurun = desk.neurun(["--runs=3", "slurm", "cpu", "train.py"]).spawn();
    until("sbatch is called", || if desk.sbatch_calls().len() > calls { Ok(()) } else { Err(()) });
    let mut cancel = desk.world.tool(Tool::Neu, ["cancel", "3"]).spawn();
    thread::sleep(FROZEN_FOR);
    drop(frozen);
    until("the client has ended", || if neurun.is_over() { Ok(()) } else { Err(()) });
    neurun.wait();
    until("it is cancelled", || if cancel.is_over() { Ok(()) } else { Err(()) });
    cancel.wait();
    assert_eq!(queue(desk), "");
    let launch = desk.launch_number(3);
    let states = launch.states();
    let is_over = |state: &String| ["cancelled", "succeeded"].contains(&state.as_str());
    assert!(states.iter().all(is_over), "{states:?}");
    desk.neu("cancel 3").succeeded();
    assert_eq!(launch.states(), states);
}
