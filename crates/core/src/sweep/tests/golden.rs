//! What users of other tools asked for and could not say (the issues are named), each as a file and its points.

use super::lines;

fn listing(text: &str) -> String {
    lines(&super::sweep(text)).join("\n")
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
