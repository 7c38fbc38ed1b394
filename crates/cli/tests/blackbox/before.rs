//! What can be looked at before anything starts: how many, which, for how long, and that too many are not started.

use std::ffi::OsString;

use crate::kit::{ARGV_PY, Outcome, Tool, World, arguments};

const DEVICES: &str = r#"{
  "local": {"cpu": {"env": "", "resources": ""}, "gpu": {"env": "", "resources": {"time": "30", "gpus": "0.5"}}},
  "slurm": {"gpu": {"env": "", "resources": {"time": "2-00:00:00", "gres": "gpu:p100:1"}}}
}"#;

/// A world with devices, a sweep of six points, and a script.
fn world() -> World {
    let world = World::new();
    world.file("config.json", DEVICES);
    world.file("params.json", r#"{"lr": [0.10, 1e-4], "layers": [4, 8, 16]}"#);
    world.file("train.py", ARGV_PY);
    world
}

/// Checks that a command line leaves the project, the home and the temporary folder as they were.
#[track_caller]
fn looked_at(world: &World, words: &str) -> Outcome {
    let before = world.listing();
    let outcome = world.neusweep(words);
    assert_eq!(world.listing(), before, "{words}");
    outcome
}

#[test]
fn the_runs_are_counted_and_what_they_may_take_is_said() {
    let world = world();
    let count = |words: &str| {
        let outcome = looked_at(&world, words).succeeded();
        format!("{}{}", outcome.stdout, outcome.stderr)
    };
    insta::assert_snapshot!(count("--count train.py"), @"
    6
    6 runs of train
    ");
    insta::assert_snapshot!(count("--count neurun --runs=10 slurm gpu train.py"), @"
    60
    60 runs of train on slurm/gpu: at most 2880 h and 2880 GPU-hours
    ");
    insta::assert_snapshot!(count("neurun --count --runs=10 slurm gpu --time=90 --gres=gpu:2 train.py"), @"
    60
    60 runs of train on slurm/gpu: at most 90 h and 180 GPU-hours
    ");
    insta::assert_snapshot!(count("--count neurun local gpu train.py"), @"
    6
    6 runs of train on local/gpu: at most 3 h and 1.5 GPU-hours
    ");
    assert_eq!(count("--count"), "6\n");
    assert_eq!(count("-q --count neurun --runs=10 slurm gpu train.py"), "60\n");
    let outcome = world.neurun("--count --runs=3 slurm gpu train.py").succeeded();
    assert_eq!(outcome.stdout, "3\n");
    assert_eq!(outcome.stderr, "3 runs of train on slurm/gpu: at most 144 h and 144 GPU-hours\n");
}

#[test]
fn a_count_needs_neither_a_configuration_nor_a_script() {
    let world = World::new();
    world.file(
        "params.json",
        r#"{"a": {"range": [1, 100000, 1]}, "b": {"range": [1, 100000, 1]}, "c": [1, 2]}"#,
    );
    let outcome = looked_at(&world, "--count neurun --runs=10 slurm gpu nothere.py").succeeded();
    assert_eq!(outcome.stdout, "200000000000\n");
    assert!(outcome.stderr.starts_with("warning: this would not start: "), "{}", outcome.stderr);
    let outcome = looked_at(&world, "--count").succeeded();
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("20000000000\n", ""));
    world.file("config.json", r#"{"local": {"cpu": {"env": "", "resources": {"time": "forever"}}}}"#);
    let outcome = looked_at(&world, "--count neurun local cpu nothere.py").succeeded();
    insta::assert_snapshot!(outcome.stderr, @"warning: this would not start: config.json:1:53: `forever` is not a time limit; `90` (minutes), `1:30:00`, `2-00:00:00`, `2-12` (days-hours) or `UNLIMITED` are");
    looked_at(&world, "--count neurun --runs=0 slurm gpu nothere.py").exited(2);
}

#[test]
fn points_are_a_table() {
    let world = world();
    let outcome = looked_at(&world, "--table neurun slurm gpu train.py").succeeded();
    insta::assert_snapshot!(outcome.stdout, @"
    RUN  NAME             lr    layers
    0    lr0.10-layers4   0.10  4
    1    lr0.10-layers8   0.10  8
    2    lr0.10-layers16  0.10  16
    3    lr1e-4-layers4   1e-4  4
    4    lr1e-4-layers8   1e-4  8
    5    lr1e-4-layers16  1e-4  16
    ");
    assert_eq!(outcome.stderr, "6 runs of train on slurm/gpu: at most 288 h and 288 GPU-hours\n");
}

#[test]
fn a_table_shows_labels_conditions_and_repeats() {
    let world = world();
    world.file(
        "params.json",
        r#"{
          "model": [{"value": "/data/models/large-v3.pt", "label": "large"}, "損 失\n"],
          "opt": ["adam", {"value": "sgd", "with": {"momentum": [0.9, null]}}],
          "sizes": [[1, 2]]
        }"#,
    );
    let outcome = looked_at(&world, "--table neurun --runs=2 local gpu train.py").succeeded();
    insta::assert_snapshot!(outcome.stdout, @"
    RUN    NAME                                    model  opt   momentum  sizes
    0-1    model-large-opt-adam-r0                 large  adam            [1,2]
    2-3    model-large-opt-sgd-momentum0.9-r0      large  sgd   0.9       [1,2]
    4-5    model-large-opt-sgd-momentum-null-r0    large  sgd   null      [1,2]
    6-7    model-x334836-opt-adam-r0               損 失  adam            [1,2]
    8-9    model-x334836-opt-sgd-momentum0.9-r0    損 失  sgd   0.9       [1,2]
    10-11  model-x334836-opt-sgd-momentum-null-r0  損 失  sgd   null      [1,2]
    ");
    assert_eq!(outcome.stderr, "12 runs of train on local/gpu: at most 6 h and 3 GPU-hours\n");
    insta::assert_snapshot!(looked_at(&world, "--table --json").succeeded().stdout, @r#"
    {
      "schema": 1,
      "parameters": ["model","opt","momentum","sizes"],
      "repeats": 1,
      "runs": 6,
      "seconds": null,
      "gpu_seconds": null,
      "points": [
        {"run":0,"name":"model-large-opt-adam","params":{"model":"/data/models/large-v3.pt","opt":"adam","sizes":[1,2]},"labels":{"model":"large"}},
        {"run":1,"name":"model-large-opt-sgd-momentum0.9","params":{"model":"/data/models/large-v3.pt","opt":"sgd","momentum":0.9,"sizes":[1,2]},"labels":{"model":"large"}},
        {"run":2,"name":"model-large-opt-sgd-momentum-null","params":{"model":"/data/models/large-v3.pt","opt":"sgd","momentum":null,"sizes":[1,2]},"labels":{"model":"large"}},
        {"run":3,"name":"model-x334836-opt-adam","params":{"model":"損 失\n","opt":"adam","sizes":[1,2]},"labels":{}},
        {"run":4,"name":"model-x334836-opt-sgd-momentum0.9","params":{"model":"損 失\n","opt":"sgd","momentum":0.9,"sizes":[1,2]},"labels":{}},
        {"run":5,"name":"model-x334836-opt-sgd-momentum-null","params":{"model":"損 失\n","opt":"sgd","momentum":null,"sizes":[1,2]},"labels":{}}
      ]
    }
    "#);
    let outcome = looked_at(&world, "--table --csv").succeeded();
    insta::assert_snapshot!(outcome.stdout, @r#"
    model,opt,momentum,sizes
    /data/models/large-v3.pt,adam,,"[1,2]"
    /data/models/large-v3.pt,sgd,0.9,"[1,2]"
    /data/models/large-v3.pt,sgd,,"[1,2]"
    "損 失
    ",adam,,"[1,2]"
    "損 失
    ",sgd,0.9,"[1,2]"
    "損 失
    ",sgd,,"[1,2]"
    "#);
    assert_eq!(outcome.stderr, "warning: CSV has no lists and objects: those of `sizes` are texts\n");
}

#[test]
fn a_table_in_json_is_one_document() {
    let world = world();
    let outcome = looked_at(&world, "--table --json neurun --runs=10 slurm gpu train.py").succeeded();
    let table = outcome.json();
    assert_eq!(table["schema"], 1);
    assert_eq!(table["parameters"], serde_json::json!(["lr", "layers"]));
    assert_eq!((&table["repeats"], &table["runs"]), (&10.into(), &60.into()));
    assert_eq!((&table["seconds"], &table["gpu_seconds"]), (&10_368_000.into(), &10_368_000.into()));
    let points = table["points"].as_array().unwrap();
    assert_eq!(points.len(), 6);
    assert_eq!(points[1]["run"], 10);
    assert_eq!(points[1]["name"], "lr0.10-layers8-r0");
    assert!(outcome.stdout.contains(r#""params":{"lr":0.10,"layers":8},"labels":{}"#), "{}", outcome.stdout);
    let outcome = looked_at(&world, "--table --json").succeeded();
    assert_eq!(outcome.json()["seconds"], serde_json::Value::Null);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn a_table_fits_the_terminal_and_is_whole_in_a_pipe() {
    let world = world();
    let values: Vec<String> = (0..300).map(|n| format!("{n} {}", "word ".repeat(40))).collect();
    world.file("params.json", serde_json::json!({ "text": values }).to_string());
    let shown = world.tool(Tool::Neusweep, ["--table"]).on_terminal().wait().succeeded().stdout;
    assert!(shown.lines().all(|line| line.trim_end().chars().count() <= 100), "{shown}");
    assert!(shown.contains("and 100 more: pipe this to see all"), "{shown}");
    let piped = world.neusweep("--table").succeeded().stdout;
    assert_eq!(piped.lines().count(), 301);
    assert!(piped.contains(&"word ".repeat(39)), "{piped:.300}");
}

#[test]
fn questions_exclude_each_other_and_belong_to_neusweep() {
    let world = world();
    for words in [
        "--count --table t.py",
        "--dry-run --count t.py",
        "--table --dry-run t.py",
        "--csv t.py",
        "--table --csv --json",
        "--table neurun --count local cpu train.py",
        "--count neurun --dry-run local cpu train.py",
        "--check-flags neurun --dry-run local cpu train.py",
        "--dry-run --json train.py",
        "--count neurun --json local cpu train.py",
        "--table --csv neurun --json local cpu train.py",
        "--wait neurun --detach local cpu train.py",
    ] {
        looked_at(&world, words).exited(2);
    }
    let refused = world.neurun("--dry-run --json local cpu train.py").exited(2);
    insta::assert_snapshot!(refused.stderr, @"
    error: `--dry-run` has no JSON: leave `--json` out
    hint: `neusweep --table --json` prints the points as JSON
    ");
    let outcome = looked_at(&world, "neurun --table slurm gpu train.py").exited(2);
    assert!(outcome.stderr.contains("`neusweep --table neurun SUPPORT DEVICE SCRIPT`"), "{}", outcome.stderr);
}

#[test]
fn commands_are_lines_that_a_shell_runs_as_they_were_meant() {
    let values = [
        "plain",
        "it's",
        "\"$HOME\"",
        "a\nb",
        "ends\n",
        "\n",
        "100%\\n\r",
        "größe 損失",
        "`id`",
        "",
        "~",
        "-x",
        "!#&|;",
    ];
    let world = world();
    world.file("params.json", serde_json::json!({ "v": values }).to_string());
    let commands = looked_at(&world, "-q --dry-run train.py").succeeded().stdout_bytes;
    let meant: Vec<OsString> = values.iter().map(|value| format!("--v={value}").into()).collect();
    let lines = String::from_utf8(commands.clone()).unwrap();
    assert_eq!(lines.lines().count(), values.len(), "{lines}");
    for shell in ["sh", "bash"] {
        let printed = world.command(shell, [] as [&str; 0]).input(&commands).run().succeeded().stdout_bytes;
        assert_eq!(arguments(&printed), meant, "{shell}");
    }
    // As `parallel` does.
    let each = "neusweep -q --dry-run train.py | while IFS= read -r line; do sh -c \"$line\"; done";
    assert_eq!(arguments(&world.bash(each).succeeded().stdout_bytes), meant);
    insta::assert_snapshot!(lines.lines().skip(3).take(2).collect::<Vec<_>>().join("\n"), @r#"
    eval "$(printf 'python train.py \047--v=a\nb\047')"
    eval "$(printf 'python train.py \047--v=ends\n\047')"
    "#);
}

#[test]
fn a_script_for_sbatch_says_so_to_a_shell() {
    let world = world();
    let outcome = world.bash("neusweep -q --dry-run neurun slurm gpu train.py | sh").exited(2);
    assert_eq!(outcome.stderr, "this script is for sbatch: there is no run of that number\n");
}

#[test]
fn variables_stand_in_front_of_a_command() {
    let world = world();
    world.file("params.json", r#"{"$style": "env", "A": ["it's", "a\nb"], "B": 2}"#);
    world.file("say.sh", "printf '%s|%s\\n' \"$A\" \"$B\"");
    let outcome = world.bash("neusweep -q --dry-run say.sh | sh").succeeded();
    assert_eq!(outcome.stdout, "it's|2\na\nb|2\n");
    insta::assert_snapshot!(looked_at(&world, "--dry-run say.sh").stdout, @r#"
    A="it's" B=2 bash say.sh
    eval "$(printf 'A=\047a\nb\047 B=2 bash say.sh')"
    "#);
}

#[test]
fn more_runs_than_the_limit_are_not_started_without_a_yes() {
    let world = world();
    world.file("params.json", "{\n  \"a\": [1, 2, 3],\n  \"$limit\": 5\n}\n");
    let outcome = looked_at(&world, "neurun --runs=2 local cpu train.py").exited(2);
    insta::assert_snapshot!(outcome.stderr, @"
    error: 6 runs would start, more than `$limit` allows
     --> params.json:3:13
      |
    3 |   \"$limit\": 5
      |             ^
      |
    help: add `--yes` to start them all, or look at them first with `--table`
    ");
    for words in ["--dry-run", "--count", "--table"] {
        looked_at(&world, &format!("{words} neurun --runs=2 local cpu train.py")).succeeded();
    }
    world.neusweep("train.py").succeeded();
    world.neusweep("--yes neurun --runs=2 local cpu train.py").succeeded();
    assert_eq!(world.states("2").len(), 6);
}

#[test]
fn more_runs_than_anybody_means_are_not_started_where_nobody_can_be_asked() {
    let world = world();
    world.file("params.json", r#"{"a": {"range": [1, 10000, 1]}, "b": {"range": [1, 10000, 1]}}"#);
    insta::assert_snapshot!(looked_at(&world, "train.py").exited(2).stderr, @"
    error: 100000000 runs would start, and nobody can be asked
    hint: add `--yes` to start them all, or look at them first with `--dry-run`
    ");
}

#[test]
fn a_sweep_of_a_sweep_is_refused() {
    let world = world();
    insta::assert_snapshot!(looked_at(&world, "neusweep -s a=1,2 train.py").exited(2).stderr, @"
    error: the command of a sweep is a sweep again
    hint: one `neusweep` takes all parameters: add `-s NAME=VALUES` for each
    ");
}

#[test]
fn on_a_terminal_the_limit_asks_in_place_of_the_hundred() {
    let world = world();
    let values: Vec<u32> = (0..120).collect();
    world.file("params.json", serde_json::json!({"a": values, "$limit": 119}).to_string());
    let mut terminal = world.tool(Tool::Neusweep, ["train.py"]).on_terminal();
    terminal.expect("start 120 runs of train? [y/N]");
    terminal.type_in("n\n");
    terminal.wait().exited(130);
    assert!(!world.store().exists());
    world.file("params.json", serde_json::json!({"a": values, "$limit": 120}).to_string());
    world.file("t.sh", "");
    let outcome = world.tool(Tool::Neusweep, ["t.sh"]).on_terminal().wait().succeeded();
    assert!(!outcome.stdout.contains("[y/N]"), "{}", outcome.stdout);
}

/// A script with the help of argparse; it marks each start.
const ARGPARSE: &str = "import argparse, os, sys\n\
    open('started', 'a').write(' '.join(sys.argv[1:]) + '\\n')\n\
    p = argparse.ArgumentParser()\n\
    p.add_argument('data')\n\
    p.add_argument('--lr', type=float, help=os.environ.get('FOUND', ''))\n\
    p.add_argument('--layers', type=int)\n\
    p.add_argument('--batch-size', type=int)\n\
    p.parse_args()\n";

/// Asks a script about a sweep, and gives what was said on both outputs.
#[track_caller]
fn checked(world: &World, params: &str, words: &str, code: i32) -> String {
    world.file("params.json", params);
    let outcome = world.neusweep(words).exited(code);
    assert!(!world.store().exists());
    world.tidy(&format!("{}{}", outcome.stdout, outcome.stderr))
}

#[test]
fn a_script_is_asked_which_parameters_it_knows() {
    let world = world();
    world.file("train.py", ARGPARSE);
    let words = "--check-flags neurun slurm gpu train.py data/{lr}";
    insta::assert_snapshot!(checked(&world, r#"{"lr": [1, 2], "layers": 4}"#, words, 0), @"
    asked on this machine; a node of the cluster may have another version of the script
    `python train.py data/1` knows `layers`
    ");
    insta::assert_snapshot!(checked(&world, r#"{"lr": 1, "batch_size": 1, "depth": 1, "layer": 1}"#, words, 1), @"
    `python train.py data/1` does not know `--batch_size`; did you mean `batch-size`?
    `python train.py data/1` does not know `--depth`
    asked on this machine; a node of the cluster may have another version of the script
    warning: `python train.py data/1` has no `--layer`; argparse takes it for `--layers`, unless the program forbids that: write `layers`
    ");
    assert_eq!(std::fs::read_to_string(world.path("started")).unwrap(), "data/1 --help\n".repeat(2));
    insta::assert_snapshot!(checked(&world, r#"{"lr": 1}"#, words, 0), @"`python train.py data/1` is given no parameter as a flag: there is nothing to check");
    insta::assert_snapshot!(checked(&world, r#"{"$style": "env", "LR": 1}"#, "--check-flags train.py x", 0), @"`python train.py x` is given no parameter as a flag: there is nothing to check");
    insta::assert_snapshot!(checked(&world, r#"{"$style": "hydra", "lr": 1}"#, "--check-flags train.py x", 0), @"
    warning: the help of `python train.py x` shows no configuration: `lr` could not be checked
    of no parameter it is known whether `python train.py x` knows it
    ");
    assert_eq!(checked(&world, r#"{"layers": 1}"#, "-q --check-flags train.py x", 0), "");
}

#[test]
fn a_script_is_asked_in_its_env() {
    let world = crate::world_with_env(r#"["export FOUND='--from-the-env is known'", "cd /"]"#);
    world.file("train.py", ARGPARSE);
    let script = world.path("train.py");
    let words = format!("--check-flags neurun local cpu {}", script.display());
    world.file("params.json", r#"{"from-the-env": 1}"#);
    world.neusweep(&format!("{words} x")).succeeded();
    world.file("config.json", r#"{"local": {"cpu": {"env": "echo not today; false", "resources": ""}}}"#);
    insta::assert_snapshot!(checked(&world, r#"{"lr": 1}"#, "--check-flags neurun local cpu train.py", 3), @"
    error: `python train.py --help` tells nothing of its flags: the env failed at `echo not today; false`
      | not today
    hint: nothing was checked, and nothing was started; `--dry-run` shows what the program would be given
    ");
}

#[test]
fn where_there_is_no_help_nothing_is_checked() {
    let world = world();
    world.file("t.py", "import sys\nprint('training', sys.argv)\nsys.exit('no data')");
    insta::assert_snapshot!(checked(&world, r#"{"lr": 1}"#, "--check-flags t.py", 3), @"
    error: `python t.py --help` prints no help that could be read; it ended with exit code 1
      | training ['t.py', '--help']
      | no data
    hint: nothing was checked, and nothing was started; `--dry-run` shows what the program would be given
    ");
    looked_at(&world, "--check-flags nothere.py").exited(2);
}

#[test]
fn a_script_is_asked_where_its_job_would_start() {
    let world = world();
    world.file("elsewhere/train.py", ARGPARSE);
    world.file("params.json", r#"{"layers": 1}"#);
    world.neusweep("--check-flags neurun slurm gpu --chdir=elsewhere train.py x").succeeded();
    assert!(world.path("elsewhere/started").exists());
}

#[test]
fn a_table_in_csv_is_read_back_as_the_same_points() {
    let world = world();
    world.file(
        "params.json",
        r#"{
          "lr": [0.10, 1e-4, "0.10"],
          "text": ["True", true, "a, \"b\"\n", "", null],
          "opt": ["adam", {"value": "sgd", "with": {"momentum": 0.9}}]
        }"#,
    );
    let commands = world.neusweep("-q --dry-run train.py").succeeded().stdout;
    assert_eq!(commands.lines().count(), 30);
    let again = world.bash("neusweep --table --csv | neusweep -q --dry-run --rows - train.py").succeeded();
    assert_eq!(again.stdout, commands);
}
