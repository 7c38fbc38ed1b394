//! How an argument of a program is written in JSON, byte for byte.
//!
//! Text stays a JSON string. An argument that is not UTF-8 is written `{"bytes": "66ff"}`, its bytes in
//! hexadecimal, so that what comes back is what the user typed.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One argument of a program, in the form that the plan writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument(pub OsString);

impl AsRef<OsStr> for Argument {
    fn as_ref(&self) -> &OsStr {
        &self.0
    }
}

impl Serialize for Argument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(text) = self.0.to_str() {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("bytes", &hexadecimal(self.0.as_bytes()))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Argument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ArgumentVisitor)
    }
}

struct ArgumentVisitor;

impl<'de> Visitor<'de> for ArgumentVisitor {
    type Value = Argument;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or {\"bytes\": \"…\"}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Argument, E> {
        Ok(Argument(text.into()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Argument, E> {
        Ok(Argument(text.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Argument, A::Error> {
        let Some((key, digits)) = map.next_entry::<String, String>()? else {
            return Err(de::Error::missing_field("bytes"));
        };
        if key != "bytes" {
            return Err(de::Error::unknown_field(&key, &["bytes"]));
        }
        let bytes =
            from_hexadecimal(&digits).ok_or_else(|| de::Error::custom("`bytes` is not hexadecimal"))?;
        Ok(Argument(OsString::from_vec(bytes)))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hexadecimal(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(u8::try_from(nibble(*high)? * 16 + nibble(*low)?).ok()?),
            _ => None,
        })
        .collect()
}

fn nibble(digit: u8) -> Option<u32> {
    char::from(digit).to_digit(16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever bytes an argument has, they survive the plan.
        #[test]
        fn bytes_survive(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let argument = Argument(OsString::from_vec(bytes));
            let text = serde_json::to_string(&argument).unwrap();
            prop_assert_eq!(serde_json::from_str::<Argument>(&text).unwrap(), argument);
        }
    }

    #[test]
    fn text_stays_readable_and_bytes_are_hexadecimal() {
        assert_eq!(serde_json::to_string(&Argument("--naïve=1".into())).unwrap(), r#""--naïve=1""#);
        let bytes = Argument(OsString::from_vec(vec![b'f', 0xff, b'o']));
        assert_eq!(serde_json::to_string(&bytes).unwrap(), r#"{"bytes":"66ff6f"}"#);
    }

    #[test]
    fn broken_escapes_are_refused() {
        for text in [r#"{"bytes":"6"}"#, r#"{"bytes":"zz"}"#, r#"{"hex":"66"}"#, "{}", "3"] {
            assert!(serde_json::from_str::<Argument>(text).is_err(), "{text}");
        }
    }
}
