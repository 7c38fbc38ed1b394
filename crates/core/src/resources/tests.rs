use proptest::prelude::*;

use super::*;

fn value(name: &str, text: &str) -> Resource {
    Resource::new(name, Setting::Value(text.into())).unwrap()
}

fn some() -> Resources {
    [
        value("time", "2-00:00:00"),
        Resource::new("hold", Setting::Flag).unwrap(),
        Resource::new("gres", Setting::Repeated(vec!["gpu:1".into(), "craynetwork:1".into()])).unwrap(),
        Resource::new("mem", Setting::Omitted).unwrap(),
    ]
    .into_iter()
    .collect()
}

#[test]
fn directives_come_in_order_and_repeated_ones_one_each() {
    let directives: Vec<_> = some().directives().collect();
    assert_eq!(directives, ["--time=2-00:00:00", "--hold", "--gres=gpu:1", "--gres=craynetwork:1"]);
}

#[test]
fn an_override_keeps_the_place_and_a_new_name_goes_to_the_end() {
    let overrides = [value("mem", "64G"), value("account", "me"), value("time", "5")].into_iter().collect();
    let directives: Vec<_> = some().overridden_by(overrides).directives().collect();
    assert_eq!(
        directives,
        ["--time=5", "--hold", "--gres=gpu:1", "--gres=craynetwork:1", "--mem=64G", "--account=me"]
    );
}

#[test]
fn an_override_can_leave_an_option_out() {
    let overrides = [Resource::new("time", Setting::Omitted).unwrap()].into_iter().collect();
    assert_eq!(some().overridden_by(overrides).directives().next().as_deref(), Some("--hold"));
}

#[test]
fn the_value_that_counts_is_the_last() {
    assert_eq!(some().value("gres"), Some("craynetwork:1"));
    assert_eq!(some().value("hold"), None);
    assert_eq!(some().value("nope"), None);
}

#[test]
fn the_record_is_read_back() {
    let text = serde_json::to_string(&some()).unwrap();
    insta::assert_snapshot!(text, @r#"[["time","2-00:00:00"],["hold",true],["gres",["gpu:1","craynetwork:1"]],["mem",null]]"#);
    assert_eq!(serde_json::from_str::<Resources>(&text).unwrap(), some());
    for wrong in [r#"[["a",false]]"#, r#"[["a",1]]"#, r#"[["a"]]"#, r#"[["a","x\ny"]]"#, r#"[["a",[1]]]"#] {
        assert!(serde_json::from_str::<Resources>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_would_break_the_line_is_refused() {
    for name in ["", "--mem", "a b", "a=b", "a\nb", "a#"] {
        assert!(matches!(Resource::new(name, Setting::Flag), Err(ResourceError::Name { .. })), "{name:?}");
    }
    for text in ["a\nb", "a\rb", "a\0b"] {
        let setting = Setting::Repeated(vec![String::new(), text.into()]);
        assert!(matches!(Resource::new("comment", setting), Err(ResourceError::Line { .. })), "{text:?}");
    }
}

#[test]
fn only_what_needs_quotes_gets_them() {
    assert_eq!(directive_text("--gres=gpu:p100:1"), "--gres=gpu:p100:1");
    assert_eq!(directive_text("--comment=a b"), r#"--comment="a b""#);
    assert_eq!(directive_text(r#"--comment=say "hi" \ #1"#), r#"--comment="say \"hi\" \\ #1""#);
    assert_eq!(directive_text("--comment="), "--comment=");
}

/// The rules by which sbatch splits a `#SBATCH` line, for the first argument of it.
fn as_sbatch_reads(line: &str) -> String {
    let mut argument = String::new();
    let (mut escaped, mut quote) = (false, None);
    for character in line.chars() {
        match (escaped, quote) {
            (true, _) => {
                escaped = false;
                argument.push(character);
            }
            _ if character == '\\' => escaped = true,
            (_, Some(open)) if character == open => quote = None,
            (_, None) if character == '"' || character == '\'' => quote = Some(character),
            (_, None) if character == '#' || character.is_ascii_whitespace() || character == '\u{b}' => break,
            _ => argument.push(character),
        }
    }
    assert_eq!((escaped, quote), (false, None));
    argument
}

proptest! {
    #[test]
    fn sbatch_reads_back_what_was_quoted(value in r#"([ -~]|[\t\x0b\x0cé"'\\#=]){0,20}"#) {
        let argument = format!("--comment={value}");
        prop_assert_eq!(as_sbatch_reads(&directive_text(&argument)), argument);
    }
}
