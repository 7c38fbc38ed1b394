//! A store on a network file system, mounted separately by each node and by the client: sshfs, on loopback.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use nix::sys::signal::Signal;

use crate::cluster::Cluster;
use crate::daemons::Daemon;
use crate::desk::{assert_says, until};
use crate::scene::Scene;
use crate::tally::play;

const SERVER: &str = "/usr/lib/openssh/sftp-server";

#[test]
fn a_store_on_a_network_file_system() {
    if !Path::new(SERVER).exists()
        || !Path::new("/usr/bin/sshfs").exists()
        || !Path::new("/dev/fuse").exists()
    {
        eprintln!("!!! SKIPPED: this test needs sshfs, openssh-sftp-server and /dev/fuse");
        return;
    }
    let Some(cluster) = Cluster::special(&["--nodes=2", "--no-accounting"]) else { return };
    play("a store on sshfs, a mount for each node: 200 runs, 4 of them requeued", || {
        let scene = Scene::on(&cluster);
        let _mounts = Mounts::make(&scene, &cluster);
        the_folder_behind_the_mount_is_no_copy(&scene);
        let mut runs = scene.launch_with(200, "--cpus-per-task=1", "");
        let mut requeued = scene.launch(4, "--hang=1");
        (0..4).for_each(|run| requeued.until_begun(run, 1));
        scene.desk.slurm(&format!("scontrol requeue {}", requeued.launch.job()));
        for run in 0..4 {
            requeued.until_state(run, &["pending"]);
            scene.let_go(&requeued.task(run));
        }
        runs.look();
        let mut tally = requeued.judge_all_well();
        tally += runs.judge_all_well();
        tally
    });
}

/// The same files have other devices and numbers there.
fn the_folder_behind_the_mount_is_no_copy(scene: &Scene) {
    let held = scene.desk.launch("slurm cpu --hold work.py");
    let behind = scene.desk.world.root().join("behind");
    let there = |verb: &str| scene.desk.neu(&format!("{verb} {} -C {}", held.id, behind.display()));
    let status = there("status").succeeded().stdout;
    assert_says(&status, ["1 pending"]);
    assert_says(&there("rm --yes").exited(2).stderr, ["is not over: 1 pending"]);
    there("cancel").succeeded();
    assert_eq!(held.states(), ["cancelled"]);
}

/// The project's folder, served to three: the client, and each of two nodes in a mount namespace of its own.
struct Mounts {
    folder: PathBuf,
    clients: Vec<Child>,
    nodes: Vec<Daemon>,
}

impl Mounts {
    fn make(scene: &Scene, cluster: &Cluster) -> Self {
        let (folder, behind) = (scene.desk.world.folder(), scene.desk.world.root().join("behind"));
        fs::rename(&folder, &behind).unwrap();
        fs::create_dir(&folder).unwrap();
        let port = serve();
        let mount =
            format!("exec sshfs -f -o directport={port} 127.0.0.1:{} {}", behind.display(), folder.display());
        let mut mounts = Self { folder: folder.clone(), clients: Vec::new(), nodes: Vec::new() };
        mounts.clients.push(bash(&mount));
        until("the client has mounted it", || if is_mounted("self", &folder) { Ok(()) } else { Err(()) });
        for node in ["n1", "n2"] {
            let node = Daemon::of(cluster, &format!("slurmd-{node}"));
            node.end(Signal::SIGTERM);
            let own = format!("umount {} && {mount}", folder.display());
            let client = Command::new("unshare").args(["--mount", "bash", "-c", &own]).spawn().unwrap();
            let pid = client.id().to_string();
            mounts.clients.push(client);
            until("the node has mounted it", || {
                let is_own = fs::read_link(format!("/proc/{pid}/ns/mnt")).ok()
                    != fs::read_link("/proc/self/ns/mnt").ok();
                let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
                if is_own && comm.trim() == "sshfs" && is_mounted(&pid, &folder) { Ok(()) } else { Err(()) }
            });
            let within = ["nsenter", "--mount", "--target", &pid];
            assert!(node.command(&within).status().unwrap().success());
            mounts.nodes.push(node);
        }
        mounts
    }
}

impl Drop for Mounts {
    fn drop(&mut self) {
        // The nodes go on without it.
        for node in &self.nodes {
            node.end(Signal::SIGTERM);
            node.start();
        }
        let _busy = Command::new("umount").arg("--lazy").arg(&self.folder).status();
        for client in &mut self.clients {
            let _gone = client.kill();
            let _reaped = client.wait();
        }
    }
}

fn bash(script: &str) -> Child {
    Command::new("bash").args(["-c", script]).spawn().unwrap()
}

fn is_mounted(process: &str, folder: &Path) -> bool {
    let mounts = fs::read_to_string(format!("/proc/{process}/mounts")).unwrap_or_default();
    mounts.lines().any(|line| line.contains(&format!(" {} fuse.sshfs ", folder.display())))
}

/// Serves files over the SFTP protocol on a port of its own, for as long as this process lives.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().flatten().for_each(serve_one));
    port
}

fn serve_one(connection: TcpStream) {
    let _no_delay = connection.set_nodelay(true);
    let input = OwnedFd::from(connection.try_clone().unwrap());
    let mut server = Command::new(SERVER);
    server.stdin(Stdio::from(input)).stdout(Stdio::from(OwnedFd::from(connection)));
    let mut server = server.spawn().unwrap();
    thread::spawn(move || server.wait());
}
