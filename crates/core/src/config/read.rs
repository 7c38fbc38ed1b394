//! The walk over the tree of a config: every rule and every message.

use super::named::{Accepts, NameFault, Vocabulary, fault_in_value};
use super::something_else::{DEVICE_KEYS, keys_of_something_else};
use super::string_resources::as_object;
use super::{Config, ConfigError, Device, Support, SupportKind};
use crate::document::{Entry, Node, Problem, Problems, Source, Value, json, nearest};
use crate::resources::{Resource, Resources, Setting};
use crate::slurm::options::{self, Takes};

pub(super) fn read(source: &Source, extra: &[String]) -> Result<Config, ConfigError> {
    let mut reading = Reading { extra, problems: Vec::new(), unknown_options: Vec::new() };
    let mut supports = Vec::new();
    if let Some(document) = json::parse(source, &mut reading.problems) {
        if let Some(keys) = keys_of_something_else(&document) {
            return Err(ConfigError::SomethingElse { name: source.name.clone(), keys });
        }
        if let Value::Table(entries) = &document.value {
            let of_supports = entries.iter().filter(|entry| entry.key != "$schema");
            supports = of_supports.filter_map(|entry| reading.support(entry)).collect();
        }
    }
    match Problems::found_in(source, reading.problems) {
        None => Ok(Config { supports }),
        Some(problems) => Err(ConfigError::Problems { problems, unknown_options: reading.unknown_options }),
    }
}

struct Reading<'a> {
    extra: &'a [String],
    problems: Vec<Problem>,
    unknown_options: Vec<String>,
}

impl Reading<'_> {
    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn support(&mut self, entry: &Entry) -> Option<Support> {
        let Value::Table(inside) = &entry.value.value else {
            let message = format!(
                "support `{}` must be an object of devices, not {}",
                entry.key,
                entry.value.value.kind()
            );
            self.problem(
                Problem::new(&entry.value.at, message)
                    .help(r#"write `{"gpu": {"env": "", "resources": ""}}`"#),
            );
            return None;
        };
        let (kinds, devices): (Vec<_>, Vec<_>) = inside
            .iter()
            .partition(|entry| entry.key == "type" && !matches!(entry.value.value, Value::Table(_)));
        let kind = self.kind(entry, kinds.first().map(|entry| &entry.value));
        let devices = devices.into_iter().filter_map(|device| self.device(device, kind)).collect();
        Some(Support { name: entry.key.clone(), at: entry.key_at.clone(), kind, devices })
    }

    /// The kind of a support by its name, else by its type; after a problem a guess, so that the devices are read too.
    fn kind(&mut self, support: &Entry, kind_type: Option<&Node>) -> SupportKind {
        let by_name = SupportKind::called(&support.key);
        let by_type = kind_type.and_then(|node| self.named_kind(node));
        match (by_name, kind_type, by_type) {
            (Some(name), Some(node), Some(kind)) if name != kind => {
                let message =
                    format!("`{}` is {} by its name, not {}", support.key, name.word(), kind.word());
                self.problem(Problem::new(&node.at, message).help("give the support another name"));
                name
            }
            (Some(kind), ..) | (None, _, Some(kind)) => kind,
            (None, Some(_), None) => SupportKind::Slurm,
            (None, None, None) => {
                let problem =
                    Problem::new(&support.key_at, format!("`{}` is neither local nor slurm", support.key));
                let mut name = String::new();
                json::write_string(&support.key, &mut name);
                self.problem(problem.help(match nearest(&support.key, ["local", "slurm"]) {
                    Some(word) => format!("did you mean `{word}`?"),
                    None => format!(r#"say which of them it is: `{name}: {{"type": "slurm", …}}`"#),
                }));
                SupportKind::called(nearest(&support.key, ["local"]).unwrap_or("slurm"))
                    .unwrap_or(SupportKind::Slurm)
            }
        }
    }

    fn named_kind(&mut self, node: &Node) -> Option<SupportKind> {
        let Value::Text(word) = &node.value else {
            self.problem(Problem::new(&node.at, r#"`type` must be `"slurm"` or `"local"`"#));
            return None;
        };
        let kind = SupportKind::called(word);
        if kind.is_none() {
            let problem = Problem::new(&node.at, format!("a support of type `{word}` is not known"));
            self.problem(problem.help(match nearest(word, ["local", "slurm"]) {
                Some(word) => format!("did you mean `{word}`?"),
                None => "`slurm` and `local` are".to_owned(),
            }));
        }
        kind
    }

    fn device(&mut self, entry: &Entry, kind: SupportKind) -> Option<Device> {
        let Value::Table(inside) = &entry.value.value else {
            let message =
                format!("device `{}` must be an object, not {}", entry.key, entry.value.value.kind());
            let help = if DEVICE_KEYS.contains(&entry.key.as_str()) {
                format!(r#"a device belongs around it: `"gpu": {{"{}": …}}`"#, entry.key)
            } else {
                r#"write `{"env": "", "resources": ""}`"#.to_owned()
            };
            self.problem(Problem::new(&entry.value.at, message).help(help));
            return None;
        };
        let mut device = Device {
            name: entry.key.clone(),
            at: entry.key_at.clone(),
            env: Vec::new(),
            resources: Resources::default(),
            python: None,
        };
        for entry in inside {
            match entry.key.as_str() {
                "env" => device.env = self.env(&entry.value),
                "resources" => device.resources = self.resources(&entry.value, kind),
                "python" => device.python = self.python(&entry.value),
                _ => self.unknown_device_key(entry),
            }
        }
        Some(device)
    }

    fn unknown_device_key(&mut self, entry: &Entry) {
        let problem = Problem::new(&entry.key_at, format!("a device has no `{}`", entry.key));
        self.problem(match nearest(&entry.key, DEVICE_KEYS) {
            Some(key) => problem.help(format!("did you mean `{key}`?")),
            None if options::lookup(&entry.key).is_some() => problem.help("it belongs into `resources`"),
            None => problem.help("`env`, `resources` and `python` are what a device has"),
        });
    }

    fn env(&mut self, node: &Node) -> Vec<String> {
        match &node.value {
            Value::Null => Vec::new(),
            Value::Text(_) => self.env_item(node).into_iter().collect(),
            Value::List(items) => items.iter().filter_map(|item| self.env_item(item)).collect(),
            other => {
                let message = format!("`env` must be a string or a list of strings, not {}", other.kind());
                self.problem(Problem::new(&node.at, message));
                Vec::new()
            }
        }
    }

    fn env_item(&mut self, node: &Node) -> Option<String> {
        let Value::Text(lines) = &node.value else {
            let message = format!("a line of `env` must be a string, not {}", node.value.kind());
            self.problem(Problem::new(&node.at, message));
            return None;
        };
        if lines.contains('\0') {
            self.problem(Problem::new(&node.at, "a shell cannot read a NUL"));
        }
        (!lines.trim().is_empty()).then(|| lines.clone())
    }

    fn python(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Null => None,
            Value::Text(program) if !program.trim().is_empty() && !program.contains('\0') => {
                Some(program.clone())
            }
            other => {
                let message = format!("`python` must name a program, not {}", other.kind());
                let message = if matches!(other, Value::Text(_)) {
                    "`python` must name a program".into()
                } else {
                    message
                };
                self.problem(Problem::new(&node.at, message).help(r#"write `"python3.11"` or a path"#));
                None
            }
        }
    }

    fn resources(&mut self, node: &Node, kind: SupportKind) -> Resources {
        match &node.value {
            Value::Null => Resources::default(),
            Value::Text(text) if text.trim().is_empty() => Resources::default(),
            Value::Table(entries) => {
                let vocabulary = Vocabulary { kind, extra: self.extra };
                entries.iter().filter_map(|entry| self.resource(entry, vocabulary)).collect()
            }
            other => {
                let message = format!("`resources` must be an object or empty, not {}", other.kind());
                let object = match other {
                    Value::Text(text) => as_object(kind, text),
                    Value::List(items) => all_text(items).and_then(|words| as_object(kind, &words)),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::Table(_) => None,
                };
                let object = object.unwrap_or_else(|| r#"{"time": "1:00:00", "mem": "8G"}"#.to_owned());
                self.problem(Problem::new(&node.at, message).help(format!("write `{object}`")));
                Resources::default()
            }
        }
    }

    fn resource(&mut self, entry: &Entry, vocabulary: Vocabulary<'_>) -> Option<Resource> {
        let name = entry.key.as_str();
        let accepts = match vocabulary.judge(name) {
            Ok(accepts) => accepts,
            Err(fault) => {
                self.name_fault(entry, &fault);
                return None;
            }
        };
        let setting = self.setting(entry, accepts, vocabulary.kind)?;
        match Resource::new(name, setting) {
            Ok(resource) => Some(resource),
            Err(error) => {
                self.problem(Problem::new(&entry.value.at, error.to_string()));
                None
            }
        }
    }

    fn name_fault(&mut self, entry: &Entry, fault: &NameFault) {
        let name = &entry.key;
        if fault.may_be_of_a_plugin() && !self.unknown_options.contains(name) {
            self.unknown_options.push(name.clone());
        }
        let problem = Problem::new(&entry.key_at, fault.message(name));
        self.problem(match fault {
            NameFault::Form { right } | NameFault::Spelling { right } => {
                problem.help(format!("write `{right}`"))
            }
            NameFault::Misspelled { nearest } => problem.help(format!("did you mean `{nearest}`?")),
            NameFault::Ambiguous { names } => problem.help(format!("write one of `{}`", names.join("`, `"))),
            NameFault::Unknown => problem.help("`sbatch --help` lists what there is"),
            NameFault::Refused { .. } => problem,
        });
    }

    fn setting(&mut self, entry: &Entry, accepts: Accepts, kind: SupportKind) -> Option<Setting> {
        let (name, node) = (&entry.key, &entry.value);
        let bare = !matches!(accepts, Accepts::Only(Takes::Value));
        let valued = !matches!(accepts, Accepts::Only(Takes::Nothing));
        match &node.value {
            Value::Null | Value::Bool(false) => Some(Setting::Omitted),
            Value::Bool(true) if bare => Some(Setting::Flag),
            Value::Bool(true) => {
                let problem = Problem::new(&node.at, format!("`{name}` needs a value"));
                self.problem(problem.help(format!(r#"write `"{name}": "…"`, or null to leave it out"#)));
                None
            }
            Value::Table(_) => {
                let message = format!("`{name}` cannot be an object");
                let help = "a string, a number, true, null, or a list of strings goes here";
                self.problem(Problem::new(&node.at, message).help(help));
                None
            }
            _ if !valued => {
                let problem = Problem::new(&node.at, format!("`{name}` is a flag and takes no value"));
                self.problem(problem.help(format!(r#"write `"{name}": true`"#)));
                None
            }
            Value::Text(_) | Value::Number(_) => self.value(name, node, kind).map(Setting::Value),
            Value::List(items) => Some(Setting::Repeated(
                items.iter().filter_map(|item| self.value(name, item, kind)).collect(),
            )),
        }
    }

    fn value(&mut self, name: &str, node: &Node, kind: SupportKind) -> Option<String> {
        let text = match &node.value {
            Value::Text(text) => text.as_str(),
            Value::Number(text) => text,
            other => {
                let message =
                    format!("a list repeats `{name}` with strings or numbers, not {}", other.kind());
                self.problem(Problem::new(&node.at, message));
                return None;
            }
        };
        if let Some(message) = fault_in_value(kind, name, text) {
            self.problem(Problem::new(&node.at, message));
            return None;
        }
        Some(text.to_owned())
    }
}

fn all_text(items: &[Node]) -> Option<String> {
    let text = |node: &Node| match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Table(_) => None,
    };
    items.iter().map(text).collect::<Option<Vec<_>>>().map(|words| words.join(" "))
}
