use super::*;
use crate::document::Source;
use crate::resources::{Resource, Resources, Setting};

fn sweep(text: &str) -> Sweep {
    Sweep::read(&Source { name: "params.json".to_owned(), text: text.to_owned() }).unwrap()
}

fn command(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn plan(words: &[&str], sweep_text: Option<&str>, repeats: u64) -> Plan {
    Plan::new(command(words), sweep_text.map(sweep), repeats).unwrap()
}

#[test]
fn all_repeats_of_a_point_come_before_the_next() {
    let plan = plan(&["python", "train.py"], Some(r#"{"lr": [0.1, 1e-4]}"#), 2);
    let runs: Vec<_> = plan.runs().collect();
    assert_eq!(plan.len(), 4);
    assert_eq!(runs.iter().map(|run| run.repeat).collect::<Vec<_>>(), [0, 1, 0, 1]);
    assert_eq!(runs[2].argv, ["python", "train.py", "--lr=1e-4"]);
    assert_eq!(runs[2].params, r#"{"lr":1e-4}"#);
    assert_eq!(runs[3], plan.run(3));
}

#[test]
fn a_command_alone_is_one_run() {
    let plan = plan(&["python", "train.py", "", "--"], None, 1);
    assert_eq!(plan.run(0).argv, ["python", "train.py", "", "--"]);
    assert_eq!(plan.run(0).params, "{}");
}

#[test]
fn what_the_kernel_would_refuse_is_refused_here() {
    let long = "x".repeat(LONGEST_ARGUMENT + 1);
    assert!(matches!(Plan::new(command(&["a", &long]), None, 1), Err(PlanError::ArgumentTooLong { .. })));
    let exact = "x".repeat(LONGEST_ARGUMENT);
    assert!(Plan::new(command(&["a", &exact]), None, 1).is_ok());
    let swept = format!(r#"{{"v": ["short", "{}"]}}"#, "y".repeat(LONGEST_ARGUMENT - 3));
    assert!(matches!(
        Plan::new(command(&["a"]), Some(sweep(&swept)), 1),
        Err(PlanError::ArgumentTooLong { .. })
    ));
    let many: Vec<&str> = std::iter::repeat_n(exact.as_str(), 20).collect();
    assert!(matches!(Plan::new(command(&many), None, 1), Err(PlanError::CommandTooLong { .. })));
    assert_eq!(Plan::new(command(&["a"]), None, 0).unwrap_err(), PlanError::NoRepeats);
    assert!(matches!(
        Plan::new(command(&["a"]), Some(sweep(r#"{"v": [1, 2]}"#)), u64::MAX),
        Err(PlanError::TooMany { .. })
    ));
}

fn resources(pairs: &[(&str, &str)]) -> Resources {
    pairs
        .iter()
        .map(|(name, value)| Resource::new(*name, Setting::Value((*value).to_owned())).unwrap())
        .collect()
}

fn plain(resources: &Resources, env: &[&str], plan: &Plan) -> String {
    let env: Vec<String> = env.iter().map(|item| (*item).to_owned()).collect();
    let mut out = Vec::new();
    script::write_plain(&mut out, resources, &env, plan).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn one_run_is_the_script_of_the_seed() {
    let asked = [
        ("time", "2-00:00:00"),
        ("account", "myproject"),
        ("partition", "big-gpu"),
        ("gres", "gpu:p100:1"),
        ("mem", "8000"),
    ];
    let script = plain(
        &resources(&asked),
        &["source activate deep"],
        &plan(&["python", "dummytrain.py", "--lr=0.01"], None, 1),
    );
    insta::assert_snapshot!(script, @r"
    #!/bin/bash
    #SBATCH --time=2-00:00:00
    #SBATCH --account=myproject
    #SBATCH --partition=big-gpu
    #SBATCH --gres=gpu:p100:1
    #SBATCH --mem=8000

    source activate deep
    python dummytrain.py --lr=0.01
    ");
}

#[test]
fn several_runs_are_an_array_with_a_case_each() {
    let plan = plan(&["python", "train.py"], Some(r#"{"name": ["a b", "it's"]}"#), 1);
    insta::assert_snapshot!(plain(&Resources::default(), &[], &plan), @r#"
    #!/bin/bash
    #SBATCH --array=0-1

    case $SLURM_ARRAY_TASK_ID in
    0) python train.py '--name=a b' ;;
    1) python train.py "--name=it's" ;;
    *) echo 'this script is for sbatch: there is no run of that number' >&2; exit 2 ;;
    esac
    "#);
}

#[test]
fn above_a_thousand_runs_the_first_are_shown_with_the_count() {
    let script = plain(&Resources::default(), &[], &plan(&["true"], None, 1500));
    assert!(script.contains("#SBATCH --array=0-999\n# the first 1000 of 1500 runs\n"));
    assert!(script.contains("\n999) true ;;\n") && !script.contains("\n1000) "));
}

#[test]
fn the_script_of_a_launch_stays_readable() {
    let env = ["module load cuda\nexport A='x\ny'".to_owned()];
    let worker =
        command(&["/home/me/my project/.neu/bin/abc/neu", "worker", "/home/me/my project/.neu/launches/1"]);
    let text = script::job_script(
        &resources(&[("mem", "8G"), ("comment", "two words")]),
        &env,
        &plan(&["python", "a.py"], None, 3),
        &worker,
    );
    insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r#"
    #!/bin/bash
    #SBATCH --mem=8G
    #SBATCH --comment="two words"

    # The worker activates the env, line by line:
    #   module load cuda
    #   export A='x
    #   y'
    # and executes the task's run of the plan (3 in all), such as:
    #   python a.py
    exec '/home/me/my project/.neu/bin/abc/neu' worker '/home/me/my project/.neu/launches/1' "$@"
    "#);
}
