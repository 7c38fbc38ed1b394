use super::*;
use crate::id::LaunchId;

const RUN: RunId = RunId { launch: LaunchId(4), run: 2 };

fn of(cgroups: &str) -> Vec<(Version, String, String)> {
    let shown = |path: PathBuf| path.display().to_string();
    let places = places(cgroups, Path::new("/c")).into_iter();
    places.map(|Place { version, parent, home }| (version, shown(parent), shown(home))).collect()
}

fn place(version: Version, parent: &str, home: &str) -> (Version, String, String) {
    (version, parent.to_owned(), home.to_owned())
}

#[test]
fn with_version_1_runs_are_limited_below_their_worker() {
    assert_eq!(
        of("12:memory:/user/me\n3:cpu,cpuacct:/x\n1:name=systemd:/y\n"),
        [place(Version::One, "/c/memory/user/me", "/c/memory/user/me")]
    );
}

#[test]
fn with_version_2_runs_are_limited_beside_their_worker() {
    assert_eq!(
        of("0::/user.slice/user-7.slice/user@7.service/app.slice/shell.scope\n"),
        [
            place(
                Version::Two,
                "/c/user.slice/user-7.slice/user@7.service/app.slice",
                "/c/user.slice/user-7.slice/user@7.service/app.slice/shell.scope"
            ),
            place(
                Version::Two,
                "/c/user.slice/user-7.slice/user@7.service/app.slice/shell.scope",
                "/c/user.slice/user-7.slice/user@7.service/app.slice/shell.scope"
            ),
        ]
    );
    assert_eq!(of("0::/\n"), [place(Version::Two, "/c/", "/c/")]);
}

#[test]
fn what_lies_outside_of_what_can_be_seen_is_not_tried() {
    assert_eq!(of("0::/../shell.scope\n"), []);
    assert_eq!(of("3:cpu:/x\nnonsense\n"), []);
}

/// A folder with the files that the kernel makes in each cgroup of version 2: the kernel of a test machine may have
/// no such controller to give.
fn pretended(folder: &Path, files: &[&str]) -> Cgroup {
    for file in files {
        fs::write(folder.join(file), "").unwrap();
    }
    fs::write(folder.join("home"), "").unwrap();
    let way_home = OpenOptions::new().write(true).open(folder.join("home")).unwrap();
    let limit = MemorySize::from_bytes(300 << 20);
    Cgroup { version: Version::Two, folder: folder.to_owned(), limit, way_home }
}

#[test]
fn version_2_is_told_the_limit_no_swap_and_to_kill_all_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut cgroup = pretended(
        dir.path(),
        &["memory.max", "memory.swap.max", "memory.oom.group", "cgroup.procs", "memory.events"],
    );
    let text = |file: &str| fs::read_to_string(dir.path().join(file)).unwrap();
    cgroup.set_limit(300 << 20).unwrap();
    cgroup.step_in().unwrap();
    cgroup.step_out().unwrap();
    assert_eq!(
        ["memory.max", "memory.swap.max", "memory.oom.group", "cgroup.procs", "home"].map(text),
        ["314572800", "0", "1", "0", "0"]
    );
    assert_eq!(cgroup.killing(), Killing::All);
    assert!(!cgroup.has_killed());
    fs::write(dir.path().join("memory.events"), "low 0\nmax 7\noom 2\noom_kill 1\n").unwrap();
    assert!(cgroup.has_killed());
}

#[test]
fn a_kernel_that_cannot_kill_all_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let cgroup = pretended(dir.path(), &["memory.max"]);
    cgroup.set_limit(1).unwrap();
    assert_eq!(cgroup.killing(), Killing::One);
}

#[test]
fn where_memory_is_not_passed_down_nothing_is_made() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cgroup.subtree_control"), "cpu pids\n").unwrap();
    fs::write(dir.path().join("cgroup.procs"), "").unwrap();
    let place = Place { version: Version::Two, parent: dir.path().to_owned(), home: dir.path().to_owned() };
    let limit = MemorySize::from_bytes(1 << 30);
    assert_eq!(place.make(RUN, limit).unwrap_err().kind(), io::ErrorKind::Unsupported);
    // Passed down in name only: the kernel has made no files in the new one.
    fs::write(dir.path().join("cgroup.subtree_control"), "memory pids\n").unwrap();
    assert!(place.make(RUN, limit).is_err());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn what_a_killed_worker_left_is_swept_away_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut gone = std::process::Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    let names =
        [format!("neu-{}-4.2", gone.id()), format!("neu-{}-4.2", std::process::id()), "other".to_owned()];
    for name in &names {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    Place { version: Version::One, parent: dir.path().to_owned(), home: dir.path().to_owned() }.sweep();
    assert_eq!(names.map(|name| dir.path().join(name).exists()), [false, true, true]);
}
