//! From when on accounting is asked.

use jiff::Timestamp;

/// Before the first release of Slurm; of seconds since 1970 that are fewer than a million or so sacct says "Invalid time
/// specification".
const EVER: i64 = 1_000_000_000;

/// Says from when on `sacct` is to look, in seconds since 1970: from `since`, unless that is in the future. It was taken
/// from a clock that was set back then, so that it tells nothing, and sacct refuses a start behind its end, which is now.
pub(super) fn starttime(since: i64, now: Timestamp) -> String {
    let since = if since < now.as_second() { since.max(EVER) } else { EVER };
    format!("--starttime=uts{since}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_cannot_be_bounds_nothing() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(starttime(1_799_999_999, now), "--starttime=uts1799999999");
        for since in [1_800_000_000, 1_900_000_000, 0, -3600] {
            assert_eq!(starttime(since, now), "--starttime=uts1000000000");
        }
    }
}
