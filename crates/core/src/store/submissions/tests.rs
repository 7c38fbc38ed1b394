//! How the record of submissions is read.

use std::fs;

use super::*;
use crate::resources::{Resource, Setting};

fn intent(number: u32, runs: &str) -> SubmissionRecord {
    let chunk =
        Chunk { key: format!("key-{number}"), runs: runs.parse().unwrap(), base: 0, array: true, attempt: 1 };
    SubmissionRecord::intent(number, chunk)
}

fn accepted(number: u32) -> SubmissionRecord {
    SubmissionRecord::now(number, SubmissionEvent::Accepted { job: 100 + number })
}

fn void(number: u32) -> SubmissionRecord {
    SubmissionRecord::now(number, SubmissionEvent::Void { words: "full".to_owned() })
}

fn withdrawn(runs: &str) -> SubmissionRecord {
    SubmissionRecord::now(9, SubmissionEvent::Withdrawn { runs: runs.parse().unwrap() })
}

fn read(records: impl IntoIterator<Item = SubmissionRecord>) -> Submissions {
    records.into_iter().collect()
}

#[test]
fn what_no_submission_holds_is_not_handed_over() {
    assert!(read([]).needs_resume(1));
    let half = read([intent(0, "0-4"), accepted(0)]);
    assert_eq!((half.unhanded(12).to_string(), half.needs_resume(12)), ("5-11".to_owned(), true));
    assert!(!half.needs_resume(5));
    // A refused submission was answered; `neu retry` is for it.
    let refused = SubmissionRecord::now(0, SubmissionEvent::Refused { words: "no".to_owned() });
    assert!(!read([intent(0, "0-4"), refused]).needs_resume(5));
}

#[test]
fn an_answer_that_is_lost_needs_somebody() {
    let uncertain = || SubmissionRecord::now(0, SubmissionEvent::Uncertain { words: "?".to_owned() });
    assert!(read([intent(0, "0-4")]).needs_resume(5));
    assert!(read([intent(0, "0-4"), uncertain()]).needs_resume(5));
    assert!(!read([intent(0, "0-4"), uncertain(), accepted(0)]).needs_resume(5));
}

#[test]
fn a_void_submission_is_as_if_it_had_never_been_but_its_number_is_gone() {
    let void = read([intent(0, "0-4"), void(0)]);
    assert_eq!((void.iter().count(), void.next_number()), (0, 1));
    assert_eq!(void.unhanded(5).to_string(), "0-4");
}

#[test]
fn what_was_withdrawn_is_not_handed_over_unless_it_is_asked_for_again() {
    let records = || [intent(0, "0-4"), void(0), withdrawn("0-2,4")];
    let some = read(records());
    assert_eq!((some.unhanded(5).to_string(), some.next_number()), ("3".to_owned(), 1));
    let retried = read(records().into_iter().chain([intent(1, "2"), accepted(1)]));
    assert_eq!(retried.unhanded(5).to_string(), "3");
    assert_eq!(retried.of_run(2).map(|submission| submission.number), Some(1));
}

#[test]
fn records_of_the_first_version_are_read_and_unknown_ones_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("submissions.jsonl");
    let text = r#"
{"time":"2026-11-23T00:00:00Z","submission":0,"event":{"intent":{"chunk":{"key":"k","runs":"0-1","base":0,"array":true,"attempt":1},"host":"h","client":{"pid":1,"start":2,"boot":"b"}}}}

{"time":"2026-11-23T00:00:01Z","submission":0,"event":{"accepted":{"job":67}}}
{"time":"2026-11-23T00:00:02Z","submission":0,"event":{"of-the-future":{}}}
{"time":"2026-11-23T00:00:03Z","submi"#;
    fs::write(&path, text).unwrap();
    let read = Submissions::read(&path).unwrap();
    let only = read.iter().next().unwrap();
    assert_eq!((only.job(), only.options.clone(), read.unhanded(2).len()), (Some(67), None, 0));
    // What only a newer version understands may be anything.
    assert_eq!(read.damage(), Some(Damage::Newer(5)));
}

fn text(lines: impl IntoIterator<Item = SubmissionRecord>) -> Vec<String> {
    lines.into_iter().map(|record| serde_json::to_string(&record).unwrap()).collect()
}

#[test]
fn a_damaged_line_is_told_from_one_that_a_dying_client_left() {
    let whole = text([intent(0, "0-4"), accepted(0), intent(1, "5-9"), accepted(1)]);
    let read = |lines: &[&str]| {
        let read = Submissions::parse(lines.join("\n").as_bytes());
        (read.unreadable(), read.damage())
    };
    let [first, answer, second, answered] = [&whole[0], &whole[1], &whole[2], &whole[3]].map(String::as_str);
    assert_eq!(read(&[first, answer, "", second, answered, ""]), (0, None));
    assert_eq!(read(&[first, answer, &second[..40]]), (0, None), "it is being written");
    assert_eq!(read(&[first, answer, &second[..40], second, answered, ""]), (1, None), "it was made again");
    assert_eq!(read(&[first, answer, "\0\0\0", ""]), (1, Some(Damage::Line(3))));
    // The name of an event with a byte of garbage in it is none that a newer version knows.
    let mut garbled = second.as_bytes().to_owned();
    garbled[second.find("intent").unwrap() + 2] = 0xff;
    let text = [first.as_bytes(), b"\n", &garbled, b"\n"].concat();
    assert_eq!(Submissions::parse(&text).damage(), Some(Damage::Line(2)));
    assert_eq!(read(&[first, answer, &second[..40], answered, ""]), (1, Some(Damage::NoIntent(1))));
    assert_eq!(read(&[second, answered, ""]), (0, Some(Damage::NoIntent(0))));
}

#[test]
fn options_of_its_own_survive() {
    let memory = Resource::new("mem", Setting::Value("64G".to_owned())).unwrap();
    let options: Resources = [memory].into_iter().collect();
    let record = SubmissionRecord::intent_with(3, intent(3, "1").chunk(), Some(options));
    let read: SubmissionRecord = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
    assert_eq!(read, record);
}

impl SubmissionRecord {
    fn chunk(self) -> Chunk {
        match self.event {
            SubmissionEvent::Intent { chunk, .. } => chunk,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_was_mended_counts_as_whole_and_leaves_a_number_for_what_was_lost() {
    let whole =
        text([intent(0, "0-4"), accepted(0), intent(2, "7"), accepted(1), intent(1, "5-9"), accepted(1)]);
    let [first, answer, third, lost_answer, second, answered] =
        [0, 1, 2, 3, 4, 5].map(|place| whole[place].as_str());
    let read = |lines: &[&str]| Submissions::parse(lines.join("\n").as_bytes());
    let damaged = read(&[first, answer, "\0\0", lost_answer, third, ""]);
    assert_eq!((damaged.damage(), damaged.number_past_doubt()), (Some(Damage::Line(3)), 4));
    assert!(damaged.needs_resume(5), "nobody may call it whole");
    let mended = text([SubmissionRecord::now(4, SubmissionEvent::Mended)]);
    let again = read(&[first, answer, "\0\0", lost_answer, third, second, answered, &mended[0], ""]);
    assert_eq!((again.damage(), again.doubt(), again.unreadable(), again.next_number()), (None, None, 0, 4));
    assert_eq!(again.of_run(7).map(|submission| submission.number), Some(2), "the latest is the later one");
    assert_eq!(again.of_run(5).and_then(Submission::job), Some(101));
}

#[test]
fn a_torn_end_is_a_doubt_and_an_empty_record_is_damage() {
    let first = &text([intent(0, "0-4")])[0];
    let torn = Submissions::parse(format!("{first}\n{}", &first[..30]).as_bytes());
    assert_eq!((torn.damage(), torn.doubt()), (None, Some(Damage::Torn(2))));
    assert_eq!((torn.ends_torn(), torn.unreadable()), (true, 0), "it may be the one that is being written");
    let whole = Submissions::parse(first.as_bytes());
    assert!(!whole.ends_torn(), "only the newline is missing");
    assert_eq!((torn.next_number(), torn.number_past_doubt()), (1, 2));
    let dir = tempfile::tempdir().unwrap();
    let missing = Submissions::read(&dir.path().join("submissions.jsonl")).unwrap();
    assert_eq!((missing.damage(), missing.number_past_doubt()), (Some(Damage::Empty), 1));
    assert_eq!(Submissions::parse(b"\n").damage(), Some(Damage::Empty));
}

fn retry(runs: &str, attempt: u32) -> SubmissionRecord {
    let event = SubmissionEvent::Retry { runs: runs.parse().unwrap(), attempt, options: None };
    SubmissionRecord::now(1, event)
}

fn again(number: u32, runs: &str, attempt: u32) -> SubmissionRecord {
    let mut record = intent(number, runs);
    if let SubmissionEvent::Intent { chunk, .. } = &mut record.event {
        chunk.attempt = attempt;
    }
    record
}

fn wished(records: impl IntoIterator<Item = SubmissionRecord>) -> String {
    let all = read(records);
    let wishes = all.wishes().iter().map(|wish| format!("{}@{}", wish.runs, wish.attempt));
    wishes.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_wish_to_try_again_holds_until_it_is_handed_over_or_withdrawn() {
    let first = || [intent(0, "0-9"), accepted(0)];
    let with = |more: Vec<SubmissionRecord>| first().into_iter().chain(more);
    assert_eq!(wished(first()), "");
    assert_eq!(wished(with(vec![retry("2-5", 2)])), "2-5@2");
    assert_eq!(
        wished(with(vec![retry("2-5", 2), again(1, "2,3", 2)])),
        "4-5@2",
        "also while the answer is lost"
    );
    assert_eq!(wished(with(vec![retry("2-5", 2), again(1, "2,3", 2), void(1)])), "2-5@2");
    assert_eq!(wished(with(vec![retry("2-5", 2), withdrawn("4")])), "2-3,5@2");
    assert_eq!(wished(with(vec![retry("2-5", 2), withdrawn("4"), retry("4", 2)])), "2-3,5@2 4@2");
    assert_eq!(wished(with(vec![retry("2-5", 2), retry("4", 3)])), "2-3,5@2 4@3", "the later one counts");
    let open = read(with(vec![retry("2-5", 2), again(1, "2", 2)]));
    assert_eq!((open.unhanded(10).to_string(), open.never_handed(10).is_empty()), ("3-5".to_owned(), true));
    assert_eq!((open.unsettled(10).to_string(), open.needs_resume(10)), ("2-5".to_owned(), true));
    assert_eq!(open.of_run(2).map(|submission| submission.number), Some(1));
    assert_eq!((open.of_run(3), open.of_run(7).map(|it| it.number)), (None, Some(0)));
}
