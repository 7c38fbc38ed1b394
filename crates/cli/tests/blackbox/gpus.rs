//! GPUs of this machine: found, refused, given, waited for, with an `nvidia-smi` that tells of as many as the test wants.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::kit::{Tool, World, wait_until};

/// Devices that ask for GPUs in all the ways there are, and one that does not.
const DEVICES: &str = r#"{"local": {
    "cpu": {"env": "", "resources": ""},
    "gpu": {"env": "", "resources": {"gpus": 1}},
    "half": {"env": "", "resources": {"gpus": 0.5}},
    "quarter": {"env": "", "resources": {"gpus": 0.25}},
    "two": {"env": "", "resources": {"gpus": 2}},
    "memory": {"env": "", "resources": {"gpu_memory": "10G"}}
}}"#;

/// A world with [`DEVICES`] and this many GPUs of 24000 MiB; what computes on them stands in `processes` as `PID, UUID`.
pub(crate) fn machine(gpus: u32) -> World {
    let world = World::new();
    world.file("config.json", DEVICES);
    let processes = world.root().join("processes");
    fs::write(&processes, "").unwrap();
    let script = format!(
        "case \"$1\" in\n\
         --query-gpu=*) for ((i = 0; i < {gpus}; i++)); do echo \"$i, GPU-000$i-aaaa, 24000, 1, [N/A]\"; done ;;\n\
         --query-compute-apps=*) cat '{}' ;;\n\
         *) exit 2 ;;\n\
         esac",
        processes.display()
    );
    world.fake("nvidia-smi", &script);
    world.file("show.sh", "echo \"$CUDA_VISIBLE_DEVICES $CUDA_DEVICE_ORDER\"\n");
    world.file("hold.sh", "echo \"$CUDA_VISIBLE_DEVICES\"; touch \"held.$NEU_RUN_ID\"; until [ -e \"free.$NEU_LAUNCH\" ]; do sleep 0.02; done\n");
    world
}

/// Has a process of somebody compute on a GPU.
pub(crate) fn occupy(world: &World, gpu: u32, pid: u32) {
    fs::write(world.root().join("processes"), format!("{pid}, GPU-000{gpu}-aaaa\n")).unwrap();
}

/// Everything that the workers of a launch have written down.
fn journal(world: &World, launch: u32) -> String {
    let files =
        fs::read_dir(world.store().join(format!("launches/{launch}/events"))).into_iter().flatten().flatten();
    files.map(|file| fs::read_to_string(file.path()).unwrap_or_default()).collect()
}

#[test]
fn a_run_is_given_its_gpus_by_uuid_and_a_run_without_is_left_alone() {
    let world = machine(4);
    assert_eq!(world.neurun("local gpu show.sh").succeeded().stdout, "GPU-0000-aaaa PCI_BUS_ID\n");
    assert_eq!(
        world.neurun("local two show.sh").succeeded().stdout,
        "GPU-0000-aaaa,GPU-0001-aaaa PCI_BUS_ID\n"
    );
    assert_eq!(world.neurun("--gpus=2 local half show.sh").succeeded().stdout, "GPU-0002-aaaa PCI_BUS_ID\n");
    let limited = world.tool(Tool::Neurun, ["local", "memory", "show.sh"]).env("CUDA_VISIBLE_DEVICES", "3,1");
    assert_eq!(limited.run().succeeded().stdout, "GPU-0001-aaaa PCI_BUS_ID\n");
    let asked = world.calls().lines().count();
    let own = world.tool(Tool::Neurun, ["local", "cpu", "show.sh"]).env("CUDA_VISIBLE_DEVICES", "3");
    assert_eq!(own.run().succeeded().stdout, "3 \n");
    assert_eq!(world.calls().lines().count(), asked, "a run without a GPU asks nobody for GPUs");
}

#[test]
fn what_a_run_was_given_is_recorded_and_shown() {
    let world = machine(2);
    world.neurun("--runs=2 --priority=3 local half show.sh").succeeded();
    let shown = world.neu("show 1.1 --json").succeeded().json();
    let attempt = &shown["launches"][0]["runs"][0]["attempts"][0];
    assert_eq!(attempt["gpus"].to_string(), r#"[{"id":"GPU-0000-aaaa","index":"0","share":0.5}]"#, "{shown}");
    let shown = world.neu("show 1.1").succeeded().stdout;
    assert!(shown.contains(", GPU 0.5 of 0 (GPU-0000-aaaa), started "), "{shown}");
    assert!(shown.contains("--jobs=2\n"), "{shown}");
}

#[test]
fn what_cannot_be_had_is_refused_before_anything_starts() {
    let world = machine(4);
    let refusals = [
        "local gpu --gpus=1.5 show.sh",
        "local gpu --gpus=0 --gpu_memory=0 --priority=1000 show.sh",
        "local gpu --gpus=5 show.sh",
        "local gpu --gpu_memory=48G show.sh",
        "--gpus=4 local gpu show.sh",
        "--gpus=0 local two show.sh",
        "--gpus=0 local cpu show.sh",
        "--priority=1000 local gpu show.sh",
    ];
    let told = refusals.map(|line| world.neurun(line).exited(2).stderr);
    insta::assert_snapshot!(told.concat(), @r#"
    error: `1.5` is neither whole GPUs nor a part of one; `2` and `0.5` are
    error: `0` is no GPU; leave it out for a run without one
    error: `0` is no memory; leave it out where any will do
    error: `1000` is not a priority; whole numbers from -100 to 100 are, and higher goes first
    error: a run asks for 5 GPUs, and there are 4: 0 (24000M), 1 (24000M), 2 (24000M), 3 (24000M)
    hint: ask for less, or let more of them be used (`--gpus`, CUDA_VISIBLE_DEVICES)
    error: a run asks for a GPU with 48G of memory, and there are 4: 0 (24000M), 1 (24000M), 2 (24000M), 3 (24000M)
    hint: ask for less, or let more of them be used (`--gpus`, CUDA_VISIBLE_DEVICES)
    error: `--gpus` names `4`, and there are 4: 0 (24000M), 1 (24000M), 2 (24000M), 3 (24000M)
    error: a run asks for 2 GPUs, and there is one: 0 (24000M)
    hint: ask for less, or let more of them be used (`--gpus`, CUDA_VISIBLE_DEVICES)
    error: device `cpu` asks for no GPU, and `--gpus` only says which
    hint: write `"resources": {"gpus": 1}`, or `--gpus=1` after DEVICE
    error: `--priority`: `1000` is not a priority; whole numbers from -100 to 100 are, and higher goes first
    "#);
    assert!(!world.store().exists());
    world.fake("nvidia-smi", "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18");
    insta::assert_snapshot!(world.neurun("local gpu show.sh").exited(3).stderr, @"error: `nvidia-smi` cannot tell the GPUs: Failed to initialize NVML: Driver/library version mismatch; the driver was upgraded while it is in use, and the machine has to be rebooted");
    fs::remove_file(world.bin().join("nvidia-smi")).unwrap();
    insta::assert_snapshot!(world.neurun("local gpu show.sh").exited(2).stderr, @"
    error: a run asks for a GPU, and there is none
    hint: neither `nvidia-smi` nor `rocm-smi` on PATH tells of one
    ");
}

#[test]
fn a_second_launch_waits_for_the_first_says_so_and_goes_on() {
    let world = machine(2);
    let first = world.tool(Tool::Neurun, ["--runs=2", "local", "gpu", "hold.sh"]);
    let mut first = first.spawn();
    wait_until("both GPUs are taken", || world.path("held.1.1").exists() && world.path("held.1.0").exists());
    let mut second = world.tool(Tool::Neurun, ["local", "half", "show.sh"]).spawn();
    wait_until("the second launch waits", || journal(&world, 2).contains("waits"));
    insta::assert_snapshot!(world.table(&world.neu("status 2").succeeded().stdout), @r"
    launch 2 show on local/half: 1 waiting
    bash show.sh

    RUN  STATE  DURATION  NODE  EXIT
    2.0  waiting

    2.0 waiting: it waits for 0.5 of a GPU: GPU 0 and 1 are leased to launch 1
    ");
    // A run without a GPU never waits behind one with.
    assert_eq!(world.neurun("local cpu show.sh").succeeded().stdout, " \n");
    world.file("free.1", "");
    let outcome = second.wait().succeeded();
    assert_eq!(outcome.stdout, "GPU-0000-aaaa PCI_BUS_ID\n");
    insta::assert_snapshot!(world.tidy(&outcome.stderr), @"
    launch 2: 1 run of show on local/half
    launch 2 waits for 0.5 of a GPU: GPU 0 and 1 are leased to launch 1
    launch 2 goes on
    ");
    first.wait().succeeded();
    let left = fs::read_dir(world.root().join("gpus")).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["lock"]);
}

#[test]
fn a_gpu_of_somebody_else_is_left_alone() {
    let world = machine(2);
    occupy(&world, 0, std::process::id());
    assert_eq!(world.neurun("local gpu show.sh").succeeded().stdout, "GPU-0001-aaaa PCI_BUS_ID\n");
    let mut waits = world.tool(Tool::Neurun, ["--gpus=0", "local", "gpu", "show.sh"]).spawn();
    wait_until("it waits", || journal(&world, 2).contains("used by others"));
    fs::write(world.root().join("processes"), "").unwrap();
    assert_eq!(waits.wait().succeeded().stdout, "GPU-0000-aaaa PCI_BUS_ID\n");
}

#[test]
fn the_gpu_of_a_run_that_outlived_its_worker_is_not_given_away() {
    let world = machine(1);
    let mut first = world.tool(Tool::Neurun, ["local", "gpu", "hold.sh"]).spawn();
    wait_until("the GPU is taken", || world.path("held.1.0").exists());
    // Stopped first, so that none sees another end and ends the program.
    let supervisors = crate::gpus_shared::supervisors(&world);
    for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
        for pid in &supervisors {
            let _gone = kill(Pid::from_raw(*pid), signal);
        }
    }
    drop(first.wait());
    let mut second = world.tool(Tool::Neurun, ["local", "gpu", "show.sh"]).spawn();
    wait_until("the second launch waits", || journal(&world, 2).contains("leased to launch 1"));
    world.file("free.1", "");
    assert_eq!(second.wait().succeeded().stdout, "GPU-0000-aaaa PCI_BUS_ID\n");
}

/// Leaves a process behind that bears no sign of its run: no session, no descriptors, no environment.
const HIDER: &str = "import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 64)
        os.execve('/bin/sleep', ['sleep', '600'], {})
    os._exit(0)
os.wait()
";

#[test]
fn the_gpu_of_a_run_that_left_something_without_any_sign_is_not_given_away() {
    let world = machine(2);
    world.file("hide.py", HIDER);
    world.file("t.sh", "[ $NEU_RUN = 0 ] && exec python hide.py\n. ./hold.sh");
    let mut first = world.tool(Tool::Neurun, ["--runs=2", "local", "gpu", "t.sh"]).spawn();
    wait_until("its neighbour runs on", || {
        world.path("held.1.1").exists() && world.states("1")[0] == "succeeded"
    });
    let mut second = world.tool(Tool::Neurun, ["local", "gpu", "show.sh"]).spawn();
    wait_until("the second launch waits", || journal(&world, 2).contains("leased to launch 1"));
    world.file("free.1", "");
    first.wait().succeeded();
    assert_eq!(second.wait().succeeded().stdout, "GPU-0000-aaaa PCI_BUS_ID\n");
    let left = fs::read_dir(world.root().join("gpus")).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["lock"]);
}
