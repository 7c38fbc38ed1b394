use proptest::prelude::*;

use super::*;
use crate::document::arbitrary::{self, PRINTABLE};
use crate::document::{Problems, json};

fn source(text: &str) -> Source {
    Source { name: "f.toml".into(), text: text.into() }
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
    let text = "z = [0.10, 1e-4, 12345678901234567890123, -0, 1E+05]\nb.y = true\na = 1\nb.x = 2\n";
    assert_eq!(
        compact(text),
        r#"{"z":[0.10,1e-4,12345678901234567890123,-0,1E+05],"b":{"y":true,"x":2},"a":1}"#
    );
}

#[test]
fn what_json_cannot_hold_becomes_what_it_can() {
    let text = "a = 1_000\nb = 0xDEAD_beef\nc = 0o17\nd = 0b101\ne = +1_0.5_0e+1_0\nf = 2024-01-31\n\
                g = 1979-05-27 07:32:00.10Z\nh = 07:32:00\n";
    assert_eq!(
        compact(text),
        r#"{"a":1000,"b":3735928559,"c":15,"d":5,"e":10.50e+10,"f":"2024-01-31","g":"1979-05-27 07:32:00.10Z","h":"07:32:00"}"#
    );
}

#[test]
fn tables_of_every_kind_are_objects() {
    let text = "\u{feff}# c\n'q k'.\"x\" = 1\n[t.u]\nv = { w = [{}, { a.b = 1, }] }\n[[l]]\nn = 1\n[[l]]\nn = 2\n[l.m]\n";
    assert_eq!(
        compact(text),
        r#"{"q k":{"x":1},"t":{"u":{"v":{"w":[{},{"a":{"b":1}}]}}},"l":[{"n":1},{"n":2,"m":{}}]}"#
    );
    assert_eq!(compact(""), "{}");
}

#[test]
fn strings_are_unescaped() {
    assert_eq!(
        compact("a = \"x\\t\\u00e9\\x41\"\nb = 'C:\\d'\nc = \"\"\"\none \\\n  two\n\"\"\"\n"),
        "{\"a\":\"x\\té\u{41}\",\"b\":\"C:\\\\d\",\"c\":\"one two\\n\"}"
    );
}

#[test]
fn spans_point_into_the_text() {
    let source = source("\u{feff}[t]\n\"clé\" = [10]\n");
    let Value::Table(root) = parse(&source, &mut Vec::new()).unwrap().value else { panic!("an object") };
    assert_eq!(&source.text[root[0].key_at.clone()], "t");
    assert_eq!(&source.text[root[0].value.at.clone()], "[t]");
    let Value::Table(inner) = &root[0].value.value else { panic!("an object") };
    assert_eq!(&source.text[inner[0].key_at.clone()], "\"clé\"");
    assert_eq!(&source.text[inner[0].value.at.clone()], "[10]");
}

#[test]
fn every_duplicate_is_reported_and_the_rest_is_read() {
    insta::assert_snapshot!(problems_in("a = 1\n\"a\" = 2\n[t]\nx = inf\n[t]\ny = { z = 1, z = 2 }\n"), @r#"
    f.toml:2:1: duplicate key `a`
      help: it is already there in line 1, column 1
    f.toml:4:5: `inf` is no number here
      help: write it as text: `"inf"`
    f.toml:5:2: duplicate key `t`
      help: give every key one value, and open every table once
    f.toml:6:14: duplicate key `z`
      help: it is already there in line 6, column 7
    "#);
}

#[test]
fn syntax_errors_say_what_to_write() {
    let texts = [
        "a = 1\nb 2\nc = True\nd = null\ne = NaN",
        "a: 1",
        "{\"a\": 1}",
        "é = 1",
        "a =",
        "= 1",
        "a = hello world",
        "a = 1 b = 2",
        "a = [1, 2\nb = 3",
        "a = [1, 2",
        "a = [1 2]",
        "a = [1,,2]",
        "a = { b = 1",
        "a = { b = 1 c = 2 }",
        "a = { b = 1,, }",
        "[t",
        "[[t]",
        "[]",
        "[t]]",
        "a = .5",
        "a = 5.",
        "a = 1e",
        "a = -007.5",
        "a = --1",
        "a = +0x1F",
        "a = 0X1F",
        "a = 0b2",
        "a = 1__0",
        "a = nan\nb = -inf",
        "a = 'x",
        "a = \"x\nb = 1",
        "a = \"\"\"x",
        "a = \"\u{1}\"",
        r#"a = "C:\d""#,
        r#"a = "\ud800""#,
        "a = 2024-13-01",
        "a = 1\na.b = 2",
        "a.b = 1\na = 2",
        "[a]\nb = 1\n[a.b]\nc = 1",
        "a = 1\r b = 2",
    ];
    insta::assert_snapshot!(report(&texts));
}

#[test]
fn a_radix_number_beyond_all_programs_is_refused() {
    insta::assert_snapshot!(problems_in(&format!("a = 0x{}", "f".repeat(33))), @"
    f.toml:1:5: this number has more than 128 bits
      help: write it in decimal
    ");
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    insta::assert_snapshot!(problems_in(&format!("a = {}", "[".repeat(100_000))), @"f.toml:1:5: this `[` is never closed");
    let key = ["k"; 16].join(".");
    insta::assert_snapshot!(problems_in(&format!("[{key}.k]\n")), @"f.toml:1:2: a key of more than 16 parts");
    let nested = format!("[{key}]\n{}1{}", format!("{key} = {{ ").repeat(79) + "k = ", " }".repeat(79));
    insta::assert_snapshot!(problems_in(&nested).replace(&key, "KEY"), @"f.toml:2:189: nested more than 100 levels deep");
    let twice = format!("{nested}\n{key}.k = 1\n[{key}]\n{nested}");
    assert_ne!(problems_in(&twice), "none");
}

/// Writes a value as TOML; what TOML has not, as text.
fn inline(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("'null'"),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => json::write(value, out),
        Value::List(items) => {
            out.push('[');
            for item in items {
                inline(&item.value, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Table(entries) => {
            out.push('{');
            for entry in entries {
                json::write_string(&entry.key, out);
                out.push('=');
                inline(&entry.value.value, out);
                out.push(',');
            }
            out.push('}');
        }
    }
}

fn without_null(value: Value) -> Value {
    let inside = |node: Node| Node { value: without_null(node.value), ..node };
    match value {
        Value::Null => Value::Text("null".into()),
        Value::List(items) => Value::List(items.into_iter().map(inside).collect()),
        Value::Table(entries) => Value::Table(
            entries.into_iter().map(|entry| Entry { value: inside(entry.value), ..entry }).collect(),
        ),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => value,
    }
}

proptest! {
    #[test]
    fn every_value_is_read_back(value in arbitrary::value(PRINTABLE.boxed())) {
        let mut text = "v = ".to_owned();
        inline(&value, &mut text);
        let mut expected = String::new();
        json::write(&without_null(value), &mut expected);
        prop_assert_eq!(compact(&text), format!(r#"{{"v":{expected}}}"#));
    }

    #[test]
    fn any_text_is_read_or_explained_inside_its_bounds(text in "[\\[\\]{}=.,\"'\\\\#a-z0-9é\u{1f980}\n\t \r+_:-]{0,40}") {
        let source = source(&text);
        let mut problems = Vec::new();
        let node = parse(&source, &mut problems);
        prop_assert!(node.is_some() || !problems.is_empty());
        for problem in problems {
            prop_assert!(source.text.get(problem.at.clone()).is_some(), "{problem:?}");
        }
    }
}
