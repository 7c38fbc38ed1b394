//! From what a person wrote, `click,bool=switch` or an object, to a style, with what is wrong with it.

use std::ops::Range;

use super::Style;
use super::knob::{Booleans, Carrier, Dash, Join, KNOBS, Knob, List, Names, Null, Preset, Table, Text};
use crate::document::{Node, Problem, Value, nearest};

/// Tells why a style is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StyleError {
    /// A word that is neither a preset nor a knob with its value.
    #[error("`{preset}` is no style")]
    UnknownPreset {
        /// As it was written.
        preset: String,
    },
    /// `clolour=red`
    #[error("`{knob}` is no knob of a style")]
    UnknownKnob {
        /// As it was written.
        knob: String,
    },
    /// `bool=maybe`
    #[error("`{knob}` of a style cannot be `{word}`")]
    UnknownWord {
        /// The knob.
        knob: &'static str,
        /// As it was written.
        word: String,
        /// The word that was probably meant.
        meant: Option<&'static str>,
        /// All that it can be.
        words: Vec<&'static str>,
    },
    /// A knob without its value, or a preset behind the first place.
    #[error("`{word}` of a style needs a value")]
    NoValue {
        /// As it was written.
        word: String,
    },
    /// `bool=switch,bool=pair`
    #[error("`{knob}` of a style is set twice")]
    Twice {
        /// The knob.
        knob: &'static str,
    },
    /// A knob that the preset has no place for.
    #[error("`{knob}={word}` has no meaning in the style `{preset}`")]
    Unfit {
        /// The knob.
        knob: &'static str,
        /// Its value.
        word: &'static str,
        /// The preset.
        preset: &'static str,
    },
}

impl StyleError {
    /// Says what to write instead.
    pub fn help(&self) -> String {
        match self {
            Self::UnknownPreset { preset } => {
                let known = Preset::WORDS.iter().map(|(word, _)| *word);
                suggestion(nearest(preset, known.clone()), known)
            }
            Self::UnknownKnob { knob } => suggestion(nearest(knob, KNOBS), KNOBS),
            Self::UnknownWord { meant, words, .. } => suggestion(*meant, words.iter().copied()),
            Self::NoValue { word } => {
                format!(
                    "a preset comes first, and a knob has a value, as in `click,bool=switch`; `{word}` has none"
                )
            }
            Self::Twice { .. } => "leave one of them out".to_owned(),
            Self::Unfit { preset, .. } => {
                let carrier = match Style::parse(preset).map(|style| style.carrier) {
                    Ok(Carrier::Override) => "it writes `name=value`",
                    Ok(Carrier::Variable) => "it sets variables of the environment",
                    Ok(Carrier::Flag) | Err(_) => "it knows `--amp=false`, not `--no-amp`",
                };
                format!("{carrier}; leave this out, or take another style")
            }
        }
    }
}

fn suggestion<'a>(meant: Option<&str>, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<_> = known.into_iter().map(|word| format!("`{word}`")).collect();
    let known = format!("there are {}", known.join(", "));
    meant.map_or(known.clone(), |meant| format!("did you mean `{meant}`? {known}"))
}

impl Style {
    /// Reads a style as it is written in one line: a preset, knobs, or a preset and then knobs, with commas between
    /// them: `click`, `list=repeat`, `click,bool=switch,list=comma`.
    pub fn parse(text: &str) -> Result<Self, StyleError> {
        Chosen::parse(text)?.style()
    }

    /// Reads the `$style` of a file: the same line as a text, or an object with `preset` and knobs as its keys. What is
    /// wrong goes to `problems`, and the default stands in for it.
    pub fn read(node: &Node, problems: &mut Vec<Problem>) -> Self {
        Chosen::read(node, problems).style().unwrap_or_else(|error| {
            let knob = match &node.value {
                Value::Table(entries) => entries.iter().find(|entry| error.is_about(&entry.key)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => None,
            };
            problems.push(error.at(&knob.map_or(node, |entry| &entry.value).at));
            Self::default()
        })
    }
}

const EXAMPLE: &str = r#"write `"click"`, `"click,bool=switch"` or `{"preset": "click", "bool": "switch"}`"#;

impl StyleError {
    /// Says it at a place.
    pub(in crate::sweep) fn at(&self, at: &Range<usize>) -> Problem {
        Problem::new(at, self.to_string()).help(self.help())
    }

    fn is_about(&self, key: &str) -> bool {
        match self {
            Self::Unfit { knob, .. } | Self::UnknownWord { knob, .. } | Self::Twice { knob } => *knob == key,
            Self::UnknownPreset { .. } | Self::UnknownKnob { .. } | Self::NoValue { .. } => false,
        }
    }
}

/// What was chosen; the preset decides about the rest.
#[derive(Debug, Clone, Default)]
pub(in crate::sweep) struct Chosen {
    preset: Option<Preset>,
    booleans: Option<Booleans>,
    null: Option<Null>,
    text: Option<Text>,
    list: Option<List>,
    table: Option<Table>,
    join: Option<Join>,
    dash: Option<Dash>,
    names: Option<Names>,
}

impl Chosen {
    /// Reads what is written in one line.
    pub(in crate::sweep) fn parse(text: &str) -> Result<Self, StyleError> {
        let mut chosen = Self::default();
        for (place, word) in text.split(',').map(str::trim).enumerate() {
            match word.split_once('=') {
                Some((knob, word)) => chosen.set(knob.trim(), word.trim())?,
                None if place == 0 => {
                    let known = Preset::WORDS.iter().find(|(name, _)| *name == word);
                    let unknown = || StyleError::UnknownPreset { preset: word.to_owned() };
                    chosen.preset = Some(known.ok_or_else(unknown)?.1);
                }
                None => return Err(StyleError::NoValue { word: word.to_owned() }),
            }
        }
        Ok(chosen)
    }

    /// Reads what a file says; what is wrong goes to `problems`.
    pub(in crate::sweep) fn read(node: &Node, problems: &mut Vec<Problem>) -> Self {
        let entries = match &node.value {
            Value::Text(text) => {
                return Self::parse(text).unwrap_or_else(|error| {
                    problems.push(error.at(&node.at));
                    Self::default()
                });
            }
            Value::Table(entries) => entries,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) => {
                let message = format!("a style is a text or an object, not {}", node.value.kind());
                problems.push(Problem::new(&node.at, message).help(EXAMPLE));
                return Self::default();
            }
        };
        let mut chosen = Self::default();
        for entry in entries {
            let Value::Text(word) = &entry.value.value else {
                let kind = entry.value.value.kind();
                let message = format!("`{}` of a style is a text, not {kind}", entry.key);
                problems.push(Problem::new(&entry.value.at, message).help(EXAMPLE));
                continue;
            };
            match chosen.set(&entry.key, word) {
                // A key that is there twice is a mistake in any object, and told where objects are read.
                Ok(()) | Err(StyleError::Twice { .. }) => {}
                Err(error @ StyleError::UnknownKnob { .. }) => {
                    problems.push(Problem::new(&entry.key_at, error.to_string()).help(error.help()));
                }
                Err(error) => problems.push(error.at(&entry.value.at)),
            }
        }
        chosen
    }

    /// Takes the place of another choice where a preset is chosen, else changes its knobs.
    #[must_use]
    pub(in crate::sweep) fn over(&self, other: &Self) -> Self {
        if self.preset.is_some() {
            return self.clone();
        }
        Self {
            preset: other.preset,
            booleans: self.booleans.or(other.booleans),
            null: self.null.or(other.null),
            text: self.text.or(other.text),
            list: self.list.or(other.list),
            table: self.table.or(other.table),
            join: self.join.or(other.join),
            dash: self.dash.or(other.dash),
            names: self.names.or(other.names),
        }
    }

    fn set(&mut self, knob: &str, word: &str) -> Result<(), StyleError> {
        match knob {
            Preset::NAME => choose(&mut self.preset, word),
            Booleans::NAME => choose(&mut self.booleans, word),
            Null::NAME => choose(&mut self.null, word),
            Text::NAME => choose(&mut self.text, word),
            List::NAME => choose(&mut self.list, word),
            Table::NAME => choose(&mut self.table, word),
            Join::NAME => choose(&mut self.join, word),
            Dash::NAME => choose(&mut self.dash, word),
            Names::NAME => choose(&mut self.names, word),
            unknown => Err(StyleError::UnknownKnob { knob: unknown.to_owned() }),
        }
    }

    /// Makes the style, unless a knob does not fit the preset.
    pub(in crate::sweep) fn style(self) -> Result<Style, StyleError> {
        let preset = self.preset.unwrap_or_default();
        let base = Style::of(preset);
        self.check_fit(preset, base.carrier)?;
        Ok(Style {
            carrier: base.carrier,
            booleans: self.booleans.unwrap_or(base.booleans),
            null: self.null.unwrap_or(base.null),
            text: self.text.unwrap_or(base.text),
            list: self.list.unwrap_or(base.list),
            table: self.table.unwrap_or(base.table),
            join: self.join.unwrap_or(base.join),
            dash: self.dash.unwrap_or(base.dash),
            names: self.names.unwrap_or(base.names),
        })
    }

    /// Refuses what only a flag can do where there are no flags.
    fn check_fit(&self, preset: Preset, carrier: Carrier) -> Result<(), StyleError> {
        let booleans = self.booleans.filter(|it| matches!(it, Booleans::Switch | Booleans::Pair));
        let list = match carrier {
            Carrier::Override => self.list.filter(|it| matches!(it, List::Repeat | List::Space)),
            Carrier::Flag | Carrier::Variable => self.list.filter(|it| matches!(it, List::Repeat)),
        };
        let table = match carrier {
            Carrier::Variable => self.table.filter(|it| matches!(it, Table::Dotted)),
            Carrier::Flag | Carrier::Override => None,
        };
        let unfit = [name_and_word(booleans), name_and_word(list), name_and_word(table)];
        let of_flags = [name_and_word(self.join), name_and_word(self.dash), name_and_word(self.names)];
        if preset == Preset::Absl && self.booleans == Some(Booleans::Pair) {
            // It would be `--noamp` there, and `--amp=false` is known to it as well.
            return Err(StyleError::Unfit {
                knob: Booleans::NAME,
                word: Booleans::Pair.word(),
                preset: preset.word(),
            });
        }
        match (carrier, unfit.into_iter().chain(of_flags).flatten().next()) {
            (Carrier::Override | Carrier::Variable, Some((knob, word))) => {
                Err(StyleError::Unfit { knob, word, preset: preset.word() })
            }
            (Carrier::Flag, _) | (_, None) => Ok(()),
        }
    }
}

fn choose<K: Knob>(place: &mut Option<K>, word: &str) -> Result<(), StyleError> {
    let Some((_, meaning)) = K::WORDS.iter().find(|(name, _)| *name == word) else {
        let words: Vec<_> = K::WORDS.iter().map(|(word, _)| *word).collect();
        let meant =
            nearest(word, words.iter().copied()).and_then(|meant| words.iter().find(|it| **it == meant));
        return Err(StyleError::UnknownWord {
            knob: K::NAME,
            word: word.to_owned(),
            meant: meant.copied(),
            words,
        });
    };
    match place.replace(*meaning) {
        Some(_) => Err(StyleError::Twice { knob: K::NAME }),
        None => Ok(()),
    }
}

fn name_and_word<K: Knob>(chosen: Option<K>) -> Option<(&'static str, &'static str)> {
    chosen.map(|meaning| (K::NAME, meaning.word()))
}
