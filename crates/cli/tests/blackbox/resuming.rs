//! A client that dies at any point of a submission, and what completes it. The Slurm is a queue in a file: what sbatch
//! takes is a line of it, and squeue shows that.

use std::fs;

use nix::sys::signal::Signal;

use crate::kit::{Background, Tool, World, wait_until};
use crate::scripted::control;

/// Takes a job: a line `ID NAME ARRAY` in the queue.
const TAKE: &str = r#"queue=../queue; touch "$queue"
for word; do case $word in --job-name=*) name=${word#*=} ;; --array=*) array=${word#*=} ;; esac; done
id=$((100 + $(wc -l <"$queue")))
command=${*: -11}
take() { echo "$id $name ${array:-N/A}" >>"$queue"; echo "$command" >../command.$id; }
"#;

/// Shows the jobs of the queue with the name that is asked for, or all with their commands.
pub(crate) const SHOW: &str = r#"touch ../queue
for word; do case $word in --name=*) wanted=${word#*=} ;; esac; done
while read -r id name array; do
  [ "$name" != gone ] || continue
  case $* in *%o*) printf '\036%s\037%s\0371795382094\037%s\037%s\n' "$id" "$(id -u)" "$(<../command.$id)" "$name"; continue ;; esac
  [ -z "$wanted" ] || [ "$wanted" = "$name" ] || continue
  printf '\036%s\037%s\037%s\037PENDING\037Priority\037\037%s\0371795382094\037N/A\037N/A\037%s\n' "$id" "$id" "$array" "$(id -u)" "$name"
done <../queue"#;

pub(crate) fn cluster() -> World {
    let mut world = World::new();
    world.file("config.json", r#"{"slurm": {"cpu": {"env": "", "resources": {"time": "1:00"}}}}"#);
    world.file("train.py", "print('trained')\n");
    world.set("NEU_PATIENCE", "20");
    world.fake("scontrol", &control(5));
    world.fake("squeue", SHOW);
    world.fake("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1");
    world.fake("scancel", "exit 0");
    sbatch(&world, "take; echo $id");
    world
}

pub(crate) fn sbatch(world: &World, script: &str) {
    world.fake("sbatch", &format!("{TAKE}{script}"));
}

pub(crate) fn queue(world: &World) -> Vec<String> {
    let text = fs::read_to_string(world.root().join("queue")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The arrays that were taken, in their order.
pub(crate) fn arrays(world: &World) -> Vec<String> {
    queue(world).iter().map(|line| line.split(' ').next_back().unwrap().to_owned()).collect()
}

/// Starts twelve runs, three arrays of at most five, and kills the client once `is_there`.
pub(crate) fn killed_once(world: &World, what: &str, is_there: impl FnMut() -> bool) {
    let mut client = started(world);
    wait_until(what, is_there);
    client.signal(Signal::SIGKILL);
    client.wait();
}

pub(crate) fn started(world: &World) -> Background {
    world.tool(Tool::Neurun, ["--runs=12", "slurm", "cpu", "train.py"]).spawn()
}

fn is_complete(world: &World) {
    assert_eq!(arrays(world), ["0-4", "0-4", "0-1"], "{:?}", queue(world));
    let jobs = world.status("1")["launch"]["jobs"].clone();
    assert_eq!(jobs, serde_json::json!([100, 101, 102]));
    world.neu("resume").succeeded();
    world.neu("resume 1").succeeded();
    assert_eq!(queue(world).len(), 3);
}

/// Kills a client in its sbatch, which writes its pid and waits, and then that: as long as it lives, it may still submit.
pub(crate) fn killed_with_its_sbatch(world: &World) {
    let pid = world.root().join("waiting");
    killed_once(world, "sbatch was called", || fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')));
    let pid = fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

#[test]
fn killed_before_sbatch_did_anything_it_is_submitted_once() {
    let world = cluster();
    // This sbatch waits, and is killed with its client.
    sbatch(&world, "echo $$ >../waiting; exec sleep 100");
    killed_with_its_sbatch(&world);
    sbatch(&world, "take; echo $id");
    assert!(queue(&world).is_empty());
    let resumed = world.neu("resume 1").succeeded();
    assert!(resumed.stderr.contains("Slurm has runs 0-11"), "{}", resumed.stderr);
    is_complete(&world);
}

#[test]
fn what_is_waited_for_is_said_while_the_sbatch_of_a_killed_client_lives() {
    let mut world = cluster();
    world.set("NEU_PATIENCE", "3");
    sbatch(&world, "touch ../waiting; until [ -e ../go ]; do sleep 0.05; done");
    killed_once(&world, "sbatch was called", || world.root().join("waiting").exists());
    let outcome = world.neu("resume 1").exited(3);
    let said =
        "launch 1: whether Slurm has it is not known yet: its sbatch is still at work; looking again\n";
    assert_eq!(outcome.stderr.matches(said).count(), 1, "{}", outcome.stderr);
    fs::write(world.root().join("go"), "").unwrap();
    wait_until("its sbatch ends", || world.survivors().is_empty());
}

#[test]
fn killed_between_sbatch_and_its_answer_the_job_is_adopted() {
    let world = cluster();
    sbatch(&world, "take; echo $$ >../waiting; exec sleep 100");
    killed_with_its_sbatch(&world);
    sbatch(&world, "take; echo $id");
    world.neu("resume").succeeded();
    is_complete(&world);
}

#[test]
fn a_copy_of_what_is_half_submitted_says_nothing_of_resuming_it() {
    let world = cluster();
    sbatch(&world, "kill -9 $PPID");
    assert_eq!(world.neurun("slurm cpu train.py").code, 137);
    world.bash("mkdir copy && cp -r .neu copy").succeeded();
    let told = |line: &str| world.neu(line).succeeded().stderr;
    assert_eq!(told("status 1"), "warning: launch 1 is half submitted: neu resume 1\n");
    assert_eq!((told("-C copy status 1"), told("-C copy ls")), (String::new(), String::new()));
    assert_eq!(told("-C copy resume"), "no launch is half submitted\n");
}

#[test]
fn killed_between_two_arrays_the_rest_is_handed_over() {
    let world = cluster();
    // The second array waits before it is taken.
    sbatch(&world, r"[ $id = 101 ] && { echo $$ >../waiting; exec sleep 100; }; take; echo $id");
    killed_with_its_sbatch(&world);
    sbatch(&world, "take; echo $id");
    world.neu("resume 1").succeeded();
    is_complete(&world);
}

#[test]
fn a_torn_line_is_a_lost_answer_and_an_intent_that_was_torn_is_made_again() {
    for keep in ["\"intent\"", "\"accepted\""] {
        let world = cluster();
        started(&world).wait().succeeded();
        let path = world.store().join("launches/1/submissions.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        // The last intent, or the last answer, is cut in its middle.
        let cut = text.rfind(keep).unwrap();
        fs::write(&path, &text[..cut + 4]).unwrap();
        if keep == "\"intent\"" {
            let without_last: Vec<String> = queue(&world)[..2].to_vec();
            fs::write(world.root().join("queue"), without_last.join("\n") + "\n").unwrap();
        }
        world.neu("resume 1").succeeded();
        is_complete(&world);
    }
}

#[test]
fn a_launch_killed_before_its_plan_was_whole_is_a_hole() {
    let world = cluster();
    fs::create_dir_all(world.store().join("launches/1/events")).unwrap();
    fs::write(world.store().join("launches/1/runs.jsonl"), "{\"run\":0").unwrap();
    world.neu("resume").succeeded();
    assert!(queue(&world).is_empty());
    let launched = started(&world).wait().succeeded();
    assert!(launched.stdout.starts_with("launch 2:"), "{}", launched.stdout);
}

#[test]
fn while_the_first_client_lives_nobody_else_submits() {
    let world = cluster();
    sbatch(&world, "until [ -e ../go ]; do sleep 0.05; done; take; echo $id");
    let mut client = started(&world);
    wait_until("the launch is there", || world.store().join("launches/1/launch.json").exists());
    let refused = world.neu("resume 1").exited(3);
    assert!(refused.stderr.contains("is being submitted by process"), "{}", refused.stderr);
    fs::write(world.root().join("go"), "").unwrap();
    client.wait().succeeded();
    is_complete(&world);
}

#[test]
fn of_two_that_resume_at_once_one_does_it() {
    let mut world = cluster();
    world.set("NEU_PATIENCE", "1");
    sbatch(&world, "exit 9");
    started(&world).wait().exited(3);
    sbatch(&world, "sleep 0.3; take; echo $id");
    let mut both = [(), ()].map(|()| world.tool(Tool::Neu, ["resume", "1"]).spawn());
    let codes = both.each_mut().map(|one| one.wait().code);
    assert!(codes.contains(&0), "{codes:?}");
    is_complete(&world);
}

#[test]
fn whatever_sbatch_prints_a_job_that_it_made_is_found() {
    let accepted_then_failed = [
        "take; echo 'Socket timed out on send/recv operation' >&2; exit 1",
        "take",
        "take; echo 'what now?'",
        "take; printf '10'; kill -9 $$",
        "take; echo 'sbatch: error: one thing or another' >&2",
    ];
    let running = accepted_then_failed.map(|script| {
        let world = cluster();
        sbatch(&world, script);
        let client = started(&world);
        (script, world, client)
    });
    for (script, world, mut client) in running {
        let outcome = client.wait();
        assert_eq!(outcome.code, 0, "{script}: {}", outcome.stderr);
        is_complete(&world);
    }
}

#[test]
fn a_submission_that_is_surely_absent_is_made_again() {
    let world = cluster();
    sbatch(
        &world,
        "[ -e ../failed ] || { touch ../failed; echo 'Unable to contact slurm controller' >&2; exit 1; }; take; echo $id",
    );
    let outcome = started(&world).wait().succeeded();
    assert!(outcome.stderr.contains("submitting again"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("Ctrl-C is safe"), "{}", outcome.stderr);
    is_complete(&world);
}

#[test]
fn of_two_jobs_with_one_key_the_first_stays() {
    let world = cluster();
    sbatch(
        &world,
        "[ -e ../failed ] || { touch ../failed; take; id=$((id + 1)); take; exit 1; }; take; echo $id",
    );
    world.tool(Tool::Neurun, ["slurm", "cpu", "train.py"]).run().succeeded();
    assert_eq!(world.status("1")["launch"]["jobs"], serde_json::json!([100]));
    let cancelled: Vec<String> =
        world.calls().lines().filter(|call| call.starts_with("scancel")).map(str::to_owned).collect();
    assert_eq!(cancelled, ["scancel --state=PENDING 101"]);
}

#[test]
fn a_full_queue_is_later_and_never_failed() {
    let world = cluster();
    let full = "[ $id -ge 101 ] && { echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2; exit 1; }; take; echo $id";
    sbatch(&world, full);
    let outcome = started(&world).wait().succeeded();
    assert!(outcome.stderr.contains("7 of 12 runs are not in the queue yet"), "{}", outcome.stderr);
    assert!(!world.states("1").contains(&"failed".to_owned()));
    sbatch(&world, "take; echo $id");
    world.neu("resume").succeeded();
    assert_eq!(arrays(&world), ["0-4", "0-4", "0-1"]);
}

#[test]
fn a_limit_that_nobody_told_of_takes_what_fits() {
    let world = cluster();
    // Six jobs fit; the array's last index says how many it has.
    let six = r"last=${array#*-}; first=${array%-*}; size=$((last - first + 1)); used=$(cat ../used 2>/dev/null || echo 0)
[ $((used + size)) -gt 6 ] && { echo 'sbatch: error: AssocGrpSubmitJobsLimit' >&2; exit 1; }
echo $((used + size)) >../used; take; echo $id";
    sbatch(&world, six);
    started(&world).wait().succeeded();
    assert_eq!(arrays(&world), ["0-4", "0"]);
    let world = cluster();
    fs::write(world.root().join("used"), "3").unwrap();
    sbatch(&world, six);
    let outcome = started(&world).wait().succeeded();
    assert!(outcome.stderr.contains("9 of 12 runs are not in the queue yet"), "{}", outcome.stderr);
    assert_eq!(arrays(&world), ["0-1", "0"]);
    sbatch(&world, "take; echo $id");
    world.neu("resume").succeeded();
    assert_eq!(arrays(&world), ["0-1", "0", "0-4", "0-3"]);
}

#[test]
fn a_refused_array_fails_alone() {
    let world = cluster();
    sbatch(
        &world,
        r"[ -e ../refused ] || [ $id != 101 ] || { touch ../refused; echo 'sbatch: error: Invalid qos specification' >&2; exit 1; }; take; echo $id",
    );
    let outcome = started(&world).wait().exited(3);
    assert!(outcome.stderr.contains("refused runs 5-9: Invalid qos"), "{}", outcome.stderr);
    assert_eq!(arrays(&world), ["0-4", "0-1"]);
    let states = world.states("1");
    assert!(states[5..10].iter().all(|state| state == "failed") && states[10] != "failed", "{states:?}");
    world.neu("resume 1").succeeded();
    assert_eq!(queue(&world).len(), 2, "what was refused for good is for `neu retry`");
}

#[test]
fn two_hundred_clients_at_once_are_two_hundred_launches() {
    let world = cluster();
    // The limits of the cluster are known, and this sbatch starts no other program: two hundred are many.
    world.fake("sbatch", r#"for word; do case $word in --job-name=*) echo "$$ ${word#*=} N/A" >>../queue ;; esac; done; echo $$"#);
    world.neurun("slurm cpu train.py").succeeded();
    let mut clients: Vec<Background> =
        (0..200).map(|_| world.tool(Tool::Neurun, ["slurm", "cpu", "train.py"]).spawn()).collect();
    let mut ids: Vec<u64> = clients
        .iter_mut()
        .map(|client| {
            let outcome = client.wait().succeeded();
            let id = outcome.stdout.strip_prefix("launch ").and_then(|rest| rest.split_once(':'));
            id.and_then(|(id, _)| id.parse().ok()).unwrap_or_else(|| panic!("{outcome:?}"))
        })
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, (2..=201).collect::<Vec<u64>>());
    let keys: std::collections::BTreeSet<String> =
        queue(&world).iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!((queue(&world).len(), keys.len()), (201, 201));
}
