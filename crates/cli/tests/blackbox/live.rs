//! The live view of several runs on a terminal, as it stands on the screen.

use std::num::NonZeroU16;
use std::thread;
use std::time::{Duration, Instant};

use crate::kit::{PATIENCE, Terminal, Tool, World};
use crate::local_world;

/// Draws a progress bar up to the half, and waits there for a file called as its parameter, or `all`.
const BAR: &str = r"import os, sys, time
n = sys.argv[1].split('=')[1]
print('loading', n)
for i in range(6):
    print(f'\r{i * 10:3d}%|{i * chr(0x2588):<10}| {i}/10', end='', file=sys.stderr, flush=True)
while not os.path.exists(n) and not os.path.exists('all'):
    time.sleep(0.01)
if n == '2':
    sys.exit('bad luck')
";

/// What a person sees.
struct Picture {
    parser: vt100::Parser,
    read: usize,
}

impl Picture {
    fn new() -> Self {
        let (lines, columns) = (size(40), size(100));
        Self { parser: vt100::Parser::new(lines, columns, 100), read: 0 }
    }

    fn update(&mut self, terminal: &Terminal) -> Vec<String> {
        let written = terminal.written();
        let news = &written[self.read..];
        let mut begin = 0;
        for erasing in news.windows(3).enumerate().filter(|(_, bytes)| bytes == b"\x1b[J").map(|(at, _)| at) {
            self.parser.process(&news[begin..erasing]);
            begin = erasing;
            // Some terminals keep a screen that is erased as a whole in what can be scrolled back to.
            assert_ne!(self.parser.screen().cursor_position(), (0, 0));
        }
        self.parser.process(&news[begin..]);
        self.read = written.len();
        let text = self.parser.screen().contents();
        text.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// Waits until the lines are as they should be.
    #[track_caller]
    fn expect(&mut self, terminal: &Terminal, expected: &[&str]) {
        assert_eq!(self.expect_last(terminal, expected), 0, "lines above {expected:#?}");
    }

    /// Waits until the last lines are as they should be, but for the times, which are written as 0:00, and counts
    /// those above.
    #[track_caller]
    fn expect_last(&mut self, terminal: &Terminal, expected: &[&str]) -> usize {
        let began = Instant::now();
        loop {
            let lines: Vec<String> = self.update(terminal).iter().map(|line| without_times(line)).collect();
            if lines.ends_with(&expected.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()) {
                return lines.len() - expected.len();
            }
            assert!(began.elapsed() < PATIENCE, "expected {expected:#?}, and there is {lines:#?}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What can be scrolled back to, and what stands on the screen.
    fn all(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for back in (1..=100).rev() {
            self.parser.screen_mut().set_scrollback(back);
            if self.parser.screen().scrollback() == back {
                lines.push(self.parser.screen().rows(0, u16::MAX).next().unwrap());
            }
        }
        self.parser.screen_mut().set_scrollback(0);
        lines.extend(self.parser.screen().contents().lines().map(str::to_owned));
        lines
    }

    fn resize(&mut self, terminal: &Terminal, lines: u16, columns: u16) {
        self.update(terminal);
        self.parser.set_size(size(lines), size(columns));
        terminal.resize(lines, columns);
    }
}

fn size(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

/// Writes each time of a few seconds as 0:00, and leaves out how long is left.
fn without_times(line: &str) -> String {
    let line =
        line.split_once(" · ~").or_else(|| line.split_once(" · ? ")).map_or(line, |(before, _)| before);
    let words = line.split(' ').map(|word| match word.strip_prefix("0:") {
        Some(seconds) if seconds.len() == 2 => "0:00",
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn world(points: u32) -> World {
    let world = local_world();
    world.file("params.json", serde_json::json!({"n": (0..points).collect::<Vec<u32>>()}).to_string());
    world.file("bar.py", BAR);
    world
}

fn sweep(world: &World, line: &str) -> Terminal {
    world.tool(Tool::Neusweep, line.split(' ')).on_terminal()
}

const FIVE: &str = "50%|█████     | 5/10";

#[test]
fn runs_have_a_line_each_and_failures_stay() {
    let world = world(4);
    let mut terminal = sweep(&world, "neurun -j2 local cpu bar.py");
    let mut picture = Picture::new();
    let heading = "launch 1: 4 runs of bar on local/cpu";
    let bar = |run: u32| format!("1.{run}  n{run}  0:00  {FIVE}");
    picture.expect(&terminal, &[heading, &bar(0), &bar(1), "0/4 done, 2 running · 0:00"]);
    world.file("0", "");
    picture.expect(&terminal, &[heading, &bar(1), &bar(2), "1/4 done, 2 running · 0:00"]);
    world.file("2", "");
    let failure =
        ["1.2 failed: exit code 1", "  | loading 2", &format!("  |  {FIVE}bad luck")].map(str::to_owned);
    let told: Vec<&str> = failure.iter().map(String::as_str).collect();
    let mut expected = vec![heading];
    expected.extend(&told);
    let rest = [bar(1), bar(3), "2/4 done, 1 failed, 2 running · 0:00".to_owned()];
    expected.extend(rest.iter().map(String::as_str));
    picture.expect(&terminal, &expected);
    world.file("all", "");
    terminal.wait().exited(1);
    let mut expected = vec![heading];
    expected.extend(&told);
    expected.extend(["launch 1: 3 succeeded, 1 failed", "1.2 failed: exit code 1"]);
    picture.expect(&terminal, &expected);
}

#[test]
fn another_size_has_the_lines_cut_and_counted() {
    let world = world(4);
    let mut terminal = sweep(&world, "neurun -j4 local cpu bar.py");
    let mut picture = Picture::new();
    let heading = "launch 1: 4 runs of bar on local/cpu";
    let bar = |run: u32| format!("1.{run}  n{run}  0:00  {FIVE}");
    let total = "0/4 done, 4 running · 0:00";
    picture.expect(&terminal, &[heading, &bar(0), &bar(1), &bar(2), &bar(3), total]);
    picture.resize(&terminal, 40, 60);
    picture.expect(&terminal, &[heading, &bar(0), &bar(1), &bar(2), &bar(3), total]);
    picture.resize(&terminal, 5, 60);
    picture.expect_last(&terminal, &[&bar(0), "and 3 more", total]);
    picture.resize(&terminal, 40, 60);
    // What was pushed out at the top cannot be taken away there.
    picture.expect_last(&terminal, &[&bar(0), &bar(1), &bar(2), &bar(3), total]);
    world.file("all", "");
    terminal.wait().exited(1);
}

#[test]
fn more_runs_than_a_terminal_has_lines_are_counted_and_push_nothing_out() {
    let world = world(64);
    let line = world.tool(Tool::Neusweep, ["neurun", "-j64", "local", "cpu", "bar.py"]);
    let mut terminal = line.on_terminal();
    let mut picture = Picture::new();
    picture.resize(&terminal, 24, 80);
    let bar = |run: u32| format!("{:5} {:4} 0:00  {FIVE}", format!("1.{run}"), format!("n{run}"));
    let view = |runs: &mut dyn Iterator<Item = u32>, last: [&str; 2]| {
        runs.take(15).map(bar).chain(last.map(str::to_owned)).collect::<Vec<String>>()
    };
    let lines = view(&mut (0..64), ["and 49 more", "0/64 done, 64 running · 0:00"]);
    picture.expect_last(&terminal, &lines.iter().map(String::as_str).collect::<Vec<_>>());
    world.file("2", "");
    let failure =
        ["1.2 failed: exit code 1", "  | loading 2", &format!("  |  {FIVE}bad luck")].map(str::to_owned);
    let rest =
        view(&mut (0..64).filter(|run| *run != 2), ["and 48 more", "1/64 done, 1 failed, 63 running · 0:00"]);
    let lines: Vec<&str> = failure.iter().chain(&rest).map(String::as_str).collect();
    picture.expect_last(&terminal, &lines);
    world.file("all", "");
    terminal.wait().exited(1);
    picture.update(&terminal);
    assert_eq!(
        picture.all().iter().filter(|line| line.contains("running")).count(),
        0,
        "{:#?}",
        picture.all()
    );
}

#[test]
fn a_narrow_terminal_breaks_no_line() {
    let world = world(2);
    let mut terminal = sweep(&world, "neurun -j2 local cpu bar.py");
    let mut picture = Picture::new();
    let bar = |run: u32| format!("1.{run}  n{run}  0:00  {FIVE}");
    let heading = "launch 1: 2 runs of bar on local/cpu";
    picture.expect(&terminal, &[heading, &bar(0), &bar(1), "0/2 done, 2 running · 0:00"]);
    // Most terminals break lines that no longer fit, and this one does not: what stood above may be gone.
    picture.resize(&terminal, 40, 26);
    picture.expect(
        &terminal,
        &["1.0  n0  0:00  50%|█████…", "1.1  n1  0:00  50%|█████…", "0/2 done, 2 running · 0:…"],
    );
    world.file("all", "");
    terminal.wait().succeeded();
}

#[test]
fn ctrl_c_leaves_a_clean_terminal() {
    let world = world(4);
    let mut terminal = sweep(&world, "-y neurun -j2 local cpu bar.py");
    let mut picture = Picture::new();
    terminal.expect("5/10");
    terminal.type_in("\x03");
    terminal.wait().exited(130);
    picture.expect(&terminal, &["launch 1: 4 runs of bar on local/cpu", "launch 1: 4 cancelled"]);
    assert_eq!(world.states("1"), ["cancelled"; 4]);
}

#[test]
fn a_question_stands_where_the_view_was() {
    let world = world(2);
    let mut terminal = sweep(&world, "neurun -j2 local cpu bar.py");
    let mut picture = Picture::new();
    let heading = "launch 1: 2 runs of bar on local/cpu";
    let question = "stop the launch [s], leave it running in the background [d], or go on [c]?";
    let bar = |run: u32| format!("1.{run}  n{run}  0:00  {FIVE}");
    let total = "0/2 done, 2 running · 0:00";
    picture.expect(&terminal, &[heading, &bar(0), &bar(1), total]);
    terminal.type_in("\x03");
    picture.expect(&terminal, &[heading, "", question]);
    terminal.type_in("c\n");
    let answered = format!("{question} c");
    picture.expect(&terminal, &[heading, "", &answered, &bar(0), &bar(1), total]);
    world.file("all", "");
    terminal.wait().succeeded();
    picture.expect(&terminal, &[heading, "", &answered, "launch 1: all 2 runs succeeded"]);
}

#[test]
fn a_stop_that_nobody_could_end_stops_nothing() {
    let world = world(2);
    let mut terminal = sweep(&world, "neurun -j2 local cpu bar.py");
    terminal.expect("5/10");
    terminal.type_in("\x1a");
    terminal.expect("^Z");
    world.file("all", "");
    terminal.wait().succeeded();
    let lines = Picture::new().update(&terminal);
    assert_eq!(lines.last().unwrap(), "launch 1: all 2 runs succeeded");
    assert!(!lines.iter().any(|line| line.contains("running")), "{lines:#?}");
}

#[test]
fn stream_prints_what_runs_print() {
    let world = local_world();
    world.file("t.sh", "echo line one; echo line two");
    let shown = |words: &str| {
        let mut terminal = world.tool(Tool::Neurun, words.split(' ')).on_terminal();
        terminal.wait().succeeded().stdout
    };
    assert_eq!(shown("--stream --runs=2 local cpu t.sh").matches("line one\r\n").count(), 2);
    assert_eq!(shown("--runs=2 local cpu t.sh").matches("line one\r\n").count(), 0);
}

#[test]
fn quiet_shows_failures_and_nothing_else() {
    let world = local_world();
    world.file("t.sh", "echo seen; exit $1");
    let shown = |words: &str, code| {
        let mut terminal = world.tool(Tool::Neurun, words.split(' ')).on_terminal();
        terminal.wait().exited(code).stdout
    };
    assert_eq!(shown("-q --runs=2 local cpu t.sh 0", 0), "");
    assert_eq!(
        shown("-q --runs=2 local cpu t.sh 3", 1),
        "launch 2: 2 failed\r\n2.0-1 failed: exit code 3\r\n  | seen\r\n"
    );
}

#[test]
fn a_terminal_that_cannot_write_over_gets_plain_lines() {
    let world = local_world();
    world.file("t.sh", "echo seen");
    for (name, value) in [("TERM", "dumb"), ("NO_COLOR", "1")] {
        let line = world.tool(Tool::Neurun, ["--runs=2", "local", "cpu", "t.sh"]).env(name, value);
        let shown = line.on_terminal().wait().succeeded().stdout;
        assert_eq!(shown.matches("seen\r\n").count(), 2, "{name}: {shown:?}");
        assert!(!shown.contains('\x1b'), "{name}: {shown:?}");
    }
}

#[test]
fn pipes_get_plain_lines() {
    let world = local_world();
    world.file("t.sh", "echo seen");
    let outcome = world.neurun("--runs=2 local cpu t.sh").succeeded();
    assert_eq!(outcome.stdout, "seen\nseen\n");
    assert!(!outcome.stderr.contains('\x1b'), "{}", outcome.stderr);
}
