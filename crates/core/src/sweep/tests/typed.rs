//! What is typed on the command line, beside a file and without one.

use proptest::prelude::*;

use super::{json, lines, plain, source};
use crate::document::Source;
use crate::sweep::{Nowhere, Origin, Sweep, Typed};

/// Options as they are typed: `["--set", "lr=0.1"]`.
fn typed(options: &[&str]) -> Typed {
    let mut typed = Typed::default();
    for pair in options.chunks(2) {
        let text = pair[1].to_owned();
        match pair[0] {
            "--set" => typed.set.push(text),
            "--zip" => typed.zip.push(text),
            "--exclude" => typed.exclude.push(text),
            "--where" => typed.keep.push(text),
            "--sample" => typed.sample = Some(text),
            "--style" => typed.style = Some(text),
            other => panic!("no option: {other}"),
        }
    }
    typed
}

fn read(file: Option<&str>, rows: Option<(&str, &str)>, options: &[&str]) -> Result<Sweep, String> {
    let file = file.map(source);
    let rows = rows.map(|(name, text)| Source { name: name.into(), text: text.into() });
    let typed = typed(options);
    let origin = Origin { file: file.as_ref(), rows: rows.as_ref(), typed: &typed };
    Sweep::of(&origin, &Nowhere).map_err(|problems| plain(&problems))
}

fn listing(file: Option<&str>, rows: Option<(&str, &str)>, options: &[&str]) -> String {
    lines(&read(file, rows, options).unwrap_or_else(|problems| panic!("{problems}"))).join("\n")
}

/// The values of `x` as JSON, where `x=VALUES` is set.
fn values(written: &str) -> String {
    let sweep =
        read(None, None, &["--set", &format!("x={written}")]).unwrap_or_else(|error| panic!("{error}"));
    let values: Vec<_> = sweep.points().map(|point| point.choice("x").unwrap().json().to_owned()).collect();
    values.join(" ")
}

fn mistake(written: &str) -> String {
    read(None, None, &["--set", written])
        .map_or_else(|error| error, |_| format!("{written}: nothing wrong\n"))
}

#[test]
fn words_are_what_they_look_like() {
    for (written, meant) in [
        ("0.1,0.01", "0.1 0.01"),
        ("-1,1e-3,-.5,+3,5.,0.10", "-1 1e-3 -0.5 3 5.0 0.10"),
        ("true,False,TRUE,null", "true false true null"),
        ("None,NULL,yes", r#""None" "NULL" "yes""#),
        ("007,1_000,0x10,inf,1.2.3", r#""007" "1_000" "0x10" "inf" "1.2.3""#),
        ("adam, sgd ,a b", r#""adam" "sgd" "a b""#),
        ("../data,./x,/abs,a..b,..", r#""../data" "./x" "/abs" "a..b" "..""#),
        ("cuda:0,http://h:80/a,s3://b,C:\\x", r#""cuda:0" "http://h:80/a" "s3://b" "C:\\x""#),
        ("it's,=,a=b,--flag,f(x)", r#""it's" "=" "a=b" "--flag" "f(x)""#),
        (r#""a,b","1","true","\u00e9\"" , x"#, r#""a,b" "1" "true" "é\"" "x""#),
        (r#"'a,b','"\n','',z"#, r#""a,b" "\"\\n" "" "z""#),
        ("größe", r#""größe""#),
    ] {
        assert_eq!(values(written), meant, "{written}");
    }
}

#[test]
fn ranges_stand_for_their_values_and_beside_others() {
    for (written, meant) in [
        ("4..16:4", "4 8 12 16"),
        ("1..10:4", "1 5 9"),
        ("1..3", "1 2 3"),
        ("3..1", "3 2 1"),
        ("-2..2:2", "-2 0 2"),
        ("0.1..0.4:0.1", "0.1 0.2 0.3 0.4"),
        (".1...3:.1", "0.1 0.2 0.3"),
        ("lin:0..1:5", "0 0.25 0.5 0.75 1"),
        ("log:1e-5..1e-2:4", "1e-5 0.0001 0.001 0.01"),
        ("0,log:1e-5..1e-2:4,none", r#"0 1e-5 0.0001 0.001 0.01 "none""#),
        ("int:1..6:3,7", "6 4 2 7"),
        ("uniform:0..1:2", "0.859907 0.657359"),
        (r#""4..16""#, r#""4..16""#),
    ] {
        assert_eq!(values(written), meant, "{written}");
    }
}

#[test]
fn what_begins_with_a_bracket_is_what_a_file_has() {
    assert_eq!(values("[1, 2]"), "1 2");
    assert_eq!(values("[[1,2],[3]]"), "[1,2] [3]");
    assert_eq!(values(r#"["a,b"]"#), r#""a,b""#);
    assert_eq!(values(r#"{"range": [0, 1, 0.5]}"#), "0.0 0.5 1.0");
    assert_eq!(values(r#"{"expr": "2 ** 3"}"#), "8");
    assert_eq!(values(r#"[{"a": 1}]"#), r#"{"a":1}"#);
    let labelled = read(None, None, &["--set", r#"x=[{"value": 1, "label": "one"}]"#]).unwrap();
    assert_eq!(labelled.point(0).unwrap().choice("x").unwrap().label(), Some("one"));
}

#[test]
fn what_is_wrong_is_shown_where_it_was_typed() {
    let wrong = [
        "lr",
        "",
        "=1",
        "lr=",
        "lr= ",
        "lr=0.1,,0.01",
        "lr=0.1,",
        "a b=1",
        "--lr=1",
        "$style=hydra",
        "x=0.1..0.5",
        "x=4..16:",
        "x=4..16:4x",
        "x=4..1o:2",
        "x=1..9:-1",
        "x=1..9:0",
        "x=log:1..9",
        "x=log:0..9:3",
        "x=lin:0..1:many",
        "x=uniform:a..b",
        "x=linspace:0..1:5",
        "x=unifrom:0..1:5",
        "x=uniform:0..1",
        "x=uniform:0..1,2",
        "x=[1,2],[3]",
        "x=1,[2]",
        "x=[1",
        "x={lr}",
        r#"x={"rnage": [0, 1, 1]}"#,
        "x=f(1,2)",
        r#"x="a,b"#,
        r#"x="a"b,c"#,
        "x='tis",
    ];
    insta::assert_snapshot!(wrong.map(mistake).concat());
}

#[test]
fn options_add_to_the_file_or_take_the_place_of_what_it_says() {
    let file = Some(r#"{"lr": [0.1, 0.01], "layers": 4}"#);
    assert_eq!(
        listing(file, None, &["--set", "seed=1,2", "--set", "lr=1"]),
        "--lr=1 --layers=4 --seed=1\n--lr=1 --layers=4 --seed=2"
    );
    let objects = Some(r#"[{"opt": "sgd", "lr": [1, 2]}, {"opt": "adam"}]"#);
    assert_eq!(
        listing(objects, None, &["--set", "lr=0.5", "--set", "seed=1,2"]),
        "--opt=sgd --lr=0.5 --seed=1\n--opt=sgd --lr=0.5 --seed=2\n\
         --opt=adam --lr=0.5 --seed=1\n--opt=adam --lr=0.5 --seed=2"
    );
    let extra = Some(r#"{"lr": [1, 2], "n": 3, "$include": {"lr": 9, "n": 7}}"#);
    assert_eq!(
        listing(extra, None, &["--set", "seed=1,2", "--set", "n=4"]),
        "--lr=1 --n=4 --seed=1\n--lr=1 --n=4 --seed=2\n--lr=2 --n=4 --seed=1\n--lr=2 --n=4 --seed=2\n\
         --lr=9 --n=4 --seed=1\n--lr=9 --n=4 --seed=2"
    );
    let without_parameters = Some(r#"{"$style": "hydra"}"#);
    assert_eq!(listing(without_parameters, None, &["--set", "lr=1"]), "lr=1");
}

#[test]
fn a_condition_of_the_file_stays_and_a_value_that_it_has_keeps_what_it_brings_along() {
    let file = Some(
        r#"{
        "opt": [{"value": "sgd", "label": "plain", "with": {"momentum": [0.9, 0.99]}}, "adam"],
        "warm": {"values": [1, 2], "when": "opt == 'adam'"}
    }"#,
    );
    assert_eq!(
        listing(file, None, &["--set", "momentum=0.5", "--set", "warm=7"]),
        "--opt=sgd --momentum=0.5\n--opt=adam --warm=7"
    );
    let sweep = read(file, None, &["--set", "opt=sgd"]).unwrap();
    assert_eq!(lines(&sweep), ["--opt=sgd --momentum=0.9", "--opt=sgd --momentum=0.99"]);
    assert_eq!(sweep.point(0).unwrap().choice("opt").unwrap().label(), Some("plain"));
    assert_eq!(listing(file, None, &["--set", "opt=lion"]), "--opt=lion");
    assert_eq!(
        listing(
            file,
            None,
            &["--set", r#"warm={"values": [3], "when": "opt == 'sgd'"}"#, "--set", "momentum=0"]
        ),
        "--opt=sgd --momentum=0 --warm=3\n--opt=adam"
    );
}

#[test]
fn what_a_value_brought_along_may_be_asked_about_when_it_is_gone() {
    let file = Some(
        r#"{
        "opt": [{"value": "sgd", "with": {"momentum": [0.9, 0.99]}}, "adam"],
        "warm": {"values": [1], "when": "momentum > 0.95"},
        "$exclude": "opt == 'lion' and momentum < 1",
        "$where": "opt == 'adam' or momentum > 0.9"
    }"#,
    );
    let sweep = read(file, None, &["--set", "opt=adam,lion", "--where", "momentum < 2"]).unwrap();
    assert_eq!(lines(&sweep), ["--opt=adam", "--opt=lion"]);
    let names: Vec<_> = sweep.parameters().iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, ["opt", "warm"]);
}

#[test]
fn rules_hold_for_every_object_that_has_the_parameters() {
    let sets = ["--set", "lr=0.1,0.01", "--set", "batch=32,64"];
    let with = |more: &[&'static str]| [&sets[..], more].concat();
    assert_eq!(
        listing(None, None, &with(&["--zip", "lr, batch"])),
        "--lr=0.1 --batch=32\n--lr=0.01 --batch=64"
    );
    assert_eq!(
        listing(None, None, &with(&["--exclude", "lr < 0.1", "--exclude", r#"{"batch": 64}"#])),
        "--lr=0.1 --batch=32"
    );
    assert_eq!(
        listing(None, None, &with(&["--where", "lr < 0.1", "--where", "batch > 32"])),
        "--lr=0.01 --batch=64"
    );
    let objects = Some(r#"[{"a": [1, 2], "$where": "a < 5"}, {"b": [1, 2], "$include": {"b": 3}}]"#);
    assert_eq!(
        listing(objects, None, &["--where", "a > 1", "--exclude", "b == 3 or b == 1"]),
        "--a=2\n--b=2"
    );
    insta::assert_snapshot!(
        read(objects, None, &["--where", "c > 1", "--zip", "a,b", "--exclude", "a =", "--where", "{}"])
            .unwrap_err(),
        @r"
    --exclude:1:1: `a =`, column 3: `=` compares nothing; write `==`
    --where:1:1: an empty point is a part of every point
    "
    );
}

#[test]
fn a_sample_is_drawn_from_what_is_set() {
    let sets = ["--set", "lr=loguniform:1e-5..1e-2", "--set", "opt=adam,sgd"];
    let with = |sample: &'static str| [&sets[..], &["--sample", sample]].concat();
    let same = Some(
        r#"{"lr": {"loguniform": [1e-5, 1e-2]}, "opt": ["adam", "sgd"], "$sample": {"random": 4, "seed": 3}}"#,
    );
    assert_eq!(listing(None, None, &with("random:4,seed=3")), listing(same, None, &[]));
    assert_ne!(listing(None, None, &with("random:4")), listing(same, None, &[]));
    assert_eq!(listing(same, None, &["--sample", r#"{"sobol": 2}"#]), listing(None, None, &with("sobol:2")));
    assert_eq!(read(None, None, &with("latin-hypercube:5")).unwrap().count(), 5);
    let wrong =
        ["random", "random:", "random:0", "random:x", "randm:5", "sobol:4,sed=1", "sobol:4,seed", "", "{"];
    let told = wrong.map(|text| read(None, None, &with(text)).unwrap_err());
    insta::assert_snapshot!(told.concat(), @r#"
    --sample:1:1: this does not say how to sample
      help: write `random:50` or `random:50,seed=1`; there are `random`, `sobol` and `latin-hypercube`
    --sample:1:8: how many points there are is a whole number from 1 on, such as `5`
    --sample:1:8: how many points there are is a whole number from 1 on, such as `5`
    --sample:1:8: how many points there are is a whole number from 1 on, such as `5`
    --sample:1:1: `randm` is not known here
      help: did you mean `random`?
    --sample:1:9: `sed` is not known here
      help: did you mean `seed`?
    --sample:1:9: this does not say how to sample
      help: write `random:50` or `random:50,seed=1`; there are `random`, `sobol` and `latin-hypercube`
    --sample:1:1: this does not say how to sample
      help: write `random:50` or `random:50,seed=1`; there are `random`, `sobol` and `latin-hypercube`
    --sample:1:1: this `{` is never closed
      help: what begins with a bracket is read as JSON, and goes in single quotes for the shell: `'x=[[1, 2], [3]]'` has two lists; a text that begins so has quotes of its own: `'x="[a]"'`
    "#);
}

#[test]
fn a_style_takes_the_place_of_the_files_and_knobs_change_it() {
    let file = Some(r#"{"amp": [true, false], "$style": "click,list=comma", "l": [[1, 2]]}"#);
    assert_eq!(listing(file, None, &["--style", "hydra"]), "amp=true l=[1,2]\namp=false l=[1,2]");
    assert_eq!(listing(file, None, &["--style", "bool=1/0"]), "--amp=1 --l=1,2\n--amp=0 --l=1,2");
    assert_eq!(listing(None, None, &["--set", "x=1", "--style", "hydra"]), "x=1");
    let hydra = Some(r#"[{"a": 1, "$style": "hydra"}, {"b": 1}]"#);
    insta::assert_snapshot!(
        [
            read(hydra, None, &["--style", "bool=switch"]).unwrap_err(),
            read(hydra, None, &["--style", "hydar"]).unwrap_err(),
            read(hydra, None, &["--style", "env", "--set", "a-b=1"]).unwrap_err(),
        ]
        .concat(),
        @r"
    --style:1:1: `bool=switch` has no meaning in the style `hydra`
      help: it writes `name=value`; leave this out, or take another style
    --style:1:1: `hydar` is no style
      help: did you mean `hydra`? there are `argparse`, `click`, `absl`, `hydra`, `fire`, `tyro`, `env`
    --set:1:1: `a-b` has a `-` in it, which the name of a variable cannot have
      help: write `a_b`
    "
    );
}

#[test]
fn rows_are_points() {
    let csv = Some(("points.csv", "lr,opt,note\n0.1,adam,\"1\"\n1e-3,,\n"));
    let sweep = read(None, csv, &[]).unwrap();
    let points: Vec<_> = sweep.points().map(|point| json(&point)).collect();
    assert_eq!(points, [r#"{"lr":0.1,"opt":"adam","note":"1"}"#, r#"{"lr":1e-3,"opt":null,"note":null}"#]);
    assert_eq!(
        listing(None, csv, &["--set", "seed=1,2", "--set", "note=null"]),
        "--lr=0.1 --opt=adam --seed=1\n--lr=0.1 --opt=adam --seed=2\n--lr=1e-3 --seed=1\n--lr=1e-3 --seed=2"
    );
    assert_eq!(
        listing(Some(r#"{"opt": ["x", "y"], "steps": [5, 6]}"#), csv, &["--where", "lr < 0.1"]),
        "--lr=1e-3 --steps=5\n--lr=1e-3 --steps=6"
    );
    let jsonl = Some(("-", "{\"a\": 1, \"b\": [1, 2]}\n{\"b\": {\"value\": 7, \"label\": \"seven\"}}\n"));
    let sweep = read(None, jsonl, &["--exclude", "a == 2"]).unwrap();
    let points: Vec<_> = sweep.points().map(|point| json(&point)).collect();
    assert_eq!(points, [r#"{"a":1,"b":[1,2]}"#, r#"{"b":7}"#]);
    assert_eq!(sweep.point(1).unwrap().choice("b").unwrap().label(), Some("seven"));
    let twice = Some(("p.csv", "a\n1\n1\n"));
    assert_eq!(read(None, twice, &[]).unwrap().count(), 2);
}

#[test]
fn what_is_wrong_with_rows_is_told_with_all_else() {
    let told = [
        read(
            Some("{\"a\": []}"),
            Some(("p.csv", "lr,$zip,a b\n1,2,3\n1,2\n")),
            &["--set", "x=", "--zip", "lr,x"],
        ),
        read(None, Some(("p.csv", "lr,x\n")), &[]),
        read(None, Some(("p.csv", "lr,x\n1,2\n")), &["--zip", "lr,seed", "--set", "seed=1"]),
        read(None, Some(("p.jsonl", r#"{"a": {"value": 1, "with": {"b": 2}}}"#)), &[]),
        read(Some("{"), None, &["--set", "x"]),
        read(Some("{}"), None, &[]),
        read(None, None, &["--where", "a"]),
    ];
    insta::assert_snapshot!(told.map(Result::unwrap_err).join("\n"), @r#"
    params.json:1:7: `a` has no value
      help: an empty list would leave nothing to run
    p.csv:1:4: a row is one point, and `$zip` says something of several
    p.csv:1:9: `a b` has white space or a control character in it
    p.csv:3:1: this row has 2 cells where the first line names 3
      help: leave a cell empty for null, with its separator
    --set:1:1: `x` has no value
      help: write `'x=""'` for an empty text, `x=null` to leave it out

    p.csv:2:1: there is no row
      help: each row is a point

    --zip:1:1: `lr` is a column of the rows, which varies together with the others

    p.jsonl:1:7: a row is one point, and its values bring nothing along

    params.json:1:1: this `{` is never closed
    --set:1:1: `x` is set to nothing
      help: write a name and its values: `lr=0.1,0.01`

    params.json:1:1: there is no parameter to sweep
      help: write `{"lr": [0.1, 0.001], "layers": [4, 8, 16]}`

    --where:1:1: there is no parameter to sweep
      help: write `{"lr": [0.1, 0.001], "layers": [4, 8, 16]}`
    "#);
}

proptest! {
    /// Whatever numbers and words are set, they are the same in a file.
    #[test]
    fn what_is_set_is_what_a_file_has(
        values in prop::collection::vec(prop_oneof![
            "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?(e-?[0-9])?".prop_map(|number| (number.clone(), number)),
            "[a-zA-Z_/.][a-zA-Z0-9_/.:=+ -]{0,8}".prop_filter_map("a word with a meaning", |word| {
                let is_plain = !matches!(word.trim(), "true" | "True" | "TRUE" | "false" | "False" | "FALSE" | "null")
                    && !word.contains(':') && !word.starts_with('.') && !word.trim().is_empty();
                is_plain.then(|| (word.trim().to_owned(), format!("{:?}", word.trim())))
            }),
            "[ -~é]{0,6}".prop_map(|text| {
                let quoted = serde_json::to_string(&text).unwrap();
                (quoted.clone(), quoted)
            }),
        ], 1..6),
    ) {
        let words: Vec<_> = values.iter().map(|(typed, _)| typed.clone()).collect();
        let items: Vec<_> = values.iter().map(|(_, written)| written.clone()).collect();
        let set = format!("x={}", words.join(","));
        let file = format!("{{\"x\": [{}]}}", items.join(","));
        let points = |sweep: Result<Sweep, String>| -> Vec<String> {
            sweep.unwrap_or_else(|error| panic!("{error}")).points().map(|point| json(&point)).collect()
        };
        prop_assert_eq!(points(read(None, None, &["--set", &set])), points(read(Some(&file), None, &[])));
    }

    /// Whatever is typed is read, or told at a place within it.
    #[test]
    fn nothing_typed_is_too_odd(
        text in "[x=,.:0-9e\"'\\\\\\[\\]{}( -]{0,24}|(x=)?(log:|lin:|int:)?.{0,12}", option in 0_usize..5
    ) {
        let option = ["--set", "--zip", "--sample", "--style", "--where"][option];
        let file = source(r#"{"x": [1, 2], "y": 3}"#);
        let typed = typed(&[option, &text]);
        let origin = Origin { file: Some(&file), rows: None, typed: &typed };
        if let Err(problems) = Sweep::of(&origin, &Nowhere) {
            for problems in problems {
                for problem in &problems.list {
                    prop_assert!(problems.source.text.get(problem.at.clone()).is_some(), "{problem:?}");
                }
            }
        }
    }
}
