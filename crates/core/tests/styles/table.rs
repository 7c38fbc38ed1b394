//! Cases by the dozen: values of a kind, for a style and a program that takes the kind.

use std::fmt::Write;
use std::path::Path;

use neuromanager_core::document::{Source, Value, json};
use neuromanager_core::sweep::style::{Rendered, Style};
use serde_json::Value as Json;

use crate::python;

pub(crate) const INTS: &[&str] = &["7", "-3", "12345678901234567890"];
pub(crate) const FLOATS: &[&str] = &["1e-4", "0.10", "-2.5e-3", "1E5"];
pub(crate) const TEXTS: &[&str] = &[
    r#""plain""#,
    r#""data/a-1.csv""#,
    r#""a b""#,
    r#""it's \"so\"""#,
    r#""a,b""#,
    r#""k=v""#,
    r#""naïve ✓""#,
    r#""-dash""#,
    r#""--x""#,
    r#""""#,
    r#"" ""#,
    r#""10""#,
    r#""1e-4""#,
    r#""True""#,
    r#""null""#,
    r#""None""#,
    r#""{a: 1}""#,
    r#""[1]""#,
    r#""(1)""#,
    r#""a:b""#,
    r#""~a*?|;&<>#!%@^""#,
    r#""$HOME $(x)""#,
    r#""back\\slash\\""#,
    r#""\\'""#,
    r#""a\nb\tc""#,
];
pub(crate) const BOOLS: &[&str] = &["true", "false"];
pub(crate) const NULL: &[&str] = &["null"];
pub(crate) const LISTS_OF_INTS: &[&str] = &["[1,2]", "[-3]", "[]"];
pub(crate) const LISTS_OF_TEXTS: &[&str] =
    &[r#"["a b","c,d","e=f"]"#, r#"["it's","\"q\"","✓",""]"#, r#"["10","None"]"#];
pub(crate) const MIXED_LISTS: &[&str] = &[r#"[1,0.10,"a b",true,null,[2,"-x"]]"#, r#"[{"a":1}]"#];
pub(crate) const DICTS: &[&str] = &[r#"{"a":1,"b":{"c":"d e","f":[true,null]}}"#, "{}"];

/// Values that a program is to receive as they were meant.
pub(crate) struct Kind {
    /// As [`Style::parse`] reads it.
    pub style: &'static str,
    /// What the program declares.
    pub declared: &'static str,
    /// The parameter and the flag that the program declares for it.
    pub names: (&'static str, &'static str),
    pub values: Vec<String>,
}

pub(crate) fn kind(style: &'static str, declared: &'static str, values: &[impl ToString]) -> Kind {
    let values = values.iter().map(ToString::to_string).collect();
    Kind { style, declared, names: ("x", "--x"), values }
}

impl Kind {
    pub(crate) fn named(self, name: &'static str, flag: &'static str) -> Self {
        Self { names: (name, flag), ..self }
    }
}

/// What a program receives instead of what was meant.
pub(crate) enum Instead {
    /// This.
    Arrives(&'static str),
    /// Nothing: the parameter is not there.
    Nothing,
    /// Nothing: the program ends with a message.
    Refused,
}

/// A style, what the program declares, a value, and what comes instead.
pub(crate) type Deviation = (&'static str, &'static str, &'static str, Instead);

pub(crate) fn value(written: &str) -> Value {
    let mut problems = Vec::new();
    let source = Source { name: "value".into(), text: written.into() };
    let node = json::parse(&source, &mut problems);
    assert_eq!(problems, [], "{written}");
    node.unwrap().value
}

pub(crate) fn render(style: &str, name: &str, written: &str) -> Rendered {
    Style::parse(style).unwrap().render(name, &value(written))
}

/// Asks a library about all values, checks that what arrives is what was meant or a known deviation, and gives a table
/// for the snapshot.
pub(crate) fn check(python: &Path, library: &str, kinds: &[Kind], deviations: &[Deviation]) -> String {
    let all: Vec<_> =
        kinds.iter().flat_map(|kind| kind.values.iter().map(move |value| (kind, value.as_str()))).collect();
    let argv = |(kind, written): &(&Kind, &str)| render(kind.style, kind.names.0, written).arguments;
    let cases: Vec<_> = all
        .iter()
        .map(|case| serde_json::json!({"kind": case.0.declared, "flag": case.0.names.1, "argv": argv(case)}))
        .collect();
    let answers = python::ask(python, library, &cases);
    assert_eq!(answers.len(), all.len());
    let mut table = String::new();
    let mut wrong = String::new();
    let mut met = vec![false; deviations.len()];
    let mut last = ("", "");
    for (case, answer) in all.iter().zip(&answers) {
        let (kind, written) = *case;
        let known = deviations.iter().position(|(style, declared, deviating, _)| {
            (*style, *declared, *deviating) == (kind.style, kind.declared, written)
        });
        let argv = argv(case);
        let expected = match known {
            Some(place) => {
                met[place] = true;
                match deviations[place].3 {
                    Instead::Arrives(json) => Some(serde_json::json!({"x": parsed(json)})),
                    Instead::Nothing => Some(serde_json::json!({})),
                    Instead::Refused => None,
                }
            }
            None if written == "null" && argv.is_empty() => Some(serde_json::json!({})),
            None => Some(serde_json::json!({"x": parsed(written)})),
        };
        let mut received = answer.get("received").cloned();
        if let Some(Json::Object(object)) = &mut received {
            // A one-letter or dotted parameter has another name in the program.
            if let Some(value) = object.remove(kind.names.1.trim_start_matches('-')) {
                object.insert("x".to_owned(), value);
            }
        }
        if received != expected {
            writeln!(wrong, "{} ({}): {written} as {argv:?} arrived as {answer}", kind.style, kind.declared)
                .unwrap();
        }
        if last != (kind.style, kind.declared) {
            last = (kind.style, kind.declared);
            writeln!(table, "\n{} → {}", kind.style, kind.declared).unwrap();
        }
        let arrived = match &received {
            None => "refused".to_owned(),
            Some(received) => received.get("x").map_or("nothing".to_owned(), Json::to_string),
        };
        let mark = if known.is_some() { "  (deviates)" } else { "" };
        writeln!(table, "  {written}  ⇒  {argv:?}  ⇒  {arrived}{mark}").unwrap();
    }
    assert!(wrong.is_empty(), "{wrong}");
    for (deviation, met) in deviations.iter().zip(met) {
        let (style, declared, written, _) = deviation;
        assert!(met, "no case is {style}, {declared}, {written}");
    }
    table
}

pub(crate) fn parsed(written: &str) -> Json {
    serde_json::from_str(written).unwrap()
}
