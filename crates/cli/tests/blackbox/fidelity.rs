//! What the user wrote is what the program gets, byte for byte.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::kit::{Tool, arguments};
use crate::local_world;

fn nasty() -> Vec<OsString> {
    let mut words: Vec<OsString> = [
        "two words",
        "  ",
        "it's",
        "\"both\" 'kinds'",
        "$HOME",
        "${HOME}",
        "`id`",
        "$(id)",
        "\\",
        "a\\nb",
        "\\\\",
        "*",
        "?",
        "[a-z]",
        ";",
        "&&",
        "|",
        ">",
        "<x",
        "new\nline",
        "\n",
        "tab\there",
        "",
        "-",
        "--",
        "-n",
        "--runs=7",
        "ünïcödé",
        "日本語",
        "🦀",
        "e\u{301}",
        "\u{feff}",
        "#",
        "!!",
        "~",
        "%s",
        "%",
        "{}",
        "{\"utf8\": 1}",
        "\r",
        "\x1b[31m",
        "\x01",
        "\x7f",
        "a=b",
        "=",
        "\u{2028}",
        "null",
        "{\"bytes\":\"ff\"}",
    ]
    .iter()
    .map(OsString::from)
    .collect();
    words.push(OsString::from_vec(b"\xff\xfe".to_vec()));
    words.push(OsString::from_vec(b"caf\xe9 $x \x80\n'".to_vec()));
    words.push(OsString::from_vec((1..=255).collect()));
    words
}

#[test]
fn every_byte_arrives_in_one_run() {
    let world = local_world();
    let words = ["local", "cpu", "argv.py"].iter().map(OsString::from).chain(nasty());
    let outcome = world.tool(Tool::Neurun, words).run().succeeded();
    assert_eq!(arguments(&outcome.stdout_bytes), nasty());
    assert_eq!(arguments(&world.log_bytes("1.0")), nasty());
}

#[test]
fn every_byte_arrives_after_an_env_and_from_a_sweep() {
    let world = crate::world_with_env(r#""export A='b c'""#);
    let texts: Vec<String> = nasty().into_iter().filter_map(|word| word.into_string().ok()).collect();
    world.file("params.json", serde_json::json!({"v": texts}).to_string());
    let words = ["neurun", "local", "cpu", "argv.py"].iter().map(OsString::from).chain(nasty());
    world.tool(Tool::Neusweep, words).run().succeeded();
    for (run, text) in texts.iter().enumerate() {
        let mut wanted = nasty();
        wanted.push(format!("--v={text}").into());
        let status = world.store().join(format!("launches/1/logs/{run}.1.out"));
        assert_eq!(arguments(&std::fs::read(status).unwrap()), wanted, "run {run}");
    }
}

#[test]
fn a_hundred_kilobytes_arrive() {
    let world = local_world();
    let long = "long ".repeat(20_000) + "end";
    let outcome = world.tool(Tool::Neurun, ["local", "cpu", "argv.py", &long, "x"]).run().succeeded();
    assert_eq!(arguments(&outcome.stdout_bytes), [long.as_str(), "x"]);
    world.file("params.json", serde_json::json!({"v": [long]}).to_string());
    let outcome = world.neusweep("neurun local cpu argv.py").succeeded();
    assert_eq!(arguments(&outcome.stdout_bytes), [OsString::from(format!("--v={long}"))]);
}

#[test]
fn the_longest_argument_that_linux_takes_arrives_and_a_longer_one_is_refused_before_anything_starts() {
    let world = local_world();
    let fits = "x".repeat(131_071 - "--v=".len());
    world.file("params.json", serde_json::json!({"v": [fits]}).to_string());
    let outcome = world.neusweep("neurun local cpu argv.py").succeeded();
    assert_eq!(arguments(&outcome.stdout_bytes), [OsString::from(format!("--v={fits}"))]);
    world.file("params.json", serde_json::json!({"v": ["short", format!("{fits}x")]}).to_string());
    let outcome = world.neusweep("neurun local cpu argv.py").exited(2);
    insta::assert_snapshot!(outcome.stderr, @r"error: an argument of 131072 bytes (`--v=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`) is longer than Linux passes to a program (131071 bytes); write the value to a file and pass its path");
    world.neusweep("--dry-run neurun local cpu argv.py").exited(2);
    assert_eq!(world.neu("status --json").json()["launches"].as_array().unwrap().len(), 1);
}

#[test]
fn too_much_together_is_refused_before_anything_starts() {
    let world = local_world();
    let each = "y".repeat(100_000);
    let params: serde_json::Map<String, serde_json::Value> =
        (0..25).map(|n| (format!("p{n}"), serde_json::json!([each]))).collect();
    world.file("params.json", serde_json::Value::Object(params).to_string());
    let outcome = world.neusweep("neurun local cpu argv.py").exited(2);
    insta::assert_snapshot!(outcome.stderr, @r"error: the arguments of a run are 2500180 bytes together, more than Linux passes to a program (1966080 bytes); write the values to a file and pass its path");
    assert!(!world.store().exists());
}

#[test]
fn the_record_tells_what_was_no_text() {
    let world = local_world();
    let word = OsString::from_vec(b"\xff x".to_vec());
    let words = ["local", "cpu", "argv.py"].iter().map(OsString::from).chain([word]);
    world.tool(Tool::Neurun, words).run().succeeded();
    insta::assert_snapshot!(world.status("1")["runs"][0]["argv"], @r#"["python","argv.py",{"bytes":"ff2078"}]"#);
    world.neu("status 1").succeeded();
}

#[test]
fn a_folder_whose_name_is_no_text_works() {
    let world = local_world();
    let folder = OsString::from_vec(b"caf\xe9 'x' $y\n".to_vec());
    let folder = world.folder().join(folder);
    std::fs::create_dir(&folder).unwrap();
    for name in ["config.json", "argv.py"] {
        std::fs::copy(world.path(name), folder.join(name)).unwrap();
    }
    let outcome =
        world.tool(Tool::Neurun, ["local", "cpu", "argv.py", "x"]).within(&folder).run().succeeded();
    assert_eq!(arguments(&outcome.stdout_bytes), ["x"]);
    let status = world.tool(Tool::Neu, ["status", "1", "--json"]).within(&folder).run().succeeded();
    assert_eq!(status.json()["runs"][0]["state"], "succeeded");
    world.tool(Tool::Neu, ["logs", "1"]).within(&folder).run().succeeded();
}
