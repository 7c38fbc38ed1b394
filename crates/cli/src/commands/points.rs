//! The points of a sweep, from what was typed and the files that it names.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use neuromanager_core::document::Source;
use neuromanager_core::engine::configuration::{LONGEST, from_bytes, read};
use neuromanager_core::engine::parameters::{self, Folder};
use neuromanager_core::sweep::{Origin, Sweep, Typed};

use crate::args::SweepingArgs;
use crate::exit::Exit;
use crate::report::{Failure, render_warnings};
use crate::ui::{Ui, output_width};

/// Reads all that says something of a sweep.
pub(super) fn sweep(args: &SweepingArgs, folder: &Path, ui: Ui) -> Result<Sweep, Failure> {
    let file = file_of_parameters(args, folder, ui)?;
    let rows = args.rows.as_deref().map(|named| rows(named, folder)).transpose()?;
    let typed = Typed {
        set: args.set.clone(),
        zip: args.zip.clone(),
        exclude: args.exclude.clone(),
        keep: args.keep.clone(),
        sample: args.sample.clone(),
        style: args.style.clone(),
    };
    let origin = Origin { file: file.as_ref(), rows: rows.as_ref(), typed: &typed };
    let sweep = Sweep::of(&origin, &Folder(folder))?;
    for warnings in sweep.warnings() {
        let width = output_width().unwrap_or(120);
        Ui::conclude(render_warnings(warnings, ui.color(), width).trim_end());
    }
    Ok(sweep)
}

/// Reads the file that is named, or the one that has a usual name. Rows are points enough, and need no other file than
/// one that is named; options need none, but say something of one that is there.
fn file_of_parameters(args: &SweepingArgs, folder: &Path, ui: Ui) -> Result<Option<Source>, Failure> {
    let usual = parameters::usual(folder);
    let path = match (&args.params, usual.as_slice()) {
        (Some(named), _) => named.clone(),
        (None, _) if args.no_params && args.set.is_empty() && args.rows.is_none() => {
            let text = "without a file of parameters there is nothing to sweep";
            return Err(Failure::new(Exit::Usage, text).hint("say the values here: `--set lr=0.1,0.01`"));
        }
        (None, _) if args.no_params => return Ok(None),
        (None, _) if args.rows.is_some() => {
            if let Some(unread) = usual.first() {
                ui.say(&format!("`{unread}` is not read, since the rows are the points: `--params {unread}` combines them with it"));
            }
            return Ok(None);
        }
        (None, []) if !args.set.is_empty() => return Ok(None),
        (None, []) => PathBuf::from(parameters::USUAL[0]),
        (None, [one]) => PathBuf::from(one),
        (None, several) => {
            let names: Vec<_> = several.iter().map(|name| format!("`{name}`")).collect();
            let text = format!("there are several parameter files here: {}", names.join(", "));
            return Err(
                Failure::new(Exit::Usage, text).hint("name the one that is meant with `--params FILE`")
            );
        }
    };
    let is_input = path == Path::new("-");
    if is_input && args.rows.as_deref() == Some(Path::new("-")) {
        let text = "`--params -` and `--rows -` both read standard input: one of them has to be a file";
        return Err(Failure::new(Exit::Usage, text));
    }
    let source = match is_input {
        true => {
            standard_input("type the parameters, such as {\"lr\": [0.1, 0.01]}, and end them with Ctrl-D")
        }
        false => read(&folder.join(&path), folder),
    };
    source.map(Some).map_err(|error| unreadable(&path, &error))
}

/// Says that a parameter file cannot be read; where there is none, what to do instead.
fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let file = path.display();
    let failure = Failure::new(Exit::Usage, format!("cannot read the parameters `{file}`: {error}"));
    match error.kind() {
        io::ErrorKind::NotFound => failure.hint(
            "write one such as {\"lr\": [0.1, 0.01], \"layers\": [4, 8]}, name another with `--params FILE`, or say \
             the values here: `--set lr=0.1,0.01`",
        ),
        _ => failure.hint("a parameter file is JSON, TOML or YAML, such as {\"lr\": [0.1, 0.01], \"layers\": [4, 8]}"),
    }
}

/// Reads rows from a file, or from standard input.
fn rows(named: &Path, folder: &Path) -> Result<Source, Failure> {
    let rows = match named == Path::new("-") {
        true => standard_input(
            "type the rows, the names of the parameters first (`lr,layers`), and end them with Ctrl-D",
        ),
        false => read(&folder.join(named), folder),
    };
    rows.map_err(|error| {
        let failure =
            Failure::new(Exit::Usage, format!("cannot read the rows `{}`: {error}", named.display()));
        failure.hint("they are CSV or TSV with the names in the first line, or a JSON object a line")
    })
}

/// Reads what is piped in, or what is typed after a word of what is wanted.
fn standard_input(wanted: &str) -> io::Result<Source> {
    let input = io::stdin().lock();
    if input.is_terminal() {
        Ui::conclude(wanted);
    }
    let mut bytes = Vec::new();
    input.take(LONGEST + 1).read_to_end(&mut bytes)?;
    from_bytes(bytes, "<stdin>")
}
