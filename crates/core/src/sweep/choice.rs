//! One value of a parameter in all its forms, each made once, since a sweep may use it a million times.

use std::sync::OnceLock;

use super::naming::of_value;
use super::style::{Rendered, Style};
use crate::document::{Value, json};
use crate::expression;

/// One value of a parameter: as the file says it, as a program gets it, and as an expression sees it.
#[derive(Debug, Clone)]
pub struct Choice {
    value: Value,
    label: Option<String>,
    json: String,
    rendered: Rendered,
    text: Option<String>,
    operand: expression::Value,
    /// Made when the first name is.
    word: OnceLock<String>,
}

impl Choice {
    pub(super) fn new(style: &Style, name: &str, value: Value, label: Option<String>) -> Self {
        let mut json = String::new();
        json::write(&value, &mut json);
        let rendered = style.render(name, &value);
        let text = style.text(&value);
        let operand = expression::Value::of(&value);
        Self { value, label, json, rendered, text, operand, word: OnceLock::new() }
    }

    /// The value as it stands in the file.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// What the value is called in names and tables, where that is not its own text.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// What the value, or its label, is in the name of a run: short, of portable characters, and never empty.
    pub fn word(&self) -> &str {
        self.word.get_or_init(|| of_value(&self.value, &self.json, self.label()))
    }

    /// The value as compact JSON: numbers as written, non-ASCII text as it is.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What is appended to a command for it, in the style of the sweep; a null may add nothing.
    pub fn arguments(&self) -> &[String] {
        &self.rendered.arguments
    }

    /// The environment variables that give it to a program, in styles that do.
    pub fn variables(&self) -> &[(String, String)] {
        &self.rendered.variables
    }

    /// The value alone, as it is put where a command says `{name}`; `None` where it is left out.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub(super) fn operand(&self) -> &expression::Value {
        &self.operand
    }
}
