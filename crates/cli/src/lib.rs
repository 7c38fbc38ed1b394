//! The command line of neuromanager: arguments in, text and exit codes out.

mod args;
mod commands;
mod endings;
mod exit;
mod json;
mod parameters;
mod report;
mod settings;
mod ui;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use args::{NeuArgs, RunArgs, SweepArgs};
use commands::App;
use exit::Exit;
use neuromanager_core::process::keep_ends_of_children;
use report::Failure;
use ui::{Ui, Volume};

/// Which of the three commands a binary is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `neu VERB …`
    Neu,
    /// `neurun SUPPORT DEVICE SCRIPT …`
    Neurun,
    /// `neusweep CMD …`
    Neusweep,
}

/// Runs a command to its end. A file called `neu`, `neurun` or `neusweep` is that command, whichever it was built
/// as, so that one file can stand for all three.
pub fn main(built_as: Program) -> ExitCode {
    report_panics();
    let typed: Vec<OsString> = std::env::args_os().collect();
    let ui = Ui::new(Volume::Normal, settings::colors());
    let outcome = keep_ends_of_children()
        .map_err(Failure::from)
        .and_then(|()| run(called_as(&typed).unwrap_or(built_as), typed, ui));
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            let width = ui::output_width().unwrap_or(120);
            let _closed =
                io::Write::write_all(&mut io::stderr(), failure.render(ui.color(), width).as_bytes());
            failure.exit().into()
        }
    }
}

fn run(program: Program, typed: Vec<OsString>, ui: Ui) -> Result<Exit, Failure> {
    match program {
        Program::Neu => {
            let args = args::parse::<NeuArgs>(&typed)?;
            let folders = args.folders.clone();
            let app = App::new(typed, &folders, ui)?;
            commands::neu(args, &app).map_err(|failure| failure.seen_from(&folders))
        }
        Program::Neurun => commands::neurun(&args::parse::<RunArgs>(&typed)?, &App::new(typed, &[], ui)?),
        Program::Neusweep => {
            commands::neusweep(&args::parse::<SweepArgs>(&typed)?, &App::new(typed, &[], ui)?)
        }
    }
}

fn called_as(typed: &[OsString]) -> Option<Program> {
    match typed.first().map(Path::new).and_then(Path::file_name).and_then(OsStr::to_str)? {
        "neu" => Some(Program::Neu),
        "neurun" => Some(Program::Neurun),
        "neusweep" => Some(Program::Neusweep),
        _ => None,
    }
}

/// Has a mistake of ours end in one message and its own exit code.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        ui::view::abandon();
        let text =
            format!("error: neuromanager has a bug: {panic}\nhint: please report it, with what you typed\n");
        let _closed = io::Write::write_all(&mut io::stderr(), text.as_bytes());
        #[expect(clippy::exit, reason = "a panic has nowhere to return to")]
        std::process::exit(70);
    }));
}
