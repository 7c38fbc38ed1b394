use proptest::prelude::*;

use super::*;
use crate::document::arbitrary::{self, PRINTABLE};
use crate::document::{Problems, json};

fn source(text: &str) -> Source {
    Source { name: "f.yaml".into(), text: text.into() }
}

fn compact(text: &str) -> String {
    let mut problems = Vec::new();
    let node = parse(&source(text), &mut problems);
    assert_eq!(problems, [], "{text}");
    let mut out = String::new();
    json::write(&node.expect("readable").value, &mut out);
    out
}

fn problems_in(text: &str) -> String {
    let source = source(text);
    let mut problems = Vec::new();
    parse(&source, &mut problems);
    Problems::found_in(&source, problems).map_or_else(|| "none".into(), |problems| problems.plain())
}

fn report(texts: &[&str]) -> String {
    let reports: Vec<_> = texts.iter().map(|text| format!("{text}\n    {}", problems_in(text))).collect();
    reports.concat()
}

#[test]
fn numbers_keep_their_text_and_keys_their_order() {
    let text =
        "b: [0.10, 1e-4, 12345678901234567890123, -0, 1E+05]\na:\n  z: null\n  y:\n  - true\n  - False\n";
    assert_eq!(
        compact(text),
        r#"{"b":[0.10,1e-4,12345678901234567890123,-0,1E+05],"a":{"z":null,"y":[true,false]}}"#
    );
}

#[test]
fn plain_words_mean_what_the_core_schema_says() {
    assert_eq!(
        compact(
            "[no, yes, on, off, y, N, nan, inf, 1_000, 0b1, 12:30, 2024-01-31, 1.2.3, 1e, e5, 0x, +0x1, x#y]"
        ),
        r#"["no","yes","on","off","y","N","nan","inf","1_000","0b1","12:30","2024-01-31","1.2.3","1e","e5","0x","+0x1","x#y"]"#
    );
    assert_eq!(
        compact("a: ~\nb:\nc: NULL\nd: TRUE\n? e\n"),
        r#"{"a":null,"b":null,"c":null,"d":true,"e":null}"#
    );
}

#[test]
fn what_json_cannot_hold_becomes_what_it_can() {
    assert_eq!(compact("[+1, .5, -.5e3, 5., 0x1F, 0o17, +1.e-2]"), "[1,0.5,-0.5e3,5.0,31,15,1.0e-2]");
}

#[test]
fn quotes_blocks_and_folds_are_text() {
    assert_eq!(
        compact("a: '1'\nb: \"\\x41\\u00e9\\t\"\nc: |\n  x\n   y\nd: >-\n  x\n  y\ne: x\n  y\nf: ''\n"),
        "{\"a\":\"1\",\"b\":\"Aé\\t\",\"c\":\"x\\n y\\n\",\"d\":\"x y\",\"e\":\"x y\",\"f\":\"\"}"
    );
}

#[test]
fn tags_of_the_core_schema_are_understood() {
    assert_eq!(
        compact("[!!str 1, !!int '2', !!float 3, !!bool 'true', !!null '', ! 4, !!seq [], !!map {}, !!str ]"),
        r#"["1",2,3,true,null,"4",[],{},""]"#
    );
    insta::assert_snapshot!(problems_in("[!!int 1.5, !!bool yes, !x 1, !!set {a}, !!map [], !!float .inf]"), @r#"
    f.yaml:1:8: this is not what its tag `!!int` says
    f.yaml:1:20: this is not what its tag `!!bool` says
    f.yaml:1:28: the tag `!x` means nothing here
      help: leave it out; text that starts with `!` needs quotes
    f.yaml:1:37: the tag `!!set` means nothing here
      help: leave it out; text that starts with `!` needs quotes
    f.yaml:1:48: this is not what its tag `!!map` says
    f.yaml:1:60: `.inf` is no number here
      help: write it as text: `".inf"`
    "#);
}

#[test]
fn an_alias_stands_for_its_anchor() {
    let text = "a: &x [1, &y {k: v}]\nb: *x\nc: *y\n&k d: *k\n*k : 2\n";
    insta::assert_snapshot!(problems_in(text), @"
    f.yaml:5:1: duplicate key `d`
      help: it is already there in line 4, column 4
    ");
    let text = "a: &x [1, &y {k: v}]\nb: *x\nc: *y\n&k d: *k\n";
    assert_eq!(compact(text), r#"{"a":[1,{"k":"v"}],"b":[1,{"k":"v"}],"c":{"k":"v"},"d":"d"}"#);
    let Value::Table(entries) = parse(&source(text), &mut Vec::new()).unwrap().value else {
        panic!("an object")
    };
    assert_eq!(&text[entries[1].value.at.clone()], "*x");
    let Value::List(items) = &entries[1].value.value else { panic!("a list") };
    assert_eq!(&text[items[1].at.clone()], "{k: v}");
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let inside = vec![format!("*a{}", level - 1); 9].join(", ");
        text += &format!("a{level}: &a{level} [{inside}]\n");
    }
    insta::assert_snapshot!(problems_in(&text), @"
    f.yaml:6:35: anchors and aliases stand for more than 1000000 values up to here
      help: write the values out, or use fewer aliases
    ");
    let nested = "&a [".repeat(99) + &"x".repeat(100_000) + &"]".repeat(99);
    insta::assert_snapshot!(problems_in(&nested), @"
    f.yaml:1:360: anchors and aliases stand for more than 1000000 values up to here
      help: write the values out, or use fewer aliases
    ");
}

#[test]
fn an_alias_cannot_stand_for_what_it_is_inside_of_or_nest_too_deep() {
    insta::assert_snapshot!(problems_in("&a [1, *a]"), @"f.yaml:1:8: this alias stands inside of what it stands for");
    let half = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let text = format!("- &a {half}\n- {}*a{}", "[".repeat(50), "]".repeat(50));
    insta::assert_snapshot!(problems_in(&text), @"f.yaml:2:53: nested more than 100 levels deep");
}

#[test]
fn spans_point_into_the_text() {
    let text = "\u{feff}# c\n\"clé\":   [10]\nb:\n  - x\n  - y: 1\nc: |\n  t\n";
    let source = source(text);
    let node = parse(&source, &mut Vec::new()).unwrap();
    assert_eq!(&text[node.at.clone()], &text[text.find('"').unwrap()..]);
    let Value::Table(entries) = node.value else { panic!("an object") };
    assert_eq!(&text[entries[0].key_at.clone()], "\"clé\"");
    assert_eq!(&text[entries[0].value.at.clone()], "[10]");
    assert_eq!(&text[entries[1].value.at.clone()], "- x\n  - y: 1");
}

#[test]
fn everything_that_json_has_not_is_reported_at_once() {
    let text = "a: 1\na: 2\n1: x\ntrue: x\n~: x\n[l]: x\n<<: {b: 1}\n\"<<\": 1\nc: .inf\nd: -.NaN\ne: .nan\nf: 007\ng: \
                -00.5\nh: 0xfffffffffffffffffffffffffffffffff\n--- \nb: 1\n";
    insta::assert_snapshot!(problems_in(text), @r#"
    f.yaml:2:1: duplicate key `a`
      help: it is already there in line 1, column 1
    f.yaml:3:1: this key is a number and not a text
      help: write `"1"`
    f.yaml:4:1: this key is true and not a text
      help: write `"true"`
    f.yaml:5:1: this key is null
      help: a key is a text: write it in quotes
    f.yaml:6:1: this key is a list and not a text
      help: a key is a text; text that starts with a bracket needs quotes
    f.yaml:7:1: merge keys are not part of YAML 1.2
      help: write the keys out, or write `"<<"` for a key of that name
    f.yaml:9:4: `.inf` is no number here
      help: write it as text: `".inf"`
    f.yaml:11:4: `.nan` is no number here
      help: write it as text: `".nan"`
    f.yaml:12:4: a number cannot start with 0
      help: write `7`, or `"007"` for the text
    f.yaml:13:4: a number cannot start with 0
      help: write `-0.5`, or `"-00.5"` for the text
    f.yaml:14:4: this number has more than 128 bits
      help: write it in decimal
    f.yaml:15:1: a second document starts here
      help: keep one document a file
    "#);
}

#[test]
fn syntax_errors_say_what_to_write() {
    let texts = [
        "",
        "# only this\n",
        "a: [1, 2",
        "a: {b: 1",
        "{a: 1}}",
        "[1}",
        "[a b: c d: e]",
        "a: 'x",
        "a: \"x\" y",
        "a: 'x' y",
        "a: \"C:\\d\"",
        "a: \"\\ud800\"",
        "a: b: c",
        "a: 1\n b: 2",
        "a:\n  b: 1\n c: 2",
        "a:\n\t- 1",
        "- a\nb: c",
        "a: 1\n- b",
        "a: - b",
        "a\nb: 1",
        "a: *nope",
        "a: *.csv",
        "a: * b",
        "a: @x",
        "a: `x`",
        "a: %x",
        "[-, 1]",
        "[1] x",
        "a: \u{1}",
        "a: !x!y z",
        "a: |\n x\n  y\n z\nw",
        "a: 'x\n---\n'",
        "a: \"x\"#c",
        "%FOO",
        "a: 1\n...\nb",
    ];
    insta::assert_snapshot!(report(&texts));
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    for start in ["[", "{", "- ", "? ", "[{", "- ? "] {
        let report = problems_in(&start.repeat(100_000));
        assert!(
            report.contains("nested more than 100 levels deep") || report.contains("never closed"),
            "{report}"
        );
    }
    let deepest = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(compact(&deepest), deepest);
    insta::assert_snapshot!(problems_in(&format!("{}{}{}", "- ".repeat(60), "[".repeat(60), "]".repeat(60))), @"f.yaml:1:161: nested more than 100 levels deep");
}

proptest! {
    #[test]
    fn json_is_yaml(value in arbitrary::value(PRINTABLE.boxed())) {
        let mut text = String::new();
        json::write(&value, &mut text);
        prop_assert_eq!(compact(&text), text);
    }

    #[test]
    fn any_text_is_read_or_explained_inside_its_bounds(text in "[\\[\\]{}:,\"'\\\\#a-z0-9é\u{1f980}\n\t \r.+&*!|>?%@-]{0,40}") {
        let source = source(&text);
        let mut problems = Vec::new();
        let node = parse(&source, &mut problems);
        prop_assert!(node.is_some() || !problems.is_empty());
        for problem in problems {
            prop_assert!(source.text.get(problem.at.clone()).is_some(), "{problem:?}");
        }
    }
}
