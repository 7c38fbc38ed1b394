//! How the draws of several parameters are spread together.

use super::sobol::{self, Dimension};
use super::{Shuffle, Stream, Unit};

/// A way to spread draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Every number by itself. More draws begin like fewer, and a parameter more leaves the others as they are.
    Random,
    /// Sobol's sequence, shifted at random: fills the space evenly. More draws begin like fewer, and a parameter more
    /// behind the others leaves them as they are.
    Sobol,
    /// For each parameter every one of as many equal parts as there are draws is drawn from exactly once. Another
    /// number of draws gives other numbers; a parameter more leaves the others as they are.
    LatinHypercube,
}

/// Says why draws cannot be spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SamplerError {
    /// There are more parameters than Sobol's sequence has dimensions here.
    #[error("{given} random parameters, and the Sobol sequence has {} here", sobol::DIMENSIONS)]
    TooManyDimensions {
        /// The number of parameters.
        given: usize,
    },
    /// There are more draws than can be told apart.
    #[error("more than {} draws", sobol::DRAWS)]
    TooManyDraws,
}

/// The numbers between 0 and 1 that the draws of a sweep get for its random parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampler {
    draws: u64,
    dimensions: Vec<Spread>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Spread {
    Random(Stream),
    Sobol { dimension: Box<Dimension>, shift: Unit },
    LatinHypercube { strata: Shuffle, within: Stream },
}

impl Sampler {
    /// Spreads so many draws over the parameters of these names, the order of which matters to Sobol's sequence only.
    pub fn new<'a>(
        method: Method,
        draws: u64,
        names: impl IntoIterator<Item = &'a str>,
        seed: u64,
    ) -> Result<Self, SamplerError> {
        if draws > sobol::DRAWS {
            return Err(SamplerError::TooManyDraws);
        }
        let names: Vec<_> = names.into_iter().collect();
        let too_many = SamplerError::TooManyDimensions { given: names.len() };
        let spread = |(place, name): (usize, &str)| {
            let stream = Stream::new(seed, name);
            Ok(match method {
                Method::Random => Spread::Random(stream),
                Method::Sobol => {
                    let dimension = Box::new(Dimension::new(place).ok_or(too_many)?);
                    Spread::Sobol { dimension, shift: stream.unit(0) }
                }
                Method::LatinHypercube => {
                    Spread::LatinHypercube { strata: Shuffle::of_stream(draws, stream), within: stream }
                }
            })
        };
        let dimensions = names.iter().copied().enumerate().map(spread).collect::<Result<_, _>>()?;
        Ok(Self { draws, dimensions })
    }

    /// The number of draws.
    pub fn draws(&self) -> u64 {
        self.draws
    }

    /// The number of a draw for the parameter at a place among the names, both counted from 0; `None` past their ends.
    pub fn unit(&self, draw: u64, place: usize) -> Option<Unit> {
        if draw >= self.draws {
            return None;
        }
        match self.dimensions.get(place)? {
            Spread::Random(stream) => Some(stream.unit(draw)),
            Spread::Sobol { dimension, shift } => Some(dimension.unit(draw).shifted(*shift)),
            Spread::LatinHypercube { strata, within } => {
                strata.at(draw).map(|stratum| Unit::within(stratum, self.draws, within.bits(draw)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Method; 3] = [Method::Random, Method::Sobol, Method::LatinHypercube];

    fn sampler(method: Method, draws: u64, names: &[&str], seed: u64) -> Sampler {
        Sampler::new(method, draws, names.iter().copied(), seed).unwrap()
    }

    fn values(sampler: &Sampler, place: usize) -> Vec<Unit> {
        (0..sampler.draws()).map(|draw| sampler.unit(draw, place).unwrap()).collect()
    }

    #[test]
    fn numbers_are_pinned() {
        let first = ALL.map(|method| {
            let sampler = sampler(method, 4, &["lr", "layers"], 1);
            [0, 1].map(|place| {
                values(&sampler, place)
                    .into_iter()
                    .map(|unit| format!("{:.6}", unit.value()))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
        });
        insta::assert_debug_snapshot!(first, @r#"
        [
            [
                "0.917622 0.634198 0.895512 0.940912",
                "0.461091 0.487099 0.411994 0.389305",
            ],
            [
                "0.917622 0.417622 0.167622 0.667622",
                "0.461091 0.961091 0.211091 0.711091",
            ],
            [
                "0.729405 0.908549 0.473878 0.235228",
                "0.115273 0.371775 0.602998 0.847326",
            ],
        ]
        "#);
    }

    #[test]
    fn more_draws_begin_like_fewer() {
        for method in [Method::Random, Method::Sobol] {
            let (few, many) = (sampler(method, 10, &["a", "b"], 5), sampler(method, 1000, &["a", "b"], 5));
            for place in [0, 1] {
                assert_eq!(values(&few, place), values(&many, place)[..10], "{method:?}");
            }
        }
    }

    #[test]
    fn a_parameter_more_leaves_the_others_as_they_are() {
        for method in ALL {
            let (one, two) = (sampler(method, 10, &["a"], 5), sampler(method, 10, &["a", "b"], 5));
            assert_eq!(values(&one, 0), values(&two, 0), "{method:?}");
            assert_ne!(values(&two, 0), values(&two, 1), "{method:?}");
        }
        for method in [Method::Random, Method::LatinHypercube] {
            let (one, two) = (sampler(method, 10, &["a"], 5), sampler(method, 10, &["b", "a"], 5));
            assert_eq!(values(&one, 0), values(&two, 1), "{method:?}");
        }
    }

    #[test]
    fn another_seed_gives_other_numbers() {
        for method in ALL {
            assert_ne!(values(&sampler(method, 9, &["a"], 1), 0), values(&sampler(method, 9, &["a"], 2), 0));
        }
    }

    #[test]
    fn what_cannot_be_spread_is_an_error() {
        let names = vec!["x"; 129];
        let too_many = Sampler::new(Method::Sobol, 1, names.iter().copied(), 0);
        assert_eq!(too_many, Err(SamplerError::TooManyDimensions { given: 129 }));
        assert!(Sampler::new(Method::Random, 1, names.iter().copied(), 0).is_ok());
        assert_eq!(Sampler::new(Method::Random, (1 << 32) + 1, [], 0), Err(SamplerError::TooManyDraws));
        let two = sampler(Method::LatinHypercube, 2, &["a"], 0);
        assert_eq!((two.unit(2, 0), two.unit(0, 1)), (None, None));
    }

    proptest! {
        #[test]
        fn a_hypercube_draws_from_every_part_once(draws in 1_u64..500, seed in any::<u64>()) {
            let sampler = sampler(Method::LatinHypercube, draws, &["a", "b"], seed);
            for place in [0, 1] {
                let mut parts: Vec<_> = values(&sampler, place).iter().map(|unit| unit.part_of(draws.into())).collect();
                parts.sort_unstable();
                prop_assert!(parts.into_iter().eq(0..u128::from(draws)));
            }
        }

        #[test]
        fn a_number_stays_in_its_part(count in 1_u64..=1 << 32, part in any::<u64>(), bits in any::<u64>()) {
            let part = part % count;
            for bits in [0, bits, u64::MAX] {
                prop_assert_eq!(Unit::within(part, count, bits).part_of(count.into()), u128::from(part));
            }
        }
    }
}
