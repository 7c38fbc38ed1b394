//! The scripts that sbatch is given: the plain one that `--dry-run` prints, and the one that starts a worker.

use std::ffi::OsString;
use std::io::{self, Write};

use super::Plan;
use super::quote::{self, Reader};
use crate::resources::{Resources, directive_text};

/// Above this many runs the plain script holds the first ones and says how many there are.
pub const RUNS_IN_A_SCRIPT: u64 = 1000;

/// Writes the script that a person would write: it needs nothing of ours to run.
///
/// One run is one command; several are an array with a `case` for each task.
pub fn write_plain(
    out: &mut dyn Write,
    resources: &Resources,
    env: &[String],
    plan: &Plan,
) -> io::Result<()> {
    let shown = plan.len().min(RUNS_IN_A_SCRIPT);
    let mut head = Vec::new();
    push_head(&mut head, resources);
    out.write_all(&head)?;
    if plan.len() > 1 {
        writeln!(out, "#SBATCH --array=0-{}", shown - 1)?;
    }
    if shown < plan.len() {
        writeln!(out, "# the first {shown} of {} runs", plan.len())?;
    }
    writeln!(out)?;
    write_env(out, env)?;
    if plan.len() == 1 {
        return write_line(out, "", plan, 0, "\n");
    }
    writeln!(out, "case $SLURM_ARRAY_TASK_ID in")?;
    for run in 0..shown {
        write_line(out, &format!("{run}) "), plan, run, " ;;\n")?;
    }
    // A shell that is given the script has no such variable, and would do nothing without a word.
    writeln!(out, "*) echo 'this script is for sbatch: there is no run of that number' >&2; exit 2 ;;")?;
    writeln!(out, "esac")
}

/// Writes what a local support would do, as a script: the env once, then one run after the other.
pub fn write_local(out: &mut dyn Write, env: &[String], plan: &Plan) -> io::Result<()> {
    write_env(out, env)?;
    write_commands(out, plan)
}

/// Writes the commands of a plan, one a line, for any shell and for programs that read lines.
pub fn write_commands(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let mut line = Vec::new();
    for run in 0..plan.len() {
        line.clear();
        plan.at(run).write_command(Reader::AnyShell, &mut line);
        quote::fold(&mut line);
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

/// Gives the script of a launch: readable directives, the env as comments, and one line that becomes the worker.
pub fn job_script(resources: &Resources, env: &[String], plan: &Plan, worker: &[OsString]) -> Vec<u8> {
    let mut first = Vec::new();
    plan.at(0).write_command(Reader::Bash, &mut first);
    job_script_like(resources, env, (plan.len(), &first), worker)
}

/// The same for a plan of which only the number of runs and the first one's command are at hand.
pub fn job_script_like(
    resources: &Resources,
    env: &[String],
    (runs, first): (u64, &[u8]),
    worker: &[OsString],
) -> Vec<u8> {
    let mut out = Vec::new();
    push_head(&mut out, resources);
    out.extend_from_slice(b"\n# The worker activates the env, line by line:\n");
    push_commented(&mut out, env.join("\n").as_bytes());
    out.extend_from_slice(
        format!("# and executes the task's run of the plan ({runs} in all), such as:\n").as_bytes(),
    );
    push_commented(&mut out, first);
    out.extend_from_slice(b"exec ");
    quote::write_command(&mut out, worker);
    out.extend_from_slice(b" \"$@\"\n");
    out
}

fn push_head(out: &mut Vec<u8>, resources: &Resources) {
    out.extend_from_slice(b"#!/bin/bash\n");
    for directive in resources.directives() {
        out.extend_from_slice(b"#SBATCH ");
        out.extend_from_slice(directive_text(&directive).as_bytes());
        out.push(b'\n');
    }
}

fn write_env(out: &mut dyn Write, env: &[String]) -> io::Result<()> {
    for item in env {
        writeln!(out, "{}", item.trim_end_matches('\n'))?;
    }
    Ok(())
}

fn write_line(out: &mut dyn Write, before: &str, plan: &Plan, run: u64, after: &str) -> io::Result<()> {
    let mut line = before.as_bytes().to_vec();
    plan.at(run).write_command(Reader::Bash, &mut line);
    line.extend_from_slice(after.as_bytes());
    out.write_all(&line)
}

/// Appends text as comments; a long line is cut, since nobody reads 100 kB of a comment. Carriage returns go, since
/// sbatch refuses a script that has one at the end of a line.
fn push_commented(out: &mut Vec<u8>, text: &[u8]) {
    const WIDEST: usize = 2000;
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        out.extend_from_slice(b"#   ");
        out.extend(line.iter().take(WIDEST).filter(|byte| **byte != b'\r'));
        out.push(b'\n');
    }
}
