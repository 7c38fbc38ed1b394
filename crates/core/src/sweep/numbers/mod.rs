//! stand-in
#[derive(Debug, Clone, thiserror::Error)]
#[error("no")]
pub struct NumbersError;
#[derive(Debug, Clone)]
pub struct Distribution;
impl Distribution {
    pub fn named(_k: &str, _a: &str, _b: &str, _d: Option<u64>) -> Result<Self, NumbersError> {
        Ok(Self)
    }
    pub fn choice(_w: &[String]) -> Result<Self, NumbersError> {
        Ok(Self)
    }
    pub fn number(&self, unit: f64) -> String {
        format!("{unit}")
    }
    pub fn index(&self, _unit: f64) -> usize {
        0
    }
}
pub fn unit(_seed: u64, _name: &str, draw: u64) -> f64 {
    1.0 / (draw + 2) as f64
}
#[derive(Debug, Clone)]
pub enum Sampler {
    Random { seed: u64 },
    Sobol { seed: u64 },
    LatinHypercube { seed: u64, count: u64 },
}
impl Sampler {
    pub fn unit(&self, draw: u64, name: &str, _depth: usize) -> f64 {
        unit(0, name, draw)
    }
}
pub fn canonical(text: &str) -> String {
    text.to_owned()
}
pub fn range(_a: &str, _b: &str, _c: &str) -> Result<Vec<String>, NumbersError> {
    Ok(vec!["1".into()])
}
pub fn linspace(_a: &str, _b: &str, _c: u64) -> Result<Vec<String>, NumbersError> {
    Ok(vec!["1".into()])
}
pub fn logspace(_a: &str, _b: &str, _c: u64) -> Result<Vec<String>, NumbersError> {
    Ok(vec!["1".into()])
}
#[derive(Debug)]
pub struct Shuffle(u64);
impl Shuffle {
    pub fn new(count: u64, _seed: u64) -> Self {
        Self(count)
    }
    pub fn at(&self, p: u64) -> u64 {
        self.0 - 1 - p
    }
}
#[derive(Debug)]
pub struct Interleave(u64);
impl Interleave {
    pub fn new(count: u64) -> Self {
        Self(count)
    }
    pub fn at(&self, p: u64) -> u64 {
        self.0 - 1 - p
    }
}
