//! A researcher's folder on the login node of a cluster: what is typed there, and what came of it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::kit::{Line, Outcome, Tool, World};

/// The longest that any state is waited for: a time limit of one minute ends within 90 s.
const PATIENCE: Duration = Duration::from_secs(150);

/// Where the programs of Slurm and of environment-modules are.
const SYSTEM: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/// Calls the real sbatch, and writes down that it was called.
const SBATCH: &str = r#"#!/bin/bash
printf '%s\n' "${*//$'\n'/ }" >>"$CALLS_OF_SBATCH"
real=$(PATH=/usr/local/bin:/usr/bin:/bin; type -P sbatch)
"$real" "$@"
code=$?
printf '%s\n' "$code" >>"$CALLS_OF_SBATCH.ends"
exit "$code"
"#;

/// A training script that writes its arguments down, byte for byte; a second time for the same attempt fails.
const TRAIN: &str = r#"import os, sys
name = os.environ.get("NEU_RUN_ID", "hand." + os.environ.get("SLURM_ARRAY_TASK_ID", "0"))
name += "." + os.environ.get("NEU_ATTEMPT", "1")
name = os.path.join(os.environ["RECORDS"], name)
part = f"{name}.part.{os.getpid()}"
with open(part, "xb") as record:
    for argument in sys.argv[1:]:
        record.write(os.fsencode(argument) + b"\0")
os.link(part, name)
os.unlink(part)
print("trained", len(sys.argv))
"#;

/// The folder.
pub(crate) struct Desk {
    pub(crate) world: World,
}

impl Desk {
    /// Sets a folder up, with a config.json of one device `slurm cpu` and a training script `train.py`.
    pub(crate) fn on(cluster: &Cluster) -> Self {
        let mut world = World::new();
        world.program(world.bin().join("sbatch"), SBATCH);
        let records = world.root().join("records");
        fs::create_dir(&records).unwrap();
        let mut path = world.bin().into_os_string();
        path.push(format!(":{SYSTEM}"));
        world.set("PATH", path);
        world.set("USER", "root");
        world.set("SLURM_CONF", cluster.conf());
        world.set("CALLS_OF_SBATCH", world.root().join("sbatch.calls"));
        world.set("RECORDS", records);
        world.file("train.py", TRAIN);
        let desk = Self { world };
        desk.configure(&[], &json!({"partition": "big-mem", "time": "10:00", "mem": "100"}));
        desk
    }

    /// Writes a config.json with one device `slurm cpu`.
    pub(crate) fn configure(&self, env: &[&str], resources: &Value) {
        let config = json!({"slurm": {"cpu": {"env": env, "resources": resources}}});
        self.world.file("config.json", config.to_string());
    }

    pub(crate) fn neurun<S: Into<OsString>>(&self, words: impl IntoIterator<Item = S>) -> Line {
        self.world.tool(Tool::Neurun, words)
    }

    /// Runs `neu` to its end; words are split at spaces.
    pub(crate) fn neu(&self, line: &str) -> Outcome {
        self.world.neu(line)
    }

    /// Runs `neurun` to its end, as a launch; words are split at spaces.
    #[track_caller]
    pub(crate) fn launch(&self, line: &str) -> Launched<'_> {
        self.launched(&self.world.neurun(line).succeeded())
    }

    /// Runs `neusweep` to its end, as a launch; words are split at spaces.
    #[track_caller]
    pub(crate) fn sweep(&self, line: &str) -> Launched<'_> {
        self.launched(&self.world.neusweep(line).succeeded())
    }

    /// Reads which launch a command has started.
    #[track_caller]
    pub(crate) fn launched(&self, outcome: &Outcome) -> Launched<'_> {
        let id = outcome.stdout.strip_prefix("launch ").and_then(|rest| rest.split_once(':'));
        let (id, _) = id.unwrap_or_else(|| panic!("{outcome:?}"));
        Launched { desk: self, id: id.to_owned() }
    }

    /// Names a launch that is known to be there.
    pub(crate) fn launch_number(&self, id: u32) -> Launched<'_> {
        Launched { desk: self, id: id.to_string() }
    }

    /// Names the launch that was made last.
    pub(crate) fn newest_launch(&self) -> Launched<'_> {
        let all = self.neu("status --json").succeeded().json();
        let id = all["launches"].as_array().unwrap().last().unwrap()["id"].to_string();
        Launched { desk: self, id }
    }

    /// Runs a command of Slurm, which must succeed; words are split at spaces.
    #[track_caller]
    pub(crate) fn slurm(&self, line: &str) -> String {
        let mut words = line.split_whitespace();
        self.world.command(words.next().unwrap(), words).run().succeeded().stdout
    }

    /// Gives the calls of sbatch so far, one a line.
    pub(crate) fn sbatch_calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.world.root().join("sbatch.calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// Gives how many calls of sbatch have ended.
    pub(crate) fn sbatch_ends(&self) -> usize {
        let ends = fs::read_to_string(self.world.root().join("sbatch.calls.ends")).unwrap_or_default();
        ends.lines().count()
    }

    /// Tells whether there is a store.
    pub(crate) fn has_store(&self) -> bool {
        fs::exists(self.world.store()).unwrap()
    }

    /// Gives what training scripts wrote down: by run and attempt (`1.0.1`), the arguments.
    pub(crate) fn records(&self) -> BTreeMap<String, Vec<OsString>> {
        let files = fs::read_dir(self.world.root().join("records")).unwrap().map(Result::unwrap);
        let is_whole = |file: &fs::DirEntry| !file.file_name().to_string_lossy().contains(".part.");
        let record = |file: fs::DirEntry| {
            let bytes = fs::read(file.path()).unwrap();
            let arguments = bytes.split_inclusive(|byte| *byte == 0);
            let arguments = arguments.map(|word| OsString::from_vec(word[..word.len() - 1].to_vec()));
            (file.file_name().into_string().unwrap(), arguments.collect())
        };
        files.filter(is_whole).map(record).collect()
    }
}

/// A launch at a desk.
pub(crate) struct Launched<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) id: String,
}

impl Launched<'_> {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        self.desk.world.status(&self.id)
    }

    /// Gives the table with what stands around it.
    #[track_caller]
    pub(crate) fn table(&self) -> String {
        self.desk.neu(&format!("status {}", self.id)).succeeded().stdout
    }

    /// Gives Slurm's ids of its jobs.
    #[track_caller]
    pub(crate) fn jobs(&self) -> Vec<String> {
        self.json()["launch"]["jobs"].as_array().unwrap().iter().map(Value::to_string).collect()
    }

    /// Gives Slurm's id of its only job.
    #[track_caller]
    pub(crate) fn job(&self) -> String {
        let jobs = self.jobs();
        assert_eq!(jobs.len(), 1, "{jobs:?}");
        jobs[0].clone()
    }

    #[track_caller]
    pub(crate) fn run(&self, run: usize) -> Value {
        self.json()["runs"][run].clone()
    }

    #[track_caller]
    pub(crate) fn states(&self) -> Vec<String> {
        self.desk.world.states(&self.id)
    }

    /// Waits until a run has one of some states.
    #[track_caller]
    pub(crate) fn until_state(&self, run: usize, states: &[&str]) {
        until(&format!("run {run} is {states:?}"), || {
            let now = self.run(run);
            if states.contains(&now["state"].as_str().unwrap()) { Ok(()) } else { Err(now) }
        });
    }

    /// Waits until a file is there that a run writes.
    #[track_caller]
    pub(crate) fn until_file(&self, name: &str) {
        let path = self.desk.world.path(name);
        until(name, || if path.exists() { Ok(()) } else { Err(self.table()) });
    }

    /// Waits for the end of every run, and gives the exit code of `neu wait`.
    #[track_caller]
    pub(crate) fn wait(&self) -> i32 {
        until("every run is over", || {
            let states = self.states();
            let lives =
                |state: &String| ["waiting", "pending", "running", "unknown"].contains(&state.as_str());
            if states.iter().any(lives) { Err(states) } else { Ok(()) }
        });
        self.desk.neu(&format!("wait -q {}", self.id)).code
    }

    #[track_caller]
    pub(crate) fn log(&self, run: usize) -> String {
        self.desk.world.log(&format!("{}.{run}", self.id))
    }

    /// Gives the names of its log files.
    pub(crate) fn logs(&self) -> Vec<String> {
        let folder = self.desk.world.store().join("launches").join(&self.id).join("logs");
        let names = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Insists that a text contains others.
#[track_caller]
pub(crate) fn assert_says<'a>(text: &str, parts: impl IntoIterator<Item = &'a str>) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

/// Asks again and again until the answer is `Ok`; the last other answer is shown where it never is.
#[track_caller]
pub(crate) fn until<T, E: std::fmt::Debug>(what: &str, mut ask: impl FnMut() -> Result<T, E>) -> T {
    let began = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(other) => assert!(began.elapsed() < PATIENCE, "waited in vain until {what}: {other:?}"),
        }
        thread::sleep(Duration::from_millis(50));
    }
}
