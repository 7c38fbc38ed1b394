//! What may be given any bytes: each function reads some as a user's file or words, and goes on to what a command makes
//! of them. None may panic or take long. The fuzzer calls them, and so does the test `corpus` of the core package with all
//! that is kept in `fuzz/corpus`.

use neuromanager_core::config::Config;
use neuromanager_core::document::rows::{self, RowsFormat};
use neuromanager_core::document::{Problems, Source};
use neuromanager_core::expression::{Expression, Values};
use neuromanager_core::sweep::{Found, Origin, RunNames, Surroundings, Sweep, Typed};
use serde_json::value::RawValue;

/// How many points of a sweep are made.
const POINTS: usize = 50;

/// Reads a parameter file and makes its first points and its last: `j`, `t` or `y` first says in which language it is. With
/// `s` first, each line is an option `--set`.
pub fn sweep(data: &[u8]) {
    let Some((language, text)) = split_first(data) else { return };
    let (extension, is_typed) = match language {
        b't' => ("toml", false),
        b'y' => ("yaml", false),
        b's' => ("json", true),
        _ => ("json", false),
    };
    let source = source(&format!("params.{extension}"), text);
    let set = source.text.lines().filter(|_| is_typed).map(str::to_owned).collect();
    let typed = Typed { set, ..Typed::default() };
    let origin = Origin { file: (!is_typed).then_some(&source), rows: None, typed: &typed };
    match Sweep::of(&origin, &Fixed) {
        Ok(sweep) => make_points(&sweep),
        Err(problems) => problems.iter().for_each(explain),
    }
}

/// Reads the first line as an expression, and works it out for the object in the second, or for fixed values.
pub fn expression(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (text, values) = text.split_once('\n').unwrap_or((text, ""));
    let values = RawValue::from_string(values.to_owned()).ok().and_then(|raw| Values::of(&raw).ok());
    let values = values.unwrap_or_else(fixed_values);
    match Expression::parse(text) {
        Ok(expression) => {
            let _unknown = expression.check_names(values.names()).map_err(|error| error.to_string());
            let value_of = |slot: usize| values.get(&expression.names().get(slot)?.text);
            match expression.evaluate(&value_of) {
                Ok(Some(value)) => drop((value.to_string(), value.to_document())),
                Ok(None) => {}
                Err(error) => drop(error.to_string()),
            }
            let _answer = expression.holds_for(&values);
        }
        Err(error) => drop(error.to_string()),
    }
}

/// Reads rows: `c` first says CSV, `t` TSV, `j` JSON lines; else it is told by the look of the text.
pub fn rows(data: &[u8]) {
    let Some((language, text)) = split_first(data) else { return };
    let name = match language {
        b'c' => "rows.csv",
        b't' => "rows.tsv",
        b'j' => "rows.jsonl",
        _ => "-",
    };
    let source = source(name, text);
    let mut problems = Vec::new();
    rows::read(&source, RowsFormat::of(&source), &mut problems);
    if let Some(problems) = Problems::found_in(&source, problems) {
        explain(&problems);
    }
}

/// Reads a config.json, and chooses a device.
pub fn configuration(data: &[u8]) {
    let source = source("config.json", data);
    match Config::read(&source, &[]) {
        Ok(config) => drop(config.device("slurm", "gpu").map_err(|error| error.to_string())),
        Err(error) => drop(error.to_string()),
    }
}

fn split_first(data: &[u8]) -> Option<(u8, &[u8])> {
    data.split_first().map(|(first, rest)| (*first, rest))
}

fn source(name: &str, text: &[u8]) -> Source {
    Source { name: name.to_owned(), text: String::from_utf8_lossy(text).into_owned() }
}

fn make_points(sweep: &Sweep) {
    let names = RunNames::new(Some(sweep), "train", 2);
    let last = sweep.count().checked_sub(1).and_then(|last| sweep.point(last));
    let mut out = String::new();
    for point in sweep.points().take(POINTS).chain(last) {
        out.clear();
        point.write_json(&mut out);
        let _object = serde_json::from_str::<serde_json::Value>(&out).unwrap();
        out.clear();
        names.write(0, 1, Some(&point), &mut out);
        point.arguments().for_each(|argument| assert!(!argument.contains('\0'), "{argument:?}"));
    }
}

/// Shows problems, whose places must be in the text.
fn explain(problems: &Problems) {
    for problem in &problems.list {
        assert!(
            problems.source.text.get(problem.at.clone()).is_some(),
            "{problem:?} in {:?}",
            problems.source
        );
    }
    drop(problems.plain());
}

fn fixed_values() -> Values {
    let values = r#"{"lr": 0.10, "tiny": 1e-3, "layers": 4, "huge": 170141183460469231731687303715884105727,
        "opt": "sgd", "on": true, "off": null, "sizes": [1, 2.5, "x"], "model": {"depth": 2}, "batch-size": 7}"#;
    let raw = RawValue::from_string(values.to_owned()).unwrap();
    Values::of(&raw).unwrap()
}

/// The same files and paths at every time.
struct Fixed;

impl Surroundings for Fixed {
    fn read(&self, path: &str) -> Result<Source, String> {
        match path {
            "" => Err("there is no such file".to_owned()),
            path => Ok(source(path, b"1\n\ntwo\r\n3e0\n\xff\n")),
        }
    }

    fn glob(&self, pattern: &str) -> Result<Found, String> {
        match pattern {
            "" => Err("there is no pattern".to_owned()),
            pattern => Ok(Found {
                paths: vec![pattern.replace('*', "a"), pattern.replace('*', "b")],
                unreadable: Vec::new(),
            }),
        }
    }
}
