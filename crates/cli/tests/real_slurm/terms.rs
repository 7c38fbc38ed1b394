//! One TERM for a program, whoever told the job to end, and nothing that outlives it.

use std::fs;

use crate::cluster::Cluster;
use crate::desk::{Desk, Launched, until};

/// Counts TERM in a file of its own for each attempt, and goes on for a second after the first, so that a second one
/// would be seen.
const COUNT: &str = r#"import os, signal, time
name = os.environ["NEU_RUN_ID"] + "." + os.environ["NEU_ATTEMPT"]
end = [float("inf")]
def count(number, frame):
    with open("terms." + name, "a") as terms:
        terms.write("TERM\n")
    end[0] = min(end[0], time.monotonic() + 1)
signal.signal(signal.SIGTERM, count)
open("began." + name, "w").close()
while time.monotonic() < end[0]:
    time.sleep(0.02)
open("over." + name, "w").close()
"#;

/// The counting program is the child of a shell that dies of the first TERM, and has a sibling in a session of its own
/// that is deaf to it.
const PARENT: &str = "(trap '' TERM HUP; setsid bash -c 'trap \"\" TERM HUP; while :; do sleep 0.05; done' &) >/dev/null 2>&1\n\
    python count.py\necho the end\n";

struct Counted<'a> {
    launch: Launched<'a>,
}

impl<'a> Counted<'a> {
    fn start(desk: &'a Desk, line: &str) -> Self {
        Self { launch: desk.launch(line) }
    }

    fn file(&self, what: &str, run: u32, attempt: u32) -> String {
        format!("{what}.{}.{run}.{attempt}", self.launch.id)
    }

    #[track_caller]
    fn until_it_begins(&self, run: u32, attempt: u32) {
        self.launch.until_file(&self.file("began", run, attempt));
    }

    /// Waits until the program has gone on for long enough after its first TERM.
    #[track_caller]
    fn saw_one_term(&self, run: u32, attempt: u32) {
        self.launch.until_file(&self.file("over", run, attempt));
        let terms =
            fs::read_to_string(self.launch.desk.world.path(self.file("terms", run, attempt))).unwrap();
        assert_eq!(terms, "TERM\n", "{}", self.launch.table());
    }

    fn task(&self, run: u32) -> String {
        format!("{}_{run}", self.launch.job())
    }
}

fn every_way_to_end_a_job_is_one_term(options: &[&str]) {
    let options: Vec<&str> = ["--nodes=3", "--node-prefix=term"].iter().chain(options).copied().collect();
    let Some(cluster) = Cluster::special(&options) else { return };
    let desk = Desk::on(&cluster);
    desk.world.file("count.py", COUNT);
    desk.world.file("count.sh", PARENT);
    let limited = Counted::start(&desk, "slurm cpu --nodelist=term1 --time=1 count.sh");
    let warned = Counted::start(&desk, "slurm cpu --nodelist=term1 --time=1 --signal=B:TERM@50 count.sh");
    let cancelled = Counted::start(&desk, "--runs=2 slurm cpu --nodelist=term1 count.sh");
    let requeued = Counted::start(&desk, "--runs=2 slurm cpu --nodelist=term1 count.sh");
    let requeued_whole = Counted::start(&desk, "--runs=2 slurm cpu --nodelist=term3 count.sh");
    let preempted = Counted::start(&desk, "slurm cpu --nodelist=term2 count.sh");
    let told = Counted::start(&desk, "--runs=2 slurm cpu --nodelist=term1 count.sh");
    for counted in [&limited, &warned, &cancelled, &requeued, &requeued_whole, &preempted, &told] {
        counted.until_it_begins(0, 1);
    }
    for counted in [&cancelled, &requeued, &requeued_whole, &told] {
        counted.until_it_begins(1, 1);
    }
    desk.slurm("sbatch --partition=high --nodelist=term2 --exclusive --output=/dev/null --wrap=true");
    desk.slurm(&format!("scancel {}", cancelled.task(1)));
    desk.slurm(&format!("scontrol requeue {}", requeued.task(0)));
    desk.slurm(&format!("scontrol requeue {}", requeued_whole.launch.job()));
    desk.slurm(&format!("scancel --batch --signal=TERM {}", told.task(0)));
    cancelled.saw_one_term(1, 1);
    requeued.saw_one_term(0, 1);
    requeued_whole.saw_one_term(0, 1);
    requeued_whole.saw_one_term(1, 1);
    told.saw_one_term(0, 1);
    preempted.saw_one_term(0, 1);
    for (counted, run) in [(&cancelled, 0), (&requeued, 1), (&told, 1)] {
        assert_eq!(fs::exists(desk.world.path(counted.file("terms", run, 1))).ok(), Some(false));
    }
    desk.slurm(&format!("scancel {}", cancelled.launch.job()));
    cancelled.saw_one_term(0, 1);
    warned.saw_one_term(0, 1);
    assert_eq!(limited.launch.states(), ["running"], "{}", limited.launch.table());
    limited.saw_one_term(0, 1);
    for counted in [&requeued, &requeued_whole, &preempted, &told] {
        desk.slurm(&format!("scancel {}", counted.launch.job()));
    }
    until("nothing lives on", || match desk.world.survivors() {
        none if none.is_empty() => Ok(()),
        some => Err(some),
    });
}

#[test]
fn where_slurm_signals_every_process() {
    every_way_to_end_a_job_is_one_term(&[]);
}

#[test]
fn where_slurm_signals_the_batch_process_alone() {
    every_way_to_end_a_job_is_one_term(&["--cgroup"]);
}
