//! Files of a few words that would be much work, or much memory: each is refused soon, with a word about it.

use super::problems_in as refused;

#[test]
fn lists_have_an_end() {
    insta::assert_snapshot!(refused(r#"{"a": {"range": [0, 1e18, 1]}}"#), @"params.json:1:17: more than 1000000 values; a random value with `$sample` has no such bound");
    insta::assert_snapshot!(refused(r#"{"a": {"uniform": [0, 1], "n": 1000000000000}}"#), @"
    params.json:1:19: up to here, more than 1000000 values are made
      help: each of them takes memory; where many are random, `$sample` draws them point by point
    ");
    let text = "x".repeat(100_000);
    let drawn = format!(r#"{{"a": {{"choice": ["{text}"], "n": 100000}}}}"#);
    insta::assert_snapshot!(refused(&drawn), @"
    params.json:1:18: up to here, values of more than 100 MB are made
      help: each of them takes memory; where many are random, `$sample` draws them point by point
    ");
}

#[test]
fn lists_have_an_end_together() {
    let ranges: Vec<_> = (0..30).map(|name| format!(r#""a{name}": {{"range": [1, 400000, 1]}}"#)).collect();
    let said = refused(&format!("{{{}}}", ranges.join(",\n")));
    assert!(said.starts_with("params.json:3:17: up to here, more than 1000000 values are made"), "{said}");
    assert_eq!(said.lines().count(), 2, "said once: {said}");
}

#[test]
fn extra_points_have_an_end_together() {
    let text = "x".repeat(100_000);
    let extra = vec![r#"{"a": 1}"#; 2000].join(", ");
    let said = refused(&format!("{{\"a\": [1], \"b\": \"{text}\",\n\"$include\": [{extra}]}}"));
    assert!(said.contains("up to here, values of more than 100 MB are made"), "{said}");
}

#[test]
fn parameters_have_an_end() {
    let names: Vec<_> = (0..20_000).map(|name| format!("\"a{name}\": 1")).collect();
    insta::assert_snapshot!(refused(&format!("{{{}}}", names.join(","))), @"params.json:1:9892: more than 1000 parameters in one object, each that a value brings along counted");
    let brought: Vec<_> =
        (0..20_000).map(|value| format!(r#"{{"value": {value}, "with": {{"b": 1}}}}"#)).collect();
    let said = refused(&format!("{{\"a\": [{}]}}", brought.join(",")));
    assert!(said.contains("more than 1000 parameters"), "{said}");
}

/// An expression that is always false and counts as a long one, which is less work for the test than many short ones.
fn never() -> String {
    format!("a0 {} < 0", " ".repeat(950))
}

#[test]
fn looking_at_combinations_has_an_end() {
    let axes: Vec<_> = (0..4).map(|name| format!(r#""a{name}": {{"range": [1, 1000, 1]}}"#)).collect();
    let axes = axes.join(",");
    let rule = never().replace('<', "+ a3 <");
    insta::assert_snapshot!(refused(&format!(r#"{{"$where": "{rule}", {axes}}}"#)), @"
    params.json:1:1: there are too many combinations to look at each of them
      help: a rule is asked as soon as the parameters that it names are set: name few, put them first, or take a `$sample`
    ");
    let said = refused(&format!(r#"{{{axes}, "b": {{"values": [1], "when": "{rule}"}}}}"#));
    assert!(said.contains("too many combinations"), "{said}");
    let rules = vec![format!("\"{}\"", never()); 1000].join(",");
    let said = refused(&format!(r#"{{"a0": {{"range": [1, 100000, 1]}}, "$exclude": [{rules}]}}"#));
    assert!(said.contains("too many combinations"), "{said}");
}

#[test]
fn drawing_has_an_end() {
    insta::assert_snapshot!(refused(r#"{"a": [1, 2, 3], "$sample": {"random": 1000000}}"#), @"
    params.json:1:29: 1000000 different points were asked for, and there are 3 combinations
      help: ask for fewer, or leave `$sample` out to get every combination
    ");
    let rules = vec![format!("\"{}\"", never()); 100].join(",");
    let rest = format!(r#""a0": {{"uniform": [0, 1]}}, "$exclude": [{rules}], "$where": "a0 < 0""#);
    for method in ["random", "sobol", "latin-hypercube"] {
        let said = refused(&format!(r#"{{{rest}, "$sample": {{"{method}": 100000}}}}"#));
        assert!(said.contains("100000 different points were asked for, and"), "{said}");
        assert!(said.contains("draws gave 0"), "{said}");
    }
}

#[test]
fn what_is_wrong_everywhere_is_said_a_hundred_times() {
    let groups = vec![r#"["a", "b"]"#; 20_000].join(", ");
    let said = refused(&format!(r#"{{"a": [1], "b": [1], "$zip": [{groups}]}}"#));
    assert_eq!(said.lines().count(), 101);
    assert!(said.ends_with("39898 further problems are not shown\n"), "{}", said.lines().last().unwrap());
}
