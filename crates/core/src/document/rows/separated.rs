//! CSV and TSV: the names in the first line, then a row a record.

mod cells;

use std::ops::Range;

use self::cells::{Cell, Records};
use super::too_many;
use crate::counted;
use crate::document::duplicates::Keys;
use crate::document::number::{is_decimal, is_json};
use crate::document::{Entry, MOST_PROBLEMS, Node, Problem, Source, Value};

/// Reads all rows under the names of the first line.
pub(super) fn read(source: &Source, separator: u8, problems: &mut Vec<Problem>) -> Vec<Vec<Entry>> {
    let mut found = Vec::new();
    let mut rows = Vec::new();
    let mut records = Records::of(&source.text, separator);
    if let Some(names) = records.next() {
        check_names(&names, source, &mut found);
        for cells in records {
            if found.len() >= MOST_PROBLEMS {
                found.push(too_many(extent(&cells).start));
                break;
            }
            rows.extend(row(&names, cells, &mut found));
        }
    } else {
        let problem = Problem::new(&(0..0), "the file is empty");
        found.push(problem.help("the first line names the columns"));
    }
    problems.append(&mut found);
    rows
}

fn check_names(names: &[Cell], source: &Source, problems: &mut Vec<Problem>) {
    let mut keys = Keys::default();
    for name in names {
        problems.extend(name.broken());
        if name.text.is_empty() {
            problems.push(Problem::new(&name.at, "this column has no name"));
        } else {
            problems.extend(keys.meet(&name.text, &name.at, source));
        }
    }
    if let Some(number) = names.iter().find(|name| !name.quoted && is_decimal(&name.text)) {
        let message = format!("the first line names the columns, and `{}` is a number", number.text);
        let help = "put a line of names before the first row, such as `lr,layers`; in double quotes a number is a name";
        problems.push(Problem::new(&number.at, message).help(help));
    }
    if let [only] = names
        && only.text.contains(';')
    {
        let problem = Problem::new(&only.at, "the columns are separated by `;`");
        problems.push(problem.help("separate them by commas or tabs; a number has a point and no comma"));
    }
}

fn row(names: &[Cell], cells: Vec<Cell>, problems: &mut Vec<Problem>) -> Option<Vec<Entry>> {
    problems.extend(cells.iter().filter_map(Cell::broken));
    if cells.len() != names.len() {
        let message = format!(
            "this row has {} where the first line names {}",
            counted(cells.len() as u64, "cell"),
            names.len()
        );
        let problem = Problem::new(&extent(&cells), message);
        problems.push(if cells.len() > names.len() {
            problem.help("a cell with the separator inside stands in double quotes")
        } else {
            problem.help("leave a cell empty for null, with its separator")
        });
        return None;
    }
    let entries = names.iter().zip(cells).map(|(name, cell)| Entry {
        key: name.text.clone(),
        key_at: name.at.clone(),
        value: Node { at: cell.at.clone(), value: value(cell) },
    });
    Some(entries.collect())
}

fn extent(cells: &[Cell]) -> Range<usize> {
    let start = cells.first().map_or(0, |cell| cell.at.start);
    start..cells.last().map_or(start, |cell| cell.at.end)
}

fn value(cell: Cell) -> Value {
    if cell.quoted {
        return Value::Text(cell.text);
    }
    match cell.text.as_str() {
        "" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        number if is_json(number) => Value::Number(number.into()),
        _ => Value::Text(cell.text),
    }
}
