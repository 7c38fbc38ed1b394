//! What is no mistake, and yet hardly meant.

use super::*;

/// Gives what a file is warned of.
fn warnings_of(text: &str) -> String {
    plain(sweep(text).warnings())
}

#[test]
fn rules_that_leave_nothing_out_are_told() {
    insta::assert_snapshot!(
        warnings_of(r#"{"a": [1, 2], "$exclude": [{"a": 9}, "a > 2", "a == 1"]}"#),
        @"
    params.json:1:29: no point is like this: nothing is left out
      help: `neusweep --table` shows the points that there are
    params.json:1:38: no point is like this: nothing is left out
      help: `neusweep --table` shows the points that there are
    "
    );
    assert_eq!(warnings_of(r#"{"a": [1, 2], "$exclude": {"a": 1.0}, "$where": "a > 0"}"#), "");
}

#[test]
fn a_condition_that_never_holds_is_told() {
    insta::assert_snapshot!(
        warnings_of(r#"{"opt": ["adam"], "momentum": {"values": [0.9], "when": "opt == 'sdg'"}}"#),
        @"
    params.json:1:57: this never holds: no point has `momentum`
      help: `neusweep --table` shows the points that there are
    "
    );
    let sometimes = r#"{"opt": ["adam", "sgd"], "momentum": {"values": [0.9], "when": "opt == 'sgd'"}}"#;
    assert_eq!(warnings_of(sometimes), "");
}

#[test]
fn an_object_of_which_conditions_leave_nothing_is_told() {
    insta::assert_snapshot!(
        warnings_of(r#"[{"a": [1, 2]}, {"a": [3, 4], "$where": "a > 4", "$exclude": "a == 5"}]"#),
        @"
    params.json:1:17: conditions leave no point of this object
      help: `neusweep --table` shows the points that there are
    "
    );
    assert_eq!(warnings_of(r#"[{"a": [1, 2]}, {"a": 1}]"#), "");
}

#[test]
fn an_extra_point_with_a_slip_in_a_name_is_told() {
    insta::assert_snapshot!(
        warnings_of(r#"{"lr": [1, 2], "depth": 3, "$include": [{"lrr": 5}, {"lr": 5, "wd": 1}, {"lr": 5, "lrs": 1}]}"#),
        @"
    params.json:1:42: only this point has `lrr`
      help: did you mean `lr`?
    "
    );
}

#[test]
fn a_sample_tells_nothing_of_its_rules() {
    assert_eq!(
        warnings_of(
            r#"{"a": {"range": [1, 100, 1]}, "b": [1, 2], "$exclude": {"a": 7, "b": 1}, "$sample": {"random": 2, "seed": 1}}"#
        ),
        ""
    );
}

#[test]
fn what_is_typed_has_to_do_something_in_one_of_the_objects() {
    let source = source(r#"[{"a": [1, 2]}, {"a": [3, 4]}]"#);
    let warned = |exclude: &str| {
        let typed = Typed { exclude: vec![exclude.to_owned()], ..Typed::default() };
        let origin = Origin { file: Some(&source), rows: None, typed: &typed };
        plain(Sweep::of(&origin, &Nowhere).unwrap().warnings())
    };
    assert_eq!(warned("a == 3"), "");
    insta::assert_snapshot!(warned("a == 5"), @"
    --exclude:1:1: no point is like this: nothing is left out
      help: `neusweep --table` shows the points that there are
    ");
}

#[test]
fn the_rules_of_a_file_are_not_told_where_options_change_its_points() {
    let source = source(r#"{"a": [1, 2], "b": [1, 2], "$exclude": "a == 2"}"#);
    let typed = Typed { set: vec!["a=1".to_owned()], ..Typed::default() };
    let origin = Origin { file: Some(&source), rows: None, typed: &typed };
    assert_eq!(plain(Sweep::of(&origin, &Nowhere).unwrap().warnings()), "");
}

/// A place in which one of two folders cannot be read.
struct HalfReadable;

impl Surroundings for HalfReadable {
    fn read(&self, path: &str) -> Result<Source, String> {
        Nowhere.read(path)
    }

    fn glob(&self, pattern: &str) -> Result<Found, String> {
        let paths = if pattern == "*/x" { vec!["a/x".to_owned()] } else { Vec::new() };
        Ok(Found { paths, unreadable: vec!["`b` cannot be read: permission denied".to_owned()] })
    }
}

#[test]
fn a_folder_that_cannot_be_read_is_told_and_the_others_are_taken() {
    let look = |text: &str| {
        let source = source(text);
        Sweep::of(&Origin { file: Some(&source), rows: None, typed: &Typed::default() }, &HalfReadable)
    };
    let found = look(r#"{"x": {"glob": "*/x"}}"#).unwrap();
    assert_eq!(lines(&found), ["--x=a/x"]);
    insta::assert_snapshot!(plain(found.warnings()), @"
    params.json:1:16: `b` cannot be read: permission denied
      help: what it holds is left out
    ");
    insta::assert_snapshot!(plain(&look(r#"{"x": {"glob": "*/y"}}"#).unwrap_err()), @"
    params.json:1:16: no path here is like `*/y`
      help: `b` cannot be read: permission denied
    ");
}
