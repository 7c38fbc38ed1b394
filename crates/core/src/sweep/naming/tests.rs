use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::document::Source;

fn sweep(text: &str) -> Sweep {
    Sweep::read(&Source { name: "params.json".into(), text: text.into() })
        .unwrap_or_else(|problems| panic!("{}", problems[0].plain()))
}

fn templated(text: &str, template: &str) -> Sweep {
    let sweep = sweep(text);
    let template = NameTemplate::parse(template, sweep.parameters()).unwrap();
    sweep.named_by(template)
}

fn names(sweep: &Sweep, repeats: u64) -> Vec<String> {
    let names = RunNames::new(Some(sweep), "train", repeats);
    let runs = 0..sweep.count() * repeats;
    runs.map(|run| {
        let mut name = String::new();
        names.write(run, run % repeats, sweep.point(run / repeats).as_ref(), &mut name);
        name
    })
    .collect()
}

fn assert_lawful(names: &[String]) {
    for name in names {
        assert!((1..=LONGEST_NAME).contains(&name.len()), "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{name}");
        assert!(!name.starts_with(['-', '.']), "{name}");
    }
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

#[test]
fn a_name_has_the_parameters_that_vary() {
    let sweep = sweep(r#"{"lr": [0.1, 1e-4], "seed": 1, "opt": ["adam", "sgd"], "amp": [true]}"#);
    assert_eq!(names(&sweep, 1), ["lr0.1-opt-adam", "lr0.1-opt-sgd", "lr1e-4-opt-adam", "lr1e-4-opt-sgd"]);
    assert_eq!(names(&sweep, 2)[..2], ["lr0.1-opt-adam-r0", "lr0.1-opt-adam-r1"]);
}

#[test]
fn a_number_is_not_mistaken_for_a_part_of_the_parameter() {
    let sweep = sweep(r#"{"beta1": [0.9, -0.9], "x": [-3, ".5"], "amp": [true, null]}"#);
    assert_eq!(
        names(&sweep, 1)[..4],
        [
            "beta1-0.9-x-3-amp-true",
            "beta1-0.9-x-3-amp-null",
            "beta1-0.9-x.5-amp-true",
            "beta1-0.9-x.5-amp-null"
        ]
    );
    assert_eq!(names(&sweep, 1)[4], "beta1--0.9-x-3-amp-true");
}

#[test]
fn a_parameter_without_a_portable_character_is_its_value_alone() {
    assert_eq!(names(&sweep(r#"{"模": ["a", -1], "lr": [0.1]}"#), 1), ["a", "_-1"]);
    assert_eq!(names(&sweep(r#"{"模": ["a", "b"], "型": [1, 2]}"#), 1), ["a-1", "a-2", "b-1", "b-2"]);
}

#[test]
fn a_launch_without_parameters_has_its_own_name() {
    let names = |launch: &str, repeats| {
        let names = RunNames::new(None, launch, repeats);
        let mut name = String::new();
        names.write(repeats - 1, repeats - 1, None, &mut name);
        name
    };
    assert_eq!((names("train", 1), names("train", 3)), ("train".to_owned(), "train-r2".to_owned()));
    assert_eq!((names("größe 2", 1), names("模型", 2)), ("gr_e_2".to_owned(), "run-r1".to_owned()));
    assert_eq!(names("--x", 1), "_--x");
    assert_eq!(names(&"long".repeat(40), 100).len(), LONGEST_NAME);
}

#[test]
fn a_fixed_sweep_is_called_as_the_launch() {
    assert_eq!(names(&sweep(r#"{"lr": 0.1}"#), 2), ["train-r0", "train-r1"]);
}

#[test]
fn labels_stand_for_their_values() {
    let sweep = sweep(
        r#"{"model": [{"value": "/scratch/models/v7/large.pt", "label": "large"}, {"value": {"d": 4}, "label": "tiny model"}]}"#,
    );
    assert_eq!(names(&sweep, 1), ["model-large", "model-tiny_model"]);
}

#[test]
fn equal_names_get_the_number_of_the_run() {
    assert_eq!(names(&sweep(r#"{"a": [1, 1]}"#), 1), ["a1-0", "a1-1"]);
    assert_eq!(names(&sweep(r#"{"a": ["x y", "x/y"]}"#), 1), ["a-x_y-0", "a-x_y-1"]);
    assert_eq!(names(&sweep(r#"{"a": ["é", "è"]}"#), 2)[1..3], ["a-xf7940a-r1", "a-xb4abea-r0"]);
    assert_eq!(
        names(&sweep(r#"{"a": ["1-b2", "1"], "b": ["3", "2-b3"]}"#), 1),
        ["a1-b2-b3-0", "a1-b2-b2-b3-1", "a1-b3-2", "a1-b2-b3-3"]
    );
}

#[test]
fn too_many_points_to_compare_have_numbers() {
    let sweep = sweep(&format!(r#"{{"a": [{}], "b": [{}]}}"#, list(101), list(100)));
    assert_eq!(names(&sweep, 1)[1], "a0-b1-1");
}

fn list(count: u64) -> String {
    (0..count).map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}

#[test]
fn what_is_cut_ends_in_digits_of_the_whole_point() {
    let sweep = sweep(
        r#"{"first_parameter": [1, 2], "second_parameter": [1, 2], "third_parameter": [1, 2], "fourth_parameter": [1, 2]}"#,
    );
    let names = names(&sweep, 1);
    insta::assert_snapshot!(names[..2].join("\n"), @"
    first_parameter1-second_parameter1-third_parameter1-fou-d45341c4
    first_parameter1-second_parameter1-third_parameter1-fou-a62f8f5d
    ");
    assert_lawful(&names);
}

#[test]
fn a_condition_leaves_its_parameter_out() {
    let sweep = sweep(r#"[{"opt": ["sgd"], "momentum": [0.9, 0.99]}, {"opt": ["adam"]}]"#);
    assert_eq!(names(&sweep, 1), ["opt-sgd-momentum0.9", "opt-sgd-momentum0.99", "opt-adam"]);
    let text = r#"{"opt": ["sgd", "adam"], "momentum": {"values": [0.9, 0.99], "when": "opt == 'sgd'"}}"#;
    assert_eq!(names(&self::sweep(text), 1), ["opt-sgd-momentum0.9", "opt-sgd-momentum0.99", "opt-adam"]);
    assert_eq!(names(&templated(text, "{momentum}"), 1), ["0.9", "0.99", "train"]);
}

#[test]
fn a_template_says_what_a_name_has() {
    let text = r#"{"model": ["a/b", "c"], "lr": [0.1, 0.2], "seed": 7}"#;
    assert_eq!(names(&templated(text, "{model}-{lr}"), 1), ["a_b-0.1", "a_b-0.2", "c-0.1", "c-0.2"]);
    assert_eq!(names(&templated(text, "s{seed} {model}"), 1)[..2], ["s7_a_b-0", "s7_a_b-1"]);
    assert_eq!(names(&templated(text, "all"), 2)[3], "all-r1-3");
}

proptest! {
    #[test]
    fn every_name_is_portable_short_and_its_own(
        values in prop::collection::vec(prop::collection::vec(any::<String>(), 1..4), 1..6),
        repeats in 1_u64..4,
        template in prop::option::of("[ab{é-]{0,3}\\{p0\\}[^{]{0,70}"),
    ) {
        let parameters: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(place, values)| {
                let values: Vec<_> = values
                    .iter()
                    .map(|value| serde_json::to_string(&value.replace('\0', "")).unwrap())
                    .collect();
                format!("\"p{place}\": [{}]", values.join(","))
            })
            .collect();
        let text = format!("{{{}}}", parameters.join(","));
        let sweep = sweep(&text);
        let template = template.and_then(|it| NameTemplate::parse(&it, sweep.parameters()).ok());
        let named = |sweep: Sweep| match &template {
            Some(template) => names(&sweep.named_by(template.clone()), repeats),
            None => names(&sweep, repeats),
        };
        let read_again = self::sweep(&text);
        let all = named(sweep);
        assert_lawful(&all);
        prop_assert_eq!(all, named(read_again));
    }
}
