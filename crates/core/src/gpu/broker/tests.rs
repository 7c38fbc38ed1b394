use std::sync::{Arc, Mutex};

use super::*;
use crate::gpu::eye::Sight;
use crate::gpu::placement::tests::demand;
use crate::id::LaunchId;
use crate::tool::scripted::reply;
use crate::tool::{Invocation, Reply, Runner, ToolError};

/// An `nvidia-smi` of a machine with some GPUs.
#[derive(Debug)]
struct Machine {
    gpus: u32,
    /// `pid, uuid` lines.
    processes: Mutex<String>,
    looks: Mutex<u32>,
    fails: Mutex<Option<&'static str>>,
}

impl Machine {
    fn with(gpus: u32) -> Arc<Self> {
        Arc::new(Self { gpus, processes: Mutex::default(), looks: Mutex::default(), fails: Mutex::default() })
    }
}

impl Runner for Machine {
    fn run(&self, invocation: &Invocation) -> Result<Reply, ToolError> {
        if invocation.program != "nvidia-smi" {
            return Err(ToolError::Missing { program: invocation.program.clone() });
        }
        if let Some(words) = *self.fails.lock().unwrap() {
            return Ok(reply(9, words, ""));
        }
        if invocation.args[0].to_string_lossy().starts_with("--query-gpu") {
            *self.looks.lock().unwrap() += 1;
            let cards = (0..self.gpus).map(|index| format!("{index}, GPU-{index:04}, 24000, 1, [N/A]\n"));
            return Ok(reply(0, &cards.collect::<String>(), ""));
        }
        Ok(reply(0, &self.processes.lock().unwrap(), ""))
    }
}

/// Looks at a machine at once.
#[derive(Debug)]
struct Here {
    machine: Arc<Machine>,
    sight: Option<Sight>,
}

impl Eye for Here {
    fn begin(&mut self) {
        self.sight = Some(Sight::take(&*self.machine));
    }

    fn sight(&mut self) -> Option<Sight> {
        self.sight.take()
    }
}

struct Scene {
    dir: tempfile::TempDir,
    machine: Arc<Machine>,
}

impl Scene {
    fn with(gpus: u32) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), machine: Machine::with(gpus) }
    }

    fn launch(&self, number: u64, gpus: &str) -> Broker {
        self.prioritised(number, gpus, 0)
    }

    fn prioritised(&self, number: u64, gpus: &str, priority: i32) -> Broker {
        let application = Application {
            launch: LaunchId(number),
            key: format!("key{number}"),
            demand: demand(gpus),
            only: None,
            priority: Priority::new(priority).unwrap(),
            jobs: 8,
        };
        let eye = Here { machine: Arc::clone(&self.machine), sight: None };
        Broker::with_eye(application, self.dir.path().join("gpus"), Box::new(eye))
    }

    fn files(&self, prefix: &str) -> Vec<PathBuf> {
        let files =
            std::fs::read_dir(self.dir.path().join("gpus")).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix)).collect()
    }
}

fn run(launch: u64, run: u64) -> RunId {
    RunId { launch: LaunchId(launch), run }
}

/// Asks until the tool has looked: the labels of what is given, or why to wait.
fn ask(broker: &mut Broker, run: RunId, behind: u64) -> Result<String, String> {
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < Duration::from_secs(20));
        match broker.ask(run, behind) {
            Answer::Given(given) => {
                let labels: Vec<_> = given.gpus.iter().map(|gpu| gpu.label.as_str()).collect();
                return Ok(labels.join(","));
            }
            Answer::Wait { again, .. } if again == GLANCE => std::thread::sleep(Duration::from_millis(1)),
            Answer::Wait { wait, .. } => return Err(wait.unwrap().reason),
        }
    }
}

#[test]
fn a_second_launch_waits_for_the_first_and_says_so() {
    let scene = Scene::with(2);
    let (mut first, mut second) = (scene.launch(1, "1"), scene.launch(2, "0.5"));
    assert_eq!(ask(&mut first, run(1, 0), 1).unwrap(), "0");
    assert_eq!(ask(&mut first, run(1, 1), 0).unwrap(), "1");
    let reason = ask(&mut second, run(2, 0), 0).unwrap_err();
    assert_eq!(reason, "GPU 0 and 1 are leased to launch 1");
    first.release(run(1, 1));
    assert_eq!(ask(&mut second, run(2, 0), 0).unwrap(), "1");
    assert_eq!(scene.files("lease-").len(), 2);
    assert_eq!(scene.files("ticket-").len(), 0);
}

#[test]
fn what_the_first_launch_has_still_to_run_goes_first() {
    let scene = Scene::with(2);
    let (mut first, mut second) = (scene.launch(1, "2"), scene.launch(2, "0.25"));
    assert_eq!(ask(&mut first, run(1, 0), 5).unwrap(), "0,1");
    first.release(run(1, 0));
    let reason = ask(&mut second, run(2, 0), 0).unwrap_err();
    assert_eq!(reason, "GPU 0 and 1 are kept for launch 1, which is first");
    assert_eq!(ask(&mut first, run(1, 1), 4).unwrap(), "0,1");
    // Of what it asked for, nothing is left to be started.
    first.leave();
    first.release(run(1, 1));
    assert_eq!(ask(&mut second, run(2, 0), 0).unwrap(), "0");
}

#[test]
fn a_launch_of_higher_priority_is_served_before_ones_own_earlier_ones() {
    let scene = Scene::with(1);
    let (mut busy, mut first) = (scene.launch(1, "1"), scene.launch(2, "1"));
    assert_eq!(ask(&mut busy, run(1, 0), 0).unwrap(), "0");
    ask(&mut first, run(2, 0), 3).unwrap_err();
    let mut urgent = scene.prioritised(3, "1", 5);
    ask(&mut urgent, run(3, 0), 0).unwrap_err();
    busy.release(run(1, 0));
    assert_eq!(ask(&mut first, run(2, 0), 3).unwrap_err(), "GPU 0 is kept for launch 3, which is first");
    assert_eq!(ask(&mut urgent, run(3, 0), 0).unwrap(), "0");
}

#[test]
fn a_strangers_gpu_is_left_alone_until_it_leaves() {
    let scene = Scene::with(2);
    let us = std::process::id();
    scene.machine.processes.lock().unwrap().push_str(&format!("{us}, GPU-0000\n"));
    let mut broker = scene.launch(1, "2");
    let reason = ask(&mut broker, run(1, 0), 0).unwrap_err();
    let user = super::super::words::user_name(nix::unistd::getuid().as_raw());
    assert_eq!(reason, format!("GPU 0 is used by others (pid {us}, {user}); 1 is free"));
    scene.machine.processes.lock().unwrap().clear();
    // For a moment the last look is believed.
    let began = Instant::now();
    while ask(&mut broker, run(1, 0), 0).as_deref() != Ok("0,1") {
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn one_look_serves_many_runs() {
    let scene = Scene::with(4);
    let mut broker = scene.launch(1, "0.5");
    for number in 0..8 {
        ask(&mut broker, run(1, number), 20).unwrap();
    }
    assert!(*scene.machine.looks.lock().unwrap() <= 3);
    assert_eq!(ask(&mut broker, run(1, 8), 19).unwrap_err(), "GPU 0, 1, 2 and 3 are leased to this launch");
}

#[test]
fn trouble_is_a_reason_to_wait() {
    let scene = Scene::with(1);
    *scene.machine.fails.lock().unwrap() = Some("NVIDIA-SMI has failed");
    let mut broker = scene.launch(1, "1");
    assert_eq!(
        ask(&mut broker, run(1, 0), 0).unwrap_err(),
        "`nvidia-smi` cannot tell the GPUs: NVIDIA-SMI has failed"
    );
    let blocked = tempfile::tempdir().unwrap();
    std::fs::write(blocked.path().join("gpus"), "in the way").unwrap();
    let scene = Scene { dir: blocked, machine: Machine::with(1) };
    let reason = ask(&mut scene.launch(1, "1"), run(1, 0), 0).unwrap_err();
    assert!(reason.contains("gpus is not a folder; its owner, "), "{reason}");
}

#[test]
fn files_that_somebody_removed_are_written_anew_and_garbage_goes() {
    let scene = Scene::with(2);
    let mut broker = scene.launch(1, "1");
    ask(&mut broker, run(1, 0), 4).unwrap();
    broker.started(run(1, 0), ProcessId::current());
    std::fs::remove_file(&scene.files("lease-")[0]).unwrap();
    std::fs::remove_file(&scene.files("ticket-")[0]).unwrap();
    std::fs::write(scene.dir.path().join("gpus/lease-garbage"), "{}").unwrap();
    assert_eq!(ask(&mut broker, run(1, 1), 3).unwrap(), "1");
    assert_eq!((scene.files("lease-").len(), scene.files("ticket-").len()), (2, 1));
    assert!(
        scene.files("lease-").iter().any(|path| std::fs::read_to_string(path).unwrap().lines().count() == 2)
    );
    drop(broker);
    assert_eq!((scene.files("lease-").len(), scene.files("ticket-").len()), (2, 0));
}

#[test]
fn a_lease_whose_processes_are_gone_is_nobodys() {
    let scene = Scene::with(1);
    let mut gone = scene.launch(1, "1");
    ask(&mut gone, run(1, 0), 0).unwrap();
    gone.started(run(1, 0), ProcessId::current());
    let path = &scene.files("lease-")[0];
    let text = std::fs::read_to_string(path).unwrap();
    let us = format!("\"pid\":{},", std::process::id());
    std::fs::write(path, text.replace(&us, "\"pid\":999999999,")).unwrap();
    assert_eq!(ask(&mut scene.launch(2, "1"), run(2, 0), 0).unwrap(), "0");
    assert_eq!(scene.files("lease-").len(), 1);
}
