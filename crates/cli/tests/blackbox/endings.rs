//! How commands end: exit codes, and what is said last.

use crate::local_world;

#[test]
fn one_run_ends_with_the_program_s_own_code() {
    let world = local_world();
    world.file("t.sh", "exit $1");
    for code in [0, 1, 2, 3, 42, 70, 126, 127, 130, 137, 255] {
        let outcome = world.neurun(&format!("local cpu t.sh {code}"));
        assert_eq!(outcome.code, code, "{}", outcome.stderr);
    }
    let states: Vec<String> = (1..=11).map(|id| world.states(&id.to_string()).remove(0)).collect();
    assert_eq!(states[0], "succeeded");
    assert!(states[1..].iter().all(|state| state == "failed"), "{states:?}");
}

#[test]
fn a_program_killed_by_a_signal_ends_with_128_and_the_signal() {
    let world = local_world();
    world.file("t.sh", "kill -$1 $$");
    for (signal, code) in
        [("TERM", 143), ("KILL", 137), ("SEGV", 139), ("INT", 130), ("HUP", 129), ("PIPE", 141)]
    {
        let outcome = world.neurun(&format!("local cpu t.sh {signal}"));
        assert_eq!(outcome.code, code, "{signal}: {}", outcome.stderr);
    }
    assert_eq!(world.status("1")["runs"][0]["signal"], 15);
    assert_eq!(world.states("1"), ["failed"]);
}

#[test]
fn the_last_table_says_which_failed_and_shows_their_last_lines() {
    let world = local_world();
    world.file("params.json", r#"{"a": [1, 2, 3, 4]}"#);
    world.file(
        "t.py",
        "import os, sys\na = int(sys.argv[1][4:])\nfor n in range(6): print('line', n, 'of', a)\n\
         print('10%\\r50%\\r99%', end='\\n')\nif a == 2: sys.exit(3)\nif a == 3: os.kill(os.getpid(), 9)\nif a == 4: sys.exit('bad value')",
    );
    let outcome = world.neusweep("neurun local cpu t.py").exited(1);
    insta::assert_snapshot!(world.tidy(&outcome.stderr), @"
    launch 1: 4 runs of t on local/cpu
    ==> 1.0 a=1
    ==> 1.1 a=2
    ==> 1.2 a=3
    ==> 1.3 a=4
    launch 1: 1 succeeded, 3 failed
    1.1 failed: exit code 3
      | line 4 of 2
      | line 5 of 2
      | 99%
    1.2 failed: ended by SIGKILL
      | line 4 of 3
      | line 5 of 3
      | 99%
    1.3 failed: exit code 1
      | line 5 of 4
      | 99%
      | bad value
    ");
}

#[test]
fn one_failed_run_says_so_in_a_line() {
    let world = local_world();
    world.file("t.sh", "echo out; exit 3");
    let outcome = world.neurun("local cpu t.sh").exited(3);
    insta::assert_snapshot!(world.tidy(&outcome.stderr), @r"
    launch 1: 1 run of t on local/cpu
    1.0 failed: exit code 3
    ");
}

#[test]
fn a_good_launch_says_little_and_quiet_says_nothing() {
    let world = local_world();
    let outcome = world.neurun("--runs=2 local cpu argv.py x").succeeded();
    insta::assert_snapshot!(world.tidy(&outcome.stderr), @r"
    launch 1: 2 runs of argv on local/cpu
    ==> 1.0
    ==> 1.1
    launch 1: all 2 runs succeeded
    ");
    assert_eq!(world.neurun("-q --runs=2 local cpu argv.py x").succeeded().stderr, "");
    world.file("t.sh", "exit 3");
    let outcome = world.neurun("-q --runs=2 local cpu t.sh").exited(1);
    assert_eq!(outcome.stdout, "");
}

#[test]
fn alike_failures_are_told_once_and_many_are_counted() {
    let world = local_world();
    world.file("t.sh", "exit 1");
    let outcome = world.neurun("-y --runs=12 local cpu t.sh").exited(1);
    let told = &outcome.stderr;
    assert!(told.contains("12 failed") && told.contains("1.0-11 failed: exit code 1\n"), "{told}");
    world.file("t.sh", "echo run $NEU_RUN; exit 1");
    let outcome = world.neurun("-y --runs=12 local cpu t.sh").exited(1);
    let told = &outcome.stderr;
    assert!(told.contains("2.9 failed: exit code 1\n  | run 9\nand 2 other causes: neu status 2"), "{told}");
}

#[test]
fn a_program_that_cannot_be_executed_is_126() {
    let world = local_world();
    world.program("broken", b"\x7fELF not really");
    let outcome = world.neurun("local cpu ./broken").exited(126);
    assert!(outcome.stderr.contains("./broken"), "{}", outcome.stderr);
    world.program("badline", "#!/no/such/interpreter\n");
    let outcome = world.neurun("local cpu ./badline").exited(127);
    assert!(outcome.stderr.contains("interpreter"), "{}", outcome.stderr);
}

#[test]
fn json_prints_the_launch_and_nothing_else() {
    let world = local_world();
    world.file("params.json", r#"{"a": [1, 2]}"#);
    for outcome in [
        world.neurun("--json --runs=2 local cpu argv.py x").succeeded(),
        world.neusweep("--json neurun local cpu argv.py").succeeded(),
        world.neusweep("neurun --json local cpu argv.py").succeeded(),
        world.neusweep("--json argv.py").succeeded(),
    ] {
        let printed = outcome.json();
        assert_eq!(printed["schema"], 1);
        assert_eq!(printed["launch"]["runs"], 2, "{printed}");
    }
}

#[test]
fn runs_are_in_order_and_one_at_a_time() {
    let world = local_world();
    world.file("params.json", r#"{"a": [3, 1, 2]}"#);
    world.file(
        "t.sh",
        "mkdir alone || exit 9; echo \"begin $NEU_RUN $1\" >> order; sleep 0.02; echo end >> order; rmdir alone",
    );
    std::os::unix::fs::symlink("/usr/bin/rmdir", world.bin().join("rmdir")).unwrap();
    world.neusweep("neurun --runs=2 local cpu t.sh").succeeded();
    let order = std::fs::read_to_string(world.path("order")).unwrap();
    let wanted: String =
        [3, 3, 1, 1, 2, 2].iter().enumerate().map(|(run, a)| format!("begin {run} --a={a}\nend\n")).collect();
    assert_eq!(order, wanted);
}

#[test]
fn output_arrives_byte_for_byte_while_the_run_goes_on() {
    let world = local_world();
    world.file(
        "t.py",
        "import os, sys, time\nw = sys.stdout.buffer\nfor n in range(3):\n    w.write(b'\\r%d%%' % n); w.flush()\nw.write(b'\\xff\\x00\\x1b[31m no newline'); w.flush()\n\
         while not os.path.exists('go'): time.sleep(0.01)\n",
    );
    let wanted = b"\r0%\r1%\r2%\xff\x00\x1b[31m no newline";
    let mut running = world.tool(crate::kit::Tool::Neurun, ["-q", "local", "cpu", "t.py"]).spawn();
    crate::kit::wait_until("the output is in the log", || {
        std::fs::read(world.store().join("launches/1/logs/0.1.out")).is_ok_and(|log| log == wanted)
    });
    assert!(!running.is_over());
    world.file("go", "");
    assert_eq!(running.wait().succeeded().stdout_bytes, wanted);
}
