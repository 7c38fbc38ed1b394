//! The long options of sbatch in Slurm 22.05 to 26.05, in the order of the alphabet.
//!
//! Source: `man sbatch`, `sbatch --help` and the option tables of those releases. Where releases disagree whether an
//! option takes a value, it may.

use super::{Role, SbatchOption, Takes};

const fn flag(name: &'static str) -> SbatchOption {
    SbatchOption { name, letter: None, takes: Takes::Nothing, role: Role::Passed }
}

const fn value(name: &'static str) -> SbatchOption {
    SbatchOption { takes: Takes::Value, ..flag(name) }
}

const fn maybe(name: &'static str) -> SbatchOption {
    SbatchOption { takes: Takes::OptionalValue, ..flag(name) }
}

impl SbatchOption {
    const fn letter(self, letter: char) -> Self {
        Self { letter: Some(letter), ..self }
    }

    const fn refused(self, instead: &'static str) -> Self {
        Self { role: Role::Refused { instead }, ..self }
    }
}

pub(super) static OPTIONS: &[SbatchOption] = &[
    value("account").letter('A'),
    value("acctg-freq"),
    value("array")
        .letter('a')
        .refused("how often to run is said with `neurun --runs=N`, and with which parameters by `neusweep`"),
    value("batch"),
    value("bb"),
    value("bbf"),
    value("begin").letter('b'),
    value("chdir").letter('D'),
    value("cluster"),
    value("cluster-constraint"),
    value("clusters").letter('M'),
    value("comment"),
    flag("consolidate-segments"),
    value("constraint").letter('C'),
    value("container"),
    value("container-id"),
    value("container-type"),
    value("context"),
    flag("contiguous"),
    value("core-spec").letter('S'),
    value("cores-per-socket"),
    value("cpu-freq"),
    value("cpus-per-gpu"),
    value("cpus-per-task").letter('c'),
    value("deadline"),
    value("delay-boot"),
    value("dependency").letter('d'),
    value("distribution").letter('m'),
    value("error").letter('e'),
    value("exclude").letter('x'),
    maybe("exclusive"),
    value("export"),
    value("export-file"),
    flag("external").refused("it makes a job without a script, so nothing would run"),
    value("extra"),
    value("extra-node-info").letter('B'),
    maybe("get-user-env"),
    value("gid"),
    value("gpu-bind"),
    value("gpu-freq"),
    value("gpus").letter('G'),
    value("gpus-per-node"),
    value("gpus-per-socket"),
    value("gpus-per-task"),
    value("gres"),
    value("gres-flags"),
    flag("help")
        .letter('h')
        .refused("`neurun --help` shows what neurun takes, `sbatch --help` what Slurm does"),
    value("hint"),
    flag("hold").letter('H'),
    flag("ignore-pbs"),
    value("input").letter('i'),
    value("job-name").letter('J'),
    value("kill-on-invalid-dep"),
    value("licenses").letter('L'),
    value("mail-type"),
    value("mail-user"),
    value("mcs-label"),
    value("mem"),
    value("mem-bind"),
    value("mem-per-cpu"),
    value("mem-per-gpu"),
    value("mem-update"),
    value("mincpus"),
    value("network"),
    maybe("nice"),
    maybe("no-kill").letter('k'),
    flag("no-requeue"),
    value("nodefile").letter('F'),
    value("nodelist").letter('w'),
    value("nodes").letter('N'),
    value("ntasks").letter('n'),
    value("ntasks-per-core"),
    value("ntasks-per-gpu"),
    value("ntasks-per-node"),
    value("ntasks-per-socket"),
    value("ntasks-per-tres"),
    maybe("oom-kill-step"),
    value("open-mode"),
    value("output").letter('o'),
    flag("overcommit").letter('O'),
    flag("oversubscribe").letter('s'),
    flag("parsable")
        .refused("neurun itself reads sbatch's answer; `neurun --json` prints the launch for programs"),
    value("partition").letter('p'),
    value("power"),
    value("prefer"),
    value("priority"),
    value("profile"),
    maybe("propagate"),
    value("qos").letter('q'),
    flag("quiet").letter('Q').refused("`neurun -q` before the support makes neurun quiet"),
    flag("reboot"),
    maybe("requeue"),
    value("reservation"),
    value("resources"),
    maybe("resv-ports"),
    value("segment"),
    value("signal"),
    value("sockets-per-node"),
    flag("spread-job"),
    flag("spread-segments"),
    flag("stepmgr"),
    value("switches"),
    value("tasks-per-node"),
    flag("test-only").refused("`neurun --dry-run` shows what would be submitted"),
    value("thread-spec"),
    value("threads-per-core"),
    value("time").letter('t'),
    value("time-min"),
    value("tmp"),
    value("tres-bind"),
    value("tres-per-task"),
    value("uid"),
    flag("usage").refused("`neurun --help` shows what neurun takes, `sbatch --usage` what Slurm does"),
    flag("use-min-nodes"),
    flag("verbose").letter('v').refused("`neurun -v` before the support makes neurun say more"),
    flag("version").letter('V').refused("`neurun --version` and `sbatch --version` tell the versions"),
    flag("wait").letter('W').refused("`neurun --wait` before the support stays until the end"),
    value("wait-all-nodes"),
    value("wckey"),
    value("wrap").refused("what to run is the SCRIPT after the device, of any kind"),
];
