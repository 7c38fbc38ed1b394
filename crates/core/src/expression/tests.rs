use proptest::prelude::*;
use serde_json::value::RawValue;

use super::{Expression, ExpressionError, LONGEST, Problem, Values};

const PARAMS: &str = r#"{"lr": 0.10, "tiny": 1e-3, "layers": 4, "batch": 48, "opt": "sgd", "on": true, "off": null,
    "sizes": [1, 2], "batch-size": 7, "huge": 170141183460469231731687303715884105727}"#;

fn values() -> Values {
    Values::of(&RawValue::from_string(PARAMS.to_owned()).unwrap()).unwrap()
}

fn ask(text: &str) -> Result<bool, ExpressionError> {
    let (expression, values) = (Expression::parse(text)?, values());
    expression.check_names(values.names())?;
    Ok(expression.holds_for(&values)?.unwrap())
}

fn refused(text: &str) -> String {
    ask(text).unwrap_err().to_string()
}

#[test]
fn what_holds_in_python_holds_here() {
    for text in [
        "lr == 0.1",
        "lr == 0.10 and layers > 3",
        "lr * layers < 1 and opt in ['sgd', 'adam']",
        "opt in ('sgd', 'adam')",
        "tiny == 1e-3 and tiny == 0.001 and tiny == 1E-3",
        "128000 // batch == 2666",
        "-7 // 2 == -4 and -7 % 3 == 2",
        "2 ** 10 == 1024",
        "layers == 4.0",
        "1 < layers < 5",
        "not 1 < layers < 3",
        "opt != 'adam' or false",
        "on == True and on == true and off == None and off == none",
        "on and not off",
        "'sg' in opt",
        "opt not in ['adam']",
        "sizes == [1, 2] and sizes[1] == 2 and 2 in sizes",
        "params['batch-size'] == 7",
        "huge == 170141183460469231731687303715884105727",
        "huge != 170141183460469231731687303715884105726",
        "9007199254740993 != 9007199254740992.0",
        "7 / 2 == 3.5",
        "layers == 4 if on else layers == 5",
        "\"sgd\" == opt",
        "opt == 'sgd' \n and on",
        "max('sgd') == 's' and min(opt) == 'd'",
        "round(2.5, None) == 2",
        "9007199254740993 ** -1 == 9007199254740992 ** -1",
    ] {
        assert_eq!(ask(text), Ok(true), "{text}");
    }
    for text in ["lr == 0.11", "layers > 4", "lr == '0.1'", "opt == 'SGD'", "0.1 + 0.2 == 0.3"] {
        assert_eq!(ask(text), Ok(false), "{text}");
    }
}

#[test]
fn a_mistake_is_named_with_its_place() {
    insta::assert_snapshot!(refused("lr = 0.1"), @"`lr = 0.1`, column 4: `=` compares nothing; write `==`");
    insta::assert_snapshot!(refused("layers > 2 and lrr == 1"), @"`layers > 2 and lrr == 1`, column 16: no parameter is called `lrr`; did you mean `lr`?");
    insta::assert_snapshot!(refused("momentum == 1"), @"`momentum == 1`, column 1: no parameter is called `momentum`; there are batch, params['batch-size'], huge, layers, lr, off, on, opt, sizes, tiny");
    insta::assert_snapshot!(refused("lr =="), @"`lr ==`, column 4: unexpected end of input, expected expression");
    insta::assert_snapshot!(refused("lr == 0.1 layers"), @"`lr == 0.1 layers`, column 11: unexpected input after expression");
    insta::assert_snapshot!(refused(""), @"an expression is missing, such as `lr * layers < 1`");
    insta::assert_snapshot!(refused("lr"), @"`lr`: gives `0.1`, neither true nor false; write a comparison, as `lr == 0.1`");
    insta::assert_snapshot!(refused("1 / 0 == 1"), @"`1 / 0 == 1`, column 1: unable to calculate 1 / 0: division by zero");
    insta::assert_snapshot!(refused("layers // 0 == 1"), @"`layers // 0 == 1`, column 1: unable to calculate 4 // 0: division by zero");
    insta::assert_snapshot!(refused("layers % 0 == 1"), @"`layers % 0 == 1`, column 1: unable to calculate 4 % 0: division by zero");
    insta::assert_snapshot!(refused("opt + 1 == 2"), @"`opt + 1 == 2`, column 1: `sgd` (string) and `1` (number) have no `+`");
    insta::assert_snapshot!(refused("params['x'] == 1"), @"`params['x'] == 1`, column 1: no parameter is called `x`; there are batch, params['batch-size'], huge, layers, lr, off, on, opt, sizes, tiny");
    insta::assert_snapshot!(refused("range(10) == 1"), @"`range(10) == 1`, column 1: there is no function `range`; there are abs, min, max, round, int, float, str, len, log, log2, log10, exp, sqrt");
    insta::assert_snapshot!(refused("opt|upper == 'SGD'"), @"`opt|upper == 'SGD'`, column 5: there are operators and a few functions only: no filters, slices or mappings");
    insta::assert_snapshot!(refused("batch-size * 2 > 1"), @"`batch-size * 2 > 1`, column 7: no parameter is called `size`; did you mean `params['batch-size']`?");
    insta::assert_snapshot!(refused("btch > 1"), @"`btch > 1`, column 1: no parameter is called `btch`; did you mean `batch`?");
    insta::assert_snapshot!(refused(" "), @"an expression is missing, such as `lr * layers < 1`");
    insta::assert_snapshot!(refused("opt is None"), @"`opt is None`, column 8: `is` is no operator here; write `==` or `!=`, as `x == None`");
    insta::assert_snapshot!(refused("opt is not None"), @"`opt is not None`, column 12: `is` is no operator here; write `==` or `!=`, as `x == None`");
    insta::assert_snapshot!(refused("opt.upper() == 'SGD'"), @"`opt.upper() == 'SGD'`, column 1: values have no methods; the functions are abs, min, max, round, int, float, str, len, log, log2, log10, exp, sqrt");
    insta::assert_snapshot!(refused("lr.__class__ == 1"), @"`lr.__class__ == 1`, column 1: `0.1` (number) has no `__class__`");
    insta::assert_snapshot!(refused("sizes[2] == 1"), @"`sizes[2] == 1`, column 1: `[1, 2]` (list) has no place 2: it has 2, counted from 0");
    insta::assert_snapshot!(refused("opt[-4] == 's'"), @"`opt[-4] == 's'`, column 1: `sgd` (string) has no place -4: it has 3, counted from 0");
    insta::assert_snapshot!(refused("lr[0] == 1"), @"`lr[0] == 1`, column 1: `0.1` (number) has no `0`");
    insta::assert_snapshot!(refused("sizes['a'] == 1"), @"`sizes['a'] == 1`, column 1: `[1, 2]` (list) has no `a`");
    insta::assert_snapshot!(refused("-opt == 1"), @"`-opt == 1`, column 1: `sgd` (string) has no `-`");
    insta::assert_snapshot!(refused("layers is 4"), @"`layers is 4`, column 11: `is` is no operator here; write `==` or `!=`, as `x == None`");
    insta::assert_snapshot!(refused("layers is not 4"), @"`layers is not 4`, column 15: `is` is no operator here; write `==` or `!=`, as `x == None`");
    insta::assert_snapshot!(refused("1 in opt"), @"`1 in opt`, column 1: `sgd` (string) has texts in it, and `1` (number) is none");
    insta::assert_snapshot!(refused("abs(opt) == 1"), @"`abs(opt) == 1`, column 1: abs() does not take `sgd` (string)");
    insta::assert_snapshot!(refused("1 in lr"), @"`1 in lr`, column 1: `0.1` (number) is nothing to look into by `in`");
    insta::assert_snapshot!(refused("'ü' == opt and lrr"), @"`'ü' == opt and lrr`, column 16: no parameter is called `lrr`; did you mean `lr`?");
}

#[test]
fn what_has_no_order_in_python_has_none_here() {
    insta::assert_snapshot!(refused("opt < 3"), @"`opt < 3`, column 1: `sgd` (string) and `3` (number) have no order");
    for text in [
        "'a' < 3",
        "3 >= opt",
        "1 < layers < 'z'",
        "off < 1",
        "sizes > 1",
        "[1, 'a'] < [1, 2]",
        "(1, 2) < [1, 2]",
        "not 'a' > 3",
        "lr < '0.2' or true",
    ] {
        let error = ask(text).unwrap_err();
        assert!(error.to_string().contains("have no order"), "{text}: {error}");
    }
    for text in
        ["on > 0", "'a' < 'b'", "sizes < [1, 3]", "[1] < sizes", "(1, 'a') < (2, 3)", "false and 'a' < 3"]
    {
        let expected = text != "false and 'a' < 3";
        assert_eq!(ask(text), Ok(expected), "{text}");
    }
    // A number and its text are two things, as in Python.
    for text in ["lr == '0.1'", "opt == 3", "off == 0", "layers in ['4']", "sizes == (1, 2)"] {
        assert_eq!(ask(text), Ok(false), "{text}");
    }
}

#[test]
fn hostile_ones_are_bounded() {
    let nested = format!("{}1{} == 1", "(".repeat(400), ")".repeat(400));
    let minus = format!("{}1 == 1", "-".repeat(LONGEST - 6));
    let not = format!("{}on", "not ".repeat(249));
    let lists = format!("{}{} == 1", "[".repeat(490), "]".repeat(490));
    let powers = format!("2{} == 1", " ** 2".repeat(190));
    let begun = std::time::Instant::now();
    for text in [&nested, &minus, &not, &lists, &powers] {
        let _bounded = ask(text);
    }
    for text in [
        "'a' * 10 ** 9 == 'b'",
        "[1] * 10 ** 9 == []",
        "'a' * 99999999 == 'b'",
        "'' * -12345678901234567890 == ''",
        "10 ** 10 ** 10 == 1",
        "99 in [1] * 20000000",
        "99 in 20000000 * sizes",
        "99 in (1, 2) * 20000000",
        "[1] * 20000000 == [1] * 20000000",
    ] {
        assert!(ask(text).is_err(), "{text}");
    }
    assert!(begun.elapsed().as_secs() < 5, "took {:?}", begun.elapsed());
    let long = format!("lr == {}", "1".repeat(LONGEST));
    assert_eq!(ask(&long).unwrap_err().problem, Problem::TooLong);
}

proptest! {
    /// Whatever is typed gives an answer or an error, and never a panic.
    #[test]
    fn anything_may_be_typed(text in "\\PC{0,60}") {
        let _answer = ask(&text);
    }

    #[test]
    fn a_number_is_what_its_text_says(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
        let written = serde_json::to_string(&number).unwrap();
        let params = RawValue::from_string(format!("{{\"x\": {written}}}")).unwrap();
        let values = Values::of(&params).unwrap();
        prop_assert_eq!(Expression::parse(&format!("x == {written}")).unwrap().holds_for(&values), Ok(Some(true)));
    }

    #[test]
    fn whole_numbers_compare_exactly(a in any::<i64>(), b in any::<i64>()) {
        let values = Values::of(&RawValue::from_string(format!("{{\"x\": {a}}}")).unwrap()).unwrap();
        prop_assert_eq!(Expression::parse(&format!("x < {b}")).unwrap().holds_for(&values), Ok(Some(a < b)));
    }

    /// Values of two kinds are never equal and never in an order, whichever they are.
    #[test]
    fn kinds_are_never_mixed(number in any::<i64>(), word in "[a-z0-9.]{0,6}") {
        let params = RawValue::from_string(format!("{{\"n\": {number}, \"w\": \"{word}\"}}")).unwrap();
        let values = Values::of(&params).unwrap();
        let ask = |text: &str| Expression::parse(text).unwrap().holds_for(&values).map(Option::unwrap);
        prop_assert_eq!(ask("n == w or w == n"), Ok(false));
        prop_assert_eq!(ask("n != w and w != n"), Ok(true));
        for sign in ["<", "<=", ">", ">="] {
            for (left, right) in [("n", "w"), ("w", "n"), ("[n]", "[w]")] {
                let text = [left, sign, right].join(" ");
                prop_assert!(ask(&text).is_err(), "{}", text);
            }
        }
    }
}
