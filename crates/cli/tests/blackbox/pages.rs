//! The examples of docs/params.md, played: each command of the page is run, and prints what the page shows.
//!
//! A heading starts with an empty folder, but for `train.py`. A block of JSON, TOML or YAML becomes `params.json`,
//! `params.toml` or `params.yaml`; a file that `cat` shows before it is there is written. Standard error may be shown
//! before or behind standard output, and only a command that fails must show it. With `NEU_TEST_PAGES=write` the page gets
//! what was seen.

use std::fs;
use std::path::Path;

use crate::kit::{Outcome, World};

/// What the page calls this machine, and the folder in which a user is.
const HOST: &str = "laptop";
const FOLDER: &str = "/home/ada/project";

const PAGES: &[&str] = &["docs/params.md"];

#[test]
fn the_examples_of_the_pages_are_real() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for page in PAGES {
        let path = root.join(page);
        let text = fs::read_to_string(&path).unwrap();
        let played = Player::new().page(&text);
        if std::env::var_os("NEU_TEST_PAGES").is_some_and(|what| what == "write") {
            fs::write(&path, played).unwrap();
        } else {
            assert_same(page, &text, &played);
        }
    }
}

#[test]
fn an_example_that_is_not_so_is_found() {
    let page = |shown: &str| {
        format!(
            "# A\n```json\n{{\"lr\": [0.10, 1]}}\n```\n```console\n$ neusweep --dry-run train.py\n{shown}```\n"
        )
    };
    let right = page("python train.py --lr=0.10\npython train.py --lr=1\n");
    assert_eq!(Player::new().page(&right), right);
    assert_eq!(Player::new().page(&page("python train.py --lr=0.1\npython train.py --lr=1\n")), right);
    assert_eq!(Player::new().page(&page("")), right);
    let elsewhere = "# A\n```json\n{\"lr\": 1}\n```\n# B\n```console\n$ ls\ntrain.py\n```\n";
    assert_eq!(Player::new().page(elsewhere), elsewhere);
}

#[track_caller]
fn assert_same(page: &str, shown: &str, seen: &str) {
    let pairs = shown.lines().zip(seen.lines()).enumerate();
    if let Some((number, (shown, seen))) = pairs.into_iter().find(|(_, (shown, seen))| shown != seen) {
        let line = number + 1;
        panic!(
            "{page}:{line} shows\n  {shown}\nbut really it is\n  {seen}\n(NEU_TEST_PAGES=write mends the page)"
        );
    }
    assert_eq!(shown.lines().count(), seen.lines().count(), "{page} ends differently");
}

/// Reads a page from its top and does what it says.
struct Player {
    world: World,
}

impl Player {
    fn new() -> Self {
        let world = World::new();
        world.file("train.py", "");
        Self { world }
    }

    /// Gives the page with what was really seen behind each command.
    fn page(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut lines = text.split_inclusive('\n');
        while let Some(line) = lines.next() {
            out.push_str(line);
            if line.starts_with('#') {
                *self = Self::new();
            }
            let Some(language) = line.trim_end().strip_prefix("```") else { continue };
            let block: String = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            match language {
                "json" | "toml" | "yaml" => self.parameters(language, &block),
                "console" => {
                    out.push_str(&self.console(&block));
                    out.push_str("```\n");
                    continue;
                }
                _ => {}
            }
            out.push_str(&block);
            out.push_str("```\n");
        }
        out
    }

    fn parameters(&self, language: &str, text: &str) {
        for name in ["params.json", "params.toml", "params.yaml"] {
            let _absent = fs::remove_file(self.world.path(name));
        }
        self.world.file(format!("params.{language}"), text);
    }

    fn console(&self, block: &str) -> String {
        let mut out = String::new();
        let mut lines = block.split_inclusive('\n').peekable();
        while let Some(line) = lines.next() {
            let mut command = line.to_owned();
            while command.ends_with("\\\n") {
                command.push_str(lines.next().unwrap());
            }
            let mut shown = String::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                shown.push_str(line);
            }
            let typed = command.strip_prefix("$ ").unwrap_or_else(|| panic!("not a command: {command}"));
            out.push_str(&command);
            out.push_str(&self.output(typed.trim_end(), &shown));
        }
        out
    }

    /// Gives what stands behind a command: what is shown where that is so, and else what was seen.
    fn output(&self, command: &str, shown: &str) -> String {
        match command.strip_prefix("cat ") {
            Some(file) if !self.world.path(file).exists() => {
                self.world.file(file, shown);
                shown.to_owned()
            }
            _ => {
                let seen = Seen::of(&self.world.bash(command), &self.world);
                if seen.fits(shown, &self.world) { shown.to_owned() } else { seen.whole() }
            }
        }
    }
}

/// What a command printed.
struct Seen {
    stdout: String,
    stderr: String,
    has_failed: bool,
}

impl Seen {
    fn of(outcome: &Outcome, world: &World) -> Self {
        let host = nix::unistd::gethostname().unwrap().to_string_lossy().into_owned();
        let folder = world.folder().to_string_lossy().into_owned();
        let named = |text: &str| text.replace(&folder, FOLDER).replace(&host, HOST);
        Self { stdout: named(&outcome.stdout), stderr: named(&outcome.stderr), has_failed: outcome.code != 0 }
    }

    fn whole(&self) -> String {
        let text =
            if self.has_failed { [&*self.stdout, &*self.stderr].concat() } else { self.stdout.clone() };
        match text.trim_end() {
            "" => String::new(),
            text => format!("{text}\n"),
        }
    }

    fn fits(&self, shown: &str, world: &World) -> bool {
        let both = [&*self.stdout, &*self.stderr];
        let forms = [self.whole(), both.concat(), both.into_iter().rev().collect()];
        let plain = |text: &str| match text.contains("DURATION") {
            true => world.table(text),
            false => world.tidy(text),
        };
        forms.iter().any(|form| plain(form).trim_end() == plain(shown).trim_end())
    }
}
