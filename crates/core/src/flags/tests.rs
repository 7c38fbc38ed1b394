//! The texts are what real programs have printed; `tests/styles` asks the libraries themselves.

use super::*;

const ARGPARSE: &str = include_str!("tests/argparse.txt");
const CLICK: &str = include_str!("tests/click.txt");
const ABSL: &str = include_str!("tests/absl.txt");
const FIRE: &str = include_str!("tests/fire.txt");
const TYRO: &str = include_str!("tests/tyro.txt");
const HYDRA: &str = include_str!("tests/hydra.txt");

/// Judges names, flags where they begin with a dash and keys otherwise.
fn judged(text: &str, names: &[&str]) -> String {
    let help = Help::read(text).unwrap();
    let lines = names.iter().map(|name| {
        let wanted = match name.strip_prefix('-') {
            Some(_) => Wanted::Flag((*name).to_owned()),
            None => Wanted::Key((*name).to_owned()),
        };
        let verdict = match help.judge(&wanted) {
            Verdict::Known => "known".to_owned(),
            Verdict::Untold => "untold".to_owned(),
            Verdict::Beginning(of) => format!("the beginning of {of}"),
            Verdict::Unknown { nearest: None } => "unknown".to_owned(),
            Verdict::Unknown { nearest: Some(nearest) } => format!("unknown, {nearest}?"),
        };
        format!("{name}: {verdict}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn argparse_takes_exact_names_and_their_beginnings() {
    let names = [
        "--lr",
        "-b",
        "--batch_size",
        "--batch-size",
        "--amp",
        "--no-amp",
        "--optim.lr",
        "-wd",
        "--layer",
        "--a-rather-long",
        "--batch",
        "--learning-rate",
        "--optim_lr",
        "--a_rather_long_name_for_an_option_of_a_program",
        "--lrr",
        "lr",
    ];
    insta::assert_snapshot!(judged(ARGPARSE, &names), @"
    --lr: known
    -b: known
    --batch_size: known
    --batch-size: known
    --amp: known
    --no-amp: known
    --optim.lr: known
    -wd: known
    --layer: the beginning of layers
    --a-rather-long: the beginning of a-rather-long-name-for-an-option-of-a-program
    --batch: unknown
    --learning-rate: unknown
    --optim_lr: unknown, optim.lr?
    --a_rather_long_name_for_an_option_of_a_program: unknown, a-rather-long-name-for-an-option-of-a-program?
    --lrr: unknown, lr?
    lr: untold
    ");
}

#[test]
fn click_takes_exact_names() {
    let names = [
        "--lr",
        "--batch-size",
        "--batch_size",
        "--amp",
        "--no-amp",
        "--weight_decay",
        "--weight-decay",
        "--batch",
    ];
    insta::assert_snapshot!(judged(CLICK, &names), @"
    --lr: known
    --batch-size: known
    --batch_size: unknown, batch-size?
    --amp: known
    --no-amp: known
    --weight_decay: known
    --weight-decay: unknown, weight_decay?
    --batch: unknown
    ");
}

#[test]
fn absl_takes_one_dash_as_well_and_has_more_flags_than_it_shows() {
    let names =
        ["--lr", "-lr", "--amp", "--noamp", "--no-amp", "--batch_size", "--batch-size", "--layers", "--bat"];
    insta::assert_snapshot!(judged(ABSL, &names), @"
    --lr: known
    -lr: known
    --amp: known
    --noamp: known
    --no-amp: unknown, noamp?
    --batch_size: known
    --batch-size: unknown, batch_size?
    --layers: known
    --bat: unknown
    ");
    let help = Help::read(ABSL).unwrap();
    assert_eq!((help.longer(), help.ends_in_failure()), (Some("--helpfull"), true));
}

#[test]
fn fire_takes_either_dash_and_a_no_for_every_flag() {
    let names = [
        "--lr",
        "-l",
        "--batch_size",
        "--batch-size",
        "--amp",
        "--no-amp",
        "--noamp",
        "--layer",
        "--no-layer",
    ];
    insta::assert_snapshot!(judged(FIRE, &names), @"
    --lr: known
    -l: known
    --batch_size: known
    --batch-size: known
    --amp: known
    --no-amp: known
    --noamp: known
    --layer: unknown, layers?
    --no-layer: unknown
    ");
}

#[test]
fn tyro_takes_either_dash() {
    let names = [
        "--batch-size",
        "--batch_size",
        "--optim.lr",
        "--optim.weight_decay",
        "--amp",
        "--no-amp",
        "--bat",
        "--lr",
    ];
    insta::assert_snapshot!(judged(TYRO, &names), @"
    --batch-size: known
    --batch_size: known
    --optim.lr: known
    --optim.weight_decay: known
    --amp: known
    --no-amp: known
    --bat: unknown
    --lr: unknown, optim.lr?
    ");
}

#[test]
fn hydra_has_the_keys_of_its_configuration_and_its_groups() {
    let names = [
        "lr",
        "optim.name",
        "optim.nested.deep",
        "optim.betas.0",
        "db",
        "db.host",
        "optim.lr",
        "lrr",
        "host",
        "--lr",
    ];
    insta::assert_snapshot!(judged(HYDRA, &names), @"
    lr: known
    optim.name: known
    optim.nested.deep: known
    optim.betas.0: known
    db: known
    db.host: known
    optim.lr: unknown
    lrr: unknown, lr?
    host: unknown, db.host?
    --lr: unknown
    ");
}

#[test]
fn other_ways_to_write_a_help_are_read() {
    let go = "Usage of ./sim:\n  -lr float\n    \tlearning rate (default 0.1)\n  -name string\n";
    assert_eq!(judged(go, &["--lr", "-name"]), "--lr: known\n-name: known");
    assert!(Help::read(go).unwrap().ends_in_failure());
    let docopt = "Usage:\n  sim [--layers=<int>] [options]\n\nOptions:\n  -h --help  Show this.\n";
    assert_eq!(judged(docopt, &["--layers"]), "--layers: known");
    let clap =
        "Usage: sim [OPTIONS]\n\nOptions:\n      --lr <LR>  [default: 0.1]\n  -h, --help     Print help\n";
    assert_eq!(judged(clap, &["--lr", "--l"]), "--lr: known\n--l: unknown");
    let typer = "Usage: sim [OPTIONS]\n\n╭─ Options ───╮\n│ --lr  FLOAT  [default: 0.1] │\n╰────╯\n";
    assert_eq!(judged(typer, &["--lr"]), "--lr: known");
    let jsonargparse = "usage: fit [-h] [--model MODEL]\n\noptions:\n  -h, --help  Show this help message and exit.\n  --model.help CLASS\n";
    assert_eq!(
        judged(jsonargparse, &["--model.lr", "--model.init_args.lr", "--data.lr"]),
        "--model.lr: known\n--model.init_args.lr: known\n--data.lr: unknown"
    );
}

#[test]
fn what_is_no_help_is_not_taken_for_one() {
    for text in ["", "0.1 {'help': True}", "training with --lr 0.1\n", "Traceback (most recent call last):\n"]
    {
        assert_eq!(Help::read(text), None, "{text}");
    }
}
