//! config.json: what it may say, and how its mistakes are shown.

use crate::kit::World;

/// What `neurun` says of a configuration.
fn said(config: &str, line: &str) -> String {
    let world = World::new();
    world.file("config.json", config);
    world.file("t.py", "print('ran')");
    let outcome = world.neurun(line);
    world.tidy(&format!("{}{}exit {}\n", outcome.stdout, outcome.stderr, outcome.code))
}

#[test]
fn every_mistake_is_reported_at_once_at_its_place() {
    let config = r#"{
  "local": {
    "cpu": { "envv": "", "resources": "" },
    "gpu": { "env": 7, "resources": [] }
  },
  "slurm": {
    "gpu": {
      "env": "",
      "resources": { "tiem": "1:00", "mem": "8000", "mem": "9000", "gres": {"gpu": 1} }
    }
  },
  "jeanzay": { "gpu": { "env": "" } }
}
"#;
    insta::assert_snapshot!(said(config, "local cpu t.py"), @r#"
    error: a device has no `envv`
     --> config.json:3:14
      |
    3 |     "cpu": { "envv": "", "resources": "" },
      |              ^^^^^^
      |
    help: did you mean `env`?

    error: `env` must be a string or a list of strings, not a number
     --> config.json:4:21
      |
    4 |     "gpu": { "env": 7, "resources": [] }
      |                     ^

    error: `resources` must be an object or empty, not a list
     --> config.json:4:37
      |
    4 |     "gpu": { "env": 7, "resources": [] }
      |                                     ^^
      |
    help: write `{}`

    error: there is no option `tiem`
     --> config.json:9:22
      |
    9 |       "resources": { "tiem": "1:00", "mem": "8000", "mem": "9000", "gres": {"gpu": 1} }
      |                      ^^^^^^
      |
    help: did you mean `time`?

    error: duplicate key `mem`
     --> config.json:9:53
      |
    9 |       "resources": { "tiem": "1:00", "mem": "8000", "mem": "9000", "gres": {"gpu": 1} }
      |                                                     ^^^^^
      |
    help: it is already there in line 9, column 38

    error: `gres` cannot be an object
     --> config.json:9:76
      |
    9 |       "resources": { "tiem": "1:00", "mem": "8000", "mem": "9000", "gres": {"gpu": 1} }
      |                                                                            ^^^^^^^^^^
      |
    help: a string, a number, true, null, or a list of strings goes here

    error: `jeanzay` is neither local nor slurm
      --> config.json:12:3
       |
    12 |   "jeanzay": { "gpu": { "env": "" } }
       |   ^^^^^^^^^
       |
    help: say which of them it is: `"jeanzay": {"type": "slurm", …}`

    error: 7 problems in config.json
    exit 2
    "#);
}

#[test]
fn broken_json_is_shown_with_line_and_column() {
    let mut told = String::new();
    for config in [
        "",
        "{",
        "{\n  \"local\": {\n    \"cpu\": { \"env\": \"a\" \"resources\": \"\" }\n  }\n}\n",
        "{'local': {}}",
        "{\n  \"local\": { \"cpu\": { \"env\": \"tab\there\" } }\n",
        "[]",
        "{\"local\": []}",
        "{\"local\": {\"cpu\": \"\"}}",
        "{\"local\": {}}",
    ] {
        told.push_str(&format!("# {config:?}\n{}\n", said(config, "local cpu t.py")));
    }
    insta::assert_snapshot!(told, @r#"
    # ""
    error: the file is empty
     --> config.json:1:1
      |
    1 |
      | ^

    exit 2

    # "{"
    error: this `{` is never closed
     --> config.json:1:1
      |
    1 | {
      | ^

    exit 2

    # "{\n  \"local\": {\n    \"cpu\": { \"env\": \"a\" \"resources\": \"\" }\n  }\n}\n"
    error: a comma is missing here
     --> config.json:3:24
      |
    3 |     "cpu": { "env": "a" "resources": "" }
      |                        ^

    exit 2

    # "{'local': {}}"
    error: a string needs double quotes
     --> config.json:1:2
      |
    1 | {'local': {}}
      |  ^

    exit 2

    # "{\n  \"local\": { \"cpu\": { \"env\": \"tab\there\" } }\n"
    error: this `{` is never closed
     --> config.json:1:1
      |
    1 | {
      | ^

    error: a tab inside a string
     --> config.json:2:34
      |
    2 |   "local": { "cpu": { "env": "tab    here" } }
      |                                  ^^^^
      |
    help: write it as `\t`

    error: 2 problems in config.json
    exit 2

    # "[]"
    error: there is no configuration: config.json is not a config of neuromanager: it is not an object of supports and devices
    hint: write one such as this under another name, and give that with `--config FILE` or NEU_CONFIG:
    {
      "local": {
        "cpu": { "env": "", "resources": "" }
      }
    }
    exit 2

    # "{\"local\": []}"
    error: support `local` must be an object of devices, not a list
     --> config.json:1:11
      |
    1 | {"local": []}
      |           ^^
      |
    help: write `{"gpu": {"env": "", "resources": ""}}`

    exit 2

    # "{\"local\": {\"cpu\": \"\"}}"
    error: device `cpu` must be an object, not a string
     --> config.json:1:19
      |
    1 | {"local": {"cpu": ""}}
      |                   ^^
      |
    help: write `{"env": "", "resources": ""}`

    exit 2

    # "{\"local\": {}}"
    error: support `local` has no device `cpu`; there is none at all
    exit 2
    "#);
}

#[test]
fn comments_and_trailing_commas_are_fine() {
    let config = "{ // first\n \"local\": { /* second */ \"cpu\": { \"env\": [\"true\",], \"resources\": {}, }, }, # no\n}";
    let without_hash = config.replace("# no", "");
    assert!(
        said(&without_hash, "local cpu t.py").starts_with("ran\n"),
        "{}",
        said(&without_hash, "local cpu t.py")
    );
}

#[test]
fn names_that_are_not_there_get_the_nearest() {
    let config = r#"{"local": {"cpu": {"env": "", "resources": ""}, "GPU": {"env": "", "resources": ""}},
        "slurm": {"gpu": {"env": "", "resources": ""}}}"#;
    let mut told = String::new();
    for line in [
        "locl cpu t.py",
        "local cpuu t.py",
        "local tpu t.py",
        "slrum gpu t.py",
        "slurm cpu t.py",
        "Local cpu t.py",
    ] {
        told.push_str(&format!("$ {line}\n{}\n", said(config, line)));
    }
    insta::assert_snapshot!(told, @r"
    $ locl cpu t.py
    error: there is no support `locl`; did you mean `local`?
    exit 2

    $ local cpuu t.py
    error: support `local` has no device `cpuu`; did you mean `cpu`?
    exit 2

    $ local tpu t.py
    error: support `local` has no device `tpu`; did you mean `cpu`?
    exit 2

    $ slrum gpu t.py
    error: there is no support `slrum`; did you mean `slurm`?
    exit 2

    $ slurm cpu t.py
    error: support `slurm` has no device `cpu`; did you mean `gpu`?
    exit 2

    $ Local cpu t.py
    ran
    launch 1: 1 run of t on local/cpu
    exit 0
    ");
}

#[test]
fn devices_match_exactly_or_else_without_case() {
    let world = World::new();
    world.file(
        "config.json",
        r#"{"local": {"GPU": {"env": "export WHICH=upper", "resources": ""}, "Cpu": {"env": "export WHICH=cpu", "resources": ""},
            "gpu": {"env": "export WHICH=lower", "resources": ""}}}"#,
    );
    world.file("t.py", "import os; print(os.environ['WHICH'])");
    assert_eq!(world.neurun("local gpu t.py").succeeded().stdout, "lower\n");
    assert_eq!(world.neurun("local GPU t.py").succeeded().stdout, "upper\n");
    assert_eq!(world.neurun("local CPU t.py").succeeded().stdout, "cpu\n");
    let ambiguous = world.neurun("local Gpu t.py");
    assert_eq!(ambiguous.code, 2, "{}{}", ambiguous.stdout, ambiguous.stderr);
    assert!(ambiguous.stderr.contains("GPU") && ambiguous.stderr.contains("gpu"), "{}", ambiguous.stderr);
}

#[test]
fn another_support_says_which_kind_it_is() {
    let config = r#"{"jeanzay": {"type": "slurm", "gpu": {"env": "a b", "resources": {"mem": "1G"}}},
        "desk": {"type": "local", "cpu": {"env": "", "resources": ""}}}"#;
    insta::assert_snapshot!(said(config, "--dry-run jeanzay gpu t.py"), @r"
    #!/bin/bash
    #SBATCH --mem=1G

    a b
    python t.py
    1 run of t on jeanzay/gpu
    exit 0
    ");
    assert!(said(config, "desk cpu t.py").starts_with("ran\n"));
    let wrong = config.replace("\"slurm\"", "\"slrum\"");
    insta::assert_snapshot!(said(&wrong, "--dry-run jeanzay gpu t.py"), @r#"
    error: a support of type `slrum` is not known
     --> config.json:1:22
      |
    1 | {"jeanzay": {"type": "slrum", "gpu": {"env": "a b", "resources": {"mem": "1G"}}},
      |                      ^^^^^^^
      |
    help: did you mean `slurm`?

    exit 2
    "#);
}

#[test]
fn env_and_resources_may_be_left_out_or_empty() {
    for device in [
        r"{}",
        r#"{"env": ""}"#,
        r#"{"env": [], "resources": {}}"#,
        r#"{"resources": ""}"#,
        r#"{"env": ["", " "]}"#,
    ] {
        let said = said(&format!(r#"{{"local": {{"cpu": {device}}}}}"#), "local cpu t.py");
        assert!(said.starts_with("ran\n"), "{device}: {said}");
    }
}

#[test]
fn a_model_s_config_is_named_as_such() {
    let model = r#"{"architectures": ["BertModel"], "hidden_size": 768, "vocab_size": 30522}"#;
    insta::assert_snapshot!(said(model, "local cpu t.py"), @r#"
    error: there is no configuration: config.json is not a config of neuromanager: no device is in it, but `architectures`, `hidden_size`, `vocab_size`
    hint: write one such as this under another name, and give that with `--config FILE` or NEU_CONFIG:
    {
      "local": {
        "cpu": { "env": "", "resources": "" }
      }
    }
    exit 2
    "#);
}

#[test]
fn no_config_at_all_shows_a_small_one_that_works() {
    let world = World::new();
    world.file("t.py", "print('ran')");
    let outcome = world.neurun("local cpu t.py").exited(2);
    insta::assert_snapshot!(outcome.stderr, @r#"
    error: there is no configuration: no config.json in this folder, in the repository above it, or in the user's own configuration
    hint: write a config.json such as this one:
    {
      "local": {
        "cpu": { "env": "", "resources": "" }
      }
    }
    "#);
    let example = &outcome.stderr[outcome.stderr.find('{').unwrap()..];
    world.file("config.json", example);
    assert_eq!(world.neurun("local cpu t.py").succeeded().stdout, "ran\n");
}

#[test]
fn no_config_on_a_cluster_that_does_not_answer_still_shows_one() {
    let world = World::new();
    world.file("t.py", "");
    for command in ["sinfo", "sacctmgr"] {
        world.fake(command, "echo 'Unable to contact slurm controller' >&2; exit 1");
    }
    let outcome = world.neurun("slurm gpu t.py").exited(2);
    assert!(outcome.stderr.contains("\"local\""), "{}", outcome.stderr);
}

#[test]
fn resources_as_a_line_of_options_get_an_answer() {
    let config = r#"{"slurm": {"gpu": {"env": "", "resources": "--mem=8G --time=1:00"}}, "local": {"cpu": {"env": "", "resources": "x"}}}"#;
    insta::assert_snapshot!(said(config, "--dry-run slurm gpu t.py"), @r#"
    error: `resources` must be an object or empty, not a string
     --> config.json:1:44
      |
    1 | {"slurm": {"gpu": {"env": "", "resources": "--mem=8G --time=1:00"}}, "local": {"cpu": {"env": "", "resources": "x...
      |                                            ^^^^^^^^^^^^^^^^^^^^^^
      |
    help: write `{"mem": "8G", "time": "1:00"}`

    error: `resources` must be an object or empty, not a string
     --> config.json:1:112
      |
    1 | ...e=1:00"}}, "local": {"cpu": {"env": "", "resources": "x"}}}
      |                                                         ^^^
      |
    help: write `{"time": "1:00:00", "mem": "8G"}`

    error: 2 problems in config.json
    exit 2
    "#);
}

#[test]
fn short_options_in_the_config_get_the_long_ones() {
    let config = r#"{"slurm": {"gpu": {"env": "", "resources": {"p": "gpu", "-c": 4, "--mem": "8G", "cpus_per_task": 2, "array": "1-3"}}}}"#;
    insta::assert_snapshot!(said(config, "--dry-run slurm gpu t.py"), @r#"
    error: `p` is not the long name of an option
     --> config.json:1:45
      |
    1 | {"slurm": {"gpu": {"env": "", "resources": {"p": "gpu", "-c": 4, "--mem": "8G", "cpus_per_task": 2, "array": "1-3...
      |                                             ^^^
      |
    help: write `partition`

    error: `-c` is not the long name of an option
     --> config.json:1:57
      |
    1 | {"slurm": {"gpu": {"env": "", "resources": {"p": "gpu", "-c": 4, "--mem": "8G", "cpus_per_task": 2, "array": "1-3...
      |                                                         ^^^^
      |
    help: write `cpus-per-task`

    error: `--mem` is not the long name of an option
     --> config.json:1:66
      |
    1 | {"slurm": {"gpu": {"env": "", "resources": {"p": "gpu", "-c": 4, "--mem": "8G", "cpus_per_task": 2, "array": "1-3...
      |                                                                  ^^^^^^^
      |
    help: write `mem`

    error: there is no option `cpus_per_task`
     --> config.json:1:81
      |
    1 | {"slurm": {"gpu": {"env": "", "resources": {"p": "gpu", "-c": 4, "--mem": "8G", "cpus_per_task": 2, "array": "1-3...
      |                                                                                 ^^^^^^^^^^^^^^^
      |
    help: write `cpus-per-task`

    error: `array` is not set here: how often to run is said with `neurun --runs=N`, and with which parameters by `neusweep`
     --> config.json:1:101
      |
    1 | {"slurm": {"gpu": {"env": "", "resources": {"p": "gpu", "-c": 4, "--mem": "8G", "cpus_per_task": 2, "array": "1-3...
      |                                                                                                     ^^^^^^^

    error: 5 problems in config.json
    exit 2
    "#);
}

#[test]
fn a_plugin_s_option_that_the_site_s_sbatch_lists_is_taken() {
    let world = World::new();
    world.file("config.json", r#"{"slurm": {"gpu": {"env": "", "resources": {"container-image": "x"}}}}"#);
    world.file("t.py", "");
    let outcome = world.neurun("--dry-run slurm gpu t.py").exited(2);
    assert!(outcome.stderr.contains("container-image"), "{}", outcome.stderr);
    world.fake("sbatch", "echo '      --container-image=[USER@]IMG  [pyxis] image'");
    let outcome = world.neurun("--dry-run slurm gpu t.py").succeeded();
    assert!(outcome.stdout.contains("#SBATCH --container-image=x\n"), "{}", outcome.stdout);
}
