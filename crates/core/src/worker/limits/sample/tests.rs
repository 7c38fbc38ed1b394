use std::process::{Child, Command, Stdio};

use super::*;

/// Lines of Linux 6.18.
const STATUS: &str = "VmRSS:\t    1696 kB\nRssAnon:\t     100 kB\nRssFile:\t    1584 kB\nRssShmem:\t      12 kB\nVmSwap:\t       8 kB\n";

#[test]
fn what_a_file_could_give_back_does_not_count() {
    assert_eq!(sum_of(STATUS, ["RssAnon:", "RssShmem:", "VmSwap:"]), Some(120 * 1024));
    assert_eq!(sum_of(STATUS, ["Pss_Anon:"]), None);
    assert_eq!(sum_of("RssAnon:\tmany kB\n", ["RssAnon:"]), None);
}

/// Starts a program as a run of its own: tests of one process would take each other's children for what theirs left.
fn python(run: &str, script: &str) -> Child {
    let mut command = Command::new("python3");
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.env("NEU_RUN_ID", run).spawn().unwrap()
}

fn wait_for_line(child: &mut Child) -> String {
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
        .unwrap();
    line.trim().to_owned()
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn megabytes(count: u64) -> MemorySize {
    MemorySize::from_bytes(count << 20)
}

#[test]
fn a_program_that_allocates_exceeds_a_limit_below_that_and_none_above() {
    let mut child =
        python("71.0", "held = b'x' * (100 << 20)\nprint('ready', flush=True)\nimport sys; sys.stdin.read()");
    assert_eq!(wait_for_line(&mut child), "ready");
    let program = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let pids = Processes::default().of(&Tree { program, mark: b"NEU_RUN_ID=71.0".to_vec() }, Instant::now());
    assert_eq!(pids, [program.as_raw()]);
    assert_eq!(level(&pids, megabytes(90)), Level::TooHigh);
    assert_ne!(level(&pids, megabytes(150)), Level::TooHigh);
    end(child);
}

#[test]
fn what_children_share_with_their_parent_counts_once() {
    let script = "import os, sys, time\nheld = b'x' * (100 << 20)\nfor _ in range(4):\n if os.fork() == 0:\n  time.sleep(600)\nprint('ready', flush=True)\nsys.stdin.read()";
    let mut child = python("72.0", script);
    assert_eq!(wait_for_line(&mut child), "ready");
    let program = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let pids = Processes::default().of(&Tree { program, mark: Vec::new() }, Instant::now());
    assert_eq!(pids.len(), 5);
    assert!(pids.iter().map(|pid| resident(*pid)).sum::<u64>() > 400 << 20);
    assert_ne!(level(&pids, megabytes(200)), Level::TooHigh);
    assert_eq!(level(&pids, megabytes(90)), Level::TooHigh);
    nix::sys::signal::killpg(program, nix::sys::signal::Signal::SIGKILL).unwrap();
    child.wait().unwrap();
}

#[test]
fn a_mapped_file_does_not_count() {
    let script = "import mmap, tempfile, sys\nfile = tempfile.TemporaryFile()\nfile.truncate(100 << 20)\nheld = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)\nsum(held[::4096])\nprint('ready', flush=True)\nsys.stdin.read()";
    let mut child = python("73.0", script);
    assert_eq!(wait_for_line(&mut child), "ready");
    let pid = i32::try_from(child.id()).unwrap();
    assert_ne!(level(&[pid], megabytes(60)), Level::TooHigh, "{} bytes", resident(pid));
    end(child);
}

#[test]
fn a_process_that_is_gone_has_no_memory() {
    let mut child = python("74.0", "");
    child.wait().unwrap();
    assert_eq!(resident(i32::try_from(child.id()).unwrap()), 0);
    assert_ne!(level(&[i32::try_from(child.id()).unwrap()], megabytes(1)), Level::TooHigh);
}

#[test]
fn an_orphan_is_known_by_what_it_has_inherited() {
    let this = Pid::this().as_raw();
    let mut child = python(
        "75.2",
        "import os, sys\nos.setsid() if os.getpgrp() != os.getpid() else None\nprint('ready', flush=True)\nsys.stdin.read()",
    );
    assert_eq!(wait_for_line(&mut child), "ready");
    let pid = i32::try_from(child.id()).unwrap();
    // As if the program were another process, and this one an orphan that its worker has adopted.
    let others = Tree { program: Pid::from_raw(this), mark: b"NEU_RUN_ID=75.2".to_vec() };
    assert!(Processes::default().of(&others, Instant::now()).contains(&pid));
    let stranger = Pid::from_raw(i32::MAX);
    let mut processes = Processes::default();
    let now = Instant::now();
    let of = |processes: &mut Processes, mark: &[u8]| {
        processes.of(&Tree { program: stranger, mark: mark.to_vec() }, now)
    };
    assert_eq!(of(&mut processes, b"NEU_RUN_ID=75.2"), [stranger.as_raw(), pid]);
    assert_eq!(of(&mut processes, b"NEU_RUN_ID=75.20"), [stranger.as_raw()]);
    end(child);
}

#[test]
fn runs_are_looked_at_together_and_more_often_when_they_have_much() {
    let processes = Processes::default();
    let after = |milliseconds| processes.origin + Duration::from_millis(milliseconds);
    assert_eq!(processes.next(after(0), Level::High), after(250));
    assert_eq!(processes.next(after(0), Level::Low), after(1000));
    assert_eq!(processes.next(after(0), Level::Little), after(2000));
    assert_eq!(processes.next(after(990), Level::High), after(1000));
    assert_eq!(processes.next(after(1000), Level::Low), after(2000));
}

#[test]
fn how_much_of_its_limit_a_run_has() {
    let this = [Pid::this().as_raw()];
    let resident = resident(this[0]);
    let level_of = |limit| level(&this, MemorySize::from_bytes(limit));
    let levels = [resident * 16, resident * 4, resident * 5 / 4, resident / 8].map(level_of);
    assert_eq!(levels, [Level::Little, Level::Low, Level::High, Level::TooHigh]);
}
