//! A launch on this machine that goes on without a command: started so, or left by one that was with it.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use neuromanager_core::event::{Event, Worker};
use neuromanager_core::id::LaunchId;
use neuromanager_core::store::JournalReader;
use neuromanager_core::worker::Logout;
use nix::sys::signal::Signal;

use super::App;
use super::foreground::Attended;
use super::holding::{Company, Held};
use super::order::Manner;
use super::skipping::Counts;
use crate::exit::Exit;
use crate::json;
use crate::report::Failure;
use crate::ui::{Ui, Volume, print};

/// How long a worker may take to write down that it began: a network file system may hang for a while.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often to look for that.
const TICK: Duration = Duration::from_millis(2);

/// Starts a launch, and leaves it once its worker has begun.
pub(super) fn start(
    attended: &Attended,
    described: &str,
    counts: Option<&Counts>,
    manner: Manner,
    app: &App,
) -> Result<Exit, Failure> {
    let worker = begin(attended, manner, app)?;
    let id = attended.launch.id;
    worker.let_go()?;
    if manner.json {
        print(&json::submitted(&app.survey(&app.settings.store(), &[LaunchId(id)])?, counts))?;
    } else if manner.volume == Volume::Quiet {
        print(&format!("{id}\n"))?;
    } else {
        print(&format!("launch {id}: {described}, in the background\n"))?;
        say_how_to_look(id, app.ui.at(manner.volume));
    }
    Ok(Exit::Done)
}

/// Says what to type about a launch that goes on in the background.
pub(super) fn say_how_to_look(id: u64, ui: Ui) {
    ui.say(&format!("  neu status {id}\n  neu logs {id} -f\n  neu cancel {id}"));
    match Logout::here() {
        Logout::Survived => {}
        Logout::Deadly => ui.warn(&format!(
            "this machine ends what you run when you log out (KillUserProcesses of systemd); `neu resume {id}` goes on then\n\
             hint: type `loginctl enable-linger` once, and start with `systemd-run --user --scope` before the command"
        )),
    }
}

/// Starts a worker, and waits until it has written down that it began: from then on every command finds it.
pub(super) fn begin(attended: &Attended, manner: Manner, app: &App) -> Result<Held, Failure> {
    let mut worker = Held::start(attended, Company::Leaves, manner.crew)?;
    app.settings.remember(&app.settings.store());
    wait_for_beginning(&mut worker, attended)?;
    Ok(worker)
}

/// Leaves a launch that this command was with.
pub(super) fn leave(mut worker: Held, attended: &Attended, ui: Ui) -> Result<Exit, Failure> {
    let id = attended.launch.id;
    wait_for_beginning(&mut worker, attended)?;
    worker.let_go()?;
    ui.say(&format!("launch {id} goes on in the background"));
    say_how_to_look(id, ui);
    Ok(Exit::Done)
}

fn wait_for_beginning(worker: &mut Held, attended: &Attended) -> Result<(), Failure> {
    let process = worker.process();
    let mut journal = JournalReader::new(attended.dir.events());
    let began = Instant::now();
    loop {
        let is_ours = |it: &Worker| it.key == attended.chunk.key && Some(&it.process) == process.as_ref();
        if journal.read_new()?.iter().any(|record| matches!(&record.event, Event::Worker(it) if is_ours(it)))
        {
            return Ok(());
        }
        if let Some(status) = worker.ended()? {
            Ui::relay(&worker.words());
            return Err(broken(attended.launch.id, status));
        }
        if began.elapsed() > PATIENCE {
            worker.signal(Signal::SIGKILL);
            let text = format!(
                "launch {}: its worker did not begin within {} s, and was ended",
                attended.launch.id,
                PATIENCE.as_secs()
            );
            return Err(Failure::new(Exit::Store, text).hint("does the store's file system answer?"));
        }
        thread::sleep(TICK);
    }
}

fn broken(id: u64, status: ExitStatus) -> Failure {
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("with exit code {code}"),
        (None, Some(signal)) => format!("by signal {signal}"),
        (None, None) => status.to_string(),
    };
    let exit = status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code > 1);
    let text = format!("launch {id}: its worker ended before it began, {how}");
    Failure::new(exit.map_or(Exit::Bug, Exit::Program), text)
        .hint(format!("`neu resume {id}` starts another"))
}
