//! Odd things that people do, none of which may end in a panic or a lie.

use std::fs;

use crate::kit::{Tool, wait_until};
use crate::local_world;

#[test]
fn a_script_that_removes_the_store_ends_in_an_error_and_no_panic() {
    let world = local_world();
    world.file("t.sh", "rm -rf .neu; echo still here");
    let outcome = world.neurun("--runs=2 local cpu t.sh");
    assert_eq!(outcome.code, 4, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains(".neu"), "{}", outcome.stderr);
}

#[test]
fn a_script_that_removes_its_folder_is_recorded() {
    let world = local_world();
    fs::create_dir(world.path(".git")).unwrap();
    world.file("sub/t.sh", "rm -rf ../sub; echo gone");
    let outcome = world.tool(Tool::Neurun, ["--runs=2", "local", "cpu", "t.sh"]).within("sub").run();
    assert_ne!(outcome.code, 70, "{}", outcome.stderr);
    assert_eq!(world.states("1")[0], "succeeded");
    assert_eq!(world.states("1")[1], "failed");
}

#[test]
fn a_dangling_link_is_not_offered_as_its_own_nearest_name() {
    let world = local_world();
    std::os::unix::fs::symlink("nowhere.py", world.path("t.py")).unwrap();
    let outcome = world.neurun("local cpu t.py").exited(2);
    assert!(!outcome.stderr.contains("did you mean"), "{}", outcome.stderr);
}

#[test]
fn a_thousand_and_more_runs_find_their_logs() {
    let world = local_world();
    world.file("t.sh", "echo $NEU_RUN");
    let outcome = world.neurun("-q -y --runs=1001 local cpu t.sh").succeeded();
    let wanted: String = (0..1001).map(|run| format!("{run}\n")).collect();
    assert_eq!(outcome.stdout, wanted);
    assert_eq!(world.log("1.1000"), "1000\n");
    assert_eq!(world.log("1.7"), "7\n");
}

#[test]
fn megabytes_of_output_arrive_whole() {
    let world = local_world();
    world.file("t.sh", "seq 1000000; echo end");
    let outcome = world.neurun("-q local cpu t.sh").succeeded();
    assert_eq!(outcome.stdout.lines().count(), 1_000_001);
    assert!(outcome.stdout.ends_with("1000000\nend\n"));
}

#[test]
fn several_cancel_at_once_and_all_are_told_the_truth() {
    let world = local_world();
    world.file("t.sh", "touch begun.$NEU_RUN; while ! [[ -e go ]]; do sleep 0.01; done");
    let mut running = world.tool(Tool::Neurun, ["--runs=5", "local", "cpu", "t.sh"]).spawn();
    wait_until("the first run has begun", || world.path("begun.0").exists());
    let mut all: Vec<_> = (0..6)
        .map(|n| world.tool(Tool::Neu, ["cancel".to_owned(), format!("1.{}-4", n % 5)]).spawn())
        .collect();
    for one in &mut all {
        one.wait().succeeded();
    }
    assert_ne!(running.wait().code, 0);
    assert_eq!(world.states("1"), ["cancelled"; 5]);
    assert!((1..5).all(|run| !world.path(format!("begun.{run}")).exists()));
}

#[test]
fn no_question_is_asked_where_the_answer_cannot_be_read() {
    let world = local_world();
    world.file("t.sh", "");
    let outcome =
        world.tool(Tool::Neurun, ["--runs=101", "local", "cpu", "t.sh"]).input("n\n").run().succeeded();
    assert!(!outcome.stderr.contains("[y/N]"), "{}", outcome.stderr);
}

#[test]
fn ctrl_c_at_the_question_starts_nothing() {
    let world = local_world();
    world.file("t.sh", "");
    let mut terminal = world.tool(Tool::Neurun, ["--runs=101", "local", "cpu", "t.sh"]).on_terminal();
    terminal.expect("[y/N]");
    terminal.type_in("\x03");
    terminal.wait().exited(130);
    assert!(!world.store().exists());
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let world = local_world();
    let on = |line: &crate::kit::Line| line.on_terminal().wait().stdout;
    let line = world.tool(Tool::Neurun, ["local", "cpu", "nope.py"]);
    assert!(on(&line).contains('\x1b'));
    assert!(!on(&line.clone().env("NO_COLOR", "1")).contains('\x1b'));
    assert!(!line.run().stderr.contains('\x1b'));
}

#[test]
fn names_for_people_may_be_anything() {
    let world = local_world();
    for name in ["a/b c", "../../etc", "-x", "ünï", "new\nline", "$(id)", ""] {
        let option = format!("--name={name}");
        world.tool(Tool::Neurun, [option.as_str(), "-q", "local", "cpu", "argv.py"]).run().succeeded();
    }
    let list = world.neu("status").succeeded().stdout;
    assert_eq!(list.lines().count(), 8, "{list}");
    assert!(!world.root().join("etc").exists());
}

#[test]
fn a_launch_that_was_just_made_by_a_killed_command_is_not_forever_waiting() {
    let world = local_world();
    world.file("t.sh", "touch begun; sleep 600");
    let running = world.tool(Tool::Neurun, ["--runs=2", "local", "cpu", "t.sh"]).spawn();
    wait_until("the launch is there", || world.store().join("launches/1/launch.json").exists());
    running.signal(nix::sys::signal::Signal::SIGKILL);
    wait_until("the runs are over", || {
        world.states("1").iter().all(|state| state == "cancelled" || state == "lost")
    });
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn a_value_with_a_line_break_and_an_escape_code_stays_on_the_line_of_its_heading() {
    let world = local_world();
    world.file("params.json", r#"{"x": ["a\nb\u001b[31m", "c"]}"#);
    world.file("quiet.py", "");
    let said = world.neusweep("quiet.py").succeeded().stderr;
    assert!(said.contains("==> 1.0 x=a b [31m\n"), "{said:?}");
}
