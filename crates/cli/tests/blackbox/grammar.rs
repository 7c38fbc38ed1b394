//! The grammar of the command lines: what belongs to us, what belongs to the script.

use std::ffi::OsString;

use crate::kit::{Tool, World, arguments};
use crate::local_world;

fn after_script(world: &World, words: &[&str]) -> Vec<OsString> {
    let line = ["local", "cpu", "argv.py"].iter().chain(words).copied();
    arguments(&world.tool(Tool::Neurun, line).run().succeeded().stdout_bytes)
}

#[test]
fn everything_after_the_script_is_the_script_s() {
    let world = local_world();
    for words in [
        vec!["--runs", "3"],
        vec!["--runs=3", "-n", "4", "--dry-run", "--help", "-h", "--version", "-V", "-q", "-v", "-y"],
        vec!["--"],
        vec!["--", "--", "x", "--"],
        vec![""],
        vec!["", "", "-", "--=", "-="],
        vec!["local", "cpu", "argv.py", "--config=nope"],
        vec!["--mem=64G", "-p", "x"],
    ] {
        assert_eq!(after_script(&world, &words), words, "{words:?}");
    }
}

#[test]
fn options_stand_before_the_support() {
    let world = local_world();
    let outcome = world.neurun("-n 2 --name=probe -q local cpu argv.py").succeeded();
    assert_eq!(outcome.stderr, "");
    let status = world.status("1");
    assert_eq!(status["launch"]["name"], "probe");
    assert_eq!(status["launch"]["runs"], 2);
    assert_eq!(world.neurun("-n2 -y local cpu argv.py").succeeded().code, 0);
    assert_eq!(world.status("2")["launch"]["runs"], 2);
}

#[test]
fn a_double_dash_before_the_support_ends_the_options() {
    let world = local_world();
    let words = ["--", "local", "cpu", "argv.py", "--", "x"];
    let outcome = world.tool(Tool::Neurun, words).run().succeeded();
    assert_eq!(arguments(&outcome.stdout_bytes), ["--", "x"]);
}

#[test]
fn modules_scripts_files_and_commands_each_run_their_way() {
    let world = local_world();
    world.file("pkg/__init__.py", "");
    world.file("pkg/mod.py", "import sys; print('module', sys.argv[1:])");
    world.file("job.sh", "echo \"shell $BASH_VERSINFO $*\" >/dev/null; printf 'shell:%s\\n' \"$@\"");
    world.program("exec", "#!/usr/bin/env bash\nprintf 'exec:%s\\n' \"$@\"\n");
    let run = |line: &str| world.neurun(&format!("local cpu {line}")).succeeded().stdout;
    assert_eq!(run("-m pkg.mod -m --x"), "module ['-m', '--x']\n");
    assert_eq!(run("job.sh a --runs=2"), "shell:a\nshell:--runs=2\n");
    assert_eq!(run("./exec a"), "exec:a\n");
    assert_eq!(run("exec a"), "exec:a\n");
    assert_eq!(run("printf %s-%s a b"), "a-b");
    let absolute = world.path("exec").display().to_string();
    assert_eq!(run(&format!("{absolute} z")), "exec:z\n");
    let absolute = world.path("argv.py").display().to_string();
    assert_eq!(run(&format!("{absolute} z")), "z\0");
}

#[test]
fn a_script_in_a_folder_below_runs_from_here() {
    let world = local_world();
    world.file("src/where.py", "import os, sys; print(os.getcwd(), sys.argv[0])");
    let outcome = world.neurun("local cpu src/where.py").succeeded();
    assert_eq!(outcome.stdout.trim(), format!("{} src/where.py", world.folder().display()));
}

#[test]
fn a_script_whose_name_has_spaces_and_a_dash_in_the_middle_runs() {
    let world = local_world();
    world.file("my train-2.py", "print('here')");
    let outcome = world.tool(Tool::Neurun, ["local", "cpu", "my train-2.py"]).run().succeeded();
    assert_eq!(outcome.stdout, "here\n");
}

#[test]
fn without_python_here_python3_is_taken_and_the_config_s_python_wins() {
    let world = World::new();
    std::fs::remove_file(world.bin().join("python")).unwrap();
    world.file("config.json", crate::LOCAL);
    world.file("t.py", "print('ran')");
    assert_eq!(world.neurun("local cpu t.py").succeeded().stdout, "ran\n");
    world.program("mypython", "#!/usr/bin/env bash\necho mine \"$@\"\n");
    world.file("config.json", r#"{"local": {"cpu": {"env": "", "resources": "", "python": "./mypython"}}}"#);
    assert_eq!(world.neurun("local cpu t.py x").succeeded().stdout, "mine t.py x\n");
    assert_eq!(world.neurun("local cpu -m pkg x").succeeded().stdout, "mine -m pkg x\n");
}

#[test]
fn without_any_python_the_run_fails_with_127_and_says_so() {
    let world = World::without_python();
    world.file("config.json", crate::LOCAL);
    world.file("t.py", "print('ran')");
    let outcome = world.neurun("local cpu t.py").exited(127);
    assert!(outcome.stderr.contains("`python` is not on PATH"), "{}", outcome.stderr);
}

#[test]
fn what_is_missing_is_named_with_its_nearest_before_anything_starts() {
    let world = local_world();
    world.file("train.py", "");
    world.program("bench", "#!/bin/sh\n");
    world.file("data.txt", "");
    let mut told = String::new();
    for line in [
        "local cpu trian.py",
        "local cpu nope/train.py",
        "local cpu nothing-like-it.sh",
        "local cpu ./benhc",
        "local cpu benhc",
        "local cpu ./data.txt",
        "local cpu data.txt",
        "local cpu .",
        "local cpu -m",
        "local cpu",
        "local",
        "",
        "--runs=0 local cpu train.py",
        "--runs=-1 local cpu train.py",
        "--runs=many local cpu train.py",
        "--rums=3 local cpu train.py",
        "-x local cpu train.py",
    ] {
        let outcome = world.neurun(line);
        told.push_str(&format!("$ neurun {line}\n{}exit {}\n\n", outcome.stderr, outcome.code));
        assert_eq!(outcome.stdout, "", "{line}");
    }
    insta::assert_snapshot!(world.tidy(&told), @"
    $ neurun local cpu trian.py
    error: there is no file `trian.py`; did you mean `train.py`?
    exit 2

    $ neurun local cpu nope/train.py
    error: there is no file `nope/train.py`
    exit 2

    $ neurun local cpu nothing-like-it.sh
    error: there is no file `nothing-like-it.sh`
    exit 2

    $ neurun local cpu ./benhc
    error: there is no file `./benhc`; did you mean `./bench`?
    exit 2

    $ neurun local cpu benhc
    error: there is no command `benhc` on PATH, and no such file; did you mean `bench`?
    exit 2

    $ neurun local cpu ./data.txt
    error: `./data.txt` is not executable; make it so with `chmod +x ./data.txt`, or name the program that runs it
    exit 2

    $ neurun local cpu data.txt
    error: `data.txt` is not executable; make it so with `chmod +x data.txt`, or name the program that runs it
    exit 2

    $ neurun local cpu .
    error: there is no command `.` on PATH, and no such file
    exit 2

    $ neurun local cpu -m
    error: `-m` needs the name of a module: `-m package.module`
    exit 2

    $ neurun local cpu
    error: there is no script to run
    exit 2

    $ neurun local
    error: DEVICE is missing
    hint: usage: neurun [OPTIONS] SUPPORT DEVICE [--NAME[=VALUE]]... SCRIPT [FLAGS]...
    exit 2

    $ neurun 
    error: the following required arguments were not provided:
      <SUPPORT DEVICE SCRIPT>...

    Usage: neurun [OPTIONS] SUPPORT DEVICE [--NAME[=VALUE]]... SCRIPT [FLAGS]...

    For more information, try '--help'.
    exit 2

    $ neurun --runs=0 local cpu train.py
    error: nothing to run: `--runs` must be at least 1
    exit 2

    $ neurun --runs=-1 local cpu train.py
    error: invalid value '-1' for '--runs <N>': invalid digit found in string

    For more information, try '--help'.
    exit 2

    $ neurun --runs=many local cpu train.py
    error: invalid value 'many' for '--runs <N>': invalid digit found in string

    For more information, try '--help'.
    exit 2

    $ neurun --rums=3 local cpu train.py
    error: unexpected argument '--rums' found

      tip: a similar argument exists: '--runs'

    Usage: neurun [OPTIONS] SUPPORT DEVICE [--NAME[=VALUE]]... SCRIPT [FLAGS]...

    For more information, try '--help'.
    exit 2

    $ neurun -x local cpu train.py
    error: unexpected argument '-x' found

    Usage: neurun [OPTIONS] SUPPORT DEVICE [--NAME[=VALUE]]... SCRIPT [FLAGS]...

    For more information, try '--help'.
    exit 2
    ");
    assert!(!world.store().exists());
}

#[test]
fn a_command_that_the_env_brings_is_only_warned_of() {
    let world = crate::world_with_env(r#""export PATH=$PWD/more:$PATH""#);
    world.program("more/torchrun", "#!/usr/bin/env bash\necho torch \"$@\"\n");
    let outcome = world.neurun("local cpu torchrun x").succeeded();
    assert_eq!(outcome.stdout, "torch x\n");
    assert!(outcome.stderr.contains("warning: `torchrun` is not on PATH here"), "{}", outcome.stderr);
    let outcome = world.neurun("local cpu torchrnu x").exited(127);
    insta::assert_snapshot!(world.tidy(&outcome.stderr), @r"
    warning: `torchrnu` is not on PATH here; it must be there once the env is activated
    launch 2: 1 run of torchrnu on local/cpu
    2.0 failed: `torchrnu` is not on PATH, after the env was activated
    ");
    assert_eq!(world.status("2")["runs"][0]["state"], "failed");
    assert_eq!(world.status("2")["runs"][0]["exit_code"], 127);
}

#[test]
fn the_python_of_the_env_is_taken() {
    let world = crate::world_with_env(r#""source venv/bin/activate""#);
    world.program("venv/bin/python", "#!/usr/bin/env bash\necho venv \"$@\"\n");
    world.file("venv/bin/activate", "PATH=$PWD/venv/bin:$PATH\nexport PATH\nfalse\ntrue\n");
    assert_eq!(world.neurun("local cpu argv.py 1").succeeded().stdout, "venv argv.py 1\n");
}

#[test]
fn help_and_version_are_results() {
    let world = World::new();
    for tool in [Tool::Neu, Tool::Neurun, Tool::Neusweep] {
        for word in ["--help", "--version", "-h", "-V"] {
            let outcome = world.tool(tool, [word]).run().succeeded();
            assert!(!outcome.stdout.is_empty() && outcome.stderr.is_empty(), "{tool:?} {word}");
        }
    }
    assert_eq!(world.neu("").code, 2);
    assert_eq!(world.neu("frobnicate").code, 2);
}

#[test]
fn neu_run_and_neu_sweep_are_the_same_two() {
    let world = local_world();
    world.file("params.json", r#"{"lr": [1, 2]}"#);
    let outcome = world.neu("run local cpu argv.py --help").succeeded();
    assert_eq!(arguments(&outcome.stdout_bytes), ["--help"]);
    let outcome = world.neu("sweep --dry-run argv.py --help").succeeded();
    assert_eq!(outcome.stdout, "python argv.py --help --lr=1\npython argv.py --help --lr=2\n");
}

#[test]
fn an_option_of_neurun_is_told_to_whoever_types_it_before_neusweep_s_command() {
    let world = local_world();
    insta::assert_snapshot!(world.neusweep("--runs=3 t.py").exited(2).stderr, @"
    error: unexpected argument '--runs' found

    Usage: neusweep [OPTIONS] CMD...

    For more information, try '--help'.
    hint: `--runs` is an option of neurun: `neusweep neurun --runs=N SUPPORT DEVICE SCRIPT`
    ");
    insta::assert_snapshot!(world.neusweep("--frob=3 t.py").exited(2).stderr, @"
    error: unexpected argument '--frob' found

    Usage: neusweep [OPTIONS] CMD...

    For more information, try '--help'.
    ");
}
