//! A record of submissions that is damaged: what is behind the damage is looked for before anything more is handed over.

use std::fs;
use std::path::PathBuf;

use crate::kit::World;
use crate::resuming::{SHOW, arrays, cluster, killed_with_its_sbatch, queue, sbatch, started};

fn record(world: &World) -> PathBuf {
    world.store().join("launches/1/submissions.jsonl")
}

/// What is made of a record.
#[derive(Debug, Clone, Copy)]
enum Damage {
    /// The intent of the second submission is garbage.
    Intent,
    /// All that is said of it is.
    All,
    /// The file is cut in the middle of its last intent.
    Cut,
    /// It is empty.
    Empty,
    /// It is not there.
    Missing,
}

/// Twelve runs in three arrays, of which the record is damaged.
fn damaged(damage: Damage) -> World {
    let world = cluster();
    started(&world).wait().succeeded();
    let path = record(&world);
    let text = fs::read_to_string(&path).unwrap();
    let text = match damage {
        Damage::Intent => garbled(&text, |line| line.contains("\"intent\"")),
        Damage::All => garbled(&text, |_| true),
        Damage::Cut => text[..text.rfind("\"runs\"").unwrap()].to_owned(),
        Damage::Empty | Damage::Missing => String::new(),
    };
    fs::write(&path, text).unwrap();
    if let Damage::Missing = damage {
        fs::remove_file(&path).unwrap();
    }
    world
}

/// Garbles lines of the second submission.
fn garbled(text: &str, which: impl Fn(&str) -> bool) -> String {
    let is_it = |line: &str| line.contains("\"submission\":1,") && which(line);
    text.lines().map(|line| if is_it(line) { "\0garbage" } else { line }).collect::<Vec<_>>().join("\n")
        + "\n"
}

fn is_whole_again(world: &World) {
    assert_eq!(arrays(world), ["0-4", "0-4", "0-1"], "{:?}", queue(world));
    let launch = world.status("1")["launch"].clone();
    assert_eq!(launch["jobs"], serde_json::json!([100, 101, 102]));
    assert_eq!((&launch["submission"], &launch["unreadable"]), (&"whole".into(), &0.into()));
    let again = world.neu("resume 1").succeeded();
    assert_eq!(again.stderr, "launch 1: nothing was missing\n");
    assert_eq!(queue(world).len(), 3);
}

#[test]
fn jobs_behind_the_damage_are_written_down_again_and_no_run_is_handed_over_twice() {
    for damage in [Damage::Intent, Damage::All, Damage::Cut, Damage::Empty, Damage::Missing] {
        let world = damaged(damage);
        let resumed = world.neu("resume 1").succeeded();
        for words in ["looking for its jobs", "which is written down again", "tells of all its jobs again"] {
            assert!(resumed.stderr.contains(words), "{words}: {}", resumed.stderr);
        }
        is_whole_again(&world);
    }
}

#[test]
fn every_verb_that_acts_mends_and_no_view() {
    for verb in ["wait 1 --timeout 3s", "retry 1", "cancel 1"] {
        let world = damaged(Damage::All);
        for view in ["status", "status 1", "show 1", "ls"] {
            world.neu(view);
        }
        let shown = world.neu("status 1").succeeded();
        assert!(shown.stderr.contains("neu resume 1 looks for them"), "{}", shown.stderr);
        assert!(fs::read_to_string(record(&world)).unwrap().contains("garbage"));
        assert!(!fs::read_to_string(record(&world)).unwrap().contains("mended"));
        if verb.starts_with("cancel") {
            world.fake(
                "scancel",
                r#"for word; do case $word in [0-9]*) grep -v "^${word%%_*} " ../queue >../left; mv ../left ../queue ;; esac; done"#,
            );
            world.neu(verb).succeeded();
            assert_eq!(queue(&world), Vec::<String>::new());
            assert_eq!(world.states("1"), ["cancelled"; 12]);
        } else {
            world.neu(verb);
            is_whole_again(&world);
        }
    }
}

#[test]
fn what_was_lost_and_is_in_no_queue_is_handed_over() {
    let world = damaged(Damage::All);
    let without_second: Vec<String> =
        queue(&world).into_iter().filter(|line| !line.starts_with("101")).collect();
    fs::write(world.root().join("queue"), without_second.join("\n") + "\n").unwrap();
    sbatch(&world, "id=103; take; echo $id");
    world.neu("resume 1").succeeded();
    assert_eq!(arrays(&world), ["0-4", "0-1", "0-4"]);
    let keys: std::collections::BTreeSet<String> =
        queue(&world).iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 3, "a key is never used twice");
    assert_eq!(world.status("1")["launch"]["jobs"], serde_json::json!([100, 102, 103]));
}

#[test]
fn accounting_tells_what_the_queue_has_forgotten() {
    let world = damaged(Damage::All);
    world.fake("squeue", &format!("[[ $* == *--states=all* && $* == *%o* ]] && exit 0; {SHOW}"));
    world.fake(
        "sacct",
        r#"[[ $* == *SubmitLine* ]] || exit 0
while read -r id name array; do printf '%s\037%s\0371795382094\037%s\037sbatch --x %s\n' "$id" "$(id -u)" "$name" "$(<../command.$id)"; done <../queue"#,
    );
    world.neu("resume 1").succeeded();
    is_whole_again(&world);
}

#[test]
fn nothing_more_is_handed_over_while_slurm_cannot_tell() {
    for tool in ["squeue", "sacct"] {
        for damage in [Damage::All, Damage::Missing] {
            let world = damaged(damage);
            world.fake(tool, "echo 'error: Socket timed out' >&2; exit 1");
            for command in ["resume 1", "resume", "wait 1 --timeout 5s", "retry 1"] {
                let refused = world.neu(command).exited(4);
                let said = ["submissions.jsonl", "does not answer", "`neu cancel 1`", "`neu rerun 1`"];
                assert!(
                    said.iter().all(|words| refused.stderr.contains(words)),
                    "{command}: {}",
                    refused.stderr
                );
                assert!(!refused.stderr.contains("nothing was missing"), "{}", refused.stderr);
                assert_eq!(queue(&world).len(), 3, "{command}");
            }
        }
    }
}

#[test]
fn a_launch_whose_script_is_gone_is_not_completed_but_its_jobs_are_adopted() {
    let world = cluster();
    sbatch(&world, "take; [ $id = 101 ] && { echo $$ >../waiting; exec sleep 100; }; echo $id");
    killed_with_its_sbatch(&world);
    fs::remove_file(world.path("train.py")).unwrap();
    sbatch(&world, "take; echo $id");
    let refused = world.neu("resume 1").exited(2);
    assert!(refused.stderr.contains("train.py"), "{}", refused.stderr);
    assert_eq!(arrays(&world), ["0-4", "0-4"]);
    assert_eq!(world.status("1")["launch"]["jobs"], serde_json::json!([100, 101]));
    world.file("train.py", "print('trained')\n");
    world.neu("resume 1").succeeded();
    assert_eq!(arrays(&world), ["0-4", "0-4", "0-1"]);
}
