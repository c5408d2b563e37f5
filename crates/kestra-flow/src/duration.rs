//! Durations as servers read them.

use std::fmt::Write as _;
use std::time::Duration;

/// The duration in ISO 8601 with hours, minutes and seconds: `PT1H30M0.5S`.
pub(crate) fn iso(duration: Duration) -> String {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    let mut text = String::from("PT");
    for (amount, unit) in [(seconds / 3600, 'H'), (seconds / 60 % 60, 'M')] {
        if amount > 0 {
            let _ = write!(text, "{amount}{unit}");
        }
    }
    let seconds = seconds % 60;
    if nanos > 0 {
        let fraction = format!("{nanos:09}");
        let _ = write!(text, "{seconds}.{}S", fraction.trim_end_matches('0'));
    } else if seconds > 0 || text == "PT" {
        let _ = write!(text, "{seconds}S");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_servers_read_them() {
        for (duration, expected) in [
            (Duration::ZERO, "PT0S"),
            (Duration::from_secs(90), "PT1M30S"),
            (Duration::from_secs(3600), "PT1H"),
            (Duration::from_secs(90_000), "PT25H"),
            (Duration::from_millis(1500), "PT1.5S"),
            (Duration::from_nanos(1), "PT0.000000001S"),
            (Duration::from_millis(3_600_010), "PT1H0.01S"),
        ] {
            assert_eq!(iso(duration), expected);
        }
    }
}
