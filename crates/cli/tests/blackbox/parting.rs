//! Ctrl-C at a launch of several runs, on a terminal: it is asked what is meant.

use nix::sys::signal::{Signal, kill};

use crate::detached::{has_begun, patient_world};
use crate::kit::{Terminal, Tool, World, wait_until};

const QUESTION: &str = "stop the launch [s], leave it running in the background [d], or go on [c]?";

/// Starts two runs on a terminal, and asks with Ctrl-C.
fn asked(world: &World) -> Terminal {
    let mut terminal = world.tool(Tool::Neurun, ["--runs=2", "local", "cpu", "patient.py"]).on_terminal();
    has_begun(world, 0);
    terminal.expect("run 0");
    terminal.type_in("\x03");
    terminal.expect(QUESTION);
    assert_eq!(world.states("1"), ["running", "waiting"], "while it is asked, runs go on");
    terminal
}

#[test]
fn a_launch_that_is_left_goes_on_without_the_terminal() {
    let world = patient_world();
    let mut terminal = asked(&world);
    terminal.type_in("d\n");
    let outcome = terminal.wait().succeeded();
    assert!(
        outcome.stdout.contains("launch 1 goes on in the background\r\n  neu status 1\r\n"),
        "{}",
        outcome.stdout
    );
    drop(terminal);
    assert_eq!(world.states("1"), ["running", "waiting"]);
    world.file("go", "");
    world.neu("wait 1").succeeded();
    assert_eq!(world.states("1"), ["succeeded", "succeeded"]);
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn stop_a_second_ctrl_c_the_end_of_input_and_a_hang_up_stop_it() {
    for keys in ["s\n", "\x03", "\x04"] {
        let world = patient_world();
        let mut terminal = asked(&world);
        terminal.type_in(keys);
        terminal.wait().exited(130);
        assert_eq!(world.states("1"), ["cancelled", "cancelled"], "{keys:?}");
        wait_until("nothing lives on", || world.survivors().is_empty());
    }
    let world = patient_world();
    // The terminal is closed while the question stands.
    asked(&world).hang_up();
    wait_until("it is stopped", || world.states("1") == ["cancelled", "cancelled"]);
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn a_hang_up_without_a_question_stops_it_too() {
    let world = patient_world();
    let terminal = world.tool(Tool::Neurun, ["--runs=2", "local", "cpu", "patient.py"]).on_terminal();
    has_begun(&world, 0);
    terminal.hang_up();
    wait_until("it is stopped", || world.states("1") == ["cancelled", "cancelled"]);
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn it_goes_on_where_that_is_the_answer_and_an_unclear_one_is_asked_again() {
    let world = patient_world();
    let mut terminal = asked(&world);
    terminal.type_in("what?\n");
    wait_until("it is asked again", || terminal.screen().matches(QUESTION).count() == 2);
    terminal.type_in("c\n");
    world.file("go", "");
    let outcome = terminal.wait().succeeded();
    assert!(outcome.stdout.contains("launch 1: all 2 runs succeeded"), "{}", outcome.stdout);
    assert_eq!(world.states("1"), ["succeeded", "succeeded"]);
}

#[test]
fn a_launch_that_ends_while_it_is_asked_is_concluded() {
    let world = patient_world();
    let mut terminal = asked(&world);
    world.file("go", "");
    let outcome = terminal.wait().succeeded();
    assert!(outcome.stdout.contains("launch 1: all 2 runs succeeded"), "{}", outcome.stdout);
}

#[test]
fn term_and_a_kill_stop_it_whatever_is_asked() {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let world = patient_world();
        let terminal = asked(&world);
        kill(terminal.pid(), signal).unwrap();
        wait_until("it is stopped", || world.states("1").iter().all(|state| state == "cancelled"));
        wait_until("nothing lives on", || world.survivors().is_empty());
    }
}
