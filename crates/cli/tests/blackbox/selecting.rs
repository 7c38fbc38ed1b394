//! Ids and filters: which runs a verb is about, the same for every verb.

use crate::kit::{Outcome, Tool, World};
use crate::local_world;

/// Launch 1 is a sweep called `t` of which run 2 failed, launch 2 a single run called `u`.
fn world() -> World {
    let world = local_world();
    world.file("params.json", r#"{"lr": [0.10, 1e-4], "name": ["a b", "c"]}"#);
    world.file("t.sh", "echo log of $NEU_RUN; [[ $NEU_RUN != 2 ]] || exit 3");
    world.file("u.sh", "echo alone");
    world.neusweep("neurun local cpu t.sh --steps=1").exited(1);
    world.neurun("local cpu u.sh").succeeded();
    world
}

fn neu(world: &World, words: &[&str]) -> Outcome {
    world.tool(Tool::Neu, words.iter().copied()).run()
}

/// The runs that `neu status` picks.
fn picked(world: &World, words: &[&str]) -> String {
    let words: Vec<&str> = ["status", "--quiet"].iter().chain(words).copied().collect();
    neu(world, &words).succeeded().stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn filters_pick_by_state_parameters_name_and_age() {
    let world = world();
    for (words, runs) in [
        (&["--state", "failed"][..], "1.2"),
        (&["--state=done"], "1.0 1.1 1.3 2.0"),
        (&["--state=failed,done", "1"], "1.0 1.1 1.2 1.3"),
        (&["--where", "lr == 0.1"], "1.0 1.1"),
        (&["--where", "lr < 0.01 and name == 'a b'"], "1.2"),
        (&["--where", "name in ['c', 'd']", "1.0-2"], "1.1"),
        (&["--where", "lr == 0.0001", "--state", "done"], "1.3"),
        (&["--name", "u"], "2.0"),
        (&["--name", "?"], "1.0 1.1 1.2 1.3 2.0"),
        (&["--last"], "2.0"),
        (&["--last=2", "--state=failed"], "1.2"),
        (&["--last", "2", "--where=lr==0.1", "--where", "name == 'c'"], "1.1"),
        (&["--last=9"], "1.0 1.1 1.2 1.3 2.0"),
        (&["--last", "--name=t"], "1.0 1.1 1.2 1.3"),
        (&["1.3", "1.1-2"], "1.1 1.2 1.3"),
    ] {
        assert_eq!(picked(&world, words), runs, "{words:?}");
    }
    assert_eq!(picked(&world, &[]), "1 2");
}

#[test]
fn nothing_fits_is_an_answer_to_a_question_and_a_mistake_in_an_order() {
    let world = world();
    let asked = neu(&world, &["status", "--state", "running"]).succeeded();
    assert_eq!((asked.stdout.as_str(), asked.stderr.trim()), ("", "no run fits"));
    let json = neu(&world, &["status", "--state", "running", "--json"]).succeeded().json();
    assert_eq!(json["launches"], serde_json::json!([]));
    neu(&world, &["logs", "--name", "nobody"]).succeeded();
    neu(&world, &["wait", "--state", "running"]).succeeded();
    let told = neu(&world, &["cancel", "--state", "running"]).exited(2);
    assert!(told.stderr.contains("nothing was done"), "{}", told.stderr);
}

#[test]
fn an_order_without_any_word_of_what_is_meant_is_refused() {
    let world = world();
    for verb in ["cancel", "wait", "logs"] {
        let refused = neu(&world, &[verb]).exited(2);
        assert!(refused.stderr.contains("--last"), "{verb}: {}", refused.stderr);
    }
}

#[test]
fn mistakes_are_named() {
    let world = world();
    for (words, said) in [
        (&["--state", "faild"][..], "did you mean `failed`?"),
        (&["--where", "lrr == 1"], "did you mean `lr`?"),
        (&["--where", "lr = 1"], "write `==`"),
        (&["--where", "lr"], "neither true nor false"),
        (&["--where", "1 / 0 == lr"], "run 1.0"),
        (&["--where", "momentum == 1", "2"], "there are no parameters"),
        (&["--last=0"], "--last"),
    ] {
        let words: Vec<&str> = ["status"].iter().chain(words).copied().collect();
        let refused = neu(&world, &words).exited(2);
        assert!(refused.stderr.contains(said), "{words:?}: {}", refused.stderr);
    }
}

#[test]
fn a_condition_on_a_hostile_name_is_shown_without_its_escapes() {
    let world = world();
    let refused = neu(&world, &["status", "--where", "x == '\u{1b}[31m\n'"]).exited(2);
    assert!(!refused.stderr.contains('\u{1b}'), "{:?}", refused.stderr);
    let refused = neu(&world, &["status", "--state", "\u{1b}[31m"]).exited(2);
    assert!(!refused.stderr.contains('\u{1b}'), "{:?}", refused.stderr);
}

#[test]
fn filters_in_an_empty_store_find_nothing() {
    let world = local_world();
    for filter in ["--last", "--state=failed", "--where=lr==1", "--name=x"] {
        neu(&world, &["status", filter]).succeeded();
        neu(&world, &["cancel", filter]).exited(2);
    }
    assert!(!world.store().exists());
}
