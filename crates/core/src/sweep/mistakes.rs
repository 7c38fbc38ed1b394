//! What is wrong with a sweep that is read from several texts: each problem at its place in its text, all at once.

use std::collections::HashSet;

use super::definition::Spot;
use crate::document::{Problem, Problems, Source};

/// The texts that a sweep is read from, and what is wrong in each.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    texts: Vec<Text>,
}

/// A text, with what is wrong in it, and with what is hardly meant.
#[derive(Debug)]
struct Text {
    source: Source,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Mistakes {
    /// Adds a text, and gives the number by which its places name it.
    pub(super) fn open(&mut self, source: Source) -> usize {
        self.texts.push(Text { source, problems: Vec::new(), warnings: Vec::new() });
        self.texts.len() - 1
    }

    /// Gives a text.
    pub(super) fn text(&self, number: usize) -> &Source {
        &self.texts[number].source
    }

    /// Gives the list of problems of a text.
    pub(super) fn of(&mut self, number: usize) -> &mut Vec<Problem> {
        &mut self.texts[number].problems
    }

    /// Gives the place of all that is not in an object of a file: the first line of the first text.
    pub(super) fn first_place(&mut self) -> Spot {
        if self.texts.is_empty() {
            self.open(Source { name: "--set".to_owned(), text: String::new() });
        }
        let first = self.texts.first().and_then(|text| text.source.text.lines().next());
        Spot { source: 0, at: 0..first.map_or(0, str::len) }
    }

    /// Says what is wrong at a place.
    pub(super) fn add(&mut self, at: &Spot, message: String, help: Option<String>) {
        let problem = Problem { at: at.at.clone(), message, help };
        self.of(at.source).push(problem);
    }

    /// Says at a place what is no mistake, and yet hardly meant.
    pub(super) fn warn(&mut self, at: &Spot, message: String, help: Option<String>) {
        self.texts[at.source].warnings.push(Problem { at: at.at.clone(), message, help });
    }

    /// Counts the problems.
    pub(super) fn count(&self) -> usize {
        self.texts.iter().map(|text| text.problems.len()).sum()
    }

    /// Gives the problems of each text that has some, and the warnings of each. What holds for several objects is read
    /// for each, and is told once.
    pub(super) fn into_told(self) -> Told {
        let mut told = Told::default();
        for Text { source, problems, warnings } in self.texts {
            told.warnings.extend(Problems::found_in(&source, once(warnings)));
            told.problems.extend(Problems::found_in(&source, once(problems)));
        }
        told
    }
}

/// What is to be told of the texts.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) problems: Vec<Problems>,
    pub(super) warnings: Vec<Problems>,
}

fn once(mut list: Vec<Problem>) -> Vec<Problem> {
    let mut told = HashSet::new();
    list.retain(|problem| told.insert((problem.at.start, problem.at.end, problem.message.clone())));
    list
}
