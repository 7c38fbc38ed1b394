use super::knob::Knob;
use super::*;
use crate::document::{Problem, Problems, Source, json};

fn node(text: &str) -> Node {
    let mut problems = Vec::new();
    let node = json::parse(&Source { name: "params.json".into(), text: text.into() }, &mut problems);
    assert_eq!(problems, []);
    node.unwrap()
}

fn value(text: &str) -> Value {
    node(text).value
}

fn arguments(style: &str, name: &str, text: &str) -> Vec<String> {
    let rendered = Style::parse(style).unwrap().render(name, &value(text));
    assert_eq!(rendered.variables, []);
    rendered.arguments
}

fn x(style: &str, text: &str) -> String {
    arguments(style, "x", text).join(" ")
}

#[test]
fn argparse_is_the_default_and_what_the_seed_says() {
    for (written, argument) in [
        ("0.10", "--x=0.10"),
        ("1e-4", "--x=1e-4"),
        ("12345678901234567890", "--x=12345678901234567890"),
        ("-0", "--x=-0"),
        (r#""""#, "--x="),
        (r#"" a\n'\"b$HOME""#, "--x= a\n'\"b$HOME"),
        ("true", "--x=True"),
        ("false", "--x=False"),
        (r#"[1,0.50,"é",null,true]"#, r#"--x=[1,0.50,"é",null,true]"#),
        (r#"{"b":1E5,"a":null}"#, r#"--x={"b":1E5,"a":null}"#),
    ] {
        assert_eq!(Style::default().render("x", &value(written)).arguments, [argument]);
    }
    assert_eq!(Style::default().render("x", &Value::Null), Rendered::default());
    assert_eq!(Style::parse("argparse"), Ok(Style::default()));
    assert_eq!(Style::parse("bool=True/False"), Ok(Style::default()));
}

#[test]
fn booleans() {
    let both = |style: &str| [x(style, "true"), x(style, "false")];
    assert_eq!(both("bool=True/False"), ["--x=True", "--x=False"]);
    assert_eq!(both("bool=true/false"), ["--x=true", "--x=false"]);
    assert_eq!(both("bool=1/0"), ["--x=1", "--x=0"]);
    assert_eq!(both("bool=switch"), ["--x", ""]);
    assert_eq!(both("bool=pair"), ["--x", "--no-x"]);
    assert_eq!(both("click"), ["--x", "--no-x"]);
    assert_eq!(arguments("tyro", "opt.amp", "false"), ["--opt.no-amp"]);
    assert_eq!(arguments("tyro,names=dashes", "opt.use_amp", "false"), ["--opt.no-use-amp"]);
    assert_eq!(arguments("bool=pair,dash=short", "n", "true"), ["-n"]);
    assert_eq!(arguments("bool=pair,dash=short", "n", "false"), ["--no-n"]);
    assert_eq!(arguments("bool=pair,dash=one", "amp", "false"), ["-no-amp"]);
}

#[test]
fn nulls() {
    assert_eq!(x("null=absent", "null"), "");
    assert_eq!(x("null=null", "null"), "--x=null");
    assert_eq!(x("null=None", "null"), "--x=None");
    assert_eq!(x("fire", "null"), "--x=None");
    assert_eq!(x("hydra", "null"), "x=null");
    assert_eq!(x("hydra,null=absent", "null"), "");
}

#[test]
fn lists() {
    let list = r#"[1, "a b", "c,d", true, null, [2]]"#;
    assert_eq!(arguments("list=json", "x", list), [r#"--x=[1,"a b","c,d",true,null,[2]]"#]);
    assert_eq!(arguments("list=python", "x", list), [r#"--x=[1,"a b","c,d",True,None,[2]]"#]);
    assert_eq!(arguments("hydra", "x", list), ["x=[1,'a b','c,d',true,null,[2]]"]);
    assert_eq!(
        arguments("list=repeat", "x", list),
        ["--x=1", "--x=a b", "--x=c,d", "--x=True", "--x=None", "--x=[2]"]
    );
    assert_eq!(arguments("list=space", "x", list), ["--x", "1", "a b", "c,d", "True", "None", "[2]"]);
    assert_eq!(arguments("list=comma", "x", list), [r#"--x=1,a b,"c,d",True,None,[2]"#]);
    assert_eq!(x("list=json", "[]"), "--x=[]");
    assert_eq!(x("list=repeat", "[]"), "");
    assert_eq!(x("list=space", "[]"), "--x");
    assert_eq!(x("list=comma", "[]"), "--x=");
}

#[test]
fn objects() {
    let table = r#"{"a": 1, "b": {"c": true}, "d": [1, null]}"#;
    assert_eq!(x("dict=json", table), r#"--x={"a":1,"b":{"c":true},"d":[1,null]}"#);
    assert_eq!(x("fire", table), r#"--x={"a":1,"b":{"c":True},"d":[1,None]}"#);
    assert_eq!(x("hydra", table), "x={a:1,b:{c:true},d:[1,null]}");
    assert_eq!(x("tyro", table), "--x.a=1 --x.b.c --x.d 1 None");
    assert_eq!(x("hydra,dict=dotted", table), "x.a=1 x.b.c=true x.d=[1,null]");
}

#[test]
fn a_flag_and_its_value_may_be_two_arguments() {
    assert_eq!(arguments("join=space", "x", "1"), ["--x", "1"]);
    assert_eq!(arguments("join=space", "x", "-1"), ["--x=-1"]);
    assert_eq!(arguments("join=space", "x", r#""-a b""#), ["--x=-a b"]);
    assert_eq!(arguments("join=space", "x", r#""""#), ["--x", ""]);
    assert_eq!(arguments("join=apart", "x", "-1"), ["--x", "-1"]);
    assert_eq!(arguments("join=space,list=repeat", "x", "[1, -1]"), ["--x", "1", "--x=-1"]);
}

#[test]
fn dashes() {
    assert_eq!(arguments("dash=two", "n", "1"), ["--n=1"]);
    assert_eq!(arguments("dash=short", "n", "1"), ["-n", "1"]);
    assert_eq!(arguments("dash=short", "n", "-1"), ["-n-1"]);
    assert_eq!(arguments("dash=short,join=apart", "n", "-1"), ["-n", "-1"]);
    assert_eq!(arguments("dash=short", "lr", "1"), ["--lr=1"]);
    assert_eq!(arguments("dash=one", "lr", "0.1"), ["-lr=0.1"]);
    assert_eq!(arguments("dash=one,join=space", "lr", "0.1"), ["-lr", "0.1"]);
    assert_eq!(arguments("dash=one,join=space", "lr", "-0.1"), ["-lr=-0.1"]);
    assert_eq!(arguments("dash=one,join=apart", "lr", "-0.1"), ["-lr", "-0.1"]);
}

#[test]
fn names_stay_as_they_are_unless_dashes_are_asked_for() {
    for preset in ["argparse", "click", "absl", "fire", "tyro"] {
        assert_eq!(arguments(preset, "batch_size", "1"), ["--batch_size=1"], "{preset}");
    }
    assert_eq!(arguments("names=dashes", "batch_size", "1"), ["--batch-size=1"]);
}

#[test]
fn hydra_has_its_own_signs_and_quotes() {
    assert_eq!(arguments("hydra", "+lr", "0.10"), ["+lr=0.10"]);
    assert_eq!(arguments("hydra", "++a.b", "[1, 2]"), ["++a.b=[1,2]"]);
    assert_eq!(arguments("hydra", "~db", "true"), ["~db"]);
    assert_eq!(x("hydra", "true"), "x=true");
    assert_eq!(Style::parse("hydra").unwrap().render("~db", &value("false")), Rendered::default());
    assert_eq!(arguments("hydra", "~db", r#""mysql""#), ["~db=mysql"]);
    for (text, written) in [
        (r#""sgd""#, "x=sgd"),
        (r#""data/a-1.csv""#, "x=data/a-1.csv"),
        (r#""""#, "x=''"),
        (r#""10""#, "x='10'"),
        (r#""True""#, "x='True'"),
        (r#""a=b, {c}""#, "x='a=b, {c}'"),
        (r#""it's""#, r"x='it\'s'"),
        (r#""a\\b""#, r"x='a\b'"),
        (r#""a\\'b\\""#, r"x='a\\\'b\\'"),
        (r#""${y}""#, "x='${y}'"),
    ] {
        assert_eq!(arguments("hydra", "x", text), [written]);
    }
}

#[test]
fn fire_reads_python_and_text_is_quoted_where_it_would_be_something_else() {
    for (text, written) in [
        (r#""sgd""#, "--x=sgd"),
        (r#""data/a.csv""#, "--x=data/a.csv"),
        (r#""10""#, r#"--x="10""#),
        (r#""None""#, r#"--x="None""#),
        (r#""a,b""#, r#"--x="a,b""#),
        (r#""""#, r#"--x="""#),
        (r#""-a""#, r#"--x="-a""#),
    ] {
        assert_eq!(arguments("fire", "x", text), [written]);
    }
}

#[test]
fn env_sets_variables() {
    let set = |text: &str| {
        let rendered = Style::parse("env").unwrap().render("LR", &value(text));
        assert_eq!(rendered.arguments, <[String; 0]>::default());
        rendered.variables.into_iter().map(|(name, word)| format!("{name}={word}")).collect::<String>()
    };
    assert_eq!(set("0.10"), "LR=0.10");
    assert_eq!(set(r#"" it's\n""#), "LR= it's\n");
    assert_eq!(set("true"), "LR=true");
    assert_eq!(set("null"), "");
    assert_eq!(set(r#"[1, "a"]"#), r#"LR=[1,"a"]"#);
}

#[test]
fn in_a_command_the_value_stands_alone() {
    let text = |style: &str, written: &str| Style::parse(style).unwrap().text(&value(written));
    assert_eq!(text("argparse", "1e-4").as_deref(), Some("1e-4"));
    assert_eq!(text("argparse", "null"), None);
    assert_eq!(text("hydra", "null").as_deref(), Some("null"));
    assert_eq!(text("hydra", r#""a b""#).as_deref(), Some("a b"));
    assert_eq!(text("fire", r#""10""#).as_deref(), Some("10"));
    assert_eq!(text("click", "true").as_deref(), Some("True"));
    assert_eq!(text("absl", "true").as_deref(), Some("true"));
    assert_eq!(text("argparse", "[1, 2]").as_deref(), Some("[1,2]"));
    assert_eq!(text("list=repeat", "[1, 2]").as_deref(), Some("1 2"));
    assert_eq!(text("list=comma", "[1, 2]").as_deref(), Some("1,2"));
    assert_eq!(text("tyro", r#"{"a": 1}"#).as_deref(), Some(r#"{"a":1}"#));
}

#[test]
fn what_is_no_style_is_explained() {
    let explained = |text: &str| {
        let error = Style::parse(text).unwrap_err();
        format!("{error}\n  {}", error.help())
    };
    let all: Vec<_> = [
        "clik",
        "",
        "click,colour=red",
        "bool=swich",
        "click,repeat",
        "list=json,list=comma",
        "hydra,join=space",
        "env,list=repeat",
        "click,click",
        "absl,bool=pair",
    ]
    .map(explained)
    .into();
    insta::assert_snapshot!(all.join("\n"), @"
    `clik` is no style
      did you mean `click`? there are `argparse`, `click`, `absl`, `hydra`, `fire`, `tyro`, `env`
    `` is no style
      there are `argparse`, `click`, `absl`, `hydra`, `fire`, `tyro`, `env`
    `colour` is no knob of a style
      there are `preset`, `bool`, `null`, `text`, `list`, `dict`, `join`, `dash`, `names`
    `bool` of a style cannot be `swich`
      did you mean `switch`? there are `True/False`, `true/false`, `1/0`, `switch`, `pair`
    `repeat` of a style needs a value
      a preset comes first, and a knob has a value, as in `click,bool=switch`; `repeat` has none
    `list` of a style is set twice
      leave one of them out
    `join=space` has no meaning in the style `hydra`
      it writes `name=value`; leave this out, or take another style
    `list=repeat` has no meaning in the style `env`
      it sets variables of the environment; leave this out, or take another style
    `click` of a style needs a value
      a preset comes first, and a knob has a value, as in `click,bool=switch`; `click` has none
    `bool=pair` has no meaning in the style `absl`
      it knows `--amp=false`, not `--no-amp`; leave this out, or take another style
    ");
}

#[test]
fn the_style_of_a_file_is_a_text_or_an_object_and_mistakes_have_places() {
    let read = |text: &str| {
        let mut problems = Vec::new();
        let style = Style::read(&node(text), &mut problems);
        assert_eq!(problems, [], "{text}");
        style
    };
    assert_eq!(read(r#""click,bool=switch""#), Style::parse("click,bool=switch").unwrap());
    assert_eq!(read(r#"{"preset": "click", "bool": "switch"}"#), Style::parse("click,bool=switch").unwrap());
    assert_eq!(read("{}"), Style::default());
    let source = Source {
        name: "params.json".into(),
        text: r#"[3, "clik", {"preset": "absl", "bol": "switch", "list": "commas", "bool": true}, {"join": "apart", "preset": "env"}]"#.into(),
    };
    let mut problems: Vec<Problem> = Vec::new();
    let Some(Node { value: Value::List(items), .. }) = json::parse(&source, &mut problems) else {
        panic!("a list");
    };
    for item in &items {
        assert_eq!(Style::read(item, &mut problems).carrier, Carrier::Flag);
    }
    insta::assert_snapshot!(Problems::found_in(&source, problems).unwrap().plain(), @r#"
    params.json:1:2: a style is a text or an object, not a number
      help: write `"click"`, `"click,bool=switch"` or `{"preset": "click", "bool": "switch"}`
    params.json:1:5: `clik` is no style
      help: did you mean `click`? there are `argparse`, `click`, `absl`, `hydra`, `fire`, `tyro`, `env`
    params.json:1:32: `bol` is no knob of a style
      help: did you mean `bool`? there are `preset`, `bool`, `null`, `text`, `list`, `dict`, `join`, `dash`, `names`
    params.json:1:57: `list` of a style cannot be `commas`
      help: did you mean `comma`? there are `json`, `python`, `hydra`, `repeat`, `space`, `comma`
    params.json:1:75: `bool` of a style is a text, not true
      help: write `"click"`, `"click,bool=switch"` or `{"preset": "click", "bool": "switch"}`
    params.json:1:91: `join=apart` has no meaning in the style `env`
      help: it sets variables of the environment; leave this out, or take another style
    "#);
}

#[test]
fn names_that_a_style_cannot_say() {
    let wrong = |style: &str, name: &str| {
        let wrong = Style::parse(style).unwrap().check_name(name)?;
        Some(format!("{}{}", wrong.message, wrong.help.map(|help| format!(" ({help})")).unwrap_or_default()))
    };
    for (style, name) in [
        ("argparse", "lr"),
        ("argparse", "+lr"),
        ("argparse", "a.b"),
        ("argparse", "größe"),
        ("argparse", "no-amp"),
        ("hydra", "+lr"),
        ("hydra", "++a/b@c"),
        ("hydra", "~db"),
        ("env", "BATCH_SIZE"),
        ("env", "_x1"),
    ] {
        assert_eq!(wrong(style, name), None, "{style} {name}");
    }
    let all: Vec<_> = [
        ("argparse", ""),
        ("argparse", "--lr"),
        ("click", "-"),
        ("fire", "a=b"),
        ("tyro", "a b"),
        ("hydra", "+"),
        ("hydra", "a=b"),
        ("hydra", "-x"),
        ("hydra", "größe"),
        ("env", "batch-size"),
        ("env", "1st"),
        ("env", "A=B"),
        ("env", "1-x"),
        ("env", ""),
    ]
    .map(|(style, name)| format!("{style}: {}", wrong(style, name).unwrap_or_default()))
    .into();
    insta::assert_snapshot!(all.join("\n"), @"
    argparse: a parameter needs a name
    argparse: `--lr` starts with a dash, and the dashes are added: `--name=value` (write `lr`)
    click: `-` starts with a dash, and the dashes are added: `--name=value`
    fire: `a=b` has a `=` in it, which ends a name in `--name=value`
    tyro: `a b` has white space or a control character in it
    hydra: there is no name behind the `+`
    hydra: `a=b` has a `=` in it, which hydra does not take in a name
    hydra: `-x` starts with a dash, and hydra would take it for one of its own flags
    hydra: `größe` has a `ö` in it, which hydra does not take in a name
    env: `batch-size` has a `-` in it, which the name of a variable cannot have (write `batch_size`)
    env: `1st` starts with a digit, which the name of a variable cannot do
    env: `A=B` has a `=` in it, which the name of a variable cannot have (write `A_B`)
    env: `1-x` has a `-` in it, which the name of a variable cannot have
    env: a parameter needs a name
    ");
}

#[test]
fn values_that_a_style_cannot_say() {
    let wrong = |style: &str, written: &str| Style::parse(style).unwrap().check_value(&value(written));
    assert_eq!(wrong("list=space", r#"[1, -1, "a"]"#), None);
    assert_eq!(wrong("list=json", r#"["-a"]"#), None);
    assert_eq!(wrong("hydra", r#"{"a": [{"b": "c d"}]}"#), None);
    assert_eq!(wrong("argparse", r#"{"c d": 1}"#), None);
    let all: Vec<_> = [
        ("list=space", r#"[1, "-a"]"#),
        ("tyro", r#"{"a": ["-b"]}"#),
        ("tyro", r#"{"a=": 1}"#),
        ("hydra", r#"{"a": [{"c d": 1}]}"#),
        ("hydra", r#"[{"1": 1}]"#),
    ]
    .map(|(style, written)| wrong(style, written).unwrap_or_default())
    .into();
    insta::assert_snapshot!(all.join("\n"), @"
    `-a` starts with a dash, and would be read as a flag where items have spaces between them
    `-b` starts with a dash, and would be read as a flag where items have spaces between them
    `a=` has a `=` in it, which ends a name in `--name=value`
    hydra has no way to write the key `c d`; it takes letters, digits and `_-./`, a letter first
    hydra has no way to write the key `1`; it takes letters, digits and `_-./`, a letter first
    ");
}

const DOCUMENT: &str = include_str!("../../../../../docs/styles.md");

/// What stands between backquotes.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_table_of_the_document_is_what_is_rendered() {
    let mut rows = DOCUMENT
        .lines()
        .skip_while(|line| !line.starts_with("| value in the file"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
    let presets = rows.next().unwrap();
    let mut compared = 0;
    for row in rows.skip(1).take_while(|row| row.len() == presets.len()) {
        for (preset, cell) in presets.iter().zip(&row).skip(1) {
            let style = Style::parse(code(preset)[0]).unwrap();
            let rendered = style.render("x", &value(code(row[0])[0]));
            let variables = rendered.variables.into_iter().map(|(name, word)| format!("{name}={word}"));
            let all: Vec<_> = rendered.arguments.into_iter().chain(variables).collect();
            assert_eq!(all, code(cell), "{preset}: {}", row[0]);
            assert_eq!(all.is_empty(), *cell == "nothing", "{preset}: {}", row[0]);
            compared += 1;
        }
    }
    assert_eq!(compared, 13 * 7);
}

#[test]
fn the_document_has_every_word_of_every_knob() {
    fn check<K: Knob>() {
        let section = DOCUMENT.split("## Knobs").nth(1).unwrap();
        let first = format!("| `{}` |", K::NAME);
        let mut lines = section.lines().skip_while(|line| !line.starts_with(&first));
        for (word, _) in K::WORDS {
            let line = lines.next().unwrap_or_default();
            assert!(line.contains(&format!("| `{word}` |")), "{}={word}: {line}", K::NAME);
        }
        let behind = lines.next().unwrap_or_default();
        assert!(!behind.starts_with("| |"), "{} has a word too many: {behind}", K::NAME);
    }
    check::<Booleans>();
    check::<Null>();
    check::<Text>();
    check::<List>();
    check::<Table>();
    check::<Join>();
    check::<Dash>();
    check::<Names>();
}
