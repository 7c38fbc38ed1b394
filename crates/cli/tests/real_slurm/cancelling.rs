//! `neu cancel`, and what scancel does behind its back.

use std::fs;

use crate::cluster::Cluster;
use crate::desk::{Desk, Launched, assert_says, until};

/// Says that it has begun, counts TERM, and goes on for a second after the first one so that a second would be seen.
const STUBBORN: &str = r#"import os, pathlib, signal, time
here = pathlib.Path(os.environ["RECORDS"]).parent / "project"
run = os.environ["NEU_RUN"]
end = [float("inf")]
def count(number, frame):
    with open(here / f"terms.{run}", "a") as terms:
        terms.write("TERM\n")
    end[0] = min(end[0], time.monotonic() + 1)
signal.signal(signal.SIGTERM, count)
(here / f"began.{run}").touch()
while time.monotonic() < end[0]:
    time.sleep(0.02)
"#;

/// A desk with a job of the user's own in the queue, which nothing here may touch.
fn desk(cluster: &Cluster) -> (Desk, String) {
    let desk = Desk::on(cluster);
    desk.world.file("stubborn.py", STUBBORN);
    let own = desk.slurm("sbatch --parsable --hold --job-name=mine --mem=100 --wrap=true");
    (desk, own.trim().to_owned())
}

fn queue(launch: &Launched<'_>) -> Vec<String> {
    let jobs = launch.jobs().join(",");
    let rows = launch.desk.slurm(&format!("squeue -h -r -j {jobs} -t PD,R,CG -o %i|%T"));
    rows.lines().map(str::to_owned).collect()
}

#[track_caller]
fn end(desk: &Desk, own: &str) {
    assert_eq!(desk.slurm(&format!("squeue -h -j {own} -o %T")), "PENDING\n");
    desk.slurm(&format!("scancel {own}"));
}

#[test]
fn pending_runs_are_cancelled_one_a_range_the_last_and_all() {
    let Some(cluster) = Cluster::shared() else { return };
    let (desk, own) = desk(&cluster);
    let launch = desk.launch("--runs=8 slurm cpu --hold train.py");
    let job = launch.job();
    let expect = |word: &str| {
        let letters = launch.states().into_iter().map(|state| state[..1].to_owned());
        assert_eq!(letters.collect::<String>(), word, "{}", launch.table());
        let left: Vec<String> =
            word.match_indices('p').map(|(run, _)| format!("{job}_{run}|PENDING")).collect();
        let mut queued = queue(&launch);
        queued.sort();
        assert_eq!(queued, left);
    };
    expect("pppppppp");
    assert_says(&desk.neu("cancel 1.7").succeeded().stderr, ["1 run stopped (7)"]);
    expect("pppppppc");
    assert_says(&desk.neu("cancel 1.2-4").succeeded().stderr, ["3 runs stopped (2-4)"]);
    expect("ppcccppc");
    desk.neu(&format!("cancel slurm:{job}_0")).succeeded();
    expect("cpcccppc");
    assert_says(&desk.neu("cancel 1").succeeded().stderr, ["3 runs stopped (1,5-6)", "5 runs already over"]);
    expect("cccccccc");
    assert_says(&desk.neu("cancel 1").succeeded().stderr, ["8 runs already over"]);
    desk.neu("cancel 1.8").exited(2);
    assert_eq!(launch.wait(), 1);
    let single = desk.launch("slurm cpu --hold train.py");
    desk.neu("cancel 2").succeeded();
    assert_eq!((single.states(), queue(&single)), (vec!["cancelled".to_owned()], vec![]));
    assert!(desk.records().is_empty());
    end(&desk, &own);
}

#[test]
fn running_runs_get_one_term_each_and_the_others_go_on() {
    let Some(cluster) = Cluster::shared() else { return };
    let (desk, own) = desk(&cluster);
    let launch = desk.launch("--runs=4 slurm cpu stubborn.py");
    for run in 0..4 {
        launch.until_file(&format!("began.{run}"));
    }
    // The last task's own job id is that of the whole array.
    desk.neu("cancel 1.3").succeeded();
    assert_eq!(launch.states(), ["running", "running", "running", "cancelled"]);
    desk.neu("cancel 1.0-1").succeeded();
    assert_eq!(launch.states(), ["cancelled", "cancelled", "running", "cancelled"]);
    assert!(!desk.world.path("terms.2").exists());
    assert!(queue(&launch).contains(&format!("{}_2|RUNNING", launch.job())));
    desk.neu("cancel 1").succeeded();
    until("the queue is empty", || Some(()).filter(|()| queue(&launch).is_empty()).ok_or(()));
    assert_eq!(launch.states(), ["cancelled"; 4]);
    for run in 0..4 {
        assert_eq!(fs::read_to_string(desk.world.path(format!("terms.{run}"))).unwrap(), "TERM\n", "{run}");
    }
    assert_says(&launch.table(), ["stopped by SIGTERM"]);
    end(&desk, &own);
}

#[test]
fn what_scancel_ends_behind_our_back_is_cancelled() {
    let Some(cluster) = Cluster::shared() else { return };
    let (desk, own) = desk(&cluster);
    desk.configure(&["export A=b"], &serde_json::json!({"mem": "100"}));
    let running = desk.launch("--runs=2 slurm cpu stubborn.py");
    let held = desk.launch("--runs=2 slurm cpu --hold train.py");
    running.until_file("began.0");
    running.until_file("began.1");
    desk.slurm(&format!("scancel {}_1 {}", running.job(), held.job()));
    assert_eq!(held.wait(), 1);
    assert_eq!(held.states(), ["cancelled", "cancelled"]);
    running.until_state(1, &["cancelled"]);
    assert_eq!(running.states()[0], "running");
    assert_eq!(fs::read_to_string(desk.world.path("terms.1")).unwrap(), "TERM\n");
    desk.slurm(&format!("scancel {}", running.job()));
    assert_eq!(running.wait(), 1);
    assert_eq!(running.states(), ["cancelled", "cancelled"]);
    assert_eq!(fs::read_to_string(desk.world.path("terms.0")).unwrap(), "TERM\n");
    end(&desk, &own);
}

#[test]
fn a_copy_of_a_project_neither_tells_of_nor_starts_what_its_original_has() {
    let Some(cluster) = Cluster::shared() else { return };
    let (desk, own) = desk(&cluster);
    let launch = desk.launch("--runs=2 slurm cpu --hold train.py");
    desk.world.bash("mkdir copy && cp -r .neu *.json *.py copy/").succeeded();
    let copy = |line: &str| desk.neu(&format!("-C copy {line}"));
    assert_says(&copy("status 1").succeeded().stdout, ["unknown"]);
    assert_says(&copy("retry 1").exited(2).stderr, ["launch 1 here is a copy"]);
    assert_says(&copy("cancel 1").exited(2).stderr, ["launch 1 here is a copy"]);
    assert_eq!((launch.states(), queue(&launch).len()), (vec!["pending".to_owned(); 2], 2));
    desk.neu("cancel 1").succeeded();
    assert_says(&copy("retry 1").exited(2).stderr, ["launch 1 here is a copy"]);
    desk.world.bash("cp -r .neu copy/again").succeeded();
    desk.world.bash("rm -r copy/.neu && mv copy/again copy/.neu").succeeded();
    assert_says(&copy("status 1").succeeded().stdout, ["2 cancelled"]);
    assert_says(&copy("retry 1").exited(2).stderr, ["launch 1 here is a copy"]);
    assert!(queue(&launch).is_empty() && desk.records().is_empty());
    end(&desk, &own);
}
