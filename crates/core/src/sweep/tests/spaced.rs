//! Ranges of so many values that none is kept: the same points as those of a list.

use super::*;

/// Gives the sweep of a file whose `a` is a long range, and the one whose `a` is the list of its values.
fn both(range: &str, rest: &str) -> [Sweep; 2] {
    let of = |values: &str| sweep(&format!(r#"{{"a": {values}, {rest}}}"#));
    let numbers = sweep(&format!(r#"{{"a": {range}}}"#));
    let list: Vec<_> = numbers.points().map(|point| json(&point)).collect();
    let list: Vec<_> =
        list.iter().map(|point| point.trim_matches(['{', '}']).replace("\"a\":", "")).collect();
    [of(range), of(&format!("[{}]", list.join(",")))]
}

#[test]
fn the_points_are_those_of_the_list() {
    const RANGE: &str = r#"{"range": [0, 1, 0.00005]}"#;
    for rest in [
        r#""b": [1, 2]"#,
        r#""b": [1, 2], "$exclude": ["a > 0.5 and b == 2", {"a": [0.25, 0.3]}]"#,
        r#""b": {"expr": "a * 2"}, "$where": "b < 0.1""#,
        r#""b": {"linspace": [5, 6, 20001]}, "$zip": ["a", "b"]"#,
        r#""$sample": {"random": 50, "seed": 3}"#,
        r#""$order": {"shuffle": {"seed": 1}}, "$include": [{"a": 7}]"#,
        r#""$style": "click""#,
    ] {
        let [spaced, listed] = both(RANGE, rest);
        assert_eq!(spaced.count(), listed.count(), "{rest}");
        assert_eq!(spaced.parameters(), listed.parameters(), "{rest}");
        assert!(
            spaced.points().zip(listed.points()).all(|(one, other)| json(&one) == json(&other)),
            "{rest}"
        );
        let arguments = |sweep: &Sweep| lines(sweep).into_iter().skip(15_000).take(3).collect::<Vec<_>>();
        assert_eq!(arguments(&spaced), arguments(&listed), "{rest}");
        let wanted = |sweep: &Sweep| {
            sweep.wanted().map(|(name, it)| (name.to_owned(), it)).collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(wanted(&spaced), wanted(&listed), "{rest}");
    }
}

#[test]
fn lengths_of_what_varies_together_are_checked() {
    insta::assert_snapshot!(
        problems_in(r#"{"a": {"range": [1, 20000, 1]}, "b": [1, 2], "$zip": ["a", "b"]}"#),
        @"params.json:1:60: `b` has 2 values, and `a`, with which it varies, has 20000"
    );
    assert_eq!(
        sweep(r#"{"a": {"logspace": [1, 10, 20000]}}"#).point(19_999).map(|point| json(&point)).unwrap(),
        r#"{"a":10}"#
    );
}

#[test]
fn typed_beside_others_it_is_a_part_of_the_list() {
    let typed = |set: &str| {
        let typed = Typed { set: vec![set.to_owned()], ..Typed::default() };
        Sweep::of(&Origin { file: None, rows: None, typed: &typed }, &Nowhere).unwrap()
    };
    assert_eq!(typed("a=1..20000:1").count(), 20_000);
    let sweep = typed("a=1..20000:1,7.5");
    assert_eq!(json(&sweep.point(20_000).unwrap()), r#"{"a":7.5}"#);
}
