//! `--name-template '{model}-{lr}'`: which values names are made of, in the words of a person.

use super::words::portable;
use crate::document::{Problem, Problems, Source, nearest};
use crate::sweep::Parameter;

/// How the runs of a sweep are to be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTemplate {
    pub(super) pieces: Vec<Piece>,
}

/// A part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// The same in every name.
    Text(String),
    /// The value of a parameter.
    Parameter(String),
}

/// The option that it is typed with.
const OPTION: &str = "--name-template";

impl NameTemplate {
    /// Reads what was typed. Each `{x}` must be one of `parameters`.
    pub fn parse(text: &str, parameters: &[Parameter]) -> Result<Self, Problems> {
        let (mut pieces, mut problems) = (Vec::new(), Vec::new());
        if text.is_empty() {
            problems.push(Problem::new(&(0..0), "an empty template names nothing").help(example(parameters)));
        }
        let mut rest = 0;
        while let Some(open) = text[rest..].find('{').map(|place| rest + place) {
            push_text(&text[rest..open], &mut pieces);
            let Some(close) = text[open..].find('}').map(|place| open + place) else {
                problems.push(Problem::new(&(open..text.len()), "this `{` is not closed"));
                rest = text.len();
                break;
            };
            let name = &text[open + 1..close];
            if parameters.iter().any(|parameter| parameter.name == name) {
                pieces.push(Piece::Parameter(name.to_owned()));
            } else {
                let help = suggestion(name, parameters);
                problems.push(Problem::new(&(open..close + 1), format!("`{name}` is not swept")).help(help));
            }
            rest = close + 1;
        }
        push_text(&text[rest..], &mut pieces);
        let source = Source { name: OPTION.to_owned(), text: text.to_owned() };
        Problems::found_in(&source, problems).map_or(Ok(Self { pieces }), Err)
    }
}

fn push_text(text: &str, pieces: &mut Vec<Piece>) {
    if !text.is_empty() {
        pieces.push(Piece::Text(portable(text)));
    }
}

fn suggestion(name: &str, parameters: &[Parameter]) -> String {
    match nearest(name, parameters.iter().map(|parameter| parameter.name.as_str())) {
        Some(meant) => format!("did you mean `{{{meant}}}`?"),
        None => example(parameters),
    }
}

fn example(parameters: &[Parameter]) -> String {
    let names: Vec<_> = parameters.iter().map(|parameter| format!("`{{{}}}`", parameter.name)).collect();
    format!("it can have {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<NameTemplate, String> {
        let names = ["model", "lr", "opt.name"];
        let parameters = names.map(|name| Parameter { name: name.to_owned(), varies: true });
        NameTemplate::parse(text, &parameters).map_err(|problems| problems.plain())
    }

    #[test]
    fn names_in_braces_are_parameters_and_the_rest_is_portable() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let parameter = |name: &str| Piece::Parameter(name.to_owned());
        assert_eq!(
            parse("{model}-{lr} / {opt.name}}é").unwrap().pieces,
            [parameter("model"), text("-"), parameter("lr"), text("_"), parameter("opt.name"), text("_")]
        );
        assert_eq!(parse("all").unwrap().pieces, [text("all")]);
    }

    #[test]
    fn mistakes_are_shown_at_their_places() {
        insta::assert_snapshot!(parse("{modle}-{x}-{lr").unwrap_err(), @"
        --name-template:1:1: `modle` is not swept
          help: did you mean `{model}`?
        --name-template:1:9: `x` is not swept
          help: it can have `{model}`, `{lr}`, `{opt.name}`
        --name-template:1:13: this `{` is not closed
        ");
        insta::assert_snapshot!(parse("").unwrap_err(), @"
        --name-template:1:1: an empty template names nothing
          help: it can have `{model}`, `{lr}`, `{opt.name}`
        ");
        insta::assert_snapshot!(parse("{}").unwrap_err(), @"
        --name-template:1:1: `` is not swept
          help: it can have `{model}`, `{lr}`, `{opt.name}`
        ");
    }
}
