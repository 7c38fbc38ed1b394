//! What users of other tools asked for and could not say (the issues are named), each as a file and its points.

use super::lines;

fn listing(text: &str) -> String {
    let points = lines(&super::sweep(text)).into_iter();
    points
        .map(|line| if line.is_empty() { "<nothing>".to_owned() } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

/// hydra-ecosystem/hydra#1258, #1918, #2625: values in pairs instead of all combinations.
#[test]
fn paired_values() {
    insta::assert_snapshot!(listing(r#"{
        "n": [5, 10, 15],
        "a": [0.5, 0.7, 0.9],
        "seed": [1, 2],
        "$zip": ["n", "a"]
    }"#), @"
        --n=5 --a=0.5 --seed=1
        --n=5 --a=0.5 --seed=2
        --n=10 --a=0.7 --seed=1
        --n=10 --a=0.7 --seed=2
        --n=15 --a=0.9 --seed=1
        --n=15 --a=0.9 --seed=2
        ");
}

/// hydra-ecosystem/hydra#3082: several names in step, nothing else.
#[test]
fn no_product_at_all() {
    insta::assert_snapshot!(listing(r#"{
        "train_dataset": ["dataset1", "dataset2"],
        "test_dataset": ["dataset3", "dataset4"],
        "runid": ["train_1_test_3", "train_2_test_4"],
        "$zip": ["train_dataset", "test_dataset", "runid"]
    }"#), @"
        --train_dataset=dataset1 --test_dataset=dataset3 --runid=train_1_test_3
        --train_dataset=dataset2 --test_dataset=dataset4 --runid=train_2_test_4
        ");
}

/// hydra-ecosystem/hydra#2851: several sweeps one after the other; a point that two of them have is run once.
#[test]
fn sweeps_one_after_the_other() {
    insta::assert_snapshot!(listing(r#"[
        {"variable1": [1, 5], "variable2": [0, 1], "variable3": true},
        {"variable1": [0, 5], "variable2": [1, -1], "variable3": true}
    ]"#), @"
        --variable1=1 --variable2=0 --variable3=True
        --variable1=1 --variable2=1 --variable3=True
        --variable1=5 --variable2=0 --variable3=True
        --variable1=5 --variable2=1 --variable3=True
        --variable1=0 --variable2=1 --variable3=True
        --variable1=0 --variable2=-1 --variable3=True
        --variable1=5 --variable2=-1 --variable3=True
        ");
}

/// wandb/wandb#1487: parameters that belong to one choice, and to a choice of that choice.
#[test]
fn parameters_of_a_choice() {
    insta::assert_snapshot!(listing(r#"{
        "classifier": [
            "naive_bayes",
            {"value": "svm", "with": {
                "C": [0.1, 1],
                "kernel": ["linear", {"value": "RBF", "with": {"width": [1, 2]}}]
            }},
            {"value": "dtree", "with": {"criterion": ["gini", "entropy"], "max_depth": [null, 3]}}
        ]
    }"#), @"
        --classifier=naive_bayes
        --classifier=svm --C=0.1 --kernel=linear
        --classifier=svm --C=0.1 --kernel=RBF --width=1
        --classifier=svm --C=0.1 --kernel=RBF --width=2
        --classifier=svm --C=1 --kernel=linear
        --classifier=svm --C=1 --kernel=RBF --width=1
        --classifier=svm --C=1 --kernel=RBF --width=2
        --classifier=dtree --criterion=gini
        --classifier=dtree --criterion=gini --max_depth=3
        --classifier=dtree --criterion=entropy
        --classifier=dtree --criterion=entropy --max_depth=3
        ");
}

/// ray-project/ray#12869: other values of one parameter for each value of another, four points instead of eight.
#[test]
fn other_values_for_each_choice() {
    let expected = ["--a=1 --b=8", "--a=1 --b=9", "--a=2 --b=6", "--a=2 --b=7"];
    let brought = r#"{"a": [{"value": 1, "with": {"b": [8, 9]}}, {"value": 2, "with": {"b": [6, 7]}}]}"#;
    assert_eq!(lines(&super::sweep(brought)), expected);
    let concatenated = r#"[{"a": 1, "b": [8, 9]}, {"a": 2, "b": [6, 7]}]"#;
    assert_eq!(lines(&super::sweep(concatenated)), expected);
}

/// wandb/wandb#3865: a smaller batch for one optimizer, since it runs out of memory.
#[test]
fn a_value_that_follows_from_another() {
    insta::assert_snapshot!(listing(r#"{
        "optimizer": ["sgd", "adam"],
        "batch": {"expr": "32 if optimizer == 'adam' else 64"},
        "momentum": {"values": [0.9, 0.99], "when": "optimizer == 'sgd'"}
    }"#), @"
        --optimizer=sgd --batch=64 --momentum=0.9
        --optimizer=sgd --batch=64 --momentum=0.99
        --optimizer=adam --batch=32
        ");
}

/// wandb/wandb#1863: only the combinations within a budget.
#[test]
fn only_what_is_within_a_budget() {
    insta::assert_snapshot!(listing(r#"{
        "num_layers": [1, 2, 4],
        "layer_size": [8, 32, 128],
        "$where": "64 <= num_layers * layer_size <= 128",
        "$exclude": {"num_layers": 4, "layer_size": [8, 32]}
    }"#), @"
        --num_layers=1 --layer_size=128
        --num_layers=2 --layer_size=32
        ");
}

/// wandb/wandb#1700: a flag that is there or not, and an option that is left out.
#[test]
fn flags_and_none() {
    insta::assert_snapshot!(listing(r#"{
        "$style": "bool=switch",
        "amp": [true, false],
        "clip": [null, 1.0]
    }"#), @"
        --amp
        --amp --clip=1.0
        <nothing>
        --clip=1.0
        ");
}

/// hydra-ecosystem/hydra#96, #573, #743: a list as one value, and a text with commas in it.
#[test]
fn lists_and_commas_are_one_value() {
    let file =
        |style: &str| format!(r#"{{"$style": "{style}", "hidden": [[64, 64], [128]], "tags": ["a,b"]}}"#);
    insta::assert_snapshot!(listing(&file("argparse")), @"
        --hidden=[64,64] --tags=a,b
        --hidden=[128] --tags=a,b
        ");
    insta::assert_snapshot!(listing(&file("list=repeat")), @"
        --hidden=64 --hidden=64 --tags=a,b
        --hidden=128 --tags=a,b
        ");
    insta::assert_snapshot!(listing(&file("hydra")), @"
        hidden=[64,64] tags='a,b'
        hidden=[128] tags='a,b'
        ");
}

/// hydra-ecosystem/hydra#1136, IDSIA/sacred#736, wandb/wandb#3522: a point is what it is, in whatever order and form it is
/// written; a grid that was widened has only its new points more.
#[test]
fn a_wider_grid_has_only_its_new_points_more() {
    insta::assert_snapshot!(listing(r#"[
        {"lr": [0.1, 1e-3], "layers": [4, 8]},
        {"layers": [8.0, 4, 16], "lr": [0.001, 1.0e-1]}
    ]"#), @"
        --lr=0.1 --layers=4
        --lr=0.1 --layers=8
        --lr=1e-3 --layers=4
        --lr=1e-3 --layers=8
        --layers=16 --lr=0.001
        --layers=16 --lr=1.0e-1
        ");
}

/// hydra-ecosystem/hydra#1476, #1969: every setting with some seeds, one after the other.
#[test]
fn every_setting_with_some_seeds() {
    insta::assert_snapshot!(listing(r#"{"lr": [0.1, 0.01], "seed": {"range": [1, 3, 1]}}"#), @"
        --lr=0.1 --seed=1
        --lr=0.1 --seed=2
        --lr=0.1 --seed=3
        --lr=0.01 --seed=1
        --lr=0.01 --seed=2
        --lr=0.01 --seed=3
        ");
}
