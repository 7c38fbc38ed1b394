//! Who else uses a GPU: processes that belong to no lease, or memory that nobody accounts for.

use super::amount::Mebibytes;
use super::census::known;
use super::lease::Filed;
use super::{GpuId, Seen, words};

/// Memory up to which a GPU without a lease counts as free, at least: a desktop and a browser take this much.
const DESKTOP: Mebibytes = Mebibytes(2048);

/// The part of a GPU's memory up to which it counts as free, where that is more.
const TENTH: u64 = 10;

/// Gives the GPUs that strangers use, and by what: `pid 4711, alice`, or `20110M of its memory are in use`.
pub(super) fn strangers(seen: &[Seen], leases: &[Filed]) -> Vec<(GpuId, String)> {
    seen.iter().filter_map(|seen| Some((seen.gpu.id.clone(), on(seen, leases)?))).collect()
}

fn on(seen: &Seen, leases: &[Filed]) -> Option<String> {
    let here: Vec<&Filed> = leases
        .iter()
        .filter(|filed| filed.lease.holdings.iter().any(|holding| is_near(seen, &holding.gpu)))
        .collect();
    for pid in &seen.pids {
        // One that has ended since, or that lives in a container and has another number there, cannot be told apart.
        let Some(process) = known(*pid).filter(|process| process.state != 'Z') else { continue };
        if !here.iter().any(|filed| filed.is_of(*pid, process.uid)) {
            return Some(format!("pid {pid}, {}", words::user_name(process.uid)));
        }
    }
    if here.is_empty() { memory_in_use(seen) } else { None }
}

/// Tells whether a lease of this GPU can explain a process that was seen: those of a slice are told for its card.
fn is_near(seen: &Seen, gpu: &GpuId) -> bool {
    match &seen.gpu.form {
        super::Form::Card => seen.gpu.id == *gpu,
        // Which slices a card has is not known from here, so any lease of a slice may be one of its neighbours.
        super::Form::Slice { .. } => seen.gpu.is_of(gpu) || gpu.0.starts_with("MIG-"),
    }
}

fn memory_in_use(seen: &Seen) -> Option<String> {
    let used = seen.used?;
    let free = seen.gpu.memory.map_or(DESKTOP, |all| Mebibytes(all.0 / TENTH).max(DESKTOP));
    (used > free).then(|| format!("{used} of its memory in use"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::placement::tests::gpu;

    fn seen(memory: u64, used: u64) -> Seen {
        Seen { gpu: gpu(0, memory), used: Some(Mebibytes(used)), pids: Vec::new() }
    }

    #[test]
    fn memory_that_a_desktop_takes_is_free() {
        let occupied = |memory, used| memory_in_use(&seen(memory, used)).is_some();
        assert!(!occupied(8192, 2048));
        assert!(occupied(8192, 2049));
        assert!(!occupied(81_920, 8192));
        assert_eq!(memory_in_use(&seen(81_920, 20_110)).unwrap(), "20110M of its memory in use");
        assert!(memory_in_use(&Seen { used: None, ..seen(8192, 0) }).is_none());
    }

    #[test]
    fn a_process_without_a_lease_is_a_strangers() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let told = on(&Seen { pids: vec![pid], ..seen(8192, 0) }, &[]).unwrap();
        assert_eq!(told, format!("pid {pid}, {}", words::user_name(nix::unistd::getuid().as_raw())));
        assert_eq!(on(&Seen { pids: vec![i32::MAX], ..seen(8192, 0) }, &[]), None);
    }
}
