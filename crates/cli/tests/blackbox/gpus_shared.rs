//! Many runs of several launches, users and killed supervisors on the same GPUs: no GPU ever has more than its share.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpgid};

use crate::gpus::{machine, occupy};
use crate::kit::{Line, Tool, World};

/// Writes when it has its GPUs and when it gives them back, whatever ends it but KILL.
const PROGRAM: &str = r#"
say() {
    time=
    until [ -n "$time" ]; do time=$(date +%s%N); done
    echo "$1 $NEU_KEY/$NEU_RUN_ID:$NEU_ATTEMPT $SHARE $CUDA_VISIBLE_DEVICES $time" >>"$LEDGER"
}
trap : TERM
say begin
sleep 0.0$((RANDOM % 8 + 1))
say end
"#;

/// Adds up the shares of each GPU over time, from what the programs wrote, and gives how many runs were executed to the end
/// of a program. `killed` are the attempts whose program was, with a time at which it was still alive.
fn check(ledger: &Path, forbidden: &str, killed: &BTreeMap<String, u64>) -> usize {
    let text = fs::read_to_string(ledger).unwrap();
    let mut changes: Vec<(u64, i64, &str, &str)> = Vec::new();
    let mut open: BTreeMap<&str, (i64, &str)> = BTreeMap::new();
    let mut over: BTreeSet<&str> = BTreeSet::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [what, attempt, share, gpus, time] = words.as_slice() else { panic!("torn: {line}") };
        let (share, time): (i64, u64) = (share.parse().unwrap(), time.parse().unwrap());
        assert!(gpus.starts_with("GPU-") && !gpus.contains(forbidden), "{line}");
        let sign = if *what == "begin" { 1 } else { -1 };
        changes.extend(gpus.split(',').map(|gpu| (time, sign * share, gpu, *attempt)));
        if *what == "begin" {
            assert!(!over.contains(attempt), "executed twice: {line}");
            assert!(open.insert(attempt, (share, gpus)).is_none(), "executed twice: {line}");
        } else {
            assert!(open.remove(attempt).is_some(), "ended twice, or never began: {line}");
            over.insert(attempt);
        }
    }
    for (attempt, time) in killed {
        if let Some((share, gpus)) = open.remove(attempt.as_str()) {
            changes.extend(gpus.split(',').map(|gpu| (*time, -share, gpu, attempt.as_str())));
        }
        // Also where it was killed before it could write anything.
        over.insert(attempt);
    }
    assert_eq!(open.len(), 0, "{open:?}");
    // Of what happens at one nanosecond, ends come first.
    changes.sort_unstable();
    let mut held: BTreeMap<&str, i64> = BTreeMap::new();
    for (time, share, gpu, attempt) in changes {
        let sum = held.entry(gpu).or_default();
        *sum += share;
        assert!((0..=100).contains(sum), "{gpu} has {sum} % at {time} with {attempt}:\n{text}");
    }
    over.iter().map(|attempt| attempt.split_once(':').unwrap().0).collect::<BTreeSet<_>>().len()
}

/// The processes of a world that execute runs, and then those that watch over them: killed in this order, stopped ones
/// are not woken by the death of their session's leader.
pub(crate) fn supervisors(world: &World) -> Vec<i32> {
    let mark = [b"NEU_TEST_WORLD=", world.root().as_os_str().as_encoded_bytes()].concat();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ours = processes.filter_map(|process| {
        let pid: i32 = process.file_name().to_str()?.parse().ok()?;
        let environment = fs::read(process.path().join("environ")).ok()?;
        let argv = fs::read(process.path().join("cmdline")).ok()?;
        let mut words = argv.split(|byte| *byte == 0);
        let program = Path::new(std::str::from_utf8(words.next()?).ok()?).file_name()?.to_owned();
        let is_ours = environment.split(|byte| *byte == 0).any(|variable| variable == mark);
        let half = words.next()?;
        let is_one = is_ours && program == "neu" && matches!(half, b"worker" | b"execute");
        is_one.then(|| (half == b"worker", pid))
    });
    let mut ours: Vec<(bool, i32)> = ours.collect();
    ours.sort_unstable();
    ours.into_iter().map(|(_, pid)| pid).collect()
}

/// A program that a run executes now, as `KEY/12.3:1`.
fn a_program(world: &World, choice: u64) -> Option<(i32, String)> {
    let mark = format!("NEU_TEST_WORLD={}", world.root().display());
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let programs: Vec<(i32, String)> = processes
        .filter_map(|process| {
            let pid: i32 = process.file_name().to_str()?.parse().ok()?;
            let argv = fs::read(process.path().join("cmdline")).ok()?;
            // Its subshells look the same, but the program leads the group.
            let is_program =
                argv.ends_with(b"program.sh\0") && getpgid(Some(Pid::from_raw(pid))).ok()?.as_raw() == pid;
            let environment = fs::read(process.path().join("environ")).ok().filter(|_| is_program)?;
            let variables: Vec<&str> =
                environment.split(|byte| *byte == 0).flat_map(std::str::from_utf8).collect();
            let value = |name: &str| variables.iter().find_map(|variable| variable.strip_prefix(name));
            variables.contains(&mark.as_str()).then_some(())?;
            let [key, run, attempt] = ["NEU_KEY=", "NEU_RUN_ID=", "NEU_ATTEMPT="].map(value);
            Some((pid, format!("{}/{}:{}", key?, run?, attempt?)))
        })
        .collect();
    programs.get(usize::try_from(choice).unwrap() % programs.len().max(1)).cloned()
}

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

/// How often a supervisor is killed. Whoever started one waits for up to 13 s for its last words.
const KILLS: u32 = 10;

/// How often a program is.
const KILLS_OF_PROGRAMS: usize = 10;

/// Devices, the percentage of a GPU that their runs get, and how many of these there are: 200 together.
const LAUNCHES: [(&str, u32, usize); 5] =
    [("quarter", 25, 50), ("half", 50, 50), ("memory", 42, 40), ("gpu", 100, 40), ("two", 100, 20)];

fn start<'a>(world: &World, share: u32, words: impl Iterator<Item = &'a str>) -> Line {
    with_ledger(world, share, world.tool(Tool::Neurun, words))
}

fn with_ledger(world: &World, share: u32, line: Line) -> Line {
    line.env("LEDGER", world.root().join("ledger")).env("SHARE", share.to_string())
}

#[test]
fn two_hundred_runs_of_five_launches_never_have_more_than_there_is() {
    let world = machine(4);
    world.file("program.sh", PROGRAM);
    occupy(&world, 2, std::process::id());
    let launches = LAUNCHES.map(|(device, share, runs)| {
        let words = format!("--runs={runs} --yes local {device} program.sh");
        start(&world, share, words.split(' ')).spawn()
    });
    for mut launch in launches {
        launch.wait().succeeded();
    }
    assert_eq!(check(&world.root().join("ledger"), "GPU-0002", &BTreeMap::new()), 200);
}

#[test]
fn supervisors_and_programs_that_are_killed_at_any_moment_give_nothing_away_twice() {
    let world = machine(8);
    world.file("program.sh", PROGRAM);
    occupy(&world, 5, std::process::id());
    let mut launches: Vec<_> = LAUNCHES
        .iter()
        .map(|(device, share, runs)| {
            let words = format!("--runs={runs} --yes local {device} program.sh");
            let mut line = start(&world, *share, words.split(' ')).spawn();
            let id = wait_for_launch(&world, &mut line);
            (id, *share, Some(line))
        })
        .collect();
    let seed = u64::from(std::process::id());
    let mut random = seed;
    let mut next = move |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let began = Instant::now();
    let (mut kills, mut failed, mut killed) = (0, 0, BTreeMap::new());
    while !launches.is_empty() {
        if began.elapsed() > Duration::from_secs(150) {
            let told: Vec<String> =
                launches.iter().map(|(id, ..)| world.neu(&format!("status {id}")).stdout).collect();
            panic!("seed {seed}: not over: {}", told.concat());
        }
        std::thread::sleep(Duration::from_millis(next(100)));
        if killed.len() < KILLS_OF_PROGRAMS
            && let Some((pid, attempt)) = a_program(&world, next(100))
        {
            let alive_at = now();
            if kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok() {
                killed.insert(attempt, alive_at);
            }
        }
        if kills < KILLS
            && let pids = supervisors(&world)
            && !pids.is_empty()
        {
            let _gone =
                kill(Pid::from_raw(pids[usize::try_from(next(100)).unwrap() % pids.len()]), Signal::SIGKILL);
            kills += 1;
        }
        launches.retain_mut(|(id, share, line)| {
            if line.as_mut().is_some_and(|line| !line.is_over()) {
                return true;
            }
            *line = None;
            let states = world.states(id);
            if states.iter().all(|state| ["succeeded", "failed"].contains(&state.as_str())) {
                failed += states.iter().filter(|state| *state == "failed").count();
                return false;
            }
            *line = Some(with_ledger(&world, *share, world.tool(Tool::Neu, ["resume", id])).spawn());
            true
        });
    }
    assert_eq!((kills, killed.len()), (KILLS, KILLS_OF_PROGRAMS), "not all was tried");
    assert!(failed <= killed.len(), "{failed} runs failed, and {} programs were killed", killed.len());
    assert_eq!(check(&world.root().join("ledger"), "GPU-0005", &killed), 200);
    assert!(world.survivors().is_empty(), "{:?}", world.survivors());
}

/// Gives the number of a launch that was just started.
fn wait_for_launch(world: &World, line: &mut crate::kit::Background) -> String {
    let count = || fs::read_dir(world.store().join("launches")).map_or(0, Iterator::count);
    let before = count();
    crate::kit::wait_until("there is a launch", || {
        assert!(!line.is_over() || count() > before);
        count() > before && world.store().join(format!("launches/{}/launch.json", before + 1)).exists()
    });
    (before + 1).to_string()
}

/// Makes a world's folders writable for everybody, and copies the program to where anybody may execute it.
fn open_to_all(world: &World) {
    for folder in [world.root().to_owned(), world.folder(), world.root().join("tmp")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    }
    let ledger = world.root().join("ledger");
    fs::write(&ledger, "").unwrap();
    for file in [ledger, world.root().join("calls")] {
        fs::write(&file, "").unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
    }
    fs::copy(Tool::Neurun.path(), world.root().join("neurun")).unwrap();
    fs::copy(Tool::Neu.path(), world.root().join("neu")).unwrap();
}

#[test]
fn two_users_share_the_gpus_of_a_machine_and_cannot_block_each_other() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let world = machine(2);
    world.file("program.sh", PROGRAM);
    open_to_all(&world);
    let as_user = |uid: u32, share: u32, words: &str| {
        let folder = world.folder().join(uid.to_string());
        if !folder.exists() {
            fs::create_dir(&folder).unwrap();
            std::os::unix::fs::chown(&folder, Some(uid), Some(uid)).unwrap();
        }
        let id = uid.to_string();
        let mut line: Vec<String> = ["--reuid", &id, "--regid", &id, "--clear-groups"]
            .iter()
            .map(|word| (*word).to_owned())
            .collect();
        line.push(world.root().join("neurun").display().to_string());
        line.extend(words.split_whitespace().map(str::to_owned));
        let line = world.command("setpriv", line).env("LEDGER", world.root().join("ledger"));
        line.env("SHARE", share.to_string()).env("NEU_DIR", folder.join(".neu"))
    };
    let hostile = as_user(4243, 50, "--runs=20 --yes local half program.sh").spawn();
    let mut launches = vec![hostile, as_user(4242, 25, "--runs=20 --yes local quarter program.sh").spawn()];
    let gpus = world.root().join("gpus");
    crate::kit::wait_until("there is a folder", || gpus.exists());
    // What a third user leaves there, as if for the first.
    let rubbish = "cd \"$NEU_GPU_DIR\"; mkdir lease-folder; ln -s /dev/zero lease-zero; ln -s nowhere ticket-link\n\
        echo '{' >lease-torn; head -c 100000 /dev/zero >ticket-large; chmod 0 ticket-large; mkfifo lease-pipe\n\
        echo '{\"format\":1,\"launch\":\"1\",\"run\":\"1.0\",\"key\":\"k\",\"holdings\":[{\"gpu\":\"GPU-0000-aaaa\",\"share\":4294967295,\"memory\":18446744073709551615}],\"owner\":{\"pid\":1,\"start\":0,\"boot\":\"\"}}' >lease-forged\n";
    let rubbish = ["--reuid", "4244", "--regid", "4244", "--clear-groups", "bash", "-c", rubbish];
    std::os::unix::fs::symlink("/usr/bin/mkfifo", world.bin().join("mkfifo")).unwrap();
    world.command("setpriv", rubbish).run().succeeded();
    launches.push(as_user(4243, 100, "--runs=10 --yes local gpu program.sh").spawn());
    for launch in &mut launches {
        launch.wait().succeeded();
    }
    assert_eq!(check(&world.root().join("ledger"), "none", &BTreeMap::new()), 50);
}
