//! `SystemRunner` against real processes.
use std::ffi::OsString;
use std::time::{Duration, Instant};

use super::*;

fn runner() -> SystemRunner {
    SystemRunner::new([("PATH", "/usr/bin:/bin"), ("MARK", "as given")].map(|(n, v)| (n.into(), v.into())))
}

fn shell(script: &str) -> Invocation {
    Invocation::submission("sh", Duration::from_secs(20)).arg("-c").arg(script)
}

fn said(script: &str) -> Reply {
    runner().run(&shell(script)).unwrap()
}

#[test]
fn both_streams_and_the_code_come_back() {
    let reply = said("echo out; echo err >&2; exit 3");
    assert_eq!(reply, scripted::reply(3, "out\n", "err\n"));
    assert!(!reply.succeeded());
}

#[test]
fn a_signal_is_not_a_code() {
    assert_eq!(said("kill -9 $$").status, Status::Signal(9));
}

#[test]
fn bytes_that_are_not_utf8_do_not_hide_the_rest() {
    assert_eq!(said("printf 'a\\377b'").stdout, "a\u{fffd}b");
}

#[test]
fn the_environment_is_exactly_the_given_one() {
    let reply = runner().run(&Invocation::submission("env", Duration::from_secs(20))).unwrap();
    let mut lines: Vec<&str> = reply.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["MARK=as given", "PATH=/usr/bin:/bin"]);
}

#[test]
fn arguments_arrive_byte_for_byte() {
    let args = ["", " ", "a\nb", "$HOME", "'\"", "--", "ü"];
    let call = Invocation::submission("printf", Duration::from_secs(20)).arg("%s|").args(args);
    assert_eq!(runner().run(&call).unwrap().stdout, args.map(|arg| format!("{arg}|")).concat());
}

#[test]
fn more_output_than_a_pipe_holds_is_drained_from_both_streams() {
    let reply = said("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2");
    assert_eq!((reply.stdout.len(), reply.stderr.len()), (300_000, 300_000));
}

#[test]
fn input_larger_than_a_pipe_goes_through_while_output_comes_back() {
    let bytes = vec![b'x'; 500_000];
    let call = Invocation { stdin: Some(bytes), ..Invocation::submission("cat", Duration::from_secs(20)) };
    assert_eq!(runner().run(&call).unwrap().stdout.len(), 500_000);
}

#[test]
fn input_that_nobody_reads_is_no_error() {
    let call = Invocation { stdin: Some(vec![b'x'; 500_000]), ..shell("exec <&-; echo done") };
    assert_eq!(runner().run(&call).unwrap().stdout, "done\n");
}

#[test]
fn without_input_the_command_reads_nothing() {
    assert_eq!(said("cat").stdout, "");
}

#[test]
fn a_deadline_kills_the_whole_group_and_keeps_what_was_said() {
    let call =
        Invocation { deadline: Duration::from_millis(200), ..shell("echo $$ busy >&2; sleep 600 & wait") };
    let begin = Instant::now();
    let Err(ToolError::Deadline { program, stderr, .. }) = runner().run(&call) else { panic!("no deadline") };
    assert!(begin.elapsed() < Duration::from_secs(10));
    assert_eq!(program, "sh");
    let group: i32 = stderr.split_once(" busy").unwrap().0.parse().unwrap();
    let is_gone = || {
        let left = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), None);
        left == Err(nix::errno::Errno::ESRCH) || only_zombies_in(group)
    };
    // A signal is on its way for a moment.
    let told = Instant::now();
    while !is_gone() {
        assert!(told.elapsed() < Duration::from_secs(10), "group {group} lives on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whoever adopts the killed grandchildren may take a moment to bury them.
fn only_zombies_in(group: i32) -> bool {
    let stats = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("stat")).ok());
    stats
        .filter_map(|stat| {
            let fields: Vec<String> =
                stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect();
            (fields[2] == group.to_string()).then(|| fields[0].clone())
        })
        .all(|state| state == "Z" || state == "X")
}

#[test]
fn a_left_behind_process_that_keeps_our_pipe_does_not_keep_us() {
    let begin = Instant::now();
    let reply = said("sleep 15 & echo 4711");
    assert_eq!(reply.stdout, "4711\n");
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_command_that_closed_its_output_is_still_waited_for() {
    assert_eq!(said("exec >&- 2>&-; sleep 0.05; exit 4").status, Status::Code(4));
}

#[test]
fn missing_is_told_from_not_startable() {
    let call = |program: &str| Invocation::query(program, Duration::from_secs(5));
    assert!(
        matches!(runner().run(&call("no-such-tool")), Err(ToolError::Missing { program }) if program == "no-such-tool")
    );
    assert!(matches!(runner().run(&call("/no/such/tool")), Err(ToolError::Missing { .. })));
    assert!(matches!(runner().run(&call("/etc/passwd")), Err(ToolError::Spawn { .. })));
}

#[test]
fn the_program_is_looked_up_on_the_given_path_only() {
    let nowhere = SystemRunner::new([(OsString::from("PATH"), OsString::from("/nowhere"))]);
    assert!(matches!(nowhere.run(&shell("true")), Err(ToolError::Missing { .. })));
    assert!(SystemRunner::new([]).run(&shell("true")).unwrap().succeeded());
}

#[test]
fn a_deadline_says_what_the_command_had_said() {
    let late = |stderr: &str| {
        let after = Duration::from_millis(1500);
        ToolError::Deadline { program: "squeue".to_owned(), after, stderr: stderr.to_owned() }.to_string()
    };
    assert_eq!(late(""), "`squeue` gave no answer within 1.5 s");
    assert_eq!(late("retrying\n"), "`squeue` gave no answer within 1.5 s (it had said: retrying)");
}
