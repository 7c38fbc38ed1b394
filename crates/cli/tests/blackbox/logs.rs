//! `neu logs`: attempts, several runs, and schedulers that do not answer.

use crate::local_world;

#[test]
fn one_attempt_is_printed_and_a_missing_one_is_said() {
    let world = local_world();
    world.file("t.sh", "echo hello");
    world.neurun("--runs=2 local cpu t.sh").succeeded();
    assert_eq!(world.neu("logs 1.0 --attempt=1").succeeded().stdout, "hello\n");
    let missing = world.neu("logs 1.0 --attempt=2").exited(2);
    assert!(missing.stderr.contains("1.0 has no attempt 2"), "{}", missing.stderr);
    // A second attempt as its worker would have left it.
    std::fs::write(world.store().join("launches/1/logs/1.2.out"), "again\n").unwrap();
    let both = world.neu("logs 1 --attempt=2").succeeded();
    assert_eq!(both.stdout, "==> 1.1 attempt 2 <==\nagain\n");
    assert!(both.stderr.contains("1.0 has no attempt 2"), "{}", both.stderr);
    let json = world.neu("logs 1 --attempt=2 --json").succeeded().json();
    assert_eq!(json["logs"][0]["log"], serde_json::Value::Null);
    assert!(json["logs"][1]["log"].as_str().unwrap().ends_with("1.2.out"));
    world.neu("logs 1 --attempt=0").exited(2);
}

#[test]
fn several_runs_are_followed_with_their_ids_before_each_line() {
    let world = local_world();
    world.file("t.sh", "echo one; echo; printf end");
    world.neurun("--runs=2 local cpu t.sh").succeeded();
    let followed = world.neu("logs -f 1").succeeded().stdout;
    assert_eq!(followed, "1.0 | one\n1.0 | \n1.1 | one\n1.1 | \n1.0 | end\n1.1 | end\n");
    assert_eq!(world.neu("logs -f 1.1").succeeded().stdout, "one\n\nend");
}
