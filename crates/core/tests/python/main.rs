//! Expressions compared with Python itself: thousands of generated ones, worked out by both, values and errors.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod generate;

use std::io::Write as _;
use std::process::{Command, Stdio};

use neuromanager_core::expression::{Expression, Values};
use serde_json::json;
use serde_json::value::RawValue;

use generate::Generator;

/// What the names in the expressions are, for both.
const VALUES: &str = r#"{"lr": 0.1, "tiny": 1e-3, "zero": 0, "layers": 4, "minus": -7, "large": 9007199254740993,
    "huge": 170141183460469231731687303715884105727, "opt": "sgd", "empty": "", "on": true, "off": null,
    "sizes": [3, 1.5, "x"], "counts": [5, -2, 5], "model": {"depth": 2, "name": "é"}}"#;

/// How many expressions are tried, where the environment does not say more.
const COUNT: u64 = 5000;

#[test]
fn expressions_give_what_python_gives() {
    let count = std::env::var("NEU_TEST_EXPRESSIONS").map_or(COUNT, |count| count.parse().unwrap());
    let values = Values::of(&RawValue::from_string(VALUES.to_owned()).unwrap()).unwrap();
    let mut questions = String::new();
    for seed in 0..count {
        let text = Generator::new(seed).expression();
        questions.push_str(&format!("{}\n", json!([text, ours(&text, &values)])));
    }
    let told = ask(&questions);
    assert!(told.ends_with(&format!("{count} compared\n")), "{told}");
    assert_eq!(told.lines().count(), 1, "differences:\n{told}");
}

/// A comparison that cannot fail is none.
#[test]
fn a_difference_is_found() {
    let wrong =
        [("1 / 3", "[0.25]"), ("7 // 2", "[3.0]"), ("1 < 2", "[1]"), ("'a'", "['b']"), ("1 // 0", "[1]")];
    for (text, ours) in wrong {
        let told = ask(&format!("{}\n", json!([text, {"value": ours}])));
        assert!(told.starts_with(text), "{told}");
    }
    let told = ask(&format!("{}\n", json!(["1 + 1", {"error": "unable"}])));
    assert!(told.starts_with("1 + 1"), "{told}");
}

/// What we make of it, in a list, so that a text has its quotes.
fn ours(text: &str, values: &Values) -> serde_json::Value {
    let listed = format!("[{text}]");
    let evaluated = Expression::parse(&listed).and_then(|expression| {
        let value_of = |slot: usize| values.get(&expression.names()[slot].text);
        expression.evaluate(&value_of)
    });
    match evaluated {
        Ok(Some(value)) => json!({"value": value.to_string()}),
        Ok(None) => panic!("a name without a value in {text}"),
        Err(error) => json!({"error": error.problem.to_string()}),
    }
}

/// Lets Python compare, and gives what it says.
fn ask(questions: &str) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/compare.py");
    let mut python = Command::new("python3")
        .args(["-I", "-W", "ignore", script, VALUES])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It reads all before it says anything.
    python.stdin.take().unwrap().write_all(questions.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
