//! Whether a folder is on a disk of this host.

use std::path::Path;

/// Where a folder lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// On a disk of this host.
    Local,
    /// On another, as far as is known.
    Remote,
}

impl Disk {
    /// Tells where `folder` is, by the type of its file system (statfs(2)).
    #[cfg(target_os = "linux")]
    pub fn of(folder: &Path) -> Self {
        use nix::sys::statfs::{
            BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC,
            XFS_SUPER_MAGIC, statfs,
        };
        // ext2 and ext3 have the number of ext4.
        let of_this_host = [
            BTRFS_SUPER_MAGIC,
            EXT4_SUPER_MAGIC,
            F2FS_SUPER_MAGIC,
            OVERLAYFS_SUPER_MAGIC,
            TMPFS_MAGIC,
            XFS_SUPER_MAGIC,
        ];
        match statfs(folder) {
            Ok(system) if of_this_host.contains(&system.filesystem_type()) => Self::Local,
            Ok(_) | Err(_) => Self::Remote,
        }
    }

    /// Elsewhere the numbers of file systems differ.
    #[cfg(not(target_os = "linux"))]
    pub fn of(_folder: &Path) -> Self {
        Self::Remote
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_kept_in_memory_is_of_this_host_and_what_is_not_there_is_not_known() {
        assert_eq!(Disk::of(Path::new("/dev/shm")), Disk::Local);
        assert_eq!(Disk::of(Path::new("/proc")), Disk::Remote);
        assert_eq!(Disk::of(Path::new("/nowhere")), Disk::Remote);
    }
}
