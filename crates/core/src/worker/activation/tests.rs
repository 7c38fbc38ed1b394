use super::*;
use std::process::Output;

/// Runs an env to its end; the "second half" prints a variable and the folder.
fn activate(env: &[&str], home: &Path) -> (Output, Option<Failure>) {
    let temporary = tempfile::tempdir().unwrap();
    let activation = Activation::prepare(temporary.path()).unwrap();
    let progress = activation.progress();
    let next: Vec<OsString> =
        ["/bin/bash", "-c", r#"rm -- "$0"; printf '%s|%s|%s' "$FOUND" "$PWD" "$(umask)""#]
            .map(OsString::from)
            .to_vec();
    let next = [next, vec![progress.into()]].concat();
    let env: Vec<String> = env.iter().map(|item| (*item).to_owned()).collect();
    let mut command = activation.command(&env, &next);
    let output =
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home).current_dir("/").output().unwrap();
    let failure = (!activation.is_complete()).then(|| activation.failure());
    (output, failure)
}

fn succeeds(env: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let (output, failure) = activate(env, home.path());
    assert_eq!(failure, None, "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn fails(env: &[&str]) -> (Option<i32>, Failure) {
    let home = tempfile::tempdir().unwrap();
    let (output, failure) = activate(env, home.path());
    assert!(output.stdout.is_empty(), "the second half must not start: {output:?}");
    (output.status.code(), failure.expect("a failure"))
}

#[test]
fn what_lines_change_survives() {
    assert_eq!(succeeds(&["export FOUND=1", "cd /usr", "umask 027"]), "1|/usr|0027");
    assert_eq!(succeeds(&["export FOUND=1\ncd /usr"]), "1|/usr|0022");
    assert_eq!(succeeds(&["", "  "]), "|/|0022");
}

#[test]
fn a_command_may_span_lines() {
    assert_eq!(succeeds(&["if true; then\n  export FOUND=yes\nfi"]), "yes|/|0022");
    assert_eq!(succeeds(&["f() {\n  export FOUND=$1\n}\nf 3"]), "3|/|0022");
    assert_eq!(succeeds(&["export FOUND='a\nb'"]), "a\nb|/|0022");
    assert_eq!(succeeds(&["FOUND=$(cat <<EOF\nfrom here\nEOF\n)\nexport FOUND"]), "from here|/|0022");
    assert_eq!(succeeds(&["export \\\n  FOUND=2", "# only a comment\n"]), "2|/|0022");
}

#[test]
fn shell_options_of_the_user_do_not_disturb() {
    assert_eq!(succeeds(&["set -euo pipefail", "set -C", "export FOUND=1"]), "1|/|0022");
    assert_eq!(succeeds(&["set -a", "FOUND=1", "IFS=/", "shopt -s nullglob"]), "1|/|0022");
    assert_eq!(succeeds(&["set -- a b c", "export FOUND=$#"]), "3|/|0022");
}

#[test]
fn the_line_that_fails_is_told_with_what_it_printed() {
    let (code, failure) = fails(&["export A=1", "echo some words; false", "export FOUND=1"]);
    assert_eq!((code, failure.line.as_str()), (Some(1), "echo some words; false"));
    assert_eq!(failure.output, "some words");
    let (code, failure) = fails(&["true\nls /nonexistent\ntrue"]);
    assert_eq!((code, failure.line.as_str()), (Some(2), "ls /nonexistent"));
    assert!(failure.output.contains("/nonexistent"));
}

#[test]
fn a_shell_that_ends_early_is_a_failure_whatever_its_status() {
    assert_eq!(fails(&["exit 0"]).0, Some(0));
    let (_, failure) = fails(&["true", "if true; then"]);
    assert!(failure.output.contains("syntax error"), "{failure:?}");
    assert!(fails(&["echo ( oops"]).1.output.contains("syntax error"));
    let dir = tempfile::tempdir().unwrap();
    let sourced = dir.path().join("env.sh");
    fs::write(&sourced, "exit 0\n").unwrap();
    assert_eq!(fails(&[&format!(". {}", sourced.display())]).0, Some(0));
    assert_eq!(fails(&["set -e", "false"]).1.line, "false");
}

#[test]
fn conda_that_is_nowhere_is_said() {
    let (code, failure) = fails(&["conda activate nope"]);
    assert_eq!((code, failure.line.as_str()), (Some(127), "conda activate nope"));
    assert!(failure.output.contains("CONDA_EXE"), "{failure:?}");
}

#[test]
fn the_hook_of_a_conda_in_the_home_is_found() {
    let home = tempfile::tempdir().unwrap();
    let bin = home.path().join("miniconda3/bin");
    fs::create_dir_all(&bin).unwrap();
    let hook = "#!/bin/bash\n[ \"$*\" = 'shell.bash hook' ] && echo 'conda() { export FOUND=$2; }'\n";
    fs::write(bin.join("conda"), hook).unwrap();
    Command::new("chmod").arg("+x").arg(bin.join("conda")).status().unwrap();
    let (output, failure) = activate(&["conda activate deep"], home.path());
    assert_eq!(failure, None);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "deep|/|0022");
    fs::write(bin.join("activate"), "export FOUND=$1\n").unwrap();
    let (output, failure) = activate(&["source activate deep"], home.path());
    assert_eq!(failure, None);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "deep|/|0022");
}

#[test]
fn pieces_of_text_keep_whole_characters() {
    assert_eq!(start("äöü", 3), "ä");
    assert_eq!(end("äöü", 3), "ü");
    assert_eq!((start("abc", 9), end("abc", 9)), ("abc", "abc"));
}
