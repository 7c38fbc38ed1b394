//! What a device of this machine asks for, checked before anything is started.

use neuromanager_core::resources::{LocalResources, Resources};
use neuromanager_core::worker::processors;

use crate::exit::Exit;
use crate::report::Failure;

/// Refuses what this machine cannot give to any run.
pub(super) fn check_here(resources: &Resources) -> Result<(), Failure> {
    let asked = LocalResources::read(resources)?;
    // A system that cannot tell says so when a run starts.
    if let (Some(count), Ok(there)) = (asked.limits.processors, processors())
        && usize::try_from(count.get()).is_ok_and(|count| count > there)
    {
        let text = format!("a run is to have {count} processors, and there are {there} for it here");
        return Err(Failure::new(Exit::Usage, text).hint("set `cpus` to fewer, or leave it out"));
    }
    Ok(())
}
