//! A site with small limits, whose controller is also seen freezing.

use std::ffi::OsString;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::cluster::Cluster;
use crate::desk::{Desk, assert_says, until};
use crate::kit::Tool;

#[test]
fn a_launch_keeps_to_the_limits_and_survives_a_frozen_controller() {
    let options =
        ["--enforce-limits", "--nodes=2", "--slurm-conf=MaxArraySize=11", "--slurm-conf=MessageTimeout=4"];
    let Some(cluster) = Cluster::special(&options) else { return };
    let desk = Desk::on(&cluster);
    more_runs_than_an_array_takes(&desk);
    a_launch_over_several_arrays_is_cancelled(&desk);
    what_the_limits_do_not_take_is_for_later(&desk);
    a_job_whose_answer_was_lost_is_found(&desk, &cluster);
    a_job_that_was_not_found_is_never_called_failed(&desk, &cluster);
    a_job_whose_client_was_killed_is_found_and_can_be_cancelled(&desk, &cluster);
    a_client_that_is_killed_before_its_arrays_are_all_there_is_completed(&desk, &cluster);
}

fn more_runs_than_an_array_takes(desk: &Desk) {
    let values: Vec<String> = (0..25).map(|value| value.to_string()).collect();
    desk.world.file("params.json", format!("{{\"n\": [{}]}}", values.join(", ")));
    let launch = desk.sweep("neurun slurm cpu train.py");
    assert_eq!(launch.wait(), 0, "{}", launch.table());
    let calls = desk.sbatch_calls();
    let arrays = calls.iter().map(|call| {
        call.split_whitespace().find_map(|word| word.strip_prefix("--array=")).unwrap_or_default()
    });
    assert_eq!(arrays.collect::<Vec<_>>(), ["0-10", "0-10", "0-2"], "{calls:?}");
    let records = desk.records();
    assert_eq!(records.len(), 25);
    let jobs = launch.jobs();
    for run in 0..25 {
        assert_eq!(records[&format!("1.{run}.1")], [OsString::from(format!("--n={run}"))]);
        assert_eq!(launch.run(run)["job"], format!("{}_{}", jobs[run / 11], run % 11));
    }
    assert_eq!(launch.logs().len(), 25);
}

fn a_launch_over_several_arrays_is_cancelled(desk: &Desk) {
    let launch = desk.launch("--runs=25 slurm cpu --hold train.py");
    desk.neu("cancel 2.10-12").succeeded();
    let expected = |run| if (10..13).contains(&run) { "cancelled" } else { "pending" };
    assert_eq!(launch.states(), (0..25).map(expected).collect::<Vec<_>>());
    assert_eq!(desk.slurm("squeue -h -r -o %i").lines().count(), 22);
    // The last task of the first array: its own job id is that array's.
    desk.neu(&format!("cancel slurm:{}_2", launch.jobs()[2])).succeeded();
    assert_eq!(desk.slurm("squeue -h -r -o %i").lines().count(), 21);
    desk.neu("cancel 2").succeeded();
    assert_eq!(launch.states(), ["cancelled"; 25]);
    assert_eq!(desk.slurm("squeue -h -r -o %i"), "");
}

fn what_the_limits_do_not_take_is_for_later(desk: &Desk) {
    let launched = desk.world.neurun("--runs=25 slurm cpu --qos=small --hold train.py").succeeded();
    assert_says(&launched.stderr, ["15 of 25 runs are not in the queue yet", "QOS `small`", "10 at once"]);
    let launch = desk.launched(&launched);
    assert_eq!(in_the_queue(desk), 10);
    let again = desk.neu(&format!("resume {}", launch.id)).exited(3);
    assert_says(&again.stderr, ["15 of 25 runs"]);
    assert_eq!(in_the_queue(desk), 10);
    assert!(!launch.states().contains(&"failed".to_owned()), "{:?}", launch.states());
    // Nothing fits now; a wait hands the runs over as there is room: ten, then two.
    desk.world.neurun("--name=fed --runs=12 slurm cpu --qos=small train.py").exited(3);
    let fed = desk.newest_launch();
    desk.slurm("scancel --user=root");
    let mut wait = desk.world.tool(Tool::Neu, ["wait", fed.id.as_str()]).spawn();
    until("the wait is over", || if wait.is_over() { Ok(()) } else { Err(()) });
    wait.wait().succeeded();
    let records = desk.records();
    let of_it = records.keys().filter(|name| name.starts_with(&format!("{}.", fed.id)));
    assert_eq!(of_it.count(), 12, "each run exactly once");
    let refused = desk.world.neurun("slurm cpu --account=unknown train.py").exited(3);
    assert_says(&refused.stderr, ["Invalid account"]);
    let last = desk.neu("status --json").succeeded().json();
    let last = last["launches"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["states"], serde_json::json!({"failed": 1}));
}

fn in_the_queue(desk: &Desk) -> usize {
    desk.slurm("squeue -h -r -o %i").lines().count()
}

/// A controller that is stopped for as long as this lives.
pub(crate) struct Frozen(Pid);

impl Frozen {
    pub(crate) fn of(cluster: &Cluster) -> Self {
        let pid = Pid::from_raw(cluster.controller());
        kill(pid, Signal::SIGSTOP).unwrap();
        Self(pid)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        kill(self.0, Signal::SIGCONT).unwrap();
    }
}

fn jobs_in_the_queue(desk: &Desk, name: &str) -> usize {
    let rows = desk.slurm("squeue -h -r -t all -o %j");
    rows.lines().filter(|row| row.starts_with(&format!("{name}."))).count()
}

fn a_job_whose_answer_was_lost_is_found(desk: &Desk, cluster: &Cluster) {
    let before = desk.sbatch_ends();
    let frozen = Frozen::of(cluster);
    let mut neurun = desk.neurun(["--name=lost", "slurm", "cpu", "train.py"]).spawn();
    until("sbatch has given up", || if desk.sbatch_ends() > before { Ok(()) } else { Err(()) });
    drop(frozen);
    let launch = desk.launched(&neurun.wait().succeeded());
    assert_eq!(desk.sbatch_ends(), before + 1);
    assert_eq!(jobs_in_the_queue(desk, "lost"), 1);
    assert_eq!(launch.jobs().len(), 1);
    assert_eq!(launch.wait(), 0);
    assert!(desk.records().contains_key(&format!("{}.0.1", launch.id)));
}

fn a_job_that_was_not_found_is_never_called_failed(desk: &Desk, cluster: &Cluster) {
    let frozen = Frozen::of(cluster);
    let neurun =
        desk.neurun(["--name=gone", "--runs=2", "slurm", "cpu", "train.py"]).env("NEU_PATIENCE", "5");
    let mut neurun = neurun.spawn();
    until("neurun has given up", || if neurun.is_over() { Ok(()) } else { Err(()) });
    let given_up = neurun.wait().exited(3);
    assert_says(&given_up.stderr, ["is not known", "neu resume", "do not start it a second time"]);
    let id = given_up.stderr.split(['`', ' ', ':']).find_map(|word| word.parse().ok()).unwrap();
    let launch = desk.launch_number(id);
    assert_eq!(launch.states(), ["unknown", "unknown"]);
    drop(frozen);
    desk.neu(&format!("resume {}", launch.id)).succeeded();
    assert_eq!(launch.wait(), 0);
    assert_eq!(jobs_in_the_queue(desk, "gone"), 2);
    assert_eq!(launch.jobs().len(), 1, "its job is known again by its key");
}

fn a_job_whose_client_was_killed_is_found_and_can_be_cancelled(desk: &Desk, cluster: &Cluster) {
    let begun = desk.sbatch_calls().len();
    let frozen = Frozen::of(cluster);
    let mut neurun = desk.neurun(["--name=orphan", "slurm", "cpu", "--hold", "train.py"]).spawn();
    until("sbatch asks the controller", || if desk.sbatch_calls().len() > begun { Ok(()) } else { Err(()) });
    neurun.signal(Signal::SIGKILL);
    neurun.wait();
    drop(frozen);
    until(
        "the job is in the queue",
        || if jobs_in_the_queue(desk, "orphan") == 1 { Ok(()) } else { Err(()) },
    );
    let launch = desk.newest_launch();
    assert_eq!(launch.states(), ["pending"]);
    assert_eq!(launch.jobs().len(), 1);
    desk.neu(&format!("cancel {}", launch.id)).succeeded();
    assert_eq!(launch.states(), ["cancelled"]);
}

fn a_client_that_is_killed_before_its_arrays_are_all_there_is_completed(desk: &Desk, cluster: &Cluster) {
    let begun = desk.sbatch_calls().len();
    let frozen = Frozen::of(cluster);
    let mut neurun = desk.neurun(["--name=half", "--runs=25", "slurm", "cpu", "train.py"]).spawn();
    until("sbatch asks the controller", || if desk.sbatch_calls().len() > begun { Ok(()) } else { Err(()) });
    let launch = desk.newest_launch();
    let refused = desk.neu(&format!("resume {}", launch.id)).exited(3);
    assert_says(&refused.stderr, ["is being submitted by process"]);
    neurun.signal(Signal::SIGKILL);
    neurun.wait();
    drop(frozen);
    desk.neu(&format!("resume {}", launch.id)).succeeded();
    assert_eq!(launch.wait(), 0, "{}", launch.table());
    let records = desk.records();
    let of_it = records.keys().filter(|name| name.starts_with(&format!("{}.", launch.id)));
    assert_eq!(of_it.count(), 25, "each run exactly once");
    assert_eq!(launch.jobs().len(), 3);
}
