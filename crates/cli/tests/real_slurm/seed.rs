//! The composed example of the seed: a sweep of six points, ten times each, is one array of sixty runs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;

use crate::cluster::Cluster;
use crate::desk::{Desk, assert_says, until};

const POINTS: [(&str, &str); 6] =
    [("0.1", "4"), ("0.1", "8"), ("0.1", "16"), ("0.01", "4"), ("0.01", "8"), ("0.01", "16")];

fn seed(cluster: &Cluster) -> Desk {
    let desk = Desk::on(cluster);
    fs::rename(desk.world.path("train.py"), desk.world.path("dummytrain.py")).unwrap();
    desk.world.file("params.json", r#"{"lr": [0.1, 0.01], "layers": [4, 8, 16]}"#);
    desk.world.file(
        "config.json",
        r#"{"slurm": {"gpu": {"env": "export DEEP=yes", "resources": {
            "time": "2-00:00:00", "account": "myproject", "partition": "big-gpu", "gres": "gpu:p100:1", "mem": "1000"
        }}}}"#,
    );
    desk
}

#[test]
fn the_composed_example_is_one_array_with_every_run_as_written() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = seed(&cluster);
    let done = desk.world.neusweep("neurun --runs=10 slurm gpu dummytrain.py --steps=10").succeeded();
    let launch = desk.launched(&done);
    assert_says(&done.stdout, [format!("Slurm job {}", launch.job()).as_str()]);
    assert_says(&done.stderr, ["neu status 1", "neu logs 1."]);
    assert_eq!(launch.wait(), 0);

    let calls = desk.sbatch_calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(calls[0].contains("--array=0-59"), "{calls:?}");

    let expected: BTreeMap<String, Vec<OsString>> = (0..60)
        .map(|run| {
            let (lr, layers) = POINTS[run / 10];
            let argv = ["--steps=10".to_owned(), format!("--lr={lr}"), format!("--layers={layers}")];
            (format!("1.{run}.1"), argv.into_iter().map(OsString::from).collect())
        })
        .collect();
    assert_eq!(desk.records(), expected);

    assert_eq!(launch.logs().len(), 60);
    assert_few_files_besides_logs(&desk);

    let job = launch.job();
    let json = launch.json();
    let accounted = accounted(&desk, &job, 60);
    for (number, run) in json["runs"].as_array().unwrap().iter().enumerate() {
        let (lr, layers) = POINTS[number / 10];
        let task = format!("{job}_{number}");
        assert_eq!(run["id"], format!("1.{number}"));
        assert_eq!(run["repeat"], number % 10);
        assert_eq!(run["job"], task.as_str());
        assert_eq!(run["params"].to_string(), format!(r#"{{"layers":{layers},"lr":{lr}}}"#));
        assert_eq!((&run["state"], &run["exit_code"]), (&"succeeded".into(), &0.into()));
        let row = [run["node"].as_str().unwrap(), "COMPLETED", "0:0"].map(str::to_owned);
        assert_eq!(accounted[&task], row, "{task}");
        assert_eq!(fs::read_to_string(run["log"].as_str().unwrap()).unwrap(), "trained 4\n");
    }
    let table = launch.table();
    assert!(table.contains("60 succeeded"), "{table}");
    let row = table.lines().find(|line| line.starts_with("1.35 ")).unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells[1..6], ["lr0.01-layers4-r5", "0.01", "4", "5", "succeeded"], "{table}");
    assert_eq!(cells.last(), Some(&"0"), "{table}");
}

/// Waits until accounting knows the end of `count` tasks: node, state and exit code of each.
fn accounted(desk: &Desk, job: &str, count: usize) -> BTreeMap<String, [String; 3]> {
    until("accounting knows every end", || {
        let text = desk.slurm(&format!("sacct -n -P -X -j {job} --format=JobID,NodeList,State,ExitCode"));
        let rows = text.lines().map(|line| {
            let fields: Vec<String> = line.split('|').map(str::to_owned).collect();
            (fields[0].clone(), [fields[1].clone(), fields[2].clone(), fields[3].clone()])
        });
        let rows: BTreeMap<_, _> = rows.collect();
        let over = rows.values().filter(|row| row[1] == "COMPLETED").count();
        if over == count { Ok(rows) } else { Err(text) }
    })
}

/// Whatever the number of runs is, a launch has a few files besides the logs.
fn assert_few_files_besides_logs(desk: &Desk) {
    let mut files = Vec::new();
    let mut folders = vec![desk.world.store()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => files.push(path),
            }
        }
    }
    let others: Vec<_> = files.iter().filter(|file| !file.parent().unwrap().ends_with("logs")).collect();
    assert!(others.len() < 20, "{others:?}");
}

#[test]
fn a_held_array_shows_its_name_its_key_and_its_runs_numbers() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = seed(&cluster);
    let launch = desk.sweep("neurun --runs=2 slurm gpu --hold dummytrain.py");
    let job = launch.job();
    let rows = desk.slurm(&format!("squeue -h -r -j {job} -o %i|%j|%T|%r"));
    let mut tasks: Vec<&str> = rows.lines().collect();
    tasks.sort_by_key(|row| row.split(['_', '|']).nth(1).and_then(|index| index.parse::<u32>().ok()));
    assert_eq!(tasks.len(), 12, "{rows}");
    for (number, row) in tasks.iter().enumerate() {
        let fields: Vec<&str> = row.split('|').collect();
        assert_eq!(fields[0], format!("{job}_{number}"));
        let (name, key) = fields[1].rsplit_once('.').unwrap();
        assert!(name == "dummytrain" && key.len() == 8, "{row}");
        assert_eq!(fields[2..], ["PENDING", "JobHeldUser"]);
    }
    let run = launch.run(11);
    assert_eq!((&run["state"], &run["cause"]), (&"pending".into(), &"PENDING (JobHeldUser)".into()));
    desk.slurm(&format!("scontrol release {job}"));
    assert_eq!(launch.wait(), 0);
    assert_eq!(desk.records().len(), 12);
}
