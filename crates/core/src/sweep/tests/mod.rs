mod bounds;
mod brute;
mod golden;
mod messages;
mod spaced;
mod typed;
mod warnings;

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn source(text: &str) -> Source {
    Source { name: "params.json".into(), text: text.into() }
}

fn sweep(text: &str) -> Sweep {
    Sweep::read(&source(text)).unwrap_or_else(|problems| panic!("{}", plain(&problems)))
}

fn lines(sweep: &Sweep) -> Vec<String> {
    sweep.points().map(|point| point.arguments().collect::<Vec<_>>().join(" ")).collect()
}

fn problems_in(text: &str) -> String {
    plain(&Sweep::read(&source(text)).expect_err("something is wrong"))
}

fn plain(problems: &[Problems]) -> String {
    problems.iter().map(Problems::plain).collect()
}

fn json(point: &Point<'_>) -> String {
    let mut out = String::new();
    point.write_json(&mut out);
    out
}

#[test]
fn the_example_of_the_seed_is_the_listing_of_the_seed() {
    let sweep = sweep(r#"{ "lr": [0.1, 0.001], "layers": [4,8,16] }"#);
    assert_eq!(sweep.count(), 6);
    insta::assert_snapshot!(lines(&sweep).join("\n"), @"
        --lr=0.1 --layers=4
        --lr=0.1 --layers=8
        --lr=0.1 --layers=16
        --lr=0.001 --layers=4
        --lr=0.001 --layers=8
        --lr=0.001 --layers=16
        ");
}

#[test]
fn values_reach_the_program_as_written() {
    let sweep = sweep(
        r#"{"x": [0.10, 1e-4, 12345678901234567890, -0, "", " a\n'\"b$HOME", true, false, null, [1, 0.50, "é"], {"b": 1E5, "a": null}]}"#,
    );
    let flags: Vec<Vec<String>> =
        sweep.points().map(|point| point.arguments().map(str::to_owned).collect()).collect();
    assert_eq!(
        flags,
        [
            vec!["--x=0.10"],
            vec!["--x=1e-4"],
            vec!["--x=12345678901234567890"],
            vec!["--x=-0"],
            vec!["--x="],
            vec!["--x= a\n'\"b$HOME"],
            vec!["--x=True"],
            vec!["--x=False"],
            vec![],
            vec![r#"--x=[1,0.50,"é"]"#],
            vec![r#"--x={"b":1E5,"a":null}"#],
        ]
    );
    let texts: Vec<_> = sweep.listed_choices().map(|(_, choice)| choice.text()).collect();
    assert_eq!(texts[..2], [Some("0.10"), Some("1e-4")]);
    assert_eq!(texts[8], None);
}

#[test]
fn json_keeps_null_and_number_text() {
    let sweep = sweep(r#"{"lr": 0.10, "n\"m": [null, true], "s": "é\n"}"#);
    assert_eq!(json(&sweep.point(0).unwrap()), r#"{"lr":0.10,"n\"m":null,"s":"é\n"}"#);
    assert_eq!(json(&sweep.point(1).unwrap()), r#"{"lr":0.10,"n\"m":true,"s":"é\n"}"#);
}

#[test]
fn a_single_value_is_fixed_and_equal_values_are_two() {
    let sweep = sweep(r#"{"a": [1, 1], "b": "x", "c": null, "d": false,}"#);
    assert_eq!(lines(&sweep), ["--a=1 --b=x --d=False", "--a=1 --b=x --d=False"]);
    let point = sweep.point(0).unwrap();
    let names: Vec<_> = point.parameters().map(|(name, choice)| (name, choice.json())).collect();
    assert_eq!(names, [("a", "1"), ("b", "\"x\""), ("c", "null"), ("d", "false")]);
}

#[test]
fn any_point_is_found_without_the_ones_before() {
    let sweep = sweep(r#"{"a": [1, 2], "b": [1, 2, 3]}"#);
    let all: Vec<_> = sweep.points().map(|point| json(&point)).collect();
    for (index, point) in all.iter().enumerate() {
        assert_eq!(&json(&sweep.point(index as u64).unwrap()), point);
        assert_eq!(sweep.points().nth(index).map(|point| json(&point)).as_ref(), Some(point));
    }
    assert!(sweep.point(6).is_none());
    assert!(sweep.points().nth(6).is_none());
    assert_eq!(sweep.points().size_hint(), (6, Some(6)));
}

#[test]
fn all_mistakes_are_reported_at_once() {
    insta::assert_snapshot!(problems_in(r#"{
  "empty": [],
  "": 1,
  "a b": 1,
  "a=b": 1,
  "--lr": [1],
  "-": 1,
  "$zip": ["a", "b"],
  "lr": {"range": [0, 1, 0.1]},
  "nul\u0000": 1,
  "text": ["a\u0000b"],
  "lr": 1
}"#), @r"
    params.json:2:12: `empty` has no value
      help: an empty list would leave nothing to run
    params.json:3:3: a parameter needs a name
    params.json:4:3: `a b` has white space or a control character in it
    params.json:5:3: `a=b` has a `=` in it, which ends a name in `--name=value`
    params.json:6:3: `--lr` starts with a dash, and the dashes are added: `--name=value`
      help: write `lr`
    params.json:7:3: `-` starts with a dash, and the dashes are added: `--name=value`
    params.json:10:3: `nul\0` has white space or a control character in it
    params.json:11:12: an argument of a program cannot have a NUL in it
    params.json:12:3: duplicate key `lr`
      help: it is already there in line 9, column 3
    ");
}

#[test]
fn what_is_no_sweep_is_refused() {
    insta::assert_snapshot!(problems_in("{}"), @r#"
        params.json:1:1: there is no parameter to sweep
          help: write `{"lr": [0.1, 0.001], "layers": [4, 8, 16]}`
        "#);
    insta::assert_snapshot!(problems_in("[1]"), @r#"
    params.json:1:2: a sweep is an object or a list of objects, not a number
      help: write `{"lr": [0.1, 0.001], "layers": [4, 8, 16]}`
    "#);
    insta::assert_snapshot!(problems_in(""), @"params.json:1:1: the file is empty");
    insta::assert_snapshot!(problems_in("{\"a\": [1,,2]}"), @"params.json:1:10: a value is missing before this `,`");
}

#[test]
fn too_many_combinations_are_said_and_not_wrapped() {
    let axis = |name: usize| format!("\"p{name}\": [{}]", ["1"; 256].join(","));
    let text = |axes: usize| format!("{{{}}}", (0..axes).map(axis).collect::<Vec<_>>().join(","));
    assert_eq!(sweep(&text(7)).count(), 1 << 56);
    assert!(problems_in(&text(8)).contains("more combinations than can be counted"));
}

proptest! {
    /// The product, made the slow way: every axis multiplies what is there, the last axis fastest.
    #[test]
    fn the_points_are_the_product(sizes in prop::collection::vec(1_usize..5, 1..5)) {
        let mut expected = vec![String::new()];
        let mut text = String::from("{");
        for (axis, size) in sizes.iter().enumerate() {
            let values: Vec<_> = (0..*size).map(|value| value.to_string()).collect();
            write!(text, "\"p{axis}\": [{}],", values.join(",")).unwrap();
            expected = expected
                .iter()
                .flat_map(|start| values.iter().map(move |value| format!("{start} --p{axis}={value}")))
                .collect();
        }
        let sweep = sweep(&(text + "}"));
        let points: Vec<_> = lines(&sweep).iter().map(|line| format!(" {line}")).collect();
        prop_assert_eq!(sweep.count(), expected.len() as u64);
        prop_assert_eq!(points, expected);
    }

    #[test]
    fn any_file_is_read_or_explained(text in "\\{(\"[-$=a ]{0,2}\": ?(\\[[0-9,]{0,4}\\]|\\{\\}|null|\"x\"),? ?){0,4}\\}?") {
        match Sweep::read(&source(&text)) {
            Ok(sweep) => prop_assert_eq!(sweep.points().count() as u64, sweep.count()),
            Err(problems) => prop_assert!(!problems[0].list.is_empty()),
        }
    }
}

#[test]
fn a_limit_counts_the_runs_of_its_object_with_the_extra_ones() {
    let text = r#"[
      {"a": [1, 2, 3], "$include": {"a": 4}, "$limit": 4},
      {"a": [1, 5], "$limit": 1},
      {"b": [1, 2]}
    ]"#;
    let sweep = sweep(text);
    let excesses = |repeats| -> Vec<String> {
        let plan = crate::plan::Plan::new(vec!["t".into()], Some(sweep.clone()), repeats).unwrap();
        plan.excesses().iter().map(Problems::plain).collect()
    };
    // One of the second object is a point already.
    assert_eq!(excesses(1), [""; 0]);
    insta::assert_snapshot!(excesses(2).concat(), @"
    params.json:2:56: 8 runs would start, more than `$limit` allows
      help: add `--yes` to start them all, or look at them first with `--table`
    params.json:3:31: 2 runs would start, more than `$limit` allows
      help: add `--yes` to start them all, or look at them first with `--table`
    ");
    let plan = crate::plan::Plan::new(vec!["t".into()], Some(sweep.clone()), 2).unwrap();
    let rest = plan.only(|planned| planned.own_arguments().any(|it| it == "--a=4" || it == "--a=5")).unwrap();
    assert_eq!((rest.len(), rest.excesses().len()), (4, 1), "what is left out does not count");
}
