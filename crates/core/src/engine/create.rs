//! Writes a launch to the store, before anything of it is started.

use std::ffi::OsString;
use std::path::PathBuf;

use jiff::Timestamp;

use super::git::Question;

use crate::config::SupportKind;
use crate::patience::Patience;
use crate::plan::{Argument, Plan};
use crate::process::host;
use crate::resources::Resources;
use crate::store::{Beginning, FORMAT, Launch, LaunchDir, Names, Store, StoreError, Turn};

/// What a command line asks for, with everything looked up.
#[derive(Debug)]
pub struct Request {
    /// The name, for people.
    pub name: String,
    /// Where its runs execute.
    pub place: Names,
    /// The lines that prepare the environment.
    pub env: Vec<String>,
    /// The options for the scheduler.
    pub resources: Resources,
    /// The runs.
    pub plan: Plan,
    /// What runs that fail mean for the others.
    pub patience: Patience,
    /// The folder that they start in.
    pub folder: PathBuf,
    /// What was typed.
    pub typed: Vec<OsString>,
    /// The name of the cluster, where it is for one and that is known.
    pub cluster: Option<String>,
    /// The variables of the user's shell that sbatch takes options from.
    pub sbatch_variables: Vec<(String, String)>,
    /// The state of the code, which git is being asked for.
    pub git: Question,
    /// The turn in which it was decided what is new, where that was asked; it is over once the launch can be seen.
    pub turn: Option<Turn>,
}

/// Writes the launch of a request to the store; `beginning` tells what is handed to the support first.
pub fn create(
    store: &Store,
    request: Request,
    beginning: impl FnOnce(&Launch, &Plan, &LaunchDir) -> Result<Beginning, StoreError>,
) -> Result<(Launch, LaunchDir), StoreError> {
    let (id, dir) = store.create_launch()?;
    let draft = dir.begin(&request.plan, &request.plan.names(&request.name))?;
    let Request {
        name,
        place,
        env,
        resources,
        plan,
        patience,
        folder,
        typed,
        cluster,
        sbatch_variables,
        git,
        turn,
    } = request;
    let launch = Launch {
        format: FORMAT,
        id: id.0,
        name,
        key: new_key(),
        created: Timestamp::now(),
        uid: nix::unistd::getuid().as_raw(),
        host: host(),
        folder: Argument(folder.into()),
        made_in: Some(Argument(dir.path().into())),
        typed: typed.into_iter().map(Argument).collect(),
        place,
        env,
        resources,
        cluster,
        sbatch_variables,
        command: plan.command().iter().cloned().map(Argument).collect(),
        parameters: plan.parameter_names().map(str::to_owned).collect(),
        repeats: plan.repeats(),
        runs: plan.len(),
        patience,
        git: git.answer(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    draft.finish(&launch, &beginning(&launch, &plan, &dir)?, turn.as_ref())?;
    Ok((launch, dir))
}

impl Launch {
    /// Tells whether runs execute on this machine.
    pub fn is_local(&self) -> bool {
        self.place.kind == SupportKind::Local
    }
}

/// Makes a key that no other launch has: 8 letters and digits that cannot be mistaken for each other, 40 bits.
fn new_key() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 8];
    if getrandom::fill(&mut bytes).is_err() {
        // A system without a source of randomness still has a clock and a pid.
        let mixed = Timestamp::now().as_nanosecond() ^ (i128::from(std::process::id()) << 40);
        bytes.copy_from_slice(&mixed.to_le_bytes()[..8]);
    }
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}
