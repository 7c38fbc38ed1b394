//! What is said of a sweep on the command line: `--set` and its siblings, rows, samples, styles.

use std::fs;

use crate::kit::{Tool, World, arguments};
use crate::{local_world, scripted};

/// A folder with a script and nothing else.
fn bare() -> World {
    let world = World::new();
    world.file("t.py", "");
    world
}

/// The listing of a sweep that was typed in a shell.
fn listing(world: &World, options: &str) -> String {
    world.bash(&format!("neusweep --dry-run {options} t.py")).succeeded().stdout
}

/// What is said where something is wrong.
fn refusal(world: &World, options: &str) -> String {
    let outcome = world.bash(&format!("neusweep --dry-run {options} t.py")).exited(2);
    assert_eq!(outcome.stdout, "");
    outcome.stderr
}

#[test]
fn values_are_set_without_a_file() {
    let world = bare();
    insta::assert_snapshot!(listing(&world, "-s lr=0.1,0.01 --set=layers=4..16:4 -s wd=log:1e-5..1e-2:4 --where 'layers == 4'"), @r"
    python t.py --lr=0.1 --layers=4 --wd=1e-5
    python t.py --lr=0.1 --layers=4 --wd=0.0001
    python t.py --lr=0.1 --layers=4 --wd=0.001
    python t.py --lr=0.1 --layers=4 --wd=0.01
    python t.py --lr=0.01 --layers=4 --wd=1e-5
    python t.py --lr=0.01 --layers=4 --wd=0.0001
    python t.py --lr=0.01 --layers=4 --wd=0.001
    python t.py --lr=0.01 --layers=4 --wd=0.01
    ");
    insta::assert_snapshot!(
        listing(&world, r#"-s 'note="a,b",it'"'"'s $HOME,-1' -s 'shape=[[1, 2], [3]]' -s amp=true -s x=null"#),
        @r#"
    python t.py --note=a,b '--shape=[1,2]' --amp=True
    python t.py --note=a,b '--shape=[3]' --amp=True
    python t.py "--note=it's "'$HOME' '--shape=[1,2]' --amp=True
    python t.py "--note=it's "'$HOME' '--shape=[3]' --amp=True
    python t.py --note=-1 '--shape=[1,2]' --amp=True
    python t.py --note=-1 '--shape=[3]' --amp=True
    "#
    );
    assert!(!world.store().exists());
}

#[test]
fn what_is_listed_for_a_shell_is_what_a_shell_runs() {
    let world = local_world();
    let listed = world
        .bash(r#"neusweep --dry-run -s 'x="a b",'"'"'"q"'"'"',$HOME,`id`,*,"é\n;",=' -s 'y={"value": {"k": "it'"'"'s"}}' argv.py"#)
        .succeeded()
        .stdout;
    let run = world.bash(&listed).succeeded();
    let texts = ["a b", "\"q\"", "$HOME", "`id`", "*", "é\n;", "="];
    let expected = texts.map(|text| [format!("--x={text}"), r#"--y={"k":"it's"}"#.to_owned()]);
    let expected: Vec<_> = expected.concat().into_iter().map(std::ffi::OsString::from).collect();
    assert_eq!(arguments(&run.stdout_bytes), expected);
}

#[test]
fn the_file_is_added_to_and_overridden() {
    let world = bare();
    world.file("params.json", r#"{"lr": [0.1, 0.01], "layers": [4, 8], "$where": "layers < 8"}"#);
    insta::assert_snapshot!(listing(&world, "-s seed=1,2 -s lr=0.5"), @r"
    python t.py --lr=0.5 --layers=4 --seed=1
    python t.py --lr=0.5 --layers=4 --seed=2
    ");
    world.file(
        "list.json",
        r#"[{"opt": "sgd", "lr": [1, 2]}, {"opt": "adam", "$style": "click,bool=switch"}]"#,
    );
    insta::assert_snapshot!(listing(&world, "-p list.json -s amp=true,false --exclude 'lr > 1'"), @r"
    python t.py --opt=sgd --lr=1 --amp=True
    python t.py --opt=sgd --lr=1 --amp=False
    python t.py --opt=adam --amp
    python t.py --opt=adam
    ");
}

#[test]
fn groups_rules_samples_and_styles_are_typed() {
    let world = bare();
    let sets = "-s lr=0.1,0.01 -s batch=32,64 -s w=1,2 -s d=3,4";
    insta::assert_snapshot!(listing(&world, &format!("{sets} --zip lr,batch --zip w,d")), @r"
    python t.py --lr=0.1 --batch=32 --w=1 --d=3
    python t.py --lr=0.1 --batch=32 --w=2 --d=4
    python t.py --lr=0.01 --batch=64 --w=1 --d=3
    python t.py --lr=0.01 --batch=64 --w=2 --d=4
    ");
    insta::assert_snapshot!(
        listing(&world, &format!("{sets} --exclude 'lr < 0.1' --exclude '{{\"w\": 1}}' --where '-d < -3'")),
        @r"
    python t.py --lr=0.1 --batch=32 --w=2 --d=4
    python t.py --lr=0.1 --batch=64 --w=2 --d=4
    "
    );
    insta::assert_snapshot!(listing(&world, "-s lr=loguniform:1e-5..1e-2 -s opt=adam,sgd --sample random:3,seed=1"), @r"
    python t.py --lr=0.00566064 --opt=adam
    python t.py --lr=0.000799085 --opt=adam
    python t.py --lr=0.00485887 --opt=sgd
    ");
    assert_eq!(listing(&world, "-s lr=uniform:0..1 --sample sobol:64").lines().count(), 64);
    assert_eq!(listing(&world, "-s lr=uniform:0..1 --sample latin-hypercube:20").lines().count(), 20);
    insta::assert_snapshot!(listing(&world, "-s batch_size=1 -s amp=true,false --style click,names=dashes"), @r"
    python t.py --batch-size=1 --amp
    python t.py --batch-size=1 --no-amp
    ");
    insta::assert_snapshot!(listing(&world, "-s db=mysql --style=hydra"), @r"
    python t.py db=mysql
    ");
}

#[test]
fn rows_are_points_from_files_and_from_standard_input() {
    let world = bare();
    world.file("points.csv", "lr,opt,note\n0.1,adam,\"a, b\"\n1e-3,sgd,\n");
    insta::assert_snapshot!(listing(&world, "--rows points.csv"), @r"
    python t.py --lr=0.1 --opt=adam '--note=a, b'
    python t.py --lr=1e-3 --opt=sgd
    ");
    world.file("points.tsv", "lr\tlayers\n0.1\t4\n");
    world.file("points.jsonl", "{\"lr\": 0.1, \"shape\": [1, 2]}\n{\"lr\": 0.2}\n");
    assert_eq!(listing(&world, "--rows points.tsv"), "python t.py --lr=0.1 --layers=4\n");
    assert_eq!(
        listing(&world, "--rows points.jsonl -s seed=1,2 --exclude 'lr == 0.2 and seed == 1'"),
        "python t.py --lr=0.1 '--shape=[1,2]' --seed=1\npython t.py --lr=0.1 '--shape=[1,2]' --seed=2\n\
         python t.py --lr=0.2 --seed=2\n"
    );
    let piped = world.bash("printf 'lr,n\\n1,2\\n3,4\\n' | neusweep --dry-run --rows - t.py").succeeded();
    assert_eq!(piped.stdout, "python t.py --lr=1 --n=2\npython t.py --lr=3 --n=4\n");
    let substituted = world.bash("neusweep --dry-run --rows <(echo '{\"a\": 1}') t.py").succeeded();
    assert_eq!(substituted.stdout, "python t.py --a=1\n");
}

#[test]
fn rows_leave_a_file_alone_that_is_not_named_and_say_so() {
    let world = bare();
    world.file("params.json", r#"{"lr": [7], "steps": [1, 2]}"#);
    world.file("points.csv", "lr\n0.1\n");
    let outcome = world.neusweep("--dry-run --rows points.csv t.py").succeeded();
    assert_eq!(outcome.stdout, "python t.py --lr=0.1\n");
    insta::assert_snapshot!(outcome.stderr, @r"
    `params.json` is not read, since the rows are the points: `--params params.json` combines them with it
    1 run of t
    ");
    assert_eq!(world.neusweep("--dry-run -q --rows points.csv t.py").succeeded().stderr, "");
    let both = world.neusweep("--dry-run -p params.json --rows points.csv t.py").succeeded();
    assert_eq!(both.stdout, "python t.py --lr=0.1 --steps=1\npython t.py --lr=0.1 --steps=2\n");
    assert_eq!(both.stderr, "2 runs of t\n");
}

#[test]
fn a_file_that_is_here_can_be_left_alone() {
    let world = bare();
    world.file("params.json", r#"{"steps": [1, 2]}"#);
    let alone = world.neusweep("--dry-run --no-params -s lr=0.1 t.py").succeeded();
    assert_eq!((&*alone.stdout, &*alone.stderr), ("python t.py --lr=0.1\n", "1 run of t\n"));
    insta::assert_snapshot!(refusal(&world, "--no-params"), @r"
    error: without a file of parameters there is nothing to sweep
    hint: say the values here: `--set lr=0.1,0.01`
    ");
}

#[test]
fn rows_that_are_typed_are_asked_for() {
    let world = bare();
    let mut terminal = world.tool(Tool::Neusweep, ["--dry-run", "--rows", "-", "t.py"]).on_terminal();
    terminal.expect("end them with Ctrl-D");
    terminal.type_in("lr,n\n1,2\n\x04");
    terminal.expect("python t.py --lr=1 --n=2");
    assert_eq!(terminal.wait().code, 0);
}

#[test]
fn a_sweep_comes_back_from_its_own_listing_as_rows() {
    let world = local_world();
    world.file("t.py", "");
    world.file("point.py", "import os\nprint(os.environ['NEU_PARAMS'])\n");
    let set = r#"neusweep -q -s lr=0.10,1e-4 -s 'note="a,b",null,"1"' -s 'shape=[[1, 2]]' -s amp=true "#;
    let first = world.bash(&format!("{set} point.py")).succeeded().stdout;
    fs::write(world.path("points.jsonl"), &first).unwrap();
    let again = world.bash("neusweep -q --rows points.jsonl point.py").succeeded().stdout;
    assert_eq!(again, first);
    assert_eq!(first.lines().count(), 6);
    assert_eq!(
        listing(&world, "--rows points.jsonl"),
        world.bash(&format!("{set} --dry-run t.py")).succeeded().stdout
    );
}

#[test]
fn what_is_set_is_in_names_and_in_what_programs_are_told() {
    let world = local_world();
    world.file("say.sh", "echo $NEU_RUN_NAME $NEU_PARAMS $*\n");
    let outcome = world.bash("neusweep -q -s lr=0.1,0.01 -s 'm=[{\"value\": \"/d/x.pt\", \"label\": \"big\"}, \"s\"]' -s k=1 neurun local cpu say.sh {lr}");
    insta::assert_snapshot!(outcome.succeeded().stdout, @r#"
    lr0.1-m-big {"lr":0.1,"m":"/d/x.pt","k":1} 0.1 --m=/d/x.pt --k=1
    lr0.1-m-s {"lr":0.1,"m":"s","k":1} 0.1 --m=s --k=1
    lr0.01-m-big {"lr":0.01,"m":"/d/x.pt","k":1} 0.01 --m=/d/x.pt --k=1
    lr0.01-m-s {"lr":0.01,"m":"s","k":1} 0.01 --m=s --k=1
    "#);
    assert_eq!(world.states("1"), ["succeeded"; 4]);
    assert_eq!(world.neu("rerun 1.3 -q").succeeded().code, 0);
}

#[test]
fn a_sweep_of_options_is_one_launch_and_one_sbatch() {
    let world = scripted::cluster();
    fs::remove_file(world.path("params.json")).unwrap();
    world.bash("neusweep -s lr=0.1,0.01 -s seed=1,2,3 neurun slurm cpu argv.py").succeeded();
    let calls = world.calls();
    assert_eq!(calls.lines().filter(|call| call.starts_with("sbatch")).count(), 1, "{calls}");
    let status = world.status("1");
    assert_eq!(status["runs"].as_array().unwrap().len(), 6);
    assert_eq!(status["runs"][5]["params"], serde_json::json!({"lr": 0.01, "seed": 3}));
}

#[test]
fn all_that_is_wrong_is_told_at_once_at_its_places() {
    let world = bare();
    world.file("params.json", "{\n  \"layers\": [],\n}\n");
    insta::assert_snapshot!(
        refusal(&world, "-s lr=0.1,,0.01 -s x=4..8:z --zip lr --where 'lr <' --sample rnd:5 --style clik"),
        @r#"
    error: `layers` has no value
     --> params.json:2:13
      |
    2 |   "layers": [],
      |             ^^
      |
    help: an empty list would leave nothing to run

    error: a value is missing here
     --> --set:1:8
      |
    1 | lr=0.1,,0.01
      |        ^
      |
    help: write `""` for an empty text

    error: the step is no number
     --> --set:1:8
      |
    1 | x=4..8:z
      |        ^
      |
    help: write `4..16:4`: from, to and step; for a text put it in quotes: `-s 'x="4..16"'`

    error: one parameter alone varies with nothing
     --> --zip:1:1
      |
    1 | lr
      | ^^
      |
    help: write `"$zip": ["lr", "batch"]` or `--zip lr,batch`; several groups are `[["lr", "batch"], ["width", "depth"]]`

    error: `lr <`, column 4: unexpected end of input, expected expression
     --> --where:1:1
      |
    1 | lr <
      | ^^^^

    error: `rnd` is not known here
     --> --sample:1:1
      |
    1 | rnd:5
      | ^^^
      |
    help: there are `random`, `sobol`, `latin-hypercube`, `seed`

    error: `clik` is no style
     --> --style:1:1
      |
    1 | clik
      | ^^^^
      |
    help: did you mean `click`? there are `argparse`, `click`, `absl`, `hydra`, `fire`, `tyro`, `env`
    "#
    );
}

#[test]
fn what_names_nothing_is_told_with_what_was_meant() {
    let world = bare();
    insta::assert_snapshot!(refusal(&world, "-s layers=4,8 --zip layers,lyers --exclude 'layer > 4'"), @r"
    error: `lyers` is no parameter here
     --> --zip:1:8
      |
    1 | layers,lyers
      |        ^^^^^
      |
    help: did you mean `layers`?

    error: `layer > 4`, column 1: no parameter is called `layer`; did you mean `layers`?
     --> --exclude:1:1
      |
    1 | layer > 4
      | ^^^^^^^^^
    ");
    insta::assert_snapshot!(refusal(&world, "-s lr=1,2 --where 'lr > 2'"), @r"
    error: no point is left to run
     --> --set:1:1
      |
    1 | lr=1,2
      | ^^^^^^
      |
    help: look at what conditions leave: `$exclude`, `$where` and `when`, `--exclude` and `--where`
    ");
    insta::assert_snapshot!(refusal(&world, "-s lr=1,2 -s b=1,2,3 --zip lr,b"), @r"
    error: `b` has 3 values, and `lr`, with which it varies, has 2
     --> --zip:1:4
      |
    1 | lr,b
      |    ^
    ");
}

#[test]
fn values_without_their_option_are_no_command() {
    let world = bare();
    insta::assert_snapshot!(refusal(&world, "-s layers={4,8}"), @r"
    error: there is no command `layers=8` on PATH, and no such file
    hint: each parameter has a `-s` of its own: `-s layers=8`; a list has commas and no braces: `-s layers=4,8`
    ");
}

#[test]
fn parameters_come_from_standard_input_where_that_is_asked() {
    let world = bare();
    let piped = |words: &str, text: &[u8]| world.tool(Tool::Neusweep, words.split(' ')).input(text).run();
    let outcome = piped("-q --dry-run -p - echo", b"{\"a\": [1, 2]}").succeeded();
    assert_eq!(outcome.stdout, "echo --a=1\necho --a=2\n");
    insta::assert_snapshot!(piped("--dry-run -p - echo", b"{\"a\": }").exited(2).stderr, @r#"
    error: a value is missing before this `}`
     --> <stdin>:1:7
      |
    1 | {"a": }
      |       ^
    "#);
    insta::assert_snapshot!(piped("--dry-run -p - --rows - echo", b"").exited(2).stderr, @"error: `--params -` and `--rows -` both read standard input: one of them has to be a file");
}

#[test]
fn a_pipe_stands_in_for_a_file_and_an_endless_one_is_refused() {
    let world = bare();
    let values = r#"-p <(echo '{"a": {"file": "seeds"}}')"#;
    let outcome = world.bash(&format!("mkfifo seeds; seq 2 > seeds & neusweep -q --dry-run {values} t.py"));
    assert_eq!(outcome.succeeded().stdout, "python t.py --a=1\npython t.py --a=2\n");
    let said = refusal(&world, "-p <(exec cat /dev/zero)");
    assert!(said.contains("it is longer than 64 MB"), "{said}");
}

#[test]
fn what_cannot_be_read_as_parameters_is_told() {
    let world = bare();
    world.file("folder/x", "");
    fs::write(world.path("bytes.json"), b"{\n \"a\": \"\xff\"}").unwrap();
    insta::assert_snapshot!(refusal(&world, "-p folder"), @r#"
    error: cannot read the parameters `folder`: Is a directory (os error 21)
    hint: a parameter file is JSON, TOML or YAML, such as {"lr": [0.1, 0.01], "layers": [4, 8]}
    "#);
    insta::assert_snapshot!(refusal(&world, "-p bytes.json"), @r#"
    error: cannot read the parameters `bytes.json`: it is not UTF-8 text, see line 2
    hint: a parameter file is JSON, TOML or YAML, such as {"lr": [0.1, 0.01], "layers": [4, 8]}
    "#);
    insta::assert_snapshot!(world.bash("neusweep --dry-run -s $'a=\\xff' echo").exited(2).stderr, @"error: `-s a=�` is not UTF-8 text");
    insta::assert_snapshot!(world.bash("neusweep --dry-run --where=$'a=\\xff' echo").exited(2).stderr, @"error: `--where=a=�` is not UTF-8 text");
}

#[test]
fn a_full_disk_behind_standard_output_is_told() {
    let world = bare();
    let full = |words: &str| world.bash(&format!("{words} >/dev/full")).exited(4).stderr;
    insta::assert_snapshot!(full("neusweep --dry-run -s a=1,2 echo"), @"
    error: cannot write to standard output: No space left on device (os error 28)
    hint: make room where it goes, and start this again: what was printed is not whole
    ");
    insta::assert_snapshot!(full("neusweep --version"), @"
    error: cannot write to standard output: No space left on device (os error 28)
    hint: make room where it goes, and start this again: what was printed is not whole
    ");
}

#[test]
fn a_missing_file_is_told_with_what_to_type_instead() {
    let world = bare();
    insta::assert_snapshot!(refusal(&world, ""), @r#"
    error: cannot read the parameters `params.json`: No such file or directory (os error 2)
    hint: write one such as {"lr": [0.1, 0.01], "layers": [4, 8]}, name another with `--params FILE`, or say the values here: `--set lr=0.1,0.01`
    "#);
    insta::assert_snapshot!(refusal(&world, "--where 'a > 1'"), @r#"
    error: cannot read the parameters `params.json`: No such file or directory (os error 2)
    hint: write one such as {"lr": [0.1, 0.01], "layers": [4, 8]}, name another with `--params FILE`, or say the values here: `--set lr=0.1,0.01`
    "#);
    insta::assert_snapshot!(refusal(&world, "--rows nowhere.csv"), @r"
    error: cannot read the rows `nowhere.csv`: No such file or directory (os error 2)
    hint: they are CSV or TSV with the names in the first line, or a JSON object a line
    ");
    world.file("points.csv", "lr,x\n1\n");
    insta::assert_snapshot!(refusal(&world, "--rows points.csv"), @r"
    error: this row has 1 cell where the first line names 2
     --> points.csv:2:1
      |
    2 | 1
      | ^
      |
    help: leave a cell empty for null, with its separator
    ");
    world.file("latin.csv", b"n\xf6\n1\n");
    insta::assert_snapshot!(refusal(&world, "--rows latin.csv"), @"
    error: cannot read the rows `latin.csv`: it is not UTF-8 text, see line 1
    hint: they are CSV or TSV with the names in the first line, or a JSON object a line
    ");
}

#[test]
fn an_option_of_neusweep_at_neurun_is_sent_back() {
    let world = local_world();
    let told = world.neusweep("neurun -s lr=1 local cpu argv.py").exited(2).stderr;
    insta::assert_snapshot!(told, @r"
    error: unexpected argument '-s' found

    Usage: neurun [OPTIONS] SUPPORT DEVICE [--NAME[=VALUE]]... SCRIPT [FLAGS]...

    For more information, try '--help'.
    hint: `-s` is an option of neusweep: `neusweep -s NAME=VALUES neurun SUPPORT DEVICE SCRIPT`
    ");
    let told = world.neurun("--rows points.csv local cpu argv.py").exited(2).stderr;
    assert!(told.contains("`--rows` is an option of neusweep"), "{told}");
}
