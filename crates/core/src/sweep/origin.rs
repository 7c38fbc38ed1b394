//! Everything that says something of a sweep: files, and what was typed.

use crate::document::Source;

/// Where a sweep comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The parameter file.
    pub file: Option<&'a Source>,
    /// Points that are written out: CSV, TSV or JSON lines.
    pub rows: Option<&'a Source>,
    /// The options of the command line.
    pub typed: &'a Typed,
}

/// Options of the command line that say something of a sweep, each as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// `--set lr=0.1,0.01`: a parameter in every point, instead of what files say of it.
    pub set: Vec<String>,
    /// `--zip lr,batch`: parameters that vary together.
    pub zip: Vec<String>,
    /// `--exclude 'lr > 1'`: points that go.
    pub exclude: Vec<String>,
    /// `--where 'lr < 1'`: all others go.
    pub keep: Vec<String>,
    /// `--sample random:50`: a sample instead of all combinations.
    pub sample: Option<String>,
    /// `--style click`: how values reach the program.
    pub style: Option<String>,
}
