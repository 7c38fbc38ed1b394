//! `neu show`: all that is known of a run or a launch.

use crate::kit::Tool;
use crate::local_world;

#[test]
fn a_run_and_a_launch_are_shown_whole_and_without_escapes() {
    let world = local_world();
    world.file("params.json", r#"{"lr": [0.10], "name": ["a b"]}"#);
    world.file("t.sh", "exit 3");
    let words = ["neurun", "local", "cpu", "t.sh", "x\u{1b}[31m\ny"];
    world.tool(Tool::Neusweep, words).run().exited(3);
    let run = world.neu("show 1.0").succeeded().stdout;
    assert!(!run.contains('\u{1b}'), "{run:?}");
    for said in [
        "run         1.0\n",
        "state       failed\n",
        "exit        code 3\n",
        "argv        bash t.sh $'x\\x1b[31m\\x0ay' '--lr=0.10' '--name=a b'\n",
        "parameter   lr = 0.10\n",
        "logs/0.1.out\n",
    ] {
        assert!(run.contains(said), "{said:?} in {run}");
    }
    let launch = world.neu("show 1").succeeded().stdout;
    assert!(
        launch.contains("runs        1: 1 failed\n") && launch.contains("submission  0: runs 0"),
        "{launch}"
    );
    let json = world.neu("show 1.0 --json").succeeded().json();
    assert_eq!(json["launches"][0]["runs"][0]["exit_code"], 3);
}
