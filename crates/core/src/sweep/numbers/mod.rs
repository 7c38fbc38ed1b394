//! The numbers of a sweep: exact decimals, spaced and drawn values, and orders of points.
//!
//! Everything here is a pure function of what it is given, so that the same file gives the same numbers on every
//! machine: text is worked on in decimals, and logarithms come from a library instead of the machine's own.

mod canonical;
mod decimal;
mod distribution;
mod interleave;
mod inverse_normal;
mod literal;
mod pick;
mod range;
mod sampler;
mod shuffle;
mod sobol;
mod sobol_directions;
mod spaced;
mod spacing;
mod stream;
mod written;

pub use canonical::canonical;
pub use decimal::{Decimal, NumberError};
pub use distribution::{DIGITS, Distribution, DistributionError};
pub use interleave::Interleave;
pub use pick::{Pick, PickError};
pub use range::{Range, RangeError};
pub use sampler::{Method, Sampler, SamplerError};
pub use shuffle::Shuffle;
pub use sobol::DIMENSIONS as SOBOL_DIMENSIONS;
pub use spaced::Spaced;
pub use spacing::{Linspace, Logspace, SpacingError};
pub use stream::{Stream, Unit};
pub use written::{Notation, Written};

/// The most values that a range or a spacing may have: more is a slip of the keys, and would fill the memory.
pub const MOST_VALUES: u64 = 1_000_000;
