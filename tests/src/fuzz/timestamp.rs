//! Points in time.

use jiff::Timestamp;
use kestra_core::internal::instant;

use super::text;

/// A time that is read is the one that `jiff` reads, or the first or last one if `jiff` can't hold it; every time that there is
/// is read as it is written.
pub fn timestamp(data: &[u8]) {
    let text = text(data);
    if let Some(read) = instant::parse(&text) {
        // The name of a zone is passed over here, while jiff looks whether it fits.
        let plain = text.split_once('[').map_or(text.as_str(), |(plain, _)| plain);
        let (year, rest) = split_year(plain);
        match format!("{year:+07}{rest}").parse::<Timestamp>() {
            Ok(theirs) if (-9999..=9999).contains(&year) => assert_eq!(read, theirs, "{text}"),
            _ => {
                let outermost = if year < 0 { Timestamp::MIN } else { Timestamp::MAX };
                assert_eq!(read, outermost, "{text}");
                // In a year of the same length it is one.
                let year = if is_leap(year) { 2024 } else { 2023 };
                assert!(format!("{year}{rest}").parse::<Timestamp>().is_ok(), "{text}");
            }
        }
    }
    if let Some((nanoseconds, _)) = data.split_first_chunk() {
        let span = Timestamp::MAX.as_nanosecond() - Timestamp::MIN.as_nanosecond();
        let nanoseconds =
            Timestamp::MIN.as_nanosecond() + i128::from_be_bytes(*nanoseconds).rem_euclid(span + 1);
        let Ok(time) = Timestamp::from_nanosecond(nanoseconds) else { panic!("{nanoseconds}") };
        for written in [time.to_string(), format!("{time:.9}"), time.to_string().to_lowercase()] {
            assert_eq!(instant::parse(&written), Some(time), "{written}");
        }
    }
}

/// The year that a text begins with, and what follows.
fn split_year(text: &str) -> (i64, &str) {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = text.len() - unsigned.len() + unsigned.find('-').unwrap_or(unsigned.len());
    let (year, rest) = text.split_at(end);
    match year.parse() {
        Ok(year) => (year, rest),
        Err(problem) => panic!("{year} is no year: {problem}"),
    }
}

fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}
