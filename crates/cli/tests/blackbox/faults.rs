//! What a Slurm that fails does to the commands. The Slurm of these tests is a handful of scripts.

use crate::kit::{Tool, World};
use crate::scripted::{cluster, control};

fn submissions(world: &World) -> Vec<String> {
    world.calls().lines().filter(|call| call.starts_with("sbatch")).map(str::to_owned).collect()
}

#[test]
fn a_sweep_of_repeats_is_one_sbatch_and_the_answer_is_what_to_type_next() {
    let world = cluster();
    let outcome = world.neusweep("neurun --runs=10 slurm cpu argv.py --steps=10").succeeded();
    insta::assert_snapshot!(world.tidy(&format!("{}{}", outcome.stdout, outcome.stderr)), @r"
    launch 1: 60 runs of argv on slurm/cpu, Slurm job 4711
      neu status 1
      neu logs 1.30 -f
    ");
    let submissions = submissions(&world);
    assert_eq!(submissions.len(), 1, "{submissions:?}");
    assert!(submissions[0].contains("--array=0-59"), "{submissions:?}");
    assert_eq!(world.status("1")["launch"]["runs"], 60);
    assert_eq!(world.status("1")["launch"]["jobs"], serde_json::json!([4711]));
}

#[test]
fn without_slurm_nothing_is_written() {
    let world = cluster();
    for name in ["scontrol", "sbatch", "squeue", "sacct", "scancel"] {
        std::fs::remove_file(world.bin().join(name)).unwrap();
    }
    let outcome = world.neurun("slurm cpu argv.py").exited(3);
    assert!(outcome.stderr.contains("not on PATH"), "{}", outcome.stderr);
    assert!(!world.store().exists());
}

#[test]
fn a_controller_that_tells_no_limits_does_not_keep_a_launch_from_being_written_and_submitted() {
    let world = cluster();
    world
        .fake("scontrol", "echo 'slurm_load_ctl_conf error: Unable to contact slurm controller' >&2; exit 1");
    let outcome = world.neurun("--runs=1500 slurm cpu argv.py").succeeded();
    assert!(outcome.stderr.contains("going on without its limits"), "{}", outcome.stderr);
    let arrays: Vec<String> = submissions(&world);
    assert!(arrays.len() == 2 && arrays[0].contains("--array=0-1000"), "{arrays:?}");
    // What was assumed is not kept: the next launch asks again.
    world.fake("scontrol", &control(5));
    world.neurun("--runs=6 slurm cpu argv.py").succeeded();
    assert_eq!(submissions(&world).len(), 4);
}

#[test]
fn a_controller_that_hangs_is_said_to_and_limits_it_told_before_hold() {
    let world = cluster();
    world.fake("scontrol", &control(5));
    world.neurun("--runs=6 slurm cpu argv.py").succeeded();
    let kept = world.store().join("cache/slurm.json");
    let mut limits: serde_json::Value = serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
    limits["asked"] = "2026-01-01T00:00:00Z".into();
    std::fs::write(&kept, limits.to_string()).unwrap();
    world.fake("scontrol", "exec sleep 100");
    let outcome = world.neurun("--runs=6 slurm cpu argv.py").succeeded();
    let said =
        ["Slurm does not answer yet", "going on with the limits it told before", "gave no answer within"];
    assert!(said.iter().all(|words| outcome.stderr.contains(words)), "{}", outcome.stderr);
    assert_eq!(submissions(&world).len(), 4);
}

#[test]
fn limits_that_another_machine_was_told_are_not_those_of_this_one_s_cluster() {
    let world = cluster();
    let cluster_of = |launch: u32| {
        let launch = world.store().join(format!("launches/{launch}/launch.json"));
        let launch: serde_json::Value = serde_json::from_slice(&std::fs::read(launch).unwrap()).unwrap();
        launch["cluster"].clone()
    };
    world.neurun("slurm cpu argv.py").succeeded();
    let kept = world.store().join("cache/slurm.json");
    let mut limits: serde_json::Value = serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
    let host = limits["cluster"].as_array_mut().unwrap().last_mut().unwrap();
    assert_ne!(*host, "", "only the variables that choose a cluster are kept");
    *host = "login.of.another.cluster".into();
    std::fs::write(&kept, limits.to_string()).unwrap();
    world.fake("scontrol", &control(5).replace("= fake", "= another"));
    world.neurun("slurm cpu argv.py").succeeded();
    assert_eq!((cluster_of(1), cluster_of(2)), ("fake".into(), "another".into()));
}

#[test]
fn what_sbatch_refuses_is_failed_in_its_own_words() {
    let world = cluster();
    world.fake("sbatch", "echo 'sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified' >&2; exit 1");
    let outcome = world.neurun("--runs=2 slurm cpu argv.py").exited(3);
    insta::assert_snapshot!(outcome.stderr, @r"error: launch 1: Slurm refused it: Batch job submission failed: Invalid account or account/partition combination specified");
    assert_eq!(world.states("1"), ["failed", "failed"]);
    assert_eq!(submissions(&world).len(), 1);
}

#[test]
fn a_submission_in_doubt_is_not_made_again_while_accounting_is_silent() {
    let unreadable = "echo 'what now?'";
    let timed_out = "echo 'sbatch: error: Socket timed out on send/recv operation' >&2; exit 1";
    // Both look for the job for a while: at the same time.
    let started: Vec<_> = [unreadable, timed_out]
        .map(|sbatch| {
            let mut world = cluster();
            world.set("NEU_PATIENCE", "2");
            world.fake("sbatch", sbatch);
            let running = world.tool(Tool::Neurun, ["slurm", "cpu", "argv.py"]).spawn();
            (world, running)
        })
        .into();
    for (world, mut running) in started {
        let outcome = running.wait().exited(3);
        assert!(outcome.stderr.contains("do not start it a second time"), "{}", outcome.stderr);
        for view in ["status", "status 1", "logs 1"] {
            world.neu(view).succeeded();
        }
        assert_eq!(world.states("1"), ["unknown"]);
        assert_eq!(submissions(&world).len(), 1, "views submit nothing");
    }
}

#[test]
fn a_question_that_fails_changes_nothing() {
    let world = cluster();
    world.fake("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1");
    world.neurun("slurm cpu argv.py").succeeded();
    let states = world.states("1");
    assert!(["unknown", "pending", "waiting"].contains(&states[0].as_str()), "{states:?}");
    world.fake("squeue", "kill -9 $$");
    assert_eq!(world.states("1"), states);
    world.fake("squeue", "echo 'a row that nobody can read'");
    assert_eq!(world.states("1"), states);
}

#[test]
fn a_time_above_the_partition_s_limit_is_refused_before_anything_is_written() {
    let world = cluster();
    let outcome = world.neurun("slurm cpu --time=2-00:00:00 argv.py").exited(2);
    insta::assert_snapshot!(outcome.stderr, @r"
    error: the time 2-00:00:00 is above the limit of partition `cpu`, 1-00:00:00; Slurm would accept the job and never start it
    hint: ask for at most `--time=1-00:00:00`, or for another partition
    ");
    assert!(!world.store().exists());
    assert!(submissions(&world).is_empty());
    world.neurun("--dry-run slurm cpu --time=2-00:00:00 argv.py").exited(2);
}

#[test]
fn more_than_one_task_is_said_to_start_on_the_first_node_only() {
    let world = cluster();
    let outcome = world.neurun("slurm cpu --nodes=2 argv.py").succeeded();
    assert!(outcome.stderr.contains("first node only"), "{}", outcome.stderr);
    let outcome = world.neurun("slurm cpu --ntasks=1 argv.py").succeeded();
    assert!(!outcome.stderr.contains("first node only"), "{}", outcome.stderr);
}

#[test]
fn more_runs_than_an_array_takes_are_several_arrays() {
    let world = cluster();
    world.neurun("-y --runs=2500 slurm cpu argv.py").succeeded();
    let submissions = submissions(&world);
    assert_eq!(submissions.len(), 3, "{submissions:?}");
    assert_eq!(world.status("1")["launch"]["runs"], 2500);
}

#[test]
fn the_variables_of_an_outer_job_do_not_reach_sbatch() {
    let world = cluster();
    world.fake(
        "sbatch",
        "env | cut -d= -f1 | grep -E '^(SLURM|PMI|SBATCH)' | sort | tr '\\n' ' ' > seen; echo 4711",
    );
    let line = world.tool(Tool::Neurun, ["slurm", "cpu", "argv.py"]).env("SLURM_CONF", "/etc/slurm.conf");
    let line = line
        .env("SLURM_JOB_ID", "7")
        .env("SLURM_MEM_PER_CPU", "1")
        .env("PMI_RANK", "0")
        .env("SBATCH_ACCOUNT", "a");
    line.run().succeeded();
    assert_eq!(std::fs::read_to_string(world.path("seen")).unwrap().trim(), "SLURM_CONF");
    let line = world.tool(Tool::Neurun, ["slurm", "cpu", "argv.py"]).env("SBATCH_ACCOUNT", "a");
    line.run().succeeded();
    assert_eq!(std::fs::read_to_string(world.path("seen")).unwrap().trim(), "SBATCH_ACCOUNT");
}

#[test]
fn json_is_all_that_is_printed() {
    let world = cluster();
    let outcome = world.neusweep("neurun --json slurm cpu argv.py").succeeded();
    assert_eq!(outcome.json()["launch"]["jobs"], serde_json::json!([4711]));
    let by_job = world.neu("status slurm:4711_3 --json").succeeded().json();
    assert_eq!(by_job["runs"][0]["id"], "1.3");
}

/// A queue with job 4711 alone, whose name is `name`; `uid` is its user.
fn queue(name: &str, uid: &str) -> String {
    format!(
        r"printf '\x1e4711\x1f4711\x1fN/A\x1fRUNNING\x1fNone\x1fn1\x1f%s\x1f1795382094\x1f1795382094\x1fN/A\x1f%s\n' {uid} {name}"
    )
}

fn name_of_the_job(world: &World) -> String {
    let call = submissions(world).pop().unwrap();
    let name = call.split_whitespace().find_map(|word| word.strip_prefix("--job-name="));
    name.unwrap().to_owned()
}

#[test]
fn a_job_that_is_not_ours_any_more_is_never_cancelled() {
    let world = cluster();
    world.neurun("slurm cpu argv.py").succeeded();
    let name = name_of_the_job(&world);
    for (name, uid) in [("other", "$(id -u)"), (name.as_str(), "4242")] {
        world.fake("squeue", &queue(name, uid));
        let _whatever_it_says = world.neu("cancel 1");
        assert!(!world.calls().contains("scancel"), "{}", world.calls());
    }
    world.fake("squeue", &format!("[[ -e cancelled ]] || {{ {}; }}", queue(&name, "$(id -u)")));
    world.fake("scancel", "touch cancelled");
    world.neu("cancel 1").succeeded();
    assert!(world.calls().contains("scancel 4711\n"), "{}", world.calls());
}

#[test]
fn a_cancellation_is_asked_again_until_slurm_answers() {
    let world = cluster();
    world.neurun("slurm cpu argv.py").succeeded();
    let silent = "squeue: error: Unable to contact slurm controller";
    let answer = queue(&name_of_the_job(&world), "$(id -u)");
    let script = format!(
        "[[ $(grep -c ^squeue $(dirname $0)/../calls) -gt 26 ]] || {{ echo '{silent}' >&2; exit 1; }}\n\
         [[ -e cancelled ]] || {answer}"
    );
    world.fake("squeue", &script);
    world.fake("scancel", "touch cancelled");
    let outcome = world.neu("cancel 1").succeeded();
    assert!(outcome.stderr.contains("no clear answer, asking again"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("1 run stopped"), "{}", outcome.stderr);
    assert_eq!(world.calls().matches("scancel").count(), 1);
}
