//! What a run comes to that has exceeded a limit of this machine.

use super::*;
use crate::event::Exceeded;

#[test]
fn a_limit_that_was_exceeded_says_how_it_ended_whatever_came_after() {
    let of = |exceeded: Exceeded, exit: Exit, stopped: bool| {
        let ended = Ended { stopped, exceeded: Some(exceeded), ..Ended::of(3, 1, exit) };
        let status = folded(&[started(1), interrupted(1), Event::Ended(ended)], &Sighting::Unasked);
        format!("{}: {}", status.state, status.cause.unwrap_or_default())
    };
    let (time, memory) = (Exceeded::Time { seconds: 60 }, Exceeded::Memory { bytes: 300 << 20 });
    let told = [
        of(time, Exit::Signal(15), false),
        of(time, Exit::Code(0), false),
        of(time, Exit::Signal(9), true),
        of(memory, Exit::Signal(9), false),
    ];
    insta::assert_snapshot!(told.join("\n"), @r"
    timed-out: ran longer than its `time` of 1:00
    timed-out: ran longer than its `time` of 1:00; exit code 0
    timed-out: ran longer than its `time` of 1:00; ended by SIGKILL
    out-of-memory: needed more memory than its `mem` of 300M; ended by SIGKILL
    ");
}

#[test]
fn an_end_that_an_older_version_wrote_exceeded_nothing() {
    let old = r#"{"run":3,"attempt":1,"exit":{"code":0}}"#;
    let ended: Ended = serde_json::from_str(old).unwrap();
    assert_eq!(ended.exceeded, None);
    assert_eq!(serde_json::to_string(&ended).unwrap(), old);
    let new = Ended { exceeded: Some(Exceeded::Time { seconds: 60 }), ..ended };
    assert_eq!(
        serde_json::to_string(&new).unwrap(),
        r#"{"run":3,"attempt":1,"exit":{"code":0},"exceeded":{"time":{"seconds":60}}}"#
    );
}
