//! What a device asks for: an ordered list of options, their text in a script, their record on disk.

mod local;
mod size;

use std::borrow::Cow;

pub use local::{JOBS, LOCAL_NAMES, LocalFault, LocalResources, LocalValueError, RunLimits, local_fault};
pub use size::{MemorySize, MemorySizeError};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How one option is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Bare: `--hold`.
    Flag,
    /// With its value as written: `--mem=8000`.
    Value(String),
    /// Several times, in order: `--gres=gpu:1 --gres=craynetwork:1`.
    Repeated(Vec<String>),
    /// Named, but left out.
    Omitted,
}

/// One option with its setting. No line break or NUL is in it, so that it is one line of a script and one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    name: String,
    setting: Setting,
}

/// Why a resource cannot be handed to a scheduler.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// The name is not what an option is called.
    #[error("`{}` cannot be the name of an option", .name.escape_debug())]
    Name {
        /// The name as given.
        name: String,
    },
    /// A `#SBATCH` directive ends with its line.
    #[error("the value of `{name}` has a line break or a NUL in it, and a directive is one line")]
    Line {
        /// The option's name.
        name: String,
    },
}

impl Resource {
    /// Sets an option, unless name or value cannot stand in one line of a script.
    pub fn new(name: impl Into<String>, setting: Setting) -> Result<Self, ResourceError> {
        let name = name.into();
        let name_fits =
            |letter: char| !letter.is_whitespace() && !letter.is_control() && !"='\"\\#".contains(letter);
        if name.is_empty() || name.starts_with('-') || !name.chars().all(name_fits) {
            return Err(ResourceError::Name { name });
        }
        let fits = |value: &String| !value.contains(['\n', '\r', '\0']);
        let all_fit = match &setting {
            Setting::Flag | Setting::Omitted => true,
            Setting::Value(value) => fits(value),
            Setting::Repeated(values) => values.iter().all(fits),
        };
        if all_fit { Ok(Self { name, setting }) } else { Err(ResourceError::Line { name }) }
    }

    /// The option's long name, without dashes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is set.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Yields the option as arguments: none, one, or one each.
    pub fn directives(&self) -> impl Iterator<Item = String> + '_ {
        let (bare, values): (bool, &[String]) = match &self.setting {
            Setting::Flag => (true, &[]),
            Setting::Value(value) => (false, std::slice::from_ref(value)),
            Setting::Repeated(values) => (false, values),
            Setting::Omitted => (false, &[]),
        };
        let flag = bare.then(|| format!("--{}", self.name));
        flag.into_iter().chain(values.iter().map(|value| format!("--{}={value}", self.name)))
    }
}

/// The options of a device, in the order in which they were written, each name once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources(Vec<Resource>);

impl Resources {
    /// Sets an option: in its place where the name is known already, else at the end.
    pub fn set(&mut self, resource: Resource) {
        match self.0.iter_mut().find(|known| known.name == resource.name) {
            Some(known) => known.setting = resource.setting,
            None => self.0.push(resource),
        }
    }

    /// Replaces settings in their places and appends new names.
    #[must_use]
    pub fn overridden_by(mut self, overrides: Self) -> Self {
        overrides.0.into_iter().for_each(|resource| self.set(resource));
        self
    }

    /// Tells how an option is set, if it is named at all.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.0.iter().find(|resource| resource.name == name).map(|resource| &resource.setting)
    }

    /// Tells the value that counts: of several the last, as sbatch reads them.
    pub fn value(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Setting::Value(value) => Some(value),
            Setting::Repeated(values) => values.last().map(String::as_str),
            Setting::Flag | Setting::Omitted => None,
        }
    }

    /// Walks over the options in order.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.0.iter()
    }

    /// Tells whether no option is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Yields the options as arguments for sbatch, without any quoting: `--time=2-00:00:00`, `--hold`.
    pub fn directives(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().flat_map(Resource::directives)
    }
}

impl FromIterator<Resource> for Resources {
    fn from_iter<I: IntoIterator<Item = Resource>>(resources: I) -> Self {
        let mut all = Self::default();
        resources.into_iter().for_each(|resource| all.set(resource));
        all
    }
}

/// Quotes an argument for a `#SBATCH` line, only where it needs it.
///
/// sbatch splits such a line itself (`get_argument` of its `opt.c`): white space separates, `#` starts a comment even
/// inside a word, quotes of both kinds group, and a backslash takes the next character as it is, inside quotes too.
pub fn directive_text(argument: &str) -> Cow<'_, str> {
    let special = |character: char| character.is_ascii_whitespace() || "\u{b}\"'\\#".contains(character);
    if !argument.contains(special) {
        return Cow::Borrowed(argument);
    }
    let (option, value) = match argument.split_once('=') {
        Some((option, value)) if !option.contains(special) => (format!("{option}="), value),
        _ => (String::new(), argument),
    };
    let value = value.replace('\\', r"\\").replace('"', r#"\""#);
    Cow::Owned(format!("{option}\"{value}\""))
}

/// On disk a resource is `["time", "1:00"]`, `["hold", true]`, `["gres", ["a", "b"]]` or `["mem", null]`.
impl Serialize for Resource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.setting {
            Setting::Flag => (&self.name, true).serialize(serializer),
            Setting::Value(value) => (&self.name, value).serialize(serializer),
            Setting::Repeated(values) => (&self.name, values).serialize(serializer),
            Setting::Omitted => (&self.name, ()).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Resource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde_json::Value;
        let (name, written) = <(String, Value)>::deserialize(deserializer)?;
        let setting = match written {
            Value::Bool(true) => Setting::Flag,
            Value::String(value) => Setting::Value(value),
            Value::Null => Setting::Omitted,
            Value::Array(_) => {
                Setting::Repeated(Vec::<String>::deserialize(written).map_err(D::Error::custom)?)
            }
            other => return Err(D::Error::custom(format!("resource `{name}` cannot be set to {other}"))),
        };
        Self::new(name, setting).map_err(D::Error::custom)
    }
}

impl Serialize for Resources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Resources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Resource>::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests;
