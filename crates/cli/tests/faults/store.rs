//! Stores that cannot be written: full, read-only, somebody else's.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::Cluster;
use crate::desk::until;
use crate::kit::Tool;
use crate::scene::Scene;
use crate::tally::play;

/// A small file system on the store, for as long as this lives.
struct Small(PathBuf);

impl Small {
    fn on(store: &Path) -> Self {
        fs::create_dir_all(store).unwrap();
        run("mount", &["-t", "tmpfs", "-o", "size=256m,mode=700", "neu-small", &store.display().to_string()]);
        Self(store.to_owned())
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        for size in [1 << 20, 4096, 1] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    fn empty(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }

    /// Mounts it anew. A worker that has said its last word may have its journal open for another moment.
    #[track_caller]
    fn remount(&self, how: &str) {
        until("it can be mounted anew", || {
            let mount = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&self.0).output();
            let mount = mount.unwrap();
            if mount.status.success() { Ok(()) } else { Err(mount) }
        });
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _busy = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[track_caller]
fn run(program: &str, words: &[&str]) {
    assert!(Command::new(program).args(words).status().unwrap().success(), "{program} {words:?}");
}

#[test]
fn a_full_disk() {
    let Some(cluster) = Cluster::shared() else { return };
    play("disk full at submit, and while runs end", || {
        let scene = Scene::on(&cluster);
        let small = Small::on(&scene.desk.world.store());
        let gate = scene.desk.world.path("gate");
        let mut lives = scene.launch(2, &format!("--gate={}", gate.display()));
        (0..2).for_each(|run| lives.until_begun(run, 1));
        small.fill();
        let calls = scene.desk.sbatch_calls().len();
        let refused = scene.desk.world.neurun("slurm cpu work.py").exited(4);
        assert!(refused.stderr.contains("No space left"), "{}", refused.stderr);
        assert_eq!(
            scene.desk.sbatch_calls().len(),
            calls,
            "nothing is submitted that cannot be written down"
        );
        lives.look();
        fs::write(&gate, "").unwrap();
        until("the programs have ended", || {
            let ended = |run| scene.ledger.executions(run).iter().any(|execution| execution.ended.is_some());
            if ended("1.0") && ended("1.1") { Ok(()) } else { Err(()) }
        });
        lives.look();
        small.empty();
        lives.judge_all_well()
    });
}

#[test]
fn a_store_that_becomes_read_only() {
    let Some(cluster) = Cluster::shared() else { return };
    play("read-only store, at submit and while runs are pending", || {
        let scene = Scene::on(&cluster);
        let small = Small::on(&scene.desk.world.store());
        let mut over = scene.launch(2, "");
        over.until_over();
        let mut held = scene.launch_with(2, "--hold", "");
        small.remount("ro");
        scene.desk.world.neurun("slurm cpu work.py").exited(4);
        assert_eq!(over.look(), ["succeeded"; 2], "what is there can be read");
        scene.desk.slurm(&format!("scontrol release {}", held.launch.job()));
        let states = held.until_over();
        assert!(!states.contains(&"succeeded".to_owned()), "{states:?}");
        assert_eq!(scene.ledger.count("2"), 0, "who cannot claim a run does not execute it");
        small.remount("rw");
        held.begins_again();
        // With the options of the launch, so held as well.
        scene.desk.neu("retry 2").succeeded();
        scene.desk.slurm(&format!("scontrol release {}", held.launch.jobs().last().unwrap()));
        let mut tally = held.judge_all_well();
        tally += over.judge_all_well();
        tally
    });
}

#[test]
fn a_store_of_another_user() {
    let Some(cluster) = Cluster::shared() else { return };
    play("store owned by another user", || {
        let scene = Scene::on(&cluster);
        let watched = scene.launch(2, "");
        let world = &scene.desk.world;
        let tools = world.root().join("tools");
        fs::create_dir(&tools).unwrap();
        for (name, tool) in [("neu", Tool::Neu), ("neurun", Tool::Neurun)] {
            fs::copy(tool.path(), tools.join(name)).unwrap();
        }
        for folder in [world.root().to_owned(), world.folder(), world.home(), world.root().join("tmp")] {
            run("chown", &["4242:4242", &folder.display().to_string()]);
        }
        let calls = scene.desk.sbatch_calls().len();
        let others = |words: &str| {
            let program = tools.join(words.split(' ').next().unwrap()).display().to_string();
            let become_them = ["--reuid=4242", "--regid=4242", "--clear-groups", &program].map(str::to_owned);
            world
                .command(
                    "setpriv",
                    become_them.into_iter().chain(words.split(' ').skip(1).map(str::to_owned)),
                )
                .run()
        };
        for words in ["neurun slurm cpu work.py", "neu status 1", "neu cancel 1"] {
            let refused = others(words).exited(4);
            assert!(refused.stderr.contains(".neu"), "{words}: {}", refused.stderr);
        }
        assert_eq!(scene.desk.sbatch_calls().len(), calls);
        watched.judge_all_well()
    });
}
