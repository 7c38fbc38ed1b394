//! params.json: what each value becomes, and what is wrong with a file.

use crate::kit::{Tool, World};

/// The listing of a sweep over `params`.
fn listing(params: &str) -> String {
    let world = World::new();
    world.file("params.json", params);
    world.file("t.py", "");
    world.neusweep("--dry-run t.py").succeeded().stdout
}

#[test]
fn numbers_keep_their_text() {
    let numbers =
        "0.001, 1e-4, 0.10, 12345678901234567890, -0, -0.0, 1E+5, 1.0, 100000000000000000000000000000.5e-300";
    let listing = listing(&format!(r#"{{"x": [{numbers}]}}"#));
    let wanted: String = numbers.split(", ").map(|number| format!("python t.py --x={number}\n")).collect();
    assert_eq!(listing, wanted);
}

#[test]
fn every_kind_of_value_becomes_what_python_expects() {
    let params = r#"{
        // a comment
        "flag": [true, false, null],
        "fixed": "one value",
        "number": 7,
        "shape": [[1, 2.50, {"a": null, "b": "c d"}]],
        "table": [{"deep": [1]}],
        "same": [1, 1],
    }"#;
    insta::assert_snapshot!(listing(params), @r#"
    python t.py --flag=True '--fixed=one value' --number=7 '--shape=[1,2.50,{"a":null,"b":"c d"}]' '--table={"deep":[1]}' --same=1
    python t.py --flag=True '--fixed=one value' --number=7 '--shape=[1,2.50,{"a":null,"b":"c d"}]' '--table={"deep":[1]}' --same=1
    python t.py --flag=False '--fixed=one value' --number=7 '--shape=[1,2.50,{"a":null,"b":"c d"}]' '--table={"deep":[1]}' --same=1
    python t.py --flag=False '--fixed=one value' --number=7 '--shape=[1,2.50,{"a":null,"b":"c d"}]' '--table={"deep":[1]}' --same=1
    python t.py '--fixed=one value' --number=7 '--shape=[1,2.50,{"a":null,"b":"c d"}]' '--table={"deep":[1]}' --same=1
    python t.py '--fixed=one value' --number=7 '--shape=[1,2.50,{"a":null,"b":"c d"}]' '--table={"deep":[1]}' --same=1
    "#);
}

#[test]
fn the_first_key_is_the_slowest_whatever_the_names() {
    let listing = listing(r#"{"z": [1, 2], "a": ["x", "y"], "10": [true]}"#);
    assert_eq!(
        listing,
        "python t.py --z=1 --a=x --10=True\npython t.py --z=1 --a=y --10=True\n\
         python t.py --z=2 --a=x --10=True\npython t.py --z=2 --a=y --10=True\n"
    );
}

#[test]
fn mistakes_are_shown_at_their_place() {
    let mut told = String::new();
    for (what, params) in [
        ("an empty list", "{\n  \"lr\": [0.1],\n  \"layers\": []\n}\n"),
        ("twice", "{\n  \"lr\": [0.1],\n  \"lr\": [1]\n}\n"),
        ("a list", "[1, 2]\n"),
        ("an empty object", "{}"),
        ("an object for a list", "{\"lr\": {\"a\": 1}}"),
        ("a number", "7"),
        ("nothing", ""),
        ("only a comment", "// later\n"),
        ("cut", "{\n  \"lr\": [0.1, 0.2\n"),
        ("Python", "{'lr': [0.1]}"),
        ("True", "{\"lr\": [True]}"),
        ("NaN", "{\"lr\": [NaN, 1]}"),
        ("a bare decimal point", "{\"lr\": [.1, 1.]}"),
        ("an empty name", "{\"\": [1]}"),
        ("a name with =", "{\"a=b\": [1]}"),
        ("a name with a space", "{\"a b\": [1]}"),
        ("a name with dashes", "{\"--lr\": [1]}"),
        ("NUL", "{\"a\": [\"x\\u0000y\"]}"),
        ("two documents", "{\"a\": [1]} {\"b\": [2]}"),
        ("half a surrogate", "{\"a\": [\"\\ud800\"]}"),
    ] {
        let world = World::new();
        world.file("params.json", params);
        world.file("t.py", "");
        let outcome = world.neusweep("--dry-run t.py");
        told.push_str(&format!("# {what}\n{}{}exit {}\n\n", outcome.stdout, outcome.stderr, outcome.code));
    }
    insta::assert_snapshot!(told, @r#"
    # an empty list
    error: `layers` has no value
     --> params.json:3:13
      |
    3 |   "layers": []
      |             ^^
      |
    help: an empty list would leave nothing to run

    exit 2

    # twice
    error: duplicate key `lr`
     --> params.json:3:3
      |
    3 |   "lr": [1]
      |   ^^^^
      |
    help: it is already there in line 2, column 3

    exit 2

    # a list
    error: a sweep is an object or a list of objects, not a number
     --> params.json:1:2
      |
    1 | [1, 2]
      |  ^
      |
    help: write `{"lr": [0.1, 0.001], "layers": [4, 8, 16]}`

    exit 2

    # an empty object
    error: there is no parameter to sweep
     --> params.json:1:1
      |
    1 | {}
      | ^^
      |
    help: write `{"lr": [0.1, 0.001], "layers": [4, 8, 16]}`

    exit 2

    # an object for a list
    error: `lr` is set to an object that says no values
     --> params.json:1:8
      |
    1 | {"lr": {"a": 1}}
      |        ^^^^^^^^
      |
    help: an object of values has one of `values`, `value`, `range`, `linspace`, `logspace`, `file`, `glob`, `expr`, `uniform`, `loguniform`, `normal`, `lognormal`, `int`, `logint`, `choice`; an object as a value goes into a list: `[{"a": 1}]`

    exit 2

    # a number
    error: a sweep must be an object, not a number
     --> params.json:1:1
      |
    1 | 7
      | ^
      |
    help: write `{"lr": [0.1, 0.001], "layers": [4, 8, 16]}`

    exit 2

    # nothing
    error: the file is empty
     --> params.json:1:1
      |
    1 |
      | ^

    exit 2

    # only a comment
    error: the file is empty
     --> params.json:1:1
      |
    1 | // later
      | ^

    exit 2

    # cut
    error: this `[` is never closed
     --> params.json:2:9
      |
    2 |   "lr": [0.1, 0.2
      |         ^

    exit 2

    # Python
    error: a string needs double quotes
     --> params.json:1:2
      |
    1 | {'lr': [0.1]}
      |  ^

    exit 2

    # True
    error: `True` is not understood here
     --> params.json:1:9
      |
    1 | {"lr": [True]}
      |         ^^^^
      |
    help: write `true`

    exit 2

    # NaN
    error: JSON has no number `NaN`
     --> params.json:1:9
      |
    1 | {"lr": [NaN, 1]}
      |         ^^^
      |
    help: write it as text: `"NaN"`

    exit 2

    # a bare decimal point
    error: a number needs a digit on both sides of its point
     --> params.json:1:9
      |
    1 | {"lr": [.1, 1.]}
      |         ^
      |
    help: write `0.5` or `5.0`

    exit 2

    # an empty name
    error: a parameter needs a name
     --> params.json:1:2
      |
    1 | {"": [1]}
      |  ^^

    exit 2

    # a name with =
    error: `a=b` has a `=` in it, which ends a name in `--name=value`
     --> params.json:1:2
      |
    1 | {"a=b": [1]}
      |  ^^^^^

    exit 2

    # a name with a space
    error: `a b` has white space or a control character in it
     --> params.json:1:2
      |
    1 | {"a b": [1]}
      |  ^^^^^

    exit 2

    # a name with dashes
    error: `--lr` starts with a dash, and the dashes are added: `--name=value`
     --> params.json:1:2
      |
    1 | {"--lr": [1]}
      |  ^^^^^^
      |
    help: write `lr`

    exit 2

    # NUL
    error: an argument of a program cannot have a NUL in it
     --> params.json:1:8
      |
    1 | {"a": ["x\u0000y"]}
      |        ^^^^^^^^^^

    exit 2

    # two documents
    error: the document has ended before this
     --> params.json:1:12
      |
    1 | {"a": [1]} {"b": [2]}
      |            ^

    exit 2

    # half a surrogate
    error: this escape is half of a character
     --> params.json:1:9
      |
    1 | {"a": ["\ud800"]}
      |         ^^^^^^^
      |
    help: a surrogate needs its other half; or write the character itself

    exit 2
    "#);
}

#[test]
fn a_file_that_is_not_there_is_named_with_what_to_do() {
    let world = World::new();
    world.file("t.py", "");
    let outcome = world.neusweep("t.py").exited(2);
    insta::assert_snapshot!(outcome.stderr, @r#"
    error: cannot read the parameters `params.json`: No such file or directory (os error 2)
    hint: write one such as {"lr": [0.1, 0.01], "layers": [4, 8]}, name another with `--params FILE`, or say the values here: `--set lr=0.1,0.01`
    "#);
    let outcome = world.neusweep("-p grid/none.json t.py").exited(2);
    insta::assert_snapshot!(outcome.stderr, @r#"
    error: cannot read the parameters `grid/none.json`: No such file or directory (os error 2)
    hint: write one such as {"lr": [0.1, 0.01], "layers": [4, 8]}, name another with `--params FILE`, or say the values here: `--set lr=0.1,0.01`
    "#);
    world.file("grid.json", b"{\"a\": [\"\xff\"]}");
    let outcome = world.neusweep("--params=grid.json t.py").exited(2);
    insta::assert_snapshot!(outcome.stderr, @r#"
    error: cannot read the parameters `grid.json`: it is not UTF-8 text, see line 1
    hint: a parameter file is JSON, TOML or YAML, such as {"lr": [0.1, 0.01], "layers": [4, 8]}
    "#);
}

#[test]
fn another_file_can_be_named() {
    let world = World::new();
    world.file("t.py", "");
    world.file("grids/one.json", r#"{"a": [1]}"#);
    for line in [
        vec!["-p", "grids/one.json", "--dry-run", "t.py"],
        vec!["-pgrids/one.json", "--dry-run", "t.py"],
        vec!["--params", "grids/one.json", "--dry-run", "t.py"],
        vec!["--dry-run", "--params=grids/one.json", "t.py", "-p", "x"],
    ] {
        let outcome = world.tool(Tool::Neusweep, line.clone()).run().succeeded();
        assert!(outcome.stdout.ends_with("--a=1\n"), "{line:?}: {}", outcome.stdout);
    }
}

#[test]
fn a_byte_order_mark_and_windows_lines_are_fine() {
    assert_eq!(
        listing("\u{feff}{\r\n  \"a\": [1,\r\n 2]\r\n}\r\n"),
        "python t.py --a=1\npython t.py --a=2\n"
    );
}

#[test]
fn the_same_value_twice_is_two_runs() {
    let world = World::new();
    world.file("params.json", r#"{"a": [1, 1]}"#);
    world.file("t.py", "print('x')");
    let outcome = world.neusweep("t.py").succeeded();
    assert_eq!(outcome.stdout, "x\nx\n");
    assert_eq!(world.states("1"), ["succeeded", "succeeded"]);
}

#[test]
fn a_million_points_are_counted_without_being_made() {
    let world = World::new();
    let values: Vec<u32> = (0..100).collect();
    world.file("params.json", serde_json::json!({"a": values, "b": values, "c": values}).to_string());
    world.file("t.py", "");
    let outcome = world.bash("neusweep --dry-run t.py | head -1");
    assert_eq!(outcome.stdout, "python t.py --a=0 --b=0 --c=0\n");
    assert_eq!(outcome.stderr, "");
}

#[test]
fn braces_that_are_close_to_a_swept_name_are_left_and_told() {
    let world = World::new();
    world.file("params.json", r#"{"lr": [0.1, 0.2]}"#);
    let outcome = world.neusweep("--dry-run echo {lrr} ${x} {lrr}").succeeded();
    insta::assert_snapshot!(outcome.stdout, @r"
    echo '{lrr}' '${x}' '{lrr}' --lr=0.1
    echo '{lrr}' '${x}' '{lrr}' --lr=0.2
    ");
    insta::assert_snapshot!(outcome.stderr, @r"
    warning: `{lrr}` is left as it is, since `lrr` is not swept: did you mean `{lr}`?
    2 runs of echo
    ");
    assert_eq!(world.neusweep("-q --dry-run echo {lr}").succeeded().stderr, "");
}
