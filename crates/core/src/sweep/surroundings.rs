//! What a sweep may ask of the machine: the lines of a file, and which paths there are.

use crate::document::Source;

/// Looks up what parameters take from files, in the folder in which the command was typed.
pub trait Surroundings {
    /// Reads a file of values; the message says why it cannot.
    fn read(&self, path: &str) -> Result<Source, String>;

    /// Gives the paths that a pattern stands for, written as the pattern is: relative where it is.
    fn glob(&self, pattern: &str) -> Result<Found, String>;
}

/// What a pattern stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The paths, in order.
    pub paths: Vec<String>,
    /// The folders in which nothing could be looked for, each with why.
    pub unreadable: Vec<String>,
}

/// A place without any file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

impl Surroundings for Nowhere {
    fn read(&self, _: &str) -> Result<Source, String> {
        Err("there are no files here".to_owned())
    }

    fn glob(&self, _: &str) -> Result<Found, String> {
        Ok(Found::default())
    }
}
