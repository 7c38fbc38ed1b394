//! The env lines: what survives them, and what happens where one of them breaks.

use crate::kit::{Outcome, Tool, World};
use crate::world_with_env;

#[test]
fn exports_folders_masks_and_limits_survive() {
    let world = world_with_env(
        r#"["export A='b c' B=$HOME", "cd sub", "umask 027", "ulimit -n 99", "ulimit -c 0", "C=not-exported", "D() { :; }"]"#,
    );
    world.file("sub/t.py", "");
    world.file(
        "t.py",
        "import os, resource\nprint(os.environ['A'], os.environ['B'] == os.environ['HOME'], os.path.basename(os.getcwd()), oct(os.umask(0)),\n\
         resource.getrlimit(resource.RLIMIT_NOFILE), 'C' in os.environ)\nprint([n for n in os.environ if n.startswith(('__neu', 'BASH_FUNC'))])",
    );
    let script = world.path("t.py").display().to_string();
    let outcome = world.tool(Tool::Neurun, ["local", "cpu", &script]).run().succeeded();
    assert_eq!(outcome.stdout, "b c True sub 0o27 (99, 99) False\n[]\n");
}

#[test]
fn exported_functions_and_shell_options_do_not_get_in_the_way() {
    let world = world_with_env(
        r#"["f() { echo from-f; }; export -f f", "set -eu", "shopt -s extglob", "set -o noclobber", "trap 'echo trapped' EXIT", "export A=1"]"#,
    );
    world.file("t.sh", "f; echo $A");
    assert_eq!(world.neurun("local cpu t.sh").succeeded().stdout, "from-f\n1\n");
}

#[test]
fn the_env_is_activated_once_for_all_runs() {
    let world = world_with_env(r#""echo activated >> count; export WHEN=$RANDOM""#);
    world.file("t.py", "import os; print(os.environ['WHEN'])");
    let outcome = world.neurun("--runs=3 local cpu t.py").succeeded();
    assert_eq!(std::fs::read_to_string(world.path("count")).unwrap(), "activated\n");
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert!(lines.len() == 3 && lines.windows(2).all(|pair| pair[0] == pair[1]), "{lines:?}");
}

#[test]
fn what_the_env_prints_is_not_the_run_s_output() {
    let world = world_with_env(r#"["echo hello; echo there >&2"]"#);
    let outcome = world.neurun("-q local cpu argv.py x").succeeded();
    assert_eq!(outcome.stdout, "x\0");
    assert_eq!(world.log("1.0"), "x\0");
}

#[test]
fn lists_and_strings_of_several_lines_are_read_as_a_shell_would() {
    for env in [
        r#""if true; then\n  export A=1\nelse\n  export A=2\nfi\nexport B=3""#,
        r#"["export A=1 \\\n  B=3"]"#,
        r#""export A=1\n\n# a comment\n   \nexport B=3\n""#,
        r#"["export A=$(cat <<END\n1\nEND\n)", "export B=3"]"#,
        r#""for A in 0 1; do\n  :\ndone; export A\nexport B='3'""#,
        r#""f() {\n  export A=1\n  return 0\n}\nf\nexport B=3""#,
        r#""export A=1 # comment with ' quote\nexport B=3""#,
        r#""case x in\n x) export A=1 ;;\nesac\nexport B=3""#,
        r#""cat > here <<'END'\nexport A=1 B=3\nEND\n. ./here""#,
    ] {
        let world = world_with_env(env);
        world.file("t.sh", "echo $A $B");
        let outcome = world.neurun("local cpu t.sh");
        assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "1 3\n"), "{env}: {}", outcome.stderr);
    }
}

/// Runs a script once and twice with a broken env, and shows what is said.
fn broken(env: &str) -> String {
    let world = world_with_env(env);
    world.file("t.py", "open('started', 'w')");
    let one = world.neurun("local cpu t.py");
    let several = world.neurun("--runs=2 local cpu t.py");
    assert!(!world.path("started").exists(), "{env}: the script started");
    assert_eq!(world.states("1"), ["env-failed"], "{env}");
    assert_eq!(world.states("2"), ["env-failed", "env-failed"], "{env}");
    assert_ne!(one.code, 0);
    assert_ne!(several.code, 0);
    let show = |outcome: &Outcome| format!("{}{}exit {}\n", outcome.stdout, outcome.stderr, outcome.code);
    hide_line_numbers(&world.tidy(&format!("# {env}\n{}\n{}\n", show(&one), show(&several))))
}

/// Replaces the number in bash's `neu-env: line 84:`, which is the number of a line of ours.
fn hide_line_numbers(text: &str) -> String {
    let mut parts = text.split(" line ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        out.push_str(if rest.len() < part.len() { " line N" } else { " line " });
        out.push_str(rest);
    }
    out
}

#[test]
fn a_module_that_is_not_there_is_env_failed() {
    let world = world_with_env(r#""module load nope""#);
    world.neurun("local cpu argv.py").exited(1);
    assert_eq!(world.states("1"), ["env-failed"]);
}

#[test]
fn a_broken_line_never_lets_the_script_start_and_is_shown_with_what_it_printed() {
    let mut told = String::new();
    for env in [
        r#""false""#,
        r#"["export A=1", "echo some words; echo more >&2; (exit 7)", "export B=2"]"#,
        r#""conda activate nope""#,
        r#""mamba activate nope""#,
        r#""source activate nope""#,
        r#""source venv/bin/activate""#,
        r#""no-such-command --x""#,
        r#""echo ( bad""#,
        r#""if true; then""#,
        r#"["if true; then", "export A=1", "fi"]"#,
        r#""export A='unclosed""#,
        r#""exit 0""#,
        r#""echo bye; exit 3""#,
        r#""kill -9 $$""#,
        r#""exec true""#,
        r#""set -e; false; true""#,
        r#""set -u; echo $UNDEFINED_THING""#,
        r#""cd nowhere""#,
    ] {
        told.push_str(&broken(env));
    }
    insta::assert_snapshot!(told, @r#"
    # "false"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `false` failed with exit code 1; it printed nothing
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `false` failed with exit code 1; it printed nothing
    exit 1

    # ["export A=1", "echo some words; echo more >&2; (exit 7)", "export B=2"]
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `echo some words; echo more >&2; (exit 7)` failed with exit code 7; it printed:
    some words
    more
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `echo some words; echo more >&2; (exit 7)` failed with exit code 7; it printed:
    some words
    more
    exit 1

    # "conda activate nope"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `conda activate nope` failed with exit code 127; it printed:
    conda: not found: not on PATH, CONDA_EXE is not set, and not in the usual folders
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `conda activate nope` failed with exit code 127; it printed:
    conda: not found: not on PATH, CONDA_EXE is not set, and not in the usual folders
    exit 1

    # "mamba activate nope"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `mamba activate nope` failed with exit code 127; it printed:
    mamba: not found: not on PATH, CONDA_EXE is not set, and not in the usual folders
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `mamba activate nope` failed with exit code 127; it printed:
    mamba: not found: not on PATH, CONDA_EXE is not set, and not in the usual folders
    exit 1

    # "source activate nope"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `source activate nope` failed with exit code 1; it printed:
    neu-env: line N: activate: No such file or directory
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `source activate nope` failed with exit code 1; it printed:
    neu-env: line N: activate: No such file or directory
    exit 1

    # "source venv/bin/activate"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `source venv/bin/activate` failed with exit code 1; it printed:
    neu-env: line N: venv/bin/activate: No such file or directory
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `source venv/bin/activate` failed with exit code 1; it printed:
    neu-env: line N: venv/bin/activate: No such file or directory
    exit 1

    # "no-such-command --x"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `no-such-command --x` failed with exit code 127; it printed:
    neu-env: line N: no-such-command: command not found
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `no-such-command --x` failed with exit code 127; it printed:
    neu-env: line N: no-such-command: command not found
    exit 1

    # "echo ( bad"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `echo ( bad` failed with exit code 2; it printed:
    neu-env: eval: line N: syntax error near unexpected token `bad'
    neu-env: eval: line N: `echo ( bad'
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `echo ( bad` failed with exit code 2; it printed:
    neu-env: eval: line N: syntax error near unexpected token `bad'
    neu-env: eval: line N: `echo ( bad'
    exit 1

    # "if true; then"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `if true; then` failed with exit code 2; it printed:
    neu-env: eval: line N: syntax error: unexpected end of file
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `if true; then` failed with exit code 2; it printed:
    neu-env: eval: line N: syntax error: unexpected end of file
    exit 1

    # ["if true; then", "export A=1", "fi"]
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `if true; then` failed with exit code 2; it printed:
    neu-env: eval: line N: syntax error: unexpected end of file
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `if true; then` failed with exit code 2; it printed:
    neu-env: eval: line N: syntax error: unexpected end of file
    exit 1

    # "export A='unclosed"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `export A='unclosed` failed with exit code 2; it printed:
    neu-env: eval: line N: unexpected EOF while looking for matching `''
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `export A='unclosed` failed with exit code 2; it printed:
    neu-env: eval: line N: unexpected EOF while looking for matching `''
    exit 1

    # "exit 0"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `exit 0` ended the shell with exit code 0; it printed nothing
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `exit 0` ended the shell with exit code 0; it printed nothing
    exit 1

    # "echo bye; exit 3"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `echo bye; exit 3` failed with exit code 3; it printed:
    bye
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `echo bye; exit 3` failed with exit code 3; it printed:
    bye
    exit 1

    # "kill -9 $$"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `kill -9 $$` was ended by signal 9; it printed nothing
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `kill -9 $$` was ended by signal 9; it printed nothing
    exit 1

    # "exec true"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `exec true` ended the shell with exit code 0; it printed nothing
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `exec true` ended the shell with exit code 0; it printed nothing
    exit 1

    # "set -e; false; true"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `set -e; false; true` failed with exit code 1; it printed nothing
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `set -e; false; true` failed with exit code 1; it printed nothing
    exit 1

    # "set -u; echo $UNDEFINED_THING"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `set -u; echo $UNDEFINED_THING` failed with exit code 127; it printed:
    neu-env: line N: UNDEFINED_THING: unbound variable
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `set -u; echo $UNDEFINED_THING` failed with exit code 127; it printed:
    neu-env: line N: UNDEFINED_THING: unbound variable
    exit 1

    # "cd nowhere"
    launch 1: 1 run of t on local/cpu
    1.0 env-failed: the env line `cd nowhere` failed with exit code 1; it printed:
    neu-env: line N: cd: nowhere: No such file or directory
    exit 1

    launch 2: 2 runs of t on local/cpu
    launch 2: 2 env-failed
    2.0-1 env-failed: the env line `cd nowhere` failed with exit code 1; it printed:
    neu-env: line N: cd: nowhere: No such file or directory
    exit 1
    "#);
}

#[test]
fn an_exit_in_a_sourced_file_is_no_success() {
    let world = world_with_env(r#"["true", ". ./setup.sh"]"#);
    world.file("setup.sh", "echo half way\nexit 0\n");
    let outcome = world.neurun("local cpu argv.py").exited(1);
    assert_eq!(world.states("1"), ["env-failed"]);
    assert!(
        outcome.stderr.contains(". ./setup.sh") && outcome.stderr.contains("half way"),
        "{}",
        outcome.stderr
    );
    assert!(world.log("1.0").contains("half way"));
}

#[test]
fn harmless_failures_inside_a_line_are_harmless() {
    let world = world_with_env(r#"[". ./setup.sh", "false || true", "! true || true"]"#);
    world.file("setup.sh", "false\ngrep -q nothing /dev/null\nexport A=1\n");
    world.file("t.sh", "echo $A");
    assert_eq!(world.neurun("local cpu t.sh").succeeded().stdout, "1\n");
}

/// A conda whose hook defines the function, as conda's own does.
const CONDA: &str = "#!/usr/bin/env bash
[[ $1 == shell.bash && $2 == hook ]] || exit 9
echo 'conda() { if [[ $1 == activate && $2 == deep ]]; then export CONDA_DEFAULT_ENV=$2; else echo \"no env $2\" >&2; return 1; fi; }'
";

#[test]
fn conda_is_found_by_its_variable_by_the_home_and_on_path() {
    let world = world_with_env(r#""conda activate deep""#);
    world.file("t.sh", "echo in $CONDA_DEFAULT_ENV");
    let run = |world: &World| world.tool(Tool::Neurun, ["local", "cpu", "t.sh"]);
    run(&world).run().exited(1);
    let elsewhere = world.program("opt/conda/bin/conda", CONDA);
    assert_eq!(run(&world).env("CONDA_EXE", &elsewhere).run().succeeded().stdout, "in deep\n");
    world.program(world.home().join("miniconda3/bin/conda"), CONDA);
    assert_eq!(run(&world).run().succeeded().stdout, "in deep\n");
    std::fs::remove_dir_all(world.home().join("miniconda3")).unwrap();
    world.program(world.bin().join("conda"), CONDA);
    assert_eq!(run(&world).run().succeeded().stdout, "in deep\n");
}

#[test]
fn a_conda_function_that_is_there_is_left_alone() {
    let world = world_with_env(r#"["conda() { export A=own; }", "conda activate deep"]"#);
    world.file("t.sh", "echo $A");
    assert_eq!(world.neurun("local cpu t.sh").succeeded().stdout, "own\n");
}

#[test]
fn an_env_that_conda_does_not_have_is_env_failed() {
    let world = world_with_env(r#""conda activate nope""#);
    world.program(world.home().join("miniconda3/bin/conda"), CONDA);
    let outcome = world.neurun("local cpu argv.py").exited(1);
    insta::assert_snapshot!(outcome.stderr, @r"
    launch 1: 1 run of argv on local/cpu
    1.0 env-failed: the env line `conda activate nope` failed with exit code 1; it printed:
    no env nope
    ");
}

#[test]
fn the_seed_s_source_activate_finds_conda_s_script() {
    let world = world_with_env(r#""source activate deep""#);
    world.file("t.sh", "echo in $CONDA_DEFAULT_ENV");
    world.program(world.home().join("anaconda3/bin/conda"), CONDA);
    world.file(world.home().join("anaconda3/bin/activate"), "export CONDA_DEFAULT_ENV=$1\n");
    assert_eq!(world.neurun("local cpu t.sh").succeeded().stdout, "in deep\n");
}

#[test]
fn a_venv_is_sourced() {
    let world = world_with_env(r#"". venv/bin/activate""#);
    world.file("venv/bin/activate", "VIRTUAL_ENV=$PWD/venv\nexport VIRTUAL_ENV\n");
    world.file("t.sh", "echo ${VIRTUAL_ENV##*/}");
    assert_eq!(world.neurun("local cpu t.sh").succeeded().stdout, "venv\n");
}

#[test]
fn no_files_are_left_in_the_folder_for_temporary_ones() {
    let world = world_with_env(r#""true""#);
    world.neurun("local cpu argv.py").succeeded();
    let world_broken = world_with_env(r#""false""#);
    world_broken.neurun("local cpu argv.py").exited(1);
    for world in [&world, &world_broken] {
        let left: Vec<_> = std::fs::read_dir(world.root().join("tmp")).unwrap().flatten().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn a_long_output_of_a_broken_line_is_cut_at_its_start() {
    let world = world_with_env(r#"["seq 100000; echo the reason; false"]"#);
    let outcome = world.neurun("--runs=3 local cpu argv.py").exited(1);
    assert!(outcome.stderr.contains("the reason"), "{}", outcome.stderr);
    assert!(outcome.stderr.len() < 20_000, "{} bytes", outcome.stderr.len());
}

#[test]
fn bash_s_own_start_files_are_not_read() {
    let world = world_with_env(r#""export A=1""#);
    world.file(world.home().join(".bashrc"), "echo noise; exit 5\n");
    world.file(world.home().join(".bash_profile"), "echo noise; exit 5\n");
    assert_eq!(world.neurun("local cpu argv.py x").succeeded().stdout, "x\0");
}
