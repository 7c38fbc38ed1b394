//! Each library with its preset and with the knobs that its programs may need.

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::python::{self, PLAIN, python};
use crate::table::{
    BOOLS, DICTS, FLOATS, INTS, Instead, LISTS_OF_INTS, LISTS_OF_TEXTS, MIXED_LISTS, NULL, TEXTS, check,
    kind, parsed, render,
};

#[test]
fn argparse() {
    let kinds = [
        kind("argparse", "int", INTS),
        kind("argparse", "int", NULL),
        kind("argparse", "float", FLOATS),
        kind("argparse", "text", TEXTS),
        kind("argparse", "truth", BOOLS),
        kind("argparse", "json", LISTS_OF_INTS),
        kind("argparse", "json", LISTS_OF_TEXTS),
        kind("argparse", "json", MIXED_LISTS),
        kind("argparse", "json", DICTS),
        kind("bool=true/false,null=null", "json", BOOLS),
        kind("bool=true/false,null=null", "json", NULL),
        kind("text=json", "json", TEXTS),
        kind("null=None,text=python,list=python,dict=python", "python", NULL),
        kind("null=None,text=python,list=python,dict=python", "python", BOOLS),
        kind("null=None,text=python,list=python,dict=python", "python", MIXED_LISTS),
        kind("null=None,text=python,list=python,dict=python", "python", DICTS),
        kind("bool=1/0", "truth", BOOLS),
        kind("bool=switch", "switch", BOOLS),
        kind("bool=pair", "pair", BOOLS),
        kind("bool=pair", "pair", BOOLS).named("use_amp", "--use_amp"),
        kind("bool=pair,names=dashes", "pair", BOOLS).named("use_amp", "--use-amp"),
        kind("list=space", "ints", LISTS_OF_INTS),
        kind("list=space", "floats", &["[0.1,-0.5]", "[-1e-4]"]),
        kind("list=space", "texts", LISTS_OF_TEXTS),
        kind("list=repeat", "appended ints", LISTS_OF_INTS),
        kind("list=repeat", "appended texts", LISTS_OF_TEXTS),
        kind("list=repeat,join=space", "appended texts", &[r#"["a","-b",""]"#]),
        kind("list=comma", "comma ints", &["[1,2]", "[-3]"]),
        kind("join=space", "float", FLOATS),
        kind("join=space", "text", TEXTS),
        kind("join=apart", "int", INTS),
        kind("join=apart", "float", FLOATS),
        kind("dash=short", "float", FLOATS).named("n", "-n"),
        kind("dash=short", "text", TEXTS).named("n", "-n"),
        kind("dash=one", "text", TEXTS).named("lr", "-lr"),
        kind("dash=one,join=space", "text", TEXTS).named("lr", "-lr"),
    ];
    let deviations = [
        ("list=space", "floats", "[-1e-4]", Instead::Refused),
        ("list=repeat", "appended ints", "[]", Instead::Nothing),
        ("join=apart", "float", "-2.5e-3", Instead::Refused),
    ];
    insta::assert_snapshot!(check(Path::new(PLAIN), "argparse", &kinds, &deviations));
}

#[test]
fn click() {
    let Some(python) = python() else { return };
    let kinds = [
        kind("click", "int", INTS),
        kind("click", "int", NULL),
        kind("click", "float", FLOATS),
        kind("click", "text", TEXTS),
        kind("click", "pair", BOOLS),
        kind("click,bool=switch", "switch", BOOLS),
        kind("click,bool=True/False", "truth", BOOLS),
        kind("click,bool=1/0", "truth", BOOLS),
        kind("click", "ints", LISTS_OF_INTS),
        kind("click", "texts", LISTS_OF_TEXTS),
        kind("click", "ints", NULL),
        kind("click", "int", &["[1,2]"]),
        kind("click,list=space", "two ints", &["[1,-2]"]),
        kind("click,list=json", "json", MIXED_LISTS),
        kind("click", "json", DICTS),
        kind("click,join=apart", "text", TEXTS),
        kind("click,dash=short", "text", TEXTS).named("n", "-n"),
        kind("click,names=dashes", "int", INTS).named("batch_size", "--batch-size"),
        kind("click", "int", &["1"]).named("batch_size", "--batch-size"),
    ];
    let deviations = [
        ("click", "int", "1", Instead::Refused),
        ("click", "ints", "null", Instead::Arrives("[]")),
        ("click", "int", "[1,2]", Instead::Arrives("2")),
    ];
    insta::assert_snapshot!(check(&python, "click", &kinds, &deviations));
}

#[test]
fn absl() {
    let Some(python) = python() else { return };
    let kinds = [
        kind("absl", "int", INTS),
        kind("absl", "int", NULL),
        kind("absl", "float", FLOATS),
        kind("absl", "text", TEXTS),
        kind("absl", "truth", BOOLS),
        kind("absl,bool=True/False", "truth", BOOLS),
        kind("absl,bool=1/0", "truth", BOOLS),
        kind("absl", "texts", LISTS_OF_TEXTS),
        kind("absl", "texts", &["[]", r#"[""]"#, r#"["",""]"#, r#"[" a"]"#, "[1,2]"]),
        kind("absl,list=repeat", "many ints", &["[1,2]", "[-3]"]),
        kind("absl,list=repeat", "many texts", LISTS_OF_TEXTS),
        kind("absl,list=json", "json", MIXED_LISTS),
        kind("absl", "json", DICTS),
        kind("absl,dash=one", "text", TEXTS),
        kind("absl,join=apart", "text", TEXTS),
    ];
    let deviations = [
        ("absl", "texts", r#"[" a"]"#, Instead::Arrives(r#"["a"]"#)),
        ("absl", "texts", "[1,2]", Instead::Arrives(r#"["1","2"]"#)),
    ];
    insta::assert_snapshot!(check(&python, "absl", &kinds, &deviations));
}

#[test]
fn fire() {
    let Some(python) = python() else { return };
    let all = [INTS, FLOATS, TEXTS, BOOLS, NULL, LISTS_OF_INTS, LISTS_OF_TEXTS, MIXED_LISTS, DICTS];
    let kinds = all.map(|values| kind("fire", "anything", values));
    insta::assert_snapshot!(check(&python, "fire", &kinds, &[]));
}

#[test]
fn tyro() {
    let Some(python) = python() else { return };
    let kinds = [
        kind("tyro", "int", INTS),
        kind("tyro", "int", NULL),
        kind("tyro,null=None", "optional int", NULL),
        kind("tyro", "float", FLOATS),
        kind("tyro", "text", TEXTS),
        kind("tyro", "pair", BOOLS),
        kind("tyro,bool=True/False", "truth", BOOLS),
        kind("tyro", "ints", LISTS_OF_INTS),
        kind("tyro", "floats", &["[0.1,-0.5]", "[-1e-4]"]),
        kind("tyro", "texts", LISTS_OF_TEXTS),
        kind("tyro", "dict", &[r#"{"a":1,"b":-2}"#]),
        kind("tyro", "nested", &[r#"{"a":1,"amp":false,"names":["b c","d"]}"#]),
        kind("tyro", "int", INTS).named("batch_size", "--batch_size"),
    ];
    insta::assert_snapshot!(check(&python, "tyro", &kinds, &[]));
}

/// One start of a real program takes all values at once, as `+v0=…`, `+v1=…`.
#[test]
fn hydra() {
    let Some(python) = python() else { return };
    let values =
        [INTS, FLOATS, TEXTS, BOOLS, NULL, LISTS_OF_INTS, LISTS_OF_TEXTS, MIXED_LISTS, DICTS].concat();
    let mut program = Command::new(python);
    program.args(["-B", "-W", "ignore"]).arg(python::source("programs/hydra_program.py"));
    program.args(["hydra.run.dir=.", "hydra.output_subdir=null", "hydra/job_logging=disabled"]);
    let mut table = String::new();
    for (place, written) in values.iter().enumerate() {
        let arguments = render("hydra", &format!("+v{place}"), written).arguments;
        table += &format!("{written}  ⇒  {arguments:?}\n");
        program.args(arguments);
    }
    for (name, written) in [
        ("known", "[2]"),
        ("~gone", "true"),
        ("++a.b", "\"c d\""),
        ("+interpolated", "\"${known}\""),
        ("+literal", r#""\\${known}""#),
    ] {
        program.args(render("hydra", name, written).arguments);
    }
    program.args(render("hydra,dict=dotted", "+dotted", r#"{"a":{"b":true},"c":[1]}"#).arguments);
    let Json::Object(mut received) = python::run(&mut program) else { panic!("an object") };
    for (place, written) in values.iter().enumerate() {
        assert_eq!(received.remove(&format!("v{place}")), Some(parsed(written)), "{written}");
    }
    let rest = r#"{"known":[2],"a":{"b":"c d"},"interpolated":[2],"literal":"${known}","dotted":{"a":{"b":true},"c":[1]}}"#;
    assert_eq!(Json::Object(received), parsed(rest));
    insta::assert_snapshot!(table);
}

/// One start of a program has all values at once, as `VALUE_0`, `VALUE_1`; every one is a text to it.
#[test]
fn env() {
    let values =
        [INTS, FLOATS, TEXTS, BOOLS, NULL, LISTS_OF_INTS, LISTS_OF_TEXTS, MIXED_LISTS, DICTS].concat();
    let mut program = Command::new(PLAIN);
    program.arg("-B").arg(python::source("programs/env_program.py"));
    for (place, written) in values.iter().enumerate() {
        program.envs(render("env", &format!("VALUE_{place}"), written).variables);
    }
    let received = python::run(&mut program);
    for (place, written) in values.iter().enumerate() {
        let text = match parsed(written) {
            Json::Null => None,
            Json::String(text) => Some(text),
            Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => Some((*written).to_owned()),
        };
        let arrived = received.get(format!("VALUE_{place}")).and_then(Json::as_str);
        assert_eq!(arrived, text.as_deref(), "{written}");
    }
}
