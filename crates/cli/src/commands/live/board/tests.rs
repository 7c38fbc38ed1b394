use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn room(columns: usize, lines: usize) -> Size {
    Size { columns, lines }
}

/// A board of launch 7 with some runs that began one second after the other.
fn board(all: u64, running: u64) -> Board {
    let mut board = Board::new(7, all);
    for run in 0..running {
        board.started(run, at(i64::try_from(run).unwrap()));
        board.name(run, format!("lr=0.{run} layers=4"));
        board.said(run, format!("epoch {run}/10 loss=0.52"));
    }
    board
}

fn shown(board: &Board, room: Size, now: i64) -> String {
    let lines = board.draw(room, at(now));
    assert!(lines.len() <= room.lines, "{lines:?}");
    for line in &lines {
        assert!(columns(line) <= room.columns, "{line:?}");
    }
    lines.join("\n")
}

#[test]
fn before_anything_began() {
    insta::assert_snapshot!(shown(&board(60, 0), room(80, 24), 0), @"0/60 done");
}

#[test]
fn runs_that_go_on() {
    insta::assert_snapshot!(shown(&board(60, 3), room(80, 24), 42), @"
    7.0  lr=0.0 layers=4  0:42  epoch 0/10 loss=0.52
    7.1  lr=0.1 layers=4  0:41  epoch 1/10 loss=0.52
    7.2  lr=0.2 layers=4  0:40  epoch 2/10 loss=0.52
    0/60 done, 3 running · 0:42
    ");
}

#[test]
fn some_are_over() {
    let mut board = board(60, 4);
    board.ended(0, RunState::Succeeded, at(10));
    board.ended(1, RunState::Failed, at(11));
    insta::assert_snapshot!(shown(&board, room(80, 24), 12), @"
    7.2  lr=0.2 layers=4  0:10  epoch 2/10 loss=0.52
    7.3  lr=0.3 layers=4  0:09  epoch 3/10 loss=0.52
    2/60 done, 1 failed, 2 running · 0:12 · ~3 min left
    ");
}

#[test]
fn all_states_are_counted() {
    let mut board = board(20, 6);
    board.ended(0, RunState::Succeeded, at(10));
    board.ended(1, RunState::Failed, at(10));
    board.ended(2, RunState::TimedOut, at(10));
    board.ended(3, RunState::OutOfMemory, at(10));
    board.ended(4, RunState::Cancelled, at(10));
    for run in 10..20 {
        board.ended(run, RunState::Cancelled, at(10));
    }
    insta::assert_snapshot!(shown(&board, room(100, 24), 12), @"
    7.5  lr=0.5 layers=4  0:07  epoch 5/10 loss=0.52
    15/20 done, 1 failed, 11 cancelled, 1 timed-out, 1 out-of-memory, 1 running · 0:12 · ~10 s left
    ");
}

#[test]
fn only_failures_foretell_nothing() {
    let mut board = board(10, 1);
    board.ended(0, RunState::Failed, at(1));
    insta::assert_snapshot!(shown(&board, room(80, 24), 2), @"1/10 done, 1 failed · 0:02 · ? left");
}

#[test]
fn all_is_over() {
    let mut board = board(2, 2);
    board.ended(0, RunState::Succeeded, at(60));
    board.ended(1, RunState::Succeeded, at(62));
    insta::assert_snapshot!(shown(&board, room(80, 24), 62), @"2/2 done · 1:02");
}

#[test]
fn more_runs_than_lines() {
    insta::assert_snapshot!(shown(&board(60, 12), room(80, 5), 42), @"
    7.0  lr=0.0 layers=4  0:42  epoch 0/10 loss=0.52
    7.1  lr=0.1 layers=4  0:41  epoch 1/10 loss=0.52
    7.2  lr=0.2 layers=4  0:40  epoch 2/10 loss=0.52
    and 9 more
    0/60 done, 12 running · 0:42
    ");
}

#[test]
fn as_many_runs_as_lines() {
    insta::assert_snapshot!(shown(&board(60, 4), room(80, 5), 42), @"
    7.0  lr=0.0 layers=4  0:42  epoch 0/10 loss=0.52
    7.1  lr=0.1 layers=4  0:41  epoch 1/10 loss=0.52
    7.2  lr=0.2 layers=4  0:40  epoch 2/10 loss=0.52
    7.3  lr=0.3 layers=4  0:39  epoch 3/10 loss=0.52
    0/60 done, 4 running · 0:42
    ");
}

#[test]
fn one_line_is_for_all_and_two_for_all_and_the_number_of_the_rest() {
    let board = board(60, 4);
    insta::assert_snapshot!(shown(&board, room(80, 1), 42), @"0/60 done, 4 running · 0:42");
    insta::assert_snapshot!(shown(&board, room(80, 2), 42), @"
    and 4 more
    0/60 done, 4 running · 0:42
    ");
    assert_eq!(shown(&board, room(80, 0), 42), "");
}

#[test]
fn narrow_terminals() {
    let mut board = board(60, 2);
    board.ended(0, RunState::Succeeded, at(10));
    let all: Vec<String> = [60, 40, 30, 20, 12, 5].map(|width| shown(&board, room(width, 9), 42)).to_vec();
    insta::assert_snapshot!(all.join("\n\n"), @"
    7.1  lr=0.1 layers=4  0:41  epoch 1/10 loss=0.52
    1/60 done, 1 running · 0:42 · ~25 min left

    7.1  lr=0.1 layers=4  0:41  epoch 1/10 …
    1/60 done, 1 running · 0:42 · ~25 min l…

    7.1  lr=0.1 layers=4  0:41
    1/60 done, 1 running · 0:42 ·…

    7.1  lr=0.1 l…  0:41
    1/60 done, 1 runnin…

    7.1  0:41
    1/60 done, …

    7.1 …
    1/60…
    ");
}

#[test]
fn columns_stand_below_each_other() {
    let mut board = Board::new(7, 2000);
    board.started(9, at(0));
    board.name(9, "lr=0.1 note=short".to_owned());
    board.started(1234, at(3590));
    board.name(1234, "lr=0.001 note=損失関数".to_owned());
    board.said(9, "one".to_owned());
    board.said(1234, "two".to_owned());
    insta::assert_snapshot!(shown(&board, room(60, 24), 3620), @"
    7.9     lr=0.1 note=short       1:00:20  one
    7.1234  lr=0.001 note=損失関数     0:30  two
    0/2000 done, 2 running · 1:00:20
    ");
}

#[test]
fn long_parameters_leave_room_for_the_last_line() {
    let mut board = Board::new(7, 2);
    board.started(0, at(0));
    board.name(0, "optimizer=adamw ".repeat(9));
    board.said(0, " 50%|█████     | 5/10 [00:05<00:05,  1.00it/s]".to_owned());
    insta::assert_snapshot!(shown(&board, room(80, 24), 5), @"
    7.0  optimizer=adamw optimizer=adamw…  0:05   50%|█████     | 5/10 [00:05<00:05…
    0/2 done, 1 running · 0:05
    ");
}

#[test]
fn wide_output_is_cut_by_columns() {
    let mut board = Board::new(7, 2);
    board.started(0, at(0));
    board.name(0, "a=1".to_owned());
    board.said(0, "損失関数は".repeat(9));
    insta::assert_snapshot!(shown(&board, room(40, 24), 5), @"
    7.0  a=1  0:05  損失関数は損失関数は損…
    0/2 done, 1 running · 0:05
    ");
}

#[test]
fn runs_without_parameters_or_output() {
    let mut board = Board::new(7, 2);
    board.started(0, at(0));
    board.name(0, String::new());
    insta::assert_snapshot!(shown(&board, room(40, 24), 5), @"
    7.0  0:05
    0/2 done, 1 running · 0:05
    ");
}

#[test]
fn what_a_run_prints_after_its_end_is_nobodys() {
    let mut board = board(2, 1);
    board.ended(0, RunState::Succeeded, at(1));
    board.said(0, "late".to_owned());
    assert!(!shown(&board, room(80, 24), 2).contains("late"));
}

#[test]
fn a_run_is_counted_once() {
    let mut board = board(9, 1);
    board.ended(5, RunState::Cancelled, at(1));
    board.ended(5, RunState::Cancelled, at(2));
    board.started(5, at(3));
    insta::assert_snapshot!(shown(&board, room(80, 24), 3), @"
    7.0  lr=0.0 layers=4  0:03  epoch 0/10 loss=0.52
    1/9 done, 1 cancelled, 1 running · 0:03 · ? left
    ");
}

#[test]
fn only_runs_with_a_line_are_looked_at() {
    assert_eq!(board(60, 12).visible(room(80, 5)), [0, 1, 2]);
    assert_eq!(board(60, 2).visible(room(80, 5)), [0, 1]);
    assert!(board(60, 12).visible(room(80, 1)).is_empty());
}

#[test]
fn a_clock_that_was_set_back_shows_no_time() {
    insta::assert_snapshot!(shown(&board(2, 1), room(80, 24), -50), @"
    7.0  lr=0.0 layers=4  0:00  epoch 0/10 loss=0.52
    0/2 done, 1 running · 0:00
    ");
}

#[test]
fn everything_fits_everywhere() {
    let mut board = board(60, 30);
    board.ended(3, RunState::Succeeded, at(40));
    for width in 0..90 {
        for height in 0..40 {
            shown(&board, room(width, height), 42);
        }
    }
}
