//! A researcher's folder with a ledger beside it, and launches that are looked at while something goes wrong.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::desk::{Desk, Launched, until};
use crate::kit::World;
use crate::ledger::{Ledger, WORK};
use crate::tally::{Fate, Tally};

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_mins(4);

/// States that a run stays in.
const ENDS: &[&str] = &[
    "succeeded",
    "failed",
    "cancelled",
    "timed-out",
    "out-of-memory",
    "node-failed",
    "preempted",
    "env-failed",
    "lost",
];

/// The folder; `work.py` in it is what runs execute.
pub(crate) struct Scene {
    pub(crate) desk: Desk,
    pub(crate) ledger: Ledger,
}

impl Scene {
    /// Makes one with a device `slurm cpu`.
    pub(crate) fn on(cluster: &Cluster) -> Self {
        Self::at(Desk::on(cluster))
    }

    /// Makes one with a device `local cpu`, and no Slurm at all.
    pub(crate) fn without_slurm() -> Self {
        let scene = Self::at(Desk { world: World::new() });
        scene.desk.world.file("config.json", r#"{"local": {"cpu": {"env": ""}}}"#);
        scene
    }

    fn at(mut desk: Desk) -> Self {
        let ledger = Ledger::at(desk.world.root().join("ledger"));
        desk.world.set("LEDGER", ledger.folder());
        // The wait before an attempt whose predecessor may live, in seconds: short, since tests wait for it.
        desk.world.set("NEU_FENCE", "3");
        desk.world.file("work.py", WORK);
        Self { desk, ledger }
    }

    /// Starts runs of `work.py` on Slurm, with further words for it.
    #[track_caller]
    pub(crate) fn launch(&self, runs: usize, words: &str) -> Watched<'_> {
        self.launch_with(runs, "", words)
    }

    /// Starts runs with options for Slurm.
    #[track_caller]
    pub(crate) fn launch_with(&self, runs: usize, options: &str, words: &str) -> Watched<'_> {
        self.watch(self.desk.launch(&format!("--runs={runs} slurm cpu {options} work.py {words}")), runs)
    }

    pub(crate) fn watch<'a>(&'a self, launch: Launched<'a>, runs: usize) -> Watched<'a> {
        Watched { scene: self, launch, runs, ends: BTreeMap::new(), wrong: Vec::new() }
    }

    /// Lets a requeued task start soon, instead of after two minutes.
    pub(crate) fn let_go(&self, task: &str) {
        // Not at once: the end of the first execution, still on its way, would be taken for that of the second.
        until("it may start soon", || {
            let line = ["update".to_owned(), format!("job={task}"), "StartTime=now+3".to_owned()];
            let update = self.desk.world.command("scontrol", line).run();
            if update.code == 0 { Ok(()) } else { Err(update) }
        });
    }
}

/// A launch, and what was wrong whenever somebody looked at it.
pub(crate) struct Watched<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) launch: Launched<'a>,
    runs: usize,
    /// The last end that each run was shown with.
    ends: BTreeMap<String, serde_json::Value>,
    wrong: Vec<String>,
}

impl Watched<'_> {
    pub(crate) fn run(&self, run: usize) -> String {
        format!("{}.{run}", self.launch.id)
    }

    /// Gives Slurm's name of a task of its only array.
    pub(crate) fn task(&self, run: usize) -> String {
        format!("{}_{run}", self.launch.job())
    }

    /// Looks at the status, and compares it with what is really so. An answer that only says that nothing can be known
    /// is never wrong, and no answer always is.
    pub(crate) fn look(&mut self) -> Vec<String> {
        let before: Vec<_> = (0..self.runs).map(|run| self.scene.ledger.executions(&self.run(run))).collect();
        let answer = self.scene.desk.neu(&format!("status {} --json", self.launch.id));
        if answer.code != 0 {
            self.wrong.push(format!("no answer: {answer:?}"));
            return Vec::new();
        }
        let shown = answer.json();
        let mut states = Vec::new();
        for (run, earlier) in before.iter().enumerate() {
            let row = &shown["runs"][run];
            let state = row["state"].as_str().unwrap().to_owned();
            let now = self.scene.ledger.executions(&self.run(run));
            let ended_well = now.iter().any(|execution| execution.ended == Some(0));
            let ended_well_before = earlier.iter().any(|execution| execution.ended == Some(0));
            let lives = now.iter().any(|execution| execution.is_alive && execution.ended.is_none());
            let is_end = ENDS.contains(&state.as_str());
            let wrong = match state.as_str() {
                "succeeded" => !ended_well,
                "failed" | "lost" | "node-failed" | "preempted" => lives || ended_well_before,
                _ => is_end && lives,
            };
            if wrong {
                self.wrong.push(format!("{row} while {now:?}"));
            }
            if let Some(end) = self.ends.get(&self.run(run)).filter(|end| end["state"] != row["state"]) {
                self.wrong.push(format!("first {end}, then {row}"));
            }
            if is_end {
                self.ends.insert(self.run(run), row.clone());
            }
            states.push(state);
        }
        states
    }

    /// Forgets the ends that were seen: somebody has asked for another attempt.
    pub(crate) fn begins_again(&mut self) {
        self.ends.clear();
    }

    /// Looks again and again until a run has a state.
    #[track_caller]
    pub(crate) fn until_state(&mut self, run: usize, wanted: &[&str]) {
        let began = Instant::now();
        loop {
            let states = self.look();
            if states.get(run).is_some_and(|state| wanted.contains(&state.as_str())) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "run {run} never was {wanted:?}: {states:?}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Looks again and again until every run is over.
    #[track_caller]
    pub(crate) fn until_over(&mut self) -> Vec<String> {
        let began = Instant::now();
        loop {
            let states = self.look();
            if !states.is_empty() && states.iter().all(|state| ENDS.contains(&state.as_str())) {
                return states;
            }
            assert!(began.elapsed() < PATIENCE, "not over: {states:?}\n{}", self.launch.table());
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until an attempt at a run executes.
    #[track_caller]
    pub(crate) fn until_begun(&self, run: usize, attempt: u32) {
        let name = self.run(run);
        until(&format!("attempt {attempt} at {name} executes"), || {
            let executions = self.scene.ledger.executions(&name);
            if executions.iter().any(|execution| execution.attempt == attempt) {
                Ok(())
            } else {
                Err((executions, self.launch.table()))
            }
        });
    }

    /// Waits until every run is over, and judges each by the state (`this or that`) and the fate that it must have.
    #[track_caller]
    pub(crate) fn judge(mut self, wanted: impl Fn(usize) -> (&'static str, Fate)) -> Tally {
        let states = self.until_over();
        self.until_off_the_queue();
        let mut tally = Tally { wrongly_shown: std::mem::take(&mut self.wrong), ..Tally::default() };
        for (run, state) in states.iter().enumerate() {
            let name = self.run(run);
            let (wanted, fate) = wanted(run);
            tally.count(&name, &self.scene.ledger.executions(&name), fate);
            if !wanted.split(" or ").any(|wanted| wanted == state) {
                tally
                    .wrongly_shown
                    .push(format!("{name} is {state}, not {wanted}: {}", self.launch.run(run)));
            }
        }
        tally
    }

    /// Waits until no job of this launch is left in Slurm's queue, known to the store or not.
    #[track_caller]
    fn until_off_the_queue(&self) {
        let record =
            self.scene.desk.world.store().join("launches").join(&self.launch.id).join("submissions.jsonl");
        if self.launch.json()["launch"]["support"] == "local" {
            return;
        }
        let text = fs::read_to_string(record).unwrap_or_default();
        let keys: Vec<&str> =
            text.split("\"key\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        until("no job of the launch is in the queue", || {
            // Not through PATH, where a test may have put one that lies.
            let rows = self.scene.desk.world.command("/usr/bin/squeue", ["-h", "-o", "%i %j %T"]).run();
            let ours = |row: &&str| keys.iter().any(|key| row.contains(&format!(".{key} ")));
            if rows.code == 0 && !rows.stdout.lines().any(|row| ours(&row)) { Ok(()) } else { Err(rows) }
        });
    }

    /// Waits until every run is over; all must have succeeded, once.
    #[track_caller]
    pub(crate) fn judge_all_well(self) -> Tally {
        self.judge(|_| ("succeeded", Fate::Ends(0)))
    }
}
