//! Where the configuration and the store are looked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::kit::{Tool, World};

fn config(word: &str) -> String {
    format!(r#"{{"local": {{"cpu": {{"env": "export WHICH={word}", "resources": ""}}}}}}"#)
}

/// A world whose script prints which configuration was used.
fn world() -> World {
    let world = World::new();
    for folder in ["", "sub/", "sub/deep/"] {
        world.file(format!("{folder}t.py"), "import os; print(os.environ.get('WHICH'))");
    }
    world
}

#[test]
fn the_option_the_variable_here_above_and_the_user_s_in_that_order() {
    let world = world();
    world.file("sub/option.json", config("option"));
    world.file("sub/variable.json", config("variable"));
    world.file("sub/deep/config.json", config("here"));
    world.file("config.json", config("above"));
    world.file(world.home().join(".config/neuromanager/config.json"), config("user"));
    fs::create_dir(world.path(".git")).unwrap();
    let run = |words: &str, variable: &str| {
        let line = world.tool(Tool::Neurun, words.split(' ')).within("sub/deep");
        line.env("NEU_CONFIG", variable).run()
    };
    assert_eq!(
        run("--config=../option.json local cpu t.py", "../variable.json").succeeded().stdout,
        "option\n"
    );
    assert_eq!(run("local cpu t.py", "../variable.json").succeeded().stdout, "variable\n");
    assert_eq!(run("local cpu t.py", "").succeeded().stdout, "here\n");
    fs::remove_file(world.path("sub/deep/config.json")).unwrap();
    assert_eq!(run("local cpu t.py", "").succeeded().stdout, "above\n");
    fs::remove_file(world.path("config.json")).unwrap();
    assert_eq!(run("local cpu t.py", "").succeeded().stdout, "user\n");
    let xdg = world.file("xdg/neuromanager/config.json", config("xdg"));
    let xdg = xdg.parent().unwrap().parent().unwrap().to_owned();
    let line = world.tool(Tool::Neurun, ["local", "cpu", "t.py"]).env("XDG_CONFIG_HOME", xdg);
    assert_eq!(line.run().succeeded().stdout, "xdg\n");
    for (words, variable) in [("--config=none.json local cpu t.py", ""), ("local cpu t.py", "none.json")] {
        let outcome = run(words, variable).exited(2);
        assert!(outcome.stderr.contains("none.json"), "{}", outcome.stderr);
    }
}

#[test]
fn a_model_s_config_here_is_passed_over_for_ours_above() {
    let world = world();
    fs::create_dir(world.path(".git")).unwrap();
    world.file("config.json", config("above"));
    world.file("sub/config.json", r#"{"architectures": ["Bert"], "hidden_size": 7}"#);
    let line = world.tool(Tool::Neurun, ["local", "cpu", "t.py"]).within("sub");
    assert_eq!(line.run().succeeded().stdout, "above\n");
}

#[test]
fn a_config_above_the_repository_is_none() {
    let world = world();
    world.file("config.json", config("outside"));
    fs::create_dir(world.path("sub/.git")).unwrap();
    let line = world.tool(Tool::Neurun, ["local", "cpu", "t.py"]).within("sub/deep");
    line.run().exited(2);
}

#[test]
fn the_store_is_at_the_repository_s_root_else_here() {
    let world = world();
    world.file("sub/deep/config.json", config("x"));
    world.tool(Tool::Neurun, ["local", "cpu", "t.py"]).within("sub/deep").run().succeeded();
    assert!(world.path("sub/deep/.neu/launches/1").is_dir());
    let world = self::world();
    world.file("sub/deep/config.json", config("x"));
    fs::create_dir(world.path(".git")).unwrap();
    world.tool(Tool::Neurun, ["local", "cpu", "t.py"]).within("sub/deep").run().succeeded();
    assert!(world.path(".neu/launches/1").is_dir());
    let listed = world.tool(Tool::Neu, ["status"]).within("sub").run().succeeded();
    assert!(listed.stdout.contains("1 succeeded"), "{}", listed.stdout);
}

#[test]
fn neu_dir_overrides_the_store() {
    let world = world();
    world.file("config.json", config("x"));
    let run = |value: &str| world.tool(Tool::Neurun, ["local", "cpu", "t.py"]).env("NEU_DIR", value).run();
    run("elsewhere/deep").succeeded();
    assert!(world.path("elsewhere/deep/launches/1/launch.json").is_file());
    let absolute = world.root().join("tmp/store");
    run(&absolute.display().to_string()).succeeded();
    assert!(absolute.join("launches/1/launch.json").is_file());
    assert!(!world.store().exists());
    let listed = world.tool(Tool::Neu, ["status", "1", "--json"]).env("NEU_DIR", &absolute).run().succeeded();
    assert_eq!(listed.json()["launch"]["path"], absolute.join("launches/1").display().to_string());
}

#[test]
fn the_store_is_private_and_out_of_git_s_sight() {
    let world = crate::local_world();
    world
        .bash("git init -q . && git add -A && git -c user.name=a -c user.email=b@c commit -qm x")
        .succeeded();
    world.bash("umask 0; neurun local cpu argv.py").succeeded();
    let mode = |path: &str| fs::metadata(world.store().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    assert_eq!(fs::read_to_string(world.store().join(".gitignore")).unwrap(), "*\n");
    assert_eq!(world.bash("git status --porcelain").succeeded().stdout, "");
    let git = world.status("1")["launch"]["git"].clone();
    assert_eq!(git["dirty"], false, "{git}");
    assert_eq!(git["commit"].as_str().unwrap().len(), 40);
}

#[test]
fn views_of_a_folder_without_a_store_make_none() {
    let world = World::new();
    let before = world.listing();
    insta::assert_snapshot!(world.tidy(&world.neu("status").succeeded().stderr), @r"no launches in [WORLD]/project/.neu");
    assert_eq!(world.neu("status --json").succeeded().json()["launches"], serde_json::json!([]));
    for line in ["status 1", "logs 1", "wait 1", "cancel 1", "status 1.2", "status slurm:7", "logs slurm:7_1"]
    {
        world.neu(line).exited(2);
    }
    assert_eq!(world.listing(), before);
}
