//! Mistakes in files and in what was typed, each with the line that it stands in.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use neuromanager_core::document::Problems;

use super::error_word;

/// Writes each mistake with its line, and how many there are.
pub(super) fn render_problems(problems: &Problems, color: bool, width: usize) -> String {
    let mut out = render(&Level::ERROR, problems, color, width);
    let count = problems.list.len();
    if count > 1 {
        let _infallible = writeln!(out, "{} {count} problems in {}", error_word(color), problems.source.name);
    }
    out
}

/// Writes what is no mistake, and yet hardly meant.
pub(crate) fn render_warnings(problems: &Problems, color: bool, width: usize) -> String {
    render(&Level::WARNING, problems, color, width)
}

fn render(level: &Level<'_>, problems: &Problems, color: bool, width: usize) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() }.term_width(width);
    let mut out = String::new();
    for problem in &problems.list {
        let source = Snippet::source(problems.source.text.as_str())
            .path(problems.source.name.as_str())
            .annotation(AnnotationKind::Primary.span(problem.at.clone()));
        let title = level.clone().primary_title(problem.message.as_str()).element(source);
        let mut groups = vec![title];
        if let Some(help) = &problem.help {
            groups.push(Group::with_title(Level::HELP.secondary_title(help.as_str())));
        }
        out.push_str(&renderer.render(&groups));
        out.push_str("\n\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use neuromanager_core::document::{Problem, Source};

    use super::super::Failure;
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_problem_shows_its_line() {
        let source = Source {
            name: "config.json".to_owned(),
            text: "{\n  \"gpu\": { \"tiem\": \"1:00\" }\n}\n".to_owned(),
        };
        let at = source.text.find("\"tiem\"").unwrap();
        let problem = Problem::new(&(at..at + 6), "unknown key `tiem`").help("did you mean `time`?");
        let failure = Failure::from(Problems { source, list: vec![problem] });
        insta::assert_snapshot!(failure.render(false, 100), @r#"
        error: unknown key `tiem`
         --> config.json:2:12
          |
        2 |   "gpu": { "tiem": "1:00" }
          |            ^^^^^^
          |
        help: did you mean `time`?
        "#);
        assert_eq!(failure.exit(), Exit::Usage);
    }
}
