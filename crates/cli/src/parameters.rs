//! The parameters of a run as people see them.

use neuromanager_core::store::PlannedRun;
use serde_json::value::RawValue;

/// Writes parameters for people: `lr=0.1 layers=4`.
pub(crate) fn short_params(planned: &PlannedRun) -> String {
    let pairs = shown_values(planned).into_iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

/// Gives each parameter with its value as people see it: its label where it has one.
pub(crate) fn shown_values(planned: &PlannedRun) -> Vec<(String, String)> {
    let values = param_values(&planned.params).into_iter();
    let shown = values.map(|(name, value)| match planned.labels.get(&name) {
        Some(label) => (name, label.clone()),
        None => (name, value),
    });
    shown.collect()
}

/// Gives each parameter and its value, strings without their quotes, numbers as they were written.
pub(crate) fn param_values(params: &RawValue) -> Vec<(String, String)> {
    let Ok(Pairs(pairs)) = serde_json::from_str(params.get()) else { return Vec::new() };
    let plain = |value: Box<RawValue>| {
        serde_json::from_str::<String>(value.get()).unwrap_or_else(|_| value.get().to_owned())
    };
    pairs.into_iter().map(|(name, value)| (name, plain(value))).collect()
}

/// An object in its own order.
struct Pairs(Vec<(String, Box<RawValue>)>);

impl<'de> serde::Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Pairs;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}
