//! What a mistake is called, where it is shown, and what to do about it.

use super::*;

#[test]
fn a_mistake_is_told_in_plain_words_at_its_place() {
    insta::assert_snapshot!(problems_in(r#"{"a": {"expr": "a + 1"}}"#), @"params.json:1:16: `a` is computed from itself");
    insta::assert_snapshot!(problems_in(r#"{"a": {"values": [1], "when": "a == 1"}}"#), @"params.json:1:31: whether there is `a` depends on `a` itself");
    insta::assert_snapshot!(problems_in(r#"{"a": [1, 2], "$sample": {"random": 2.5}}"#), @"params.json:1:37: how many points there are is a whole number from 1 on, such as `5`");
    insta::assert_snapshot!(problems_in(r#"{"c": {"expr": "a"}, "a": {"expr": "b + 1"}, "b": {"expr": "a"}, "d": {"expr": "c"}}"#), @"params.json:1:36: `a`, `b` depend on each other in a circle");
    insta::assert_snapshot!(problems_in(r#"{"a": {"linspace": [0, 1, 2.5]}}"#), @"params.json:1:27: how many values there are is a whole number from 1 on, such as `5`");
    insta::assert_snapshot!(problems_in(r#"{"a": {"logspace": [1, 2, 0]}}"#), @"params.json:1:27: how many values there are is a whole number from 1 on, such as `5`");
    insta::assert_snapshot!(problems_in(r#"{"a": {"uniform": [0, 1], "n": -1}}"#), @"params.json:1:32: how many values there are is a whole number from 1 on, such as `5`");
    insta::assert_snapshot!(problems_in(r#"{"a": {"expr": " "}}"#), @"params.json:1:16: an expression is missing, such as `lr * layers < 1`");
    insta::assert_snapshot!(problems_in(r#"{"a": 1, "$where": ""}"#), @"params.json:1:20: an expression is missing, such as `lr * layers < 1`");
    insta::assert_snapshot!(problems_in(r#"{"a": {"choice": [1, 2], "weights": [1]}}"#), @"params.json:1:37: 1 weight for 2 values");
    insta::assert_snapshot!(problems_in(r#"{"a": {"choice": [1, 2], "weights": [1, "x"]}}"#), @"params.json:1:37: `weights` is a list of 2 numbers, one for each value");
    insta::assert_snapshot!(problems_in(r#"{"a": {"choice": [1, 2], "weights": [0, 0]}}"#), @"params.json:1:37: all weights are 0");
    insta::assert_snapshot!(problems_in(r#"{"a": {"choice": [1, 2], "weights": [1, -1]}}"#), @"params.json:1:37: weight 2 is negative");
    insta::assert_snapshot!(problems_in(r#"{"a": [{"value": 1, "label": ""}]}"#), @"
    params.json:1:30: an empty label names nothing
      help: leave `label` out
    ");
    insta::assert_snapshot!(problems_in(r#"{"a": [1], "b": [1, 2], "$zip": [["b", "a"]]}"#), @"params.json:1:40: `a` has 1 value, and `b`, with which it varies, has 2");
    insta::assert_snapshot!(problems_in(r#"{"learning-rate": 1, "$where": "learning-rate * 2 > 1"}"#), @"params.json:1:32: `learning-rate * 2 > 1`, column 1: no parameter is called `learning`; did you mean `params['learning-rate']`?");
    insta::assert_snapshot!(problems_in(r#"{"model.size": 1, "$where": "model.size * 2 > 1"}"#), @"params.json:1:29: `model.size * 2 > 1`, column 1: no parameter is called `model`; did you mean `params['model.size']`?");
}
