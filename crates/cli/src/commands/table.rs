//! `neusweep --table`: the points as a table for people, as JSON, or as CSV that `--rows` reads.
//!
//! Points are made one at a time and forgotten; a table that has to know how wide it is looks at them twice.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};

use neuromanager_core::document::{Value, json, rows};
use neuromanager_core::sweep::{Choice, Point, RunNames, Sweep};
use serde_json::json;

use super::App;
use super::order::Order;
use super::summary::Summary;
use crate::exit::Exit;
use crate::json::SCHEMA;
use crate::report::Failure;
use crate::ui::{Columns, ROWS_ON_A_TERMINAL, Table, Volume, one_line, output_width, print};

/// How the table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For people.
    Text,
    Json,
    Csv,
}

impl Form {
    /// Reads the two switches, which exclude each other.
    pub(super) fn of(csv: bool, json: bool) -> Self {
        match (csv, json) {
            (true, _) => Self::Csv,
            (false, true) => Self::Json,
            (false, false) => Self::Text,
        }
    }
}

/// What is shown.
pub(super) struct Shown<'a> {
    pub(super) sweep: &'a Sweep,
    /// How many runs each point has.
    pub(super) repeats: u64,
    /// What would be started, where a command says so that can be started.
    pub(super) order: Option<Order>,
}

/// Prints the table, and says what its runs may take.
pub(super) fn table(shown: &Shown<'_>, form: Form, volume: Volume, app: &App) -> Result<Exit, Failure> {
    let name = shown.order.as_ref().map_or("run", |order| order.name.as_str());
    let names = RunNames::new(Some(shown.sweep), name, shown.repeats);
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match (form, output_width()) {
        (Form::Json, _) => write_json(shown, &names, app, &mut out)?,
        (Form::Csv, _) => write_csv(shown.sweep, app, &mut out)?,
        (Form::Text, None) => write_text(shown, &names, &mut out)?,
        (Form::Text, Some(_)) => {
            drop(out);
            print(&on_a_terminal(shown, &names))?;
            return Ok(said(shown, volume, app));
        }
    }
    out.flush()?;
    drop(out);
    Ok(said(shown, volume, app))
}

fn said(shown: &Shown<'_>, volume: Volume, app: &App) -> Exit {
    if let Some(order) = &shown.order {
        app.ui.at(volume).say(&Summary::of(order, app).to_string());
    }
    Exit::Done
}

fn headings(sweep: &Sweep) -> Vec<String> {
    let parameters = sweep.parameters().iter().map(|parameter| one_line(&parameter.name));
    ["RUN", "NAME"].into_iter().map(str::to_owned).chain(parameters).collect()
}

/// Gives the first rows, as wide as the terminal at most.
fn on_a_terminal(shown: &Shown<'_>, names: &RunNames<'_>) -> String {
    let headings = headings(shown.sweep);
    let mut table = Table::new(headings.iter().cloned()).cutting(2..headings.len()).sparing(Some(1));
    for point in shown.sweep.points().take(ROWS_ON_A_TERMINAL) {
        table.row(cells(&point, shown, names));
    }
    let mut out = table.render();
    let left = shown.sweep.count().saturating_sub(ROWS_ON_A_TERMINAL as u64);
    if left > 0 {
        out.push_str(&format!("and {left} more: pipe this to see all\n"));
    }
    out
}

fn write_text(shown: &Shown<'_>, names: &RunNames<'_>, out: &mut dyn Write) -> io::Result<()> {
    let headings = headings(shown.sweep);
    let mut columns = Columns::under(&headings);
    for point in shown.sweep.points() {
        columns.widen(&cells(&point, shown, names));
    }
    columns.write(&headings, out)?;
    for point in shown.sweep.points() {
        columns.write(&cells(&point, shown, names), out)?;
    }
    Ok(())
}

/// Gives the row of a point: its runs, the name of the first, and the values as people see them.
fn cells(point: &Point<'_>, shown: &Shown<'_>, names: &RunNames<'_>) -> Vec<String> {
    let first = point.index() * shown.repeats;
    let runs =
        if shown.repeats > 1 { format!("{first}-{}", first + shown.repeats - 1) } else { first.to_string() };
    let mut name = String::new();
    names.write(first, 0, Some(point), &mut name);
    let value = |name: &str| point.choice(name).map_or_else(String::new, |choice| one_line(seen(choice)));
    let values = shown.sweep.parameters().iter().map(|parameter| value(&parameter.name));
    [runs, name].into_iter().chain(values).collect()
}

/// Gives a value as people see it: its label, or its text without quotes.
fn seen(choice: &Choice) -> &str {
    match (choice.label(), choice.value()) {
        (Some(label), _) => label,
        (None, Value::Text(text)) => text,
        (None, _) => choice.json(),
    }
}

/// Writes one document, each point on a line of its own: see docs/json.md.
fn write_json(shown: &Shown<'_>, names: &RunNames<'_>, app: &App, out: &mut dyn Write) -> io::Result<()> {
    let parameters: Vec<_> = shown.sweep.parameters().iter().map(|parameter| &parameter.name).collect();
    let runs = shown.sweep.count().saturating_mul(shown.repeats);
    let (seconds, gpu_seconds) =
        shown.order.as_ref().map(|order| Summary::of(order, app).seconds()).unwrap_or_default();
    writeln!(out, "{{\n  \"schema\": {SCHEMA},\n  \"parameters\": {},", json!(parameters))?;
    writeln!(out, "  \"repeats\": {},\n  \"runs\": {runs},", shown.repeats)?;
    writeln!(out, "  \"seconds\": {},\n  \"gpu_seconds\": {},", json!(seconds), json!(gpu_seconds))?;
    write!(out, "  \"points\": [")?;
    let mut line = String::new();
    for point in shown.sweep.points() {
        line.clear();
        let first = point.index() * shown.repeats;
        line.push_str(if point.index() == 0 { "\n    {\"run\":" } else { ",\n    {\"run\":" });
        line.push_str(&format!("{first},\"name\":\""));
        // It has portable characters only.
        names.write(first, 0, Some(&point), &mut line);
        line.push_str("\",\"params\":");
        point.write_json(&mut line);
        line.push_str(",\"labels\":{");
        let labels = point.parameters().filter_map(|(name, choice)| Some((name, choice.label()?)));
        for (place, (name, label)) in labels.enumerate() {
            line.push_str(if place == 0 { "" } else { "," });
            json::write_string(name, &mut line);
            line.push(':');
            json::write_string(label, &mut line);
        }
        line.push_str("}}");
        out.write_all(line.as_bytes())?;
    }
    writeln!(out, "\n  ]\n}}")
}

/// Writes the values alone, and says where CSV has no way to write one.
fn write_csv(sweep: &Sweep, app: &App, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<&str> = sweep.parameters().iter().map(|parameter| parameter.name.as_str()).collect();
    let mut line = String::new();
    rows::write_names(names.iter().copied(), &mut line);
    out.write_all(line.as_bytes())?;
    let (mut nested, mut has_blank_line) = (BTreeSet::new(), false);
    for point in sweep.points() {
        line.clear();
        let values = names.iter().map(|name| point.choice(name).map(Choice::value));
        nested.extend(
            names
                .iter()
                .zip(values.clone())
                .filter_map(|(name, value)| value.filter(|value| !rows::is_sayable(value)).map(|_| *name)),
        );
        rows::write_row(values, &mut line);
        has_blank_line |= line == "\n";
        out.write_all(line.as_bytes())?;
    }
    out.flush()?;
    if !nested.is_empty() {
        let names: Vec<_> = nested.into_iter().map(|name| format!("`{name}`")).collect();
        app.ui.warn(&format!("CSV has no lists and objects: those of {} are texts", names.join(", ")));
    }
    if has_blank_line {
        app.ui.warn("a point with nothing but a null is a blank line, which is no row of a CSV file");
    }
    Ok(())
}
