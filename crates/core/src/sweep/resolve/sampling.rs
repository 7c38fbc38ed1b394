//! The draws of a sample, spread over the dimensions that have something to draw.

use crate::sweep::block::{Dimension, Sample, Shortfall};
use crate::sweep::definition;
use crate::sweep::mistakes::Mistakes;
use crate::sweep::numbers::{Method, Sampler};

/// How many draws in vain, for each point that is wanted, are too many.
const DRAWS_PER_POINT: u64 = 1000;

/// The most draws that a sampler tells apart.
const MOST_DRAWS: u64 = 1 << 32;

/// Spreads the draws of a sample over the dimensions that have something to draw.
pub(super) fn drawing(
    sample: &definition::Sample,
    dimensions: &[Dimension],
    names: &[&str],
    mistakes: &mut Mistakes,
) -> Option<Sample> {
    let (draws, shortfall) = match sample.method {
        Method::LatinHypercube => (sample.count, Shortfall::Accept),
        Method::Random | Method::Sobol => {
            let draws = sample.count.saturating_mul(DRAWS_PER_POINT).min(MOST_DRAWS);
            (draws.max(sample.count), Shortfall::DrawOn)
        }
    };
    let mut drawn_names = Vec::new();
    let places = dimensions.iter().map(|dimension| {
        let first = dimension.parameters().next().filter(|_| dimension.is_drawn())?;
        drawn_names.push(names[first]);
        Some(drawn_names.len() - 1)
    });
    let places = places.collect();
    match Sampler::new(sample.method, draws, drawn_names, sample.seed) {
        Ok(sampler) => {
            Some(Sample { sampler, drawn: places, count: sample.count, shortfall, at: sample.at.clone() })
        }
        Err(error) => {
            mistakes.add(&sample.at, error.to_string(), None);
            None
        }
    }
}
