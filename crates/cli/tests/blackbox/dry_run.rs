//! `--dry-run`: what would happen, byte for byte, and nothing on disk.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use crate::kit::{ARGV_PY, Outcome, Tool, World, arguments};

/// The example of the document that the product comes from.
pub(crate) const SEED_CONFIG: &str = r#"{
  "local": {
    "cpu": { "env": "conda activate deep", "resources": "" },
    "gpu": { "env": "conda activate deep", "resources": "" }
  },
  "slurm": {
    "gpu": {
      "env": "source activate deep",
      "resources": {
        "time": "2-00:00:00",
        "account": "myproject",
        "partition": "big-gpu",
        "gres": "gpu:p100:1",
        "mem": "8000"
      }
    },
    "cpu": {
      "env": "source activate deep",
      "resources": {
        "time": "4-00:00:00",
        "account": "myproject",
        "partition": "big-mem",
        "mem": "16000"
      }
    }
  }
}
"#;

#[test]
fn the_seed_s_script_is_printed_byte_for_byte() {
    let world = World::new();
    world.file("config.json", SEED_CONFIG);
    world.file("dummytrain.py", "");
    let before = world.listing();
    let outcome = world.neurun("--dry-run slurm gpu dummytrain.py --lr=0.01").succeeded();
    assert_eq!(
        outcome.stdout,
        "#!/bin/bash\n#SBATCH --time=2-00:00:00\n#SBATCH --account=myproject\n#SBATCH --partition=big-gpu\n\
         #SBATCH --gres=gpu:p100:1\n#SBATCH --mem=8000\n\nsource activate deep\npython dummytrain.py --lr=0.01\n"
    );
    assert_eq!(outcome.stderr, "1 run of dummytrain on slurm/gpu: at most 48 h and 48 GPU-hours\n");
    assert_eq!(world.listing(), before);
}

/// Checks that a command line with `--dry-run` leaves the project, the home and the temporary folder as they were.
#[track_caller]
fn dry(world: &World, tool: Tool, words: &[&str]) -> Outcome {
    let before = world.listing();
    let outcome = world.tool(tool, words.iter().copied()).run();
    assert_eq!(world.listing().keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert_eq!(world.listing(), before);
    outcome
}

#[test]
fn the_seed_s_listing_is_printed_byte_for_byte() {
    let world = World::new();
    world.file("params.json", r#"{"lr": [0.1, 0.01], "layers": [4,8,16]}"#);
    world.file("dummytrain.py", "");
    let outcome = dry(&world, Tool::Neusweep, &["--dry-run", "dummytrain.py", "--steps=100"]).succeeded();
    assert_eq!(
        outcome.stdout,
        "python dummytrain.py --steps=100 --lr=0.1 --layers=4\n\
         python dummytrain.py --steps=100 --lr=0.1 --layers=8\n\
         python dummytrain.py --steps=100 --lr=0.1 --layers=16\n\
         python dummytrain.py --steps=100 --lr=0.01 --layers=4\n\
         python dummytrain.py --steps=100 --lr=0.01 --layers=8\n\
         python dummytrain.py --steps=100 --lr=0.01 --layers=16\n"
    );
    assert_eq!(outcome.stderr, "6 runs of dummytrain\n");
}

#[test]
fn the_file_s_own_values_are_used_and_not_the_seed_s_slip() {
    let world = World::new();
    world.file("params.json", r#"{"lr": [0.1, 0.001], "layers": [4,8,16]}"#);
    world.file("dummytrain.py", "");
    let outcome = world.neusweep("--dry-run dummytrain.py --steps=100").succeeded();
    assert_eq!(outcome.stdout.matches("--lr=0.001 ").count(), 3, "{}", outcome.stdout);
}

#[test]
fn a_local_dry_run_shows_the_env_and_every_run_and_changes_nothing() {
    let world = World::new();
    world.file("config.json", SEED_CONFIG);
    world.file("dummytrain.py", "");
    let outcome =
        dry(&world, Tool::Neurun, &["--dry-run", "--runs=2", "local", "gpu", "dummytrain.py", "a b"]);
    assert_eq!(
        outcome.succeeded().stdout,
        "conda activate deep\npython dummytrain.py 'a b'\npython dummytrain.py 'a b'\n"
    );
}

#[test]
fn many_runs_are_one_script_with_a_case_for_each() {
    let world = World::new();
    world.file("config.json", SEED_CONFIG);
    world.file("params.json", r#"{"lr": [0.1, 0.01], "name": ["it's", "$HOME"]}"#);
    world.file("dummytrain.py", "");
    let words = ["--dry-run", "neurun", "--runs=2", "slurm", "gpu", "dummytrain.py", "--steps=10"];
    let outcome = dry(&world, Tool::Neusweep, &words).succeeded();
    insta::assert_snapshot!(outcome.stdout, @r#"
    #!/bin/bash
    #SBATCH --time=2-00:00:00
    #SBATCH --account=myproject
    #SBATCH --partition=big-gpu
    #SBATCH --gres=gpu:p100:1
    #SBATCH --mem=8000
    #SBATCH --array=0-7

    source activate deep
    case $SLURM_ARRAY_TASK_ID in
    0) python dummytrain.py --steps=10 --lr=0.1 "--name=it's" ;;
    1) python dummytrain.py --steps=10 --lr=0.1 "--name=it's" ;;
    2) python dummytrain.py --steps=10 --lr=0.1 '--name=$HOME' ;;
    3) python dummytrain.py --steps=10 --lr=0.1 '--name=$HOME' ;;
    4) python dummytrain.py --steps=10 --lr=0.01 "--name=it's" ;;
    5) python dummytrain.py --steps=10 --lr=0.01 "--name=it's" ;;
    6) python dummytrain.py --steps=10 --lr=0.01 '--name=$HOME' ;;
    7) python dummytrain.py --steps=10 --lr=0.01 '--name=$HOME' ;;
    *) echo 'this script is for sbatch: there is no run of that number' >&2; exit 2 ;;
    esac
    "#);
    assert_eq!(outcome.stderr, "8 runs of dummytrain on slurm/gpu: at most 384 h and 384 GPU-hours\n");
}

/// Values that a shell would take apart, JSON-quoted.
const NASTY: &[&str] = &[
    "plain",
    "two words",
    "it's",
    "\"quoted\"",
    "$HOME",
    "`id`",
    "$(id)",
    "back\\slash",
    "*",
    ";",
    "a&b|c",
    "new\nline",
    "tab\there",
    "",
    "-x",
    "--",
    "ünïcödé",
    "🦀",
    "#no",
    "!history",
    "~",
    "a=b",
    "{1,2}",
    "[ab]",
    "x\r",
    "esac",
    "*) ;;",
];

#[test]
fn the_script_of_many_runs_runs_by_hand_with_the_very_arguments() {
    let world = World::new();
    world.file("config.json", r#"{"slurm": {"cpu": {"env": "export A=1", "resources": {"time": "1:00"}}}}"#);
    world.file("params.json", serde_json::json!({"v": NASTY}).to_string());
    world.file("argv.py", ARGV_PY);
    let mut words = vec!["--dry-run", "neurun", "slurm", "cpu", "argv.py"];
    words.extend(NASTY);
    let script = dry(&world, Tool::Neusweep, &words).succeeded().stdout_bytes;
    world.file("job.sh", &script);
    for (task, value) in NASTY.iter().enumerate() {
        let line = world.command("bash", ["job.sh"]).env("SLURM_ARRAY_TASK_ID", task.to_string());
        let mut wanted: Vec<OsString> = NASTY.iter().map(OsString::from).collect();
        wanted.push(format!("--v={value}").into());
        assert_eq!(arguments(&line.run().succeeded().stdout_bytes), wanted, "task {task}");
    }
}

#[test]
fn bytes_that_are_no_text_survive_the_script() {
    let world = World::new();
    world.file("config.json", r#"{"slurm": {"cpu": {"env": "", "resources": ""}}}"#);
    world.file("argv.py", ARGV_PY);
    let word = OsString::from_vec(b"\xff\xfe'\n\x80 \x1b".to_vec());
    let words: Vec<OsString> =
        ["--dry-run", "slurm", "cpu", "argv.py"].iter().map(OsString::from).chain([word.clone()]).collect();
    let script = world.tool(Tool::Neurun, words).run().succeeded().stdout_bytes;
    world.file("job.sh", &script);
    assert_eq!(arguments(&world.bash("bash job.sh").succeeded().stdout_bytes), [word]);
}

#[test]
fn above_a_thousand_runs_the_first_ones_and_a_count_are_printed() {
    let world = World::new();
    world.file("config.json", SEED_CONFIG);
    world.file("dummytrain.py", "");
    let words = ["--dry-run", "--runs=1001", "slurm", "gpu", "dummytrain.py"];
    let script = dry(&world, Tool::Neurun, &words).succeeded().stdout;
    assert!(script.contains("#SBATCH --array=0-999\n"), "{script:.300}");
    assert!(script.contains("1001 runs"), "{script:.300}");
    assert_eq!(script.matches(") python dummytrain.py ;;\n").count(), 1000);
    let words = ["--dry-run", "--runs=1000", "slurm", "gpu", "dummytrain.py"];
    let script = dry(&world, Tool::Neurun, &words).succeeded().stdout;
    assert!(!script.contains("first"), "{script:.300}");
}

#[test]
fn resources_of_every_kind_become_directives_in_order() {
    let world = World::new();
    world.file(
        "config.json",
        r#"{"slurm": {"cpu": {"env": ["module load x", "a=1\nb=2"], "resources": {
            "time": "1:00", "exclusive": true, "requeue": null, "hold": false, "mem": 8000,
            "comment": "two 'words' \"here\" # and $HOME", "exclude": ["n1", "n2"]}}}}"#,
    );
    world.file("t.py", "");
    let script = world.neurun("--dry-run slurm cpu --mem=64G --hold --nodelist=n7 t.py").succeeded();
    insta::assert_snapshot!(script.stdout, @r#"
    #!/bin/bash
    #SBATCH --time=1:00
    #SBATCH --exclusive
    #SBATCH --hold
    #SBATCH --mem=64G
    #SBATCH --comment="two 'words' \"here\" # and $HOME"
    #SBATCH --exclude=n1
    #SBATCH --exclude=n2
    #SBATCH --nodelist=n7

    module load x
    a=1
    b=2
    python t.py
    "#);
}

#[test]
fn a_dry_run_finds_the_same_mistakes() {
    let world = World::new();
    world.file("config.json", SEED_CONFIG);
    dry(&world, Tool::Neurun, &["--dry-run", "slurm", "gpu", "nothere.py"]).exited(2);
    dry(&world, Tool::Neurun, &["--dry-run", "slurm", "tpu", "nothere.py"]).exited(2);
    dry(&world, Tool::Neusweep, &["--dry-run", "nothere.py"]).exited(2);
}

#[test]
fn the_shipped_example_works_in_a_local_sweep() {
    let world = World::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for name in ["dummytrain.py", "params.json"] {
        world.file(name, fs::read(examples.join(name)).unwrap());
    }
    let outcome = world.neusweep("dummytrain.py --steps=2").succeeded();
    assert!(outcome.stderr.contains("all 6 runs succeeded"), "{}", outcome.stderr);
}
