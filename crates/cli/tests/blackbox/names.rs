//! The names of runs: what a program is told, what tables and logs say, what is kept.

use serde_json::{Value, json};

use crate::kit::{Tool, World};
use crate::local_world;

const SAY: &str = "echo name=$NEU_RUN_NAME; test ! -e fail\n";

fn world(params: &str) -> World {
    let world = local_world();
    world.file("say.sh", SAY);
    world.file("params.json", params);
    world
}

fn names(world: &World, id: &str) -> Vec<String> {
    let runs = world.status(id)["runs"].clone();
    let name = |run: &Value| run["name"].as_str().unwrap_or_default().to_owned();
    runs.as_array().map(|runs| runs.iter().map(name).collect()).unwrap_or_default()
}

#[test]
fn a_program_a_table_and_logs_have_the_same_name() {
    let world = world(r#"{"lr": [0.1, 1e-4], "opt.name": ["adam"], "model.layers": [4, 8]}"#);
    let printed = world.neusweep("neurun local cpu say.sh").succeeded().stdout;
    assert_eq!(printed, "name=lr0.1-layers4\nname=lr0.1-layers8\nname=lr1e-4-layers4\nname=lr1e-4-layers8\n");
    assert_eq!(names(&world, "1"), ["lr0.1-layers4", "lr0.1-layers8", "lr1e-4-layers4", "lr1e-4-layers8"]);
    insta::assert_snapshot!(world.table(&world.neu("status 1.0-1").succeeded().stdout), @"
    launch 1 say on local/cpu: 4 succeeded
    bash say.sh

    RUN  NAME  lr  opt.name  model.layers  STATE  DURATION  NODE  EXIT
    1.0  lr0.1-layers4  0.1  adam  4  succeeded  [SECONDS]  [HOST]  0
    1.1  lr0.1-layers8  0.1  adam  8  succeeded  [SECONDS]  [HOST]  0
    ");
    insta::assert_snapshot!(world.neu("logs -f 1.0-1").succeeded().stdout, @"
    1.0 lr0.1-layers4 | name=lr0.1-layers4
    1.1 lr0.1-layers8 | name=lr0.1-layers8
    ");
    let shown = world.neu("show 1.3").succeeded().stdout;
    assert!(shown.contains("run name    lr1e-4-layers8\n"), "{shown}");
}

#[test]
fn a_launch_without_parameters_names_its_runs_after_itself() {
    let world = world("");
    let said = world.neurun("--runs=2 --name=mine local cpu say.sh").succeeded().stdout;
    assert_eq!(said, "name=mine-r0\nname=mine-r1\n");
    let table = world.neu("status 1").succeeded().stdout;
    assert!(table.contains("\nRUN  REPEAT  STATE"), "{table}");
    assert_eq!(
        world.neu("logs 1.0 1.1").succeeded().stdout,
        "==> 1.0 <==\nname=mine-r0\n\n==> 1.1 <==\nname=mine-r1\n"
    );
}

#[test]
fn labels_stand_in_tables_and_names_and_values_reach_the_program() {
    let world = world(
        r#"{"model": [{"value": "/scratch/somebody/models/v7/large.pt", "label": "large"}, "tiny"], "lr": [{"value": 0.1, "label": "high"}]}"#,
    );
    world.neusweep("neurun local cpu argv.py").succeeded();
    insta::assert_snapshot!(world.table(&world.neu("status 1").succeeded().stdout), @"
    launch 1 argv on local/cpu: 2 succeeded
    python argv.py

    RUN  NAME  model  lr  STATE  DURATION  NODE  EXIT
    1.0  model-large  large  high  succeeded  [SECONDS]  [HOST]  0
    1.1  model-tiny  tiny  high  succeeded  [SECONDS]  [HOST]  0
    ");
    let run = world.status("1")["runs"][0].clone();
    assert_eq!(run["name"], "model-large");
    assert_eq!(run["labels"], json!({"lr": "high", "model": "large"}));
    assert_eq!(run["params"]["model"], "/scratch/somebody/models/v7/large.pt");
    assert_eq!(run["argv"][2], "--model=/scratch/somebody/models/v7/large.pt");
    let shown = world.neu("show 1.0").succeeded().stdout;
    assert!(shown.contains("parameter   model = /scratch/somebody/models/v7/large.pt (large)\n"), "{shown}");
    world.neu("rerun 1.0").succeeded();
    assert_eq!(world.status("2")["runs"][0]["labels"], json!({"lr": "high", "model": "large"}));
}

#[test]
fn a_template_chooses_what_a_name_has() {
    let world = world(r#"{"model": ["a/b", "c"], "lr": [0.1, 0.2]}"#);
    let sweep = |template: &str| {
        let words = ["--name-template", template, "neurun", "local", "cpu", "say.sh"];
        world.tool(Tool::Neusweep, words).run()
    };
    sweep("{model}-{lr}").succeeded();
    assert_eq!(names(&world, "1"), ["a_b-0.1", "a_b-0.2", "c-0.1", "c-0.2"]);
    sweep("run of {model}").succeeded();
    assert_eq!(names(&world, "2"), ["run_of_a_b-0", "run_of_a_b-1", "run_of_c-2", "run_of_c-3"]);
    insta::assert_snapshot!(sweep("{modle}-{lr").exited(2).stderr, @"
    error: `modle` is not swept
     --> --name-template:1:1
      |
    1 | {modle}-{lr
      | ^^^^^^^
      |
    help: did you mean `{model}`?

    error: this `{` is not closed
     --> --name-template:1:9
      |
    1 | {modle}-{lr
      |         ^^^

    error: 2 problems in --name-template
    ");
    assert!(world.neu("status 3").exited(2).stdout.is_empty());
}

#[test]
fn retries_and_reruns_keep_names() {
    let world = world(r#"{"x": [1, 2, 3]}"#);
    world.file("fail", "");
    world.neusweep("neurun local cpu say.sh").exited(1);
    std::fs::remove_file(world.path("fail")).unwrap();
    world.neu("retry 1.1").succeeded();
    assert_eq!(world.log("1.1"), "name=x2\n");
    world.neu("rerun 1.2").succeeded();
    assert_eq!((names(&world, "2"), world.log("2.0")), (vec!["x3".to_owned()], "name=x3\n".to_owned()));
}

#[test]
fn a_run_does_not_inherit_the_name_of_another() {
    let world = world("");
    let outcome = world.tool(Tool::Neurun, ["local", "cpu", "say.sh"]).env("NEU_RUN_NAME", "outer").run();
    assert_eq!(outcome.succeeded().stdout, "name=say\n");
}

#[test]
fn a_launch_of_an_earlier_version_has_no_names_and_works() {
    let world = world(r#"{"x": [1, 2]}"#);
    world.neusweep("neurun local cpu say.sh").succeeded();
    let plan = world.store().join("launches/1/runs.jsonl");
    let text = std::fs::read_to_string(&plan).unwrap();
    assert!(text.starts_with(r#"{"run":0,"repeat":0,"name":"x1","params":{"x":1},"#), "{text}");
    // Each line keeps its length, as the index has it.
    std::fs::write(&plan, text.replace(r#""name":"#, r#""nope":"#)).unwrap();
    insta::assert_snapshot!(world.table(&world.neu("status 1").succeeded().stdout), @"
    launch 1 say on local/cpu: 2 succeeded
    bash say.sh

    RUN  x  STATE  DURATION  NODE  EXIT
    1.0  1  succeeded  [SECONDS]  [HOST]  0
    1.1  2  succeeded  [SECONDS]  [HOST]  0
    ");
    assert_eq!(world.status("1")["runs"][0]["name"], Value::Null);
    assert_eq!(world.neu("logs 1.0").succeeded().stdout, "name=x1\n");
    let again = world.tool(Tool::Neu, ["rerun", "1.0"]).env("NEU_RUN_NAME", "outer").run().succeeded();
    assert_eq!(again.stdout, "name=\n");
}

#[test]
fn a_table_without_room_has_no_names() {
    let world = world(r#"{"x": [1, 2]}"#);
    world.neusweep("neurun local cpu say.sh").succeeded();
    let long = json!({"text": ["word".repeat(20)], "y": [1, 2]});
    world.file("params.json", long.to_string());
    world.neusweep("neurun local cpu say.sh").succeeded();
    let shown = |id: &str| {
        world.tool(Tool::Neu, ["status", id]).on_terminal().wait().succeeded().stdout.replace("\r\n", "\n")
    };
    let (short, long) = (shown("1"), shown("2"));
    assert!(short.contains("\nRUN  NAME  x  STATE"), "{short}");
    assert!(long.contains("\nRUN  text ") && long.contains("wordword…"), "{long}");
    assert!(world.neu("status 2").succeeded().stdout.contains("\nRUN  NAME  text"));
}
