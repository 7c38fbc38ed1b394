use std::num::NonZeroU32;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use nix::sys::signal::{Signal, killpg};

use super::*;
use crate::id::LaunchId;

const RUN: RunId = RunId { launch: LaunchId(4), run: 2 };

const NONE: RunLimits = RunLimits { time: None, memory: None, processors: None };

fn keeper(limits: RunLimits, means: Means) -> Keeper {
    Keeper::of(limits, means, shared()).unwrap()
}

/// A folder that cannot be made: these tests choose alone.
fn shared() -> PathBuf {
    "/nowhere/shared".into()
}

/// What became of a program: the limit that it exceeded while it ran, or that is known once it is over.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Ended,
    During(Exceeded),
    After(Exceeded),
}

/// Starts a program as a worker does, and does what a worker does with it.
fn execute(keeper: &mut Keeper, argv: &[&str]) -> Came {
    let mut guard = keeper.guard(RUN).unwrap().expect("it is limited");
    let mut child = Command::new(argv[0]).args(&argv[1..]).process_group(0).spawn().unwrap();
    let program = Pid::from_raw(i32::try_from(child.id()).unwrap());
    guard.started(program);
    let during = watch(guard.as_mut(), &mut child);
    if during.is_some() {
        killpg(program, Signal::SIGKILL).unwrap();
    }
    child.wait().unwrap();
    match (during, guard.ended()) {
        (Some(exceeded), _) => Came::During(exceeded),
        (None, Some(exceeded)) => Came::After(exceeded),
        (None, None) => Came::Ended,
    }
}

fn watch(guard: &mut dyn Guard, child: &mut Child) -> Option<Exceeded> {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < Duration::from_secs(30), "nothing ended it");
        let now = Instant::now();
        if guard.next().is_some_and(|next| next <= now)
            && let Some(exceeded) = guard.look(now)
        {
            return Some(exceeded);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    None
}

fn allocate(megabytes: u64) -> Vec<String> {
    let script = format!(
        "held = bytearray({megabytes} << 20)\nfor i in range(0, len(held), 4096): held[i] = 1\nimport time; time.sleep(3)"
    );
    ["python3", "-c", &script].map(str::to_owned).to_vec()
}

fn memory_of(megabytes: u64) -> RunLimits {
    RunLimits { memory: Some(MemorySize::from_bytes(megabytes << 20)), ..NONE }
}

/// Tells whether 200 megabytes were too little. The program may be over by then: version 2 kills all its processes at
/// once, version 1 one of them, and a `python3` that a version manager provides is two.
fn exceeded_memory(came: &Came) -> bool {
    let exceeded = Exceeded::Memory { bytes: 200 << 20 };
    [Came::During(exceeded), Came::After(exceeded)].contains(came)
}

/// Tells whether cgroups can be made here; as root in the VM of the tests they can.
fn cgroups_can_be_made() -> bool {
    let mut memory = Memory::limited_to(MemorySize::from_bytes(1 << 30), Means::Cgroups);
    let mut watch = memory.step_in(RUN);
    watch.step_out();
    let is_by_kernel = format!("{watch:?}").contains("Kernel");
    watch.end();
    is_by_kernel
}

#[test]
fn without_limits_nothing_is_kept() {
    assert!(keeper(NONE, Means::Cgroups).guard(RUN).unwrap().is_none());
}

#[test]
fn a_program_that_takes_longer_is_told_when_its_time_is_over() {
    let limits = RunLimits { time: Some(Duration::from_secs(1)), ..NONE };
    let began = Instant::now();
    let came = execute(&mut keeper(limits, Means::Looking), &["sleep", "600"]);
    assert_eq!(came, Came::During(Exceeded::Time { seconds: 1 }));
    assert!((Duration::from_secs(1)..Duration::from_secs(3)).contains(&began.elapsed()));
    assert_eq!(execute(&mut keeper(limits, Means::Looking), &["true"]), Came::Ended);
}

#[test]
fn a_program_that_is_over_but_not_reaped_was_in_time() {
    let limits = RunLimits { time: Some(Duration::from_millis(1)), ..NONE };
    let mut keeper = keeper(limits, Means::Looking);
    let mut guard = keeper.guard(RUN).unwrap().unwrap();
    let mut child = Command::new("true").spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    guard.started(Pid::from_raw(pid));
    while crate::process::living().iter().any(|process| process.pid == pid) {
        std::thread::yield_now();
    }
    let late = guard.next().unwrap();
    assert_eq!(guard.look(late), None);
    assert_eq!(guard.next(), None);
    child.wait().unwrap();
}

#[test]
fn memory_is_limited_by_looking() {
    let argv = allocate(300);
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let came = execute(&mut keeper(memory_of(200), Means::Looking), &argv);
    assert_eq!(came, Came::During(Exceeded::Memory { bytes: 200 << 20 }));
    assert_eq!(execute(&mut keeper(memory_of(400), Means::Looking), &argv), Came::Ended);
}

#[test]
fn memory_is_limited_by_the_kernel_where_it_can_be() {
    if !cgroups_can_be_made() {
        return;
    }
    let before = std::fs::read_to_string("/proc/self/cgroup").unwrap();
    let argv = allocate(300);
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let mut keeper = keeper(memory_of(200), Means::Cgroups);
    assert!(exceeded_memory(&execute(&mut keeper, &argv)));
    assert_eq!(execute(&mut keeper, &["true"]), Came::Ended);
    assert_eq!(std::fs::read_to_string("/proc/self/cgroup").unwrap(), before);
    drop(keeper);
    let places = cgroup::places(&before, std::path::Path::new(cgroup::ROOT));
    let left = format!("neu-{}-{RUN}", std::process::id());
    assert!(places.iter().all(|place| !place.has(&left)));
}

#[test]
fn a_child_that_the_kernel_kills_is_noticed_while_its_parent_goes_on() {
    if !cgroups_can_be_made() {
        return;
    }
    let script = "import os, time\nif os.fork() == 0:\n held = bytearray(300 << 20)\n for i in range(0, len(held), 4096): held[i] = 1\nos.wait()\ntime.sleep(600)";
    let came = execute(&mut keeper(memory_of(200), Means::Cgroups), &["python3", "-c", script]);
    assert!(exceeded_memory(&came), "{came:?}");
}

#[test]
fn a_limit_that_is_less_than_a_worker_needs_does_not_harm_the_worker() {
    if !cgroups_can_be_made() {
        return;
    }
    let limits = RunLimits { memory: Some(MemorySize::from_bytes(1 << 20)), ..NONE };
    let argv = allocate(50);
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let came = execute(&mut keeper(limits, Means::Cgroups), &argv);
    assert_ne!(came, Came::Ended);
}

#[test]
fn a_program_sees_the_processors_that_it_got_and_its_worker_keeps_all() {
    let test = std::thread::spawn(|| {
        let before = processors().unwrap();
        let limits = RunLimits { processors: NonZeroU32::new(1), ..NONE };
        let mut keeper = keeper(limits, Means::Looking);
        let argv = ["python3", "-c", "import os, sys; sys.exit(len(os.sched_getaffinity(0)) != 1)"];
        let mut guard = keeper.guard(RUN).unwrap().unwrap();
        let mut child = Command::new(argv[0]).args(&argv[1..]).spawn().unwrap();
        guard.started(Pid::from_raw(i32::try_from(child.id()).unwrap()));
        assert_eq!(processors().unwrap(), before);
        assert!(child.wait().unwrap().success());
        assert_eq!((guard.next(), guard.ended()), (None, None));
        let many = RunLimits { processors: NonZeroU32::new(100_000), ..NONE };
        assert!(Keeper::of(many, Means::Looking, shared()).unwrap().guard(RUN).is_err());
    });
    test.join().unwrap();
}

#[test]
fn a_program_that_cannot_be_started_leaves_nothing_behind() {
    let test = std::thread::spawn(|| {
        let before = (std::fs::read_to_string("/proc/self/cgroup").unwrap(), processors().unwrap());
        let limits = RunLimits { processors: NonZeroU32::new(1), ..memory_of(200) };
        let mut keeper = keeper(limits, Means::Cgroups);
        keeper.guard(RUN).unwrap().unwrap().not_started();
        drop(keeper);
        assert_eq!((std::fs::read_to_string("/proc/self/cgroup").unwrap(), processors().unwrap()), before);
    });
    test.join().unwrap();
}
