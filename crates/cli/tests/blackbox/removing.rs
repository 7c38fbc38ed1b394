//! `neu rm` and `neu prune`: what is over goes, whole and for good; nothing else does.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::kit::{Tool, World, wait_until};
use crate::{local_world, scripted};

/// A world with `count` launches that are over.
fn over(count: usize) -> World {
    let world = local_world();
    for _ in 0..count {
        world.neurun("local cpu argv.py").succeeded();
    }
    world
}

fn ids(world: &World) -> String {
    world.neu("ls -q").succeeded().stdout.lines().collect::<Vec<_>>().join(" ")
}

/// The names in the folder of launches.
fn names(world: &World) -> Vec<String> {
    let entries = fs::read_dir(world.store().join("launches")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// Makes a file or folder look as if it was last written to days ago.
fn age(path: impl AsRef<Path>, days: u64) {
    let then = SystemTime::now() - Duration::from_hours(24 * days);
    File::open(path).unwrap().set_modified(then).unwrap();
}

/// Has a launch be as old as that.
fn backdate(world: &World, id: u64, day: &str) {
    let dir = world.store().join(format!("launches/{id}"));
    let events: Vec<PathBuf> =
        fs::read_dir(dir.join("events")).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in events.into_iter().chain([dir.join("launch.json")]) {
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace(&jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(), day))
            .unwrap();
    }
}

#[test]
fn what_is_over_is_removed_and_said() {
    let world = over(2);
    let outcome = world.neu("rm 1 --yes").succeeded();
    assert!(outcome.stderr.starts_with("removed launch 1 `argv` (1 run, "), "{}", outcome.stderr);
    assert_eq!((ids(&world).as_str(), names(&world)), ("2", vec!["1.removed".to_owned(), "2".to_owned()]));
}

#[test]
fn a_number_is_not_used_again() {
    let world = over(2);
    world.neu("rm 1 2 --yes").succeeded();
    world.neurun("local cpu argv.py").succeeded();
    assert_eq!(ids(&world), "3");
    world.neu("rm 3 --yes").succeeded();
    world.neu("prune --keep-days=0 --yes").succeeded();
    world.neurun("local cpu argv.py").succeeded();
    assert_eq!(ids(&world), "4");
}

#[test]
fn every_verb_says_when_a_launch_was_removed() {
    let world = over(1);
    world.neu("rm 1 --yes").succeeded();
    for verb in ["status 1", "status 1.0", "logs 1", "wait 1", "cancel 1"] {
        let outcome = world.neu(verb).exited(2);
        assert!(outcome.stderr.contains("launch 1 was removed on 2"), "{verb}: {}", outcome.stderr);
    }
    let outcome = world.neu("rm 1 --yes").succeeded();
    assert_eq!(outcome.stderr, "launch 1 is already removed\n");
    assert_eq!(world.neu("status").succeeded().stdout, "");
}

#[test]
fn without_a_terminal_somebody_must_have_said_yes() {
    let world = over(1);
    let before = names(&world);
    let outcome = world.neu("rm 1").exited(2);
    insta::assert_snapshot!(outcome.stderr, @r"
    error: nothing was removed: nobody can be asked here
    hint: add `--yes` where that is what you want
    ");
    world.neu("prune --keep-days=0").exited(2);
    assert_eq!(names(&world), before);
}

#[test]
fn on_a_terminal_the_user_is_asked() {
    let world = over(2);
    let mut terminal = world.tool(Tool::Neu, ["rm", "1"]).on_terminal();
    terminal.expect("remove launch 1 `argv` (1 run, ");
    terminal.type_in("n\n");
    terminal.wait().exited(130);
    assert_eq!(ids(&world), "1 2");
    let mut terminal = world.tool(Tool::Neu, ["rm", "1", "2"]).on_terminal();
    terminal.expect("remove these 2 launches (2 runs, ");
    terminal.type_in("y\n");
    terminal.wait().succeeded();
    assert_eq!(ids(&world), "");
}

#[test]
fn all_refusals_are_said_at_once_and_nothing_is_removed() {
    let world = over(2);
    world.file("t.sh", "touch begun; while ! [[ -e go ]]; do sleep 0.01; done");
    let mut running = world.tool(Tool::Neurun, ["--runs=2", "local", "cpu", "t.sh"]).spawn();
    wait_until("the run has begun", || world.path("begun").exists());
    fs::create_dir(world.store().join("launches/4")).unwrap();
    let outcome = world.neu("rm 1 2.0 3 4 9 --yes").exited(2);
    insta::assert_snapshot!(world.tidy(&outcome.stderr), @"
    error: only whole launches can be removed, not runs of launch 2
    hint: `neu rm 2` removes all of it
    error: launch 4 was never completed: nothing of it was started
    hint: `neu prune` removes it after a day
    error: there is no launch 9 in `[WORLD]/project/.neu`
    hint: `neu status` lists the launches of this folder
    error: launch 3 is not over: 1 waiting, 1 running
    hint: `neu cancel 3` first
    ");
    assert_eq!((ids(&world).as_str(), names(&world).len()), ("1 2 3", 4));
    world.neu("cancel 3").succeeded();
    running.wait();
    world.neu("rm 3 --yes").succeeded();
    assert_eq!(ids(&world), "1 2");
}

#[test]
fn a_launch_whose_program_outlived_its_workers_stays() {
    let world = local_world();
    world.file("t.sh", "touch begun; while ! [[ -e go ]]; do sleep 0.01; done");
    let mut running = world.tool(Tool::Neurun, ["local", "cpu", "t.sh"]).spawn();
    wait_until("the run has begun", || world.path("begun").exists());
    let found = world.bash(&format!(
        "ps -eo pid,args | grep -E ' neu [w]orker {0}/| neu [e]xecute .* {0}/' | sort -k3,3 | awk '{{print $1}}'",
        world.folder().display()
    ));
    let pids: Vec<&str> = found.stdout.lines().collect();
    assert!(!pids.is_empty(), "{}", found.stderr);
    // Stopped first, so that neither half ends the program when it sees the other die; and the second half first, since
    // the end of a session's leader wakes those of its group that are stopped.
    let pids = pids.join(" ");
    world.bash(&format!("kill -STOP {pids}; kill -9 {pids}"));
    let outcome = world.neu("rm 1 --yes").exited(2);
    assert!(outcome.stderr.contains("`neu cancel 1` first"), "{}", outcome.stderr);
    world.file("go", "");
    running.wait();
    wait_until("nothing lives on", || world.survivors().is_empty());
    world.neu("rm 1 --yes").succeeded();
}

#[test]
fn json_and_quiet() {
    let world = over(3);
    let outcome = world.neu("rm 1 --yes --json").succeeded();
    assert_eq!(outcome.stderr, "");
    let mut removed = outcome.json();
    assert!(removed["bytes"].as_u64().unwrap() > 100);
    for field in ["over", "bytes"] {
        removed["launches"][0][field].take();
    }
    removed["bytes"].take();
    assert_eq!(
        removed,
        json!({"schema": 1, "dry_run": false, "already": [], "others": [], "forgotten": [], "strange": [],
               "bytes": null, "launches": [{"id": 1, "name": "argv", "runs": 1, "over": null, "bytes": null}]})
    );
    assert_eq!(world.neu("rm 1 --yes --json").succeeded().json()["already"], json!([1]));
    let outcome = world.neu("rm 2 2 --yes -q").succeeded();
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("2\n", ""));
    let outcome = world.neu("prune --keep-days=0 --dry-run --json").succeeded().json();
    assert_eq!((&outcome["dry_run"], &outcome["launches"][0]["id"]), (&json!(true), &json!(3)));
    assert_eq!(world.neu("prune --keep-days=0 --dry-run -q").succeeded().stdout, "3\n");
    assert_eq!(world.neu("prune --keep-days=0 --yes -q").succeeded().stdout, "3\n");
    assert_eq!(ids(&world), "");
}

/// Gives launch 1 so many files that its deletion can be seen going on.
fn fatten(world: &World) {
    let logs = world.store().join("launches/1/logs");
    for number in 0..20_000 {
        File::create(logs.join(format!("{number}.2.out"))).unwrap();
    }
}

#[test]
fn a_removal_that_is_killed_midway_is_finished_by_the_next() {
    let world = over(2);
    fatten(&world);
    let mut removal = world.tool(Tool::Neu, ["rm", "1", "--yes"]).spawn();
    let taken = world.store().join("launches/1.removing");
    wait_until("it was taken away", || taken.exists());
    removal.signal(Signal::SIGKILL);
    removal.wait().exited(137);
    assert!(taken.exists(), "it was deleted before the kill");
    assert_eq!(ids(&world), "2");
    assert!(world.neu("status 1").exited(2).stderr.contains("was removed on"));
    world.neurun("local cpu argv.py").succeeded();
    assert_eq!(ids(&world), "2 3");
    let outcome = world.neu("rm 2 --yes").succeeded();
    assert!(outcome.stderr.contains("finished removing launch 1"), "{}", outcome.stderr);
    assert_eq!(names(&world), ["1.removed", "2.removed", "3"]);
}

#[test]
fn prune_finishes_what_a_killed_removal_left() {
    let world = over(1);
    let launches = world.store().join("launches");
    symlink("2026-11-22T21:52:08Z,1", launches.join("9.removed")).unwrap();
    fs::create_dir_all(launches.join("9.removing/logs")).unwrap();
    let outcome = world.neu("prune --dry-run").succeeded();
    assert_eq!(outcome.stdout, "launch 9: what a removal that was killed left of it\n");
    world.neu("prune --yes").succeeded();
    assert_eq!(names(&world), ["1", "9.removed"]);
}

#[test]
fn at_whatever_instant_a_removal_is_killed_a_launch_is_whole_or_gone() {
    let world = local_world();
    for round in 1..=20u64 {
        world.neurun("--runs=3 local cpu argv.py").succeeded();
        let mut removal = world.tool(Tool::Neu, ["rm", &round.to_string(), "--yes"]).spawn();
        thread::sleep(Duration::from_micros(round * 1500));
        if !removal.is_over() {
            removal.signal(Signal::SIGKILL);
        }
        removal.wait();
        if ids(&world).split(' ').any(|id| id == round.to_string()) {
            assert_eq!(world.states(&round.to_string()), ["succeeded"; 3]);
            world.neu(&format!("rm {round} --yes")).succeeded();
        }
        world.neu(&format!("status {round}")).exited(2);
    }
    world.neu("prune --yes").succeeded();
    assert!(names(&world).iter().all(|name| name.ends_with(".removed")), "{:?}", names(&world));
}

#[test]
fn of_two_at_once_none_fails() {
    let world = over(1);
    fatten(&world);
    let mut both: Vec<_> = (0..4).map(|_| world.tool(Tool::Neu, ["rm", "1", "--yes"]).spawn()).collect();
    let outcomes: Vec<_> = both.iter_mut().map(|one| one.wait().succeeded()).collect();
    let said = |text: &str| outcomes.iter().filter(|outcome| outcome.stderr.contains(text)).count();
    assert_eq!(said("removed launch 1 `argv`"), 1, "{outcomes:?}");
    assert_eq!(said("is already removed"), 3, "{outcomes:?}");
    assert_eq!(names(&world), ["1.removed"]);
}

#[test]
fn links_out_of_the_store_are_not_followed() {
    let world = over(2);
    let precious = world.file("data/precious", "precious");
    symlink(world.path("data"), world.store().join("launches/1/data")).unwrap();
    symlink(world.path("data"), world.store().join("cache")).unwrap();
    age(&precious, 9);
    world.neu("rm 1 --yes").succeeded();
    world.neu("prune --keep-days=0 --yes").succeeded();
    assert_eq!(fs::read(precious).unwrap(), b"precious");
}

#[test]
fn a_store_that_cannot_be_written_is_said() {
    let world = over(1);
    if nix::unistd::geteuid().is_root() {
        return read_only_for_root(&world);
    }
    let launches = world.store().join("launches");
    let mode =
        |mode| fs::set_permissions(&launches, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    mode(0o500);
    let outcome = world.neu("rm 1 --yes").exited(4);
    assert!(outcome.stderr.contains("launches/1.removed`: Permission denied"), "{}", outcome.stderr);
    mode(0o700);
    assert_eq!(ids(&world), "1");
}

/// Root may write everywhere, so that a user who may not is asked: uid 65534, in a world that it may read.
fn read_only_for_root(world: &World) {
    let open = world.bash(&format!("chmod -R a+rX {}", world.root().display()));
    open.succeeded();
    let outcome = world.bash("setpriv --reuid=65534 --clear-groups neu rm 1 --yes").exited(2);
    assert!(outcome.stderr.contains("belongs to another user (uid 0)"), "{}", outcome.stderr);
    assert_eq!(ids(world), "1");
}

#[test]
fn prune_removes_what_has_been_over_for_long() {
    let world = over(3);
    backdate(&world, 1, "2026-01-02");
    backdate(&world, 2, "2026-01-03");
    let outcome = world.neu("prune --keep-days=30 --dry-run").succeeded();
    let rows: Vec<&str> = outcome.stdout.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(rows, ["LAUNCH", "1", "2"], "{}", outcome.stdout);
    assert_eq!(ids(&world), "1 2 3");
    world.neu("prune --yes").succeeded();
    assert_eq!(ids(&world), "1 2 3", "without a number of days no launch goes");
    let outcome = world.neu("prune --keep-days=30 --yes").succeeded();
    assert!(outcome.stderr.contains("freed"), "{}", outcome.stderr);
    assert_eq!(ids(&world), "3");
    let outcome = world.neu("prune --keep-days=30 --yes").succeeded();
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", "nothing to remove\n"));
}

#[test]
fn prune_leaves_what_goes_on() {
    let world = over(1);
    world.file("t.sh", "touch begun; while ! [[ -e go ]]; do sleep 0.01; done");
    let mut running = world.tool(Tool::Neurun, ["local", "cpu", "t.sh"]).spawn();
    wait_until("the run has begun", || world.path("begun").exists());
    world.neu("prune --keep-days=0 --yes").succeeded();
    assert_eq!(ids(&world), "2");
    world.file("go", "");
    running.wait().succeeded();
}

#[test]
fn what_is_not_ours_is_left_and_said() {
    let world = over(1);
    fs::write(world.store().join("no\ttes"), "mine").unwrap();
    let old = world.store().join(".writing-abc");
    fs::write(&old, "").unwrap();
    fs::write(world.store().join(".writing-new"), "").unwrap();
    age(&old, 2);
    let outcome = world.neu("prune --yes").succeeded();
    assert!(
        outcome.stderr.contains("left: `") && outcome.stderr.contains(".neu/no tes`"),
        "{}",
        outcome.stderr
    );
    assert!(!old.exists() && world.store().join(".writing-new").exists());
    assert_eq!(fs::read(world.store().join("no\ttes")).unwrap(), b"mine");
}

/// A world whose cluster takes every job as 4711 and knows nothing more of it.
fn cluster() -> World {
    let world = scripted::cluster();
    world.fake("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1");
    world.fake("sacct", "exit 1");
    world
}

#[test]
fn what_slurm_does_not_tell_of_is_not_over() {
    let world = cluster();
    world.neurun("slurm cpu argv.py").succeeded();
    let outcome = world.neu("rm 1 --yes").exited(2);
    assert!(outcome.stderr.contains("whether launch 1 is over is not known"), "{}", outcome.stderr);
    let outcome = world.neu("prune --keep-days=0 --yes").succeeded();
    assert!(outcome.stderr.contains("kept: whether launch 1 is over"), "{}", outcome.stderr);
    assert_eq!(ids(&world), "1");
}

#[test]
fn what_is_half_submitted_is_not_over() {
    let world = cluster();
    world.neurun("slurm cpu argv.py").succeeded();
    let submissions = world.store().join("launches/1/submissions.jsonl");
    let text = fs::read_to_string(&submissions).unwrap();
    let intent: String =
        text.lines().filter(|line| !line.contains("accepted")).map(|line| format!("{line}\n")).collect();
    fs::write(&submissions, intent).unwrap();
    let outcome = world.neu("rm 1 --yes").exited(2);
    insta::assert_snapshot!(outcome.stderr, @r"
    error: launch 1 is half submitted
    hint: `neu resume 1` completes it; to remove it, `neu cancel 1` first
    ");
    for view in ["status", "status 1", "status 1 --json", "ls", "ls --json"] {
        let outcome = world.neu(view).succeeded();
        assert!(
            outcome.stderr.contains("warning: launch 1 is half submitted: neu resume 1"),
            "{view}: {outcome:?}"
        );
    }
    assert_eq!(world.status("1")["launch"]["submission"], "half");
    assert_eq!(world.neu("ls --json").succeeded().json()["launches"][0]["submission"], "half");
}

#[test]
fn the_program_of_a_queued_job_stays_and_another_goes() {
    let world = cluster();
    world.neurun("slurm cpu argv.py").succeeded();
    let bin = world.store().join("bin");
    let other = bin.join("0123456789abcdef0123456789abcdef");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("neu"), "old").unwrap();
    let programs: Vec<PathBuf> = fs::read_dir(&bin)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("by-file"))
        .collect();
    assert_eq!(programs.len(), 2);
    world.neu("prune --yes").succeeded();
    assert!(other.exists(), "it is younger than a day");
    for program in &programs {
        age(program.join("neu"), 2);
        age(program, 2);
    }
    let outcome = world.neu("prune --yes").succeeded();
    assert!(outcome.stdout.contains("program that no launch needs"), "{}", outcome.stdout);
    assert!(!other.exists());
    assert_eq!(
        fs::read_dir(&bin).unwrap().count(),
        2,
        "the queued job's program, and what it is the content of"
    );
    let script = fs::read_to_string(world.store().join("launches/1/job.sh")).unwrap();
    let kept = programs.iter().find(|program| program.exists()).unwrap();
    assert!(script.contains(&*kept.to_string_lossy()), "{script}");
}
