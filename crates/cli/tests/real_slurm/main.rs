//! What Slurm decides, shown on a real Slurm: scripts/test starts the cluster that these tests share, and a few of
//! them start a special one for themselves.

#[cfg(test)]
#[path = "../kit/cluster.rs"]
mod cluster;
#[cfg(test)]
#[path = "../kit/mod.rs"]
mod kit;

#[cfg(test)]
mod arguments;
#[cfg(test)]
mod attempts;
#[cfg(test)]
mod cancelling;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod environments;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod no_accounting;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod seed;
#[cfg(test)]
mod single;
#[cfg(test)]
mod small_site;
#[cfg(test)]
mod stranger;
