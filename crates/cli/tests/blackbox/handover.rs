//! The hand-over: a sweep over `neurun`, however it is written, is one launch.

use crate::kit::{ARGV_PY, World};

fn world() -> World {
    let world = crate::local_world();
    world.file("params.json", r#"{"lr": [0.1, 0.2]}"#);
    world
}

#[test]
fn every_way_to_write_neurun_hands_the_sweep_over() {
    let world = world();
    for (count, command) in [
        "neurun",
        "neurun.py",
        "./neurun",
        "./neurun.py",
        "/opt/somewhere/neurun",
        "../bin/neurun.py",
        "neu run",
        "/opt/neu run",
        "python neurun.py",
        "python3 neurun.py",
        "python ./neurun.py",
        "python /opt/x/neurun.py",
    ]
    .iter()
    .enumerate()
    {
        let outcome = world.neusweep(&format!("{command} --runs=2 local cpu argv.py --steps=1"));
        assert_eq!(outcome.code, 0, "{command}: {}", outcome.stderr);
        let status = world.status(&(count + 1).to_string());
        assert_eq!(status["launch"]["runs"], 4, "{command}");
        assert_eq!(status["launch"]["repeats"], 2, "{command}");
        assert_eq!(status["launch"]["support"], "local", "{command}");
        assert_eq!(status["launch"]["device"], "cpu", "{command}");
        let argv: Vec<String> =
            status["runs"].as_array().unwrap().iter().map(|run| run["argv"].to_string()).collect();
        let wanted = |lr: &str| format!(r#"["python","argv.py","--steps=1","--lr={lr}"]"#);
        assert_eq!(argv, [wanted("0.1"), wanted("0.1"), wanted("0.2"), wanted("0.2")], "{command}");
    }
}

#[test]
fn repeats_of_a_point_come_before_the_next_point() {
    let world = world();
    world.neusweep("neurun --runs=3 local cpu argv.py").succeeded();
    let runs = world.status("1")["runs"].clone();
    let order: Vec<(String, u64)> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (run["params"]["lr"].to_string(), run["repeat"].as_u64().unwrap()))
        .collect();
    let wanted = [("0.1", 0), ("0.1", 1), ("0.1", 2), ("0.2", 0), ("0.2", 1), ("0.2", 2)];
    assert_eq!(order, wanted.map(|(lr, repeat)| (lr.to_owned(), repeat)));
}

#[test]
fn a_file_of_that_name_is_the_user_s_and_is_respected() {
    let world = world();
    world.file("neurun.py", format!("print('my own')\n{ARGV_PY}"));
    for command in ["neurun.py", "./neurun.py", "python neurun.py"] {
        let outcome = world.neusweep(&format!("{command} x")).succeeded();
        assert!(
            outcome.stdout.contains("my own") && outcome.stdout.contains("--lr=0.2"),
            "{command}: {}",
            outcome.stdout
        );
    }
}

#[test]
fn options_of_both_are_heard() {
    let world = world();
    let outcome = world.neusweep("--dry-run neurun local cpu argv.py").succeeded();
    assert_eq!(outcome.stdout, "python argv.py --lr=0.1\npython argv.py --lr=0.2\n");
    let outcome = world.neusweep("neurun --dry-run local cpu argv.py").succeeded();
    assert_eq!(outcome.stdout, "python argv.py --lr=0.1\npython argv.py --lr=0.2\n");
    assert!(!world.store().exists());
    world.neusweep("--name=outer neurun local cpu argv.py").succeeded();
    world.neusweep("--name=outer neurun --name=inner local cpu argv.py").succeeded();
    assert_eq!(world.status("1")["launch"]["name"], "outer");
    assert_eq!(world.status("2")["launch"]["name"], "inner");
}

#[test]
fn mistakes_of_the_inner_command_are_usage_errors() {
    let world = world();
    for line in
        ["neurun", "neurun local", "neurun --runs=x local cpu argv.py", "neurun local gpu argv.py", "neu run"]
    {
        let outcome = world.neusweep(line);
        assert_eq!(outcome.code, 2, "{line}: {}", outcome.stderr);
        assert!(!outcome.stderr.is_empty() && outcome.stdout.is_empty(), "{line}: {}", outcome.stdout);
    }
    assert!(!world.store().exists());
}

#[test]
fn any_other_command_runs_once_a_point_without_a_config() {
    let world = World::new();
    world.file("params.json", r#"{"lr": [0.1, 0.2]}"#);
    let outcome = world.neusweep("echo python neurun").succeeded();
    assert_eq!(outcome.stdout, "python neurun --lr=0.1\npython neurun --lr=0.2\n");
    assert_eq!(world.status("1")["launch"]["device"], serde_json::Value::Null);
}

#[test]
fn a_failing_point_does_not_stop_the_rest() {
    let world = World::new();
    world.file("params.json", r#"{"a": [1, 2, 3]}"#);
    world.file("t.py", "import sys\nprint(sys.argv[1])\nsys.exit(3 if sys.argv[1] == '--a=1' else 0)");
    let outcome = world.neusweep("t.py").exited(1);
    assert_eq!(outcome.stdout, "--a=1\n--a=2\n--a=3\n");
    assert_eq!(world.states("1"), ["failed", "succeeded", "succeeded"]);
}

#[test]
fn the_seed_s_python_neusweep_py_pipe_is_one_plan_on_slurm() {
    let world = World::new();
    world.file("config.json", crate::dry_run::SEED_CONFIG);
    world.file("params.json", r#"{"lr": [0.1, 0.01], "layers": [4,8,16]}"#);
    world.file("dummytrain.py", "");
    let outcome =
        world.neusweep("--dry-run neurun.py --runs=10 slurm gpu dummytrain.py --steps=10").succeeded();
    assert!(outcome.stdout.contains("#SBATCH --array=0-59\n"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("\n9) python dummytrain.py --steps=10 --lr=0.1 --layers=4 ;;\n10) python dummytrain.py --steps=10 --lr=0.1 --layers=8 ;;\n"));
}
