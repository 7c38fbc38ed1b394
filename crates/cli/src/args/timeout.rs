//! How long to wait, as it is typed: seconds, or a duration with units.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// Reads `90`, `1.5`, `90s`, `1h30m`, `2 days`. A day has 24 hours; a month has no length.
pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no length of time: write seconds as `90`, or units as `1h30m`");
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| wrong());
    }
    let span: Span = text.parse().map_err(|_| wrong())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    Duration::try_from(duration).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_units_are_read() {
        for (text, seconds) in
            [("90", 90.0), ("0", 0.0), ("1.5", 1.5), ("90s", 90.0), ("1h30m", 5400.0), ("1h 30m", 5400.0)]
        {
            assert_eq!(timeout(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        assert_eq!(timeout("2d"), Ok(Duration::from_hours(48)));
        assert_eq!(timeout("1 week"), Ok(Duration::from_hours(168)));
    }

    #[test]
    fn what_has_no_length_is_refused() {
        for text in ["", "soon", "-1", "-5m", "5m ago", "inf", "nan", "1e300", "1month", "h"] {
            assert!(timeout(text).is_err(), "{text}: {:?}", timeout(text));
        }
    }
}
