//! What needs a terminal: input, Ctrl-C, questions.

use crate::kit::{Terminal, Tool, World, wait_until};
use crate::local_world;

fn on_terminal(world: &World, tool: Tool, line: &str) -> Terminal {
    world.tool(tool, line.split(' ')).on_terminal()
}

#[test]
fn one_run_in_the_foreground_has_the_terminal_s_input() {
    let world = local_world();
    world.file(
        "t.py",
        "name = input('name? ')\nprint('hello', name)\nname = input('again? ')\nprint('bye', name)",
    );
    let mut terminal = on_terminal(&world, Tool::Neurun, "local cpu t.py");
    terminal.expect("name? ");
    terminal.type_in("ada\n");
    terminal.expect("hello ada");
    terminal.expect("again? ");
    terminal.type_in("eve\n");
    let outcome = terminal.wait().succeeded();
    assert!(outcome.stdout.contains("bye eve"), "{}", outcome.stdout);
}

#[test]
fn a_debugger_works() {
    let world = local_world();
    world.file("t.py", "x = 41\nbreakpoint()\nprint('x is', x)");
    let mut terminal = on_terminal(&world, Tool::Neurun, "local cpu t.py");
    terminal.expect("(Pdb) ");
    terminal.type_in("!x += 1\n");
    terminal.type_in("c\n");
    let outcome = terminal.wait().succeeded();
    assert!(outcome.stdout.contains("x is 42"), "{}", outcome.stdout);
}

#[test]
fn one_run_after_an_env_has_the_terminal_s_input_too() {
    let world = crate::world_with_env(r#""export A=1""#);
    world.file("t.py", "print('hello', input('name? '))");
    let mut terminal = on_terminal(&world, Tool::Neurun, "local cpu t.py");
    terminal.expect("name? ");
    terminal.type_in("ada\n");
    assert!(terminal.wait().succeeded().stdout.contains("hello ada"));
}

#[test]
fn ctrl_c_through_the_terminal_reaches_the_program() {
    let world = local_world();
    world.file(
        "t.py",
        "import time\nprint('ready')\ntry:\n    while True: time.sleep(0.02)\nexcept KeyboardInterrupt:\n    print('saving')\n    raise",
    );
    let mut terminal = on_terminal(&world, Tool::Neurun, "local cpu t.py");
    terminal.expect("ready");
    terminal.type_in("\x03");
    let outcome = terminal.wait().exited(130);
    assert!(outcome.stdout.contains("saving"), "{}", outcome.stdout);
    assert_eq!(world.states("1"), ["cancelled"]);
}

#[test]
fn a_program_that_handles_ctrl_c_goes_on() {
    let world = local_world();
    world.file(
        "t.py",
        "import time\nprint('ready')\ntry:\n    while True: time.sleep(0.02)\nexcept KeyboardInterrupt:\n    print('fine')",
    );
    let mut terminal = on_terminal(&world, Tool::Neurun, "local cpu t.py");
    terminal.expect("ready");
    terminal.type_in("\x03");
    terminal.wait().succeeded();
    assert_eq!(world.states("1"), ["succeeded"]);
}

#[test]
fn ctrl_c_through_the_terminal_stops_a_launch_of_several() {
    let world = local_world();
    world.file("t.py", "import time\nprint('ready')\nwhile True: time.sleep(0.02)");
    let mut terminal = on_terminal(&world, Tool::Neurun, "-y --runs=3 local cpu t.py");
    terminal.expect("ready");
    terminal.type_in("\x03");
    terminal.wait().exited(130);
    assert_eq!(world.states("1"), ["cancelled", "cancelled", "cancelled"]);
    wait_until("nothing lives on", || world.survivors().is_empty());
}

#[test]
fn several_runs_do_not_read_the_terminal() {
    let world = local_world();
    world.file("t.py", "import sys; print('read', repr(sys.stdin.read()))");
    let mut terminal = on_terminal(&world, Tool::Neurun, "--stream --runs=2 local cpu t.py");
    assert_eq!(terminal.wait().succeeded().stdout.matches("read ''").count(), 2);
}

#[test]
fn progress_bars_arrive_unchanged() {
    let world = local_world();
    world.file("t.py", "for n in range(0, 101, 50): print(f'\\r{n:3}%|###|', end='')\nprint()");
    let mut terminal = on_terminal(&world, Tool::Neurun, "-q local cpu t.py");
    let outcome = terminal.wait().succeeded();
    assert_eq!(outcome.stdout, "\r  0%|###|\r 50%|###|\r100%|###|\r\n");
}

#[test]
fn more_than_a_hundred_runs_are_asked_about_once() {
    let world = local_world();
    world.file("params.json", serde_json::json!({"a": (0..101).collect::<Vec<u32>>()}).to_string());
    world.file("t.sh", "");
    let mut terminal = on_terminal(&world, Tool::Neusweep, "neurun local cpu t.sh");
    terminal.expect("101 runs");
    terminal.expect("?");
    assert!(!world.store().exists());
    terminal.type_in("n\n");
    let outcome = terminal.wait();
    assert_ne!(outcome.code, 0, "{}", outcome.stdout);
    assert!(!world.store().exists());
    let mut terminal = on_terminal(&world, Tool::Neusweep, "neurun local cpu t.sh");
    terminal.expect("101 runs");
    terminal.type_in("y\n");
    let outcome = terminal.wait().succeeded();
    assert_eq!(outcome.stdout.matches("[y/N]").count(), 1);
    assert_eq!(world.states("1").len(), 101);
}

#[test]
fn a_hundred_runs_or_yes_or_no_terminal_are_not_asked_about() {
    let world = local_world();
    world.file("t.sh", "");
    for line in ["--runs=100 local cpu t.sh", "-y --runs=101 local cpu t.sh"] {
        let outcome = on_terminal(&world, Tool::Neurun, line).wait().succeeded();
        assert!(!outcome.stdout.contains("[y/N]"), "{}", outcome.stdout);
    }
    world.neurun("--runs=101 local cpu t.sh").succeeded();
    assert_eq!(world.neu("status --json").json()["launches"].as_array().unwrap().len(), 3);
}

#[test]
fn tables_fit_the_terminal() {
    let world = local_world();
    world.file("params.json", serde_json::json!({"text": ["word ".repeat(60)], "b": [1]}).to_string());
    world.neusweep("neurun local cpu argv.py").succeeded();
    let shown = on_terminal(&world, Tool::Neu, "status 1").wait().succeeded().stdout;
    let table = &shown[shown.find("RUN").unwrap()..];
    assert!(table.lines().all(|line| line.trim_end().chars().count() <= 100), "{table}");
}
