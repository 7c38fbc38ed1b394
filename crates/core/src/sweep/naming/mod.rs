//! The names of runs: `lr0.1-layers4`, made of the values that vary, of portable characters, and one of its kind.
//!
//! A name follows from the sweep, the point and the repeat. Where two points would have the same one, and where there are
//! too many points to look at, every name of the launch ends in the number of its run.

mod template;
mod words;

use std::collections::HashSet;
use std::fmt::Write as _;

pub use template::NameTemplate;
pub(super) use words::of_value;

use super::{Choice, Point, Sweep};
use template::Piece;

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 64;

/// Up to this many points are compared before names go without numbers: some milliseconds and a megabyte.
const MOST_COMPARED: u64 = 10_000;

/// How many digits stand for what was cut off.
const DIGITS: usize = 8;

/// The names of the runs of a launch.
#[derive(Debug)]
pub struct RunNames<'a> {
    form: Form<'a>,
    /// What a run is called that no value tells apart from others.
    launch: String,
    repeats: u64,
    ending: Ending,
    /// How long a name may be without its ending.
    longest: usize,
}

/// What names are made of.
#[derive(Debug)]
enum Form<'a> {
    /// The parameters that vary, each with its word.
    Varying(Vec<(&'a str, String)>),
    Template(&'a NameTemplate),
}

/// How names end, behind the repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// No two points have the same name.
    Plain,
    /// In the number of the run.
    Number,
}

impl<'a> RunNames<'a> {
    /// Decides how the runs of a launch are named: every point of `sweep` has `repeats` runs.
    pub fn new(sweep: Option<&'a Sweep>, launch: &str, repeats: u64) -> Self {
        let form = match sweep.map(|sweep| (sweep, &sweep.names)) {
            Some((_, Some(template))) => Form::Template(template),
            Some((sweep, None)) => Form::Varying(varying(sweep)),
            None => Form::Varying(Vec::new()),
        };
        let launch = Some(words::clean(launch)).filter(|name| !name.is_empty());
        let launch = launch.unwrap_or_else(|| "run".to_owned());
        let mut names = Self { form, launch, repeats, ending: Ending::Plain, longest: LONGEST_NAME };
        let points = sweep.map_or(1, Sweep::count);
        names.set_ending(Ending::Plain, points);
        if let Some(sweep) = sweep
            && !names.tell_apart(sweep)
        {
            names.set_ending(Ending::Number, points);
        }
        names
    }

    fn set_ending(&mut self, ending: Ending, points: u64) {
        self.ending = ending;
        let mut longest = String::new();
        let last = points.saturating_mul(self.repeats).saturating_sub(1);
        self.write_ending(last, self.repeats.saturating_sub(1), &mut longest);
        self.longest = LONGEST_NAME - longest.len();
    }

    fn tell_apart(&self, sweep: &Sweep) -> bool {
        let mut seen = HashSet::new();
        let is_new = |point: Point<'_>| {
            let mut name = String::new();
            self.write_start(Some(&point), &mut name);
            seen.insert(name)
        };
        sweep.count() <= MOST_COMPARED && sweep.points().all(is_new)
    }

    /// Appends the name of a run: its number, its repeat, and its point where there is a sweep.
    pub fn write(&self, number: u64, repeat: u64, point: Option<&Point<'_>>, out: &mut String) {
        self.write_start(point, out);
        self.write_ending(number, repeat, out);
    }

    fn write_ending(&self, number: u64, repeat: u64, out: &mut String) {
        if self.repeats > 1 {
            let _infallible = write!(out, "-r{repeat}");
        }
        if self.ending == Ending::Number {
            let _infallible = write!(out, "-{number}");
        }
    }

    /// Appends what tells a point apart.
    fn write_start(&self, point: Option<&Point<'_>>, out: &mut String) {
        let start = out.len();
        match (&self.form, point) {
            (Form::Varying(varying), Some(point)) => write_varying(varying, point, out),
            (Form::Template(template), Some(point)) => write_template(template, point, out),
            (Form::Varying(_) | Form::Template(_), None) => {}
        }
        if out.len() == start {
            out.push_str(&self.launch);
        }
        // A program would take a dash for an option, and a listing leaves out what begins with a dot.
        if out[start..].starts_with(['-', '.']) {
            out.insert(start, '_');
        }
        if out.len() - start > self.longest {
            let digits = point.map_or_else(String::new, digits);
            out.truncate(start + self.longest - digits.len());
            out.truncate(out.trim_end_matches(['-', '_', '.']).len());
            out.push_str(&digits);
        }
    }
}

/// Gives digits that stand for a whole point.
fn digits(point: &Point<'_>) -> String {
    let mut digits = format!("-{:032x}", point.identity().0);
    digits.truncate(1 + DIGITS);
    digits
}

/// Gives the parameters that vary, each with its word.
fn varying(sweep: &Sweep) -> Vec<(&str, String)> {
    let varying = sweep.parameters().iter().filter(|parameter| parameter.varies);
    let names: Vec<&str> = varying.map(|parameter| parameter.name.as_str()).collect();
    names.iter().map(|name| (*name, words::of_parameter(name, &names))).collect()
}

fn write_varying(varying: &[(&str, String)], point: &Point<'_>, out: &mut String) {
    let start = out.len();
    for (name, choice) in point.parameters() {
        let Some((_, word)) = varying.iter().find(|(known, _)| *known == name) else { continue };
        let value = choice.word();
        if out.len() > start {
            out.push('-');
        }
        out.push_str(word);
        if !word.is_empty() && !joins(word, value) {
            out.push('-');
        }
        out.push_str(value);
    }
}

/// Tells whether a number can be read behind a name without a dash: `lr0.1`, but not `beta10.9` or `optadam`.
fn joins(word: &str, value: &str) -> bool {
    !word.ends_with(|last: char| last.is_ascii_digit())
        && value.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '.')
}

fn write_template(template: &NameTemplate, point: &Point<'_>, out: &mut String) {
    for piece in &template.pieces {
        out.push_str(match piece {
            Piece::Text(text) => text,
            Piece::Parameter(name) => point.choice(name).map_or("", Choice::word),
        });
    }
}

#[cfg(test)]
mod tests;
