//! The env of a device inside a job: what it brings, and what becomes of a run whose env is broken.

use std::fs;

use serde_json::json;

use crate::cluster::Cluster;
use crate::desk::{Desk, assert_says};

/// A broken env: its lines, the line that is shown, and a part of what it printed.
const BROKEN: [(&[&str], &str, &str); 5] = [
    (&["echo fine", "conda activate nope"], "conda activate nope", "conda: not found"),
    (&["true\necho before the end; false"], "echo before the end; false", "before the end"),
    (&["if true; then"], "if true; then", "syntax error"),
    (&["echo leaving; exit 0"], "echo leaving; exit 0", "ended the shell with exit code 0"),
    (&["source ./no-such-file"], "source ./no-such-file", "No such file"),
];

#[test]
fn the_script_of_a_broken_env_never_starts_and_the_line_is_shown() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let mut launches = Vec::new();
    for (env, line, printed) in BROKEN {
        desk.configure(env, &json!({"mem": "100"}));
        launches.push((desk.launch("slurm cpu train.py"), line, printed));
    }
    desk.configure(&["echo nope >&2; false"], &json!({"mem": "100"}));
    launches.push((desk.launch("--runs=2 slurm cpu train.py"), "echo nope >&2; false", "nope"));
    for (launch, line, printed) in launches {
        assert_eq!(launch.wait(), 1);
        let run = launch.run(0);
        assert_eq!((&run["state"], &run["attempt"]), (&"env-failed".into(), &1.into()), "{run}");
        let cause = run["cause"].as_str().unwrap();
        for text in
            [cause, &launch.table(), &launch.log(0), &desk.neu(&format!("logs {}.0", launch.id)).stdout]
        {
            assert_says(text, [line, printed]);
        }
        assert!(launch.states().iter().all(|state| state == "env-failed"));
    }
    assert!(desk.records().is_empty(), "{:?}", desk.records());
}

#[test]
fn a_run_sees_exports_a_venv_and_modules() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let world = &desk.world;
    world.command("python3", ["-m", "venv", "--without-pip", "venv"]).run().succeeded();
    world.file("modules/deep/1.0", "#%Module1.0\nsetenv DEEP_VERSION 1.0\nprepend-path PATH /opt/deep/bin\n");
    world.file(
        "look.py",
        "import os, sys\nprint(sys.prefix)\nfor name in ('EXPORTED', 'DEEP_VERSION', 'LOADEDMODULES', 'PATH'):\n    \
         print(name, os.environ.get(name))\nprint(os.getcwd())\n",
    );
    fs::create_dir(world.path("inner")).unwrap();
    let env = [
        "export EXPORTED='two words'",
        "source venv/bin/activate",
        "module use $PWD/modules",
        "module load deep/1.0",
        "cd inner",
        "umask 027",
    ];
    desk.configure(&env, &json!({"mem": "100"}));
    // A shell in which `module` is no function, and nothing else of the package is known.
    let has_module = world.command("bash", ["-c", "declare -F module"]).run();
    assert_ne!(has_module.code, 0);
    // The run starts where the env went, as it would in a script.
    let launch = desk.launch(&format!("slurm cpu {}", world.path("look.py").display()));
    assert_eq!(launch.wait(), 0, "{}", launch.table());
    let log = launch.log(0);
    let venv = world.path("venv").display().to_string();
    let inner = world.path("inner").display().to_string();
    assert_says(
        &log,
        [
            venv.as_str(),
            "EXPORTED two words",
            "DEEP_VERSION 1.0",
            "LOADEDMODULES deep/1.0",
            "/opt/deep/bin",
            &inner,
        ],
    );
    assert_eq!(log.lines().next(), Some(venv.as_str()));
}

#[test]
fn a_run_whose_folder_is_gone_never_starts_and_nothing_of_its_env_is_executed() {
    let Some(cluster) = Cluster::shared() else { return };
    let desk = Desk::on(&cluster);
    let world = &desk.world;
    let activated = world.root().join("activated");
    desk.configure(&[&format!("pwd >>{}", activated.display())], &json!({"mem": "100"}));
    fs::create_dir(world.path("inner")).unwrap();
    // slurmd goes on in /tmp, where the script would be found.
    let script = world.path("train.py").display().to_string();
    let launch = desk.launch(&format!("--runs=2 slurm cpu --hold --chdir=inner {script}"));
    fs::rename(world.path("inner"), world.path("moved")).unwrap();
    desk.slurm(&format!("scontrol release {}", launch.job()));
    assert_eq!(launch.wait(), 1);
    let run = launch.run(1);
    assert_eq!((&run["state"], &run["class"]), (&"failed".into(), &"never-started".into()), "{run}");
    let cause = format!(
        "cannot go to the folder `{}` that it starts in: No such file or directory",
        world.path("inner").display()
    );
    assert_says(run["cause"].as_str().unwrap(), [cause.as_str()]);
    assert_says(&launch.log(1), [cause.as_str()]);
    assert!(desk.records().is_empty() && !activated.exists());
    fs::rename(world.path("moved"), world.path("inner")).unwrap();
    desk.neu("retry 1").succeeded();
    desk.slurm(&format!("scontrol release {}", launch.jobs()[1]));
    assert_eq!(launch.wait(), 0);
    assert_eq!(launch.states(), ["succeeded", "succeeded"]);
    let inner = world.path("inner").display().to_string();
    assert_eq!(fs::read_to_string(activated).unwrap(), format!("{inner}\n{inner}\n"));
}
