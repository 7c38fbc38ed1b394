//! Which disk is full, where that is why something failed.

use std::error::Error;
use std::io;

use neuromanager_core::store::StoreError;

/// Says which disk is full, where that is the cause of an error.
pub(super) fn full_disk(error: &(dyn Error + 'static)) -> Option<String> {
    let causes = || std::iter::successors(Some(error), |cause: &&(dyn Error + 'static)| (*cause).source());
    let full =
        causes().filter_map(|cause| cause.downcast_ref::<io::Error>()).find_map(|cause| {
            match cause.kind() {
                io::ErrorKind::StorageFull => Some("is full"),
                io::ErrorKind::QuotaExceeded => Some("has no room left for you: your quota is used up"),
                _ => None,
            }
        })?;
    let of_store = |cause: &'_ (dyn Error + 'static)| -> Option<String> {
        let boxed = cause.downcast_ref::<Box<StoreError>>().map(|boxed| &**boxed);
        match cause.downcast_ref::<StoreError>().or(boxed)? {
            StoreError::Io { path, .. } => Some(format!("the disk of `{}`", path.display())),
            _ => None,
        }
    };
    let path = causes().find_map(of_store);
    let disk = path.unwrap_or_else(|| "the disk".to_owned());
    Some(format!(
        "{disk} {full}; make room there, by `neu prune` for example, and try again; `neu status` and `neu logs` \
         work meanwhile, and what runs goes on"
    ))
}

#[cfg(test)]
mod tests {
    use super::super::Failure;
    use super::*;

    #[test]
    fn a_full_disk_is_named() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let error = StoreError::Io { action: "write", path: "/home/x/.neu/y".into(), source: full() };
        let error = StoreError::Unrecorded { job: 7, source: Box::new(error) };
        insta::assert_snapshot!(Failure::from(error).render(false, 100), @"
        error: Slurm has job 7, but that could not be written down
          because: cannot write `/home/x/.neu/y`
          because: no storage space
        hint: the disk of `/home/x/.neu/y` is full; make room there, by `neu prune` for example, and try again; `neu status` and `neu logs` work meanwhile, and what runs goes on
        hint: the job goes on; `neu resume` finds it by its key once the store can be written to
        ");
        insta::assert_snapshot!(Failure::from(full()).render(false, 100), @"
        error: cannot write to standard output: no storage space
        hint: make room where it goes, and start this again: what was printed is not whole
        ");
    }
}
