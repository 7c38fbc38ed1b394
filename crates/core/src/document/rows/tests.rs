use proptest::prelude::*;

use super::*;
use crate::document::{Problems, Value, json};

fn source(name: &str, text: &str) -> Source {
    Source { name: name.into(), text: text.into() }
}

fn compact(name: &str, text: &str) -> String {
    let source = source(name, text);
    let mut problems = Vec::new();
    let rows = read(&source, RowsFormat::of(&source), &mut problems);
    assert_eq!(problems, [], "{text}");
    let mut out = String::new();
    for row in rows {
        json::write(&Value::Table(row), &mut out);
        out.push('\n');
    }
    out
}

fn report(name: &str, texts: &[&str]) -> String {
    let problems_in = |text| {
        let source = source(name, text);
        let mut problems = Vec::new();
        read(&source, RowsFormat::of(&source), &mut problems);
        Problems::found_in(&source, problems).map_or_else(|| "none\n".into(), |problems| problems.plain())
    };
    texts.iter().map(|text| format!("{text}\n    {}", problems_in(text))).collect()
}

#[test]
fn the_name_tells_the_format_and_else_the_look() {
    let of = |name, text| RowsFormat::of(&source(name, text));
    assert_eq!(of("a.csv", "{"), RowsFormat::Csv);
    assert_eq!(of("a.TSV", "a,b"), RowsFormat::Tsv);
    assert_eq!(of("a.jsonl", "a,b"), RowsFormat::JsonLines);
    assert_eq!(of("a.ndjson", ""), RowsFormat::JsonLines);
    assert_eq!(of("-", "\u{feff}\n  {\"a\": 1}"), RowsFormat::JsonLines);
    assert_eq!(of("-", "\na b\tc\n1\t2"), RowsFormat::Tsv);
    assert_eq!(of("points.txt", "a,b\n1\t2"), RowsFormat::Csv);
    assert_eq!(of("-", ""), RowsFormat::Csv);
}

#[test]
fn cells_are_what_json_would_call_them() {
    let text = "\u{feff}n,b,t\n1e-4,true,x y\n0.10,False,007\n12345678901234567890,TRUE,.5\n,,\n \
                -1 , false , x \n\"1\",\"true\",\"\"\n";
    insta::assert_snapshot!(compact("f.csv", text), @r#"
    {"n":1e-4,"b":true,"t":"x y"}
    {"n":0.10,"b":false,"t":"007"}
    {"n":12345678901234567890,"b":true,"t":".5"}
    {"n":null,"b":null,"t":null}
    {"n":-1,"b":false,"t":"x"}
    {"n":"1","b":"true","t":""}
    "#);
}

#[test]
fn quoted_cells_hold_separators_quotes_and_line_breaks() {
    assert_eq!(
        compact("f.csv", "\"a,\"\"b\"\"\",c\r\n\"x\r\ny\",\" z \"\r\n\r\n1,2"),
        "{\"a,\\\"b\\\"\":\"x\\r\\ny\",\"c\":\" z \"}\n{\"a,\\\"b\\\"\":1,\"c\":2}\n"
    );
    assert_eq!(compact("f.tsv", "a\tb c\n1,5\t\"x\ty\"\n"), "{\"a\":\"1,5\",\"b c\":\"x\\ty\"}\n");
}

#[test]
fn a_long_cell_and_a_single_column_are_fine() {
    let long = "é".repeat(5000);
    assert_eq!(
        compact("f.csv", &format!("a\n\"{long}\"\n\n  \n\"\"\n")),
        format!("{{\"a\":\"{long}\"}}\n{{\"a\":\"\"}}\n")
    );
    assert_eq!(compact("f.csv", "a,b"), "");
}

#[test]
fn spans_point_into_the_text() {
    let source = source("f.csv", "\u{feff}\r\n a ,\"é\"\r\n\r\n 10 ,\"x\"\"y\"\r\nlast,");
    let rows = read(&source, RowsFormat::Csv, &mut Vec::new());
    let texts = |row: &[Entry]| -> Vec<String> {
        let places = row.iter().flat_map(|entry| [entry.key_at.clone(), entry.value.at.clone()]);
        places.map(|at| source.text[at].to_owned()).collect()
    };
    assert_eq!(texts(&rows[0]), ["a", "10", "\"é\"", "\"x\"\"y\""]);
    assert_eq!(texts(&rows[1]), ["a", "last", "\"é\"", ""]);
}

#[test]
fn mistakes_in_csv_are_all_reported_with_their_lines() {
    let texts = [
        "",
        "\n \n",
        "a,,b,a\n1,2,3,4\n",
        "a,b\n1\n1,2\n1,2,3\n",
        "a;b\n1;2\n",
        "0.1,4\n.01,8\n",
        "\"7\",-1e3\n1,2\n",
        "a,b\n\"x\"y,1\n \"z\",2\n\"w\" ,3\n1,\"open\n2,3\n",
    ];
    insta::assert_snapshot!(report("f.csv", &texts));
}

#[test]
fn json_lines_are_read_with_places_in_the_whole_file() {
    assert_eq!(
        compact("f.jsonl", "\u{feff}{\"a\": 1e-4}\r\n\n// c\n{\"b\": [true]} // d\n{}\n"),
        "{\"a\":1e-4}\n{\"b\":[true]}\n{}\n"
    );
    let texts = [
        "{\"a\": 1}\n{\"a\": 1, \"a\": 2}\n[1]\n{\"a\": True}\n7 8\n{\"a\": 1} {\"a\": 2}\n{\"a\": \"\n",
        "[\n  {\"a\": 1}\n]\n",
        "{\n  \"a\": 1\n}\n",
    ];
    insta::assert_snapshot!(report("f.jsonl", &texts));
}

#[test]
fn a_file_that_is_wrong_from_end_to_end_is_not_read_to_its_end() {
    for (format, text) in [
        (RowsFormat::Csv, "a,b\n".to_owned() + &"1\n".repeat(5000)),
        (RowsFormat::JsonLines, "x\n".repeat(5000)),
    ] {
        let mut problems = Vec::new();
        read(&source("-", &text), format, &mut problems);
        assert_eq!(problems.len(), 101);
        assert!(problems[100].message.contains("not read"), "{:?}", problems[100]);
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

proptest! {
    #[test]
    fn quoted_cells_come_back_as_they_were(cells in prop::collection::vec(prop::collection::vec(any::<String>(), 3), 0..5)) {
        let line = |cells: &[String]| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
        let text = format!("a,b,c\n{}", cells.iter().map(|row| line(row) + "\r\n").collect::<String>());
        let mut problems = Vec::new();
        let rows = read(&source("f.csv", &text), RowsFormat::Csv, &mut problems);
        prop_assert_eq!(problems, []);
        let read: Vec<Vec<Value>> =
            rows.into_iter().map(|row| row.into_iter().map(|entry| entry.value.value).collect()).collect();
        let written: Vec<Vec<Value>> =
            cells.into_iter().map(|row| row.into_iter().map(Value::Text).collect()).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn any_text_is_read_or_explained_inside_its_bounds(text in "[{}:,\"'\\\\a0-1é\u{1f980}\u{feff}\n\t \r;]{0,40}", rest in any::<String>()) {
        let source = source("-", &format!("{text}{rest}"));
        for format in [RowsFormat::Csv, RowsFormat::Tsv, RowsFormat::JsonLines] {
            let mut problems = Vec::new();
            let rows = read(&source, format, &mut problems);
            let places = problems.iter().map(|problem| problem.at.clone());
            for at in places.chain(rows.iter().flatten().flat_map(|entry| [entry.key_at.clone(), entry.value.at.clone()])) {
                prop_assert!(source.text.get(at.clone()).is_some(), "{at:?}");
            }
        }
    }
}
