//! What a run finds around it: its variables, its folder, its input, its limits.

use crate::kit::{Tool, World};
use crate::local_world;

const SHOW: &str = r"
import json, os, sys
told = {name: value for name, value in os.environ.items() if name.startswith(('NEU_', 'PYTHON'))}
told['file'] = open(told.pop('NEU_PARAMS_FILE')).read()
for name in ('NEU_KEY', 'NEU_TEST_WORLD', 'NEU_GPU_DIR'):
    told.pop(name, None)
print(json.dumps(told, sort_keys=True))
";

#[test]
fn each_run_is_told_who_it_is() {
    let world = local_world();
    world.file("show.py", SHOW);
    world.file("params.json", r#"{"lr": [0.10, 1e-4], "name": ["a b"]}"#);
    let outcome = world.neusweep("neurun --runs=2 local cpu show.py").succeeded();
    insta::assert_snapshot!(outcome.stdout, @r#"
    {"NEU_ATTEMPT": "1", "NEU_LAUNCH": "1", "NEU_PARAMS": "{\"lr\":0.10,\"name\":\"a b\"}", "NEU_REPEAT": "0", "NEU_RUN": "0", "NEU_RUN_ID": "1.0", "NEU_RUN_NAME": "lr0.10-r0", "PYTHONUNBUFFERED": "1", "file": "{\"lr\":0.10,\"name\":\"a b\"}"}
    {"NEU_ATTEMPT": "1", "NEU_LAUNCH": "1", "NEU_PARAMS": "{\"lr\":0.10,\"name\":\"a b\"}", "NEU_REPEAT": "1", "NEU_RUN": "1", "NEU_RUN_ID": "1.1", "NEU_RUN_NAME": "lr0.10-r1", "PYTHONUNBUFFERED": "1", "file": "{\"lr\":0.10,\"name\":\"a b\"}"}
    {"NEU_ATTEMPT": "1", "NEU_LAUNCH": "1", "NEU_PARAMS": "{\"lr\":1e-4,\"name\":\"a b\"}", "NEU_REPEAT": "0", "NEU_RUN": "2", "NEU_RUN_ID": "1.2", "NEU_RUN_NAME": "lr1e-4-r0", "PYTHONUNBUFFERED": "1", "file": "{\"lr\":1e-4,\"name\":\"a b\"}"}
    {"NEU_ATTEMPT": "1", "NEU_LAUNCH": "1", "NEU_PARAMS": "{\"lr\":1e-4,\"name\":\"a b\"}", "NEU_REPEAT": "1", "NEU_RUN": "3", "NEU_RUN_ID": "1.3", "NEU_RUN_NAME": "lr1e-4-r1", "PYTHONUNBUFFERED": "1", "file": "{\"lr\":1e-4,\"name\":\"a b\"}"}
    "#);
}

#[test]
fn one_run_without_a_sweep_is_told_too() {
    let world = local_world();
    world.file("show.py", SHOW);
    insta::assert_snapshot!(world.neurun("local cpu show.py").succeeded().stdout, @r#"{"NEU_ATTEMPT": "1", "NEU_LAUNCH": "1", "NEU_PARAMS": "{}", "NEU_REPEAT": "0", "NEU_RUN": "0", "NEU_RUN_ID": "1.0", "NEU_RUN_NAME": "show", "PYTHONUNBUFFERED": "1", "file": "{}"}"#);
}

#[test]
fn what_the_user_set_for_python_stays() {
    let world = local_world();
    world.file("t.py", "import os; print(repr(os.environ.get('PYTHONUNBUFFERED')))");
    let run = |value: &str| {
        world
            .tool(Tool::Neurun, ["local", "cpu", "t.py"])
            .env("PYTHONUNBUFFERED", value)
            .run()
            .succeeded()
            .stdout
    };
    assert_eq!(run("0"), "'0'\n");
    assert_eq!(run(""), "''\n");
    assert_eq!(world.neurun("local cpu t.py").succeeded().stdout, "'1'\n");
}

#[test]
fn what_the_env_set_for_python_stays() {
    let world = crate::world_with_env(r#""export PYTHONUNBUFFERED=x""#);
    world.file("t.py", "import os; print(os.environ.get('PYTHONUNBUFFERED'))");
    assert_eq!(world.neurun("local cpu t.py").succeeded().stdout, "x\n");
}

#[test]
fn parameters_above_a_hundred_kilobytes_are_only_in_the_file() {
    let world = local_world();
    world.file(
        "t.py",
        "import json, os\nprint('NEU_PARAMS' in os.environ, len(json.load(open(os.environ['NEU_PARAMS_FILE']))['v']))",
    );
    for (length, in_variable) in [(99_000, "True"), (100_100, "False")] {
        world.file("params.json", serde_json::json!({"v": ["x".repeat(length)]}).to_string());
        let line = world.tool(Tool::Neusweep, ["neurun", "local", "cpu", "t.py"]).env("NEU_PARAMS", "stale");
        assert_eq!(line.run().succeeded().stdout, format!("{in_variable} {length}\n"));
    }
}

#[test]
fn the_parameters_file_is_gone_afterwards() {
    let world = local_world();
    world.file("t.py", "import os; print(os.environ['NEU_PARAMS_FILE'])");
    let path = world.neurun("local cpu t.py").succeeded().stdout;
    assert!(!std::path::Path::new(path.trim()).exists());
}

#[test]
fn runs_start_in_the_user_s_folder_with_no_input_and_default_signals() {
    let world = local_world();
    world.file(
        "t.py",
        "import os, sys, signal\nprint(os.getcwd() == os.environ['PWD'], sys.stdin.read() == '',\n\
         [s.name for s in signal.Signals if signal.getsignal(s) == signal.SIG_IGN and s.name not in ('SIGPIPE', 'SIGXFSZ', 'SIGXFZ')],\n\
         signal.pthread_sigmask(signal.SIG_BLOCK, []), [n for n in os.listdir('/proc/self/fd') if n not in '012' and 'neu' in os.path.realpath('/proc/self/fd/' + n)])",
    );
    let line = world.tool(Tool::Neurun, ["local", "cpu", "t.py"]).env("PWD", world.folder()).input("typed");
    assert_eq!(line.run().succeeded().stdout, "True True [] set() []\n");
    world.file("params.json", r#"{"a": [1, 2]}"#);
    let line = world
        .tool(Tool::Neusweep, ["neurun", "local", "cpu", "t.py"])
        .env("PWD", world.folder())
        .input("typed");
    assert_eq!(line.run().succeeded().stdout, "True True [] set() []\n".repeat(2));
}

#[test]
fn a_launch_inside_a_run_is_a_launch_of_its_own() {
    let world = local_world();
    world.file("inner.py", "import os; print('inner', os.environ['NEU_RUN_ID'])");
    world.file(
        "outer.py",
        format!("import os, subprocess\nsubprocess.run(['{}', '-q', 'local', 'cpu', 'inner.py'], check=True)\nprint('outer', os.environ['NEU_RUN_ID'])", Tool::Neurun.path()),
    );
    assert_eq!(world.neurun("local cpu outer.py").succeeded().stdout, "inner 2.0\nouter 1.0\n");
}

#[test]
fn a_symlinked_folder_keeps_its_name() {
    let world = local_world();
    std::os::unix::fs::symlink(world.folder(), world.root().join("link")).unwrap();
    world.file("t.sh", "pwd");
    let link = world.root().join("link");
    let line = world.tool(Tool::Neurun, ["local", "cpu", "t.sh"]).within(&link).env("PWD", &link);
    assert_eq!(line.run().succeeded().stdout.trim(), link.display().to_string());
}

#[test]
fn standard_error_and_output_are_one_log_in_order() {
    let world: World = local_world();
    world.file(
        "t.py",
        "import sys\nfor n in range(3):\n    print('out', n)\n    print('err', n, file=sys.stderr)",
    );
    let outcome = world.neurun("-q local cpu t.py").succeeded();
    assert_eq!(outcome.stdout, "out 0\nerr 0\nout 1\nerr 1\nout 2\nerr 2\n");
    assert_eq!(world.log("1.0"), outcome.stdout);
}

#[test]
fn whoever_ignores_the_ends_of_children_still_gets_those_of_runs() {
    let world = local_world();
    world.file(
        "ignore.py",
        "import os, signal, sys\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nos.execv(sys.argv[1], sys.argv[1:])",
    );
    world.file("t.sh", "exit $NEU_RUN");
    let words = ["ignore.py", Tool::Neurun.path(), "--runs=2", "local", "cpu", "t.sh"];
    world.command("python", words).run().exited(1);
    assert_eq!(world.states("1"), ["succeeded", "failed"]);
}
