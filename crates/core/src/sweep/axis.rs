//! One parameter and the values it takes, each rendered once, since a sweep may use it a million times.

use crate::document::{Value, json};

/// A parameter with its values in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    name: String,
    /// The name as a JSON string with its colon.
    json_key: String,
    /// Never empty.
    choices: Vec<Choice>,
    /// How many points share a value before the next one comes: the number of combinations of all later axes.
    pub(super) stride: u64,
}

impl Axis {
    /// Makes an axis; its stride is set when the whole sweep is known.
    pub(super) fn new(name: &str, values: Vec<Value>) -> Self {
        let mut json_key = String::new();
        json::write_string(name, &mut json_key);
        json_key.push(':');
        let choices = values.into_iter().map(|value| Choice::new(name, value)).collect();
        Self { name: name.to_owned(), json_key, choices, stride: 1 }
    }

    /// The parameter's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its values, in the order of the file, repetitions included.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// The number of its values.
    pub(super) fn length(&self) -> u64 {
        self.choices.len() as u64
    }

    /// The value that the point at `index` has.
    pub(super) fn choice(&self, index: u64) -> &Choice {
        let place = index / self.stride % self.length();
        &self.choices[usize::try_from(place).unwrap_or(usize::MAX)]
    }

    pub(super) fn json_key(&self) -> &str {
        &self.json_key
    }
}

/// One value of a parameter, as the file says it and as a program gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    value: Value,
    json: String,
    /// `--name=value`, and where the value starts in it; `None` leaves the parameter out.
    flag: Option<(String, usize)>,
}

impl Choice {
    fn new(name: &str, value: Value) -> Self {
        let mut json = String::new();
        json::write(&value, &mut json);
        let argument = match &value {
            Value::Null => None,
            Value::Bool(true) => Some("True"),
            Value::Bool(false) => Some("False"),
            Value::Text(text) => Some(text.as_str()),
            Value::Number(_) | Value::List(_) | Value::Table(_) => Some(json.as_str()),
        };
        let flag = argument.map(|argument| (format!("--{name}={argument}"), name.len() + "--=".len()));
        Self { value, json, flag }
    }

    /// The value as it stands in the file.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The value as compact JSON: numbers as written, non-ASCII text as it is.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The whole argument, `--name=value`; `None` where the parameter is left out.
    pub fn flag(&self) -> Option<&str> {
        self.flag.as_ref().map(|(flag, _)| flag.as_str())
    }

    /// What stands behind the `=`: number text as written, `True` and `False` as Python prints them, a string raw, a
    /// list or an object as compact JSON; `None` where the parameter is left out.
    pub fn argument(&self) -> Option<&str> {
        self.flag.as_ref().map(|(flag, start)| &flag[*start..])
    }
}
