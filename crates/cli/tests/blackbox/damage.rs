//! Stores that are damaged, or written by other versions: the rest is shown, and the loss is said.

use std::fs;
use std::path::PathBuf;

use crate::kit::{Outcome, World};
use crate::local_world;

fn world() -> World {
    let world = local_world();
    world.neurun("--runs=3 local cpu argv.py").succeeded();
    world
}

fn journal(world: &World) -> PathBuf {
    let mut files = fs::read_dir(world.store().join("launches/1/events")).unwrap();
    files.next().unwrap().unwrap().path()
}

fn says_the_loss(outcome: &Outcome, lines: &str) {
    let warning = format!("warning: {lines} of the journal of launch 1 cannot be read; the rest is shown");
    assert!(outcome.stderr.contains(&warning), "{}", outcome.stderr);
}

#[test]
fn garbage_in_the_middle_of_a_journal_costs_its_line_and_is_said() {
    let world = world();
    let path = journal(&world);
    let text = fs::read(&path).unwrap();
    let damaged: Vec<u8> =
        text.split_inclusive(|byte| *byte == b'\n').enumerate().fold(Vec::new(), |mut all, (place, line)| {
            all.extend_from_slice(line);
            if place == 2 {
                all.extend_from_slice(b"\x00\xff garbage\n");
            }
            all
        });
    fs::write(&path, damaged).unwrap();
    assert_eq!(world.states("1"), ["succeeded"; 3]);
    for view in ["status", "status 1", "status --json", "status 1 --json"] {
        says_the_loss(&world.neu(view).succeeded(), "1 line");
    }
    let list = world.neu("status --json").succeeded().json();
    assert_eq!(list["launches"][0]["unreadable"], 1);
    assert_eq!(world.status("1")["launch"]["unreadable"], 1);
}

#[test]
fn a_truncated_journal_shows_what_is_left_of_it() {
    let world = world();
    let path = journal(&world);
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() - 20]).unwrap();
    let states = world.states("1");
    assert_eq!(states.iter().filter(|state| *state == "succeeded").count(), 2, "{states:?}");
    assert_eq!(states[2], "lost", "its end is what was cut off");
    says_the_loss(&world.neu("status 1").succeeded(), "1 line");
}

#[test]
fn a_torn_end_of_the_record_of_submissions_is_said() {
    let world = world();
    let path = world.store().join("launches/1/submissions.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    // What a client leaves that is killed while it writes that it tries the runs again.
    fs::write(&path, format!("{text}\n{}", &text.trim()[..60])).unwrap();
    let warning = "warning: 1 line of submissions.jsonl of launch 1 cannot be read; the rest is shown";
    for view in ["status", "status 1", "show 1", "status --json", "status 1 --json"] {
        let shown = world.neu(view).succeeded();
        assert!(shown.stderr.contains(warning), "{view}: {}", shown.stderr);
    }
    assert_eq!(world.states("1"), ["succeeded"; 3]);
    assert_eq!(world.status("1")["launch"]["unreadable"], 1);
    // It may be the line that a client is just writing.
    fs::write(path.with_file_name("owner.7"), "").unwrap();
    assert_eq!(world.status("1")["launch"]["unreadable"], 0);
}

#[test]
fn a_launch_of_a_newer_format_is_refused_by_name_and_left_as_it_is() {
    let world = world();
    world.neurun("local cpu argv.py").succeeded();
    let path = world.store().join("launches/1/launch.json");
    let newer = fs::read_to_string(&path).unwrap().replacen("\"format\": 1", "\"format\": 99", 1);
    fs::write(&path, &newer).unwrap();
    let refused = world.neu("status 1").exited(4);
    for words in ["launches/1/launch.json", "format 99", "update neuromanager"] {
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    let list = world.neu("status").succeeded();
    assert!(list.stderr.contains("launch 1 is left out"), "{}", list.stderr);
    assert!(list.stdout.contains("1 succeeded"), "{}", list.stdout);
    world.neu("cancel 1").exited(4);
    world.neurun("local cpu argv.py").succeeded();
    assert_eq!(fs::read_to_string(&path).unwrap(), newer);
    assert!(world.store().join("launches/3/launch.json").exists());
}

#[test]
fn a_launch_of_an_older_format_is_read_as_far_as_it_goes() {
    let world = world();
    let path = world.store().join("launches/1/launch.json");
    let mut launch: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for field in
        ["format", "git", "sbatch_variables", "version", "repeats", "typed", "env", "resources", "key"]
    {
        launch.as_object_mut().unwrap().remove(field);
    }
    fs::write(&path, launch.to_string()).unwrap();
    assert_eq!(world.states("1"), ["succeeded"; 3]);
    assert!(world.neu("status").succeeded().stdout.contains("3 succeeded"));
}

#[test]
fn a_clock_that_was_set_back_makes_no_odd_durations_and_holds_nothing_up() {
    let world = world();
    let path = journal(&world);
    let text = fs::read_to_string(&path).unwrap();
    let year = &text[text.find("20").unwrap()..][..4];
    fs::write(&path, text.replace(&format!("\"time\":\"{year}"), "\"time\":\"2999")).unwrap();
    assert_eq!(world.states("1"), ["succeeded"; 3]);
    let only_starts: String = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .filter(|line| !line.contains("\"ended\""))
        .fold(String::new(), |text, line| text + line + "\n");
    fs::write(&path, only_starts).unwrap();
    assert_eq!(world.states("1"), ["lost"; 3]);
    let table = world.neu("status 1").succeeded().stdout;
    assert!(!table.contains(" d ") && !table.contains(" h "), "{table}");
}

#[test]
fn a_journal_that_cannot_be_read_costs_its_launch_alone() {
    let world = world();
    world.neurun("local cpu argv.py").succeeded();
    let journal = world.store().join("launches/1/events/broken.jsonl");
    // A folder in the place of a file is an error of reading for everybody, root included.
    fs::create_dir(&journal).unwrap();
    let list = world.neu("status --json").succeeded();
    assert_eq!(list.json()["launches"].as_array().unwrap().len(), 1, "{list:?}");
    assert_eq!(list.json()["launches"][0]["id"], 2);
    assert!(list.stderr.contains("launch 1 is left out") && list.stderr.contains("broken.jsonl"), "{list:?}");
    let one = world.neu("status 1");
    assert!(one.code != 0 && one.stderr.contains("broken.jsonl"), "{one:?}");
}

#[test]
fn a_description_that_cannot_be_read_is_the_same_for_every_verb() {
    let world = world();
    fs::write(world.store().join("launches/1/launch.json"), "{\"id\": 1, garb").unwrap();
    let verbs = ["status", "show", "logs", "wait", "cancel", "retry", "rerun", "resume", "rm --yes"];
    for verb in verbs {
        let refused = world.neu(&format!("{verb} 1")).exited(4);
        for words in ["launches/1/launch.json` cannot be read", "hint: bring the file back from a backup; "] {
            assert!(refused.stderr.contains(words), "{verb}: {}", refused.stderr);
        }
    }
    world.neu("rm 1 7 --yes").exited(2);
}

#[test]
fn a_plan_that_was_cut_is_never_taken_for_a_whole_one() {
    let world = world();
    let path = world.store().join("launches/1/runs.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let cut = lines[..2].concat();
    for (damaged, words) in [(cut.clone(), "is missing"), (cut + &lines[2][..9], "is cut off")] {
        fs::write(&path, damaged).unwrap();
        for verb in ["status", "rerun"] {
            let refused = world.neu(&format!("{verb} 1")).exited(4);
            let line = format!("in `{}` the line of run 2 {words}", path.display());
            assert!(
                refused.stderr.contains(&line) && refused.stderr.contains("hint: bring"),
                "{verb}: {refused:?}"
            );
        }
        world.neu("show 1").succeeded();
        assert!(world.neu("status 1.0").succeeded().stdout.contains("1.0"));
    }
    fs::remove_file(&path).unwrap();
    assert!(world.neu("status 1").exited(4).stderr.contains("hint: bring the file back from a backup"));
    assert!(world.neu("ls").succeeded().stdout.contains("3 succeeded"));
}
