//! Records that are damaged, or of another time or version: what is left is read, and the loss is said.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::scene::Scene;
use crate::tally::{Fate, Tally, play};

/// Runs of the damaged launch.
const RUNS: usize = 8;

/// Executes a launch on this machine, and gives the file with its journal.
fn executed(scene: &Scene, words: &str) -> PathBuf {
    let code = scene.desk.world.neurun(&format!("--runs={RUNS} local cpu work.py {words}")).code;
    assert!([0, 1].contains(&code));
    let events = scene.desk.world.store().join("launches/1/events");
    let mut files = fs::read_dir(events).unwrap().map(|file| file.unwrap().path());
    let (file, more) = (files.next().unwrap(), files.next());
    assert!(more.is_none());
    file
}

/// What is made of a journal.
pub(crate) type Damage = fn(&[u8]) -> Vec<u8>;

pub(crate) const JOURNAL_DAMAGES: [Damage; 3] = [torn, truncated, garbled];

fn torn(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() - 20].to_vec()
}

fn truncated(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() * 4 / 5].to_vec()
}

/// The end of a run in the middle is none.
fn garbled(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let ends: Vec<usize> = text.match_indices("\"ended\"").map(|(at, _)| at).collect();
    bytes[ends[ends.len() / 2] + 2] = 0xff;
    bytes
}

/// Gives the runs of which a journal tells that they ended well.
pub(crate) fn told_well(journal: &[u8]) -> BTreeSet<usize> {
    let lines = journal.split(|byte| *byte == b'\n');
    let records = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let ends = records.filter_map(|record| record["event"].get("ended").cloned());
    ends.filter(|end| end["exit"]["code"] == 0)
        .map(|end| usize::try_from(end["run"].as_u64().unwrap()).unwrap())
        .collect()
}

/// Damages the journal of a launch whose runs all succeeded: those of which it still tells are shown so, nothing wrong
/// is shown of the others, and the loss must be said.
fn damaged(damage: Damage) -> Tally {
    let scene = Scene::without_slurm();
    let journal = executed(&scene, "");
    fs::write(&journal, damage(&fs::read(&journal).unwrap())).unwrap();
    let told = told_well(&fs::read(&journal).unwrap());
    let answer = scene.desk.neu("status 1 --json").succeeded();
    let mut tally = Tally::default();
    for (run, state) in scene.desk.world.states("1").iter().enumerate() {
        let name = format!("1.{run}");
        tally.count(&name, &scene.ledger.executions(&name), Fate::Ends(0));
        // The worker is dead, and seen to be: its word does not come any more.
        let wanted = if told.contains(&run) { "succeeded" } else { "lost" };
        if state != wanted {
            tally.wrongly_shown.push(format!("{name} is {state}, not {wanted}"));
        }
    }
    let said = scene.desk.neu("status 1").succeeded().stderr;
    let is_said = said.contains("1 line of the journal of launch 1 cannot be read");
    if told.len() == RUNS || !is_said || answer.json()["launch"]["unreadable"] != 1 {
        tally.wrongly_shown.push(format!("nothing is said of the loss: {said:?}"));
    }
    tally
}

#[test]
fn a_torn_last_line() {
    play("torn last line of the journal", || damaged(torn));
}

#[test]
fn a_truncated_journal() {
    play("truncated journal", || damaged(truncated));
}

#[test]
fn a_byte_of_garbage_in_the_middle() {
    play("a byte of garbage in the middle of the journal", || damaged(garbled));
}

#[test]
fn a_clock_that_is_set_back() {
    play("clock set back between two attempts", || {
        let scene = Scene::without_slurm();
        let journal = executed(&scene, "--fail=1");
        let text = fs::read_to_string(&journal).unwrap();
        let year = text.split("\"time\":\"").nth(1).unwrap()[..4].to_owned();
        fs::write(&journal, text.replace(&format!("\"time\":\"{year}"), "\"time\":\"2099")).unwrap();
        assert_eq!(scene.desk.world.states("1"), ["failed"; RUNS]);
        scene.desk.neu("retry 1");
        scene.watch(scene.desk.launch_number(1), RUNS).judge_all_well()
    });
}

#[test]
fn a_launch_of_a_newer_version() {
    play("launch.json of a newer format version", || {
        let scene = Scene::without_slurm();
        executed(&scene, "");
        let file = scene.desk.world.store().join("launches/1/launch.json");
        let mut launch: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let format = launch["format"].as_u64().unwrap();
        launch["format"] = json!(format + 1);
        launch["something new"] = json!({"of": "the future"});
        fs::write(&file, launch.to_string()).unwrap();
        let before = scene.desk.world.listing();
        let mut tally = Tally::default();
        let verbs = [
            "status",
            "show",
            "logs",
            "cancel",
            "resume",
            "retry",
            "wait",
            "rerun",
            "rerun --dry-run",
            "rm --yes",
        ];
        for verb in verbs {
            let refused = scene.desk.neu(&format!("{verb} 1"));
            let says =
                refused.stderr.contains("format") && refused.stderr.contains(&(format + 1).to_string());
            if refused.code != 4 || !says {
                tally.wrongly_shown.push(format!("neu {verb}: {refused:?}"));
            }
        }
        // What is about all launches goes on with the others, and says so.
        for verb in
            ["status", "ls", "ls --all", "resume", "prune --keep-days=0 --yes", "status --state failed"]
        {
            let answer = scene.desk.neu(verb).succeeded();
            if !answer.stderr.contains("launch 1") || !answer.stderr.contains("update neuromanager") {
                tally.wrongly_shown.push(format!("neu {verb}: {answer:?}"));
            }
        }
        let after = scene.desk.world.listing();
        let changed: Vec<_> =
            before.iter().filter(|(path, bytes)| after.get(*path) != Some(*bytes)).collect();
        assert!(changed.is_empty(), "overwritten: {changed:?}");
        // The rest of the store is not held up by it.
        scene.desk.world.neurun("--runs=8 local cpu work.py").succeeded();
        tally += scene.watch(scene.desk.launch_number(2), RUNS).judge_all_well();
        tally
    });
}

#[test]
fn a_launch_of_an_older_version() {
    play("launch.json and records of format version 1", || {
        let scene = Scene::without_slurm();
        let launch = scene.desk.world.store().join("launches/1");
        fs::create_dir_all(launch.join("events")).unwrap();
        fs::create_dir_all(launch.join("logs")).unwrap();
        let root = scene.desk.world.folder().display().to_string();
        for (name, text) in FORMAT_1 {
            fs::write(launch.join(name), text.replace("[FOLDER]", &root)).unwrap();
        }
        let before = scene.desk.world.listing();
        let mut tally = Tally { asked: 2, once: 2, ..Tally::default() };
        let states = scene.desk.world.states("1");
        if states != ["succeeded", "failed"] {
            tally.wrongly_shown.push(format!("{states:?}"));
        }
        let after = scene.desk.world.listing();
        assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)), "views change nothing");
        tally
    });
}

/// A launch as the first version wrote it: one run that succeeded, and one that failed.
const FORMAT_1: &[(&str, &str)] = &[
    ("launch.json", include_str!("format-1/launch.json")),
    ("runs.jsonl", include_str!("format-1/runs.jsonl")),
    ("runs.idx", include_str!("format-1/runs.idx")),
    ("submissions.jsonl", include_str!("format-1/submissions.jsonl")),
    ("events/login1-4decc146-3b23-4425-b981-4fb26b373298.jsonl", include_str!("format-1/events.jsonl")),
];
