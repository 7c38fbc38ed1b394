//! What a launch of this machine says of GPUs in its resources. Pure.

use super::GpuId;
use super::demand::{Demand, DemandError};
use super::queue::{Priority, PriorityError};
use crate::resources::Resources;

/// How many GPUs a run asks for: `1`, `2`, `0.5`.
pub const GPUS: &str = "gpus";

/// How much memory of a GPU a run asks for: `10G`.
pub const MEMORY: &str = "gpu_memory";

/// Which GPUs may be used, where not all: their UUIDs, a comma between them. Written from what was typed.
pub const LIST: &str = "gpu_list";

/// How urgent a launch is.
pub const PRIORITY: &str = "priority";

/// What a launch asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What each run gets.
    pub demand: Demand,
    /// The GPUs that may be used; `None` for all.
    pub only: Option<Vec<GpuId>>,
    /// How urgent it is.
    pub priority: Priority,
}

/// Why a wish cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WishError {
    /// What each run is to get is not understood.
    #[error(transparent)]
    Demand(#[from] DemandError),
    /// The priority is none.
    #[error("`{PRIORITY}` cannot be `{written}`")]
    Priority {
        /// As written.
        written: String,
        /// Why not.
        #[source]
        source: PriorityError,
    },
}

impl Wish {
    /// Reads the resources of a launch of this machine; `None` where it asks for no GPU.
    pub fn read(resources: &Resources) -> Result<Option<Self>, WishError> {
        let Some(demand) = Demand::read(resources.value(GPUS), resources.value(MEMORY))? else {
            return Ok(None);
        };
        let only = resources.value(LIST).map(|list| list.split(',').map(|id| GpuId(id.to_owned())).collect());
        let priority = match resources.value(PRIORITY) {
            None => Priority::default(),
            Some(written) => written
                .parse()
                .map_err(|_| PriorityError)
                .and_then(Priority::new)
                .map_err(|source| WishError::Priority { written: written.to_owned(), source })?,
        };
        Ok(Some(Self { demand, only, priority }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{Resource, Setting};

    fn resources(all: &[(&str, &str)]) -> Resources {
        all.iter()
            .map(|(name, value)| Resource::new(*name, Setting::Value((*value).to_owned())).unwrap())
            .collect()
    }

    #[test]
    fn a_launch_without_gpus_wishes_for_nothing() {
        assert_eq!(Wish::read(&resources(&[("mem", "8G"), ("priority", "lots")])), Ok(None));
    }

    #[test]
    fn a_wish_is_read_from_what_was_kept() {
        let wish =
            Wish::read(&resources(&[("gpus", "0.5"), ("gpu_list", "GPU-1,GPU-2"), ("priority", "-5")]));
        let wish = wish.unwrap().unwrap();
        assert_eq!(wish.demand.to_string(), "0.5 of a GPU");
        assert_eq!(wish.only, Some(vec![GpuId("GPU-1".into()), GpuId("GPU-2".into())]));
        assert_eq!(wish.priority, Priority::new(-5).unwrap());
        let error = Wish::read(&resources(&[("gpus", "1"), ("priority", "high")])).unwrap_err();
        assert_eq!(error.to_string(), "`priority` cannot be `high`");
    }
}
