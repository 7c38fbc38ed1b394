//! Arguments reach the program byte for byte, through the worker and through the plain script of `--dry-run`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;

use crate::cluster::Cluster;
use crate::desk::{Desk, until};

/// Everything that shells, Slurm or JSON could stumble over.
fn awkward() -> Vec<OsString> {
    let texts = [
        "two words",
        "it's",
        "\"quoted\"",
        "$HOME",
        "`id`",
        "$(id)",
        "back\\slash",
        "\\",
        "*",
        "?",
        ";",
        "&",
        "|",
        "a\nb",
        "\n",
        "tab\there",
        "\r\n",
        "end\r",
        "",
        "-n",
        "--",
        "--help",
        "--runs=3",
        "--array=7",
        "#SBATCH",
        "x\n#SBATCH --hold\n",
        "!!",
        "~",
        "{a,b}",
        "%A_%a",
        "naïve €",
        "\u{1}",
        "=",
        "A=b",
        "<>",
        "\u{1b}[31m",
    ];
    let mut words: Vec<OsString> = texts.into_iter().map(OsString::from).collect();
    words.push(OsString::from_vec(b"not \xff\xfe utf-8 \xc3".to_vec()));
    words.push("é\n'".repeat(25_000).into());
    words
}

fn words(before: &[&str], after: &[OsString]) -> Vec<OsString> {
    before.iter().map(OsString::from).chain(after.iter().cloned()).collect()
}

#[test]
fn every_byte_arrives_in_a_job_and_in_each_task_of_an_array() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let awkward = awkward();
    let start = |before: &[&str]| desk.launched(&desk.neurun(words(before, &awkward)).run().succeeded());
    let single = start(&["slurm", "cpu", "train.py"]);
    let array = start(&["--runs=2", "slurm", "cpu", "train.py"]);
    assert_eq!((single.wait(), array.wait()), (0, 0));
    let records = desk.records();
    assert_eq!(records.len(), 3);
    for (run, record) in records {
        assert!(record == awkward, "{run}");
    }
    single.table();
}

#[test]
fn swept_values_arrive_as_the_file_has_them() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let params = r#"{"n": [0.10, 1e-4, 12345678901234567890], "s": ["a b $HOME 'q' \"d\"\n\t*;`", "", true, [1, {"k": "é"}]]}"#;
    desk.world.file("params.json", params);
    assert_eq!(desk.sweep("neurun slurm cpu train.py").wait(), 0);
    let records = desk.records();
    let numbers = ["0.10", "1e-4", "12345678901234567890"];
    let values = ["a b $HOME 'q' \"d\"\n\t*;`", "", "True", r#"[1,{"k":"é"}]"#];
    for run in 0..12 {
        let expected =
            [format!("--n={}", numbers[run / 4]), format!("--s={}", values[run % 4])].map(OsString::from);
        assert_eq!(records[&format!("1.{run}.1")], expected);
    }
}

#[test]
fn the_plain_script_of_a_dry_run_gives_the_same_arguments_by_hand() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    desk.configure(&["export READY=yes", "cd ."], &serde_json::json!({"mem": "100", "output": "/dev/null"}));
    let awkward = awkward();
    for (runs, name) in [(1, "single.sh"), (3, "array.sh")] {
        let before = ["--dry-run", &format!("--runs={runs}"), "slurm", "cpu", "train.py"];
        let script = desk.neurun(words(&before, &awkward)).run().succeeded().stdout_bytes;
        assert!(!desk.has_store());
        desk.world.file(name, script);
        desk.slurm(&format!("sbatch {name}"));
        until("the records are there", || Some(desk.records()).filter(|all| all.len() == runs).ok_or(()));
        for (run, record) in desk.records() {
            assert!(record == awkward, "{name} {run}");
            fs::remove_file(desk.world.root().join("records").join(run)).unwrap();
        }
    }
}

#[test]
fn the_script_of_the_seed_is_printed_to_the_byte() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let config = r#"{"slurm": {"gpu": {"env": "source activate deep", "resources": {"time": "2-00:00:00",
        "account": "myproject", "partition": "big-gpu", "gres": "gpu:p100:1", "mem": "8000"}}}}"#;
    desk.world.file("config.json", config);
    desk.world.file("dummytrain.py", "");
    let done = desk.world.neurun("--dry-run slurm gpu dummytrain.py --lr=0.01").succeeded();
    let script = "#!/bin/bash\n#SBATCH --time=2-00:00:00\n#SBATCH --account=myproject\n#SBATCH --partition=big-gpu\n\
        #SBATCH --gres=gpu:p100:1\n#SBATCH --mem=8000\n\nsource activate deep\npython dummytrain.py --lr=0.01\n";
    assert_eq!(done.stdout, script);
    assert!(!desk.has_store());
}
