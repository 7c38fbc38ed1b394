//! One run of a plan, looked at without making its argv.

use std::ffi::{OsStr, OsString};

use super::quote::{self, Reader};
use super::template::Template;
use super::{Plan, Run, RunIdentity};
use crate::sweep::{Choice, Point, PointIdentity, RunNames};

/// A run of a plan that is looked at.
#[derive(Debug, Clone)]
pub struct Planned<'a> {
    pub(super) plan: &'a Plan,
    pub(super) number: u64,
    /// Where it stands among all runs of the sweep, also those that are left out.
    pub(super) place: u64,
    pub(super) of: Of<'a>,
}

/// What it is a run of.
#[derive(Debug, Clone)]
pub(super) enum Of<'a> {
    /// The command as it is.
    Command,
    /// A point, and the words of the command that have its values in them.
    Point { point: Point<'a>, words: Vec<OsString>, rest: &'a Template },
    /// An earlier plan.
    Earlier(&'a Run),
}

impl Planned<'_> {
    /// Gives the arguments after those that all runs share, as they are typed: `--lr=0.1`.
    pub fn own_arguments(&self) -> impl Iterator<Item = &OsStr> {
        let (words, appended): (&[OsString], _) = match &self.of {
            Of::Command => (&[], None),
            Of::Point { point, words, rest } => (words, Some((point, *rest))),
            Of::Earlier(run) => (&run.argv, None),
        };
        let appended = appended.into_iter().flat_map(|(point, rest)| appended_choices(point, rest));
        let appended = appended.flat_map(Choice::arguments).map(OsStr::new);
        words.iter().map(OsString::as_os_str).chain(appended)
    }

    /// Gives the words of the command with the values that have a place in them, and without what is appended.
    pub fn words(&self) -> Vec<OsString> {
        let words: &[OsString] = match &self.of {
            Of::Command => &[],
            Of::Point { words, .. } => words,
            Of::Earlier(run) => &run.argv,
        };
        self.plan.shared_arguments().iter().chain(words).cloned().collect()
    }

    /// Gives the variables of the environment that give parameters to the program, with their values.
    pub fn variables(&self) -> impl Iterator<Item = &(String, String)> {
        let (own, given): (_, &[_]) = match &self.of {
            Of::Command => (None, &[]),
            Of::Point { point, rest, .. } => (Some((point, *rest)), &[]),
            Of::Earlier(run) => (None, &run.variables),
        };
        let own = own.into_iter().flat_map(|(point, rest)| appended_choices(point, rest));
        own.flat_map(Choice::variables).chain(given)
    }

    /// Appends the point as a JSON object.
    pub fn write_params(&self, out: &mut String) {
        match &self.of {
            Of::Point { point, .. } => point.write_json(out),
            Of::Earlier(run) => out.push_str(&run.params),
            Of::Command => out.push_str("{}"),
        }
    }

    /// Appends its name; nothing for a run of an earlier plan that had none.
    pub fn write_name(&self, names: &RunNames<'_>, out: &mut String) {
        match &self.of {
            Of::Point { point, .. } => names.write(self.place, self.repeat(), Some(point), out),
            Of::Command => names.write(self.place, self.repeat(), None, out),
            Of::Earlier(run) => out.push_str(run.name.as_deref().unwrap_or_default()),
        }
    }

    /// Gives the labels of its values, by parameter.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let (own, given): (_, &[_]) = match &self.of {
            Of::Point { point, .. } => (Some(point), &[]),
            Of::Earlier(run) => (None, &run.labels),
            Of::Command => (None, &[]),
        };
        let own = own.into_iter().flat_map(Point::parameters);
        let own = own.filter_map(|(name, choice)| Some((name, choice.label()?)));
        own.chain(given.iter().map(|(name, label)| (name.as_str(), label.as_str())))
    }

    /// Gives which repeat of its point it is.
    pub fn repeat(&self) -> u64 {
        match &self.of {
            Of::Earlier(run) => run.repeat,
            Of::Point { .. } | Of::Command => self.place % self.plan.repeats,
        }
    }

    /// Gives what it has in common with equal runs of any plan of the same command; `None` for a run of an earlier plan
    /// whose point cannot be read.
    pub fn identity(&self) -> Option<RunIdentity> {
        let point = match &self.of {
            Of::Point { point, .. } => point.identity(),
            Of::Command => PointIdentity::nothing(),
            Of::Earlier(run) => PointIdentity::of_json(run.params.clone())?,
        };
        Some(RunIdentity { point, repeat: self.repeat() })
    }

    /// Appends the command as its reader would accept it; a million of them cost no memory.
    pub fn write_command(&self, reader: Reader, out: &mut Vec<u8>) {
        let shared = self.plan.shared_arguments().iter().map(OsString::as_os_str);
        for (name, value) in self.variables() {
            quote::write_assignment(reader, out, name, value);
        }
        quote::write_command_for(reader, out, shared.chain(self.own_arguments()));
    }

    /// Makes the run.
    pub fn run(&self) -> Run {
        let mut params = String::new();
        self.write_params(&mut params);
        let shared = self.plan.shared_arguments().iter().cloned();
        let argv = shared.chain(self.own_arguments().map(OsStr::to_owned)).collect();
        let variables = self.variables().cloned().collect();
        let labels = self.labels().map(|(name, label)| (name.to_owned(), label.to_owned())).collect();
        let name = match &self.of {
            Of::Earlier(run) => run.name.clone(),
            Of::Point { .. } | Of::Command => None,
        };
        Run { number: self.number, repeat: self.repeat(), params, argv, variables, name, labels }
    }
}

/// Gives the values that have no place in the words of the command.
fn appended_choices<'a>(point: &'a Point<'_>, rest: &'a Template) -> impl Iterator<Item = &'a Choice> {
    point.parameters().filter(|(name, _)| !rest.uses(name)).map(|(_, choice)| choice)
}
