//! Resources on the command line, between DEVICE and SCRIPT.

use crate::kit::World;

fn world() -> World {
    let world = World::new();
    world.file(
        "config.json",
        r#"{"slurm": {"gpu": {"env": "", "resources": {"mem": "8000", "time": "1:00", "partition": "gpu"}}},
            "local": {"cpu": {"env": "", "resources": ""}}}"#,
    );
    world.file("train.py", "");
    world
}

#[test]
fn words_override_in_place_and_add_at_the_end() {
    let world = world();
    let line = "--dry-run slurm gpu --mem=64G --time=1:00:00 --hold --gres=gpu:2 train.py --mem=1";
    insta::assert_snapshot!(world.neurun(line).succeeded().stdout, @r"
    #!/bin/bash
    #SBATCH --mem=64G
    #SBATCH --time=1:00:00
    #SBATCH --partition=gpu
    #SBATCH --hold
    #SBATCH --gres=gpu:2

    python train.py --mem=1
    ");
}

#[test]
fn words_that_sbatch_would_not_take_are_refused_with_the_right_way_to_write_them() {
    let world = world();
    let mut told = String::new();
    for line in [
        "-p gpu train.py",
        "-c 4 train.py",
        "-c4 train.py",
        "-t 1:00 train.py",
        "--mem 64G train.py",
        "--mem64G train.py",
        "--mme=64G train.py",
        "--hold=yes train.py",
        "--frobnicate=1 train.py",
        "--array=1-3 train.py",
        "--wrap=x train.py",
        "--parsable train.py",
        "--test-only train.py",
        "-mem=8G train.py",
        "-p x -c 4 train.py",
        "--time=soon train.py",
        "-- train.py",
    ] {
        let outcome = world.neurun(&format!("--dry-run slurm gpu {line}"));
        told.push_str(&format!("$ {line}\n{}{}exit {}\n\n", outcome.stdout, outcome.stderr, outcome.code));
    }
    insta::assert_snapshot!(told, @r"
    $ -p gpu train.py
    error: `-p` is a short option; before the script only long ones are read
    hint: write `--partition=gpu`
    exit 2

    $ -c 4 train.py
    error: `-c` is a short option; before the script only long ones are read
    hint: write `--cpus-per-task=4`
    exit 2

    $ -c4 train.py
    error: `-c4` is a short option; before the script only long ones are read
    hint: write `--cpus-per-task=4`
    exit 2

    $ -t 1:00 train.py
    error: `-t` is a short option; before the script only long ones are read
    hint: write `--time=1:00`
    exit 2

    $ --mem 64G train.py
    error: `--mem` needs a value, joined with `=`
    hint: write `--mem=64G`
    exit 2

    $ --mem64G train.py
    error: there is no option `--mem64G`
    hint: `sbatch --help` lists what there is
    exit 2

    $ --mme=64G train.py
    error: there is no option `--mme`
    hint: did you mean `--mem=64G`?
    exit 2

    $ --hold=yes train.py
    error: `--hold` is a flag and takes no value
    hint: write `--hold`
    exit 2

    $ --frobnicate=1 train.py
    error: there is no option `--frobnicate`
    hint: `sbatch --help` lists what there is
    exit 2

    $ --array=1-3 train.py
    error: `--array` is not set here: how often to run is said with `neurun --runs=N`, and with which parameters by `neusweep`
    exit 2

    $ --wrap=x train.py
    error: `--wrap` is not set here: what to run is the SCRIPT after the device, of any kind
    exit 2

    $ --parsable train.py
    error: `--parsable` is not set here: neurun itself reads sbatch's answer; `neurun --json` prints the launch for programs
    exit 2

    $ --test-only train.py
    error: `--test-only` is not set here: `neurun --dry-run` shows what would be submitted
    exit 2

    $ -mem=8G train.py
    error: `-mem=8G` is a short option; before the script only long ones are read
    hint: write `--mem=8G`
    exit 2

    $ -p x -c 4 train.py
    error: `-p` is a short option; before the script only long ones are read
    hint: write `--partition=x`
    exit 2

    $ --time=soon train.py
    error: `soon` is not a time limit; `90` (minutes), `1:30:00`, `2-00:00:00`, `2-12` (days-hours) or `UNLIMITED` are
    exit 2

    $ -- train.py
    error: `--` does not belong before the script
    hint: options of the program come after it, as they are
    exit 2
    ");
}

#[test]
fn options_of_schedulers_do_nothing_on_this_machine_and_it_is_said() {
    let world = world();
    let outcome = world.neurun("local cpu --account=me --time=1:00 --hold train.py").succeeded();
    insta::assert_snapshot!(outcome.stderr, @r"
    warning: these options are for schedulers, and do nothing on this machine: --account=me --hold
    launch 1: 1 run of train on local/cpu
    ");
}

#[test]
fn a_value_that_means_nothing_on_this_machine_is_told_before_anything_starts() {
    let world = world();
    let outcome =
        world.neurun("local cpu --time=soon --jobs=0 --mem=8GB --cpus=all --gpus=p100:2 train.py").exited(2);
    insta::assert_snapshot!(outcome.stderr, @"
    error: `soon` is not a time limit; `90` (minutes), `1:30:00`, `2-00:00:00`, `2-12` (days-hours) or `UNLIMITED` are
    error: `0` is not a count; a whole number from 1 is
    error: `8GB` is not an amount of memory; `8G`, `500M` and `8000` (megabytes) are
    error: `all` is not a count; a whole number from 1 is
    error: `p100:2` is not a number of GPUs; `1`, `2` and `0.5` are
    ");
}
