//! Points written as CSV, so that they are read as the same values.

use crate::document::number::{is_decimal, is_json};
use crate::document::{BYTE_ORDER_MARK, Value, json};

/// Tells whether a cell can say a value: of lists and objects it has only the text.
pub fn is_sayable(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => true,
        Value::List(_) | Value::Table(_) => false,
    }
}

/// Appends the line that names the columns.
pub fn write_names<'a>(names: impl IntoIterator<Item = &'a str>, out: &mut String) {
    write_cells(names, out, write_name);
}

/// Appends a row. Nothing is an empty cell, as a null is; a list or an object is its JSON as a text.
pub fn write_row<'a>(values: impl IntoIterator<Item = Option<&'a Value>>, out: &mut String) {
    write_cells(values, out, |value, out| match value {
        None | Some(Value::Null) => {}
        Some(Value::Bool(truth)) => out.push_str(if *truth { "true" } else { "false" }),
        Some(Value::Number(text)) => out.push_str(text),
        Some(Value::Text(text)) => write_text(text, out),
        Some(nested @ (Value::List(_) | Value::Table(_))) => {
            let mut text = String::new();
            json::write(nested, &mut text);
            write_quoted(&text, out);
        }
    });
}

fn write_cells<C>(cells: impl IntoIterator<Item = C>, out: &mut String, write: impl Fn(C, &mut String)) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        write(cell, out);
    }
    out.push('\n');
}

fn write_name(name: &str, out: &mut String) {
    if is_decimal(name) || !is_plain(name) { write_quoted(name, out) } else { out.push_str(name) }
}

fn write_text(text: &str, out: &mut String) {
    let is_another = ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)) || is_json(text);
    if is_another || !is_plain(text) { write_quoted(text, out) } else { out.push_str(text) }
}

/// Tells whether a text needs no quotes: it has nothing that ends a cell, and no blanks that would be taken away.
fn is_plain(text: &str) -> bool {
    let is_special = |letter: char| matches!(letter, ',' | '"' | '\n' | '\r' | BYTE_ORDER_MARK);
    !text.is_empty() && !text.contains(is_special) && text.trim().len() == text.len()
}

fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        if letter == '"' {
            out.push('"');
        }
        out.push(letter);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{RowsFormat, read};
    use super::*;
    use crate::document::Source;

    fn read_back(text: &str) -> Vec<Vec<(String, Value)>> {
        let source = Source { name: "points.csv".into(), text: text.into() };
        let mut problems = Vec::new();
        let rows = read(&source, RowsFormat::of(&source), &mut problems);
        assert_eq!(problems, [], "{text:?}");
        let entries = |row: Vec<_>| -> Vec<(String, Value)> {
            row.into_iter().map(|entry: crate::document::Entry| (entry.key, entry.value.value)).collect()
        };
        rows.into_iter().map(entries).collect()
    }

    #[test]
    fn numbers_keep_their_text_and_texts_that_look_like_more_stay_texts() {
        let text = |text: &str| Value::Text(text.to_owned());
        let number = |text: &str| Value::Number(text.into());
        let mut out = String::new();
        write_names(["lr", "a,b"], &mut out);
        for row in [
            [Some(number("0.10")), Some(text("0.10"))],
            [Some(number("1e-4")), Some(text("True"))],
            [Some(Value::Bool(true)), Some(text("it's"))],
            [Some(Value::Null), Some(text(""))],
            [None, Some(text(" a"))],
            [Some(number("12345678901234567890")), Some(text("a \"b\",\nc"))],
            [Some(number("1")), Some(text("007"))],
        ] {
            write_row(row.iter().map(Option::as_ref), &mut out);
        }
        insta::assert_snapshot!(out, @r#"
        lr,"a,b"
        0.10,"0.10"
        1e-4,"True"
        true,it's
        ,""
        ," a"
        12345678901234567890,"a ""b"",
        c"
        1,007
        "#);
    }

    #[test]
    fn of_a_list_its_json_is_left() {
        let source = Source { name: "a.json".into(), text: r#"[1, 0.50, {"a": null}]"#.into() };
        let value = crate::document::parse(&source, &mut Vec::new()).unwrap().value;
        assert!(!is_sayable(&value));
        let mut out = String::new();
        write_row([Some(&value)], &mut out);
        assert_eq!(out, "\"[1,0.50,{\"\"a\"\":null}]\"\n");
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,3})?([eE][-+]?[0-9]{1,2})?"
                .prop_map(|text| Value::Number(text.into())),
            any::<String>().prop_map(Value::Text),
            "[-0-9.eE,;\"'\n\r\t truefalsTRUE\u{feff}]{0,6}".prop_map(Value::Text),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            names in prop::collection::hash_set("[^\\p{C}\\p{Z}]{1,4}|[0-9]", 2..4),
            rows in prop::collection::vec(prop::collection::vec(value(), 4), 0..5),
        ) {
            let names: Vec<String> = names.into_iter().collect();
            let mut out = String::new();
            write_names(names.iter().map(String::as_str), &mut out);
            for row in &rows {
                write_row(row.iter().take(names.len()).map(Some), &mut out);
            }
            let meant: Vec<Vec<(String, Value)>> =
                rows.iter().map(|row| names.iter().cloned().zip(row.iter().cloned()).collect()).collect();
            prop_assert_eq!(read_back(&out), meant);
        }
    }
}
