//! Slurm's way to write a time limit.

use std::fmt;
use std::str::FromStr;

/// How long a job may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeLimit {
    /// At most so many seconds, never 0. Slurm itself rounds up to whole minutes.
    Seconds(u64),
    /// As long as the partition allows.
    Unlimited,
}

/// Why a text is not a time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeLimitError {
    /// Not one of the written forms.
    #[error(
        "not a time limit; `90` (minutes), `1:30:00`, `2-00:00:00`, `2-12` (days-hours) or `UNLIMITED` are"
    )]
    Form,
    /// More seconds than Slurm counts to, in a C int (`time_str2secs` of its `parse_time.c`): it would wrap around.
    #[error("longer than Slurm can count (68 years); for no limit write `UNLIMITED`")]
    TooLong,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const MOST_SECONDS: u64 = i32::MAX.unsigned_abs() as u64;

impl FromStr for TimeLimit {
    type Err = TimeLimitError;

    /// Reads every form that `man sbatch` names; a limit of zero is none, as sbatch takes it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if ["UNLIMITED", "INFINITE", "-1"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Ok(Self::Unlimited);
        }
        let (days, rest) = match text.split_once('-') {
            Some((days, rest)) => (Some(number(days)?), rest),
            None => (None, text),
        };
        let fields = rest.split(':').map(number).collect::<Result<Vec<_>, _>>()?;
        let seconds = match (days, fields.as_slice()) {
            (None, [minutes]) => total(&[(*minutes, MINUTE)]),
            (None, [minutes, seconds]) => total(&[(*minutes, MINUTE), (*seconds, 1)]),
            (None, [hours, minutes, seconds]) => total(&[(*hours, HOUR), (*minutes, MINUTE), (*seconds, 1)]),
            (Some(days), [hours]) => total(&[(days, DAY), (*hours, HOUR)]),
            (Some(days), [hours, minutes]) => total(&[(days, DAY), (*hours, HOUR), (*minutes, MINUTE)]),
            (Some(days), [hours, minutes, seconds]) => {
                total(&[(days, DAY), (*hours, HOUR), (*minutes, MINUTE), (*seconds, 1)])
            }
            _ => return Err(TimeLimitError::Form),
        };
        match seconds {
            Some(0) => Ok(Self::Unlimited),
            Some(seconds) if seconds <= MOST_SECONDS => Ok(Self::Seconds(seconds)),
            _ => Err(TimeLimitError::TooLong),
        }
    }
}

impl TimeLimit {
    /// Writes it as a person would: `0:05`, `1:30:00`. What is written can be read back.
    pub fn brief(self) -> String {
        let Self::Seconds(seconds) = self else { return self.to_string() };
        let (hours, minutes) = (seconds / HOUR, seconds % HOUR / MINUTE);
        match (seconds, hours) {
            (DAY.., _) => self.to_string(),
            (_, 0) => format!("{minutes}:{:02}", seconds % MINUTE),
            (_, _) => format!("{hours}:{minutes:02}:{:02}", seconds % MINUTE),
        }
    }
}

fn number(digits: &str) -> Result<u64, TimeLimitError> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TimeLimitError::Form);
    }
    digits.parse().map_err(|_| TimeLimitError::TooLong)
}

fn total(parts: &[(u64, u64)]) -> Option<u64> {
    parts.iter().try_fold(0_u64, |sum, (count, seconds)| sum.checked_add(count.checked_mul(*seconds)?))
}

impl fmt::Display for TimeLimit {
    /// Writes it as squeue and sinfo do.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Seconds(seconds) = self else { return out.write_str("UNLIMITED") };
        if *seconds >= DAY {
            write!(out, "{}-", seconds / DAY)?;
        }
        write!(out, "{:02}:{:02}:{:02}", seconds % DAY / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_documented_form_is_read() {
        for (text, seconds) in [
            ("90", 5400),
            ("1:30", 90),
            ("1:30:00", 5400),
            ("2-00:00:00", 172_800),
            ("2-12", 216_000),
            ("0-1:30", 5400),
            ("1-0:0:5", 86_405),
            ("0:90:00", 5400),
        ] {
            assert_eq!(text.parse(), Ok(TimeLimit::Seconds(seconds)), "{text}");
        }
    }

    #[test]
    fn no_limit_has_many_names() {
        for text in ["UNLIMITED", "unlimited", "Infinite", "-1", "0", "0:00", "0-0"] {
            assert_eq!(text.parse(), Ok(TimeLimit::Unlimited), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "1h", "1:", ":1", "1:2:3:4", "1-", "-5", "1-2-3", "1-2:3:4:5", " 5", "+5", "1.5", "٣"]
        {
            assert_eq!(text.parse::<TimeLimit>(), Err(TimeLimitError::Form), "{text}");
        }
        for text in ["99999999999999999999", "25000-0", "35791395"] {
            assert_eq!(text.parse::<TimeLimit>(), Err(TimeLimitError::TooLong), "{text}");
        }
    }

    #[test]
    fn it_is_written_as_slurm_writes_it() {
        assert_eq!(TimeLimit::Seconds(172_800).to_string(), "2-00:00:00");
        assert_eq!(TimeLimit::Seconds(5).to_string(), "00:00:05");
        assert_eq!(TimeLimit::Unlimited.to_string(), "UNLIMITED");
    }

    #[test]
    fn for_people_it_is_short() {
        let brief = |seconds| TimeLimit::Seconds(seconds).brief();
        assert_eq!([1, 60, 5400, 172_800].map(brief), ["0:01", "1:00", "1:30:00", "2-00:00:00"]);
        assert_eq!(TimeLimit::Unlimited.brief(), "UNLIMITED");
    }

    #[test]
    fn no_limit_is_above_every_limit() {
        assert!(TimeLimit::Unlimited > TimeLimit::Seconds(MOST_SECONDS));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 1..=MOST_SECONDS) {
            let limit = TimeLimit::Seconds(seconds);
            prop_assert_eq!(limit.to_string().parse(), Ok(limit));
            prop_assert_eq!(limit.brief().parse(), Ok(limit));
        }

        #[test]
        fn no_text_is_too_odd(text in "[-0-9:]{0,30}") {
            if let Ok(limit) = text.parse::<TimeLimit>() {
                prop_assert_eq!(limit.to_string().parse(), Ok(limit));
            }
        }
    }
}
