//! The options of the command line: read as what they would be in a file, and put over what files say.

use super::super::change::{self, Changes};
use super::super::definition::{Defined, Definition, Draw, Group, Rule, Sample, Values};
use super::super::mistakes::Mistakes;
use super::super::origin::Typed;
use super::super::style::Style;
use super::generators::written_out;
use super::words::{self, words};
use super::{Reader, Rows};
use crate::document::{Node, Source, Value};

/// What was typed behind an option, and its number among all texts.
type Text = (usize, Source);

/// The options, each a text of its own with its number.
pub(super) struct Options {
    set: Vec<Text>,
    zip: Vec<Text>,
    exclude: Vec<Text>,
    keep: Vec<Text>,
    sample: Option<Text>,
}

impl Options {
    /// Takes what was typed, but for the style, which is needed before.
    pub(super) fn open(typed: &Typed, mistakes: &mut Mistakes) -> Self {
        let mut each = |option: &str, texts: &[String]| -> Vec<_> {
            texts.iter().map(|text| open(option, text, mistakes)).collect()
        };
        Self {
            set: each("--set", &typed.set),
            zip: each("--zip", &typed.zip),
            exclude: each("--exclude", &typed.exclude),
            keep: each("--where", &typed.keep),
            sample: typed.sample.as_ref().map(|text| open("--sample", text, mistakes)),
        }
    }
}

/// Opens an option as a text in which mistakes have places.
pub(super) fn open(option: &str, text: &str, mistakes: &mut Mistakes) -> Text {
    let source = Source { name: option.to_owned(), text: text.to_owned() };
    (mistakes.open(source.clone()), source)
}

impl Reader<'_> {
    /// Puts rows and options over what the file defines.
    pub(super) fn change(&mut self, definitions: &mut [Definition], rows: Option<&Rows>, options: &Options) {
        for definition in definitions.iter_mut() {
            let style = definition.style.clone();
            let changes = Changes {
                columns: rows.map(|rows| self.columns(rows, &style)).unwrap_or_default(),
                set: self.sets(&options.set, &style),
                sample: options.sample.as_ref().and_then(|text| self.sampling(text)),
            };
            change::apply(&changes, definition);
        }
        for text in &options.zip {
            self.groups(text).iter().for_each(|group| change::zip(group, definitions));
        }
        for text in &options.exclude {
            self.conditions(text).iter().for_each(|rule| change::exclude(rule, definitions));
        }
        for text in &options.keep {
            self.conditions(text).iter().for_each(|rule| change::keep(rule, definitions));
        }
    }

    fn sets(&mut self, options: &[Text], style: &Style) -> Vec<Defined> {
        let mut set: Vec<Defined> = Vec::new();
        for (number, source) in options {
            let Some(defined) = self.at(*number).set(source, style) else { continue };
            if set.iter().any(|other| other.name == defined.name) {
                let message = format!("`{}` is set twice", defined.name);
                let help = format!("write all values at once: `{}=0.1,0.01`", defined.name);
                self.problem(&defined.at.at, message).help(help);
            }
            set.push(defined);
        }
        set
    }

    /// Reads `lr=0.1,0.01`.
    fn set(&mut self, source: &Source, style: &Style) -> Option<Defined> {
        let typed = words(source, self.mistakes.of(self.source))?;
        if typed.name.starts_with('$') {
            let help =
                "there are `--zip`, `--exclude`, `--where`, `--sample` and `--style`; a file has all of them";
            self.problem(&typed.name_at, format!("`{}` is no parameter", typed.name)).help(help);
            return None;
        }
        self.check_name(&typed.name, &typed.name_at, style);
        let at = self.spot(&typed.name_at);
        let (values, when) = match typed.values {
            words::Values::One(node) => self.meaning(&typed.name, node, style),
            words::Values::Several(nodes) => (self.one_after_the_other(&typed.name, nodes, style), None),
        };
        Some(Defined { name: typed.name, at, values: values?, when })
    }

    fn one_after_the_other(&mut self, name: &str, nodes: Vec<Node>, style: &Style) -> Option<Values> {
        let mut listed = Vec::new();
        let mut all_right = true;
        for node in nodes {
            let at = node.at.clone();
            match self.meaning(name, node, style).0 {
                Some(Values::Fixed(choice)) => listed.push(choice),
                Some(Values::Listed(choices)) => listed.extend(choices),
                Some(Values::Spaced(numbers)) => listed.extend(written_out(&numbers)),
                Some(
                    Values::Drawn(Draw::Number(..) | Draw::Choice(..))
                    | Values::Computed(_)
                    | Values::Column(_),
                ) => {
                    let message = "what is drawn for every point cannot stand beside other values";
                    self.problem(&at, message).help("add how many to draw, as `uniform:0..1:10`");
                    all_right = false;
                }
                None => all_right = false,
            }
        }
        all_right.then_some(Values::Listed(listed))
    }

    /// Reads `random:50`.
    fn sampling(&mut self, (number, source): &Text) -> Option<Sample> {
        self.source = *number;
        let node = words::sample(source, self.mistakes.of(self.source))?;
        self.sample(node)
    }

    /// Reads `lr,batch`.
    fn groups(&mut self, (number, source): &Text) -> Vec<Group> {
        self.source = *number;
        let names = words::names(source);
        let mut nothing = Definition::empty(self.spot(&names.at), Style::default());
        self.zip(&names, &mut nothing);
        nothing.zip
    }

    /// Reads an expression, or a part of a point as a JSON object.
    fn conditions(&mut self, (number, source): &Text) -> Vec<Rule> {
        self.source = *number;
        let whole = 0..source.text.len();
        if source.text.trim_start().starts_with('{') {
            let node = words::document(source, whole, self.mistakes.of(self.source));
            return node.map_or_else(Vec::new, |node| self.rules(node));
        }
        self.rules(Node { at: whole, value: Value::Text(source.text.clone()) })
    }
}
