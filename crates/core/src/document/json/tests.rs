use proptest::prelude::*;

use super::*;
use crate::document::{Problems, arbitrary};

fn source(text: &str) -> Source {
    Source { name: "f.json".into(), text: text.into() }
}

fn compact(text: &str) -> String {
    let mut problems = Vec::new();
    let node = parse(&source(text), &mut problems).expect("readable");
    assert_eq!(problems, []);
    let mut out = String::new();
    write(&node.value, &mut out);
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
    let text = r#"{"b": [0.10, 1e-4, 12345678901234567890, -0, 1E+5], "a": {"z": null, "y": [true, false]}}"#;
    assert_eq!(
        compact(text),
        r#"{"b":[0.10,1e-4,12345678901234567890,-0,1E+5],"a":{"z":null,"y":[true,false]}}"#
    );
}

#[test]
fn comments_trailing_commas_and_a_byte_order_mark_are_fine() {
    assert_eq!(compact("\u{feff}// c \" {\n{\"a\": [1, /* [ \" */ 2,],}\n"), r#"{"a":[1,2]}"#);
}

#[test]
fn spans_point_into_the_text_behind_a_byte_order_mark() {
    let source = source("\u{feff}{ \"clé\": [10] }");
    let node = parse(&source, &mut Vec::new()).unwrap();
    let Value::Table(entries) = node.value else { panic!("an object") };
    assert_eq!(&source.text[entries[0].key_at.clone()], "\"clé\"");
    assert_eq!(&source.text[entries[0].value.at.clone()], "[10]");
}

#[test]
fn escapes_are_resolved_and_written_back() {
    assert_eq!(compact(r#""a\"b\\c\nd\u0001\u00e9\ud83e\udd80\/""#), "\"a\\\"b\\\\c\\nd\\u0001é\u{1f980}/\"");
}

#[test]
fn every_duplicate_is_reported_with_the_place_of_the_first() {
    insta::assert_snapshot!(problems_in("{\"a\": 1,\n \"a\": {\"x\": 1, \"x\": 2},\n \"a\": 3}"), @r"
    f.json:2:2: duplicate key `a`
      help: it is already there in line 1, column 2
    f.json:2:16: duplicate key `x`
      help: it is already there in line 2, column 8
    f.json:3:2: duplicate key `a`
      help: it is already there in line 1, column 2
    ");
}

#[test]
fn syntax_errors_say_what_to_write() {
    let texts = [
        "",
        "{\"a\": 1 \"b\": 2}",
        "{a: 1}",
        "{'a': 1}",
        "[True, 2]",
        "[None]",
        "[NaN]",
        "[-Infinity]",
        "[.5]",
        "[5.]",
        "[007]",
        "[0x1F]",
        "[+1]",
        "[-]",
        "[1,,2]",
        "{\"a\": }",
        "{\"a\" 1}",
        "{\"a\": [1}",
        "{\"a\": 1",
        "[1",
        "{} {}",
        "{ /* x",
        "[hello]",
        "[1 2]",
        "{\"a\": 1,, }",
        "[@]",
        "{\"a\": {\"b\": 1]}",
        "[[1]]]",
        "[{\"a\": \"[\" /* [ */}, }",
        "}",
    ];
    insta::assert_snapshot!(report(&texts));
}

#[test]
fn broken_strings_are_reported_where_they_break() {
    let texts = [
        "{ \"a\": \"x,\n  \"b\": \"y\" }",
        "[\"never",
        "[\"a\tb\", \"c\u{1}\"]",
        r#"["\x41"]"#,
        r#"["\u12"]"#,
        r#"["\ud800"]"#,
        r#"["\udc00x"]"#,
        r#"["\ud800\u0041"]"#,
        "[\"a\\",
    ];
    insta::assert_snapshot!(report(&texts));
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    insta::assert_snapshot!(problems_in(&"[".repeat(100_000)), @"f.json:1:101: nested more than 100 levels deep");
    let deepest = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(compact(&deepest), deepest);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value in arbitrary::value(any::<String>().boxed())) {
        let mut text = String::new();
        write(&value, &mut text);
        prop_assert_eq!(compact(&text), text);
    }

    #[test]
    fn any_text_is_read_or_explained_inside_its_bounds(text in "[\\[\\]{}:,\"'\\\\/*a-z0-9é\u{1f980}\n\t .u+-]{0,40}") {
        let source = source(&text);
        let mut problems = Vec::new();
        let node = parse(&source, &mut problems);
        prop_assert!(node.is_some() || !problems.is_empty());
        for problem in problems {
            prop_assert!(source.text.get(problem.at.clone()).is_some(), "{problem:?}");
        }
    }
}
