//! Every pair of letters that means something to a shell, to Python, to CSV or to hydra, as a text and in a list.

use std::path::Path;
use std::process::Command;

use neuromanager_core::sweep::style::Style;
use serde_json::Value as Json;

use crate::python::{self, PLAIN, python};
use crate::table::{check, kind, parsed, render, value};

const LETTERS: &str = "\\'\"${}[](,=:-# \na1é";

/// All pairs, and what quotes and backslashes can do to each other between others.
fn texts() -> Vec<String> {
    let pairs =
        LETTERS.chars().flat_map(|first| LETTERS.chars().map(move |second| format!("{first}{second}")));
    let quoted = ["\\'", "\\\\'", "'\\'", "\\\\\\", "'\\\\''", "\\\"\\"].map(|middle| format!("a{middle}b"));
    let texts = pairs.chain(quoted);
    texts.map(|text| Json::String(text).to_string()).collect()
}

fn lists(style: &str) -> Vec<String> {
    let style = Style::parse(style).unwrap();
    let lists = texts().into_iter().map(|text| format!("[{text},\"x\",{text}]"));
    lists.filter(|list| style.check_value(&value(list)).is_none()).collect()
}

#[test]
fn arrive_by_argparse() {
    // Until 3.11.7 and 3.12.1, argparse loses a value that is exactly `--` (python/cpython issue 109475).
    let without_dashes = |mut written: Vec<String>| {
        written.retain(|written| !written.contains("\"--\""));
        written
    };
    let some = without_dashes(texts());
    let repeated = without_dashes(lists("list=repeat"));
    let kinds = [
        kind("argparse", "text", &some),
        kind("join=space", "text", &some),
        kind("dash=one", "text", &some).named("lr", "-lr"),
        kind("dash=short", "text", &some).named("n", "-n"),
        kind("argparse", "json", &lists("argparse")),
        kind("list=python", "python", &lists("list=python")),
        kind("list=repeat", "appended texts", &repeated),
        kind("list=space", "texts", &lists("list=space")),
    ];
    check(Path::new(PLAIN), "argparse", &kinds, &[]);
}

#[test]
fn arrive_by_click() {
    let Some(python) = python() else { return };
    let kinds = [kind("click", "text", &texts()), kind("click", "texts", &lists("click"))];
    check(&python, "click", &kinds, &[]);
}

#[test]
fn arrive_by_absl() {
    let Some(python) = python() else { return };
    let is_stripped = |list: &String| {
        let Json::Array(items) = parsed(list) else { panic!("a list") };
        items.iter().filter_map(Json::as_str).any(|item| item != item.trim())
    };
    let mut trimmed = lists("absl");
    trimmed.retain(|list| !is_stripped(list));
    let kinds = [kind("absl", "text", &texts()), kind("absl", "texts", &trimmed)];
    check(&python, "absl", &kinds, &[]);
}

#[test]
fn arrive_by_fire() {
    let Some(python) = python() else { return };
    let kinds = [kind("fire", "anything", &texts()), kind("fire", "anything", &lists("fire"))];
    check(&python, "fire", &kinds, &[]);
}

#[test]
fn arrive_by_tyro() {
    let Some(python) = python() else { return };
    let kinds = [kind("tyro", "text", &texts()), kind("tyro", "texts", &lists("tyro"))];
    check(&python, "tyro", &kinds, &[]);
}

/// Where a `${` opens, hydra's own interpolation begins.
#[test]
fn arrive_by_hydra() {
    let Some(python) = python() else { return };
    let mut values = [texts(), lists("hydra")].concat();
    values.retain(|written| !written.contains("${"));
    let mut program = Command::new(python);
    program.args(["-B", "-W", "ignore"]).arg(python::source("programs/hydra_program.py"));
    program.args(["hydra.run.dir=.", "hydra.output_subdir=null", "hydra/job_logging=disabled"]);
    for (place, written) in values.iter().enumerate() {
        program.args(render("hydra", &format!("+v{place}"), written).arguments);
    }
    let received = python::run(&mut program);
    for (place, written) in values.iter().enumerate() {
        assert_eq!(received.get(format!("v{place}")), Some(&parsed(written)), "{written}");
    }
}
