//! A controller that freezes or is away.

use std::fs;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::cluster::Cluster;
use crate::daemons::Daemon;
use crate::desk::until;
use crate::kit::{Background, Outcome};
use crate::scene::{Scene, Watched};
use crate::tally::{Fate, Tally, play};

/// Longer than any command of Slurm waits for the controller of this cluster.
const FREEZE: Duration = Duration::from_secs(6);

#[test]
fn a_controller_that_is_frozen() {
    let Some(cluster) = Cluster::special(&["--nodes=2", "--slurm-conf=MessageTimeout=4"]) else { return };
    let controller = Daemon::of(&cluster, "slurmctld");
    play("slurmctld stopped during submit", || during_submit(&Scene::on(&cluster), &controller));
    play("slurmctld stopped during status", || during_status(&Scene::on(&cluster), &controller));
    play("slurmctld stopped during cancel", || during_cancel(&Scene::on(&cluster), &controller));
    play("slurmctld stopped during retry", || during_retry(&Scene::on(&cluster), &controller));
}

/// Lets a command begin while the controller is frozen, and waits for its end after that.
fn through_a_freeze(controller: &Daemon, mut command: impl FnMut() -> Background) -> Outcome {
    let frozen = controller.freeze();
    let mut running = command();
    let began = std::time::Instant::now();
    until("the freeze is over", || if began.elapsed() > FREEZE { Ok(()) } else { Err(()) });
    drop(frozen);
    until("the command is over", || if running.is_over() { Ok(()) } else { Err(()) });
    running.wait()
}

fn during_submit(scene: &Scene, controller: &Daemon) -> Tally {
    // Where the limits of the cluster are not known yet, a frozen controller is noticed before anything is written.
    let first = scene.launch(1, "");
    let line = scene.desk.neurun(["--runs=3", "slurm", "cpu", "work.py"]);
    let submitted = through_a_freeze(controller, || line.spawn());
    if submitted.code != 0 {
        scene.desk.neu("resume 2").succeeded();
    }
    let mut tally = scene.watch(scene.desk.launch_number(2), 3).judge_all_well();
    tally += first.judge_all_well();
    tally
}

fn during_status(scene: &Scene, controller: &Daemon) -> Tally {
    let mut over = scene.launch(2, "");
    over.until_over();
    let gate = scene.desk.world.path("gate");
    let mut lives = scene.launch(2, &format!("--gate={}", gate.display()));
    (0..2).for_each(|run| lives.until_begun(run, 1));
    let frozen = controller.freeze();
    assert_eq!(over.look(), ["succeeded"; 2], "what ended is known without Slurm");
    lives.look();
    fs::write(&gate, "").unwrap();
    lives.look();
    drop(frozen);
    let mut tally = lives.judge_all_well();
    tally += over.judge_all_well();
    tally
}

fn during_cancel(scene: &Scene, controller: &Daemon) -> Tally {
    let lives = scene.launch(2, "--hang=9");
    let held = scene.launch_with(2, "--hold", "");
    (0..2).for_each(|run| lives.until_begun(run, 1));
    let line = scene.desk.world.tool(crate::kit::Tool::Neu, ["cancel", "1", "2"]);
    if through_a_freeze(controller, || line.spawn()).code != 0 {
        line.run().succeeded();
    }
    let mut tally = lives.judge(|_| ("cancelled", Fate::IsStopped));
    tally += held.judge(|_| ("cancelled", Fate::NeverStarts));
    tally
}

fn during_retry(scene: &Scene, controller: &Daemon) -> Tally {
    let mut failed = scene.launch(2, "--fail=1");
    assert_eq!(failed.until_over(), ["failed"; 2]);
    failed.begins_again();
    let line = scene.desk.world.tool(crate::kit::Tool::Neu, ["retry", "1"]);
    if through_a_freeze(controller, || line.spawn()).code != 0 {
        scene.desk.neu("resume 1").succeeded();
    }
    failed.judge_all_well()
}

#[test]
fn a_controller_and_an_accounting_that_are_away() {
    let Some(cluster) = Cluster::special(&["--nodes=2", "--slurm-conf=MinJobAge=2"]) else { return };
    let (controller, accounting) = (Daemon::of(&cluster, "slurmctld"), Daemon::of(&cluster, "slurmdbd"));
    play("slurmctld restarted while runs live", || {
        let scene = Scene::on(&cluster);
        let gate = scene.desk.world.path("gate");
        let mut lives = scene.launch(3, &format!("--gate={}", gate.display()));
        (0..3).for_each(|run| lives.until_begun(run, 1));
        controller.end(Signal::SIGTERM);
        lives.look();
        controller.start();
        lives.look();
        fs::write(&gate, "").unwrap();
        lives.judge_all_well()
    });
    play("MinJobAge=2", || {
        let scene = Scene::on(&cluster);
        let mut every_end = EveryEnd::forgotten(&scene);
        every_end.look();
        every_end.judge()
    });
    play("clock set back by a day, on Slurm", || set_back(&Scene::on(&cluster)));
    play("slurmdbd down", || {
        accounting.end(Signal::SIGTERM);
        let scene = Scene::on(&cluster);
        let mut every_end = EveryEnd::forgotten(&scene);
        every_end.look();
        accounting.start();
        every_end.judge()
    });
}

/// What was started while the clock was a day ahead, workers included, is judged and retried when it is right again.
fn set_back(scene: &Scene) -> Tally {
    let world = &scene.desk.world;
    let (source, shim) = (world.file("clock.c", include_str!("clock.c")), world.path("clock.so"));
    let compile = format!("cc -shared -fPIC -o '{}' '{}' -ldl", shim.display(), source.display());
    world.command("bash", ["-c", &compile]).run().succeeded();
    let ahead = |words: &str, runs| {
        let line = scene.desk.neurun(words.split(' ')).env("LD_PRELOAD", &shim).env("CLOCK_SHIFT", "86400");
        scene.watch(scene.desk.launched(&line.run().succeeded()), runs)
    };
    let mut failed = ahead("--runs=2 slurm cpu work.py --fail=1", 2);
    let mut stopped = ahead("slurm cpu --hold work.py", 1);
    // Nobody looks before Slurm has forgotten it: accounting alone can tell.
    scene.desk.slurm(&format!("scancel {}", job_of(scene, "2")));
    until("Slurm has forgotten the job", || {
        let row = world.command("squeue", ["-h", "-t", "all", "-j", &job_of(scene, "2")]).run();
        if row.stdout.is_empty() { Ok(()) } else { Err(row) }
    });
    assert_eq!(stopped.until_over(), ["cancelled"]);
    assert_eq!(failed.until_over(), ["failed"; 2]);
    failed.begins_again();
    scene.desk.neu("retry 1").succeeded();
    let mut tally = failed.judge_all_well();
    tally += stopped.judge(|_| ("cancelled", Fate::NeverStarts));
    tally
}

/// Reads the only job of a launch from its record.
fn job_of(scene: &Scene, launch: &str) -> String {
    let record = scene.desk.world.store().join("launches").join(launch).join("submissions.jsonl");
    let text = fs::read_to_string(record).unwrap();
    text.split("\"job\":").last().unwrap().chars().take_while(char::is_ascii_digit).collect()
}

#[test]
fn no_accounting_at_all() {
    let options = ["--nodes=2", "--no-accounting", "--slurm-conf=MinJobAge=2"];
    let Some(cluster) = Cluster::special(&options) else { return };
    play("no accounting at all, MinJobAge=2", || EveryEnd::forgotten(&Scene::on(&cluster)).judge());
}

/// Launches whose jobs the controller has forgotten.
struct EveryEnd<'a> {
    well: Watched<'a>,
    failed: Watched<'a>,
    stopped: Watched<'a>,
}

impl<'a> EveryEnd<'a> {
    /// Starts runs that end in every way, and looks at them until the controller has forgotten their jobs.
    fn forgotten(scene: &'a Scene) -> Self {
        let mut well = scene.launch(2, "");
        let mut failed = scene.launch(2, "--fail=9");
        let mut stopped = scene.launch(1, "--hang=9");
        stopped.until_begun(0, 1);
        scene.desk.slurm(&format!("scancel {}", stopped.launch.job()));
        well.until_over();
        failed.until_over();
        for launch in [&mut well, &mut failed, &mut stopped] {
            for job in launch.launch.jobs() {
                until("Slurm has forgotten the job", || {
                    let row = scene.desk.world.command("squeue", ["-h", "-t", "all", "-j", &job]).run();
                    launch.look();
                    if row.stdout.is_empty() { Ok(()) } else { Err(row) }
                });
            }
        }
        Self { well, failed, stopped }
    }

    fn look(&mut self) {
        for launch in [&mut self.well, &mut self.failed, &mut self.stopped] {
            launch.look();
        }
    }

    fn judge(self) -> Tally {
        let mut tally = self.well.judge_all_well();
        tally += self.failed.judge(|_| ("failed", Fate::Ends(3)));
        tally += self.stopped.judge(|_| ("cancelled", Fate::IsStopped));
        tally
    }
}
