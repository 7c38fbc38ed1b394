use std::ffi::OsString;

use proptest::prelude::*;

use super::*;
use crate::resources::Setting;

fn source(text: &str) -> Source {
    Source { name: "config.json".into(), text: text.into() }
}

fn config(text: &str) -> Config {
    Config::read(&source(text), &[]).unwrap_or_else(|error| panic!("{error}\n{}", plain(&error)))
}

fn plain(error: &ConfigError) -> String {
    match error {
        ConfigError::SomethingElse { .. } => error.to_string(),
        ConfigError::Problems { problems, .. } => problems.plain(),
    }
}

fn problems_in(text: &str) -> String {
    plain(&Config::read(&source(text), &[]).expect_err("something is wrong"))
}

/// The problems of resources of one Slurm device.
fn in_resources(resources: &str) -> String {
    problems_in(&format!("{{\"slurm\": {{\"gpu\": {{\"resources\":\n{resources}}}}}}}"))
}

const SEED: &str = r#"{
  "local": {
    "cpu": { "env": "conda activate deep", "resources": "" },
    "gpu": { "env": "conda activate deep", "resources": "" }
  },
  "slurm": {
    "gpu": {
      "env": "source activate deep",
      "resources": {
        "time": "2-00:00:00",
        "account": "myproject",
        "partition": "big-gpu",
        "gres": "gpu:p100:1",
        "mem": "8000"
      }
    },
    "cpu": {
      "env": "source activate deep",
      "resources": {
        "time": "4-00:00:00",
        "account": "myproject",
        "partition": "big-mem",
        "mem": "16000"
      }
    }
  }
}"#;

#[test]
fn the_example_of_the_seed_is_read() {
    let config = config(SEED);
    let (support, device) = config.device("slurm", "gpu").unwrap();
    assert_eq!(
        (support.kind, device.env.as_slice()),
        (SupportKind::Slurm, &["source activate deep".to_owned()][..])
    );
    let directives: Vec<_> = device.resources.directives().collect();
    assert_eq!(
        directives,
        [
            "--time=2-00:00:00",
            "--account=myproject",
            "--partition=big-gpu",
            "--gres=gpu:p100:1",
            "--mem=8000"
        ]
    );
    let (support, device) = config.device("local", "cpu").unwrap();
    assert_eq!(support.kind, SupportKind::Local);
    assert!(device.resources.is_empty());
    assert_eq!(&SEED[device.at.clone()], "\"cpu\"");
}

#[test]
fn env_may_be_lines_a_list_or_nothing() {
    let config = config(
        r#"{"Slurm": {
            "a": {"env": "module load cuda\nsource x/bin/activate"},
            "b": {"env": ["module load cuda", "", "export A='1 2'"]},
            "c": {"env": ""}, "d": {"env": null}, "e": {"env": []}, "f": {}, "g": {"env": " \n"}
        }}"#,
    );
    let envs: Vec<_> = config.supports[0].devices.iter().map(|device| device.env.clone()).collect();
    assert_eq!(envs[0], ["module load cuda\nsource x/bin/activate"]);
    assert_eq!(envs[1], ["module load cuda", "export A='1 2'"]);
    assert!(envs[2..].iter().all(Vec::is_empty));
}

#[test]
fn every_kind_of_setting_is_read() {
    let config = config(
        r#"{"slurm": {"gpu": {"python": "python3.11", "resources": {
            "mem": 8000, "nice": 0.10, "hold": true, "exclusive": true, "reboot": false, "qos": null,
            "gres": ["gpu:1", "x:2"], "time": 60, "requeue": "expedite", "comment": "a b",
        }}}}"#,
    );
    let device = &config.supports[0].devices[0];
    assert_eq!(device.python.as_deref(), Some("python3.11"));
    let directives: Vec<_> = device.resources.directives().collect();
    assert_eq!(
        directives,
        [
            "--mem=8000",
            "--nice=0.10",
            "--hold",
            "--exclusive",
            "--gres=gpu:1",
            "--gres=x:2",
            "--time=60",
            "--requeue=expedite",
            "--comment=a b"
        ]
    );
    assert_eq!(device.resources.get("qos"), Some(&Setting::Omitted));
}

#[test]
fn a_support_of_another_name_says_what_it_is() {
    let config = config(
        r#"{"jeanzay": {"type": "slurm", "gpu": {"env": ""}}, "desk": {"gpu": {"env": ""}, "type": "Local"}}"#,
    );
    let kinds: Vec<_> = config.supports.iter().map(|support| (support.name.as_str(), support.kind)).collect();
    assert_eq!(kinds, [("jeanzay", SupportKind::Slurm), ("desk", SupportKind::Local)]);
    insta::assert_snapshot!(
        problems_in(r#"{"jeanzay": {"gpu": {"env": ""}}, "slrum": {"gpu": {"env": ""}}, "a": {"type": "slum"}, "local": {"type": "slurm"}, "b": {"type": 1}}"#),
        @r#"
        config.json:1:2: `jeanzay` is neither local nor slurm
          help: say which of them it is: `"jeanzay": {"type": "slurm", …}`
        config.json:1:35: `slrum` is neither local nor slurm
          help: did you mean `slurm`?
        config.json:1:80: a support of type `slum` is not known
          help: did you mean `slurm`?
        config.json:1:107: `local` is local by its name, not slurm
          help: give the support another name
        config.json:1:131: `type` must be `"slurm"` or `"local"`
        "#);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    insta::assert_snapshot!(problems_in(r#"{
  "slurm": {
    "gpu": {
      "enw": "x",
      "env": ["a", 1],
      "resources": {"tiem": "1:00", "mem": true, "time": "1h", "hold": "yes", "gres": {"gpu": 1}},
      "python": 3,
      "python": "p",
      "mem": "8G",
      "colour": 1
    },
    "cpu": "none",
    "env": "source x"
  },
  "local": []
}"#), @r#"
        config.json:4:7: a device has no `enw`
          help: did you mean `env`?
        config.json:5:20: a line of `env` must be a string, not a number
        config.json:6:21: there is no option `tiem`
          help: did you mean `time`?
        config.json:6:44: `mem` needs a value
          help: write `"mem": "…"`, or null to leave it out
        config.json:6:58: `1h` is not a time limit; `90` (minutes), `1:30:00`, `2-00:00:00`, `2-12` (days-hours) or `UNLIMITED` are
        config.json:6:72: `hold` is a flag and takes no value
          help: write `"hold": true`
        config.json:6:87: `gres` cannot be an object
          help: a string, a number, true, null, or a list of strings goes here
        config.json:7:17: `python` must name a program, not a number
          help: write `"python3.11"` or a path
        config.json:8:7: duplicate key `python`
          help: it is already there in line 7, column 7
        config.json:9:7: a device has no `mem`
          help: it belongs into `resources`
        config.json:10:7: a device has no `colour`
          help: `env`, `resources` and `python` are what a device has
        config.json:12:12: device `cpu` must be an object, not a string
          help: write `{"env": "", "resources": ""}`
        config.json:13:12: device `env` must be an object, not a string
          help: a device belongs around it: `"gpu": {"env": …}`
        config.json:15:12: support `local` must be an object of devices, not a list
          help: write `{"gpu": {"env": "", "resources": ""}}`
        "#);
}

#[test]
fn names_are_corrected() {
    insta::assert_snapshot!(in_resources(
        r#"{"--mem": "8G", "t": 1, "cpus_per_task": 4, "part": "x", "cpus": 1, "Account": "a", "array": "0-3", "w": 1, "walltime": 3, "": 1}"#
    ), @"
        config.json:2:2: `--mem` is not the long name of an option
          help: write `mem`
        config.json:2:17: `t` is not the long name of an option
          help: write `time`
        config.json:2:25: there is no option `cpus_per_task`
          help: write `cpus-per-task`
        config.json:2:45: there is no option `part`
          help: write `partition`
        config.json:2:58: `cpus` is the beginning of several options
          help: write one of `cpus-per-gpu`, `cpus-per-task`
        config.json:2:69: there is no option `Account`
          help: write `account`
        config.json:2:85: `array` is not set here: how often to run is said with `neurun --runs=N`, and with which parameters by `neusweep`
        config.json:2:101: `w` is not the long name of an option
          help: write `nodelist`
        config.json:2:109: there is no option `walltime`
          help: `sbatch --help` lists what there is
        config.json:2:124: there is no option ``
          help: `sbatch --help` lists what there is
        ");
}

#[test]
fn values_are_checked() {
    insta::assert_snapshot!(in_resources(
        r#"{"comment": "a\nb", "gres": ["a", null, ["b"]], "hold": ["x"], "time-min": ["1:00", "soon"]}"#
    ), @r#"
        config.json:2:13: the value of `comment` has a line break or a NUL in it, and a directive is one line
        config.json:2:35: a list repeats `gres` with strings or numbers, not null
        config.json:2:41: a list repeats `gres` with strings or numbers, not a list
        config.json:2:57: `hold` is a flag and takes no value
          help: write `"hold": true`
        config.json:2:85: `soon` is not a time limit; `90` (minutes), `1:30:00`, `2-00:00:00`, `2-12` (days-hours) or `UNLIMITED` are
        "#);
}

#[test]
fn a_string_of_options_is_shown_as_an_object() {
    insta::assert_snapshot!(in_resources(r#""--mem=8G -t 1""#), @r#"
        config.json:2:1: `resources` must be an object or empty, not a string
          help: write `{"mem": "8G", "time": "1"}`
        "#);
    insta::assert_snapshot!(in_resources(r#""8G please""#), @r#"
        config.json:2:1: `resources` must be an object or empty, not a string
          help: write `{"time": "1:00:00", "mem": "8G"}`
        "#);
    insta::assert_snapshot!(in_resources(r#"["--mem=8G"]"#), @r#"
        config.json:2:1: `resources` must be an object or empty, not a list
          help: write `{"mem": "8G"}`
        "#);
}

#[test]
fn options_of_a_plugin_are_asked_for_and_then_taken() {
    let text = r#"{"slurm": {"gpu": {"resources": {"container-image": "a.sqsh", "x11": true, "c": 4}}}}"#;
    let Err(ConfigError::Problems { problems, unknown_options }) = Config::read(&source(text), &[]) else {
        panic!("problems")
    };
    assert_eq!(problems.list.len(), 3);
    assert_eq!(unknown_options, ["container-image", "x11"]);
    let again = Config::read(&source(&text.replace(", \"c\": 4", "")), &unknown_options).unwrap();
    let directives: Vec<_> = again.supports[0].devices[0].resources.directives().collect();
    assert_eq!(directives, ["--container-image=a.sqsh", "--x11"]);
}

#[test]
fn a_local_support_has_words_of_its_own() {
    let text = r#"{"local": {"gpu": {"resources": {"jobs": 2, "gpus": 1, "gpu_memory": "8G", "time": "1:00:00", "mem": "4G", "cpus": 4, "partition": "x"}}}}"#;
    assert_eq!(config(text).supports[0].devices[0].resources.iter().count(), 7);
    assert!(problems_in(&text.replace("local", "slurm")).contains("`jobs`"));
}

#[test]
fn another_programs_file_is_named_as_such() {
    insta::assert_snapshot!(
        problems_in(r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "model_type": "llama", "rope_scaling": {"type": "linear", "factor": 2.0}, "vocab_size": 32000}"#),
        @"config.json is not a config of neuromanager: no device is in it, but `architectures`, `hidden_size`, `model_type`, `rope_scaling`, …");
    insta::assert_snapshot!(problems_in("[1, 2]"), @"config.json is not a config of neuromanager: it is not an object of supports and devices");
    assert_eq!(config("{}").supports, []);
    assert_eq!(config(r#"{"$schema": "x", "slurm": {}}"#).supports.len(), 1);
}

#[test]
fn a_syntax_error_is_a_problem_of_ours() {
    insta::assert_snapshot!(problems_in("{\"slurm\": {\"gpu\" {}}}"), @"config.json:1:18: a `:` is missing between key and value");
}

#[test]
fn names_are_found_exactly_or_without_case() {
    let config = config(r#"{"slurm": {"GPU": {}, "big": {}, "Big": {}}, "local": {}}"#);
    let chosen = |support, device| config.device(support, device).map(|(_, device)| device.name.as_str());
    assert_eq!(chosen("slurm", "gpu"), Ok("GPU"));
    assert_eq!(chosen("SLURM", "Big"), Ok("Big"));
    let errors = [
        ("slurm", "BIG"),
        ("slurm", "gpus"),
        ("slurm", "tpu9"),
        ("slrum", "gpu"),
        ("cloud", "x"),
        ("local", "x"),
    ]
    .map(|(support, device)| chosen(support, device).unwrap_err().to_string());
    insta::assert_snapshot!(errors.join("\n"), @"
        device `BIG` of `slurm` could be `big` or `Big`: write it exactly
        support `slurm` has no device `gpus`; did you mean `GPU`?
        support `slurm` has no device `tpu9`; there is `GPU`, `big`, `Big`
        there is no support `slrum`; did you mean `slurm`?
        there is no support `cloud`; there is `slurm`, `local`
        support `local` has no device `x`; there is none at all
        ");
}

fn words(text: &str) -> Vec<OsString> {
    text.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect()
}

fn overrides(text: &str) -> Result<Vec<String>, String> {
    let words = words(text);
    let (before, script) = split_at_script(&words);
    resource_words(SupportKind::Slurm, before, script, &[])
        .map(|resources| resources.directives().collect())
        .map_err(|problems| {
            let line = |problem: &WordProblem| {
                format!("{}; {}\n", problem.message, problem.help.as_deref().unwrap_or("no help"))
            };
            problems.0.iter().map(line).collect::<Vec<_>>().concat()
        })
}

#[test]
fn the_script_starts_at_the_first_word_without_a_dash() {
    for (text, before) in [
        ("--mem=64G --hold train.py --mem=1 -m x", 2),
        ("-m package.module --lr=1", 0),
        ("--mem=1 -m package", 1),
        ("train.py", 0),
        ("--hold", 1),
        ("", 0),
    ] {
        let words = words(text);
        let (options, script) = split_at_script(&words);
        assert_eq!((options.len(), script.len()), (before, words.len() - before), "{text}");
    }
    let empty_script = [OsString::from("--hold"), OsString::new()];
    assert_eq!(split_at_script(&empty_script).1.len(), 1);
}

#[test]
fn words_override_the_config() {
    assert_eq!(
        overrides("--mem=64G --time=1:00:00 --hold --exclusive --comment=a=b train.py").unwrap(),
        ["--mem=64G", "--time=1:00:00", "--hold", "--exclusive", "--comment=a=b"]
    );
    assert_eq!(
        overrides("--gres=a --gres=b --nice --nice=5 x").unwrap(),
        ["--gres=a", "--gres=b", "--nice=5"]
    );
}

#[test]
fn words_that_cannot_be_used_show_how_to_write_them() {
    let texts = [
        "--mem 64G train.py",
        "--mem --hold=yes train.py",
        "-t 1:00 train.py",
        "-c4 -H -p=x -? - -mem=8G -a0-3 -é x",
        "--cpus_per_task=4 --tiem=3 --part=x --cpus=1 --walltime=4 x",
        "--time=1h -- x",
        "--array=0-3 --wait x",
        "--",
    ];
    let report = texts.map(|text| format!("{text}\n{}", overrides(text).unwrap_err()));
    insta::assert_snapshot!(report.concat(), @"
        --mem 64G train.py
        `--mem` needs a value, joined with `=`; write `--mem=64G`
        --mem --hold=yes train.py
        `--mem` needs a value, joined with `=`; write `--mem=…`
        `--hold` is a flag and takes no value; write `--hold`
        -t 1:00 train.py
        `-t` is a short option; before the script only long ones are read; write `--time=1:00`
        -c4 -H -p=x -? - -mem=8G -a0-3 -é x
        `-c4` is a short option; before the script only long ones are read; write `--cpus-per-task=4`
        `-H` is a short option; before the script only long ones are read; write `--hold`
        `-p=x` is a short option; before the script only long ones are read; write `--partition=x`
        `-?` does not belong before the script; `sbatch --help` lists the options for here
        `-` does not belong before the script; `sbatch --help` lists the options for here
        `-mem=8G` is a short option; before the script only long ones are read; write `--mem=8G`
        `-a0-3` is not set here: how often to run is said with `neurun --runs=N`, and with which parameters by `neusweep`; no help
        `-é` does not belong before the script; `sbatch --help` lists the options for here
        --cpus_per_task=4 --tiem=3 --part=x --cpus=1 --walltime=4 x
        there is no option `--cpus_per_task`; write `--cpus-per-task=4`
        there is no option `--tiem`; did you mean `--time=3`?
        there is no option `--part`; write `--partition=x`
        `--cpus` is the beginning of several options; write one of `--cpus-per-gpu`, `--cpus-per-task`
        there is no option `--walltime`; `sbatch --help` lists what there is
        --time=1h -- x
        `1h` is not a time limit; `90` (minutes), `1:30:00`, `2-00:00:00`, `2-12` (days-hours) or `UNLIMITED` are; no help
        `--` does not belong before the script; options of the program come after it, as they are
        --array=0-3 --wait x
        `--array` is not set here: how often to run is said with `neurun --runs=N`, and with which parameters by `neusweep`; no help
        `--wait` is not set here: `neurun --wait` before the support stays until the end; no help
        --
        `--` does not belong before the script; options of the program come after it, as they are
        ");
}

#[cfg(unix)]
#[test]
fn bytes_that_are_not_utf8_are_refused_before_the_script_only() {
    use std::os::unix::ffi::OsStringExt;
    let odd = |start: &str| OsString::from_vec([start.as_bytes(), &[0xff]].concat());
    let words = [odd("--comment="), odd("train"), odd("--x")];
    let (before, script) = split_at_script(&words);
    assert_eq!(script, &words[1..]);
    assert_eq!(resource_words(SupportKind::Slurm, before, script, &[]).unwrap_err().0.len(), 1);
}

proptest! {
    #[test]
    fn any_file_is_read_or_explained(text in concat!(
        r#"\{("(local|slurm|slum|x)": (1|"y"|\{("(gpu|type|env)": (1|"slurm"|\{"#,
        r#"("(env|resources|python|time)": (null|1|""|"-t 1"|\["a",1\]|\{"(mem|t|hold|time|jobs)": (1|true|\[\]|\{\})\}),?){0,2}"#,
        r#"\}),?){0,2}\}),?){0,2}\}"#
    )) {
        match Config::read(&source(&text), &[]) {
            Ok(config) => prop_assert!(config.supports.len() <= 2),
            Err(error) => prop_assert!(!plain(&error).is_empty()),
        }
    }
}

#[test]
fn what_a_local_device_asks_is_checked_value_by_value() {
    insta::assert_snapshot!(problems_in(r#"{"local": {
        "gpu": {"resources": {"jobs": 0, "gpus": "p100:1", "gpu_memory": "10GB", "time": "soon"}},
        "cpu": {"resources": {"mem": ["8G", "lots"], "cpus": 1.5, "cpus-per-task": "x", "job": 2, "account": 1}},
        "old": {"resources": "--jobs=2 --mem=4G"}
    }}"#), @r#"
    config.json:2:39: `0` is not a count; a whole number from 1 is
    config.json:2:50: `p100:1` is not a number of GPUs; `1`, `2` and `0.5` are
    config.json:2:74: `10GB` is not an amount of memory; `8G`, `500M` and `8000` (megabytes) are
    config.json:2:90: `soon` is not a time limit; `90` (minutes), `1:30:00`, `2-00:00:00`, `2-12` (days-hours) or `UNLIMITED` are
    config.json:3:45: `lots` is not an amount of memory; `8G`, `500M` and `8000` (megabytes) are
    config.json:3:62: `1.5` is not a count; a whole number from 1 is
    config.json:3:84: `x` is not a count; a whole number from 1 is
    config.json:3:89: there is no option `job`
      help: did you mean `jobs`?
    config.json:4:30: `resources` must be an object or empty, not a string
      help: write `{"jobs": "2", "mem": "4G"}`
    "#);
}
