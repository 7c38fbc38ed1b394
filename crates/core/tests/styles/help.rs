//! What the help of real programs tells of the names that they take: asked as `--check-flags` does.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use neuromanager_core::document::Source;
use neuromanager_core::engine::flags::{Trouble, compare};
use neuromanager_core::plan::Plan;
use neuromanager_core::sweep::Sweep;
use neuromanager_core::tool::SystemRunner;
use neuromanager_core::worker::Question;

use crate::python::{self, PLAIN, python};

/// Has a program of the library judge the parameters of a sweep; each that it does not take comes with what is wrong.
fn doubts(python: &Path, library: &str, params: &str) -> String {
    let source = Source { name: "params.json".into(), text: params.into() };
    let sweep = Sweep::read(&source).unwrap();
    let script = python::source("programs").join(format!("help_{library}.py"));
    let command: Vec<OsString> =
        [python.into(), "-B".into(), "-W".into(), "ignore".into(), script.into()].into_iter().collect();
    let plan = Plan::new(command.clone(), Some(sweep), 1).unwrap();
    let temporary = std::env::temp_dir();
    let question = Question {
        env: &["export PYTHONUTF8=1".to_owned()],
        argv: plan.at(0).words(),
        folder: temporary.clone(),
        temporary: &temporary,
        deadline: Duration::from_mins(2),
    };
    let found = compare(&plan, &question, &SystemRunner::new(std::env::vars_os()), str::to_owned).unwrap();
    assert!(found.untold.is_empty(), "{found:?}");
    let told = found.doubtful.iter().map(|doubt| match &doubt.trouble {
        Trouble::Beginning(of) => format!("{} begins {of}", doubt.written),
        Trouble::Unknown(None) => format!("{} is unknown", doubt.written),
        Trouble::Unknown(Some(nearest)) => format!("{} is unknown: {nearest}?", doubt.written),
    });
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn argparse() {
    let params = r#"{"lr": 1, "batch_size": 1, "layer": 1, "optim.lr": 1, "amp": true, "learning_rate": 1, "layrs": 1}"#;
    insta::assert_snapshot!(doubts(Path::new(PLAIN), "argparse", params), @"
    --layer begins layers
    --layrs is unknown: layers?
    --learning_rate is unknown
    ");
}

#[test]
fn click() {
    let Some(python) = python() else { return };
    let params =
        r#"{"$style": "click", "lr": 1, "batch_size": 1, "batch-size": 1, "amp": [true, false], "lay": 1}"#;
    insta::assert_snapshot!(doubts(&python, "click", params), @"--batch_size is unknown: batch-size?
--lay is unknown");
}

#[test]
fn absl() {
    let Some(python) = python() else { return };
    let params = r#"{"$style": "absl", "lr": 1, "batch-size": 1, "amp": true, "elsewhere": 1}"#;
    insta::assert_snapshot!(doubts(&python, "absl", params), @"--batch-size is unknown: batch_size?");
}

#[test]
fn hydra() {
    let Some(python) = python() else { return };
    let params =
        r#"{"$style": "hydra", "lr": 1, "optim.lr": 1, "optim.l": 1, "+new": 1, "++lr": 2, "betas": 1}"#;
    insta::assert_snapshot!(doubts(&python, "hydra", params), @"betas is unknown: optim.betas?
optim.l is unknown: optim.lr?");
}

#[test]
fn fire() {
    let Some(python) = python() else { return };
    let params = r#"{"$style": "fire", "lr": 1, "batch-size": 1, "amp": [true, false], "layer": 1}"#;
    insta::assert_snapshot!(doubts(&python, "fire", params), @"--layer is unknown: layers?");
}

#[test]
fn tyro() {
    let Some(python) = python() else { return };
    let params = r#"{"$style": "tyro", "optim": [{"lr": 1, "weight_decay": 1, "decay": 1}], "batch_size": 1, "amp": [true, false], "x": 1}"#;
    insta::assert_snapshot!(doubts(&python, "tyro", params), @"--optim.decay is unknown
--x is unknown");
}
