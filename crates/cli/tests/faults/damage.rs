//! Records of launches on Slurm that are damaged: journals, and what was submitted.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cluster::Cluster;
use crate::desk::until;
use crate::kit::Tool;
use crate::records::{Damage, JOURNAL_DAMAGES, told_well};
use crate::scene::Scene;
use crate::tally::{Fate, Tally, play};

const RUNS: usize = 4;

#[test]
fn journals_of_runs_on_slurm() {
    let Some(cluster) = Cluster::shared() else { return };
    play("torn, truncated and garbled journals, on Slurm", || {
        let scene = Scene::on(&cluster);
        let launches = JOURNAL_DAMAGES.map(|damage| (scene.launch(RUNS, ""), damage));
        let mut tally = Tally::default();
        for (mut watched, damage) in launches {
            assert_eq!(watched.until_over(), ["succeeded"; RUNS]);
            damage_largest(&scene, &watched.launch.id, damage);
            tally += judge_damaged(&scene, &watched.launch.id);
        }
        tally
    });
}

fn journals(scene: &Scene, id: &str) -> Vec<PathBuf> {
    let events = scene.desk.world.store().join("launches").join(id).join("events");
    fs::read_dir(events).unwrap().map(|file| file.unwrap().path()).collect()
}

fn damage_largest(scene: &Scene, id: &str, damage: Damage) {
    let path = journals(scene, id).into_iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    fs::write(&path, damage(&fs::read(&path).unwrap())).unwrap();
}

/// What is left of the journals is shown as it was; of the rest nothing is shown that is not so, and the loss is said.
fn judge_damaged(scene: &Scene, id: &str) -> Tally {
    let text: Vec<u8> =
        journals(scene, id).iter().flat_map(|path| [fs::read(path).unwrap(), vec![b'\n']].concat()).collect();
    let told = told_well(&text);
    let mut tally = Tally::default();
    // A word that is missing may be late, for a while.
    let states = until("what is lost is known to be", || {
        let states = scene.desk.world.states(id);
        let is_open = states.iter().any(|state| ["running", "unknown"].contains(&state.as_str()));
        if is_open { Err(states) } else { Ok(states) }
    });
    for (run, state) in states.iter().enumerate() {
        let name = format!("{id}.{run}");
        tally.count(&name, &scene.ledger.executions(&name), Fate::Ends(0));
        let wanted = if told.contains(&run) { "succeeded" } else { "lost" };
        if state != wanted {
            tally.wrongly_shown.push(format!("{name} is {state}, not {wanted}"));
        }
    }
    let said = scene.desk.neu(&format!("status {id}")).succeeded().stderr;
    if told.len() == states.len()
        || !said.contains(&format!("1 line of the journal of launch {id} cannot be read"))
    {
        tally.wrongly_shown.push(format!("nothing is said of the loss: {said:?}"));
    }
    tally
}

/// What is made of a record of submissions.
const RECORD_DAMAGES: [fn(&Path, &str); 5] = [
    // The answer ends in its middle.
    |path, text| fs::write(path, &text[..text.trim_end().len() - 9]).unwrap(),
    // So does the intent.
    |path, text| fs::write(path, &text[..text.find("\"runs\"").unwrap()]).unwrap(),
    |path, text| {
        let mut bytes = text.as_bytes().to_owned();
        bytes[text.find("\"intent\"").unwrap() + 3] = 0xff;
        fs::write(path, bytes).unwrap();
    },
    |path, _| fs::write(path, "").unwrap(),
    |path, _| fs::remove_file(path).unwrap(),
];

#[test]
fn a_record_of_submissions_on_slurm() {
    let Some(cluster) = Cluster::shared() else { return };
    play("submissions.jsonl torn, garbled, empty or missing while its runs live, then resume", || {
        let scene = Scene::on(&cluster);
        let gate = scene.desk.world.path("gate");
        let launches: Vec<_> = RECORD_DAMAGES
            .iter()
            .map(|damage| (scene.launch(2, &format!("--gate={}", gate.display())), damage))
            .collect();
        let mut before = Vec::new();
        for (watched, damage) in &launches {
            (0..2).for_each(|run| watched.until_begun(run, 1));
            before.push(watched.launch.jobs());
            let launch = scene.desk.world.store().join("launches").join(&watched.launch.id);
            let record = launch.join("submissions.jsonl");
            damage(&record, &fs::read_to_string(&record).unwrap());
            let said = scene.desk.neu(&format!("status {}", watched.launch.id)).succeeded().stderr;
            assert!(said.contains("cannot be read") || said.contains("does not tell of"), "{said}");
        }
        // At once: each waits until Slurm has surely told of all.
        let mend = |id: &str| scene.desk.world.tool(Tool::Neu, ["resume", id]).spawn();
        let mut mending: Vec<_> = launches.iter().map(|(watched, _)| mend(&watched.launch.id)).collect();
        for resume in &mut mending {
            resume.wait().succeeded();
        }
        let after: Vec<_> = launches.iter().map(|(watched, _)| watched.launch.jobs()).collect();
        assert_eq!(after, before, "every job is known again, and there is no other");
        fs::write(&gate, "").unwrap();
        launches.into_iter().fold(Tally::default(), |mut tally, (watched, _)| {
            tally += watched.judge_all_well();
            tally
        })
    });
}
