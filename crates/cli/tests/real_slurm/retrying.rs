//! `neu retry` on a real Slurm: what failed, is missing or was cancelled, and nothing else.

use std::fs;
use std::time::SystemTime;

use nix::sys::signal::Signal;

use crate::cluster::Cluster;
use crate::desk::{Desk, Launched, assert_says, until};
use crate::kit::Tool;

/// Writes a line for each execution, and ends as the file `fate.RUN` says, if there is one: `hold` goes on until `go`
/// is there, a number is the exit code. Every result is a file of its own.
const FATED: &str = r#"echo "$NEU_RUN $NEU_ATTEMPT $SLURM_JOB_ID" >>executions
fate=$(cat "fate.$NEU_RUN" 2>/dev/null)
touch "began.$NEU_RUN.$NEU_ATTEMPT"
if [[ $fate == hold ]]; then
    until [[ -e go ]]; do sleep 0.1; done
elif [[ $fate ]]; then
    exit "$fate"
fi
echo "$NEU_RUN" >"result.$NEU_RUN"
"#;

fn desk(cluster: &Cluster) -> Desk {
    let desk = Desk::on(cluster);
    desk.world.file("fated.sh", FATED);
    desk
}

fn fate(desk: &Desk, runs: impl IntoIterator<Item = u32>, fate: &str) {
    for run in runs {
        desk.world.file(format!("fate.{run}"), fate);
    }
}

/// Lifts every fate: what is retried succeeds.
fn lift(desk: &Desk, runs: impl IntoIterator<Item = u32>) {
    for run in runs {
        let _absent = fs::remove_file(desk.world.path(format!("fate.{run}")));
    }
}

/// Which attempts at a run were executed.
fn executions(desk: &Desk, run: u32) -> Vec<u32> {
    let lines = fs::read_to_string(desk.world.path("executions")).unwrap_or_default();
    let of_run = lines.lines().filter_map(|line| {
        let mut words = line.split(' ');
        (words.next()?.parse() == Ok(run)).then(|| words.next()?.parse().ok())?
    });
    let mut attempts: Vec<u32> = of_run.collect();
    attempts.sort_unstable();
    attempts
}

fn result(desk: &Desk, run: u32) -> (SystemTime, String) {
    let path = desk.world.path(format!("result.{run}"));
    (fs::metadata(&path).unwrap().modified().unwrap(), fs::read_to_string(path).unwrap())
}

fn until_states(launch: &Launched<'_>, wanted: &[(u32, &str)]) {
    until("the states are as they should be", || {
        let states = launch.states();
        let fits = wanted.iter().all(|(run, state)| states[*run as usize] == *state);
        if fits { Ok(()) } else { Err(states) }
    });
}

/// pains.md, 2: of a sweep of 20, 5 fail, 2 are cancelled by hand, 1 is running: exactly 7 are submitted again.
#[test]
fn of_twenty_exactly_the_seven_that_need_it_are_retried() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = desk(&cluster);
    fate(&desk, 0..5, "3");
    fate(&desk, 5..8, "hold");
    let launch = desk.launch("--runs=20 slurm cpu fated.sh");
    let job = launch.job();
    for run in 5..8 {
        launch.until_file(&format!("began.{run}.1"));
    }
    desk.slurm(&format!("scancel {job}_5 {job}_6"));
    let expected: Vec<(u32, &str)> = (0..5)
        .map(|run| (run, "failed"))
        .chain([(5, "cancelled"), (6, "cancelled"), (7, "running")])
        .chain((8..20).map(|run| (run, "succeeded")))
        .collect();
    until_states(&launch, &expected);
    let before: Vec<_> = (8..20).map(|run| result(&desk, run)).collect();
    lift(&desk, 0..7);
    let again = desk.neu(&format!("retry {}", launch.id)).succeeded();
    assert_says(&again.stdout, ["7 runs again as attempt 2 (1.0-6)"]);
    assert_says(&again.stderr, ["12 succeeded (8-19)", "1 not over (7)"]);
    let calls = desk.sbatch_calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_says(&calls[1], ["--array=0-6", "--attempt 2"]);
    // The same again finds nothing to do: they wait, run, or have succeeded.
    desk.neu(&format!("retry {}", launch.id)).succeeded();
    assert_eq!(desk.sbatch_calls().len(), 2);
    until_states(&launch, &(0..7).map(|run| (run, "succeeded")).collect::<Vec<_>>());
    assert_eq!(launch.states()[7], "running");
    desk.world.file("go", "");
    assert_eq!(launch.wait(), 0, "{}", launch.table());
    for run in 0..20 {
        let wanted: &[u32] = if run < 7 { &[1, 2] } else { &[1] };
        assert_eq!(executions(&desk, run), wanted, "run {run}");
    }
    let after: Vec<_> = (8..20).map(|run| result(&desk, run)).collect();
    assert_eq!(before, after);
    assert_eq!(launch.run(3)["attempt"], 2);
    assert_eq!(launch.run(12)["attempt"], 1);
}

#[test]
fn a_retry_has_other_resources_and_the_launch_keeps_its_own() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = desk(&cluster);
    desk.configure(
        &["export THEN=1"],
        &serde_json::json!({"partition": "big-mem", "mem": "100", "time": "10:00"}),
    );
    fate(&desk, 0..2, "3");
    let launch = desk.launch("--runs=2 slurm cpu fated.sh");
    assert_eq!(launch.wait(), 1);
    // What the configuration says now means nothing for what was launched then.
    desk.world.file("config.json", "{}");
    desk.world.file("below/here", "");
    let line = desk
        .world
        .tool(Tool::Neu, ["retry", "--quiet", "--with", "mem=300,time=20:00", "--with", "hold", "1.1"]);
    let line = line.within("below").env("NEU_DIR", desk.world.store());
    assert_eq!(line.run().succeeded().stdout, "1.1\n");
    let jobs = launch.jobs();
    assert_eq!(jobs.len(), 2);
    let shown = desk.slurm(&format!("scontrol show job {}", jobs[1]));
    assert_says(&shown, ["mem=300M", "TimeLimit=00:20:00", "Partition=big-mem", "JobState=PENDING"]);
    assert_says(&shown, [format!("WorkDir={}\n", desk.world.folder().display()).as_str()]);
    assert_eq!(launch.states(), ["failed", "pending"]);
    lift(&desk, 0..2);
    desk.slurm(&format!("scontrol release {}", jobs[1]));
    until_states(&launch, &[(1, "succeeded")]);
    assert_eq!((executions(&desk, 0), executions(&desk, 1)), (vec![1], vec![1, 2]));
    // Without `--with`, a retry has the launch's own resources again.
    desk.neu("retry 1").succeeded();
    let shown = desk.slurm(&format!("scontrol show job {}", launch.jobs()[2]));
    assert_says(&shown, ["mem=100M", "TimeLimit=00:10:00"]);
    assert_eq!(launch.wait(), 0);
}

#[test]
fn the_last_run_of_an_array_is_retried_and_cancelled_alone() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = desk(&cluster);
    fate(&desk, 0..3, "hold");
    fate(&desk, [3], "3");
    let launch = desk.launch("--runs=4 slurm cpu fated.sh");
    until_states(&launch, &[(0, "running"), (1, "running"), (2, "running"), (3, "failed")]);
    fate(&desk, [3], "hold");
    desk.neu("retry 1.3").succeeded();
    launch.until_file("began.3.2");
    until_states(&launch, &[(3, "running")]);
    desk.neu("cancel 1.3").succeeded();
    assert_eq!(launch.states(), ["running", "running", "running", "cancelled"]);
    // A retry of a retry, of the last run again.
    lift(&desk, [3]);
    desk.neu("retry 1.3").succeeded();
    until_states(&launch, &[(3, "succeeded")]);
    assert_eq!(launch.states(), ["running", "running", "running", "succeeded"]);
    assert_eq!(executions(&desk, 3), [1, 2, 3]);
    assert_eq!(launch.logs().iter().filter(|log| log.starts_with("3.")).count(), 3);
    desk.world.file("go", "");
    assert_eq!(launch.wait(), 0);
    for run in 0..3 {
        assert_eq!(executions(&desk, run), [1]);
    }
}

#[test]
fn a_lost_run_is_retried_and_its_leftovers_do_not_overlap() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = desk(&cluster);
    fate(&desk, 0..2, "hold");
    let launch = desk.launch("--runs=2 slurm cpu fated.sh");
    launch.until_file("began.0.1");
    launch.until_file("began.1.1");
    // Its worker, both halves, and its program die without a word.
    let task = "SLURM_ARRAY_TASK_ID=0";
    let job = format!("SLURM_ARRAY_JOB_ID={}", launch.job());
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        let variables: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
        if variables.contains(&task.as_bytes()) && variables.contains(&job.as_bytes()) {
            let pid: i32 = process.file_name().to_str().unwrap().parse().unwrap();
            let _gone = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
    until("it is over", || {
        let state = launch.states()[0].clone();
        if ["lost", "failed"].contains(&state.as_str()) { Ok(()) } else { Err(state) }
    });
    lift(&desk, [0]);
    let again = desk.neu("retry 1").succeeded();
    assert_says(&again.stdout, ["1 run again as attempt 2 (1.0)"]);
    until_states(&launch, &[(0, "succeeded"), (1, "running")]);
    desk.world.file("go", "");
    assert_eq!(launch.wait(), 0);
    assert_eq!((executions(&desk, 0), executions(&desk, 1)), (vec![1, 2], vec![1]));
}

#[test]
fn several_retries_at_once_make_one_attempt() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = desk(&cluster);
    fate(&desk, 0..4, "3");
    let launch = desk.launch("--runs=4 slurm cpu fated.sh");
    assert_eq!(launch.wait(), 1);
    lift(&desk, 0..4);
    let mut all: Vec<_> = (0..5).map(|_| desk.world.tool(Tool::Neu, ["retry", "1"]).spawn()).collect();
    for one in &mut all {
        one.wait().succeeded();
    }
    assert_eq!(desk.sbatch_calls().len(), 2, "{:?}", desk.sbatch_calls());
    assert_eq!(launch.wait(), 0);
    for run in 0..4 {
        assert_eq!(executions(&desk, run), [1, 2]);
    }
}

#[test]
fn a_rerun_is_another_launch_and_a_dry_run_none() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = desk(&cluster);
    fate(&desk, [1], "3");
    let launch = desk.launch("--runs=3 slurm cpu fated.sh");
    assert_eq!(launch.wait(), 1);
    let calls = desk.sbatch_calls().len();
    let script = desk.neu("retry --dry-run --with mem=321 1").succeeded().stdout;
    assert_says(&script, ["#SBATCH --mem=321\n", "bash fated.sh"]);
    assert_eq!(desk.sbatch_calls().len(), calls);
    lift(&desk, 0..3);
    let again = desk.launched(&desk.neu("rerun --with mem=200 1.1-2").succeeded());
    assert_eq!((again.id.as_str(), again.wait()), ("2", 0));
    assert_eq!(again.states(), ["succeeded"; 2]);
    assert_eq!(launch.states(), ["succeeded", "failed", "succeeded"]);
    let shown = desk.slurm(&format!("scontrol show job {}", again.job()));
    assert_eq!(shown.matches("mem=200M").count(), 2, "{shown}");
}
