//! Surroundings that are not as usual: no user, no environment, no room, no reader, many at once.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::kit::{Line, Outcome, Tool, World};
use crate::local_world;

/// A user that /etc/passwd does not know.
const STRANGER: u32 = 4242;

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Makes the world's folders writable for everybody.
fn open_to_all(world: &World) {
    for folder in [world.root().to_owned(), world.folder(), world.root().join("tmp")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    }
}

/// Runs a tool as the stranger, with nothing in the environment but PATH. The tool is copied to where anybody may
/// execute it, since the folder that it was built in may be closed to others.
fn as_stranger(world: &World, tool: Tool, words: &str) -> Outcome {
    let copy = world.root().join("copy").join(std::path::Path::new(tool.path()).file_name().unwrap());
    if !copy.exists() {
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(tool.path(), &copy).unwrap();
    }
    let id = STRANGER.to_string();
    let mut line =
        vec!["--reuid".to_owned(), id.clone(), "--regid".to_owned(), id, "--clear-groups".to_owned()];
    line.push(copy.display().to_string());
    line.extend(words.split_whitespace().map(str::to_owned));
    let line: Line = world.command("setpriv", line).bare();
    line.run()
}

#[test]
fn every_command_works_for_a_user_that_nobody_knows_without_an_environment() {
    if !is_root() {
        return;
    }
    let world = local_world();
    open_to_all(&world);
    world.file("params.json", r#"{"a": [1, 2]}"#);
    world.file("t.sh", "echo uid $UID $1");
    let run = |tool, words: &str| as_stranger(&world, tool, words).succeeded();
    assert_eq!(run(Tool::Neusweep, "--dry-run t.sh").stdout, "bash t.sh --a=1\nbash t.sh --a=2\n");
    assert_eq!(run(Tool::Neusweep, "neurun local cpu t.sh").stdout, "uid 4242 --a=1\nuid 4242 --a=2\n");
    assert_eq!(run(Tool::Neurun, "local cpu t.sh x").stdout, "uid 4242 x\n");
    assert!(run(Tool::Neu, "status").stdout.contains("2 succeeded"));
    assert!(run(Tool::Neu, "status 1 --json").json()["runs"].is_array());
    assert_eq!(run(Tool::Neu, "logs 2").stdout, "uid 4242 x\n");
    run(Tool::Neu, "wait 1");
    run(Tool::Neu, "cancel 1");
    run(Tool::Neu, "--help");
    world.file("config.json", r#"{"local": {"cpu": {"env": "conda activate nope", "resources": ""}}}"#);
    let outcome = as_stranger(&world, Tool::Neurun, "local cpu t.sh").exited(1);
    assert!(outcome.stderr.contains("conda: not found"), "{}", outcome.stderr);
    fs::remove_file(world.path("config.json")).unwrap();
    as_stranger(&world, Tool::Neurun, "local cpu t.sh").exited(2);
}

#[test]
fn an_environment_with_nothing_but_path_is_enough() {
    let world = crate::world_with_env(r#""export A=1""#);
    let outcome = world.tool(Tool::Neurun, ["local", "cpu", "argv.py", "x"]).bare().run().succeeded();
    assert_eq!(outcome.stdout, "x\0");
    world.tool(Tool::Neu, ["status", "1"]).bare().run().succeeded();
}

#[test]
fn not_even_path_is_an_answer_and_no_panic() {
    let world = local_world();
    let outcome = world.tool(Tool::Neurun, ["local", "cpu", "argv.py", "x"]).bare().without_env("PATH").run();
    assert!([0, 127].contains(&outcome.code), "{}{}", outcome.stdout, outcome.stderr);
    world.tool(Tool::Neu, ["status"]).bare().without_env("PATH").run().succeeded();
}

#[test]
fn a_folder_that_may_not_be_written_is_named_with_exit_4() {
    let world = local_world();
    let closed = world.path("closed");
    fs::create_dir(&closed).unwrap();
    for name in ["config.json", "argv.py"] {
        fs::copy(world.path(name), closed.join(name)).unwrap();
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    open_to_all(&world);
    let outcome = if is_root() {
        let copy = world.root().join("neurun");
        fs::copy(Tool::Neurun.path(), &copy).unwrap();
        let id = STRANGER.to_string();
        let words = [
            "--reuid",
            &id,
            "--regid",
            &id,
            "--clear-groups",
            copy.to_str().unwrap(),
            "local",
            "cpu",
            "argv.py",
        ];
        world.command("setpriv", words).within("closed").run()
    } else {
        world.tool(Tool::Neurun, ["local", "cpu", "argv.py"]).within("closed").run()
    };
    insta::assert_snapshot!(world.tidy(&outcome.exited(4).stderr), @r"
    error: cannot create `[WORLD]/project/closed/.neu`
      because: Permission denied (os error 13)
    ");
}

#[test]
fn a_folder_for_temporary_files_that_is_not_there_is_an_error_that_names_it() {
    let world = local_world();
    let outcome =
        world.tool(Tool::Neurun, ["local", "cpu", "argv.py"]).env("TMPDIR", "/nonexistent/tmp").run();
    assert_ne!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("/nonexistent/tmp"), "{}", outcome.stderr);
    assert_ne!(world.states("1"), ["succeeded"]);
}

#[test]
fn a_reader_that_goes_away_is_no_trouble() {
    let world = local_world();
    world.file("params.json", serde_json::json!({"a": (0..3000).collect::<Vec<u32>>()}).to_string());
    world.file("t.sh", "seq 100000");
    world.neurun("-y --runs=90 local cpu argv.py").succeeded();
    for line in [
        "neusweep -q --dry-run t.sh | head -1",
        "neurun --help | head -1",
        "neu status 1 | head -1",
        "neu status 1 --json | head -1",
        "neu --help | head -0",
        "neu logs 1 | head -1",
    ] {
        let outcome = world.bash(line).succeeded();
        assert_eq!(outcome.stderr, "", "{line}");
    }
}

#[test]
fn a_launch_whose_reader_goes_away_still_finishes_and_records() {
    let world = local_world();
    world.file("t.sh", "seq 100000; touch done.$NEU_RUN");
    world.bash("neurun -q --runs=2 local cpu t.sh | head -1").succeeded();
    crate::kit::wait_until("the launch is over", || {
        !world.states("1").iter().any(|state| state == "running" || state == "waiting")
    });
    assert_eq!(world.states("1"), ["succeeded", "succeeded"]);
}

#[test]
fn a_closed_standard_error_is_no_trouble() {
    let world = local_world();
    let outcome = world.bash("neurun --runs=2 local cpu argv.py x 2>&-").succeeded();
    assert_eq!(outcome.stdout, "x\0x\0");
    world.bash("neurun local cpu argv.py x >&- 2>&- <&-");
    assert_eq!(world.states("2"), ["succeeded"]);
}

#[test]
fn a_full_disk_for_the_output_is_told() {
    let world = local_world();
    let outcome = world.bash("neu status --json >/dev/full");
    assert_ne!(outcome.code, 0);
    assert!(outcome.stderr.contains("error:"), "{}", outcome.stderr);
}

#[test]
fn forty_at_once_get_forty_launches() {
    let world = local_world();
    world.file("t.sh", "echo $NEU_LAUNCH");
    let mut all: Vec<_> =
        (0..40).map(|_| world.tool(Tool::Neurun, ["-q", "local", "cpu", "t.sh"]).spawn()).collect();
    let mut numbers: Vec<u64> =
        all.iter_mut().map(|one| one.wait().succeeded().stdout.trim().parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=40).collect::<Vec<u64>>());
    let list = world.neu("status --json").succeeded().json();
    assert_eq!(list["launches"].as_array().unwrap().len(), 40);
    assert!(world.store().join(".gitignore").is_file());
}

#[test]
fn a_folder_that_was_removed_is_an_error_that_says_so() {
    let world = local_world();
    fs::create_dir(world.path("gone")).unwrap();
    let outcome = world.bash("cd gone && rm -r ../gone && neu status");
    assert_ne!(outcome.code, 0);
    assert!(outcome.stderr.contains("was it removed?"), "{}", outcome.stderr);
}

#[test]
fn a_read_only_look_at_somebody_else_s_store_is_possible() {
    if !is_root() {
        return;
    }
    let world = local_world();
    world.neurun("local cpu argv.py").succeeded();
    open_to_all(&world);
    // Private by default: the stranger is told what may not be read.
    let outcome = as_stranger(&world, Tool::Neu, "status");
    assert_eq!(outcome.code, 4, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains(".neu"), "{}", outcome.stderr);
}

#[test]
fn logs_of_somebody_else_are_read_where_they_may_be_and_named_where_not() {
    if !is_root() {
        return;
    }
    let world = local_world();
    world.file("t.sh", "echo what it printed");
    world.neurun("local cpu t.sh").succeeded();
    open_to_all(&world);
    let closed = as_stranger(&world, Tool::Neu, "logs 1").exited(4);
    assert!(closed.stderr.contains(".neu"), "{}", closed.stderr);
    world.bash("chmod -R a+rX .neu");
    assert_eq!(as_stranger(&world, Tool::Neu, "logs 1").succeeded().stdout, "what it printed\n");
    assert_eq!(as_stranger(&world, Tool::Neu, "logs 1 -f").succeeded().stdout, "what it printed\n");
}

#[test]
fn a_single_file_stands_for_all_three_commands() {
    let world = local_world();
    world.file("params.json", r#"{"a": [1]}"#);
    let copy = world.root().join("other");
    fs::create_dir(&copy).unwrap();
    fs::copy(Tool::Neu.path(), copy.join("neusweep")).unwrap();
    let outcome =
        world.command(copy.join("neusweep"), ["neurun", "local", "cpu", "argv.py"]).run().succeeded();
    assert_eq!(outcome.stdout, "--a=1\0");
}
