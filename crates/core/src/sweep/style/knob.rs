//! The presets, the knobs and their words: everything that a style can be.

/// Something that a style decides, chosen by one of a few words.
pub(super) trait Knob: Copy + PartialEq + 'static {
    /// As it is written before the `=`.
    const NAME: &'static str;
    /// Every word with what it means.
    const WORDS: &'static [(&'static str, Self)];

    /// The word that means this.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, meaning)| *meaning == self).map_or("", |(word, _)| word)
    }
}

/// All knobs, in the order of the documentation.
pub(super) const KNOBS: [&str; 9] = [
    Preset::NAME,
    Booleans::NAME,
    Null::NAME,
    Text::NAME,
    List::NAME,
    Table::NAME,
    Join::NAME,
    Dash::NAME,
    Names::NAME,
];

/// The library whose habits a style follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Preset {
    #[default]
    Argparse,
    Click,
    Absl,
    Hydra,
    Fire,
    Tyro,
    Env,
}

impl Knob for Preset {
    const NAME: &'static str = "preset";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("argparse", Self::Argparse),
        ("click", Self::Click),
        ("absl", Self::Absl),
        ("hydra", Self::Hydra),
        ("fire", Self::Fire),
        ("tyro", Self::Tyro),
        ("env", Self::Env),
    ];
}

/// What a value is handed over in; follows from the preset alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    /// `--name=value`
    Flag,
    /// `name=value`, an override of hydra.
    Override,
    /// A variable of the environment.
    Variable,
}

/// How `true` and `false` are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Booleans {
    /// `--amp`, or nothing.
    Switch,
    /// `--amp`, or `--no-amp`.
    Pair,
    Words(TruthWords),
}

impl Knob for Booleans {
    const NAME: &'static str = "bool";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("True/False", Self::Words(TruthWords::Python)),
        ("true/false", Self::Words(TruthWords::Json)),
        ("1/0", Self::Words(TruthWords::Digits)),
        ("switch", Self::Switch),
        ("pair", Self::Pair),
    ];
}

/// A text for `true` and one for `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TruthWords {
    Python,
    Json,
    Digits,
}

impl TruthWords {
    pub(super) fn of(self, truth: bool) -> &'static str {
        match (self, truth) {
            (Self::Python, true) => "True",
            (Self::Python, false) => "False",
            (Self::Json, true) => "true",
            (Self::Json, false) => "false",
            (Self::Digits, true) => "1",
            (Self::Digits, false) => "0",
        }
    }
}

/// How a null is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Null {
    /// The parameter is left out.
    Absent,
    Json,
    Python,
}

impl Knob for Null {
    const NAME: &'static str = "null";
    const WORDS: &'static [(&'static str, Self)] =
        &[("absent", Self::Absent), ("null", Self::Json), ("None", Self::Python)];
}

/// A language in which a program reads whole values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    Json,
    Python,
    Hydra,
}

/// How a text is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    /// As it is.
    Raw,
    /// In quotes where the program would read something else in it; JSON always has quotes.
    Quoted(Notation),
}

impl Knob for Text {
    const NAME: &'static str = "text";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("raw", Self::Raw),
        ("json", Self::Quoted(Notation::Json)),
        ("python", Self::Quoted(Notation::Python)),
        ("hydra", Self::Quoted(Notation::Hydra)),
    ];
}

/// How a list is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// One argument that holds all items.
    Whole(Notation),
    /// `--x=1 --x=2`
    Repeat,
    /// `--x 1 2`
    Space,
    /// `--x=1,2`
    Comma,
}

impl Knob for List {
    const NAME: &'static str = "list";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("json", Self::Whole(Notation::Json)),
        ("python", Self::Whole(Notation::Python)),
        ("hydra", Self::Whole(Notation::Hydra)),
        ("repeat", Self::Repeat),
        ("space", Self::Space),
        ("comma", Self::Comma),
    ];
}

/// How an object is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// One argument that holds all entries.
    Whole(Notation),
    /// `--x.a=1 --x.b=2`
    Dotted,
}

impl Knob for Table {
    const NAME: &'static str = "dict";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("json", Self::Whole(Notation::Json)),
        ("python", Self::Whole(Notation::Python)),
        ("hydra", Self::Whole(Notation::Hydra)),
        ("dotted", Self::Dotted),
    ];
}

/// What stands between a flag and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// `--name=value`
    Equals,
    /// `--name value`, but `--name=-1` where the value could be taken for a flag.
    Space,
    /// `--name value`, whatever the value is.
    Apart,
}

impl Knob for Join {
    const NAME: &'static str = "join";
    const WORDS: &'static [(&'static str, Self)] =
        &[("equals", Self::Equals), ("space", Self::Space), ("apart", Self::Apart)];
}

/// The dashes before a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dash {
    /// `--name`, `--n`
    Two,
    /// `--name`, `-n`
    Short,
    /// `-name`, `-n`
    One,
}

impl Knob for Dash {
    const NAME: &'static str = "dash";
    const WORDS: &'static [(&'static str, Self)] =
        &[("two", Self::Two), ("short", Self::Short), ("one", Self::One)];
}

/// How a name is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// `batch_size`
    Same,
    /// `batch-size`
    Dashes,
}

impl Knob for Names {
    const NAME: &'static str = "names";
    const WORDS: &'static [(&'static str, Self)] = &[("same", Self::Same), ("dashes", Self::Dashes)];
}
